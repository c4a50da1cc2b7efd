"""Spaces: how Krita's pixels look to the engine, by colour model, depth and profile name.

Krita's order in memory is B G R A for whole numbers and R G B A for floats; grey is Y A. What the
engine cannot read (CMYK with alpha, Lab, XYZ, YCbCr, a profile whose file is not to be found) goes
through `CONVERTED`: 16-bit sRGB, made by Krita.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

__all__ = ["CONVERTED", "SRGB_NAME", "Space", "space_of"]

#: The sRGB profile that Krita brings along.
SRGB_NAME: Final = "sRGB-elle-V2-srgbtrc.icc"

_DTYPES: Final = {"U8": "u8", "U16": "u16", "F16": "f16", "F32": "f32"}
_SRGB: Final = frozenset(
    {
        SRGB_NAME,
        "sRGB-elle-V4-srgbtrc.icc",
        "Gray-D50-elle-V2-srgbtrc.icc",
        "Gray-D50-elle-V4-srgbtrc.icc",
        "sRGB built-in",
        "sRGB IEC61966-2.1",
        "sRGB IEC61966-2-1 black scaled",
        "GIMP built-in sRGB",
    }
)
_LINEAR: Final = frozenset(
    {
        "sRGB-elle-V2-g10.icc",
        "sRGB-elle-V4-g10.icc",
        "Gray-D50-elle-V2-g10.icc",
        "Gray-D50-elle-V4-g10.icc",
        "GIMP built-in Linear sRGB",
    }
)


@dataclass(frozen=True)
class Space:
    """How pixels travel.

    Attributes
    ----------
    dtype, channels, linear
        As in `flawmap_api.messages.PixelSource`.
    icc : bytes
        Profile that goes with them; empty for sRGB.
    converted : bool
        The numbers are not the document's own: Krita has to convert them there and back.
    """

    dtype: str
    channels: str
    linear: bool = False
    icc: bytes = b""
    converted: bool = False


#: Krita's `RGBA`, `U16` with `SRGB_NAME`.
CONVERTED: Final = Space("u16", "BGRA", converted=True)


def space_of(model: str, depth: str, profile: str, find: Callable[[str], bytes]) -> Space:
    """How pixels of that colour model, depth and profile name travel.

    Parameters
    ----------
    model, depth, profile : str
        As `Document.colorModel()`, `colorDepth()` and `colorProfile()` say: "RGBA", "U16", a name.
    find : callable(str) -> bytes
        Gives a profile's bytes by its name, or b"".
    """
    dtype = _DTYPES.get(depth)
    if dtype is None or model not in ("RGBA", "GRAYA"):
        return CONVERTED
    channels = "YA" if model == "GRAYA" else "BGRA" if dtype in ("u8", "u16") else "RGBA"
    if profile in _SRGB:
        return Space(dtype, channels)
    if profile in _LINEAR:
        return Space(dtype, channels, linear=True)
    icc = find(profile)
    return Space(dtype, channels, icc=icc) if icc else CONVERTED
