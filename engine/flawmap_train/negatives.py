"""Pictures and places that look like a flaw and are none, and places that can prove nothing.

Synthetic flats, gradients, white and black with dither; and for a clean photo the cells whose
"no flaw here" is no fair answer: natural softness for blur, night for low light, and so on.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from .degrade import luma
from .words import DISTORTIONS, STRIDE

__all__ = ["fair_negatives", "flat_picture", "natural_bokeh", "paste_panel"]

FloatImage = npt.NDArray[np.float32]
BoolCells = npt.NDArray[np.bool_]

_SHARP: Final = 0.045  # |Laplacian| of luma that only a crisp edge reaches
_FLAT: Final = 0.009  # sd over 33 px below which a place has nothing that could be soft


def flat_picture(rng: np.random.Generator, size: int) -> FloatImage:
    """White, near-white, black, flat colour, gradient: with dither from none to a sigma of 1.1."""
    kind = rng.random()
    if kind < 0.15:
        x = np.full((size, size, 3), 1.0, np.float32)
    elif kind < 0.27:
        x = np.full((size, size, 3), rng.uniform(232, 254) / 255, np.float32)
    elif kind < 0.4:
        x = np.full((size, size, 3), rng.choice([0, rng.uniform(0, 40)]) / 255, np.float32)
    elif kind < 0.6:
        grey = rng.uniform(0.08, 0.95)
        x = np.clip(np.full((size, size, 3), grey) + rng.normal(0, 0.12, 3), 0, 1).astype(
            np.float32
        )
    else:
        ends = np.clip(rng.uniform(0, 1, (2, 1)) + rng.normal(0, 0.1, (2, 3)), 0, 1)
        angle = rng.uniform(0, 2 * np.pi)
        v, u = np.mgrid[0:size, 0:size] / size - 0.5
        t = np.clip((u * np.cos(angle) + v * np.sin(angle)) * rng.uniform(0.5, 2.0) + 0.5, 0, 1)
        t = (t * t * (3 - 2 * t) if rng.random() < 0.5 else t)[..., None]
        x = (ends[0] * (1 - t) + ends[1] * t).astype(np.float32)
    if rng.random() < 0.6:
        x = x + rng.normal(0, rng.uniform(0.2, 1.1) / 255, x.shape).astype(np.float32)
    return np.asarray(np.clip(x, 0, 1), np.float32)


def paste_panel(rng: np.random.Generator, x: FloatImage) -> FloatImage:
    """The picture with a plain rectangle in it, as a sign, a screen or a border would be."""
    h, w = x.shape[:2]
    ph, pw = (rng.uniform(0.2, 0.8, 2) * (h, w)).astype(int)
    top, left = int(rng.integers(0, h - ph + 1)), int(rng.integers(0, w - pw + 1))
    grey = float(rng.choice([0.0, 1.0, rng.uniform(0, 1)]))
    colour = np.clip(grey + rng.normal(0, 0.1, 3) * (0 < grey < 1), 0, 1)
    out = x.copy()
    out[top : top + ph, left : left + pw] = colour
    return out


def fair_negatives(
    clean: FloatImage, tags: frozenset[str], *, has_bokeh: bool, grain: float, deep: bool = False
) -> BoolCells:
    """Cells of a clean crop that may teach "no flaw here", per distortion.

    Parameters
    ----------
    clean : float32 sRGB, shape (h, w, 3), sides multiples of the stride
    tags : the photo's tags (`night`, `high-key`, ...)
    has_bokeh : the photo is known for a background that is wanted soft.
    grain : the photo's own noise, grey levels.
    deep : all of the photo is known to be in focus and at rest.

    Returns
    -------
    bool, shape (8, h / 8, w / 8), True where the answer 0 is fair.
    """
    h, w = clean.shape[0] // STRIDE, clean.shape[1] // STRIDE
    y = luma(clean)
    fair = np.ones((len(DISTORTIONS), h, w), bool)

    crisp = _crisp(y)
    mean = cv2.blur(y, (33, 33))
    sd = np.sqrt(np.maximum(cv2.blur(y * y, (33, 33)) - mean * mean, 0))
    flat = cv2.erode((sd < _FLAT).astype(np.uint8), np.ones((9, 9))) * (not has_bokeh)
    soft_ok = _cells((crisp > 0) | (flat > 0), h, w) | deep
    fair[DISTORTIONS.index("blur")] = soft_ok
    fair[DISTORTIONS.index("jitter")] = soft_ok

    light = cv2.resize(cv2.blur(y, (17, 17)), (w, h), interpolation=cv2.INTER_AREA)
    if tags & {"high-key", "white-background-or-clipped-sky"}:
        fair[DISTORTIONS.index("overexposure")] &= light < 0.65
    if tags & {"night", "low-key", "dusk"}:
        fair[DISTORTIONS.index("low_light")] &= light > 0.4
    if grain > 1.0:
        fair[DISTORTIONS.index("noise")] = False
    fair[DISTORTIONS.index("contrast")] &= not tags & {"low-contrast", "high-key", "low-key"}
    fair[DISTORTIONS.index("colorfulness")] &= not tags & {"muted-colour", "night", "dusk"}
    return fair


def natural_bokeh(clean: FloatImage, least: float = 0.03) -> BoolCells:
    """Cells of a photo with a soft background that plainly belong to it.

    Octaves of detail from 1 to 16 px are compared: where the coarse ones hold structure and the
    finest two nearly nothing, a lens has made it so. What lies within 48 px of something sharp is
    no proof (the coarse octaves see that far), and pieces under `least` of the picture are none.

    Returns
    -------
    bool, shape (h / 8, w / 8)
    """
    h, w = clean.shape[0] // STRIDE, clean.shape[1] // STRIDE
    y = luma(clean)
    levels = [y, *(cv2.GaussianBlur(y, (0, 0), s) for s in (1.0, 2.0, 4.0, 8.0, 16.0))]
    bands = [a - b for a, b in pairwise(levels)]
    power = [cv2.blur(b * b, (17, 17)) for b in bands]
    fine = np.sqrt(cv2.dilate(np.asarray(power[0] + power[1], np.float32), np.ones((25, 25))))
    coarse = np.sqrt(cv2.blur(np.maximum(power[3], power[4]), (33, 33)))
    sharp = ((_crisp(y) > 0) | (fine > 0.02)).astype(np.uint8)
    far = cv2.dilate(sharp, np.ones((97, 97), np.uint8)) == 0
    soft = far & (coarse > 0.012) & (fine < 0.18 * coarse)
    near = (cv2.dilate(soft.astype(np.uint8), np.ones((81, 81), np.uint8)) > 0) & (sharp == 0)
    count, names, about, _ = cv2.connectedComponentsWithStats(near.astype(np.uint8))
    kept = [i for i in range(1, count) if about[i, cv2.CC_STAT_AREA] >= least * near.size]
    return _cells(np.isin(names, kept), h, w)


def _crisp(y: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Where an edge as sharp as the grid allows lies within 20 px: detail that blur would take."""
    # A mild blur first: grain alone must not pass for detail.
    edge = np.abs(cv2.Laplacian(cv2.GaussianBlur(y, (0, 0), 0.6), cv2.CV_32F))
    strong = (edge > _SHARP).astype(np.float32)
    # A lone pixel is no evidence: some share of a 17 px window has to be sharp.
    local = (cv2.blur(strong, (17, 17)) > 0.02).astype(np.uint8)
    return np.asarray(cv2.dilate(local, np.ones((25, 25), np.uint8)), np.uint8)


def _cells(plane: npt.NDArray[np.bool_], h: int, w: int) -> BoolCells:
    return np.asarray(
        cv2.resize(plane.astype(np.float32), (w, h), interpolation=cv2.INTER_AREA) > 0.5
    )
