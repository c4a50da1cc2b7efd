"""Tone: more light, less light, haze off, casts off; each pixel by itself.

Light is changed in linear light along a curve that never falls and keeps black black and white
white, so that nothing is clipped that was not, and a deep document's steps stay apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .encoding import Encoding

__all__ = ["colour", "darken", "dehaze", "lighten"]

Floats = NDArray[np.float32]

_KNEE: Final = 0.8
_LUMA: Final = np.array([0.2126, 0.7152, 0.0722], np.float32)


def lighten(picture: Floats, encoding: Encoding, stops: float) -> Floats:
    """More light by `stops` in the shadows and middle, less and less towards white.

    Parameters
    ----------
    picture : float32, shape (h, w, 1 or 3), perceptual numbers
    encoding : Encoding
    stops : float, 0 or more
    at_white : float in [0, 1]
        Share of the stops that white is darkened by. 1 is what the light was where nothing is
        clipped; large burnt parts would become flat grey.
    """
    light = encoding.to_light(picture)
    gain = _gain(_brightest(light), stops)
    return encoding.from_light(light * gain)


def darken(picture: Floats, encoding: Encoding, stops: float, at_white: float = 0.5) -> Floats:
    """Less light by `stops`; near white by fewer, so that what was burnt stays bright.

    Parameters
    ----------
    picture : float32, shape (h, w, 1 or 3), perceptual numbers
    encoding : Encoding
    stops : float, 0 or more
    at_white : float in [0, 1]
        Share of the stops that white is darkened by. 1 is what the light was where nothing is
        clipped; large burnt parts would become flat grey.
    """
    light = encoding.to_light(picture)
    gain = np.float32(2.0**-stops)
    # From the knee to white the gain rises smoothly, over the longer a way the more it has to.
    knee = np.float32(min(_KNEE, 0.1 + at_white))
    t = np.clip((_brightest(light) - knee) / (1 - knee), 0, 1)
    t = t * t * (3 - 2 * t)
    factor = gain + (gain ** np.float32(at_white) - gain) * t
    return encoding.from_light(np.asarray(light * factor, np.float32))


def dehaze(picture: Floats, black: float, white: float) -> Floats:
    """Stretch what lies between two levels to nearly all of the range, softly at both ends."""
    span = max(white - black, 0.05)
    x = (picture - np.float32(black)) / np.float32(span)
    # A toe and a shoulder in place of two cuts: what lay beyond stays apart.
    soft = np.float32(0.04)
    low = soft * np.exp(np.minimum((x - soft) / soft, 0))
    high = 1 - soft * np.exp(np.minimum((1 - soft - x) / soft, 0))
    return np.asarray(np.where(x < soft, low, np.where(x > 1 - soft, high, x)), np.float32)


def colour(picture: Floats, encoding: Encoding, settings: Mapping[str, float]) -> Floats:
    """Take a cast off by gains in linear light, and bring colours to a measured strength."""
    if picture.shape[2] != 3:
        return picture
    gains = np.array([settings.get(f"gain_{c}", 1.0) for c in "rgb"], np.float32)
    gains = np.clip(gains, 0.25, 4)
    light = encoding.to_light(picture)
    # White stays white: a clipped channel tells nothing of the cast.
    top = np.clip(_brightest(light), 0, 1)
    out = encoding.from_light(np.asarray(light * (gains + (1 - gains) * top**4), np.float32))
    saturation = np.float32(min(max(settings.get("saturation", 1.0), 0.2), 3.0))
    if saturation != 1:
        grey = (out * _LUMA).sum(axis=2, keepdims=True)
        out = grey + (out - grey) * saturation
    return np.asarray(out, np.float32)


def _brightest(light: Floats) -> Floats:
    """The largest channel: scaled by it, colours keep their hue and no channel passes white."""
    return np.asarray(light.max(axis=2, keepdims=True), np.float32)


def _gain(top: Floats, stops: float) -> Floats:
    """Factor for light whose largest channel is `top`: 2^stops in the dark, 1 from white on."""
    factor = np.float32(2.0**stops)
    inside = np.clip(top, 0, 1)
    return np.asarray(factor / (1 + (factor - 1) * inside), np.float32)
