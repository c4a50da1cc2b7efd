"""Quality of a whole photo: ridge regression on mean features, fitted to people's opinions.

The features are the means of all seven stages of ImageNet Lite0 on the photo at long side 512;
the opinions are those of CLIVE (LIVE In the Wild Image Quality Challenge). The figures are out of
fold, with neighbours in one fold by the table's `group`.
"""

from __future__ import annotations

import csv
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt
import torch

from .lite0 import imagenet_lite0

__all__ = ["LONG_SIDE", "Ridge", "fit_quality", "whole_view"]

LONG_SIDE: Final = 512
MULTIPLE: Final = 32
_ALPHAS: Final = (3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
_FOLDS: Final = 5

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Ridge:
    """The fitted scorer, in the features' units, and how well it does on photos it has not seen."""

    weights: FloatArray
    bias: float
    alpha: float
    srcc: float
    plcc: float
    photos: int

    def as_json(self) -> dict[str, Any]:
        """All of it, for a file that waits for the export."""
        return {**asdict(self), "weights": self.weights.tolist()}

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Ridge:
        """The scorer of `as_json`."""
        return cls(**{**document, "weights": np.asarray(document["weights"], np.float64)})


def whole_view(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The photo as `whole.onnx` wants it: long side 512, sides multiples of 32, by area."""
    h, w = pixels.shape[:2]
    scale = LONG_SIDE / max(h, w)
    size = [max(MULTIPLE, round(v * scale / MULTIPLE) * MULTIPLE) for v in (w, h)]
    return np.asarray(cv2.resize(pixels, (size[0], size[1]), interpolation=cv2.INTER_AREA))


def _features(files: list[Path]) -> FloatArray:
    eyes = imagenet_lite0(7).to(memory_format=torch.channels_last)
    rows = []
    with torch.no_grad():
        for file in files:
            data = cv2.imread(str(file), cv2.IMREAD_COLOR)
            if data is None:
                raise FileNotFoundError(f"{file} is no picture that OpenCV reads.")
            view = whole_view(np.ascontiguousarray(data[..., ::-1]))
            x = torch.from_numpy(view.astype(np.float32)).permute(2, 0, 1)[None]
            stages = eyes(x.contiguous(memory_format=torch.channels_last))
            rows.append(torch.cat([s.mean((2, 3)) for s in stages], 1)[0].numpy())
    return np.asarray(rows, np.float64)


def _solve(x: FloatArray, y: FloatArray, alpha: float) -> tuple[FloatArray, float]:
    """Ridge on standardised features, solved by the photos' Gram matrix."""
    mean, sd = x.mean(0), x.std(0) + 1e-6
    z = (x - mean) / sd
    gram = z @ z.T
    dual = np.linalg.solve(gram + alpha * np.eye(len(z)), y - y.mean())
    w = (z.T @ dual) / sd
    return w, float(y.mean() - mean @ w)


def _rank(v: FloatArray) -> FloatArray:
    return np.argsort(np.argsort(v)).astype(np.float64)


def _out_of_fold(
    x: FloatArray, y: FloatArray, fold: npt.NDArray[np.intp], alpha: float
) -> FloatArray:
    guess = np.zeros_like(y)
    for f in range(_FOLDS):
        w, b = _solve(x[fold != f], y[fold != f], alpha)
        guess[fold == f] = x[fold == f] @ w + b
    return guess


def fit_quality(clive: Path) -> Ridge:
    """Fit on the photos of `clive/labels.csv` (columns file, mos, group).

    The ridge's strength is chosen by the same folds; with one number chosen out of six the
    out-of-fold figures are next to unbiased.
    """
    with (clive / "labels.csv").open(newline="", encoding="utf-8") as f:
        rows = list(csv.DictReader(f))
    x = _features([clive / r["file"] for r in rows])
    y = np.array([float(r["mos"]) for r in rows])
    groups = sorted({r["group"] for r in rows})
    of = dict(zip(groups, np.random.default_rng(0).permutation(len(groups)) % _FOLDS, strict=True))
    fold = np.array([of[r["group"]] for r in rows])
    best = min(_ALPHAS, key=lambda a: float(((_out_of_fold(x, y, fold, a) - y) ** 2).mean()))
    guess = _out_of_fold(x, y, fold, best)
    weights, bias = _solve(x, y, best)
    return Ridge(
        weights,
        bias,
        best,
        float(np.corrcoef(_rank(guess), _rank(y))[0, 1]),
        float(np.corrcoef(guess, y)[0, 1]),
        len(y),
    )
