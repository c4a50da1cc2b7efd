"""Made planes and analyses: blobs, blocks and specks of known places, and hypothesis' draws."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from flawmap_engine.planes import Analysis, ViewPlanes

SIX = ("blur", "jitter", "noise", "overexposure", "low_light", "compression")

Plane = NDArray[np.uint8]


def view_of(
    severity: Mapping[str, Plane], unknown: Mapping[str, Plane] | None = None, view: str = "screen"
) -> ViewPlanes:
    """Planes of a view; what is not in `unknown` is known everywhere. Nobody may write to them."""
    names = tuple(severity)
    blind = unknown or {}
    strong = np.stack([severity[name] for name in names])
    unseen = np.stack([blind.get(name, np.zeros_like(severity[name])) for name in names])
    strong.flags.writeable = unseen.flags.writeable = False
    return ViewPlanes(view=view, distortions=names, severity=strong, unknown=unseen)


def analysis_of(
    screen: ViewPlanes, width: int, height: int, pixel: ViewPlanes | None = None, **changes: Any
) -> Analysis:
    """An analysis with a subject in the middle and nothing clipped."""
    rows, cols = screen.grid.rows, screen.grid.cols
    y, x = (np.abs(np.linspace(-1, 1, n, dtype=np.float32)) for n in (rows, cols))
    lost = np.zeros((-(-height // 8), -(-width // 8)), np.uint8)
    values: dict[str, Any] = {
        "width": width,
        "height": height,
        "screen": screen,
        "pixel": pixel or screen,
        "quality": 0.61234567,
        "features": np.zeros(784, np.float32),
        "subject": np.clip(1.2 - x[None, :] - y[:, None], 0, 1).astype(np.float32),
        "clipped": lost,
        "gamut": lost.copy(),
        "thumbnail": np.zeros((128, 128, 3), np.uint8),
        "model_sha256": "0" * 64,
    }
    return Analysis(**{**values, **changes})


def blocks(rows: int, cols: int, *hot: tuple[int, int, int, int], value: int = 230) -> Plane:
    """Zeros with hot blocks (row, col, rows, cols)."""
    plane = np.zeros((rows, cols), np.uint8)
    for row, col, down, across in hot:
        plane[row : row + down, col : col + across] = value
    return plane


def random_plane(rng: np.random.Generator, rows: int, cols: int) -> Plane:
    """Smooth hills, hard blocks, specks, or nothing."""
    kind = rng.choice(4, p=(0.45, 0.3, 0.2, 0.05))
    if kind == 0:
        hills = cv2.GaussianBlur(
            rng.random((rows, cols)).astype(np.float32), (0, 0), float(rng.uniform(0.5, 2))
        )
        hills -= hills.min()
        return np.asarray(255 * hills / max(float(hills.max()), 1e-6), np.uint8)
    if kind == 1:
        plane = np.zeros((rows, cols), np.uint8)
        largest = rng.choice([2, 6])
        for _ in range(int(rng.integers(1, 12))):
            row, col = int(rng.integers(rows)), int(rng.integers(cols))
            down, across = (int(rng.integers(1, 2 + n // largest)) for n in (rows, cols))
            plane[row : row + down, col : col + across] = rng.integers(256)
        return plane
    if kind == 2:
        sparse = rng.random((rows, cols)) < rng.uniform(0.005, 0.3)
        return np.where(sparse, rng.integers(0, 256, (rows, cols)), 0).astype(np.uint8)
    return np.full((rows, cols), rng.integers(0, 256), np.uint8)


def random_view(
    rng: np.random.Generator, rows: int, cols: int, names: tuple[str, ...], view: str = "screen"
) -> ViewPlanes:
    """A view of random planes; half of the distortions have unknown places."""
    severity = {name: random_plane(rng, rows, cols) for name in names}
    unknown = {name: random_plane(rng, rows, cols) for name in names if rng.random() < 0.5}
    return view_of(severity, unknown, view)


@st.composite
def analyses(
    draw: st.DrawFn, names: tuple[str, ...] = SIX, side: tuple[int, int] = (1, 400)
) -> tuple[Analysis, dict[str, int]]:
    """An analysis of a photo of odd size, and thresholds.

    All comes from one seed: hypothesis' own integers are nearly always tiny.
    """
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    width, height = (int(n) for n in rng.integers(side[0], side[1] + 1, 2))
    scale = min(1.0, 2048 / max(width, height))
    sizes = [(max(1, round(n * scale)) + 7) // 8 for n in (height, width)]
    screen = random_view(rng, *sizes, names)
    pixel = screen
    if scale < 1:
        pixel = random_view(rng, -(-height // 8), -(-width // 8), names, "pixel")
    thresholds = {name: int(rng.integers(1, 256)) for name in names}
    lost = [random_plane(rng, -(-height // 8), -(-width // 8)) for _ in range(2)]
    made = analysis_of(
        screen,
        width,
        height,
        pixel,
        subject=(random_plane(rng, *sizes) / 255).astype(np.float32),
        clipped=lost[0],
        gamut=lost[1],
        quality=float(rng.random()),
    )
    return made, thresholds
