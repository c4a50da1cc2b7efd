"""More clean photos: a folder of pictures brought into the layout that the training reads.

Pictures are reduced to 1,200 px and kept as WebP; what a table can measure is measured (tags,
grain, share that is sharp), what only an eye can tell is left open and read from a list. A picture
that resembles one of the photos or sets that report or test is left out. They only ever teach.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from .degrade import floats_of, luma

__all__ = ["COLUMNS", "adopt", "likeness", "measured", "signature"]

ByteImage = npt.NDArray[np.uint8]
Signature = npt.NDArray[np.float32]

COLUMNS: Final = (
    "file", "source_repo", "original_path", "licence", "split", "scene", "tags", "has_bokeh",
    "noise_sigma", "sharp_share",
)  # fmt: skip
_LONG: Final = 1200
_ALIKE: Final = 0.93
_ENDINGS: Final = {".png", ".jpg", ".jpeg", ".webp", ".bmp"}


def adopt(
    pictures: Sequence[Path],
    out: Path,
    *,
    apart: Iterable[Path],
    source: str,
    licence: str,
    bokeh: frozenset[str] = frozenset(),
    refused: frozenset[str] = frozenset(),
) -> list[dict[str, str]]:
    """Bring pictures into `out` and add them to its `photos.csv`; returns the new rows.

    Parameters
    ----------
    pictures : files to take
    out : folder that gets `photos/photos.csv` and `photos/*.webp`
    apart : folders of photos that must stay unseen; whatever resembles one of theirs is left out
    source, licence : as the table and the model card will name them
    bokeh : stems of pictures whose background is out of focus, as an eye has found
    refused : stems of pictures that are no clean photo, as an eye has found
    """
    folder = out / "photos"
    folder.mkdir(parents=True, exist_ok=True)
    known = [signature(p) for root in apart for p in _pictures(root)]
    table = folder / "photos.csv"
    rows = []
    if table.exists():
        with table.open(newline="", encoding="utf-8") as f:
            rows = list(csv.DictReader(f))
    known += [signature(folder / r["file"]) for r in rows]
    new: list[dict[str, str]] = []
    for file in sorted(pictures):
        mine = None if file.stem in refused else signature(file)
        if mine is None or any(likeness(mine, s) > _ALIKE for s in known if s is not None):
            continue
        known.append(mine)
        x = _reduced(_read(file))
        name = f"x{len(rows) + len(new):03}_{file.stem[:24]}.webp"
        cv2.imwrite(str(folder / name), x[..., ::-1], [cv2.IMWRITE_WEBP_QUALITY, 94])
        tags, grain, sharp = measured(x)
        new.append(
            dict(
                zip(
                    COLUMNS,
                    (
                        name,
                        source,
                        file.name,
                        licence,
                        "train",
                        file.stem,
                        ";".join(tags),
                        str(int(file.stem in bokeh)),
                        f"{grain:.2f}",
                        f"{sharp:.3f}",
                    ),
                    strict=True,
                )
            )
        )
    with table.open("w", newline="", encoding="utf-8") as f:
        writer = csv.DictWriter(f, COLUMNS)
        writer.writeheader()
        writer.writerows([*rows, *new])
    return new


def signature(file: Path) -> Signature | None:
    """What a picture looks like from afar: 16 x 16 lumas, mean 0, length 1; None if it is none."""
    plane = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
    if plane is None:
        return None
    small = cv2.resize(plane, (16, 16), interpolation=cv2.INTER_AREA).astype(np.float32)
    small -= small.mean()
    return np.asarray(small / (float(np.linalg.norm(small)) + 1e-6), np.float32)


def likeness(a: Signature, b: Signature) -> float:
    """Correlation of two signatures, also mirrored: 1 for the same picture."""
    return float(max((a * b).sum(), (a * b[:, ::-1]).sum()))


def measured(x: ByteImage) -> tuple[list[str], float, float]:
    """Tags, grain (grey levels) and share of 32 px blocks with a sharp edge, of a uint8 photo."""
    y = luma(floats_of(x)) * 255
    tags = []
    if y.mean() < 60:
        tags.append("low-key")
    if y.mean() > 185:
        tags.append("high-key")
    if y.std() < 28:
        tags.append("low-contrast")
    if _colourfulness(x) < 16:
        tags.append("muted-colour")
    if float((x.min(-1) >= 252).mean()) > 0.03:
        tags.append("white-background-or-clipped-sky")
    edge = np.abs(cv2.Laplacian(y, cv2.CV_32F))
    h, w = (v // 32 * 32 for v in y.shape)
    blocks = edge[:h, :w].reshape(h // 32, 32, w // 32, 32).transpose(0, 2, 1, 3)
    sharp = float((np.percentile(blocks.reshape(-1, 1024), 99, axis=1) > 24).mean())
    diagonal = (y[:-1:2, :-1:2] - y[1::2, :-1:2] - y[:-1:2, 1::2] + y[1::2, 1::2]) / 2
    local = cv2.blur(np.abs(diagonal), (8, 8))[4::8, 4::8]
    grain = float(np.percentile(local, 10)) / 0.8
    return tags, grain, sharp


def _colourfulness(x: ByteImage) -> float:
    """Hasler and Suesstrunk's measure."""
    r, g, b = (x[..., i].astype(np.float32) for i in range(3))
    rg, yb = r - g, 0.5 * (r + g) - b
    return float(np.hypot(rg.std(), yb.std()) + 0.3 * np.hypot(rg.mean(), yb.mean()))


def _read(file: Path) -> ByteImage:
    data = cv2.imread(str(file), cv2.IMREAD_COLOR)
    if data is None:
        raise FileNotFoundError(f"{file} is no picture that OpenCV reads.")
    return np.ascontiguousarray(data[..., ::-1], np.uint8)


def _reduced(x: ByteImage) -> ByteImage:
    h, w = x.shape[:2]
    scale = _LONG / max(h, w)
    if scale >= 1:
        return x
    size = (round(w * scale), round(h * scale))
    return np.asarray(cv2.resize(x, size, interpolation=cv2.INTER_AREA), np.uint8)


def _pictures(root: Path) -> list[Path]:
    return sorted(p for p in root.rglob("*") if p.suffix.lower() in _ENDINGS)
