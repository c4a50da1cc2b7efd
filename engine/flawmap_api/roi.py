"""ROI score: what `roi.score` says of a marked part of a photo, as a frozen value and as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import words
from ._checked import read
from .errors import BadInput
from .geometry import Box

__all__ = ["RoiDistortion", "RoiScore"]


@dataclass(frozen=True, slots=True)
class RoiDistortion:
    """One distortion within a marked part.

    Attributes
    ----------
    severity : float in [0, 1]
    unknown : float in [0, 1]
        Share of the part that holds no evidence for this distortion.
    """

    severity: float
    unknown: float = 0.0

    @property
    def severity_level(self) -> str:
        """Word for the severity."""
        return words.severity_level(self.severity)


@dataclass(frozen=True, slots=True)
class RoiScore:
    """What a marked part is like.

    Attributes
    ----------
    view : "screen" or "pixel"
    box : Box
        The part, or the bounds of a part that is no box.
    how : str
        What was scored, for the reader: "box", "mask", "region blur-0a1b2c3d", or what became of a
        point.
    quality, importance : float in [0, 1]
        Of the photo there, and what the part matters to the photo.
    distortions : dict of distortion to RoiDistortion
    masked : bool
        Whether a mask was scored; `box` then is its bounds, and JSON calls it `mask`.
    """

    view: str
    box: Box
    how: str
    quality: float
    importance: float
    distortions: dict[str, RoiDistortion]
    masked: bool = False

    @property
    def quality_level(self) -> str:
        """Word for the quality."""
        return words.quality_level(self.quality)

    @property
    def importance_level(self) -> str:
        """Word for the importance."""
        return words.importance_level(self.importance)

    def to_dict(self) -> dict[str, Any]:
        """The `roi` object of `--json`, without the photo's path; `docs/protocol.md` has it."""
        return {
            "view": self.view,
            "mask" if self.masked else "box": self.box.as_list(),
            "how": self.how,
            "quality": self.quality,
            "quality_level": self.quality_level,
            "importance": self.importance,
            "importance_level": self.importance_level,
            "distortions": {
                name: {
                    "severity": d.severity,
                    "severity_level": d.severity_level,
                    "unknown": d.unknown,
                }
                for name, d in self.distortions.items()
            },
        }

    @classmethod
    def from_dict(cls, data: object) -> RoiScore:
        """Read what `to_dict` wrote, checking every field.

        Raises
        ------
        BadInput
            If a field is missing or of another type, naming the field.
        """
        if not isinstance(data, dict):
            raise BadInput(f"roi has to be an object; got {repr(data)[:60]}.")
        fields = {key: value for key, value in data.items() if key not in ("mask", "masked")}
        if "mask" in data:
            fields |= {"box": data["mask"], "masked": True}
        return read(cls, fields, "roi")
