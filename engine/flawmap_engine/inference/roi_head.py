"""ROI head: the small network that scores parts, read from a folder of weights and checked.

It runs on the CPU whatever the device: a part costs less than a transfer. Parts go through in
groups of one size, so that a part's answer does not depend on how many were asked about.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from flawmap_api.errors import InternalError, Unsupported
from flawmap_engine.scoring.head import Answers
from flawmap_engine.scoring.roi_numbers import NUMBERS

from .devices import CPU, first_line
from .runtime import Runtime, Session
from .weights import ROI_CARD

__all__ = ["ROI_NETWORK", "RoiHead", "load_roi_head"]

ROI_NETWORK: Final = "roi.onnx"
_GROUP: Final = 8
_SERVES: Final = frozenset({"quality", "importance", "subject", "intentional", "severity"})
_OUTPUTS: Final = ("quality", "importance", "severity", "subject", "intentional")
_REINSTALL: Final = "Install Flawmap again, or point FLAWMAP_WEIGHTS to a whole folder of weights."

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class RoiHead:
    """The network and what its card says; `scoring.Head` tells what for.

    Attributes
    ----------
    serves : what it was measured to be better at than the formulas
    channels : of the maps that it reads
    heard : distortions whose planes it was trained with
    present, wanted : distortion to least probability
    session : Session
    """

    serves: frozenset[str]
    channels: int
    heard: frozenset[str]
    present: Mapping[str, float]
    wanted: Mapping[str, float]
    session: Session

    def answers(self, maps: Floats, pooling: Floats, numbers: Floats) -> Answers:
        """Probabilities for n parts.

        Parameters
        ----------
        maps : float32, shape (channels, h, w)
        pooling : float32, shape (n, h · w), rows sum to 1
        numbers : float32, shape (n, len(NUMBERS))
        """
        count = len(numbers)
        padded = -(-count // _GROUP) * _GROUP
        weight, told = (
            np.concatenate([x, np.repeat(x[-1:], padded - count, 0)]) for x in (pooling, numbers)
        )
        groups = []
        for start in range(0, padded, _GROUP):
            rows = slice(start, start + _GROUP)
            feeds = {"maps": maps, "pooling": weight[rows], "numbers": told[rows]}
            groups.append(self.session.run(_OUTPUTS, feeds))
        joined = [np.concatenate(parts)[:count] for parts in zip(*groups, strict=True)]
        return Answers(*(np.asarray(x, np.float32) for x in joined))


def load_roi_head(folder: Path, runtime: Runtime) -> RoiHead | None:
    """Read and open the head of a folder of weights; None if the folder has none.

    Raises
    ------
    Unsupported
        If there is a card but its file is missing or another one, or the card cannot be
        understood, or it was made for other numbers than this engine's.
    """
    card = folder / ROI_CARD
    try:
        text = card.read_text(encoding="utf-8")
    except OSError:
        return None
    try:
        said = json.loads(text)
        _checked(said)
        expected = str(said["sha256"]).lower()
        serves, channels = frozenset(said["serves"]), int(said["maps"])
        heard = frozenset(str(name) for name in said["heard"])
        present, wanted = (
            {str(k): float(v) for k, v in said[name].items()} for name in ("present", "wanted")
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unsupported(
            f"The ROI head's card {card} cannot be understood: {error}.", _REINSTALL
        ) from None
    try:
        model = (folder / ROI_NETWORK).read_bytes()
    except OSError as error:
        raise Unsupported(
            f"{card} is there, its network is not: {error.strerror or error}.", _REINSTALL
        ) from None
    found = hashlib.sha256(model).hexdigest()
    if found != expected:
        raise Unsupported(
            f"{folder / ROI_NETWORK} is not the file that its card describes: its SHA-256 begins "
            f"with {found[:12]}, the card says {expected[:12]}.",
            _REINSTALL,
        )
    try:
        session = runtime.open(model, CPU)
    except Unsupported:
        raise
    except Exception as error:
        raise InternalError(
            f"ONNX Runtime cannot open the ROI head: {first_line(error)}",
            "Update onnxruntime, or install Flawmap again.",
        ) from error
    return RoiHead(serves, channels, heard, present, wanted, session)


def _checked(data: Any) -> None:
    if list(data["numbers"]) != list(NUMBERS):
        raise ValueError("it was trained on other numbers than this engine makes")
    unknown = set(data["serves"]) - _SERVES
    if unknown:
        raise ValueError(f"it serves {sorted(unknown)}, which nobody asks for")
