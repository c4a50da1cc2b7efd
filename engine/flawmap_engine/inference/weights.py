"""Weights: the networks' files and their card, read from a folder and checked before use."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from flawmap_api.errors import NotFound, Unsupported
from flawmap_api.words import DISTORTIONS

__all__ = [
    "DENSE",
    "OPINION_CARD",
    "ROI_CARD",
    "WHOLE",
    "Curve",
    "ModelCard",
    "Weights",
    "load_weights",
    "weights_folder",
]

DENSE: Final = "dense.onnx"
WHOLE: Final = "whole.onnx"
_CARD: Final = "model.json"
#: The card of the head that scores parts, which not every folder has.
ROI_CARD: Final = "roi.json"
#: The card of the head that scores the whole photo, likewise.
OPINION_CARD: Final = "opinion.json"
_HEADS: Final = (ROI_CARD, OPINION_CARD)
_STRIDE: Final = 8
_REINSTALL: Final = "Install Flawmap again, or point FLAWMAP_WEIGHTS to a whole folder of weights."

#: x and y of a piecewise linear table, x rising.
Curve = tuple[tuple[float, ...], tuple[float, ...]]


@dataclass(frozen=True)
class ModelCard:
    """What the weights' `model.json` says, checked.

    Attributes
    ----------
    name, version : str
    distortions : tuple of str
        In the order of the dense network's output planes.
    thresholds : dict of distortion to operating point, 1..255
    calibration : dict of distortion to table
        From the network's raw number to severity; none means that they are the same.
    confidence : dict of distortion to table
        From a region's severity to the share of such regions that are right.
    sha256 : str
        Of the whole model: its cards, which hold the hash of each file.
    path : Path
        The folder.
    halo : int
        Pixels around a tile that its answer depends on.
    maps : int
        Channels of the whole-photo network's features by place; 0 if it gives none.
    """

    name: str
    version: str
    distortions: tuple[str, ...]
    thresholds: dict[str, int]
    calibration: dict[str, Curve]
    confidence: dict[str, Curve]
    sha256: str
    path: Path
    halo: int = 64
    maps: int = 0


@dataclass(frozen=True)
class Weights:
    """The card, and the bytes of the two networks whose hashes the card names."""

    card: ModelCard
    dense: bytes
    whole: bytes


def weights_folder(folder: Path | None = None) -> Path:
    """The folder of the weights: the argument, else FLAWMAP_WEIGHTS, else the package's own."""
    if folder is not None:
        return folder
    if chosen := os.environ.get("FLAWMAP_WEIGHTS"):
        return Path(chosen)
    return Path(str(resources.files("flawmap_engine").joinpath("weights")))


def load_weights(folder: Path | None = None) -> Weights:
    """Read the card and both networks.

    Raises
    ------
    NotFound
        If the folder, the card or a network is missing.
    Unsupported
        If a file's SHA-256 is not the card's, or the card cannot be understood.
    """
    folder = weights_folder(folder)
    text = _read(folder / _CARD)
    try:
        data = json.loads(text)
        # Canonical form: line endings or indentation do not make another model.
        canonical = json.dumps(data, sort_keys=True, separators=(",", ":"))
        identity = "".join([canonical, *(_identity(folder / n) for n in _HEADS)]).encode()
        card = _card(data, hashlib.sha256(identity).hexdigest(), folder)
        hashes = {name: str(data["files"][name]) for name in (DENSE, WHOLE)}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        what = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise Unsupported(
            f"The model card {folder / _CARD} cannot be understood: {what}.", _REINSTALL
        ) from None
    dense, whole = (_checked(folder / name, hashes[name]) for name in (DENSE, WHOLE))
    return Weights(card, dense, whole)


def _identity(card: Path) -> str:
    """What a head adds to the model's identity: its card in canonical form; empty if none."""
    try:
        text = card.read_bytes()
    except OSError:
        return ""
    return json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise NotFound(
            f"The weights are not complete: {path} cannot be read ({error.strerror or error}).",
            _REINSTALL,
        ) from None


def _checked(path: Path, expected: str) -> bytes:
    data = _read(path)
    found = hashlib.sha256(data).hexdigest()
    if found != expected.lower():
        raise Unsupported(
            f"{path} is not the file that its model card describes: its SHA-256 begins with "
            f"{found[:12]}, the card says {expected[:12]}. It is damaged or of another version.",
            _REINSTALL,
        )
    return data


def _card(data: Mapping[str, Any], sha256: str, folder: Path) -> ModelCard:
    distortions = tuple(str(name) for name in data["distortions"])
    unknown = [name for name in distortions if name not in DISTORTIONS]
    if not distortions or unknown or len(set(distortions)) < len(distortions):
        raise ValueError(f"its distortions are {list(distortions)}")
    if int(data.get("stride", _STRIDE)) != _STRIDE:
        raise ValueError(f"its stride is {data['stride']}, this engine needs {_STRIDE}")
    thresholds = {name: int(data["thresholds"][name]) for name in distortions}
    if not all(1 <= k <= 255 for k in thresholds.values()):
        raise ValueError("a threshold is outside 1..255")
    return ModelCard(
        name=str(data["name"]),
        version=str(data["version"]),
        distortions=distortions,
        thresholds=thresholds,
        calibration=_curves(data.get("calibration", {})),
        confidence=_curves(data.get("confidence", {})),
        sha256=sha256,
        path=folder,
        halo=int(data.get("receptive_halo", 64)),
        maps=int(data.get("whole", {}).get("maps", 0)),
    )


def _curves(tables: Mapping[str, Any]) -> dict[str, Curve]:
    curves: dict[str, Curve] = {}
    for name, table in tables.items():
        x, y = (tuple(float(v) for v in table[axis]) for axis in ("x", "y"))
        rising = all(a < b for a, b in pairwise(x))
        if not x or len(x) != len(y) or not rising:
            raise ValueError(f"the table of {name} needs rising x and as many y")
        if not all(0.0 <= v <= 1.0 for v in y):
            raise ValueError(f"the table of {name} leaves 0..1")
        curves[name] = (x, y)
    return curves
