"""Packed crops on disk: the generator writes shards, the training reads them at its own pace.

A shard is a folder with `crops.npy` (uint8 n x 256 x 256 x 3), `labels.npy` and `unknown.npy`
(uint8 n x 8 x 32 x 32), `context.npy` (float32 n x CONTEXT) and `shard.json`. It is
written beside its place and renamed into it. Shard k of seed s is always the same.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import torch

from .network import Context
from .photos import Photo, load_photos, load_shapes
from .synthesis import make_sample

__all__ = ["Shard", "build_shard", "fill", "shards"]

VERSION = 2


@dataclass(frozen=True)
class Shard:
    """An opened shard; arrays are memory-mapped."""

    folder: Path
    crops: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.uint8]
    context: npt.NDArray[np.float32]
    unknown: npt.NDArray[np.uint8]

    @classmethod
    def open(cls, folder: Path) -> Shard:
        """Map a shard's arrays; raises FileNotFoundError if it is none."""

        def load(name: str) -> npt.NDArray[Any]:
            return np.load(folder / f"{name}.npy", mmap_mode="r")

        return cls(
            folder, load("crops"), load("labels"), np.array(load("context")), load("unknown")
        )


def shards(folder: Path) -> list[Path]:
    """Finished shards of a cache, oldest first."""
    return sorted(p.parent for p in folder.glob("shard-*/shard.json"))


def build_shard(
    index: int,
    *,
    seed: int,
    count: int,
    photos: list[Photo],
    shapes: list[npt.NDArray[np.uint8]],
    context: Context,
    out: Path,
    clean: bool = False,
) -> Path:
    """Make one shard in `out` and return its folder; does nothing if it is there."""
    done = out / f"shard-{index:05d}"
    if (done / "shard.json").exists():
        return done
    samples = [
        make_sample(np.random.default_rng([seed, index, i]), photos, shapes, clean=clean)
        for i in range(count)
    ]
    vectors = []
    with torch.no_grad():
        for i in range(0, count, 64):
            batch = np.stack([s.thumbnail for s in samples[i : i + 64]]).transpose(0, 3, 1, 2)
            vectors.append(context(torch.from_numpy(batch.astype(np.float32))).numpy())
    part = out / f"part-{index:05d}-{os.getpid()}"
    part.mkdir(parents=True)
    np.save(part / "crops.npy", np.stack([s.crop for s in samples]))
    np.save(part / "labels.npy", np.stack([s.label for s in samples]))
    np.save(part / "unknown.npy", np.stack([s.unknown for s in samples]))
    np.save(part / "context.npy", np.concatenate(vectors))
    (part / "shard.json").write_text(json.dumps({"version": VERSION, "seed": seed, "count": count}))
    part.rename(done)
    return done


def fill(
    data: Path,
    out: Path,
    *,
    part: str,
    seed: int,
    count: int,
    first: int = 0,
    step: int = 1,
    size: int = 512,
    keep: int | None = None,
    clean: bool = False,
    extra: Path | None = None,
) -> Iterator[Path]:
    """Make `count` shards of a part; `first` and `step` let several processes share the work.

    `keep` bounds the cache: when there are more shards, the oldest go, so that a generator that
    runs beside the training keeps showing it new crops.
    """
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    photos, shapes = load_photos(data, part, extra), load_shapes(data, part)
    if not photos:
        raise FileNotFoundError(f"{data} holds no photos for the part '{part}'.")
    context = Context()
    out.mkdir(parents=True, exist_ok=True)
    for index in range(first, count, step):
        yield build_shard(
            index,
            seed=seed,
            count=size,
            photos=photos,
            shapes=shapes,
            context=context,
            out=out,
            clean=clean,
        )
        if keep is not None:
            for old in shards(out)[:-keep]:
                shutil.rmtree(old, ignore_errors=True)
