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

from .cache import Shard, shards
from .calibration import Calibration, found_regions
from .network import Context, DenseNetwork
from .photos import Photo
from .planting import spoil_photo
from .words import DISTORTIONS, FOREGROUND, IGNORE, LABEL_SCALE

__all__ = [
    "Shipped",
    "as_text",
    "clean_table",
    "crop_table",
    "planted_cells",
    "planted_table",
    "raw_severity",
    "reliability_table",
    "stacked",
    "unsure_auc",
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
    """Raw severities of crops, float32 [n, 8, 32, 32]."""
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


def unsure_auc(
    network: DenseNetwork, crops: ByteArray, context: FloatArray, unknown: ByteArray
) -> dict[str, tuple[float, float]]:
    """Learned and measured "cannot tell" against what was tried: AUC and AUC, per distortion.

    Measured is the engine's own rule in short: how small the luma range of the 56 px around is.
    """
    network = network.eval().to(memory_format=torch.channels_last)
    learned, flat = [], []
    with torch.no_grad():
        for i in range(0, len(crops), 16):
            photo = torch.from_numpy(crops[i : i + 16].astype(np.float32)).permute(0, 3, 1, 2)
            said = network.everything(photo, torch.from_numpy(context[i : i + 16]))[2]
            learned.append(torch.sigmoid(said).numpy())
    for crop in crops:
        grey = cv2.cvtColor(np.ascontiguousarray(crop), cv2.COLOR_RGB2GRAY)
        window = np.ones((56, 56), np.uint8)
        span = cv2.dilate(grey, window).astype(np.float32) - cv2.erode(grey, window)
        flat.append(1 - cv2.resize(span, (32, 32), interpolation=cv2.INTER_AREA) / 255)
    ours, theirs = np.concatenate(learned), np.stack(flat)
    out = {}
    for d, name in enumerate(DISTORTIONS):
        counts = unknown[:, d] != IGNORE
        truth = unknown[:, d][counts] == 1
        if truth.any() and (~truth).any():
            out[name] = (_auc(ours[:, d][counts], truth), _auc(theirs[counts], truth))
    return out


def whole_raw(
    network: DenseNetwork, context: Context, photos: Sequence[Photo]
) -> dict[str, FloatArray]:
    """Raw severities of clean whole photos, per distortion: 2,000 quantiles a photo fit for it."""
    parts: dict[str, list[FloatArray]] = {name: [] for name in DISTORTIONS}
    for photo in photos:
        raw = _whole(network, context, photo.pixels)
        for d, name in enumerate(DISTORTIONS):
            if photo.fit_for(name):
                # Every photo counts the same, whatever its size.
                parts[name].append(np.quantile(raw[d], np.linspace(0, 1, 2000)))
    return {
        k: np.asarray(np.stack(v), np.float32) if v else np.zeros((0, 2000), np.float32)
        for k, v in parts.items()
    }


def planted_cells(
    network: DenseNetwork,
    context: Context,
    photos: Sequence[Photo],
    shapes: Sequence[ByteArray],
    *,
    seed: int = 9,
    count: int = 14,
) -> dict[str, tuple[FloatArray, ByteArray]]:
    """Whole photos with one flaw each, severity 0.25-0.9, cell by cell.

    Returns
    -------
    per distortion raw severities, float32 [n], and labels, uint8 [n], over all the photos that are
    fit for it: the flaw's severity inside, 0 in the rest, IGNORE at the rim and in other flaws.
    """
    raws: dict[str, list[FloatArray]] = {name: [] for name in DISTORTIONS}
    labels: dict[str, list[ByteArray]] = {name: [] for name in DISTORTIONS}
    for kind in DISTORTIONS:
        for i in range(count):
            rng = np.random.default_rng([seed, DISTORTIONS.index(kind), i])
            spoilt, mask, severity = spoil_photo(rng, photos, shapes, kind, 0.25, 0.9)
            raw = _whole(network, context, spoilt.pixels)
            h, w = raw.shape[1:]
            cover = cv2.resize(mask[: h * 8, : w * 8], (w, h), interpolation=cv2.INTER_AREA)
            inside, touched = cover > 0.5, cover > 0.02
            for d, name in enumerate(DISTORTIONS):
                if not spoilt.photo.fit_for(name):
                    continue
                label = np.where(touched, IGNORE, 0)
                if name == kind:
                    label[inside] = round(severity * LABEL_SCALE)
                raws[name].append(raw[d].ravel())
                labels[name].append(label.astype(np.uint8).ravel())
    return {k: (np.concatenate(raws[k]), np.concatenate(labels[k])) for k in DISTORTIONS if raws[k]}


def _whole(network: DenseNetwork, context: Context, pixels: ByteArray) -> FloatArray:
    """Raw severities of a whole photo, cut to multiples of 32: float32 [8, h, w]."""
    h, w = (v // 32 * 32 for v in pixels.shape[:2])
    thumb = cv2.resize(pixels, (128, 128), interpolation=cv2.INTER_AREA)
    with torch.no_grad():
        vector = context(_tensor(np.asarray(thumb, np.uint8)))
        return DenseNetwork.severity(*network(_tensor(pixels[:h, :w]), vector))[0].numpy()


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
    for name in calibration.kinds:
        d = DISTORTIONS.index(name)
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
        self.kinds: tuple[str, ...] = tuple(self.about["distortions"])

    def planes(self, photo: ByteArray) -> dict[str, ByteArray]:
        """Calibrated severity planes, uint8 [ceil(h / 8), ceil(w / 8)], of a uint8 sRGB photo."""
        h, w = photo.shape[:2]
        padded = cv2.copyMakeBorder(photo, 0, -h % 32, 0, -w % 32, cv2.BORDER_REFLECT_101)
        thumb = cv2.resize(photo, (128, 128), interpolation=cv2.INTER_AREA)
        raw = self.session.run(["severity"], {"photo": padded[None], "thumbnail": thumb[None]})[0][
            0
        ]
        raw = raw[:, : -(-h // 8), : -(-w // 8)]
        return {
            name: np.asarray(np.rint(self.calibration.calibration[name](raw[d]) * 255), np.uint8)
            for d, name in enumerate(self.kinds)
        }

    def mask(self, plane: ByteArray, name: str, size: tuple[int, int]) -> npt.NDArray[np.bool_]:
        """The plane's mask at the photo's size (height, width)."""
        full = cv2.resize(plane, (size[1], size[0]), interpolation=cv2.INTER_LINEAR)
        return np.asarray(full >= self.calibration.thresholds[name])


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
    for name in shipped.kinds:
        inter = union = 0
        rest, named, each = [], [], []
        for i in range(count):
            rng = np.random.default_rng([seed, DISTORTIONS.index(name), i])
            spoilt, mask, _ = spoil_photo(rng, photos, shapes, name, 0.6, 0.9)
            planes = shipped.planes(spoilt.pixels)
            found, truth = shipped.mask(planes[name], name, mask.shape), mask > 0.5
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
    area: dict[str, list[float]] = {name: [] for name in shipped.kinds}
    for photo in photos:
        pixels = photo.pixels
        planes = shipped.planes(pixels)
        for name in shipped.kinds:
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


def reliability_table(
    raw: FloatArray, label: ByteArray, calibration: Calibration
) -> dict[str, dict[str, float]]:
    """How often a region is right that the model is so sure of: one row a step of confidence."""
    said: list[FloatArray] = []
    right: list[npt.NDArray[np.bool_]] = []
    for name in calibration.kinds:
        d = DISTORTIONS.index(name)
        plane = np.asarray(np.rint(calibration.calibration[name](raw[:, d]) * 255), np.uint8)
        strength, truth = found_regions(plane, label[:, d], calibration.thresholds[name])
        said.append(calibration.confidence[name](strength))
        right.append(truth)
    confidence, true = np.concatenate(said), np.concatenate(right)
    rows = {}
    for low in (0.0, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9):
        high = 1.01 if low == 0.9 else (low + 0.1 if low else 0.4)
        inside = (confidence >= low) & (confidence < high)
        rows[f"{low:.1f}-{min(high, 1.0):.1f}"] = {
            "regions": float(inside.sum()),
            "said": float(confidence[inside].mean()) if inside.any() else float("nan"),
            "right": float(true[inside].mean()) if inside.any() else float("nan"),
        }
    return rows


def as_text(table: dict[str, dict[str, float]], *, mean: bool = True) -> str:
    """A table as Markdown, with a mean row unless `mean` is false."""
    columns = list(next(iter(table.values())))
    lines = ["| | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for name, row in table.items():
        lines.append(f"| {name} | " + " | ".join(_figure(row[c]) for c in columns) + " |")
    if mean:
        means = [_figure(_mean([row[c] for row in table.values()])) for c in columns]
        lines.append("| mean | " + " | ".join(means) + " |")
    return "\n".join(lines)


def _mean(values: Sequence[float]) -> float:
    known = [v for v in values if v == v]
    return sum(known) / len(known) if known else float("nan")


def _figure(v: float) -> str:
    if v != v:
        return "-"
    return f"{v:.0f}" if v >= 2 else f"{v:.3f}"
