"""Full-reference similarity without weights: GMSD, MDSI, HaarPSI and VSI, as maps and as numbers.

Written from the papers. Each takes two uint8 sRGB pictures of one size. The *local* form is what
region labels are made from: a measure's spread inside 64 px windows that look at nothing but the
part in question, brought to people's severity by one curve, and pooled by the window that a person
would judge by: not the mean, but near the worst.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

__all__ = [
    "Comparison",
    "compare",
    "gmsd",
    "haarpsi",
    "mdsi",
    "part_severity",
    "saliency",
    "vsi",
    "vsi_map",
]

ByteImage = npt.NDArray[np.uint8]
Plane = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

_PREWITT: Final = np.array([[1, 0, -1], [1, 0, -1], [1, 0, -1]], np.float32) / np.float32(3)
_SCHARR: Final = np.array([[3, 0, -3], [10, 0, -10], [3, 0, -3]], np.float32) / np.float32(16)
_WINDOW: Final = 32
"""Side of a window at half size: 64 px of the picture."""

# s = x^n / (x^n + h^n): half-way point h, steepness n. x is GMSD's spread in the 90th percentile of
# the windows; for colour the mean a,b distance. Fitted to people's scores, kind by kind (rms .01 to
# .04), since one map for all kinds makes blur too mild and noise too strict.
_SHAPES: Final = {
    "blur": (0.056, 1.48),
    "jitter": (0.056, 1.45),
    "noise": (0.097, 1.31),
    "compression": (0.077, 2.08),
    "overexposure": (0.120, 1.32),
    "low_light": (0.120, 1.32),
    "contrast": (0.562, 1.95),
    "vivid": (18.8, 2.94),
    "cast": (18.8, 2.94),
    "dull": (7.5, 1.23),
}
_JUDGED_BY: Final = 90.0
"""People judge a picture by its worst tenth."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two pictures compared at half size; every plane is float32, shape (h / 2, w / 2).

    Attributes
    ----------
    gradient : GMSD's map, similarity of gradient magnitude, 1 where nothing changed.
    structure : MDSI's map of gradient and chroma similarity, its fourth root.
    colour : distance in Lab's a,b plane, a little smoothed.
    before, after : luma, 0..255.
    """

    gradient: Plane
    structure: Plane
    colour: Plane
    before: Plane
    after: Plane


def compare(before: ByteImage, after: ByteImage) -> Comparison:
    """The similarity maps of a clean picture and the same one damaged."""
    a, b = _half(before), _half(after)
    ya, yb = _luma(a), _luma(b)
    ga, gb, gf = _gradient(ya), _gradient(yb), _gradient(_plane((ya + yb) / 2))
    gradient = _alike(ga, gb, 170.0)
    # MDSI: gradients against the mean picture too, so that what is added and what is lost differ.
    edges = _alike(ga, gb, 140.0) + _alike(ga, gf, 55.0) - _alike(gb, gf, 55.0)
    mixed = np.maximum(0.6 * edges + 0.4 * _chroma(a, b), 0).astype(np.float32)
    ab = [cv2.cvtColor(x / np.float32(255), cv2.COLOR_RGB2LAB)[..., 1:] for x in (a, b)]
    away = cv2.GaussianBlur(ab[1] - ab[0], (0, 0), 1.0)
    colour = np.sqrt((away * away).sum(-1)).astype(np.float32)
    return Comparison(gradient, mixed ** np.float32(0.25), colour, ya, yb)


def part_severity(seen: Comparison, kind: str, part: Mask | None = None) -> float:
    """How much worse a part is than it was, on people's scale of severity.

    Parameters
    ----------
    seen : Comparison
        Of the picture before and after one damage.
    kind : a distortion; for colorfulness its subkind
    part : bool, shape of the maps, optional
        Only these pixels are looked at; all by default. At least one must be set.

    Returns
    -------
    float in [0, 1]
        GMSD inside 64 px windows, at the 90th percentile of the windows, on a curve per kind. For
        colour the mean a,b distance, for contrast the luma's spread before and after: gradients
        tell little of either.
    """
    half, power = _SHAPES[kind]
    where = np.ones(seen.gradient.shape, np.bool_) if part is None else part
    if kind in ("vivid", "cast", "dull"):
        x = float(seen.colour[where].mean())
    elif kind == "contrast":
        spread = [float(y[where].std()) + 1.0 for y in (seen.before, seen.after)]
        x = abs(float(np.log2(spread[0] / spread[1])))
    else:
        weight = where.astype(np.float32)
        windows = _spread(seen.gradient, weight, _box(weight))
        coarse = where[::4, ::4]
        chosen = windows[::4, ::4][coarse] if coarse.any() else windows[where]
        x = float(np.percentile(chosen, _JUDGED_BY))
    return float(x**power / (x**power + half**power))


def gmsd(before: ByteImage, after: ByteImage) -> float:
    """Gradient magnitude similarity deviation: 0 equal, larger is worse (Xue and others, 2014)."""
    return float(compare(before, after).gradient.std())


def mdsi(before: ByteImage, after: ByteImage) -> float:
    """Mean deviation similarity index: 0 equal, larger is worse (Ziaei Nafchi and others, 2016)."""
    structure = compare(before, after).structure
    return float(np.abs(structure - structure.mean()).mean() ** 0.25)


def haarpsi(before: ByteImage, after: ByteImage) -> float:
    """Haar wavelet perceptual similarity of luma, 1 equal (Reisenhofer and others, 2018)."""
    a, b = _luma(_half(before)), _luma(_half(after))
    total = weight = 0.0
    for turned in (False, True):
        one, two, three = (
            [_plane(np.abs(cv2.filter2D(y, cv2.CV_32F, _haar(level, turned)))) for y in (a, b)]
            for level in (1, 2, 3)
        )
        similar = (_alike(one[0], one[1], 30.0) + _alike(two[0], two[1], 30.0)) / 2
        where = np.maximum(three[0], three[1])
        total += float((where / (1 + np.exp(-4.2 * similar))).sum())
        weight += float(where.sum())
    if weight <= 0:
        return 1.0
    share = min(max(total / weight, 1e-6), 1 - 1e-6)
    return float((np.log(share / (1 - share)) / 4.2) ** 2)


def vsi(before: ByteImage, after: ByteImage) -> float:
    """Visual saliency induced index, 1 equal (Zhang, Shen and Li, 2014)."""
    similarity, weight = vsi_map(before, after)
    return float((similarity * weight).sum() / weight.sum())


def vsi_map(before: ByteImage, after: ByteImage) -> tuple[Plane, Plane]:
    """VSI's local similarity and its weights (the larger saliency of the two), at half size.

    The index is their weighted mean. So what the whole picture loses when one part alone is
    replaced is the sum over that part: `1 - similarity`, weighted.
    """
    a, b = _half(before), _half(after)
    va, vb = saliency(before), saliency(after)
    salient = _alike(va, vb, 1.27)
    ga, gb = (_scharr(_yiq(x)[..., 0]) for x in (a, b))
    edges = _alike(ga, gb, 386.0)
    pa, pb = _yiq(a), _yiq(b)
    chroma = _product(pa[..., 1], pb[..., 1], 130.0) * _product(pa[..., 2], pb[..., 2], 130.0)
    chroma = np.sign(chroma) * np.abs(chroma) ** 0.02
    similarity = salient * np.maximum(edges, 0) ** 0.40 * chroma
    return similarity.astype(np.float32), np.maximum(va, vb)


def saliency(picture: ByteImage) -> Plane:
    """Where an eye goes first: band-passed Lab, warm colours, the middle (SDSP, Zhang 2013).

    Returns
    -------
    float32, shape (h / 2, w / 2), values in (0, 1]
    """
    size = 256
    small = cv2.resize(picture, (size, size), interpolation=cv2.INTER_LINEAR)
    lab = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    bands = [_band_passed(_plane(lab[..., c])) for c in range(3)]
    frequency = np.sqrt(bands[0] ** 2 + bands[1] ** 2 + bands[2] ** 2)
    y, x = np.mgrid[0:size, 0:size].astype(np.float32) - size / 2
    middle = np.exp(-(x * x + y * y) / 114.0**2)
    a, b = (_stretched(_plane(lab[..., c])) for c in (1, 2))
    warm = 1 - np.exp(-(a * a + b * b) / 0.25**2)
    said = _stretched((frequency * middle * warm).astype(np.float32))
    height, width = (v // 2 for v in picture.shape[:2])
    # A floor, so that no part of a picture weighs nothing at all.
    return np.asarray(
        np.maximum(cv2.resize(said, (width, height), interpolation=cv2.INTER_LINEAR), 0.02),
        np.float32,
    )


def _plane(x: npt.ArrayLike) -> Plane:
    return np.asarray(x, np.float32)


def _half(picture: ByteImage) -> Plane:
    height, width = (v // 2 for v in picture.shape[:2])
    cut = picture[: 2 * height, : 2 * width]
    half = cv2.resize(cut, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(half, np.float32)


def _luma(x: Plane) -> Plane:
    return np.asarray(x @ np.array([0.2989, 0.5870, 0.1140], np.float32), np.float32)


def _yiq(x: Plane) -> Plane:
    matrix = np.array([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])
    return np.asarray(x @ matrix.T.astype(np.float32), np.float32)


def _chroma(a: Plane, b: Plane) -> Plane:
    """MDSI's joint similarity of two opponent channels."""
    h = np.array([0.30, 0.04, -0.35], np.float32)
    m = np.array([0.34, -0.60, 0.17], np.float32)
    ha, hb, ma, mb = a @ h, b @ h, a @ m, b @ m
    return np.asarray((2 * (ha * hb + ma * mb) + 550) / (ha**2 + hb**2 + ma**2 + mb**2 + 550))


def _gradient(y: Plane) -> Plane:
    return _magnitude(y, _plane(_PREWITT))


def _scharr(y: Plane) -> Plane:
    return _magnitude(y, _plane(_SCHARR))


def _magnitude(y: Plane, kernel: Plane) -> Plane:
    across = cv2.filter2D(y, cv2.CV_32F, kernel)
    down = cv2.filter2D(y, cv2.CV_32F, np.ascontiguousarray(kernel.T))
    return np.asarray(np.sqrt(across * across + down * down), np.float32)


def _alike(a: Plane, b: Plane, constant: float) -> Plane:
    return np.asarray((2 * a * b + constant) / (a * a + b * b + constant), np.float32)


def _product(a: Plane, b: Plane, constant: float) -> Plane:
    return _alike(a, b, constant)


def _haar(level: int, turned: bool) -> Plane:
    side = 2**level
    kernel = np.full((side, side), 1 / side, np.float32)
    kernel[side // 2 :] *= -1
    return np.ascontiguousarray(kernel.T) if turned else kernel


def _box(x: Plane) -> Plane:
    side = (_WINDOW, _WINDOW)
    return np.asarray(cv2.blur(x, side, borderType=cv2.BORDER_CONSTANT), np.float32)


def _inside(x: Plane, weight: Plane, cover: Plane) -> Plane:
    """Mean over the window's pixels that belong to the part."""
    return np.asarray(_box(x * weight) / np.maximum(cover, 1e-6), np.float32)


def _spread(x: Plane, weight: Plane, cover: Plane) -> Plane:
    mean = _inside(x, weight, cover)
    square = _inside(x * x, weight, cover)
    return np.asarray(np.sqrt(np.maximum(square - mean * mean, 0)), np.float32)


def _stretched(x: Plane) -> Plane:
    low, high = float(x.min()), float(x.max())
    return np.asarray((x - low) / max(high - low, 1e-6), np.float32)


def _band_passed(x: Plane) -> Plane:
    spectrum = np.fft.fft2(x) * _log_gabor(x.shape[0])
    return np.asarray(np.real(np.fft.ifft2(spectrum)), np.float32)


@lru_cache(maxsize=2)
def _log_gabor(size: int) -> npt.NDArray[np.float64]:
    f = np.fft.fftfreq(size)
    radius = np.hypot(*np.meshgrid(f, f))
    radius[0, 0] = 1.0
    gain = np.exp(-(np.log(radius / 0.021) ** 2) / (2 * 1.34**2))
    gain[0, 0] = 0.0
    gain[np.hypot(*np.meshgrid(f, f)) > 0.5] = 0.0
    return np.asarray(gain)
