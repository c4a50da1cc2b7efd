"""Clipping evidence: where light was lost, looked for in the photo's own encoding.

What counts as clipped high in a channel:

* 8 bit: 254 or more. JPEG's rounding and ringing move a flat white by one or two, and 253 is
  common in light that is not lost.
* 16 bit: 65,278 or more, the same share of the range (254 / 255).
* float: 1.0 or more.

A grey photo has one channel, so it is never clipped in some only. A pixel that is more
transparent than not is no evidence.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from flawmap_engine.imaging.photo import CELL
from flawmap_engine.imaging.picture import Samples

__all__ = ["Mask", "cell_shares", "clipping_planes", "grid_shape"]

Mask = NDArray[np.uint8]

_HIGH = {"uint8": 254.0, "uint16": 65278.0, "float32": 1.0}
_BAND_BYTES = 1 << 20  # a band that stays in the second-level cache is looked at twice for free


def grid_shape(height: int, width: int) -> tuple[int, int]:
    """Rows and columns of the clipping planes: cells of at most 8 px, none empty."""
    return -(-height // CELL), -(-width // CELL)


def clipping_planes(
    colour: Samples,
    alpha: NDArray[np.uint8] | None,
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
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
    height, width = colour.shape[:2]
    high = _HIGH[colour.dtype.name]
    channels = 1 if colour.ndim == 2 else int(colour.shape[2])
    lower, upper = (high,) * channels, (float("inf"),) * channels
    below = (-float("inf"),) * channels, (np.nextafter(high, 0),) * channels
    if colour.dtype != np.float32:
        top = float(np.iinfo(colour.dtype).max)
        upper, below = (top,) * channels, ((0.0,) * channels, (high - 1,) * channels)
    # Zeroed pages cost nothing until a band with clipped pixels writes into them.
    every: Mask = np.zeros((height, width), np.uint8)
    some: Mask = np.zeros((height, width), np.uint8)
    found = False
    step = max(1, _BAND_BYTES // max(1, width * channels * colour.itemsize))
    for top_row in range(0, height, step):
        rows = slice(top_row, top_row + step)
        band = colour[rows]
        if band.max() < high:
            continue
        found = True
        cv2.inRange(band, lower, upper, dst=every[rows])
        if channels > 1:
            none = cv2.inRange(band, *below)
            cv2.bitwise_not(cv2.bitwise_or(none, every[rows]), dst=some[rows])
    if found and alpha is not None:
        hidden = alpha < 128
        every[hidden] = 0
        some[hidden] = 0
    if not found:
        empty = np.zeros(grid_shape(height, width), np.uint8)
        return empty, empty.copy()
    return cell_shares(every), cell_shares(some)


def cell_shares(mask: Mask) -> NDArray[np.uint8]:
    """Share of each cell that a mask (0 or 255, shape (H, W)) covers, ``round(255 * share)``."""
    rows, cols = grid_shape(*mask.shape)
    if not mask.any():
        return np.zeros((rows, cols), np.uint8)
    shares = cv2.resize(mask, (cols, rows), interpolation=cv2.INTER_AREA)
    return np.asarray(shares, np.uint8)
