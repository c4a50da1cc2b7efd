"""Look-up: the region that has an id, or that lies under a pixel."""

from __future__ import annotations

from collections.abc import Mapping

from flawmap_api.errors import NotFound
from flawmap_api.geometry import Box
from flawmap_engine.planes import Analysis

from .mask import mask_window
from .regions import RegionShape, find_region, find_regions
from .resample import cell_of

__all__ = ["region_at", "region_of"]


def region_of(
    analysis: Analysis, view: str, thresholds: Mapping[str, int], region_id: str
) -> RegionShape:
    """The region of that id in this view, at these thresholds.

    Raises
    ------
    NotFound
        If there is none; an id holds for the view and thresholds that made it.
    """
    planes = analysis.planes(view)
    distortion = region_id.rpartition("-")[0]
    if distortion in planes.distortions:
        k = thresholds[distortion]
        shape = find_region(planes, k, distortion, analysis.width, analysis.height, region_id)
        if shape is not None:
            return shape
    raise NotFound(
        f"The {view} view has no region {region_id[:40]!r} at these thresholds.",
        "A region's id holds for the view and thresholds that made it; ask for `regions` again.",
    )


def region_at(
    analysis: Analysis, view: str, thresholds: Mapping[str, int], x: int, y: int
) -> RegionShape | None:
    """The region whose mask holds the pixel (x, y), or None.

    If regions of several distortions do: the one with most severity · √area.
    """
    planes, width, height = analysis.planes(view), analysis.width, analysis.height
    row = int(cell_of(y, y + 1, planes.grid.rows, height)[0])
    col = int(cell_of(x, x + 1, planes.grid.cols, width)[0])
    here = []
    for name in planes.distortions:
        k = thresholds[name]
        if mask_window(planes, name, k, width, height, Box(x, y, x + 1, y + 1)).any():
            shapes, _ = find_regions(planes, k, name, width, height)
            here += [shape for shape in shapes if shape.reach()[row, col]]
    return max(here, key=lambda shape: shape.weight, default=None)
