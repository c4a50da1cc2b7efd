"""How good a network is on photos that neither taught nor tuned it.

Three tables: held-out crops (IoU, AUC, recall by band, false area), whole photos with one planted
flaw each through the exported files, and the flagged area of clean photos that are fit for the
question.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt
import torch

from . import degrade
from .cache import Shard, shards
from .calibration import Calibration
from .degrade import bytes_of, floats_of, luma
from .network import Context, DenseNetwork
from .optics import disc_kernel, filter_linear, straight_path
from .regions import draw_mask
from .severity_curves import BLUR, JITTER, JPEG, NOISE, jpeg_quality
from .synthesis import Photo
from .words import DISTORTIONS, FOREGROUND, IGNORE, LABEL_SCALE

__all__ = [
    "Shipped",
    "clean_table",
    "crop_table",
    "planted_table",
    "raw_severity",
    "stacked",
    "whole_raw",
]

FloatArray = npt.NDArray[np.float32]
ByteArray = npt.NDArray[np.uint8]

_BANDS: Final = ((0.2, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 1.01))


def stacked(folder: Path) -> tuple[ByteArray, ByteArray, FloatArray]:
    """All crops, labels and contexts of a cache."""
    parts = [Shard.open(p) for p in shards(folder)]
    if not parts:
        raise FileNotFoundError(f"{folder} holds no finished shard; run the cache command first.")
    return (
        np.concatenate([p.crops for p in parts]),
        np.concatenate([p.labels for p in parts]),
        np.concatenate([p.context for p in parts]),
    )


def raw_severity(network: DenseNetwork, crops: ByteArray, context: FloatArray) -> FloatArray:
    """Raw severities of crops, float32 [n, 6, 32, 32]."""
    network = network.eval().to(memory_format=torch.channels_last)
    out = []
    with torch.no_grad():
        for i in range(0, len(crops), 16):
            photo = torch.from_numpy(crops[i : i + 16].astype(np.float32)).permute(0, 3, 1, 2)
            out.append(
                DenseNetwork.severity(
                    *network(photo, torch.from_numpy(context[i : i + 16]))
                ).numpy()
            )
    return np.concatenate(out)


def whole_raw(
    network: DenseNetwork, context: Context, photos: Sequence[Photo]
) -> dict[str, FloatArray]:
    """Raw severities of clean whole photos, per distortion, over the photos fit for it: one row."""
    parts: dict[str, list[FloatArray]] = {name: [] for name in DISTORTIONS}
    with torch.no_grad():
        for photo in photos:
            pixels = photo.pixels
            h, w = (v // 32 * 32 for v in pixels.shape[:2])
            thumb = cv2.resize(pixels, (128, 128), interpolation=cv2.INTER_AREA)
            vector = context(_tensor(np.asarray(thumb, np.uint8)))
            raw = DenseNetwork.severity(*network(_tensor(pixels[:h, :w]), vector))[0].numpy()
            for d, name in enumerate(DISTORTIONS):
                if photo.fit_for(name):
                    # Every photo counts the same, whatever its size.
                    parts[name].append(np.quantile(raw[d], np.linspace(0, 1, 2000)))
    return {k: np.concatenate(v) if v else np.zeros(0, np.float32) for k, v in parts.items()}


def _tensor(pixels: ByteArray) -> torch.Tensor:
    x = torch.from_numpy(pixels.astype(np.float32)).permute(2, 0, 1)[None]
    return x.contiguous(memory_format=torch.channels_last)


def _auc(score: FloatArray, truth: npt.NDArray[np.bool_]) -> float:
    """Area under the ROC curve from a fine histogram."""
    bins = np.clip((score * 4096).astype(np.int64), 0, 4095)
    yes = np.bincount(bins[truth], minlength=4096).astype(np.float64)
    no = np.bincount(bins[~truth], minlength=4096).astype(np.float64)
    if not yes.sum() or not no.sum():
        return float("nan")
    below = np.concatenate([[0.0], no.cumsum()[:-1]])
    return float((yes * (below + no / 2)).sum() / (yes.sum() * no.sum()))


def _correlation(a: FloatArray, b: FloatArray) -> float:
    """Pearson's; not a number where one of the two does not vary."""
    if a.size < 2 or not np.ptp(a) or not np.ptp(b):
        return float("nan")
    return float(np.corrcoef(a, b)[0, 1])


def crop_table(
    raw: FloatArray,
    label: ByteArray,
    clean_raw: FloatArray,
    clean_label: ByteArray,
    calibration: Calibration,
) -> dict[str, dict[str, float]]:
    """One row a distortion.

    IoU at the shipped threshold (foreground >= 0.2; milder counts neither way),
    the same for severity >= 0.5, AUC, correlation, mean error and bias in the foreground, recall by
    band, false area on clean crops.
    """
    table = {}
    for d, name in enumerate(DISTORTIONS):
        counts = label[:, d] != IGNORE
        truth = label[:, d][counts].astype(np.float32) / LABEL_SCALE
        severity = calibration.calibration[name](raw[:, d][counts])
        found = np.rint(severity * 255) >= calibration.thresholds[name]
        flawed, empty = truth >= FOREGROUND, truth == 0
        row = {"IoU": float((found & flawed).sum() / max(1, (flawed | (found & empty)).sum()))}
        strong = truth >= 0.5
        row["IoU>=.5"] = float((found & strong).sum() / max(1, (strong | (found & empty)).sum()))
        row["AUC"] = _auc(severity[flawed | empty], flawed[flawed | empty])
        error = severity[flawed] - truth[flawed]
        row["corr"] = _correlation(severity[flawed], truth[flawed])
        row["error"], row["bias"] = _mean(np.abs(error).tolist()), _mean(error.tolist())
        for low, high in _BANDS:
            band = (truth >= low) & (truth < high)
            row[f"recall {low:.1f}"] = float(found[band].mean()) if band.any() else float("nan")
        clean = calibration.calibration[name](clean_raw[:, d][clean_label[:, d] == 0])
        row["clean"] = _mean((np.rint(clean * 255) >= calibration.thresholds[name]).tolist())
        table[name] = row
    return table


@dataclass
class Shipped:
    """The exported files, run as the engine runs them but in one piece."""

    folder: Path

    def __post_init__(self) -> None:
        import onnxruntime

        self.about: dict[str, Any] = json.loads(
            (self.folder / "model.json").read_text(encoding="utf-8")
        )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(
            str(self.folder / "dense.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self.calibration = Calibration.from_json(self.about)

    def planes(self, photo: ByteArray) -> dict[str, ByteArray]:
        """Calibrated severity planes, uint8 [ceil(h / 8), ceil(w / 8)], of a uint8 sRGB photo."""
        h, w = photo.shape[:2]
        padded = cv2.copyMakeBorder(photo, 0, -h % 32, 0, -w % 32, cv2.BORDER_REFLECT_101)
        thumb = cv2.resize(photo, (128, 128), interpolation=cv2.INTER_AREA)
        raw = self.session.run(None, {"photo": padded[None], "thumbnail": thumb[None]})[0][0]
        raw = raw[:, : -(-h // 8), : -(-w // 8)]
        return {
            name: np.asarray(np.rint(self.calibration.calibration[name](raw[d]) * 255), np.uint8)
            for d, name in enumerate(DISTORTIONS)
        }

    def mask(self, plane: ByteArray, name: str, size: tuple[int, int]) -> npt.NDArray[np.bool_]:
        """The plane's mask at the photo's size (height, width)."""
        full = cv2.resize(plane, (size[1], size[0]), interpolation=cv2.INTER_LINEAR)
        return np.asarray(full >= self.calibration.thresholds[name])


def plant(
    rng: np.random.Generator, x: FloatArray, name: str, severity: float, mask: FloatArray
) -> FloatArray:
    """A photo with one flaw of a given severity, by recipes plainer than the training's own."""
    if name == "blur":
        spread = BLUR.parameter_of(severity)
        after = filter_linear(x, disc_kernel(float(np.sqrt(max(spread**2 - 0.45, 0.1)))))
    elif name == "jitter":
        after = filter_linear(
            x, straight_path(JITTER.parameter_of(severity) + 1, rng.uniform(0, np.pi))
        )
    elif name == "noise":
        sd = NOISE.parameter_of(min(severity, 0.85)) / 0.67 / 255
        after = np.clip(x + rng.normal(0, sd, x.shape).astype(np.float32), 0, 1)
    elif name == "compression":
        after = degrade.jpeg(x, round(jpeg_quality(JPEG.parameter_of(severity))))
    else:
        inside = x[mask > 0.5][::37][:, None, :]
        brighter = name == "overexposure"
        low, high = 0.0, 5.0
        for _ in range(12):
            tone = degrade.Tone((low + high) / 2, "gain", brighter)
            reached = degrade.tone_severity(inside, tone.apply(inside), brighter)
            low, high = ((low + high) / 2, high) if reached < severity else (low, (low + high) / 2)
        after = tone.apply(x)
    return np.asarray(x + (after - x) * mask[..., None], np.float32)


def planted_table(
    shipped: Shipped,
    photos: Sequence[Photo],
    shapes: Sequence[ByteArray],
    *,
    seed: int = 5,
    count: int = 10,
) -> dict[str, dict[str, float]]:
    """One flaw a photo, severity 0.6-0.9 on 5-15 % of it.

    IoU at the shipped threshold, share of the rest flagged, and how often the right kind says
    most inside.
    """
    table = {}
    for name in DISTORTIONS:
        fit = [p for p in photos if p.fit_for(name) and not p.has_bokeh]
        inter = union = 0
        rest, named, each = [], [], []
        for i in range(count):
            rng = np.random.default_rng([seed, DISTORTIONS.index(name), i])
            photo = fit[int(rng.integers(len(fit)))]
            x = floats_of(photo.pixels)
            h, w = x.shape[:2]
            for _ in range(60):
                mask = draw_mask(
                    rng, 512, shapes, kind=str(rng.choice(["shape", "blob", "ellipse"]))
                )
                mask = (cv2.resize(mask, (w, h)) > 0.5).astype(np.float32)
                bright = float(luma(x)[mask > 0.5].mean()) if mask.any() else 0.5
                if 0.05 <= mask.mean() <= 0.15 and 0.2 < bright < 0.7:
                    break
            spoilt = bytes_of(plant(rng, x, name, float(rng.uniform(0.6, 0.9)), mask))
            planes = shipped.planes(spoilt)
            found, truth = shipped.mask(planes[name], name, (h, w)), mask > 0.5
            inter += int((found & truth).sum())
            union += int((found | truth).sum())
            each.append((found & truth).sum() / max(1, (found | truth).sum()))
            rest.append(float(found[~truth].mean()))
            cells = cv2.resize(mask, planes[name].shape[::-1], interpolation=cv2.INTER_AREA) > 0.5
            named.append(max(planes, key=lambda k: float(planes[k][cells].mean())) == name)
        table[name] = {
            "IoU": inter / max(1, union),
            "photos with IoU >= .5": float(np.mean(np.array(each) >= 0.5)),
            "rest flagged": float(np.mean(rest)),
            "named right": float(np.mean(named)),
        }
    return table


def clean_table(shipped: Shipped, photos: Sequence[Photo]) -> dict[str, dict[str, float]]:
    """Flagged area of clean photos that are fit for the question, per distortion."""
    area: dict[str, list[float]] = {name: [] for name in DISTORTIONS}
    for photo in photos:
        pixels = photo.pixels
        planes = shipped.planes(pixels)
        for name in DISTORTIONS:
            if photo.fit_for(name):
                mask = shipped.mask(planes[name], name, pixels.shape[:2])
                area[name].append(float(mask.mean()))
    return {
        name: {
            "photos": len(values),
            "flagged": _mean(values),
            "photos over 5 %": _mean([float(v > 0.05) for v in values]),
        }
        for name, values in area.items()
    }


def as_text(table: dict[str, dict[str, float]]) -> str:
    """A table as Markdown, with a mean row."""
    columns = list(next(iter(table.values())))
    lines = ["| | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for name, row in table.items():
        lines.append(f"| {name} | " + " | ".join(_figure(row[c]) for c in columns) + " |")
    mean = [_figure(_mean([row[c] for row in table.values()])) for c in columns]
    lines.append("| mean | " + " | ".join(mean) + " |")
    return "\n".join(lines)


def _mean(values: Sequence[float]) -> float:
    known = [v for v in values if v == v]
    return sum(known) / len(known) if known else float("nan")


def _figure(v: float) -> str:
    if v != v:
        return "-"
    return f"{v:.0f}" if v >= 2 else f"{v:.3f}"
