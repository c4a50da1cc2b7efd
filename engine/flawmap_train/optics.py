"""Kernels of unsharpness: discs, polygons and bells out of focus, and the paths of a shaken camera.

A kernel is float32, odd-sided, sums to 1. Its `spread` is twice the standard deviation along an
axis (out of focus) or the length of the straight path that is as long (motion): what the
severity curves take.
"""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

__all__ = [
    "blur_kernel",
    "disc_kernel",
    "filter_linear",
    "gaussian_kernel",
    "motion_kernel",
    "path_length",
    "polygon_kernel",
    "spread_of",
    "straight_path",
    "to_linear",
    "to_srgb",
]

Kernel = npt.NDArray[np.float32]
FloatImage = npt.NDArray[np.float32]

_FINE = 5  # sub-pixel raster on which kernels are drawn


def to_linear(x: FloatImage) -> FloatImage:
    """sRGB 0..1 to linear light, float32 (values outside 0..1 are clipped)."""
    steps = np.clip(x, 0, 1) * 4095.0 + 0.5
    return _TO_LINEAR[steps.astype(np.int32)]


def to_srgb(x: FloatImage) -> FloatImage:
    """Linear light 0..1 to sRGB, float32 (values outside 0..1 are clipped)."""
    # The table runs over the square root, so that the dark end keeps its precision.
    steps = np.sqrt(np.clip(x, 0, 1)) * 8191.0 + 0.5
    return _TO_SRGB[steps.astype(np.int32)]


def _tables() -> tuple[FloatImage, FloatImage]:
    s = np.linspace(0, 1, 4096)
    linear = np.where(s <= 0.04045, s / 12.92, ((s + 0.055) / 1.055) ** 2.4)
    root = np.linspace(0, 1, 8192) ** 2
    srgb = np.where(root <= 0.0031308, 12.92 * root, 1.055 * root ** (1 / 2.4) - 0.055)
    return linear.astype(np.float32), srgb.astype(np.float32)


_TO_LINEAR, _TO_SRGB = _tables()


def filter_linear(image: FloatImage, kernel: Kernel) -> FloatImage:
    """Filter an sRGB picture (0..1, h x w x 3) in linear light, as a lens would."""
    light = cv2.filter2D(to_linear(image), -1, kernel, borderType=cv2.BORDER_REFLECT_101)
    return to_srgb(np.asarray(light, np.float32))


def gaussian_kernel(spread: float) -> Kernel:
    """A bell whose twice-sd is `spread` px."""
    sigma = spread / 2
    n = int(np.ceil(3 * sigma))
    g = np.exp(-(np.arange(-n, n + 1) ** 2) / (2 * sigma * sigma))
    return np.asarray(np.outer(g, g) / g.sum() ** 2, np.float32)


def disc_kernel(radius: float) -> Kernel:
    """A disc of `radius` px: each pixel's share that the disc covers."""
    return polygon_kernel(radius, 0, 0.0)


def polygon_kernel(radius: float, blades: int, turn: float) -> Kernel:
    """The image of an aperture of `blades` straight edges (0: a circle), as large as the disc."""
    n = int(np.ceil(radius + 0.5))
    side = 2 * n + 1
    g = (np.arange(side * _FINE) + 0.5) / _FINE - 0.5 - n
    x, y = np.meshgrid(g, g)
    if blades < 3:
        inside = x * x + y * y <= radius * radius
    else:
        apothem = radius * np.sqrt(np.pi / (blades * np.tan(np.pi / blades)))
        sector = 2 * np.pi / blades
        angle = np.mod(np.arctan2(y, x) + turn, sector) - sector / 2
        inside = np.hypot(x, y) * np.cos(angle) <= apothem
    kernel = inside.reshape(side, _FINE, side, _FINE).mean((1, 3))
    return np.asarray(kernel / kernel.sum(), np.float32)


def blur_kernel(rng: np.random.Generator, spread: float) -> Kernel:
    """A kernel out of focus with twice-sd `spread`: bell, disc or polygon."""
    radius = float(np.sqrt(max(spread * spread - 0.45, 0.04)))
    kind = rng.random()
    if kind < 0.38 or radius < 0.6:
        return gaussian_kernel(spread)
    if kind < 0.78:
        return disc_kernel(radius)
    return polygon_kernel(radius, int(rng.integers(5, 8)), float(rng.uniform(0, 2 * np.pi)))


def spread_of(kernel: Kernel) -> float:
    """Twice the standard deviation of a kernel along one axis (mean of both), px."""
    n = kernel.shape[0] // 2
    g = np.arange(-n, n + 1)
    total = kernel.sum()
    vx = float((kernel.sum(0) * g * g).sum() / total - ((kernel.sum(0) * g).sum() / total) ** 2)
    vy = float((kernel.sum(1) * g * g).sum() / total - ((kernel.sum(1) * g).sum() / total) ** 2)
    return float(2 * np.sqrt(max((vx + vy) / 2, 0.0)))


def straight_path(length: float, angle: float) -> Kernel:
    """A straight path of `length` px, one pixel wide."""
    return _draw(np.array([[-0.5, 0.0], [0.5, 0.0]]) * (length - 1), angle)


def motion_kernel(rng: np.random.Generator, length: float) -> Kernel:
    """The path of a camera or a subject that moved by `length` px along its main direction."""
    angle = float(rng.uniform(0, 2 * np.pi))
    kind = rng.random()
    reach = max(length - 1.0, 0.2)
    if kind < 0.5:
        points = np.array([[-0.5, 0.0], [0.5, 0.0]])
    elif kind < 0.95:
        # A wandering hand: steady drift with a smooth sideways walk and uneven dwell.
        t = np.linspace(0, 1, 24)
        dwell = t ** float(np.exp(rng.uniform(-0.5, 0.5)))
        walk = np.cumsum(np.cumsum(rng.standard_normal(24)))
        walk -= np.linspace(walk[0], walk[-1], 24)
        walk *= float(rng.uniform(0.05, 0.35)) / (np.ptp(walk) + 1e-9)
        points = np.stack([dwell - 0.5, walk], 1)
    else:
        points = np.array([[-0.5, 0.0], [0.5, 0.0]])
        return _twice(points * reach, angle)
    return _draw(points * reach, angle)


def _draw(points: npt.NDArray[np.float64], angle: float) -> Kernel:
    turned = points @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    n = int(np.ceil(np.abs(turned).max())) + 1
    side = (2 * n + 1) * _FINE
    canvas = np.zeros((side, side), np.float32)
    steps = np.maximum(1, np.ceil(np.hypot(*np.diff(turned, axis=0).T) * _FINE).astype(int))
    each = max(1, int(np.ceil(24 / len(steps))))
    for (a, b), count in zip(pairwise(turned), steps, strict=True):
        # Every piece of the path gets the same time, hence the same light.
        along = np.linspace(0, 1, int(count) * each, endpoint=False)
        at = a + (b - a) * along[:, None]
        ij = np.clip(((at + n + 0.5) * _FINE).astype(int), 0, side - 1)
        np.add.at(canvas, (ij[:, 1], ij[:, 0]), 1.0 / len(along))
    return _as_pixels(canvas, n)


def _twice(points: npt.NDArray[np.float64], angle: float) -> Kernel:
    """A double exposure: the picture twice, a path apart."""
    turned = points @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    n = int(np.ceil(np.abs(turned).max())) + 1
    side = (2 * n + 1) * _FINE
    canvas = np.zeros((side, side), np.float32)
    ij = np.clip(((turned + n + 0.5) * _FINE).astype(int), 0, side - 1)
    canvas[ij[:, 1], ij[:, 0]] = 1
    return _as_pixels(canvas, n)


def _as_pixels(canvas: Kernel, n: int) -> Kernel:
    """One pixel of width all along, then from the fine raster to pixels."""
    wide = cv2.blur(canvas, (_FINE, _FINE), borderType=cv2.BORDER_CONSTANT)
    kernel = wide.reshape(2 * n + 1, _FINE, 2 * n + 1, _FINE).mean((1, 3))
    return np.asarray(kernel / kernel.sum(), np.float32)


def path_length(kernel: Kernel) -> float:
    """Length of the straight path that spreads as far along the kernel's main direction, px."""
    n = kernel.shape[0] // 2
    g = np.arange(-n, n + 1, dtype=np.float64)
    x, y = np.meshgrid(g, g)
    k = kernel / kernel.sum()
    mx, my = (k * x).sum(), (k * y).sum()
    xx, yy, xy = (
        (k * (x - mx) ** 2).sum(),
        (k * (y - my) ** 2).sum(),
        (k * (x - mx) * (y - my)).sum(),
    )
    main = (xx + yy) / 2 + np.sqrt(((xx - yy) / 2) ** 2 + xy**2)
    across = (xx + yy) / 2 - np.sqrt(((xx - yy) / 2) ** 2 + xy**2)
    # What the pixel itself spreads is there across the path too, and is no motion.
    return float(np.sqrt(12 * max(main - min(across, 1 / 6), 0.0)) + 1)
