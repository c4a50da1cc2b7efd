"""Opinion head: the whole photo's quality as people would score it, from features and planes.

A folder of weights may hold it (`opinion.json`, `opinion.onnx`); without it, or where the dense
network lacks a distortion that it was trained with, the quality of `whole.onnx` stands.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from flawmap_api.errors import InternalError, Unsupported

from .devices import CPU, first_line
from .runtime import Runtime, Session
from .weights import OPINION_CARD

__all__ = ["OPINION_NETWORK", "Opinion", "load_opinion"]

OPINION_NETWORK: Final = "opinion.onnx"
_REINSTALL: Final = "Install Flawmap again, or point FLAWMAP_WEIGHTS to a whole folder of weights."


@dataclass(frozen=True)
class Opinion:
    """The head; `heard` are the distortions whose numbers it is told, in their order."""

    heard: tuple[str, ...]
    session: Session

    def quality(self, features: NDArray[np.float32], numbers: NDArray[np.float32]) -> float:
        """Quality of a photo, 0..1, from its features (784,) and its planes' numbers."""
        told = np.concatenate([features, numbers]).astype(np.float32)[None]
        (quality,) = self.session.run(["quality"], {"photo": told})
        return min(1.0, max(0.0, float(np.ravel(quality)[0])))


def load_opinion(folder: Path, runtime: Runtime) -> Opinion | None:
    """Read and open the head of a folder of weights; None if the folder has none.

    Raises
    ------
    Unsupported
        If there is a card but its file is missing or another one, or the card cannot be
        understood.
    """
    card = folder / OPINION_CARD
    try:
        text = card.read_text(encoding="utf-8")
    except OSError:
        return None
    try:
        said = json.loads(text)
        expected = str(said["sha256"]).lower()
        heard = tuple(str(name) for name in said["heard"])
    except (ValueError, KeyError, TypeError) as error:
        raise Unsupported(
            f"The opinion head's card {card} cannot be understood: {error}.", _REINSTALL
        ) from None
    try:
        model = (folder / OPINION_NETWORK).read_bytes()
    except OSError as error:
        raise Unsupported(
            f"{card} is there, its network is not: {error.strerror or error}.", _REINSTALL
        ) from None
    if hashlib.sha256(model).hexdigest() != expected:
        raise Unsupported(
            f"{folder / OPINION_NETWORK} is not the file that its card describes. It is damaged or "
            f"of another version.",
            _REINSTALL,
        )
    try:
        return Opinion(heard, runtime.open(model, CPU))
    except Unsupported:
        raise
    except Exception as error:
        raise InternalError(
            f"ONNX Runtime cannot open the opinion head: {first_line(error)}",
            "Update onnxruntime, or install Flawmap again.",
        ) from error
