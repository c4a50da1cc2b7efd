"""Masks: from planes to regions, masks, coverage and rendered layers. Functions over arrays."""

from __future__ import annotations

from .coverage import region_coverage, region_mask, softened
from .lookup import region_at, region_of
from .mask import (
    UNKNOWN_FROM,
    MaskCounts,
    area_of,
    cells_of,
    count,
    distortion_mask,
    mask_window,
    share_reaches,
    unknown_area_of,
)
from .regions import MAX_PER_DISTORTION, MIN_AREA, RegionShape, find_regions
from .render import Layer, layers, tint
from .resample import COUNTING_SIDE, bring_to, bring_window, cell_edges, cell_of, counting_size

__all__ = [
    "COUNTING_SIDE",
    "MAX_PER_DISTORTION",
    "MIN_AREA",
    "UNKNOWN_FROM",
    "Layer",
    "MaskCounts",
    "RegionShape",
    "area_of",
    "bring_to",
    "bring_window",
    "cell_edges",
    "cell_of",
    "cells_of",
    "count",
    "counting_size",
    "distortion_mask",
    "find_regions",
    "layers",
    "mask_window",
    "region_at",
    "region_coverage",
    "region_mask",
    "region_of",
    "share_reaches",
    "softened",
    "tint",
    "unknown_area_of",
]
