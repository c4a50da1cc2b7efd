"""Baselines: what a photographer's scripts use today, asked the same questions on the same files.

Each gives one number for a photo and a distortion, larger for more of it. The plain statistics are
a few lines of OpenCV. scikit-image (`blur_effect`, `estimate_sigma`), cleanvision, image-quality-ai
and brisque answer from an environment of their own (`.venv-peers`), through a child process that is
handed paths and gives back JSON.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["Baseline", "Peer", "baselines"]

FloatPlane = npt.NDArray[np.float64]

_CLEANVISION: Final = """
import contextlib, io, json, os, sys, tempfile
from cleanvision import Imagelab
files = json.load(sys.stdin)
said = {}
with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
    names = {}
    for i, path in enumerate(files):
        name = "%06d%s" % (i, os.path.splitext(path)[1])
        os.symlink(path, os.path.join(folder, name))
        names[name] = path
    lab = Imagelab(data_path=folder)
    lab.find_issues({"blurry": {}, "dark": {}, "light": {}}, n_jobs=1, verbose=False)
    for path, row in lab.issues.iterrows():
        said[names[os.path.basename(path)]] = {
            "blur": 1 - row["blurry_score"], "jitter": 1 - row["blurry_score"],
            "low_light": 1 - row["dark_score"], "overexposure": 1 - row["light_score"]}
json.dump(said, sys.stdout)
"""
_IMAGE_QUALITY_AI: Final = """
import contextlib, io, json, sys
from image_quality_ai import assess
files = json.load(sys.stdin)
said = {}
for path in files:
    with contextlib.redirect_stdout(io.StringIO()):
        found = assess(path)
    m = found.metrics
    light = m["exposure"].details
    said[path] = {
        "quality": found.score,
        "blur": -m["sharpness"].value, "jitter": -m["sharpness"].value,
        "noise": m["noise"].value, "contrast": -m["contrast"].value,
        "overexposure": light["clipped_white"] + 0.3 * light["mean_luminance"],
        "low_light": light["clipped_black"] - 0.3 * light["mean_luminance"]}
json.dump(said, sys.stdout)
"""
_SKIMAGE: Final = """
import json, sys
import numpy as np
from PIL import Image
from skimage.measure import blur_effect
from skimage.restoration import estimate_sigma
files = json.load(sys.stdin)
said = {}
for path in files:
    grey = np.asarray(Image.open(path).convert("L"), float) / 255
    soft = float(blur_effect(grey))
    said[path] = {"blur": soft, "jitter": soft, "noise": float(estimate_sigma(grey))}
json.dump(said, sys.stdout)
"""
_BRISQUE: Final = """
import contextlib, io, json, sys
import numpy as np
from PIL import Image
from brisque import BRISQUE
metric = BRISQUE(url=False)
files = json.load(sys.stdin)
said = {}
for path in files:
    with contextlib.redirect_stdout(io.StringIO()):
        score = float(metric.score(np.asarray(Image.open(path).convert("RGB"))))
    said[path] = {"quality": -score}
json.dump(said, sys.stdout)
"""


@dataclass
class Baseline:
    """A statistic a distortion; `mean` is what `measures` asks."""

    name: str
    questions: dict[str, Callable[[Path], float]]
    _kept: dict[tuple[Path, str], float] = field(default_factory=dict)

    @property
    def distortions(self) -> tuple[str, ...]:
        """What it can be asked about."""
        return tuple(self.questions)

    def mean(self, file: Path, names: list[str]) -> float:
        """The largest of its answers."""
        for name in names:
            if (file, name) not in self._kept:
                self._kept[file, name] = float(self.questions[name](file))
        return max(self._kept[file, name] for name in names)


@dataclass
class Peer:
    """A tool in another environment; it is asked once for all files of a set."""

    name: str
    python: Path
    script: str
    distortions: tuple[str, ...]
    _said: dict[str, dict[str, float]] = field(default_factory=dict)

    def ask(self, files: list[Path]) -> bool:
        """Let it judge files; False if it cannot be run here."""
        paths = [str(f.resolve()) for f in files]
        paths = [p for p in dict.fromkeys(paths) if p not in self._said]
        if not paths:
            return True
        run = subprocess.run(
            [str(self.python), "-c", self.script],
            input=json.dumps(paths),
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode != 0:
            return False
        said: dict[str, Any] = json.loads(run.stdout)
        self._said.update(said)
        return True

    def mean(self, file: Path, names: list[str]) -> float:
        """The largest of its answers; 0 where it gave none."""
        said = self._said.get(str(file.resolve()), {})
        return max((said[n] for n in names if n in said), default=0.0)


def baselines(peers: Path | None = None) -> list[Baseline | Peer]:
    """All that can be asked on this machine.

    Parameters
    ----------
    peers : Path, optional
        The Python of the peers' environment.
    """
    found: list[Baseline | Peer] = [
        Baseline(
            "variance of Laplacian",
            dict.fromkeys(("blur", "jitter"), _unsharp) | {"quality": lambda f: -_unsharp(f)},
        ),
        Baseline("difference mask", {"noise": _grain}),
        Baseline("clipping and mean", {"overexposure": _bright, "low_light": _dark}),
        Baseline("block grid", {"compression": _blocks}),
    ]
    if peers is not None and peers.exists():
        light = ("blur", "jitter", "low_light", "overexposure")
        found.append(Peer("cleanvision", peers, _CLEANVISION, light))
        more = (*light, "noise", "contrast", "quality")
        found.append(Peer("image-quality-ai", peers, _IMAGE_QUALITY_AI, more))
        found.append(Peer("skimage", peers, _SKIMAGE, ("blur", "jitter", "noise")))
        found.append(Peer("brisque", peers, _BRISQUE, ("quality",)))
    return found


def _grey(file: Path) -> FloatPlane:
    plane = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
    if plane is None:
        raise FileNotFoundError(f"{file} is no picture that OpenCV reads.")
    return plane.astype(np.float64) / 255


def _unsharp(file: Path) -> float:
    return -float(np.log(cv2.Laplacian(_grey(file), cv2.CV_64F).var() + 1e-9))


def _grain(file: Path) -> float:
    """Immerkaer's mask over 16 px blocks; the quietest tenth, so that texture counts little."""
    mask = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float64)
    energy = np.abs(cv2.filter2D(_grey(file), cv2.CV_64F, mask))
    return float(np.percentile(cv2.blur(energy, (16, 16))[8:-8:8, 8:-8:8], 10))


def _bright(file: Path) -> float:
    grey = _grey(file)
    return float((grey >= 250 / 255).mean() + 0.3 * grey.mean())


def _dark(file: Path) -> float:
    grey = _grey(file)
    return float((grey <= 16 / 255).mean() - 0.3 * grey.mean())


def _blocks(file: Path) -> float:
    """Steps at every eighth column and row against the steps elsewhere."""
    grey = _grey(file)
    ratios = []
    for plane in (grey, grey.T):
        steps = np.abs(np.diff(plane, axis=1)).mean(0)
        at = [steps[k::8].mean() for k in range(8)]
        ratios.append(max(at) / (float(np.median(at)) + 1e-6))
    return float(np.mean(ratios))
