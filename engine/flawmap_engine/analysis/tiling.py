"""Tiling: equal tiles that cover a view, and which cells each of them answers for.

The shape of the tiles and their places depend on the view's size alone, never on threads, so a
photo gets the same bits whoever computes it. Tiles never reach over the view's upper and left
borders; on the right and below the last 31 px at most are reflected.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from flawmap_api.geometry import Box, Grid

__all__ = ["CELL", "Axis", "Span", "Tile", "tiles_of"]

#: Side of the network's cells, in pixels of the view.
CELL: Final = 8
_MULTIPLE: Final = 32
_CORE: Final = 1024


@dataclass(frozen=True)
class Span:
    """One tile along one axis.

    Attributes
    ----------
    start, stop : int
        Pixels that the tile is fed, stop - start being the same for all tiles; `stop` may lie
        beyond the view.
    first, last : int
        Grid cells that it answers for, half-open.
    """

    start: int
    stop: int
    first: int
    last: int


@dataclass(frozen=True)
class Tile:
    """A tile: `rows` × `cols`."""

    rows: Span
    cols: Span

    def touches(self, box: Box) -> bool:
        """Whether any pixel that the tile is fed lies in `box` (of the same view)."""
        return (
            box.x0 < self.cols.stop
            and box.x1 > self.cols.start
            and box.y0 < self.rows.stop
            and box.y1 > self.rows.start
        )


@dataclass(frozen=True)
class Axis:
    """Rows, or columns, of a grid on a view whose length is seldom a multiple of the cells.

    Grid cell c covers ``[c·length/cells, (c+1)·length/cells)``, at most 8 px; the network's cell j
    covers ``[8j, 8j+8)``. Each grid cell therefore lies on one or two network cells.
    """

    length: int
    cells: int

    def overlaps(
        self, span: Span
    ) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]:
        """For the span's grid cells: the two network cells below, and the second one's share.

        Indices count from the span's own first network cell.
        """
        cells = np.arange(span.first, span.last, dtype=np.int64)
        # Whole numbers: bounds are multiples of 1 / cells of a pixel.
        low = cells * self.length
        high = low + self.length
        unit = CELL * self.cells
        first = low // unit
        share = np.clip(high - (first + 1) * unit, 0, None) / self.length
        first = first - span.start // CELL
        second = np.minimum(first + 1, (span.stop - span.start) // CELL - 1)
        return first.astype(np.intp), second.astype(np.intp), share.astype(np.float32)


def tiles_of(width: int, height: int, halo: int = 64) -> list[Tile]:
    """Tiles that cover a view, in reading order; one tile if it is small.

    Parameters
    ----------
    width, height : int
        Of the view, in pixels.
    halo : int
        Pixels around a cell that its answer may depend on: neighbours overlap by twice as much.

    Returns
    -------
    list of Tile
        All of one shape, sides multiples of 32 and at most 1024 + 2 · halo (rounded up to 32).
    """
    grid = Grid.of_view(width, height)
    rows = _spans(Axis(height, grid.rows), halo)
    cols = _spans(Axis(width, grid.cols), halo)
    return [Tile(r, c) for r in rows for c in cols]


def _spans(axis: Axis, halo: int) -> list[Span]:
    overlap = 2 * _up(halo)
    padded = _up(axis.length)
    limit = _CORE + overlap
    count = 1 if padded <= limit else -(-(padded - overlap) // _CORE)
    size = _up(-(-(padded + (count - 1) * overlap) // count))
    room = (padded - size) // _MULTIPLE
    starts = [i * room // max(1, count - 1) * _MULTIPLE for i in range(count)]
    # Between neighbours: the middle of what both are fed.
    middles = [(a + size + b) // 2 for a, b in pairwise(starts)]
    # The first cell whose centre (c + ½) · length / cells lies at or beyond the middle.
    bounds = [-(-(2 * m * axis.cells - axis.length) // (2 * axis.length)) for m in middles]
    edges = [0, *bounds, axis.cells]
    return [
        Span(start, start + size, first, last)
        for start, (first, last) in zip(starts, pairwise(edges), strict=True)
    ]


def _up(length: int) -> int:
    return -(-length // _MULTIPLE) * _MULTIPLE
