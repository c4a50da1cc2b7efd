"""Clipping evidence: where light was lost, looked for in the photo's own encoding.

What counts as clipped high in a channel:

* 8 bit: 254 or more. JPEG's rounding and ringing move a flat white by one or two, and 253 is
  common in light that is not lost.
* 16 bit: 65,278 or more, the same share of the range (254 / 255).
* float: 1.0 or more.

A grey photo has one channel, so it is never clipped in some only. A pixel that is more
transparent than not is no evidence.

Shares are exact, in whole numbers, so that the same picture has the same evidence everywhere.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from flawmap_engine.imaging.photo import CELL
from flawmap_engine.imaging.picture import Samples

__all__ = ["clipping_planes", "grid_shape", "mask_planes"]

_Plane = NDArray[np.uint8]
_Masks = tuple[_Plane, _Plane]

_HIGH = {"uint8": 254, "uint16": 65278, "float32": 1.0}


def grid_shape(height: int, width: int) -> tuple[int, int]:
    """Rows and columns of the clipping planes: cells of at most 8 px, none empty."""
    return -(-height // CELL), -(-width // CELL)


def clipping_planes(colour: Samples, alpha: _Plane | None) -> _Masks:
    """Find the pixels whose light was lost, as shares of cells.

    Parameters
    ----------
    colour : uint8, uint16 or float32, shape (H, W) or (H, W, 3)
        Samples in the photo's own encoding, any channel order, no alpha.
    alpha : uint8, shape (H, W), or None

    Returns
    -------
    clipped, gamut : uint8, shape (ceil(H / 8), ceil(W / 8))
        `Photo.clipped` and `Photo.gamut`.
    """
    high = _HIGH[colour.dtype.name]

    def masks(rows: slice) -> _Masks | None:
        band = colour[rows]
        if band.max() < high:  # most of most photos: one quick pass and done
            return None
        # Apart, channels are compared many at a time; `inRange` on three at once takes longer.
        channels = [band] if band.ndim == 2 else cv2.split(band)
        highest = lowest = channels[0]
        for channel in channels[1:]:
            highest, lowest = cv2.max(highest, channel), cv2.min(lowest, channel)
        every = np.asarray(lowest >= high, np.uint8)
        some = np.asarray(highest >= high, np.uint8) - every
        if alpha is not None:
            hidden = alpha[rows] < 128
            every[hidden] = some[hidden] = 0
        return every, some

    return _shares(colour.shape[0], colour.shape[1], masks)


def mask_planes(every: _Plane, some: _Plane) -> _Masks:
    """The same planes from masks (0 or 1, shape (H, W)) that a codec has made."""
    return _shares(every.shape[0], every.shape[1], lambda rows: (every[rows], some[rows]))


def _shares(height: int, width: int, masks: Callable[[slice], _Masks | None]) -> _Masks:
    """Shares of cells, ``round(255 * share)`` with halves up.

    Measured in pixels that are `rows` high and `cols` wide, every cell is H by W and its bounds
    are whole numbers; so are all sums, and floats add those exactly.
    """
    rows, cols = grid_shape(height, width)
    planes = np.zeros((2, rows, cols), np.uint8)
    pixel, into = np.divmod(np.arange(cols + 1) * width, cols)
    for r in range(rows):
        begin, end = r * height, (r + 1) * height
        first, stop = begin // rows, -(-end // rows)
        found = masks(slice(first, stop))
        if found is None:
            continue
        y = np.arange(first, stop)
        weights = np.minimum((y + 1) * rows, end) - np.maximum(y * rows, begin)
        for plane, mask in zip(planes, found, strict=True):
            if not mask.any():
                continue
            columns = np.zeros(width + 1)  # one more: the last bound lies behind the last pixel
            columns[:-1] = weights.astype(np.float32) @ mask.astype(np.float32)
            before = np.cumsum(columns) - columns
            sums = np.diff(before[pixel] * cols + columns[pixel] * into)
            plane[r] = np.floor((510 * sums + height * width) / (2 * height * width))
    return planes[0], planes[1]
