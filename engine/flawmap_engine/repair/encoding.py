"""Encoding: a document's own numbers as perceptual floats and back, without losing any of them.

Repairs work on RGB or grey float32 in which 0 is black, 1 is white and equal steps look about
equal. 8 and 16 bits, half and single floats, linear and tone-curved, with or without alpha, come
from there and go back there; a number that a repair has not touched comes back bit-equal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from flawmap_engine.imaging.matrix_profile import parse_matrix_profile

__all__ = ["Encoding"]

Floats = NDArray[np.float32]
Samples = NDArray[Any]

_TOP: Final = {"uint8": 255, "uint16": 65535}
_ALPHA: Final = ("YA", "RGBA", "BGRA")
_STEPS: Final = 65535


@dataclass(frozen=True, slots=True)
class Encoding:
    """What a document's numbers mean.

    Attributes
    ----------
    channels : str
        One of `messages.CHANNELS`.
    linear : bool
        The numbers are linear light.
    icc : bytes
        The document's profile, or empty: sRGB. Only its tone curves count here.
    """

    channels: str
    linear: bool = False
    icc: bytes = b""

    def to_perceptual(self, samples: Samples) -> Floats:
        """Colour without alpha.

        Parameters
        ----------
        samples : uint8, uint16, float16 or float32, shape (h, w) or (h, w, channels)

        Returns
        -------
        float32, shape (h, w, 1 or 3), RGB order

        Notes
        -----
        Inks are seen as the light that they leave: (1 - ink) · (1 - black).
        """
        colour = self._floats(samples)
        if self.channels == "CMYK":
            colour = (1 - colour[..., :3]) * (1 - colour[..., 3:])
        elif self.channels.startswith("BGR"):
            colour = colour[..., ::-1]
        return np.ascontiguousarray(_curved(colour) if self.linear else colour, np.float32)

    def to_samples(self, before: Floats, after: Floats, samples: Samples) -> Samples:
        """The document's numbers with what a repair has changed.

        Parameters
        ----------
        before : float32, shape (h, w, 1 or 3)
            What `to_perceptual` gave.
        after : float32, same shape
            What the repair made of it.
        samples : shape (h, w) or (h, w, channels)
            The document's own numbers.

        Returns
        -------
        Samples, of the same type and shape
            Bit-equal wherever `after` equals `before`, and in alpha.
        """
        changed = after != before
        colour = _straightened(after) if self.linear else after
        if self.channels == "CMYK":
            colour = self._inks(colour, samples)
            changed = np.repeat(changed.any(axis=2, keepdims=True), 4, axis=2)
        elif self.channels.startswith("BGR"):
            colour, changed = colour[..., ::-1], changed[..., ::-1]
        out = samples.copy()
        view = out[..., None] if out.ndim == 2 else out
        target = view[..., : colour.shape[2]]
        np.copyto(target, _in_type(colour, samples.dtype), where=changed)
        return out

    def to_light(self, perceptual: Floats) -> Floats:
        """Linear light of perceptual numbers."""
        curves = self._curves(perceptual.shape[2])
        if curves is None:
            return _straightened(perceptual)
        inside = np.clip(perceptual, 0, 1)
        index = inside * np.float32(_STEPS) + np.float32(0.5)
        light = np.empty_like(inside)
        for channel, curve in enumerate(curves):
            light[..., channel] = curve[index[..., channel].astype(np.int32)]
        return np.asarray(light + (perceptual - inside), np.float32)

    def from_light(self, light: Floats) -> Floats:
        """Perceptual numbers of linear light."""
        curves = self._curves(light.shape[2])
        if curves is None:
            return _curved(light)
        inside = np.clip(light, 0, 1)
        out = np.empty_like(inside)
        steps = np.arange(_STEPS + 1, dtype=np.float32) / _STEPS
        for channel, curve in enumerate(curves):
            out[..., channel] = np.interp(inside[..., channel], curve, steps)
        return np.asarray(out + (light - inside), np.float32)

    def _curves(self, count: int) -> list[Floats] | None:
        """Tone curves of the profile, rising; None for sRGB's."""
        if self.linear or not self.icc or self.channels == "CMYK":
            return None
        profile = parse_matrix_profile(self.icc)
        if profile is None:
            return None
        curves = [np.maximum.accumulate(curve) for curve in profile.curves]
        return curves * count if len(curves) == 1 else curves[:count]

    def _floats(self, samples: Samples) -> Floats:
        colour = samples[..., None] if samples.ndim == 2 else samples
        if self.channels in _ALPHA:
            colour = colour[..., :-1]
        top = _TOP.get(samples.dtype.name)
        floats = colour.astype(np.float32)
        return floats if top is None else floats / np.float32(top)

    def _inks(self, light: Floats, samples: Samples) -> Floats:
        """Inks that leave that light, with as much black as before where that is possible."""
        inks = self._floats(samples)
        open_ = np.maximum(1 - inks[..., 3:], light.max(axis=2, keepdims=True))
        colours = 1 - light / np.maximum(open_, np.float32(1e-6))
        return np.concatenate([np.clip(colours, 0, 1), np.clip(1 - open_, 0, 1)], axis=2)


def _in_type(values: Floats, dtype: np.dtype[Any]) -> Samples:
    top = _TOP.get(dtype.name)
    if top is None:
        return values.astype(dtype)
    return np.asarray(np.rint(np.clip(values, 0, 1) * np.float32(top)), dtype)


def _curved(light: Floats) -> Floats:
    """sRGB's tone curve; what is below black or over white goes on as the curve does."""
    size = np.abs(light)
    high = cv2.pow(np.maximum(size, np.float32(0.0031308)), 1 / 2.4)
    curved = np.where(size <= 0.0031308, size * 12.92, np.reshape(high, size.shape) * 1.055 - 0.055)
    return np.copysign(curved, light).astype(np.float32)


def _straightened(code: Floats) -> Floats:
    size = np.abs(code)
    base = (np.maximum(size, np.float32(0.04045)) + np.float32(0.055)) / np.float32(1.055)
    high = np.reshape(cv2.pow(base, 2.4), size.shape)
    return np.copysign(np.where(size <= 0.04045, size / 12.92, high), code).astype(np.float32)
