"""Probe: a photo whose right answer is known, shown to a device before it is trusted.

The photo is made by whole-number arithmetic, so it is the same everywhere; the CPU's answer to it
is stored beside the weights with the model's hash. After new weights::

    python -m flawmap_engine.inference.probe --write
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from flawmap_api.errors import FlawmapError
from flawmap_engine.calibration import calibrated, to_bytes

from .devices import Sessions, first_line, open_on_cpu
from .runtime import OnnxRuntime, Runtime
from .weights import ModelCard, Weights, load_weights

__all__ = [
    "ANSWER",
    "TOLERANCE",
    "Answer",
    "answer_of",
    "difference",
    "differs",
    "main",
    "probe_photo",
    "store",
    "stored",
]

#: File name of the stored answer, in the folder of the weights.
ANSWER: Final = "probe.npz"
#: How many of 255 steps a plane may differ.
TOLERANCE: Final = 2
_HEIGHT: Final = 192
_WIDTH: Final = 256


@dataclass(frozen=True)
class Answer:
    """Severity planes (uint8, distortions × rows × cols) and quality of the probe photo."""

    severity: NDArray[np.uint8]
    quality: float


def probe_photo() -> NDArray[np.uint8]:
    """The probe photo: ramps, edges, texture, grain, a white and a black part.

    Returns
    -------
    uint8, shape (192, 256, 3)
    """
    y, x = np.mgrid[0:_HEIGHT, 0:_WIDTH].astype(np.uint32)
    grain = (x * 374761393 + y * 668265263) & 0xFFFFFFFF
    grain = ((grain ^ (grain >> 13)) * 1274126177) & 0xFFFFFFFF
    grain = (grain >> 16) & 0xFF
    ramp = (x * 255) // (_WIDTH - 1)
    stripes = np.where((x // 3 + y // 5) % 2 == 0, 60, 190)
    planes = np.stack([ramp, (ramp + stripes) // 2, 255 - ramp])
    planes = np.where((y >= 64) & (y < 128), (planes * 3 + grain) // 4, planes)
    planes = np.where((x >= 200) & (y < 64), 255, planes)
    planes = np.where((x < 48) & (y >= 144), 4, planes)
    return np.ascontiguousarray(planes.transpose(1, 2, 0).astype(np.uint8))


def answer_of(sessions: Sessions, card: ModelCard) -> Answer:
    """What the networks say of the probe photo, calibrated and rounded as in an analysis."""
    photo = probe_photo()[None]
    thumbnail = np.ascontiguousarray(np.resize(photo[0, ::2, ::2], (128, 128, 3)))[None]
    (raw,) = sessions.dense.run(["severity"], {"photo": photo, "thumbnail": thumbnail})
    _, quality = sessions.whole.run(["features", "quality"], {"photo": photo})
    severity = calibrated(np.asarray(raw[0], np.float32), card.distortions, card.calibration)
    # A device that answers NaN must differ, not fall into whatever byte NaN becomes.
    planes = to_bytes(np.nan_to_num(severity, nan=1.0))
    value = float(np.ravel(quality)[0])
    return Answer(planes, value if np.isfinite(value) else -1.0)


def difference(answer: Answer, expected: Answer) -> str:
    """How an answer differs from the CPU's, going on from a device's name; empty if it agrees."""
    if answer.severity.shape != expected.severity.shape:
        return "gives planes of another shape than the CPU"
    off = int(np.abs(answer.severity.astype(int) - expected.severity).max())
    off = max(off, round(255 * abs(answer.quality - expected.quality)))
    if off <= TOLERANCE:
        return ""
    return f"answers differently from the CPU on the probe photo (by {off} of 255)"


def stored(weights: Weights, runtime: Runtime) -> Answer:
    """The CPU's answer: the stored one, or a fresh one where it is missing or of other weights."""
    try:
        model, answer = _read(weights.card.path / ANSWER)
        if model == weights.card.sha256:
            return answer
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        pass
    return answer_of(open_on_cpu(runtime, weights), weights.card)


def store(answer: Answer, card: ModelCard) -> None:
    """Write an answer beside the weights, with the hash of the model that gave it."""
    np.savez_compressed(
        card.path / ANSWER,
        severity=answer.severity,
        quality=np.float64(answer.quality),
        model=np.array(card.sha256),
    )


def _read(path: Path) -> tuple[str, Answer]:
    """The hash of the model that gave a stored answer, and the answer."""
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
        return str(file["model"]), Answer(file["severity"].astype(np.uint8), float(file["quality"]))


def differs(sessions: Sessions, weights: Weights, runtime: Runtime) -> str:
    """Show the probe photo to sessions; empty if they agree with the CPU, else how they differ."""
    try:
        answer = answer_of(sessions, weights.card)
    except Exception as error:
        return f"fails on the probe photo ({first_line(error)})"
    return difference(answer, stored(weights, runtime))


def main(arguments: list[str] | None = None) -> int:
    """Compare the stored answer with this machine's CPU, or write it; 1 if they differ."""
    parser = argparse.ArgumentParser(prog="python -m flawmap_engine.inference.probe")
    parser.add_argument("--weights", type=Path, help="another folder than the package's own")
    parser.add_argument("--write", action="store_true", help="store this CPU's answer")
    options = parser.parse_args(arguments)
    try:
        weights = load_weights(options.weights)
        answer = answer_of(open_on_cpu(OnnxRuntime(), weights), weights.card)
    except FlawmapError as error:
        print(error, file=sys.stderr)
        return 1
    path = weights.card.path / ANSWER
    if options.write:
        store(answer, weights.card)
        print(f"Wrote {path}.")
        return 0
    if not path.is_file():
        print(f"There is no stored answer at {path}: run with --write.", file=sys.stderr)
        return 1
    model, _ = _read(path)
    if model != weights.card.sha256:
        print("The stored answer is of other weights: run with --write.", file=sys.stderr)
        return 1
    off = difference(answer, stored(weights, OnnxRuntime()))
    print(f"This CPU {off or 'agrees with the stored answer'}.")
    return 1 if off else 0


if __name__ == "__main__":
    sys.exit(main())
