"""Out of focus and shaken parts of a sample: even, sloping with depth, and whole backgrounds.

Bokeh *is* blur. A background is made as a lens makes it: wide discs (8-40 px) of everything but an
object-like shape, whose own light stays out of it, with highlights that were brighter than white.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from .bench import CROP, Bench, blend, seen_by
from .degrade import draw_severity, luma
from .optics import (
    blur_kernel,
    disc_kernel,
    filter_linear,
    motion_kernel,
    path_length,
    polygon_kernel,
    spread_of,
    to_linear,
    to_srgb,
)
from .regions import draw_mask
from .severity_curves import BLUR, JITTER, disc_spread

__all__ = ["defocus", "shake"]

FloatImage = npt.NDArray[np.float32]
FloatPlane = npt.NDArray[np.float32]

_SHOWS = 1.1 / 255


def defocus(bench: Bench) -> None:
    """Blur: narrow, wide, sloping, or a whole background."""
    rng = bench.rng
    kind = rng.random()
    if kind < 0.17:
        _background(bench)
        return
    if kind < 0.27:
        _slope(bench)
        return
    _even(bench, wide=kind < 0.39)


def _even(bench: Bench, *, wide: bool = False) -> None:
    """One blur all over the mask."""
    rng = bench.rng
    spread = (
        float(np.exp(rng.uniform(np.log(4.0), np.log(18.0))))
        if wide
        else BLUR.parameter_of(draw_severity(rng, 0.88))
    )
    kernel = blur_kernel(rng, spread)
    _put(bench, "blur", kernel, float(BLUR.severity(spread_of(kernel))), spread)


def shake(bench: Bench) -> None:
    """Jitter: paths from a pixel to sixty."""
    rng = bench.rng
    length = (
        float(np.exp(rng.uniform(np.log(12.0), np.log(60.0))))
        if rng.random() < 0.22
        else JITTER.parameter_of(draw_severity(rng, 0.88)) + 1
    )
    kernel = motion_kernel(rng, length)
    length = path_length(kernel)
    _put(bench, "jitter", kernel, float(JITTER.severity(length - 1)), 0.4 * length)


def _put(bench: Bench, name: str, kernel: FloatPlane, severity: float, reach: float) -> None:
    before = bench.x
    after = filter_linear(before, kernel)
    change = np.abs(luma(after) - luma(before))
    seen = seen_by(change, _SHOWS, 10 + reach)
    placed = bench.place_where(seen)
    if placed is None:
        return
    bench.x = blend(before, after, placed[0])
    bench.write(name, severity, placed[0], seen)


def _slope(bench: Bench) -> None:
    """Focus that runs out along the ground: four blurs, blended by depth."""
    rng = bench.rng
    before = bench.x
    widest = float(np.exp(rng.uniform(np.log(2.5), np.log(16.0))))
    angle = float(rng.uniform(0, 2 * np.pi))
    v, u = np.mgrid[0:CROP, 0:CROP].astype(np.float32) / CROP - 0.5
    depth = (u * np.cos(angle) + v * np.sin(angle)) * float(rng.uniform(1.0, 2.2))
    depth = np.clip(depth + float(rng.uniform(0.1, 0.8)), 0, 1)
    if rng.random() < 0.4:
        # In focus in a band alone: soft before it and behind it.
        depth = np.clip(np.abs(depth * 2 - 1) * 1.4 - 0.3, 0, 1)
    levels = [before, *(filter_linear(before, blur_kernel(rng, widest * k / 3)) for k in (1, 2, 3))]
    steps = np.asarray(depth * 3, np.float32)
    after = np.zeros_like(before)
    for k, level in enumerate(levels):
        after += level * np.clip(1 - np.abs(steps - k), 0, 1)[..., None]
    seen = seen_by(np.abs(luma(after) - luma(before)), _SHOWS, 10 + widest)
    mask = np.asarray(depth > 0.02, np.float32)
    bench.x = after
    bench.write("blur", BLUR.severity(depth * widest).astype(np.float32), mask, seen)


def _background(bench: Bench) -> None:
    """All but one thing far out of focus, flat and smooth parts included."""
    rng = bench.rng
    before = bench.x
    radius = float(np.exp(rng.uniform(np.log(5.0), np.log(40.0))))
    for _ in range(8):
        thing = draw_mask(rng, CROP, bench.shapes, kind=str(rng.choice(["shape", "ellipse"])))
        if 0.04 < float(thing.mean()) < 0.7:
            break
    thing = np.asarray(cv2.GaussianBlur(thing, (0, 0), float(rng.uniform(0.5, 1.6))), np.float32)
    if rng.random() < 0.25:
        # The thing in front is the soft one.
        thing = 1 - thing
    kernel = (
        disc_kernel(radius)
        if rng.random() < 0.6
        else polygon_kernel(radius, int(rng.integers(5, 8)), float(rng.uniform(0, 6.3)))
    )
    light = to_linear(before)
    if rng.random() < 0.5:
        # A lamp is brighter than white: spread over a disc it still is.
        bright = np.clip((luma(before) - 0.8) / 0.15, 0, 1)[..., None]
        light = light * (1 + bright * float(rng.uniform(0.5, 5.0)))
    behind = (1 - thing)[..., None]
    spread_light = cv2.filter2D(light * behind, -1, kernel, borderType=cv2.BORDER_REFLECT_101)
    weight = cv2.filter2D(behind, -1, kernel, borderType=cv2.BORDER_REFLECT_101)
    soft = to_srgb(np.asarray(spread_light / np.maximum(weight, 0.02)[..., None], np.float32))
    seen = seen_by(np.abs(luma(soft) - luma(before)), _SHOWS, 10 + radius, most=48)
    mask = np.asarray(1 - thing, np.float32)
    if float((mask * seen).sum()) < 0.3 * float(mask.sum()):
        return
    bench.x = blend(before, soft, mask)
    bench.write("blur", float(BLUR.severity(disc_spread(radius))), mask, seen)
