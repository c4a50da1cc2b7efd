"""Picture: what a codec (or an editor) hands over, still in the file's own numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["Channels", "Picture", "Samples"]

Channels = Literal["Y", "YA", "RGB", "RGBA", "BGR", "BGRA", "CMYK"]
Samples = NDArray[Any]
"""uint8, uint16, float16 (from editors) or float32."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A decoded picture before colour conversion, not yet upright.

    Attributes
    ----------
    samples : uint8, uint16, float16 or float32, shape (H, W) for "Y", else (H, W, channels)
        Integers over their whole range, floats in 0..1 for display (more is clipped white).
        CMYK: 255 is full ink. Alpha is straight.
    channels : str
        What the last axis means.
    icc : bytes or None
        Embedded profile; None means sRGB.
    linear : bool
        The numbers are linear light in the profile's primaries: its tone curve is taken off.
    orientation : int
        EXIF orientation 1..8 that is still to be applied; anything else means 1.
    xmp : bytes
        XMP packet, empty if there is none.
    notes : tuple of str
        Sentences for people.
    missing : (first, stop) or None
        Rows, before orientation, that could not be decoded.
    saturated : pair of uint8 (H, W) or None
        Masks (0 or 1) of pixels with all, and with some but not all, channels clipped, where
        the codec knows better than the samples tell (a sensor's own numbers).
    """

    samples: Samples
    channels: Channels
    icc: bytes | None = None
    linear: bool = False
    orientation: int = 1
    xmp: bytes = b""
    notes: tuple[str, ...] = ()
    missing: tuple[int, int] | None = None
    saturated: tuple[NDArray[np.uint8], NDArray[np.uint8]] | None = None
