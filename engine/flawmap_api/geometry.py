"""Geometry: boxes in photo pixels and the grid that planes live on."""

from __future__ import annotations

import reprlib
from collections.abc import Sequence
from dataclasses import dataclass

from .errors import BadInput

__all__ = ["Box", "Grid"]


def _is_int(value: object) -> bool:
    # JSON's true is an int in Python, but it is no coordinate.
    return isinstance(value, int) and not isinstance(value, bool)


@dataclass(frozen=True, slots=True)
class Box:
    """Half-open rectangle in photo pixels, origin top left."""

    x0: int
    y0: int
    x1: int
    y1: int

    def __post_init__(self) -> None:
        if not all(_is_int(v) for v in self.as_list()):
            raise BadInput(f"A box is four whole numbers of pixels; got {self.as_list()}.")
        if not (0 <= self.x0 < self.x1 and 0 <= self.y0 < self.y1):
            raise BadInput(
                f"A box needs x0 < x1 and y0 < y1, and none below 0; got {self.as_list()}."
            )

    @classmethod
    def from_list(cls, values: object) -> Box:
        """Read `[x0, y0, x1, y1]`; raises `BadInput` if it is anything else."""
        if not isinstance(values, Sequence) or isinstance(values, str) or len(values) != 4:
            got = reprlib.repr(values)
            raise BadInput(f"A box is a list of four numbers [x0, y0, x1, y1]; got {got[:60]}.")
        return cls(*values)

    def as_list(self) -> list[int]:
        """`[x0, y0, x1, y1]`, as reports and messages write it."""
        return [self.x0, self.y0, self.x1, self.y1]

    @property
    def width(self) -> int:
        """Width in pixels, at least 1."""
        return self.x1 - self.x0

    @property
    def height(self) -> int:
        """Height in pixels, at least 1."""
        return self.y1 - self.y0

    @property
    def area(self) -> int:
        """Number of pixels."""
        return self.width * self.height

    def within(self, width: int, height: int) -> bool:
        """Whether the box lies inside a photo of `width` × `height`."""
        return self.x1 <= width and self.y1 <= height

    def clipped(self, width: int, height: int) -> Box | None:
        """The part inside a photo of `width` × `height`, or None if there is none."""
        x1, y1 = min(self.x1, width), min(self.y1, height)
        return Box(self.x0, self.y0, x1, y1) if self.x0 < x1 and self.y0 < y1 else None


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows and columns of the cells that planes are written on.

    Cell (r, c) covers `[c·W/cols, (c+1)·W/cols) × [r·H/rows, (r+1)·H/rows)` of a W × H photo.
    """

    rows: int
    cols: int

    def __post_init__(self) -> None:
        if not (_is_int(self.rows) and _is_int(self.cols) and self.rows > 0 and self.cols > 0):
            raise BadInput(f"A grid has at least one row and column; got {self.rows}×{self.cols}.")

    @classmethod
    def of_view(cls, width: int, height: int) -> Grid:
        """Grid of a view of `width` × `height` pixels: cells of about 8 px."""
        return cls(rows=-(-height // 8), cols=-(-width // 8))
