"""Regions: from a distortion's planes to the pieces that a person would point at.

Pure functions over arrays. Pieces with at most one empty cell between them are one region, so a
region and its surrounding cells never meet another's: two cells inside one 3×3 neighbourhood are at
most one empty cell apart. That makes "whose pixel is this" a look-up in the grown label map.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from flawmap_api.geometry import Box, Grid
from flawmap_api.report import More
from flawmap_api.words import rounded
from flawmap_engine.planes import ViewPlanes

from .mask import MaskCounts, cells_of, count, mask_window
from .resample import cell_edges, cell_of

__all__ = [
    "MAX_PER_DISTORTION",
    "MIN_AREA",
    "RegionShape",
    "blur_radius",
    "find_region",
    "find_regions",
]

#: Regions smaller than this share of the photo are dropped.
MIN_AREA = 0.002
#: At most so many regions of one distortion stand by themselves; the rest is counted.
MAX_PER_DISTORTION = 8

_AROUND = np.ones((3, 3), np.uint8)
# A region of up to so many pixels is made as a whole to find its bounds, a larger one by its rim.
_SMALL = 200_000

CellMask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class RegionShape:
    """One piece of one distortion, on the grid and in the photo.

    Attributes
    ----------
    distortion : str
    id : str
        `<distortion>-<8 hex>`, of distortion, box and grid bits.
    grid : Grid
    row, col : int
        Of the first cell of `cells` on the grid.
    cells : bool, shape (up to rows, up to cols)
        The region's cells, cropped to their bounds.
    box : Box
        Bounds of the region's coverage in photo pixels.
    area : float in [0.002, 1]
        Share of the photo that is in the region's mask.
    severity : float in [0, 1]
        95th percentile over the region's cells.
    """

    distortion: str
    id: str
    grid: Grid
    row: int
    col: int
    cells: CellMask
    box: Box
    area: float
    severity: float

    @property
    def weight(self) -> float:
        """severity · √area: how much of the photo it spoils, wherever it lies."""
        return self.severity * math.sqrt(self.area)

    def on_grid(self) -> CellMask:
        """The region's cells on the whole grid: bool, shape (rows, cols)."""
        whole = np.zeros((self.grid.rows, self.grid.cols), np.bool_)
        h, w = self.cells.shape
        whole[self.row : self.row + h, self.col : self.col + w] = self.cells
        return whole

    def reach(self) -> CellMask:
        """The cells whose mask pixels are the region's: its own and their 8 neighbours."""
        return _grown(self.on_grid())


@dataclass(frozen=True, slots=True, eq=False)
class _Piece:
    """A region before its box is known: `cells` are cropped and start at (row, col)."""

    row: int
    col: int
    cells: CellMask
    area: float
    severity: float

    def on_grid(self, grid: Grid) -> CellMask:
        whole = np.zeros((grid.rows, grid.cols), np.bool_)
        h, w = self.cells.shape
        whole[self.row : self.row + h, self.col : self.col + w] = self.cells
        return whole


def find_regions(
    planes: ViewPlanes,
    k: int,
    distortion: str,
    width: int,
    height: int,
    *,
    counts: MaskCounts | None = None,
) -> tuple[list[RegionShape], More]:
    """Split one distortion's mask into regions.

    Parameters
    ----------
    planes : ViewPlanes
    k : int in 1..255
        Threshold of the distortion.
    distortion : str
        One of `planes.distortions`.
    width, height : int
        Of the photo.
    counts : MaskCounts, optional
        What `count` gave for the same arguments, where the caller has it already.

    Returns
    -------
    list of RegionShape
        The eight with most severity · √area, most first; empty if nothing reaches the threshold.
    More
        Number and area of the others that are at least 0.002 of the photo.
    """
    pieces = _pieces(planes, k, distortion, width, height, counts)
    rest = pieces[MAX_PER_DISTORTION:]
    kept = list(_shapes(pieces, planes, k, distortion, width, height))
    return kept, More(len(rest), rounded(sum(piece.area for piece in rest)))


def find_region(
    planes: ViewPlanes, k: int, distortion: str, width: int, height: int, region_id: str
) -> RegionShape | None:
    """The one of `find_regions` that has this id, or None; boxes after it are not looked for."""
    pieces = _pieces(planes, k, distortion, width, height, None)
    shapes = _shapes(pieces, planes, k, distortion, width, height)
    return next((shape for shape in shapes if shape.id == region_id), None)


def blur_radius(cells: int, pixels: int) -> int:
    """Reach of the coverage's box filter along one axis; the filter is 2 · radius + 1 wide.

    One cell wide, taken to the nearest odd number of pixels so that it has a middle.
    """
    return pixels // (2 * cells)


def _joined(cells: CellMask) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Number the regions.

    Each cell is grown to 2×2; two grown cells touch (8 neighbours) exactly where at most one empty
    cell lies between the two.

    Returns
    -------
    int32, shape (rows, cols)
        The number of each cell's region from 1 on, 0 where there is none.
    int32, shape (numbers, 4)
        (first col, first row, cols, rows) of each number.
    """
    rows, cols = cells.shape
    grown = np.zeros((rows + 1, cols + 1), np.uint8)
    for down in (0, 1):
        for right in (0, 1):
            grown[down : down + rows, right : right + cols] |= cells
    _, labels, stats, _ = cv2.connectedComponentsWithStats(grown, connectivity=8)
    bounds = np.asarray(stats, np.int32)[:, :4] - np.array([0, 0, 1, 1], np.int32)
    return np.asarray(labels, np.int32)[:rows, :cols] * cells, bounds


def _pieces(
    planes: ViewPlanes,
    k: int,
    distortion: str,
    width: int,
    height: int,
    counts: MaskCounts | None,
) -> list[_Piece]:
    """Regions of at least `MIN_AREA`, most severity · √area first, then in reading order."""
    cells = cells_of(planes, distortion, k)
    if not cells.any():
        return []
    severity, _ = planes.of(distortion)
    counts = counts or count(planes, distortion, k, width, height)
    labels, bounds = _joined(cells)
    # Neighbours of a region's cells belong to no other region: the largest label is the only one.
    owner = np.asarray(cv2.dilate(labels.astype(np.float32), _AROUND), np.float32)
    held = counts.mask != 0
    pixels = np.bincount(owner[held].astype(np.int64), weights=counts.mask[held])
    areas = pixels / int(counts.pixels.sum())
    pieces = []
    for label in np.flatnonzero(areas >= MIN_AREA).tolist():
        if label == 0:
            continue
        col, row, across, down = bounds[label].tolist()
        window = slice(row, row + down), slice(col, col + across)
        own = labels[window] == label
        strong = rounded(float(np.percentile(severity[window][own], 95)) / 255)
        pieces.append(_Piece(row, col, own, rounded(areas[label]), strong))
    return sorted(pieces, key=lambda p: (-p.severity * math.sqrt(p.area), p.row, p.col))


def _shapes(
    pieces: list[_Piece], planes: ViewPlanes, k: int, distortion: str, width: int, height: int
) -> Iterator[RegionShape]:
    """The first eight pieces with their boxes; one without a single pixel of its own is none."""
    for piece in pieces[:MAX_PER_DISTORTION]:
        own = piece.on_grid(planes.grid)
        box = _box_of(planes, distortion, k, width, height, own)
        if box is not None:
            yield _shape(distortion, planes.grid, piece, own, box)


def _shape(distortion: str, grid: Grid, piece: _Piece, own: CellMask, box: Box) -> RegionShape:
    digest = hashlib.sha256(distortion.encode("ascii"))
    digest.update(np.array([*box.as_list(), grid.rows, grid.cols], "<i8").tobytes())
    digest.update(np.packbits(own).tobytes())
    return RegionShape(
        distortion=distortion,
        id=f"{distortion}-{digest.hexdigest()[:8]}",
        grid=grid,
        row=piece.row,
        col=piece.col,
        cells=piece.cells,
        box=box,
        area=piece.area,
        severity=piece.severity,
    )


def _box_of(
    planes: ViewPlanes, distortion: str, k: int, width: int, height: int, own: CellMask
) -> Box | None:
    """Bounds of the region's coverage at full size, or None if no pixel of the mask is its own.

    Coverage is over 0 as far as the box filter carries a mask pixel.
    """
    reach = _grown(own)
    rows, cols = own.shape
    xs, ys = cell_edges(cols, width), cell_edges(rows, height)

    def inside(down: slice, across: slice) -> CellMask:
        """The region's mask in these rows and columns of cells."""
        x0, y0 = int(xs[across.start]), int(ys[down.start])
        x1, y1 = int(xs[across.stop]), int(ys[down.stop])
        if x0 >= x1 or y0 >= y1:
            return np.zeros((y1 - y0, x1 - x0), np.bool_)
        mask = mask_window(planes, distortion, k, width, height, Box(x0, y0, x1, y1)).view(np.bool_)
        own_rows = reach[cell_of(y0, y1, rows, height)]
        mask &= own_rows[:, cell_of(x0, x1, cols, width)]
        return mask

    across, down = _span(reach, 0), _span(reach, 1)
    bounds = _bounds_of(inside, reach, down, across, xs, ys)
    if bounds is None:
        return None
    x0, y0, x1, y1 = bounds
    rx, ry = blur_radius(cols, width), blur_radius(rows, height)
    return Box(max(0, x0 - rx), max(0, y0 - ry), min(width, x1 + rx), min(height, y1 + ry))


def _bounds_of(
    inside: Callable[[slice, slice], CellMask],
    reach: CellMask,
    down: slice,
    across: slice,
    xs: NDArray[np.int64],
    ys: NDArray[np.int64],
) -> tuple[int, int, int, int] | None:
    """x0, y0, x1, y1 of the pixels inside, or None if there are none."""
    x0, y0 = int(xs[across.start]), int(ys[down.start])
    if (int(xs[across.stop]) - x0) * (int(ys[down.stop]) - y0) <= _SMALL:
        mask = inside(down, across)
        if not mask.any():
            return None
        x, y = _span(mask, 0), _span(mask, 1)
        return x0 + x.start, y0 + y.start, x0 + x.stop, y0 + y.stop

    # From the outside in, one row or column of cells at a time, so that only the rim is made.
    def edge(lines: range, axis: int, end: int) -> int | None:
        for line in lines:
            here = slice(line, line + 1)
            if axis == 1:
                mask, first = inside(here, _span(reach[here], 0)), int(ys[line])
            else:
                mask, first = inside(_span(reach[:, here], 1), here), int(xs[line])
            hit = np.flatnonzero(mask.any(axis=axis))
            if hit.size:
                return first + int(hit[end]) - end
        return None

    top = edge(range(down.start, down.stop), 1, 0)
    bottom = edge(range(down.stop - 1, down.start - 1, -1), 1, -1)
    left = edge(range(across.start, across.stop), 0, 0)
    right = edge(range(across.stop - 1, across.start - 1, -1), 0, -1)
    if top is None or bottom is None or left is None or right is None:
        return None
    return left, top, right, bottom


def _grown(cells: CellMask) -> CellMask:
    """The cells and their 8 neighbours."""
    return np.asarray(cv2.dilate(cells.view(np.uint8), _AROUND), np.bool_)


def _span(cells: CellMask, axis: int) -> slice:
    """From the first to behind the last line that holds a true element; there is at least one."""
    at = np.flatnonzero(cells.any(axis=axis))
    return slice(int(at[0]), int(at[-1]) + 1)
