"""View: how the photo is looked at – size of judgement, overlay, strictness, comparison.

What a person sets here holds for every photo of the window and is kept between sessions.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Final

from flawmap_api.errors import BadInput
from flawmap_api.words import VIEWS

from .observable import Observable

__all__ = ["COMPARISONS", "STYLES", "ViewSettings", "ViewState"]

#: How the overlay is drawn.
STYLES: Final = ("fill", "contour")
#: One picture, both halves with a divider, or the photo without its overlay beside the one with it.
COMPARISONS: Final = ("off", "split", "side by side")


@dataclass(frozen=True, slots=True)
class ViewSettings:
    """One way to look at photos; see the attributes' names.

    Attributes
    ----------
    view : "screen" | "pixel"
    overlay : bool
    opacity : float in [0, 1]
    style : one of `STYLES`
    hidden : frozenset of str
        Distortions whose overlay is switched off.
    strictness : float in [-1, 1]
    thresholds : mapping of distortion to (0, 1]
        The person's own; they win over the strictness.
    comparison : one of `COMPARISONS`
    """

    view: str = "screen"
    overlay: bool = True
    opacity: float = 0.6
    style: str = "fill"
    hidden: frozenset[str] = frozenset()
    strictness: float = 0.0
    thresholds: tuple[tuple[str, float], ...] = field(default=())
    comparison: str = "off"

    def __post_init__(self) -> None:
        fits = (
            self.view in VIEWS
            and self.style in STYLES
            and self.comparison in COMPARISONS
            and 0 <= self.opacity <= 1
            and -1 <= self.strictness <= 1
            and all(0 < value <= 1 for _, value in self.thresholds)
        )
        if not fits:
            raise BadInput(f"These view settings do not hold together: {self}.")

    def judgement(self) -> dict[str, Any]:
        """The options of `analyze`, `regions`, `roi.score` and `layers.render`."""
        return {
            "view": self.view,
            "strictness": self.strictness,
            "thresholds": dict(self.thresholds),
        }


class ViewState(Observable):
    """The settings now; tells `judgement` if other findings follow, else `look`."""

    def __init__(self, settings: ViewSettings | None = None) -> None:
        super().__init__()
        self.settings = settings or ViewSettings()

    def set(self, **changes: Any) -> None:
        """Change some settings; the rest stay.

        Raises
        ------
        BadInput
            If a value is out of its range; then nothing has changed.
        """
        before, self.settings = self.settings, replace(self.settings, **changes)
        if self.settings.judgement() != before.judgement():
            self.tell("judgement")
        if self.settings != before:
            self.tell("look")

    def set_threshold(self, distortion: str, value: float | None) -> None:
        """Give a distortion a threshold of the person's own, or take it away."""
        others = tuple(pair for pair in self.settings.thresholds if pair[0] != distortion)
        self.set(thresholds=others if value is None else (*others, (distortion, value)))

    def show_distortion(self, distortion: str, shown: bool) -> None:
        """Switch one distortion's overlay on or off."""
        hidden = self.settings.hidden - {distortion}
        self.set(hidden=hidden if shown else hidden | {distortion})
