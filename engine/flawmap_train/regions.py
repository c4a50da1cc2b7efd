"""Where a damage lies: masks from region shapes, blobs, ellipses, polygons, half planes and ramps.

A mask is float32 in [0, 1]; 1 = fully damaged. Every function draws from the generator it is
handed, so that one seed gives one mask. No photos here, only geometry.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["KINDS", "draw_mask"]

FloatPlane = npt.NDArray[np.float32]
BytePlane = npt.NDArray[np.uint8]

KINDS: Final = ("shape", "blob", "ellipse", "polygon", "half", "whole")
_CHANCES: Final = (0.3, 0.28, 0.14, 0.08, 0.1, 0.1)


def draw_mask(
    rng: np.random.Generator,
    size: int,
    shapes: Sequence[BytePlane],
    *,
    kind: str | None = None,
) -> FloatPlane:
    """One square mask of `size` px with soft or hard edges.

    Parameters
    ----------
    rng : numpy Generator
    size : int
        Side of the mask.
    shapes : sequence of uint8 masks, 255 inside
        Regions as people drew them; used for the kind `shape`, replaced by a blob when empty.
    kind : one of KINDS, or None to draw one.

    Returns
    -------
    float32, shape (size, size), values in [0, 1]; covers between 2 % and all of the square.
    """
    chosen = kind or str(rng.choice(KINDS, p=_CHANCES))
    if chosen == "whole":
        return np.ones((size, size), np.float32)
    for _ in range(6):
        mask = _DRAW[chosen](rng, size, shapes)
        if 0.02 <= float(mask.mean()) <= 0.97:
            break
    else:
        mask = _half(rng, size, shapes)
    soft = float(rng.choice([0.0, 0.8, 2.0, 5.0], p=[0.35, 0.3, 0.25, 0.1])) * size / 256
    if soft > 0:
        mask = np.asarray(cv2.GaussianBlur(mask, (0, 0), soft), np.float32)
    return np.asarray(np.clip(mask, 0, 1), np.float32)


def _shape(rng: np.random.Generator, size: int, shapes: Sequence[BytePlane]) -> FloatPlane:
    """A human-drawn region: turned, mirrored, scaled and shifted; outside is 0."""
    if not shapes:
        return _blob(rng, size, shapes)
    source = shapes[int(rng.integers(len(shapes)))]
    h, w = source.shape
    scale = size / max(h, w) * float(np.exp(rng.uniform(np.log(0.5), np.log(2.2))))
    turn = np.asarray(
        cv2.getRotationMatrix2D((w / 2, h / 2), float(rng.uniform(0, 360)), scale), np.float64
    )
    turn[:, 2] += size / 2 - np.array([w / 2, h / 2]) + rng.uniform(-0.35, 0.35, 2) * size
    if rng.random() < 0.5:
        source = source[:, ::-1]
    mask = cv2.warpAffine(np.ascontiguousarray(source), turn, (size, size), flags=cv2.INTER_LINEAR)
    return (mask > 127).astype(np.float32)


def _blob(rng: np.random.Generator, size: int, _: Sequence[BytePlane]) -> FloatPlane:
    """Thresholded smooth noise: several rounded pieces."""
    grid = int(rng.integers(3, 9))
    noise = cv2.resize(
        rng.standard_normal((grid, grid)).astype(np.float32),
        (size, size),
        interpolation=cv2.INTER_CUBIC,
    )
    share = float(rng.uniform(0.08, 0.7))
    return (noise > np.quantile(noise, 1 - share)).astype(np.float32)


def _ellipse(rng: np.random.Generator, size: int, _: Sequence[BytePlane]) -> FloatPlane:
    mask = np.zeros((size, size), np.float32)
    axes = (rng.uniform(0.1, 0.55, 2) * size).astype(int)
    centre = (rng.uniform(0.05, 0.95, 2) * size).astype(int)
    turn = float(rng.uniform(0, 180))
    cv2.ellipse(
        mask, (int(centre[0]), int(centre[1])), (int(axes[0]), int(axes[1])), turn, 0, 360, 1.0, -1
    )
    return mask


def _polygon(rng: np.random.Generator, size: int, _: Sequence[BytePlane]) -> FloatPlane:
    """A star-shaped polygon."""
    corners = int(rng.integers(4, 10))
    angle = np.sort(rng.uniform(0, 2 * np.pi, corners))
    reach = rng.uniform(0.15, 0.6, corners) * size
    centre = rng.uniform(0.15, 0.85, 2) * size
    points = np.stack([centre[0] + reach * np.cos(angle), centre[1] + reach * np.sin(angle)], 1)
    mask = np.zeros((size, size), np.float32)
    cv2.fillPoly(mask, [points.astype(np.int32)], 1.0)
    return mask


def _half(rng: np.random.Generator, size: int, _: Sequence[BytePlane]) -> FloatPlane:
    angle = float(rng.uniform(0, 2 * np.pi))
    y, x = np.mgrid[0:size, 0:size].astype(np.float32) / size - 0.5
    return (x * np.cos(angle) + y * np.sin(angle) > rng.uniform(-0.35, 0.35)).astype(np.float32)


_DRAW: Final = {
    "shape": _shape,
    "blob": _blob,
    "ellipse": _ellipse,
    "polygon": _polygon,
    "half": _half,
}
