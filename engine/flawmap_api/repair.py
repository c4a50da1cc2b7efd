"""Repair: what the engine proposes about a flaw, and what it gives back, as frozen values."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

from ._checked import read
from .geometry import Box
from .sources import PixelData

__all__ = ["Expectation", "HostFilter", "Limit", "RepairPlan", "Repaired"]


@dataclass(frozen=True, slots=True)
class Limit:
    """Something that a repair cannot do, in words; `sentence_id` and `_args` for translations."""

    sentence: str
    sentence_id: str
    sentence_args: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Expectation:
    """Severity of the flaw now, and after the repair where that can be told beforehand."""

    severity_before: float
    severity_after: float | None = None


@dataclass(frozen=True, slots=True)
class HostFilter:
    """A filter of the editor's own that does something similar, with settings to begin with."""

    name: str
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RepairPlan:
    """What could be done about a flaw.

    Attributes
    ----------
    photo_id, view : str
    region : str or None
        The region's id; None for a box.
    distortion : str
    subkind : str or None
    box : Box
        The repair's place: bounds of the region's coverage, or the box that was asked for.
    margin : int
        How many pixels around the box the repair has to see.
    around : Box
        The box grown by the margin, clipped to the photo: whose pixels `repair.render` wants.
    method : str
        One of `messages.REPAIR_METHODS`; "none" where nothing can be done.
    possible : bool
        Whether a repair is worth trying; false exactly if the method is "none".
    strength : float in [0, 1]
        To begin with; 0 changes nothing, 1 is as far as the measured figures carry.
    settings : dict of str to float
        What was measured; goes to `repair.render` as it is.
    sentence, sentence_id, sentence_args
        What the repair will do, for people.
    limits : tuple of Limit
        What it cannot do.
    expect : Expectation
    host_filters : dict of "gimp" | "krita" to HostFilter
        For those who prefer their editor's own.
    """

    photo_id: str
    view: str
    region: str | None
    distortion: str
    subkind: str | None
    box: Box
    margin: int
    around: Box
    method: str
    possible: bool
    strength: float
    settings: dict[str, float]
    sentence: str
    sentence_id: str
    sentence_args: dict[str, Any]
    limits: tuple[Limit, ...]
    expect: Expectation
    host_filters: dict[str, HostFilter] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The `plan` object of `repair.plan`; `docs/protocol.md` has it."""
        data = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        return {
            **data,
            "box": self.box.as_list(),
            "around": self.around.as_list(),
            "limits": [dataclasses.asdict(limit) for limit in self.limits],
            "expect": dataclasses.asdict(self.expect),
            "host_filters": {k: dataclasses.asdict(f) for k, f in self.host_filters.items()},
        }

    @classmethod
    def from_dict(cls, data: object) -> RepairPlan:
        """Read what `to_dict` wrote, checking every field.

        Raises
        ------
        BadInput
            If a field is missing or of another type, naming the field.
        """
        return read(cls, data, "plan")


@dataclass(frozen=True, slots=True)
class Repaired:
    """The repaired pixels of `box`, in the layout, numbers and profile of those that were sent.

    `unchanged`: not a number differs from what was sent. `strength` is what they were made with.
    """

    box: Box
    pixels: PixelData
    strength: float
    unchanged: bool
