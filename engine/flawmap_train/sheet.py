"""Contact sheet of what the generator makes: crops with the outline of each damage, for the eye."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from flawmap_api.palette import COLOURS

from .photos import Photo
from .synthesis import CROP, Sample, make_sample
from .words import DISTORTIONS, IGNORE, LABEL_SCALE

__all__ = ["write_sheet"]


def write_sheet(
    file: Path,
    photos: Sequence[Photo],
    shapes: Sequence[npt.NDArray[np.uint8]],
    *,
    seed: int = 0,
    only: str | None = None,
    columns: int = 6,
    rows: int = 5,
) -> None:
    """Write `columns` x `rows` samples as one PNG; below each, what is planted and how strong."""
    tiles = []
    for i in range(columns * rows):
        sample = make_sample(np.random.default_rng([seed, i]), photos, shapes, only=only)
        tiles.append(_tile(sample))
    lines = [np.hstack(tiles[r * columns : (r + 1) * columns]) for r in range(rows)]
    cv2.imwrite(str(file), np.vstack(lines)[..., ::-1])


def _tile(sample: Sample) -> npt.NDArray[np.uint8]:
    picture = sample.crop.copy()
    words = []
    for d, name in enumerate(DISTORTIONS):
        plane = sample.label[d]
        planted = (plane > 0) & (plane != IGNORE)
        if planted.any():
            mask = cv2.resize(
                planted.astype(np.uint8), (CROP, CROP), interpolation=cv2.INTER_NEAREST
            )
            edges, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
            cv2.drawContours(picture, edges, -1, COLOURS[name], 1)
            words.append(f"{name[:5]} {np.median(plane[planted]) / LABEL_SCALE:.2f}")
    foot = np.full((18, CROP, 3), 20, np.uint8)
    text = "  ".join(words) or "clean"
    cv2.putText(
        foot, text, (3, 13), cv2.FONT_HERSHEY_SIMPLEX, 0.38, (230, 230, 230), 1, cv2.LINE_AA
    )
    thumb = cv2.resize(sample.thumbnail, (64, 64), interpolation=cv2.INTER_AREA)
    picture[:64, -64:] = thumb
    out = np.vstack([picture, foot])
    return np.pad(out, ((0, 4), (0, 4), (0, 0)))
