"""Six ways to spoil a photo, each at a strength that people call plain: the demo's damages.

A damage takes a photo as float32 sRGB in [0, 1], shape (height, width, 3), and a generator, and
gives the whole photo damaged; where it goes is `flawmap_cli.demo`'s affair.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

__all__ = ["RECIPE"]

_Plane = npt.NDArray[np.float32]
_Image = npt.NDArray[np.float32]

_DISC_RADIUS = 5.0
_PATH_LENGTH = 20.0
_NOISE_SIGMA = 25.0
_STOPS = 2.5
_JPEG_QUALITY = 8


def _linear(x: _Image) -> _Image:
    return np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4).astype(np.float32)


def _srgb(light: _Image) -> _Image:
    x = np.clip(light, 0, 1)
    return np.where(x <= 0.0031308, 12.92 * x, 1.055 * x ** (1 / 2.4) - 0.055).astype(np.float32)


def _filtered(x: _Image, kernel: _Plane) -> _Image:
    # In linear light, as a lens does it: highlights spread.
    return _srgb(
        np.asarray(
            cv2.filter2D(_linear(x), -1, kernel, borderType=cv2.BORDER_REFLECT_101), np.float32
        )
    )


def _out_of_focus(x: _Image, _: np.random.Generator) -> _Image:
    fine, reach = 8, int(np.ceil(_DISC_RADIUS)) + 1
    axis = (np.arange((2 * reach + 1) * fine) + 0.5) / fine - reach - 0.5
    disc = (axis[:, None] ** 2 + axis**2 <= _DISC_RADIUS**2).astype(np.float32)
    kernel = cv2.resize(disc, (2 * reach + 1, 2 * reach + 1), interpolation=cv2.INTER_AREA)
    return _filtered(x, np.asarray(kernel / kernel.sum(), np.float32))


def _shaken(x: _Image, rng: np.random.Generator) -> _Image:
    # A slightly bent path: the camera turns while the shutter is open.
    turn, bend = rng.uniform(0, np.pi), rng.uniform(-0.6, 0.6)
    heading = turn + np.linspace(-bend, bend, 400)
    path = np.cumsum(np.stack([np.cos(heading), np.sin(heading)]), axis=1) * (_PATH_LENGTH / 400)
    path -= path.mean(axis=1, keepdims=True)
    reach = int(np.ceil(np.abs(path).max())) + 1
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    corner = np.floor(path).astype(int)
    part = path - corner
    for dx, dy in itertools.product((0, 1), repeat=2):
        weight = np.abs(1 - dx - part[0]) * np.abs(1 - dy - part[1])
        np.add.at(kernel, (corner[1] + dy + reach, corner[0] + dx + reach), weight)
    return _filtered(x, np.asarray(kernel / kernel.sum(), np.float32))


def _noisy(x: _Image, rng: np.random.Generator) -> _Image:
    grain = rng.normal(0, _NOISE_SIGMA / 255, x.shape).astype(np.float32)
    return np.asarray(np.clip(x + grain, 0, 1), np.float32)


def _overexposed(x: _Image, _: np.random.Generator) -> _Image:
    return _srgb(_linear(x) * np.float32(2**_STOPS))


def _too_dark(x: _Image, _: np.random.Generator) -> _Image:
    return _srgb(_linear(x) * np.float32(2**-_STOPS))


def _squeezed(x: _Image, _: np.random.Generator) -> _Image:
    file = io.BytesIO()
    Image.fromarray(np.rint(x * 255).astype(np.uint8)).save(file, "JPEG", quality=_JPEG_QUALITY)
    with Image.open(file) as image:
        return np.asarray(image, np.float32) / np.float32(255)


RECIPE: Final[dict[str, tuple[str, Callable[[_Image, np.random.Generator], _Image]]]] = {
    "blur": (f"out of focus, disc of radius {_DISC_RADIUS:g} px", _out_of_focus),
    "jitter": (f"shaken along a path of {_PATH_LENGTH:g} px", _shaken),
    "noise": (f"grain of sigma {_NOISE_SIGMA:g} of 255 per channel", _noisy),
    "overexposure": (f"+{_STOPS:g} EV, clipped at white", _overexposed),
    "low_light": (f"-{_STOPS:g} EV", _too_dark),
    "compression": (f"JPEG of quality {_JPEG_QUALITY}", _squeezed),
}
"""Distortion → what it is in words, and the function that does it; in the vocabulary's order."""
