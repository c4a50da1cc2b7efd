"""From raw network values to what the contract promises: severity, thresholds, confidence.

All of it from held-back `tune` crops, none of it from the sets that report. Tables are piecewise
linear and strictly rising, so that the order of faint values survives eight bits.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt

from .words import DISTORTIONS, FOREGROUND, IGNORE, LABEL_SCALE, VISIBLE

__all__ = [
    "Calibration",
    "Table",
    "calibrate",
    "choose_threshold",
    "confidence_table",
    "found_regions",
    "isotonic",
    "pieces",
    "severity_table",
]

V = TypeVar("V")
FloatArray = npt.NDArray[np.float32]
BoolArray = npt.NDArray[np.bool_]

# How much a flawed cell counts against a clean one when raw values are put on the human scale.
# With equal weight the answer is the mean over "there or not" and pulls severities down.
_FLAWED: Final = {"noise": 2.0, "compression": 2.0}
_FLAWED_ELSE: Final = 4.0
_LEAST_SLOPE: Final = 0.3
_CLEAN_AREA: Final = 0.02
_PHOTO_AREA: Final = {"low_light": 0.03}
_PHOTO_AREA_ELSE: Final = 0.015
_PHOTOS_OVER: Final = 0.1  # share of photos that may have over 5 % flagged
_LEAST_THRESHOLD: Final = 8
_STRONG: Final = 0.5
_LEVEL: Final = 0.004  # IoU that is as good as the best


@dataclass(frozen=True)
class Table:
    """A strictly rising piecewise-linear function on [0, 1]."""

    x: tuple[float, ...]
    y: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.x) != len(self.y) or len(self.x) < 2:
            raise ValueError("A table needs as many x as y, and two at least.")
        if not (np.all(np.diff(self.x) > 0) and np.all(np.diff(self.y) > 0)):
            raise ValueError("A table must rise strictly in x and in y.")

    def __call__(self, values: npt.ArrayLike) -> FloatArray:
        """The table's y at `values`, any shape, float32."""
        return np.asarray(np.interp(np.asarray(values), self.x, self.y), np.float32)

    def as_json(self) -> dict[str, list[float]]:
        """`{"x": [...], "y": [...]}`, six decimals."""
        return {"x": [round(v, 6) for v in self.x], "y": [round(v, 6) for v in self.y]}

    @classmethod
    def from_json(cls, document: dict[str, list[float]]) -> Table:
        """The table of `as_json`."""
        return cls(tuple(document["x"]), tuple(document["y"]))


@dataclass(frozen=True)
class Calibration:
    """Everything that `model.json` carries beside the files."""

    calibration: dict[str, Table]
    thresholds: dict[str, int]
    confidence: dict[str, Table]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The distortions that are served, in the vocabulary's order."""
        return tuple(name for name in DISTORTIONS if name in self.thresholds)

    def without(self, names: Collection[str]) -> Calibration:
        """The same for fewer distortions: one that cannot be found and spared is not served."""

        def kept(part: dict[str, V]) -> dict[str, V]:
            return {k: v for k, v in part.items() if k not in names}

        return Calibration(kept(self.calibration), kept(self.thresholds), kept(self.confidence))

    def as_json(self) -> dict[str, Any]:
        """The three parts as `model.json` has them."""
        return {
            "calibration": {k: t.as_json() for k, t in self.calibration.items()},
            "thresholds": self.thresholds,
            "confidence": {k: t.as_json() for k, t in self.confidence.items()},
        }

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Calibration:
        """The calibration of `as_json`, or of a whole `model.json`."""
        return cls(
            {k: Table.from_json(t) for k, t in document["calibration"].items()},
            dict(document["thresholds"]),
            {k: Table.from_json(t) for k, t in document["confidence"].items()},
        )


def isotonic(
    y: npt.NDArray[np.float64], weight: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """The never-falling sequence nearest to `y`, by weighted squares (pool adjacent violators)."""
    values: list[float] = []
    weights: list[float] = []
    counts: list[int] = []
    for v, w in zip(y, weight, strict=True):
        values.append(float(v))
        weights.append(float(w))
        counts.append(1)
        while len(values) > 1 and values[-2] >= values[-1]:
            total = weights[-2] + weights[-1]
            values[-2] = (values[-2] * weights[-2] + values[-1] * weights[-1]) / total
            weights[-2] = total
            counts[-2] += counts[-1]
            values.pop()
            weights.pop()
            counts.pop()
    return np.repeat(values, counts)


def _rising(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], slope: float) -> Table:
    """The table through (x, y) on [0, 1], no step flatter than `slope`, pressed back below 1."""
    y = y.copy()
    for i in range(1, len(x)):
        y[i] = max(y[i], y[i - 1] + slope * (x[i] - x[i - 1]))
    if y[-1] > 1.0:
        # Room for the steps above: press the top together, and keep its order.
        start = int(np.searchsorted(y, 0.8))
        base = y[start - 1] if start else 0.0
        y[start:] = base + (y[start:] - base) * (1.0 - base) / (y[-1] - base)
    return Table(tuple(float(v) for v in x), tuple(float(v) for v in y))


def severity_table(
    raw: FloatArray, truth: FloatArray, flawed_weight: float, knots: int = 25
) -> Table:
    """Raw values to severity on the human scale.

    Parameters
    ----------
    raw, truth : float32, shape (n,), cells that count
    flawed_weight : how much a cell with truth >= 0.05 counts against a clean one
    knots : how many points the table has
    """
    order = np.argsort(raw, kind="stable")
    x, y = raw[order].astype(np.float64), truth[order].astype(np.float64)
    weight = np.where(y >= VISIBLE, flawed_weight, 1.0)
    # Cells in equal shares of the raw *range*: most cells are near 0 and would take all knots.
    edges = np.linspace(0, 1, knots)
    mids = np.concatenate([[0.0], (edges[1:] + edges[:-1]) / 2, [1.0]])
    bins = np.searchsorted(mids, x, side="right") - 1
    sums = np.bincount(bins, weight * y, minlength=knots + 1)[:knots]
    totals = np.bincount(bins, weight, minlength=knots + 1)[:knots]
    known = totals > 30
    known[0] = True
    means = np.where(totals > 0, sums / np.maximum(totals, 1e-9), 0.0)
    level = np.interp(edges, edges[known], isotonic(means[known], np.maximum(totals[known], 1.0)))
    level[0] = 0.0
    return _rising(edges, level, _LEAST_SLOPE)


Cells = tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]


def choose_threshold(
    damaged: Sequence[Cells],
    clean: Sequence[tuple[npt.NDArray[np.uint8], float]],
    photos: npt.NDArray[np.uint8] | None = None,
) -> int:
    """The operating point k: best IoU among those that flag little of what is clean.

    Parameters
    ----------
    damaged : pairs of calibrated severity and label, uint8, of one shape
        The IoU is the mean over the pairs, and over two foregrounds: severity from 0.2 and from 0.5
        on. Milder damage counts neither way.
    clean : calibrated severities of clean cells, uint8, each with the share that may be flagged
    photos : uint8, shape (photos, n), severities of clean photos, of which one in ten may have over
        5 % flagged
    """
    scores = []
    for severity, label in damaged:
        outside = _at_least(severity[label == 0])
        for floor in (FOREGROUND, _STRONG):
            flawed = (label != IGNORE) & (label >= floor * LABEL_SCALE)
            scores.append(_at_least(severity[flawed]) / np.maximum(flawed.sum() + outside, 1))
    iou = np.mean(scores, axis=0)
    allowed = np.arange(256) >= _LEAST_THRESHOLD
    within = allowed.copy()
    for cells, area in clean:
        within &= _at_least(cells) <= area * max(cells.size, 1)
    if photos is not None and len(photos):
        # The 95th percentile of each: at or above k means that over 5 % of it is flagged.
        over = np.percentile(photos, 95, axis=1).astype(np.uint8)
        within &= _at_least(over) <= _PHOTOS_OVER * len(photos)
    iou = np.where(within if within.any() else allowed, iou, -1.0)
    # Where many do as well, the middle of them: it gives way least when photos differ.
    good = np.flatnonzero(iou >= iou.max() - _LEVEL)
    return int(good[len(good) // 2])


def _at_least(severity: npt.NDArray[np.uint8]) -> npt.NDArray[np.intp]:
    """How many cells reach k, for k = 0..255."""
    return np.bincount(severity.ravel(), minlength=256)[::-1].cumsum()[::-1]


def pieces(mask: BoolArray) -> list[tuple[npt.NDArray[np.intp], ...]]:
    """Pieces of a mask with at most one empty cell between them (eight neighbours), as indices."""
    import cv2

    h, w = mask.shape
    fine = np.zeros((2 * h + 3, 2 * w + 3), np.uint8)
    fine[2 : 2 + 2 * h : 2, 2 : 2 + 2 * w : 2] = mask
    # On a grid twice as fine, a reach of 2 joins cells two apart, and not those three apart.
    count, names = cv2.connectedComponents(
        cv2.dilate(fine, np.ones((5, 5), np.uint8)), connectivity=8
    )
    names = names[2 : 2 + 2 * h : 2, 2 : 2 + 2 * w : 2]
    return [np.nonzero(mask & (names == i)) for i in range(1, count)]


def confidence_table(strength: npt.NDArray[np.float64], right: BoolArray, bins: int = 10) -> Table:
    """A region's 95th-percentile severity to the probability that it is right."""
    if len(strength) < 20:
        return Table((0.0, 1.0), (0.3, 0.7))
    order = np.argsort(strength, kind="stable")
    parts = np.array_split(order, min(bins, max(2, len(order) // 15)))
    x = np.array([strength[p].mean() for p in parts])
    # One right and one wrong region in advance: nobody is certain after a handful.
    y = np.array([(right[p].sum() + 1) / (len(p) + 2) for p in parts])
    y = isotonic(y, np.array([float(len(p)) for p in parts]))
    keep = np.concatenate([[True], np.diff(x) > 1e-4])
    x, y = np.clip(x[keep], 0.001, 0.999), y[keep]
    grid = np.concatenate([[0.0], x, [1.0]])
    level = np.concatenate([[max(y[0] - 0.02, 0.0)], y, [min(y[-1] + 0.01, 0.99)]])
    return _rising(grid, level, 0.002)


def calibrate(
    raw: FloatArray,
    label: npt.NDArray[np.uint8],
    clean_raw: FloatArray,
    clean_label: npt.NDArray[np.uint8],
    whole_raw: Mapping[str, FloatArray] = MappingProxyType({}),
    planted: Mapping[str, tuple[FloatArray, npt.NDArray[np.uint8]]] = MappingProxyType({}),
) -> Calibration:
    """Tables and thresholds from tune crops.

    Parameters
    ----------
    raw, clean_raw : float32, shape (n, 8, h, w), raw severities on damaged and on clean crops
    label, clean_label : uint8, same shapes
    whole_raw : raw severities of clean whole photos that are fit for the question, per distortion,
        one row a photo; crops leave out what a photo has of softness and shadow, and false area
        counts on all of it.
    planted : raw severities and labels of whole photos with one flaw each, per distortion
    """
    tables: dict[str, Table] = {}
    thresholds: dict[str, int] = {}
    confidence: dict[str, Table] = {}
    for d, name in enumerate(DISTORTIONS):
        counts = label[:, d] != IGNORE
        truth = label[:, d][counts].astype(np.float32) / LABEL_SCALE
        tables[name] = severity_table(raw[:, d][counts], truth, _FLAWED.get(name, _FLAWED_ELSE))
        plane = _bytes(tables[name](raw[:, d]))
        clean = _bytes(tables[name](clean_raw[:, d][clean_label[:, d] == 0]))
        damaged, quiet = [(plane, label[:, d])], [(clean, _CLEAN_AREA)]
        if name in planted:
            damaged.append((_bytes(tables[name](planted[name][0])), planted[name][1]))
        photos = None
        if name in whole_raw:
            photos = _bytes(tables[name](whole_raw[name]))
            quiet.append((photos, _PHOTO_AREA.get(name, _PHOTO_AREA_ELSE)))
        k = choose_threshold(damaged, quiet, photos)
        thresholds[name] = k
        strength, right = found_regions(plane, label[:, d], k)
        confidence[name] = confidence_table(strength, right)
    return Calibration(tables, thresholds, confidence)


def _bytes(severity: FloatArray) -> npt.NDArray[np.uint8]:
    return np.asarray(np.rint(severity * 255), np.uint8)


def found_regions(
    planes: npt.NDArray[np.uint8], labels: npt.NDArray[np.uint8], k: int
) -> tuple[npt.NDArray[np.float64], BoolArray]:
    """Every found region's strength, and whether most of its cells that count are flawed."""
    strength, right = [], []
    for plane, label in zip(planes, labels, strict=True):
        for where in pieces(plane >= k):
            truth = label[where]
            counts = (truth != IGNORE) & ((truth == 0) | (truth >= FOREGROUND * LABEL_SCALE))
            if counts.sum() < 4:
                continue
            strength.append(float(np.percentile(plane[where], 95)) / 255)
            right.append(bool((truth[counts] > 0).mean() > 0.5))
    return np.array(strength), np.array(right, bool)
