"""Marks: what a person decided about regions of a photo, as the engine keeps them.

A mark belongs to the photo's lineage, not to its pixels: it follows to another version of the photo
wherever a region of the same distortion covers the same place (docs/protocol.md, `marks.set`).
"""

from __future__ import annotations

from dataclasses import dataclass

from ._checked import read
from .geometry import Box

__all__ = ["Mark", "Marks"]


@dataclass(frozen=True)
class Mark:
    """One decision.

    Attributes
    ----------
    distortion : str
    verdict : "accepted" | "ignored" | "intentional"
    view : "screen" | "pixel"
        The view in which it was made; it counts in both.
    box : Box
        Bounds of the marked cells in pixels of the photo that was asked about.
    area : float
        Share of the photo that the marked cells cover.
    set_at : float
        When, in seconds since 1970.
    """

    distortion: str
    verdict: str
    view: str
    box: Box
    area: float
    set_at: float


@dataclass(frozen=True)
class Marks:
    """The marks of a photo's lineage, the latest last.

    Attributes
    ----------
    marks : tuple of Mark
    mark : Mark or None
        The one that was just made.
    lineage : str
        Whose they are.
    notes : tuple of str
        What else a person should know, as sentences (the file of marks was damaged, say).
    """

    marks: tuple[Mark, ...] = ()
    mark: Mark | None = None
    lineage: str = ""
    notes: tuple[str, ...] = ()

    @classmethod
    def from_dict(cls, data: object) -> Marks:
        """Read the result of `marks.get` or `marks.set`, checking every field."""
        return read(cls, data, "marks")
