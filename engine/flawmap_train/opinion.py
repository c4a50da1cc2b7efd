"""Quality of a whole photo as people score it: features and planes together, by kernel regression.

Mix-grained as in Dog-IQA: the whole (mean features of ImageNet Lite0) and its parts (what the
dense planes say, also weighted by subject). Fitted to the opinions of CLIVE; figures are out of
fold, with neighbours in one fold. Photos that are spoilt on purpose are the regulariser: each
counts a tenth of an opinion, and is expected to lose 0.7 of its clean self's score times its
severity, so that damage that CLIVE does not have lowers the score too.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from flawmap_engine.analysis.opinion_numbers import opinion_numbers
from flawmap_engine.inference import Networks
from flawmap_engine.planes import Analysis

from .photos import load_photos
from .ranking import logistic_plcc, srcc
from .roi_cache import look
from .roi_synthesis import KINDS, spoilt_whole

__all__ = [
    "Kernel",
    "Made",
    "Rated",
    "export_opinion",
    "fit",
    "look_at",
    "out_of_fold",
    "pretended",
    "write_opinion_card",
]

FloatArray = npt.NDArray[np.float64]

_GAMMA: Final = 0.25
_DAMPING: Final = 0.02
_COUNTS: Final = 0.1
_LOST: Final = 0.7
_FOLDS: Final = 5
_SEEDS: Final = 3
_SIDE: Final = 640
_OPSET: Final = 17
_FAR: Final = 0.5


@dataclass(frozen=True, slots=True)
class Rated:
    """Photos with people's scores: told (n, features), mos 0..100, group (a fold keeps it whole).

    `first` marks the photos of the first table: figures are of those, so that they compare.
    """

    told: FloatArray
    mos: FloatArray
    group: list[str]
    first: npt.NDArray[np.bool_]
    heard: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Made:
    """Photos with one flaw all over: told (n, features), severity (0: clean), photo's number."""

    told: FloatArray
    severity: FloatArray
    photo: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Kernel:
    """``sum(alpha_i · exp(-gamma · |z - s_i|²)) + bias``, z standardised; on the scale of MOS."""

    mean: FloatArray
    scale: FloatArray
    support: FloatArray
    alpha: FloatArray
    bias: float

    def __call__(self, told: FloatArray) -> FloatArray:
        """Scores of photos."""
        z = _standard(told, self.mean, self.scale)
        return np.asarray(_kernel(z, self.support) @ self.alpha + self.bias)


def look_at(folders: Sequence[Path], networks: Networks) -> Rated:
    """The engine's features and planes of all photos of some tables (file, mos, group)."""
    told, mos, group, first = [], [], [], []
    heard = networks.card.distortions
    for number, folder in enumerate(folders):
        with (folder / "labels.csv").open(newline="", encoding="utf-8") as f:
            rows = list(csv.DictReader(f))
        for row in rows:
            told.append(_told(look(_pixels(folder / row["file"]), networks), heard))
            mos.append(float(row["mos"]))
            group.append(row["group"])
            first.append(number == 0)
    return Rated(np.array(told), np.array(mos), group, np.array(first), heard)


def pretended(data: Path, networks: Networks, *, photos: int = 30, seed: int = 3) -> Made:
    """Train photos, clean and with each flaw all over, as the engine sees them."""
    every = load_photos(data, "train")
    rng = np.random.default_rng(seed)
    heard = networks.card.distortions
    told, severity, number = [], [], []
    for i, p in enumerate(int(j) for j in rng.permutation(len(every))[:photos]):
        pixels = every[p].pixels
        scale = min(1.0, _SIDE / max(pixels.shape[:2]))
        size = (round(pixels.shape[1] * scale), round(pixels.shape[0] * scale))
        clean = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
        made = [(clean, 0.0)]
        for k, kind in enumerate(KINDS):
            made.append(spoilt_whole(np.random.default_rng([seed, i, k]), clean, kind))
        for picture, strength in made:
            told.append(_told(look(np.ascontiguousarray(picture), networks), heard))
            severity.append(strength)
            number.append(i)
    return Made(np.array(told), np.array(severity), np.array(number))


def fit(rated: Rated, made: Made, chosen: npt.NDArray[np.bool_] | None = None) -> Kernel:
    """The scorer, from all rated photos or from the chosen ones."""
    use = np.ones(len(rated.mos), np.bool_) if chosen is None else chosen
    plain = _solve(rated.told[use], rated.mos[use], np.ones(int(use.sum())))
    if not len(made.severity):
        return plain
    clean = {int(p): s for p, s in zip(made.photo, plain(made.told), strict=True)}
    for p, s, score in zip(made.photo, made.severity, plain(made.told), strict=True):
        if s == 0:
            clean[int(p)] = score
    base = np.array([clean[int(p)] for p in made.photo])
    expected = base * (1 - _LOST * made.severity)
    counts = np.r_[np.ones(int(use.sum())), np.full(len(expected), _COUNTS)]
    return _solve(
        np.r_[rated.told[use], made.told], np.r_[rated.mos[use], expected], counts, rated.told[use]
    )


def out_of_fold(rated: Rated, made: Made) -> dict[str, float]:
    """SRCC and PLCC of the first table's photos, each scored by a fit that has not seen its group.

    The mean over three ways to cut the folds; and how often a made flaw of 0.3 and more scores
    below its clean self, by a fit that has seen none of the made ones of that photo.
    """
    groups = sorted(set(rated.group))
    figures = np.zeros(2)
    for seed in range(_SEEDS):
        drawn = np.random.default_rng(seed).permutation(len(groups)) % _FOLDS
        of = dict(zip(groups, drawn, strict=True))
        fold = np.array([of[g] for g in rated.group])
        guess = np.zeros(len(rated.mos))
        for k in range(_FOLDS):
            guess[fold == k] = fit(rated, made, fold != k)(rated.told[fold == k])
        first = rated.first
        figures += [
            srcc(guess[first], rated.mos[first]),
            logistic_plcc(guess[first], rated.mos[first]),
        ]
    right = []
    for half in (0, 1):
        seen = made.photo % 2 == half
        model = fit(rated, Made(made.told[seen], made.severity[seen], made.photo[seen]))
        score = model(made.told)
        for p in np.unique(made.photo[~seen]):
            here = made.photo == p
            best = score[here & (made.severity == 0)].max()
            right += (score[here & (made.severity >= 0.3)] < best).tolist()
    return {
        "SRCC": float(figures[0] / _SEEDS),
        "PLCC": float(figures[1] / _SEEDS),
        "made flaws in order": float(np.mean(right)),
    }


def export_opinion(model: Kernel, file: Path) -> None:
    """Write `opinion.onnx`: photo float32 [1, features] to quality float32 [1], 0..1."""
    support = model.support.astype(np.float16)
    rounded = support.astype(np.float64)
    constants: dict[str, npt.NDArray[Any]] = {
        "mean": model.mean.astype(np.float32),
        "scale": model.scale.astype(np.float32),
        "support_half": np.ascontiguousarray(support.T),
        "lengths": (rounded**2).sum(1)[None].astype(np.float32),
        "two": np.array(2.0, np.float32),
        "gamma": np.array(-_GAMMA, np.float32),
        "alpha": (model.alpha / 100)[:, None].astype(np.float32),
        "bias": np.array([[model.bias / 100]], np.float32),
        "low": np.array(-_FAR, np.float32),
        "high": np.array(_FAR, np.float32),
        "zero": np.array(0.0, np.float32),
        "one": np.array(1.0, np.float32),
        "axes": np.array([1], np.int64),
    }
    nodes = [
        helper.make_node("Cast", ["support_half"], ["support"], to=TensorProto.FLOAT),
        helper.make_node("Sub", ["photo", "mean"], ["away"]),
        helper.make_node("Mul", ["away", "scale"], ["far"]),
        helper.make_node("Clip", ["far", "low", "high"], ["z"]),
        helper.make_node("MatMul", ["z", "support"], ["along"]),
        helper.make_node("Mul", ["along", "two"], ["twice"]),
        helper.make_node("Mul", ["z", "z"], ["squares"]),
        helper.make_node("ReduceSum", ["squares", "axes"], ["length"], keepdims=1),
        helper.make_node("Add", ["length", "lengths"], ["sum"]),
        helper.make_node("Sub", ["sum", "twice"], ["distance"]),
        helper.make_node("Mul", ["distance", "gamma"], ["power"]),
        helper.make_node("Exp", ["power"], ["near"]),
        helper.make_node("MatMul", ["near", "alpha"], ["said"]),
        helper.make_node("Add", ["said", "bias"], ["score"]),
        helper.make_node("Clip", ["score", "zero", "one"], ["clipped"]),
        helper.make_node("Squeeze", ["clipped", "axes"], ["quality"]),
    ]
    graph = helper.make_graph(
        nodes,
        "opinion",
        [helper.make_tensor_value_info("photo", TensorProto.FLOAT, [1, len(model.mean)])],
        [helper.make_tensor_value_info("quality", TensorProto.FLOAT, [1])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=8)
    made.producer_name = "flawmap-train"
    onnx.checker.check_model(made)
    onnx.save(made, str(file))


def write_opinion_card(
    folder: Path, rated: Rated, made: Made, figures: dict[str, float]
) -> dict[str, Any]:
    """Write `opinion.json` beside `opinion.onnx`; returns what it holds."""
    card: dict[str, Any] = {
        "name": "flawmap-opinion",
        "version": "0.1",
        "sha256": hashlib.sha256((folder / "opinion.onnx").read_bytes()).hexdigest(),
        "heard": list(rated.heard),
        "fitted to": {
            "CLIVE, photos with people's scores": len(rated.mos),
            "made from train photos": len(made.severity),
        },
        "out of fold": {
            "photos": int(rated.first.sum()),
            **{name: round(value, 4) for name, value in figures.items()},
        },
    }
    (folder / "opinion.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    return card


def _told(analysis: Analysis, heard: Sequence[str]) -> FloatArray:
    numbers = opinion_numbers(analysis.screen, analysis.subject, heard)
    return np.concatenate([analysis.features, numbers]).astype(np.float64)


def _pixels(file: Path) -> npt.NDArray[np.uint8]:
    data = cv2.imread(str(file), cv2.IMREAD_COLOR)
    if data is None:
        raise FileNotFoundError(f"{file} is no picture that OpenCV reads.")
    return np.ascontiguousarray(data[..., ::-1])


def _kernel(a: FloatArray, b: FloatArray) -> FloatArray:
    away = (a**2).sum(1)[:, None] + (b**2).sum(1)[None] - 2 * a @ b.T
    return np.asarray(np.exp(-_GAMMA * np.maximum(away, 0)))


def _standard(told: FloatArray, mean: FloatArray, scale: FloatArray) -> FloatArray:
    """A number that hardly varies in what is rated must not shout in what is not: ±0.5 at most."""
    return np.asarray(np.clip((told - mean) * scale, -_FAR, _FAR))


def _solve(
    told: FloatArray, score: FloatArray, counts: FloatArray, standard: FloatArray | None = None
) -> Kernel:
    """Kernel ridge; a row that counts little is damped more. Standardised by `standard`'s rows."""
    of = told if standard is None else standard
    mean = np.asarray(of.mean(0), np.float64)
    scale = np.asarray(1 / ((of.std(0) + 1e-6) * np.sqrt(told.shape[1])), np.float64)
    z = _standard(told, mean, scale)
    bias = float((score * counts).sum() / counts.sum())
    alpha = np.linalg.solve(_kernel(z, z) + _DAMPING * np.diag(1 / counts), score - bias)
    return Kernel(mean, scale, z, np.asarray(alpha, np.float64), bias)
