"""Photos: the clean pictures and region shapes that samples are made from, and their parts.

The tables are those of the data folder (`docs/training.md`): `photos/photos.csv` and
`region_shapes/shapes.csv`.
"""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["Photo", "load_photos", "load_shapes"]

ByteImage = npt.NDArray[np.uint8]

TUNE_PHOTOS: Final = 30
_UNFIT: Final = {
    "overexposure": frozenset({"high-key", "white-background-or-clipped-sky"}),
    "low_light": frozenset({"low-key", "night", "dusk"}),
    "contrast": frozenset({"low-contrast", "high-key", "low-key"}),
    "colorfulness": frozenset({"muted-colour", "night", "dusk"}),
}


@dataclass(frozen=True)
class Photo:
    """A clean photo and what its table says of it."""

    file: Path
    split: str
    tags: frozenset[str]
    has_bokeh: bool
    grain: float
    sharp_share: float = 1.0

    @property
    def deep(self) -> bool:
        """All of it in focus and at rest: its clouds are soft by nature, not by a flaw."""
        far = self.tags & {"landscape", "city", "architecture", "aerial"}
        moving = self.tags & {"water", "night"}
        return bool(far) and not moving and not self.has_bokeh and self.sharp_share >= 0.45

    def fit_for(self, distortion: str) -> bool:
        """Whether this photo, clean, says anything about false alarms of a distortion."""
        if self.tags & _UNFIT.get(distortion, frozenset()):
            return False
        if distortion in ("blur", "jitter"):
            return not self.has_bokeh and self.sharp_share >= 0.6
        return distortion != "noise" or self.grain <= 0.75

    @property
    def pixels(self) -> ByteImage:
        """uint8 sRGB, decoded once a process."""
        return _pixels(self.file)


def load_photos(data: Path, part: str, extra: Path | None = None) -> list[Photo]:
    """The photos of `data/photos/photos.csv` that belong to a part: `train`, `tune` or `dev`.

    Those of `extra/photos/photos.csv` (see `extra.adopt`) all go to `train`.
    `tune` is held back from the table's own `train` photos, whole scenes at a time, by the order
    of their names' hashes: the same on every machine. Thresholds and calibration come from it.
    """
    with (data / "photos" / "photos.csv").open(newline="", encoding="utf-8") as f:
        rows = list(csv.DictReader(f))
    sizes: dict[str, int] = {}
    for row in rows:
        if row["split"] == "train":
            sizes[row["scene"]] = sizes.get(row["scene"], 0) + 1
    held: set[str] = set()
    kept = 0
    for scene in sorted(sizes, key=lambda s: hashlib.sha256(s.encode()).hexdigest()):
        if kept >= TUNE_PHOTOS:
            break
        held.add(scene)
        kept += sizes[scene]

    def part_of(row: dict[str, str]) -> str:
        return "tune" if row["split"] == "train" and row["scene"] in held else row["split"]

    photos = [_photo(data / "photos", row, part_of(row)) for row in rows if part_of(row) == part]
    if extra is not None and part == "train":
        with (extra / "photos" / "photos.csv").open(newline="", encoding="utf-8") as f:
            photos += [_photo(extra / "photos", row, "train") for row in csv.DictReader(f)]
    return photos


def _photo(folder: Path, row: dict[str, str], part: str) -> Photo:
    return Photo(
        folder / row["file"],
        part,
        frozenset(row["tags"].split(";")),
        row["has_bokeh"] == "1",
        float(row["noise_sigma"]),
        float(row["sharp_share"]),
    )


def load_shapes(data: Path, part: str) -> list[ByteImage]:
    """Region shapes as masks (255 inside): three of four for `train`, the rest to hold out."""
    table = data / "region_shapes" / "shapes.csv"
    if not table.exists():
        return []
    with table.open(newline="", encoding="utf-8") as f:
        rows = list(csv.DictReader(f))
    masks: list[ByteImage] = []
    for i, row in enumerate(rows):
        if (i % 4 == 3) == (part == "train"):
            continue
        plane = cv2.imread(str(data / "region_shapes" / row["file"]), cv2.IMREAD_GRAYSCALE)
        if plane is None:
            continue
        if row["kind"] == "labels":
            for label in np.unique(plane):
                piece = np.asarray(plane == label, np.uint8) * 255
                if 0.02 < piece.mean() / 255 < 0.6:
                    masks.append(piece)
        else:
            masks.append(np.asarray(plane, np.uint8))
    return masks


@lru_cache(maxsize=500)
def _pixels(file: Path) -> ByteImage:
    data = cv2.imread(str(file), cv2.IMREAD_COLOR)
    if data is None:
        raise FileNotFoundError(f"{file} is no picture that OpenCV reads.")
    return np.ascontiguousarray(data[..., ::-1])
