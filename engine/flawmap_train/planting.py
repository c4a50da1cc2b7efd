"""One known flaw in a whole photo: what is found of it says more than any crop does.

Recipes plainer than the training's own, so that a network cannot shine by knowing its teacher.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from . import degrade
from .degrade import bytes_of, floats_of, luma
from .optics import disc_kernel, filter_linear, straight_path
from .photos import Photo
from .regions import draw_mask
from .severity_curves import BLUR, CONTRAST, DULL, JITTER, JPEG, NOISE, VIVID, jpeg_quality

__all__ = ["Spoilt", "plant", "spoil_photo"]

FloatArray = npt.NDArray[np.float32]
ByteArray = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Spoilt:
    """A photo and its pixels, uint8, with a flaw in them."""

    photo: Photo
    pixels: ByteArray


def spoil_photo(
    rng: np.random.Generator,
    photos: Sequence[Photo],
    shapes: Sequence[ByteArray],
    name: str,
    low: float,
    high: float,
) -> tuple[Spoilt, FloatArray, float]:
    """One of the photos that are fit for a flaw, with it on 5-15 % of its area.

    Returns
    -------
    the spoilt photo, the mask (float32, 0 or 1, at the photo's size), the severity in [low, high]
    """
    fit = [p for p in photos if p.fit_for(name) and not p.has_bokeh] or list(photos)
    photo = fit[int(rng.integers(len(fit)))]
    x = floats_of(photo.pixels)
    h, w = x.shape[:2]
    for _ in range(60):
        drawn = draw_mask(rng, 512, shapes, kind=str(rng.choice(["shape", "blob", "ellipse"])))
        mask = np.asarray(cv2.resize(drawn, (w, h)) > 0.5, np.float32)
        bright = float(luma(x)[mask > 0.5].mean()) if mask.any() else 0.5
        if 0.05 <= mask.mean() <= 0.15 and 0.2 < bright < 0.7:
            break
    severity = float(rng.uniform(low, high))
    return Spoilt(photo, bytes_of(plant(rng, x, name, severity, mask))), mask, severity


def plant(
    rng: np.random.Generator, x: FloatArray, name: str, severity: float, mask: FloatArray
) -> FloatArray:
    """A photo with one flaw of a given severity, by recipes plainer than the training's own."""
    if name == "blur":
        spread = BLUR.parameter_of(severity)
        after = filter_linear(x, disc_kernel(float(np.sqrt(max(spread**2 - 0.45, 0.1)))))
    elif name == "jitter":
        after = filter_linear(
            x, straight_path(JITTER.parameter_of(severity) + 1, rng.uniform(0, np.pi))
        )
    elif name == "noise":
        sd = NOISE.parameter_of(min(severity, 0.85)) / 0.67 / 255
        after = np.clip(x + rng.normal(0, sd, x.shape).astype(np.float32), 0, 1)
    elif name == "compression":
        after = degrade.jpeg(x, round(jpeg_quality(JPEG.parameter_of(severity))))
    elif name == "contrast":
        pivot = x[mask > 0.5].mean(0)
        after = pivot + (x - pivot) * np.exp2(-CONTRAST.parameter_of(severity))
    elif name == "colorfulness":
        after = _recoloured(rng, x, severity, mask)
    else:
        inside = x[mask > 0.5][::37][:, None, :]
        brighter = name == "overexposure"
        low, high = 0.0, 5.0
        for _ in range(12):
            tone = degrade.Tone((low + high) / 2, "gain", brighter)
            reached = degrade.tone_severity(inside, tone.apply(inside), brighter)
            low, high = ((low + high) / 2, high) if reached < severity else (low, (low + high) / 2)
        after = tone.apply(x)
    return np.asarray(x + (after - x) * mask[..., None], np.float32)


def _recoloured(
    rng: np.random.Generator, x: FloatArray, severity: float, mask: FloatArray
) -> FloatArray:
    """A cast, more chroma or less, in Lab; more chroma is measured where the mask is."""
    lab = cv2.cvtColor(x, cv2.COLOR_RGB2Lab)
    kind = int(rng.integers(3))
    if kind == 0:
        turn = rng.uniform(0, 2 * np.pi)
        lab[..., 1] += VIVID.parameter_of(severity) * np.cos(turn)
        lab[..., 2] += VIVID.parameter_of(severity) * np.sin(turn)
    elif kind == 1:
        chroma = float(np.hypot(lab[..., 1], lab[..., 2])[mask > 0.5].mean())
        more = min(VIVID.parameter_of(severity) / max(chroma, 4.0), 6.0)
        lab[..., 1:] = lab[..., 1:] * (1 + more)
    else:
        lab[..., 1:] = lab[..., 1:] * (1 - min(DULL.parameter_of(min(severity, 0.9)), 1.0))
    return np.asarray(np.clip(cv2.cvtColor(lab, cv2.COLOR_Lab2RGB), 0, 1), np.float32)
