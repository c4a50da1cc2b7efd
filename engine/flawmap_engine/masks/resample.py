"""Resampling: the one place that brings a grid plane to the size of a picture.

Bilinear with half-pixel centres on 8-bit values, which is what OpenCV calls `INTER_LINEAR`.
`bring_window` gives a part of the same picture without making the rest, bit for bit, so that a
region's box on a large photo costs a few rows and columns and not the whole photo.
"""

from __future__ import annotations

import functools
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from flawmap_api.geometry import Box, Grid

__all__ = [
    "COUNTING_SIDE",
    "bring_to",
    "bring_window",
    "cell_edges",
    "cell_of",
    "counting_size",
    "source_of",
]

BytePlane = NDArray[np.uint8]
IndexRow = NDArray[np.int64]

#: Areas are counted with the planes brought to at most this long side.
COUNTING_SIDE = 2048

# OpenCV's fixed-point weights have 11 bits; see `_weights` and `bring_window`.
_ONE = 2048
# Rows per step: the 32-bit intermediate of a step stays in the processor's cache.
_STEP = 32
# cv2 makes a pixel about four times as fast as the arithmetic below.
_CV2_IS_FASTER = 4


def counting_size(width: int, height: int) -> tuple[int, int]:
    """(width, height) of the picture on which areas are counted: at most 2,048 px long."""
    longest = max(width, height)
    if longest <= COUNTING_SIDE:
        return width, height
    scale = COUNTING_SIDE / longest
    return max(1, round(width * scale)), max(1, round(height * scale))


def cell_edges(cells: int, pixels: int) -> IndexRow:
    """First pixel of each cell along one axis, and `pixels` at the end: int64, shape (cells + 1,).

    A pixel belongs to the cell that holds its centre; cells smaller than a pixel may hold none.
    """
    c = np.arange(cells + 1, dtype=np.int64)
    return -((cells - 2 * pixels * c) // (2 * cells))


def cell_of(start: int, stop: int, cells: int, pixels: int) -> IndexRow:
    """Cell of each pixel start..stop-1 along one axis of `pixels` pixels and `cells` cells."""
    x = np.arange(start, stop, dtype=np.int64)
    return ((2 * x + 1) * cells) // (2 * pixels)


def bring_to(plane: BytePlane, width: int, height: int) -> BytePlane:
    """Bring a plane to `width` × `height` pixels.

    Parameters
    ----------
    plane : uint8, shape (rows, cols)
    width, height : int
        At least 1; larger or smaller than the plane.

    Returns
    -------
    uint8, shape (height, width)
    """
    return _u8(cv2.resize(plane, (width, height), interpolation=cv2.INTER_LINEAR))


def bring_window(plane: BytePlane, width: int, height: int, box: Box) -> BytePlane:
    """The pixels of `box` of `bring_to(plane, width, height)`, bit for bit.

    Parameters
    ----------
    plane : uint8, shape (rows, cols)
    width, height : int
        Of the whole picture.
    box : Box
        Inside it.

    Returns
    -------
    uint8, shape (box.height, box.width)

    Notes
    -----
    Resizing a crop gives other bits than cropping what was resized, since the weights depend on
    where the crop starts. So the weights are made here as OpenCV makes them (11-bit fixed point,
    products cut to 16 bits, `imgproc/src/resize.cpp`); a property test holds the two together.
    """
    if box.area * _CV2_IS_FASTER >= width * height:
        return bring_to(plane, width, height)[box.y0 : box.y1, box.x0 : box.x1]
    rows, cols = plane.shape
    left, right, near, far = (line[box.x0 : box.x1] for line in _taps(cols, width, ends=False))
    upper, lower, above, below = (line[box.y0 : box.y1] for line in _taps(rows, height, ends=True))
    first, last = int(upper[0]), int(lower[-1]) + 1
    band = plane[first:last].astype(np.int32)
    across = (band[:, left] * near + band[:, right] * far) >> 4
    out = np.empty((box.height, box.width), np.uint8)
    for start in range(0, box.height, _STEP):
        some = slice(start, start + _STEP)
        value = across[upper[some] - first]
        value *= above[some, None]
        value >>= 16
        other = across[lower[some] - first]
        other *= below[some, None]
        other >>= 16
        value += other
        value += 2
        value >>= 2
        out[some] = value
    return out


def source_of(box: Box, grid: Grid, width: int, height: int) -> tuple[slice, slice]:
    """Rows and columns of the plane that the pixels of `box` are made from."""
    left, right, _, _ = _taps(grid.cols, width, ends=False)
    upper, lower, _, _ = _taps(grid.rows, height, ends=True)
    return (
        slice(int(upper[box.y0]), int(lower[box.y1 - 1]) + 1),
        slice(int(left[box.x0]), int(right[box.x1 - 1]) + 1),
    )


@functools.lru_cache(maxsize=32)
def _taps(source: int, target: int, *, ends: bool) -> tuple[Any, Any, Any, Any]:
    """Two source indices (int64) and their 11-bit weights (int32) for each pixel of an axis.

    `ends` keeps the second tap's weight beyond the first and last source, as OpenCV does along a
    column (where the row is repeated) but not along a row.
    """
    scale = 1.0 / (target / source)
    where = ((np.arange(target) + 0.5) * scale - 0.5).astype(np.float32)
    index = np.floor(where).astype(np.int64)
    part = where - index.astype(np.float32)
    if not ends:
        part[(index < 0) | (index >= source - 1)] = 0.0
    one, full = np.float32(1), np.float32(_ONE)
    taps = (
        np.clip(index, 0, source - 1),
        np.clip(index + 1, 0, source - 1),
        np.rint((one - part) * full).astype(np.int32),
        np.rint(part * full).astype(np.int32),
    )
    for line in taps:
        line.flags.writeable = False
    return taps


def _u8(array: Any) -> BytePlane:
    return np.asarray(array, np.uint8)
