"""Measuring: how wide a blur, how wrong an exposure, which cast. Noise has a module of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["Tones", "blur_radius", "grey_gains", "stops_apart", "tones"]

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_AGAIN: Final = 1.0
_LEAST_EDGES: Final = 60


@dataclass(frozen=True, slots=True)
class Tones:
    """Where the tones of a part lie.

    Attributes
    ----------
    black, white : float, 0..1
        Between them lie 98 % of the perceptual luma.
    middle : float
        Median linear light, 0..1.
    clipped, gamut, crushed : float
        Share of pixels with all channels at white, some at white, all at black.
    spread : float
        Mean colour strength (largest less smallest channel), 0..1.
    """

    black: float
    white: float
    middle: float
    clipped: float
    gamut: float
    crushed: float
    spread: float


def tones(rgb: Bytes, inside: Mask) -> Tones:
    """Look at the tones of the pixels inside; at least one is."""
    pixels = rgb[inside]
    pixels = pixels[:: max(1, len(pixels) // 400_000)]
    luma = pixels @ np.array([0.299, 0.587, 0.114]) / 255
    high, low = pixels.max(axis=1), pixels.min(axis=1)
    black, white = np.percentile(luma, [1, 99])
    return Tones(
        black=float(black),
        white=float(white),
        middle=float(_light(np.median(luma))),
        clipped=float((low >= 254).mean()),
        gamut=float(((high >= 254) & (low < 254)).mean()),
        crushed=float((high <= 1).mean()),
        spread=float((high.astype(np.int16) - low).mean() / 255),
    )


def blur_radius(rgb: Bytes, inside: Mask, noise: float = 0.0) -> float | None:
    """Gaussian standard deviation in px of the sharpest edges inside; None without edges.

    An edge is blurred once more by a known amount; how much steeper it was before tells its own
    width (Zhuo and Sim, Defocus map estimation from a single image, 2011).
    """
    luma = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.float32)
    if noise > 2:
        luma = np.asarray(cv2.GaussianBlur(luma, (0, 0), 0.6), np.float32)
    soft = np.asarray(cv2.GaussianBlur(luma, (0, 0), _AGAIN), np.float32)
    steep, flat = _slope(luma), _slope(soft)
    # The part's own rim is where it meets what is sharp.
    core = cv2.erode(inside.view(np.uint8), np.ones((7, 7), np.uint8)).view(np.bool_)
    strong = core & (steep > max(12.0, 4 * noise))
    # Along an edge only its crest tells: beside it the ratio speaks of what lies next to it.
    crest = strong & (steep >= cv2.dilate(steep, np.ones((3, 3), np.uint8)) * 0.98)
    if int(crest.sum()) < _LEAST_EDGES:
        return None
    ratio = steep[crest] / np.maximum(flat[crest], 1e-3)
    width = _AGAIN / np.sqrt(np.maximum(ratio**2 - 1, 1e-3))
    return float(np.clip(np.percentile(width, 30), 0.2, 20))


def stops_apart(rgb: Bytes, inside: Mask, around: Mask) -> float | None:
    """How many stops darker the part is than what lies next to it; None if nothing does."""
    if int(inside.sum()) < 50 or int(around.sum()) < 50:
        return None
    luma = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.float32) / 255
    here, there = (float(np.median(luma[part])) for part in (inside, around))
    return float(np.log2((_light(there) + 0.003) / (_light(here) + 0.003)))


def grey_gains(rgb: Bytes, inside: Mask) -> tuple[float, float, float]:
    """Gains in linear light that make the part's least colourful tones grey.

    Shades of grey: a mean of the 6th power, over pixels that are neither black nor clipped.
    """
    pixels = rgb[inside]
    pixels = pixels[:: max(1, len(pixels) // 400_000)]
    good = (pixels.max(axis=1) < 250) & (pixels.min(axis=1) > 5)
    if int(good.sum()) < 100:
        return 1.0, 1.0, 1.0
    light = _light(pixels[good] / 255.0)
    means = np.power(np.mean(light**4, axis=0), 1 / 4)
    gains = np.clip(means @ [0.2126, 0.7152, 0.0722] / np.maximum(means, 1e-4), 0.5, 2)
    r, g, b = (float(v) for v in gains)
    return r, g, b


def _slope(plane: Floats) -> Floats:
    x = cv2.Sobel(plane, cv2.CV_32F, 1, 0, ksize=3, scale=0.25)
    y = cv2.Sobel(plane, cv2.CV_32F, 0, 1, ksize=3, scale=0.25)
    return np.asarray(cv2.magnitude(x, y), np.float32)


def _light(code: Any) -> Any:
    code = np.asarray(code, np.float64)
    return np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)
