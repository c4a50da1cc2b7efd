"""One file with all that a training needs, so that it can go where the photos cannot.

A plain tar: `photos/photos.csv` with the rows that teach or tune, their pictures, and the region
shapes. Unpacked, it is a folder for `--data`. The photos that report stay at home.
"""

from __future__ import annotations

import csv
import io
import tarfile
from pathlib import Path

import cv2
import numpy as np

from .photos import Photo, load_photos

__all__ = ["pack", "size_of"]


def size_of(text: str) -> int:
    """Bytes of `50M`, `800k` or a plain number; raises ValueError if it is none."""
    units = {"k": 10**3, "m": 10**6, "g": 10**9}
    unit = units.get(text[-1:].lower())
    return int(float(text[:-1]) * unit) if unit else int(text)


def pack(data: Path, out: Path, most: int, extra: Path | None = None) -> tuple[int, int]:
    """Write the tar; returns how many photos are in it and how many had to be made smaller.

    Parameters
    ----------
    data, extra : folders of photos; those of `extra` only teach
    out : the tar to write
    most : bytes that it may have

    Raises
    ------
    ValueError
        If even small copies of the photos do not fit.
    """
    files = {
        f"region_shapes/{p.name}": p.read_bytes()
        for p in sorted((data / "region_shapes").glob("*"))
        if p.suffix in (".png", ".csv")
    }
    rows, pictures = _rows(data, {p.file.name for p in _teaching(data)}), {}
    for row in rows:
        pictures[row["file"]] = (data / "photos" / row["file"]).read_bytes()
    if extra is not None:
        for row in _rows(extra, None):
            rows.append(row)
            pictures[row["file"]] = (extra / "photos" / row["file"]).read_bytes()
    # A tar rounds every file up to blocks of 512 bytes, and has one of them as its head.
    room = most - sum(len(v) + 1024 for v in files.values()) - 200_000
    shrunk = 0
    for name in sorted(pictures, key=lambda n: -len(pictures[n])):
        if sum(len(v) + 1024 for v in pictures.values()) <= room:
            break
        pictures[name] = _smaller(pictures[name])
        shrunk += 1
    if sum(len(v) + 1024 for v in pictures.values()) > room:
        raise ValueError(f"{len(pictures)} photos do not fit into {most} bytes.")
    columns = list(dict.fromkeys(k for row in rows for k in row))
    table = io.StringIO(newline="")
    writer = csv.DictWriter(table, columns, restval="")
    writer.writeheader()
    writer.writerows(rows)
    files["photos/photos.csv"] = table.getvalue().encode()
    files |= {f"photos/{name}": data_ for name, data_ in pictures.items()}
    out.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(out, "w") as tar:
        for name, content in files.items():
            about = tarfile.TarInfo(name)
            about.size = len(content)
            tar.addfile(about, io.BytesIO(content))
    return len(pictures), shrunk


def _teaching(data: Path) -> list[Photo]:
    return [*load_photos(data, "train"), *load_photos(data, "tune")]


def _rows(folder: Path, names: set[str] | None) -> list[dict[str, str]]:
    with (folder / "photos" / "photos.csv").open(newline="", encoding="utf-8") as f:
        return [r for r in csv.DictReader(f) if names is None or r["file"] in names]


def _smaller(data: bytes) -> bytes:
    """The picture with three quarters of the side, as WebP."""
    x = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if x is None:
        return data
    x = np.asarray(cv2.resize(x, None, fx=0.75, fy=0.75, interpolation=cv2.INTER_AREA), np.uint8)
    done, made = cv2.imencode(".webp", x, [cv2.IMWRITE_WEBP_QUALITY, 90])
    return made.tobytes() if done and len(made) < len(data) else data
