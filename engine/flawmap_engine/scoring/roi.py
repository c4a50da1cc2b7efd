"""ROI: quality, importance and distortions of a part that somebody marked, from stored planes.

A box, a point, a region of the report or a mask becomes a set of cells; everything else is the same
for all four. A cell belongs to a box or mask that covers at least half of it; a part too thin for
that has every cell that it touches.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from flawmap_api.errors import BadInput
from flawmap_api.geometry import Box, Grid
from flawmap_api.roi import RoiDistortion, RoiScore
from flawmap_api.words import rounded
from flawmap_engine.masks import (
    MIN_AREA,
    UNKNOWN_FROM,
    RegionShape,
    cell_edges,
    region_at,
    region_of,
    share_reaches,
)
from flawmap_engine.planes import Analysis

from .formulas import Ground, top_severity
from .head import Head, judge
from .roi_numbers import Part as _Cells

__all__ = ["score_roi"]

CellMask = NDArray[np.bool_]

# Mask pixels from this value on are inside.
_INSIDE = 128


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """A marked part: its cells on the view's grid, bounds, share of the photo, and its name."""

    cells: CellMask
    box: Box
    area: float
    how: str
    masked: bool = False


def score_roi(
    analysis: Analysis,
    *,
    view: str,
    thresholds: Mapping[str, int],
    box: Box | None = None,
    point: tuple[int, int] | None = None,
    region: str | None = None,
    mask: NDArray[np.uint8] | None = None,
    head: Head | None = None,
) -> RoiScore:
    """Score one marked part of a photo.

    Parameters
    ----------
    analysis : Analysis
    view : "screen" or "pixel"
    thresholds : mapping of distortion to k, 1..255
    box : Box, optional
        Inside the photo.
    point : (x, y), optional
        A pixel of the photo: the worst region whose mask holds it, else a box of a tenth of the
        photo's width and height around it, and `how` says which.
    region : str, optional
        Id of a region of this view and these thresholds.
    mask : uint8, shape (H, W), optional
        Of the photo's size, 128 and more inside.
    head : Head, optional
        What judges the part; the formulas without it.

    Returns
    -------
    RoiScore

    Raises
    ------
    BadInput
        If not exactly one part is given, or it is outside the photo, empty, or of another size.
    NotFound
        If there is no region of that id.
    """
    if sum(part is not None for part in (box, point, region, mask)) != 1:
        raise BadInput("An ROI is one of box, point, region or mask.")
    if box is not None:
        part = _boxed(analysis, view, box, "box")
    elif point is not None:
        part = _pointed(analysis, view, thresholds, point)
    elif region is not None:
        part = _of_region(region_of(analysis, view, thresholds, region))
    else:
        part = _masked(analysis, view, np.asarray(mask))
    return _score(analysis, view, thresholds, part, head)


def _score(
    analysis: Analysis, view: str, thresholds: Mapping[str, int], part: _Part, head: Head | None
) -> RoiScore:
    planes = analysis.planes(view)
    ground = Ground.of(analysis, view)
    (stands,) = judge(analysis, ground, [_cropped(part)], head)
    size = int(part.cells.sum())
    distortions = {}
    for name in planes.distortions:
        severity, unknown = planes.of(name)
        known = part.cells & (unknown < UNKNOWN_FROM)
        reached = share_reaches(
            planes, name, thresholds[name], analysis.width, analysis.height, part.cells, MIN_AREA
        )
        strength = top_severity(severity, known) if reached else 0.0
        # The planes alone: a part must not deny the mask that lies on it.
        distortions[name] = RoiDistortion(
            severity=rounded(strength),
            unknown=rounded(1 - int(known.sum()) / size),
        )
    return RoiScore(
        view=view,
        box=part.box,
        how=part.how,
        quality=rounded(stands.quality),
        importance=rounded(stands.importance),
        distortions=distortions,
        masked=part.masked,
    )


def _cropped(part: _Part) -> _Cells:
    """The part's cells as a report crops a region's, so that both get one answer."""
    rows, cols = (np.flatnonzero(part.cells.any(axis)) for axis in (1, 0))
    top, left = int(rows[0]), int(cols[0])
    cells = part.cells[top : int(rows[-1]) + 1, left : int(cols[-1]) + 1]
    return _Cells(cells, part.area, top, left)


def _boxed(analysis: Analysis, view: str, box: Box, how: str) -> _Part:
    width, height = analysis.width, analysis.height
    if not box.within(width, height):
        raise BadInput(
            f"The box {box.as_list()} reaches outside the photo, which is {width} × {height} px.",
            "Give [x0, y0, x1, y1] with x1 and y1 at most that.",
        )
    grid = analysis.planes(view).grid
    across = _overlaps(box.x0, box.x1, grid.cols, width)
    down = _overlaps(box.y0, box.y1, grid.rows, height)
    return _Part(
        cells=_mostly(np.outer(down, across)), box=box, area=box.area / (width * height), how=how
    )


def _overlaps(start: int, stop: int, cells: int, pixels: int) -> NDArray[np.float64]:
    """Share of each cell of an axis that start..stop covers."""
    edges = np.arange(cells + 1) * (pixels / cells)
    inside = np.clip(edges, start, stop)
    return np.asarray(np.diff(inside) * (cells / pixels), np.float64)


def _mostly(share: NDArray[np.float64]) -> CellMask:
    """Cells that are covered by half or more, or else all that are touched."""
    # Half, less what rounding takes off a cell that is covered by exactly half.
    half: CellMask = share >= 0.5 - 1e-9
    return half if half.any() else share > 0


def _pointed(
    analysis: Analysis, view: str, thresholds: Mapping[str, int], point: tuple[int, int]
) -> _Part:
    width, height = analysis.width, analysis.height
    x, y = point
    if not (0 <= x < width and 0 <= y < height):
        raise BadInput(
            f"The point ({x}, {y}) lies outside the photo, which is {width} × {height} px.",
            f"Give x from 0 to {width - 1} and y from 0 to {height - 1}.",
        )
    shape = region_at(analysis, view, thresholds, x, y)
    if shape is not None:
        return _of_region(shape)
    box = Box(
        *(max(0, at - side // 20) for at, side in ((x, width), (y, height))),
        *(min(side, at + side // 20 + 1) for at, side in ((x, width), (y, height))),
    )
    return _boxed(
        analysis,
        view,
        box,
        "box of a tenth of the photo's width and height around the point: no region is under it",
    )


def _of_region(shape: RegionShape) -> _Part:
    return _Part(
        cells=shape.on_grid(),
        box=shape.box,
        area=shape.area,
        how=f"region {shape.id}",
    )


def _masked(analysis: Analysis, view: str, mask: NDArray[np.uint8]) -> _Part:
    width, height = analysis.width, analysis.height
    if mask.shape != (height, width) or mask.dtype != np.uint8:
        raise BadInput(
            f"The mask is {' × '.join(map(str, mask.shape[::-1]))} of {mask.dtype}; the photo is "
            f"{width} × {height}.",
            "A mask is one byte a pixel, of the photo's size: 255 inside, 0 outside.",
        )
    inside = np.asarray(cv2.threshold(mask, _INSIDE - 1, 1, cv2.THRESH_BINARY)[1], np.uint8)
    x, y, w, h = cv2.boundingRect(inside)
    if w == 0:
        raise BadInput(
            "The mask is empty: no pixel of it is 128 or more.", "Mark the part with 255."
        )
    return _Part(
        cells=_mostly(_shares(inside, analysis.planes(view).grid)),
        box=Box(x, y, x + w, y + h),
        area=cv2.countNonZero(inside) / (width * height),
        how="mask",
        masked=True,
    )


def _shares(inside: NDArray[np.uint8], grid: Grid) -> NDArray[np.float64]:
    """Share of each cell that is inside, from whole pixels; row by row of cells, to stay small."""
    height, width = inside.shape
    ys, xs = cell_edges(grid.rows, height), cell_edges(grid.cols, width)
    columns = np.zeros((grid.rows, width), np.int32)
    for row, (top, bottom) in enumerate(pairwise(ys.tolist())):
        if top < bottom:
            columns[row] = cv2.reduce(inside[top:bottom], 0, cv2.REDUCE_SUM, dtype=cv2.CV_32S)[0]
    # reduceat takes one element for a cell without pixels; there are none of those to share.
    held = np.add.reduceat(columns, np.minimum(xs[:-1], width - 1), axis=1)
    pixels = np.outer(np.diff(ys), np.diff(xs))
    return np.where(pixels > 0, held / np.maximum(1, pixels), 0.0)
