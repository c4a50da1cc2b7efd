"""Wrong contrast and wrong colour: veils, casts, too much colour and too little.

Pictures are float32 sRGB in [0, 1], shape (h, w, 3). Amounts are what the severity curves take
(octaves of contrast, share of chroma) or are found by halving for a wanted severity. Too steep a
contrast is taste and no flaw: `steepen` makes the examples of that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from .degrade import luma
from .optics import to_linear, to_srgb
from .severity_curves import CONTRAST, DULL, VIVID

__all__ = ["Grade", "chroma_distance", "grade_for", "monochrome", "steepen"]

FloatImage = npt.NDArray[np.float32]
FloatPlane = npt.NDArray[np.float32]

_MOST: Final = {"cast": 2.2, "vivid": 8.0}


@dataclass(frozen=True, slots=True)
class Grade:
    """A wrong grading.

    kind : `veil` (towards the colour `tint` by `amount` octaves of contrast), `cast` (gains in
        linear light of `amount` x `tint` stops), `vivid` (chroma times 1 + amount), `dull` (times
        1 - amount)
    """

    kind: str
    amount: float
    tint: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def apply(self, x: FloatImage, share: float | FloatPlane = 1.0) -> FloatImage:
        """The picture so graded; `share` scales the amount, pixel by pixel if an array."""
        amount = np.asarray(self.amount * np.asarray(share, np.float32), np.float32)
        if amount.ndim == 2:
            amount = amount[..., None]
        tint = np.array(self.tint, np.float32)
        if self.kind == "veil":
            keep = np.exp2(-amount)
            return np.asarray(x * keep + tint * (1 - keep), np.float32)
        if self.kind == "cast":
            return to_srgb(np.asarray(to_linear(x) * np.exp2(amount * tint), np.float32))
        y = luma(x)[..., None]
        gain = 1 + amount if self.kind == "vivid" else 1 - amount
        return np.asarray(np.clip(y + (x - y) * gain, 0, 1), np.float32)

    def severity(self, before: FloatImage, after: FloatImage) -> float:
        """What people call it on these pixels."""
        if self.kind == "veil":
            return float(CONTRAST.severity(self.amount))
        if self.kind == "dull":
            return float(DULL.severity(self.amount))
        return float(VIVID.severity(float(chroma_distance(before, after).mean())))


def chroma_distance(before: FloatImage, after: FloatImage) -> FloatPlane:
    """Distance in Lab's a,b plane, pixel by pixel: float32 (h, w)."""
    a, b = (cv2.cvtColor(np.ascontiguousarray(x), cv2.COLOR_RGB2Lab) for x in (before, after))
    return np.asarray(np.hypot(b[..., 1] - a[..., 1], b[..., 2] - a[..., 2]), np.float32)


def grade_for(
    rng: np.random.Generator, kind: str, pixels: FloatImage, severity: float
) -> tuple[Grade, float]:
    """The grade of a kind that gives these pixels a wanted severity, and what it does give.

    Parameters
    ----------
    kind : veil, cast, vivid or dull
    pixels : float32, shape (n, 1, 3) or (h, w, 3)
    """
    if kind == "veil":
        grade = Grade(kind, CONTRAST.parameter_of(min(severity, 0.9)), _veil(rng, pixels))
        return grade, grade.severity(pixels, pixels)
    if kind == "dull":
        grade = Grade(kind, min(1.0, DULL.parameter_of(min(severity, 0.9))))
        return grade, grade.severity(pixels, pixels)
    tint = _tint(rng) if kind == "cast" else (0.0, 0.0, 0.0)
    low, high = 0.0, _MOST[kind]
    for _ in range(7):
        middle = Grade(kind, (low + high) / 2, tint)
        if middle.severity(pixels, middle.apply(pixels)) < severity:
            low = middle.amount
        else:
            high = middle.amount
    grade = Grade(kind, (low + high) / 2, tint)
    return grade, grade.severity(pixels, grade.apply(pixels))


def _veil(rng: np.random.Generator, pixels: FloatImage) -> tuple[float, float, float]:
    """What a lack of contrast tends to: the region's own mean, lifted blacks, or air's light."""
    how = rng.random()
    if how < 0.4:
        colour = np.full(3, np.clip(luma(pixels).mean() + rng.normal(0, 0.06), 0.1, 0.9))
    elif how < 0.65:
        colour = np.full(3, rng.uniform(0.35, 0.7))
    else:
        colour = rng.uniform(0.6, 0.95) + np.array([-1.0, 0.0, 1.0]) * rng.normal(0.02, 0.03)
    r, g, b = np.clip(colour, 0, 1)
    return float(r), float(g), float(b)


def _tint(rng: np.random.Generator) -> tuple[float, float, float]:
    """Stops per channel of a wrong white: mostly warm to cold, some green to magenta."""
    warm, green = rng.normal(0, 1), rng.normal(0, 0.45)
    stops = np.array([warm, green, -warm])
    stops /= np.abs(stops).max() + 1e-6
    # Brightness is another flaw's business.
    stops -= float(stops @ np.array([0.2126, 0.7152, 0.0722]))
    return float(stops[0]), float(stops[1]), float(stops[2])


def steepen(x: FloatImage, octaves: float, pivot: float) -> FloatImage:
    """More contrast about `pivot`: a matter of taste, and never a flaw here."""
    return np.asarray(np.clip(pivot + (x - pivot) * 2.0**octaves, 0, 1), np.float32)


def monochrome(x: FloatImage, tone: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> FloatImage:
    """Black and white, or toned: `tone` are the exponents of the three channels."""
    y = np.clip(luma(x), 0, 1)[..., None]
    return np.asarray(y ** np.array(tone, np.float32), np.float32)
