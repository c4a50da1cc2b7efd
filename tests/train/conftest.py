"""A tiny folder of photos in the layout that the training reads: drawn here, nothing is fetched."""

from __future__ import annotations

import csv

import cv2
import numpy as np
import pytest
import torch

COLUMNS = ("file", "split", "scene", "tags", "has_bokeh", "noise_sigma", "sharp_share")


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)
    cv2.setNumThreads(1)


def textured(seed: int, height: int = 320, width: int = 416) -> np.ndarray:
    """A picture with detail at every size, so that every flaw can show: uint8 sRGB."""
    rng = np.random.default_rng(seed)
    x = np.zeros((height, width, 3), np.float32)
    for grid in (3, 9, 27, 80, 200):
        noise = rng.standard_normal((grid, grid, 3)).astype(np.float32)
        x += cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC) * 0.08
    for _ in range(60):
        colour = [float(v) for v in rng.uniform(-0.3, 0.3, 3)]
        a, b = rng.integers(0, (width, height)), rng.integers(0, (width, height))
        layer = np.zeros_like(x)
        cv2.line(layer, [int(v) for v in a], [int(v) for v in b], colour, int(rng.integers(1, 5)))
        x += layer
    return np.clip((x + 0.45) * 255, 0, 255).astype(np.uint8)


@pytest.fixture(scope="session")
def data(tmp_path_factory):
    """38 train photos, two of them in one scene, two dev photos, and four region shapes."""
    root = tmp_path_factory.mktemp("data")
    (root / "photos").mkdir()
    (root / "region_shapes").mkdir()
    rows = []
    for i in range(40):
        name = f"p{i:02}.png"
        split = "dev" if i >= 38 else "train"
        if i < 8 or split == "dev":
            cv2.imwrite(str(root / "photos" / name), textured(i)[..., ::-1])
        else:
            cv2.imwrite(str(root / "photos" / name), textured(i, 272, 288)[..., ::-1])
        scene = f"scene{i - 1 if i == 1 else i}"
        rows.append((name, split, scene, "day;texture", "0", "0.0", "0.9"))
    with (root / "photos" / "photos.csv").open("w", newline="", encoding="utf-8") as f:
        table = csv.writer(f)
        table.writerow(COLUMNS)
        table.writerows(rows)
    shapes = []
    for i in range(4):
        plane = np.zeros((96, 128), np.uint8)
        cv2.circle(plane, (40 + 12 * i, 48), 20 + 4 * i, 255, -1)
        cv2.imwrite(str(root / "region_shapes" / f"mask_{i}.png"), plane)
        shapes.append((f"mask_{i}.png", "binary"))
    with (root / "region_shapes" / "shapes.csv").open("w", newline="", encoding="utf-8") as f:
        table = csv.writer(f)
        table.writerow(("file", "kind"))
        table.writerows(shapes)
    return root
