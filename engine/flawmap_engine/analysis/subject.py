"""Subject: which part of the picture it is about, from sharpness and place."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from flawmap_engine.planes import ViewPlanes

__all__ = ["subject_plane"]

_CENTRAL: Final = 0.3
_SMOOTH: Final = 0.03
_UNSHARP: Final = ("blur", "jitter")


def subject_plane(screen: NDArray[np.uint8], planes: ViewPlanes) -> NDArray[np.float32]:
    """How much each cell is part of what the photo is about.

    Parameters
    ----------
    screen : uint8, shape (h, w, 3)
        The screen view.
    planes : ViewPlanes
        Its planes.

    Returns
    -------
    float32, shape (rows, cols), values in [0, 1]
        ``sharp · √detail · central``, smoothed over 3 % of the long side and divided by its 99th
        percentile, where ``sharp = 1 − max(blur, jitter)``, ``detail`` = standard deviation of luma
        within the cell and its 8 neighbours, divided by its own 99th percentile, and ``central`` =
        a Gaussian around the middle, 0.3 of each side wide. Central alone where nothing has detail.
    """
    rows, cols = planes.grid.rows, planes.grid.cols
    x, y = (((np.arange(n, dtype=np.float32) + 0.5) / n - 0.5) / _CENTRAL for n in (cols, rows))
    central = np.exp(-0.5 * (x[None, :] ** 2 + y[:, None] ** 2))
    detail = _detail(screen, rows, cols)
    top = float(np.percentile(detail, 99))
    if top <= 0.5:  # of 255 levels: nothing to see
        return central.astype(np.float32)
    sharp = np.ones((rows, cols), np.float32)
    for name in _UNSHARP:
        if name in planes.distortions:
            np.minimum(sharp, 1 - planes.of(name)[0].astype(np.float32) / 255, out=sharp)
    raw = sharp * np.sqrt(np.minimum(detail / top, 1)) * central
    raw = np.asarray(cv2.GaussianBlur(raw.astype(np.float32), (0, 0), _SMOOTH * max(rows, cols)))
    top = float(np.percentile(raw, 99))
    if top <= 0:
        return central.astype(np.float32)
    return np.clip(raw / top, 0, 1).astype(np.float32)


def _detail(screen: NDArray[np.uint8], rows: int, cols: int) -> NDArray[np.float32]:
    luma = cv2.cvtColor(screen, cv2.COLOR_RGB2GRAY)
    # A quarter of the size keeps what a person calls detail and drops the grain.
    size = (min(2 * cols, luma.shape[1]), min(2 * rows, luma.shape[0]))
    small = cv2.resize(luma, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    mean = cv2.blur(small, (6, 6))
    square = cv2.blur(small * small, (6, 6))
    deviation = np.sqrt(np.maximum(square - mean * mean, 0))
    detail = cv2.resize(deviation, (cols, rows), interpolation=cv2.INTER_AREA)
    return np.asarray(detail, np.float32)
