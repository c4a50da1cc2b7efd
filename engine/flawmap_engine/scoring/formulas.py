"""Formulas: every number of a report that is more than a plane, each stated once.

Parts of a photo (a region, an ROI, all of it) are bool arrays over a view's grid. Numbers come out
unrounded; `words.rounded` makes them what is written.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from flawmap_api.report import Region
from flawmap_engine.masks import MIN_AREA, UNKNOWN_FROM, cell_of
from flawmap_engine.planes import Analysis, ViewPlanes

__all__ = [
    "Ground",
    "Standing",
    "overall_severity",
    "rank",
    "standing",
    "subject_sharpness",
    "top_severity",
]

CellMask = NDArray[np.bool_]
FloatPlane = NDArray[np.float32]

_UNSHARP = ("blur", "jitter")


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What the formulas need of one view, made once for all parts.

    Attributes
    ----------
    planes : ViewPlanes
    subject : float32, shape (rows, cols), values in [0, 1]
        The analysis' subject on this view's grid.
    central : float32, shape (rows, cols), values in [0, 1]
        1 in the middle of the photo, 0 in its corners, by the distance relative to the half sides.
    quality : float in [0, 1]
        Of the whole photo.
    loss : float in [0, 1]
        The strongest distortion's mean severity over the photo's known cells.
    """

    planes: ViewPlanes
    subject: FloatPlane
    central: FloatPlane
    quality: float
    loss: float

    @classmethod
    def of(cls, analysis: Analysis, view: str) -> Ground:
        """The ground of one view of an analysis."""
        planes = analysis.planes(view)
        rows, cols = planes.grid.rows, planes.grid.cols
        from_rows, from_cols = analysis.subject.shape
        subject = analysis.subject
        if (rows, cols) != (from_rows, from_cols):
            nearest = cell_of(0, rows, from_rows, rows), cell_of(0, cols, from_cols, cols)
            subject = subject[np.ix_(*nearest)]
        y, x = (np.abs((2 * np.arange(n, dtype=np.float32) + 1) / n - 1) for n in (rows, cols))
        central = 1 - np.sqrt((x[None, :] ** 2 + y[:, None] ** 2) / 2)
        loss = _loss(planes.severity, planes.unknown, np.ones((rows, cols), np.bool_))
        return cls(planes, subject, central.astype(np.float32), analysis.quality, loss)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a part is to the photo, and how good the photo is there; each in [0, 1]."""

    subject: float
    importance: float
    quality: float


def standing(ground: Ground, part: CellMask, area: float, row: int = 0, col: int = 0) -> Standing:
    """Subject, importance and quality of a part.

    Parameters
    ----------
    ground : Ground
    part : bool, shape (h, w)
        The part's cells, at least one; the whole grid, or a crop of it that starts at (row, col).
    area : float in [0, 1]
        The part's share of the photo.

    Notes
    -----
    - ``subject`` = 75th percentile of the subject plane over the part: a quarter of the part is at
      least that much what the photo is about.
    - ``importance = 1 − (1 − place)(1 − area)`` with ``place = (2 · subject + centrality) / 3``:
      where it lies decides for a small part, and the whole photo is always essential.
    - ``quality = Q + ½ · (L₀ − L)``, clipped: Q of the whole photo, L the strongest distortion's
      mean severity over the part's known cells, L₀ the same over the photo. The whole photo has Q.
    """
    window = slice(row, row + part.shape[0]), slice(col, col + part.shape[1])
    subject = float(np.percentile(ground.subject[window][part], 75))
    central = float(ground.central[window][part].mean())
    place = (2 * subject + central) / 3
    planes = ground.planes
    loss = _loss(planes.severity[:, *window], planes.unknown[:, *window], part)
    quality = ground.quality + 0.5 * (ground.loss - loss)
    return Standing(
        subject=_clip(subject),
        importance=_clip(1 - (1 - place) * (1 - area)),
        quality=_clip(quality),
    )


def top_severity(severity: NDArray[np.uint8], known: CellMask) -> float:
    """Mean of the highest 1 % of the known cells (at least one), in [0, 1]; 0 if none is known.

    Parameters
    ----------
    severity : uint8, any shape
    known : bool, same shape
        The cells that count.
    """
    values = severity[known]
    if values.size == 0:
        return 0.0
    n = max(1, round(values.size / 100))
    return float(np.partition(values, values.size - n)[-n:].mean()) / 255


def overall_severity(severity: NDArray[np.uint8], known: CellMask, masked_area: float) -> float:
    """Severity of a photo or ROI: `top_severity`, or 0 where hardly anything is masked."""
    return top_severity(severity, known) if masked_area >= MIN_AREA else 0.0


def subject_sharpness(ground: Ground) -> float:
    """1 − subject-weighted mean of max(blur, jitter) over known cells, in [0, 1].

    The larger of what is known of the two; cells where both are unknown are left out, and a photo
    without any other is neither sharp nor unsharp: 0.5. Where no known cell is subject, all count
    alike.
    """
    planes = ground.planes
    unsharp = np.zeros(ground.subject.shape, np.uint8)
    known = np.zeros(ground.subject.shape, np.bool_)
    for name in _UNSHARP:
        if name in planes.distortions:
            severity, unknown = planes.of(name)
            here = unknown < UNKNOWN_FROM
            known |= here
            np.maximum(unsharp, severity * here, out=unsharp)
    if not known.any():
        return 0.5
    weight = ground.subject[known].astype(np.float64)
    if weight.sum() <= 0:
        weight = np.ones_like(weight)
    return _clip(1 - float((unsharp[known] * weight).sum() / weight.sum()) / 255)


def rank(region: Region) -> tuple[bool, float]:
    """Sort key of regions, worst first.

    importance · (½ + ½ · subject) · severity · √area, intentional ones last.
    """
    weight = region.importance * (0.5 + 0.5 * region.subject) * region.severity
    return region.intentional, -weight * math.sqrt(region.area)


def _loss(severity: NDArray[np.uint8], unknown: NDArray[np.uint8], part: CellMask) -> float:
    """The largest of the distortions' mean severities over the part's known cells.

    severity, unknown : shape (distortions, h, w); part : shape (h, w)
    """
    means = [0.0]
    for strength, blind in zip(severity, unknown, strict=True):
        known = (part & (blind < UNKNOWN_FROM)).view(np.uint8)
        means.append(cv2.mean(strength, known)[0] / 255)
    return max(means)


def _clip(value: float) -> float:
    return min(1.0, max(0.0, value))
