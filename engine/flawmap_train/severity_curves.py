"""Severity curves: from a physical parameter to what people call it, 0..1, and back.

s = S * x^n / (x^n + h^n), fitted to the opinion scores of KADID-10k on the scale
s = clip((4.60 - DMOS) / 3.60, 0, 1), so that 0.2 is just visible and 0.8 annoys nearly everybody.
Monotone, saturating, never falling. Pure functions over numbers and arrays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = [
    "BLUR",
    "CONTRAST",
    "CURVES",
    "DULL",
    "IMPULSE",
    "JITTER",
    "JPEG",
    "JPEG2000",
    "LOW_LIGHT",
    "LOW_LIGHT_STOPS",
    "NOISE",
    "OVEREXPOSURE",
    "VIVID",
    "Curve",
    "disc_spread",
    "jpeg_quality",
    "jpeg_scale",
    "table",
]

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Curve:
    """One row of the table: ceiling `top`, half-way point `half`, steepness `power`.

    `parameter` says in words what x is, in pixels or grey levels of the view.
    """

    parameter: str
    top: float
    half: float
    power: float

    def severity(self, x: float | npt.ArrayLike) -> FloatArray:
        """Severity of parameter `x` (any shape, values below 0 count as 0), float64 in [0, top)."""
        raised = np.maximum(np.asarray(x, dtype=np.float64), 0.0) ** self.power
        return np.asarray(self.top * raised / (raised + self.half**self.power))

    def parameter_of(self, severity: float) -> float:
        """The parameter that people give `severity`, a number in (0, top).

        Raises
        ------
        ValueError
            If the curve never reaches `severity`.
        """
        if not 0.0 < severity < self.top:
            raise ValueError(f"This curve runs from 0 to {self.top}; {severity} is not on it.")
        return float(self.half * (severity / (self.top - severity)) ** (1.0 / self.power))


BLUR: Final = Curve("2 x sd of the kernel along one axis, px", 0.95, 2.02, 2.54)
JITTER: Final = Curve("path length - 1, px", 0.95, 2.92, 1.62)
NOISE: Final = Curve("sd of the luma error, grey levels of 255", 0.95, 10.65, 1.83)
IMPULSE: Final = Curve("sd of the luma error of impulses, grey levels", 1.0, 7.83, 1.01)
OVEREXPOSURE: Final = Curve("rise of mean luma, grey levels", 1.0, 53.7, 2.42)
LOW_LIGHT: Final = Curve("fall of mean luma, grey levels", 1.0, 49.9, 2.27)
LOW_LIGHT_STOPS: Final = Curve("log2 of mean linear light, lost", 1.0, 1.34, 1.99)
JPEG: Final = Curve("quantiser scale: 50/Q, above Q 50: 2 - Q/50", 1.0, 4.19, 1.98)
JPEG2000: Final = Curve("24 bit / bits per pixel", 0.95, 91.0, 1.92)
CONTRAST: Final = Curve("log2 of luma sd before / after", 1.0, 0.562, 1.95)
VIVID: Final = Curve(
    "mean a,b distance in Lab; casts too, for want of people's scores", 1.0, 21.8, 2.09
)
DULL: Final = Curve("share of chroma lost", 1.0, 0.55, 1.20)

CURVES: Final = {
    "blur": BLUR,
    "jitter": JITTER,
    "noise": NOISE,
    "noise, impulses": IMPULSE,
    "overexposure": OVEREXPOSURE,
    "low_light": LOW_LIGHT,
    "low_light, stops": LOW_LIGHT_STOPS,
    "compression, JPEG": JPEG,
    "compression, JPEG 2000": JPEG2000,
    "contrast": CONTRAST,
    "colorfulness, vivid, cast": VIVID,
    "colorfulness, dull": DULL,
}


def disc_spread(radius: float) -> float:
    """Twice the sd along one axis of a disc kernel of `radius` px: what BLUR takes."""
    return float(np.sqrt(radius * radius + 0.45))


def jpeg_scale(quality: float) -> float:
    """Quantiser scale of a JPEG quality of 1..100, as the reference encoder computes it."""
    return 50.0 / quality if quality <= 50 else 2.0 - quality / 50.0


def jpeg_quality(scale: float) -> float:
    """The JPEG quality, 1..100, of a quantiser scale: the inverse of `jpeg_scale`."""
    quality = 50.0 / scale if scale >= 1.0 else 50.0 * (2.0 - scale)
    return float(np.clip(quality, 1.0, 100.0))


def table() -> str:
    """The parameters at which people's severity reaches 0.2, 0.4, 0.6 and 0.8, as printed text."""
    lines = [f"{'':26}{'0.2':>8}{'0.4':>8}{'0.6':>8}{'0.8':>8}  parameter"]
    for name, curve in CURVES.items():
        row = "".join(f"{curve.parameter_of(s):8.2f}" for s in (0.2, 0.4, 0.6, 0.8))
        lines.append(f"{name:26}{row}  {curve.parameter}")
    return "\n".join(lines)
