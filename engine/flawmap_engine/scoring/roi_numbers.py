"""What the ROI head is told of a part: its planes against the rest's, its place, its light.

Pure functions over an analysis: the same for training and for the engine. Nothing here looks at a
pixel of the photo; what an analysis keeps is enough.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from flawmap_api.words import DISTORTIONS
from flawmap_engine.masks import UNKNOWN_FROM
from flawmap_engine.planes import Analysis

from .formulas import Ground, Standing, standing, subject_sharpness

__all__ = ["NUMBERS", "Part", "numbers_of", "pooling_of"]

CellMask = NDArray[np.bool_]
Floats = NDArray[np.float32]

_SMALL: Final = 128
_VISIBLE: Final = 51  # severity 0.2
_INSIDE: Final = ("mean", "p10", "p90", "top", "share")
_REST: Final = ("mean", "p10", "p90", "share")

#: Names of the numbers, in their order.
NUMBERS: Final = (
    *(
        f"{name}.{what}"
        for name in DISTORTIONS
        for what in (
            "there",
            "known",
            *(f"inside {s}" for s in _INSIDE),
            *(f"rest {s}" for s in _REST),
        )
    ),
    *("area", "side", "x0", "y0", "x1", "y1", "wide", "high", "fill", "x", "y", "central"),
    *("touches left", "touches top", "touches right", "touches bottom", "aspect", "pixels"),
    *("quality", "loss", "sharpness", "formula subject", "formula importance", "formula quality"),
    *("subject inside", "subject rest"),
    *(
        f"{where} {what}"
        for where in ("inside", "rest")
        for what in ("luma", "spread", "chroma", "dark", "bright", "detail", "clipped", "gamut")
    ),
)


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A part of a view: bool cells, a crop of the grid that starts at (row, col), and its area."""

    cells: CellMask
    area: float
    row: int = 0
    col: int = 0


def numbers_of(
    analysis: Analysis,
    ground: Ground,
    parts: Sequence[Part],
    stands: Sequence[Standing] | None = None,
    heard: Collection[str] = DISTORTIONS,
) -> Floats:
    """The numbers of each part.

    Parameters
    ----------
    analysis : Analysis
    ground : Ground
        Of one of its views.
    parts : sequence of Part
        On that view's grid, each with at least one cell.
    stands : sequence of Standing, optional
        What the formulas say of the parts, if that is known already.
    heard : collection of distortions
        Planes of others are as if they were not there.

    Returns
    -------
    float32, shape (parts, len(NUMBERS)), finite
    """
    planes = ground.planes
    known = (planes.unknown < UNKNOWN_FROM).view(np.uint8)
    whole = np.stack([_histogram(s, k) for s, k in zip(planes.severity, known, strict=True)])
    light = _light(analysis)
    every = light.sum(1)
    stands = stands or [standing(ground, p.cells, p.area, p.row, p.col) for p in parts]
    photo = [analysis.quality, ground.loss, subject_sharpness(ground)]
    rows = [
        [
            *_of_planes(planes.distortions, planes.severity, known, whole, part, heard),
            *_of_place(analysis, ground, part),
            *photo,
            *_of_formulas(ground, part, stood),
            *_of_light(light, every, ground.subject.shape, part),
        ]
        for part, stood in zip(parts, stands, strict=True)
    ]
    return np.asarray(rows, np.float32).reshape(len(parts), len(NUMBERS))


def pooling_of(analysis: Analysis, grid: tuple[int, int], parts: Sequence[Part]) -> Floats:
    """How much of each place of the analysis' maps belongs to a part.

    Parameters
    ----------
    analysis : Analysis
        With maps of shape (channels, h, w).
    grid : (rows, cols) of the parts' view

    Returns
    -------
    float32, shape (parts, h · w), each row sums to 1
    """
    _, h, w = analysis.maps.shape
    pooled = np.empty((len(parts), h * w), np.float32)
    for out, part in zip(pooled, parts, strict=True):
        share = _brought(_on_grid(part, grid), (w, h)).ravel()
        total = float(share.sum())
        out[:] = share / total if total > 1e-6 else 1 / (h * w)
    return pooled


def _on_grid(part: Part, grid: tuple[int, int]) -> Floats:
    plane = np.zeros(grid, np.float32)
    h, w = part.cells.shape
    plane[part.row : part.row + h, part.col : part.col + w] = part.cells
    return plane


def _brought(plane: Floats, size: tuple[int, int]) -> Floats:
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.float32)


def _histogram(plane: NDArray[np.uint8], mask: NDArray[np.uint8]) -> NDArray[np.int64]:
    counted = cv2.calcHist([np.ascontiguousarray(plane)], [0], mask, [256], [0, 256])
    return np.asarray(np.rint(counted.ravel()), np.int64)


def _of_planes(
    distortions: tuple[str, ...],
    severity: NDArray[np.uint8],
    known: NDArray[np.uint8],
    whole: NDArray[np.int64],
    part: Part,
    heard: Collection[str],
) -> list[float]:
    window = (
        slice(part.row, part.row + part.cells.shape[0]),
        slice(part.col, part.col + part.cells.shape[1]),
    )
    cells = np.ascontiguousarray(part.cells).view(np.uint8)
    size = max(1, int(part.cells.sum()))
    inside = np.stack(
        [_histogram(s[window], cells & k[window]) for s, k in zip(severity, known, strict=True)]
    )
    told = _summaries(np.concatenate([inside, whole - inside]))
    numbers: list[float] = []
    for name in DISTORTIONS:
        if name not in distortions or name not in heard:
            numbers += [0.0] * (2 + len(_INSIDE) + len(_REST))
            continue
        d = distortions.index(name)
        here, rest = told[d], told[len(distortions) + d]
        numbers += [1.0, float(inside[d].sum()) / size, *here, *rest[:3], rest[4]]
    return numbers


def _summaries(histograms: NDArray[np.int64]) -> list[list[float]]:
    """Of each: mean, 10th and 90th percentile, mean of the highest 1 %, share of 0.2 and more."""
    levels = np.arange(256)
    below = histograms.cumsum(1)
    count = below[:, -1:]
    some = np.maximum(count, 1)
    low, high = (
        (below < share * count).sum(1, keepdims=True)
        for share in (np.float64(0.1), np.float64(0.9))
    )
    highest = np.maximum(1, np.rint(count / 100)).astype(np.int64)
    # Of each level, how many of its cells are among the highest ones.
    taken = np.minimum(np.maximum(highest - (count - below), 0), histograms)
    columns = [
        (histograms @ levels)[:, None] / some / 255,
        low / 255,
        high / 255,
        (taken @ levels)[:, None] / highest / 255,
        histograms[:, _VISIBLE:].sum(1, keepdims=True) / some,
    ]
    table: list[list[float]] = np.concatenate(columns, 1).tolist()
    return table


def _of_place(analysis: Analysis, ground: Ground, part: Part) -> list[float]:
    rows, cols = ground.subject.shape
    high, wide = part.cells.shape
    down, across = np.flatnonzero(part.cells.any(1)), np.flatnonzero(part.cells.any(0))
    y0, y1 = (part.row + int(down[0])) / rows, (part.row + int(down[-1]) + 1) / rows
    x0, x1 = (part.col + int(across[0])) / cols, (part.col + int(across[-1]) + 1) / cols
    weight = part.cells.sum()
    y = (float((part.cells.sum(1) * (np.arange(high) + 0.5)).sum()) / weight + part.row) / rows
    x = (float((part.cells.sum(0) * (np.arange(wide) + 0.5)).sum()) / weight + part.col) / cols
    central = ground.central[part.row : part.row + high, part.col : part.col + wide]
    cell = 1.5 / max(rows, cols)
    box = max((x1 - x0) * (y1 - y0), 1e-6)
    return [
        *(part.area, float(np.sqrt(part.area)), x0, y0, x1, y1, x1 - x0, y1 - y0),
        *(min(1.0, part.area / box), x, y, float(central[part.cells].mean())),
        *(float(x0 < cell), float(y0 < cell), float(x1 > 1 - cell), float(y1 > 1 - cell)),
        float(np.log2(analysis.width / analysis.height)),
        float(np.log2(rows * cols)) / 8 - 1.5,
    ]


def _of_formulas(ground: Ground, part: Part, stands: Standing) -> list[float]:
    high, wide = part.cells.shape
    window = slice(part.row, part.row + high), slice(part.col, part.col + wide)
    inside = float(ground.subject[window][part.cells].sum())
    size = int(part.cells.sum())
    left = ground.subject.size - size
    rest = (float(ground.subject.sum()) - inside) / left if left else 0.0
    return [stands.subject, stands.importance, stands.quality, inside / size, rest]


def _light(analysis: Analysis) -> Floats:
    """Planes of the thumbnail, float32 (8, 128 · 128): what `_of_light` takes means of."""
    x = analysis.thumbnail.astype(np.float32) / 255
    luma = x @ np.array([0.299, 0.587, 0.114], np.float32)
    chroma = x.max(-1) - x.min(-1)
    detail = np.abs(luma - cv2.blur(luma, (3, 3)))
    lost = [
        _brought(np.asarray(plane / 255, np.float32), (_SMALL, _SMALL))
        for plane in (analysis.clipped, analysis.gamut)
    ]
    planes = [luma, luma * luma, chroma, luma < 0.1, luma > 0.92, 8 * detail, *lost]
    return np.stack([np.asarray(p, np.float32).ravel() for p in planes])


def _of_light(light: Floats, every: Floats, grid: tuple[int, ...], part: Part) -> list[float]:
    share = _brought(_on_grid(part, (grid[0], grid[1])), (_SMALL, _SMALL)).ravel()
    numbers: list[float] = []
    inside, total = light @ share, float(share.sum())
    for sums, size in ((inside, total), (every - inside, share.size - total)):
        means = sums / size if size > 0.5 else np.zeros(len(light))
        luma, square, *others = (float(m) for m in means)
        numbers += [luma, float(np.sqrt(max(square - luma * luma, 0.0))), *others]
    return numbers
