"""Places: where a mark lies on a photo, and whether a region of another version is the same one.

Pure functions over arrays. Two sets of cells are compared as parts of the photo's whole frame, so
grids of different sizes (a larger version, the other view) meet exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from flawmap_engine.masks import RegionShape

__all__ = ["SAME", "Cells", "StoredMark", "overlap", "verdicts"]

#: From this overlap (intersection over union) on, two regions are the same one.
SAME: Final = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Cells of a grid of `rows` × `cols`, cropped to where they are.

    Attributes
    ----------
    rows, cols : int
        Of the whole grid.
    row, col : int
        Of the first cell of `cells`.
    cells : bool, shape (up to rows, up to cols)
    """

    rows: int
    cols: int
    row: int
    col: int
    cells: NDArray[np.bool_]

    @classmethod
    def of(cls, shape: RegionShape) -> Cells:
        """The cells of a region."""
        grid = shape.grid
        return cls(grid.rows, grid.cols, shape.row, shape.col, shape.cells)

    @property
    def area(self) -> float:
        """Share of the photo, 0..1."""
        return float(self.cells.sum()) / (self.rows * self.cols)

    def bounds(self, width: int, height: int) -> tuple[int, int, int, int]:
        """x0, y0, x1, y1 of the cells on a photo of that size, rounded outwards."""
        down, across = self.cells.shape
        return (
            self.col * width // self.cols,
            self.row * height // self.rows,
            -(-(self.col + across) * width // self.cols),
            -(-(self.row + down) * height // self.rows),
        )


@dataclass(frozen=True, slots=True, eq=False)
class StoredMark:
    """A mark as it is kept."""

    id: int
    distortion: str
    verdict: str
    view: str
    cells: Cells
    set_at: float


def overlap(one: Cells, other: Cells) -> float:
    """Intersection over union of two sets of cells, as shares of the photo; 0..1."""
    down = _shared(
        one.row, one.cells.shape[0], one.rows, other.row, other.cells.shape[0], other.rows
    )
    across = _shared(
        one.col, one.cells.shape[1], one.cols, other.col, other.cells.shape[1], other.cols
    )
    if not down.any() or not across.any():
        return 0.0
    # In units of the common refinement; whole numbers far below 2^53, so float64 is exact.
    both = float((one.cells * (down @ other.cells.astype(np.float64) @ across.T)).sum())
    first = float(one.cells.sum()) * other.rows * other.cols
    second = float(other.cells.sum()) * one.rows * one.cols
    return both / (first + second - both)


def _shared(
    start: int, count: int, parts: int, other_start: int, other_count: int, other_parts: int
) -> NDArray[np.float64]:
    """Length that each of `count` cells shares with each of the other's; (count, other_count)."""
    here = np.arange(start, start + count)[:, None] * other_parts
    there = np.arange(other_start, other_start + other_count)[None, :] * parts
    ends = np.minimum(here + other_parts, there + parts)
    return np.asarray(np.clip(ends - np.maximum(here, there), 0, None), np.float64)


def verdicts(shapes: Iterable[RegionShape], marks: Iterable[StoredMark]) -> Mapping[str, str]:
    """What people decided about these regions, by id.

    A region takes the verdict of the mark of its distortion that covers it best, by an overlap of
    at least `SAME`; of equal ones the latest.
    """
    kept = list(marks)
    found: dict[str, str] = {}
    for shape in shapes:
        own = Cells.of(shape)
        rated = [
            (overlap(own, mark.cells), mark.set_at, mark.id, mark.verdict)
            for mark in kept
            if mark.distortion == shape.distortion
        ]
        best = max(rated, default=None)
        if best is not None and best[0] >= SAME:
            found[shape.id] = best[3]
    return found
