"""Sharpening: giving back what a small blur took, and no more.

Deconvolution for a Gaussian of known width, with as much regularisation as the picture's noise asks
for, and each pixel held near the range of its neighbourhood, so that edges do not ring.
"""

from __future__ import annotations

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["MOST_RADIUS", "REACH", "deconvolve", "sharpen"]

Floats = NDArray[np.float32]

#: Widest blur, in px, that is taken off by deconvolution.
MOST_RADIUS: Final = 4.0
#: Pixels around that a pixel's answer depends on.
REACH: Final = 32
#: Rounding and coding alone are as much; with less the inverse makes them visible.
_LEAST_NOISE: Final = 0.006
#: How far a pixel may leave the range of its neighbours, as a share of that range.
_OVERSHOOT: Final = 0.15


def deconvolve(picture: Floats, radius: float, noise: float) -> Floats:
    """Take off a Gaussian blur.

    Parameters
    ----------
    picture : float32, shape (h, w, channels), perceptual numbers
    radius : float
        Standard deviation of the Gaussian, px.
    noise : float
        Standard deviation of the noise, on the scale of the picture.

    Returns
    -------
    float32, same shape
    """
    if radius <= 0:
        return picture
    height, width = picture.shape[:2]
    pad = REACH
    rows, cols = (cv2.getOptimalDFTSize(size + 2 * pad) for size in (height, width))
    framed = cv2.copyMakeBorder(
        picture, pad, rows - height - pad, pad, cols - width - pad, cv2.BORDER_REFLECT_101
    ).reshape(rows, cols, -1)
    inverse = _wiener(rows, cols, radius, noise)
    out = np.empty_like(picture)
    for channel in range(picture.shape[2]):
        seen = np.fft.rfft2(framed[..., channel])
        sharp = np.fft.irfft2(seen * inverse, s=(rows, cols))
        out[..., channel] = sharp[pad : pad + height, pad : pad + width]
    return _held(out, picture, radius)


def sharpen(picture: Floats, radius: float, amount: float) -> Floats:
    """Lift structures of about `radius` px by `amount`, edges held as in `deconvolve`."""
    soft = cv2.GaussianBlur(picture, (0, 0), max(radius, 0.3)).reshape(picture.shape)
    lifted = picture + np.float32(amount) * (picture - soft)
    return _held(np.asarray(lifted, np.float32), picture, radius)


def _wiener(rows: int, cols: int, radius: float, noise: float) -> Floats:
    """The regularised inverse, in the layout of `rfft2`."""
    y = np.fft.fftfreq(rows)[:, None]
    x = np.fft.rfftfreq(cols)[None]
    frequency = y * y + x * x
    blur = np.exp(-2 * (math.pi * radius) ** 2 * frequency)
    # Pictures have about 1 / f² of power at each frequency; a strong edge is the measure of it.
    signal = 2e-4 / np.maximum(frequency, 1e-6)
    grain = max(noise, _LEAST_NOISE) ** 2
    return np.asarray((blur + grain / signal) / (blur * blur + grain / signal), np.float32)


def _held(sharp: Floats, picture: Floats, radius: float) -> Floats:
    size = 2 * max(1, math.ceil(1.5 * radius)) + 1
    kernel = np.ones((size, size), np.uint8)
    low = cv2.erode(picture, kernel).reshape(picture.shape)
    high = cv2.dilate(picture, kernel).reshape(picture.shape)
    slack = np.float32(_OVERSHOOT) * (high - low)
    return np.asarray(np.clip(sharp, low - slack, high + slack), np.float32)
