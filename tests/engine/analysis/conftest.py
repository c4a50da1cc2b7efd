"""Stand-in networks and photos that need no decoder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from tests.engine.standin import make_standin

from flawmap_engine.inference import Networks


@dataclass
class Picture:
    """What of a photo an analysis looks at."""

    rgb: np.ndarray
    alpha: np.ndarray | None = None
    clipped: np.ndarray | None = None
    gamut: np.ndarray | None = None

    def __post_init__(self):
        height, width = self.rgb.shape[:2]
        cells = (-(-height // 8), -(-width // 8))
        self.clipped = np.zeros(cells, np.uint8) if self.clipped is None else self.clipped
        self.gamut = np.zeros(cells, np.uint8) if self.gamut is None else self.gamut


@pytest.fixture(scope="session")
def picture():
    return Picture


@pytest.fixture(scope="session")
def standin(tmp_path_factory):
    return make_standin(tmp_path_factory.mktemp("weights"))


@pytest.fixture(scope="session")
def networks(standin) -> Iterator[Networks]:
    with Networks.load(weights=standin, device="cpu", threads=2) as networks:
        yield networks


@pytest.fixture(scope="session")
def textured():
    """A photo of a size: smooth shapes, soft edges and some grain, never flat."""

    def make(height: int, width: int, seed: int = 0) -> np.ndarray:
        rng = np.random.default_rng(seed)
        y, x = np.mgrid[0:height, 0:width].astype(np.float32)
        base = 110 + 60 * np.sin(x / 37 + seed) * np.cos(y / 53) + 20 * np.sin((x + 2 * y) / 9)
        rgb = base[..., None] + rng.normal(0, 4, (height, width, 3)).astype(np.float32)
        return np.clip(rgb, 0, 255).astype(np.uint8)

    return make
