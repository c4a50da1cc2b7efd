"""Assembling: from a picture in its own numbers to a `Photo`.

Files and editors' pixels come through here alike, so that the same picture is the same photo:
check, turn upright, look for clipping, convert colours, lay on grey.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from flawmap_api.errors import BadInput
from flawmap_engine.imaging.clipping import clipping_planes, mask_planes
from flawmap_engine.imaging.colour import Space, to_8bit, to_srgb
from flawmap_engine.imaging.photo import MID_GREY, Photo
from flawmap_engine.imaging.picture import Picture, Samples

__all__ = ["assemble", "upright"]

_Plane = NDArray[np.uint8]

_STRIP_PIXELS = 1 << 18
_SPACES: dict[str, Space] = {
    "Y": "Y",
    "YA": "Y",
    "RGB": "RGB",
    "RGBA": "RGB",
    "BGR": "RGB",
    "BGRA": "RGB",
    "CMYK": "CMYK",
}
_TO_RGB = {
    "RGBA": cv2.COLOR_RGBA2RGB,
    "BGR": cv2.COLOR_BGR2RGB,
    "BGRA": cv2.COLOR_BGRA2RGB,
}

_TURNS: dict[int, Callable[[Samples], Samples]] = {
    2: lambda samples: cv2.flip(samples, 1),
    3: lambda samples: cv2.rotate(samples, cv2.ROTATE_180),
    4: lambda samples: cv2.flip(samples, 0),
    5: cv2.transpose,
    6: lambda samples: cv2.rotate(samples, cv2.ROTATE_90_CLOCKWISE),
    7: lambda samples: cv2.rotate(cv2.transpose(samples), cv2.ROTATE_180),
    8: lambda samples: cv2.rotate(samples, cv2.ROTATE_90_COUNTERCLOCKWISE),
}


def assemble(picture: Picture, *, name: str, lineage: str) -> Photo:
    """Make a `Photo` of a decoded picture.

    Parameters
    ----------
    picture : Picture
    name : str
        What a sentence calls the picture.
    lineage : str

    Raises
    ------
    BadInput
        It holds values that are not numbers.
    """
    colour, alpha = _split(picture)
    _require_finite(colour, name)
    colour, alpha = upright(colour, picture.orientation), _upright_or_none(alpha, picture)
    space = _SPACES[picture.channels]
    clipped = gamut = None
    if picture.saturated is not None:
        every, some = (upright(mask, picture.orientation) for mask in picture.saturated)
        clipped, gamut = mask_planes(every, some)
    elif space != "CMYK":  # ink is not light: its clipping shows after conversion
        clipped, gamut = clipping_planes(colour, alpha)
    rgb, notes = to_srgb(colour, space, picture.icc, linear=picture.linear)
    if clipped is None or gamut is None:
        clipped, gamut = clipping_planes(rgb, alpha)
    if alpha is not None:
        rgb = _on_grey(rgb, alpha)
    return Photo(
        rgb=np.ascontiguousarray(rgb),
        alpha=alpha,
        clipped=clipped,
        gamut=gamut,
        notes=(*picture.notes, *notes),
        lineage=lineage,
    )


def upright(samples: Samples, orientation: int) -> Samples:
    """Apply an EXIF orientation (1..8; anything else changes nothing)."""
    turn = _TURNS.get(orientation)
    return samples if turn is None else turn(samples)


def _split(picture: Picture) -> tuple[Samples, _Plane | None]:
    """Colour (grey, RGB or CMYK) and 8-bit alpha; None where every pixel is opaque."""
    samples = picture.samples
    deep: Samples = samples.astype(np.float32) if samples.dtype == np.float16 else samples
    alpha: _Plane | None = None
    if picture.channels in ("YA", "RGBA", "BGRA"):
        alpha = to_8bit(cv2.extractChannel(deep, deep.shape[2] - 1))
        if alpha.min() == 255:
            alpha = None
    if picture.channels == "YA":
        deep = cv2.extractChannel(deep, 0)
    elif picture.channels in _TO_RGB:
        deep = cv2.cvtColor(deep, _TO_RGB[picture.channels])
    if picture.missing is not None and picture.missing[0] < picture.missing[1]:
        alpha = np.full(deep.shape[:2], 255, np.uint8) if alpha is None else alpha
        alpha[slice(*picture.missing)] = 0
    return deep, alpha


def _upright_or_none(alpha: _Plane | None, picture: Picture) -> _Plane | None:
    if alpha is None:
        return None
    return np.ascontiguousarray(upright(alpha, picture.orientation))


def _require_finite(samples: Samples, name: str) -> None:
    if samples.dtype != np.float32 or cv2.checkRange(samples)[0]:
        return
    nan = infinite = 0
    for row in samples:
        nan += int(np.isnan(row).sum())
        infinite += int(np.isinf(row).sum())
    if nan == infinite == 0:
        return
    raise BadInput(
        f"{name} holds {nan + infinite} values that are not numbers ({nan} NaN, {infinite} "
        f"infinite) among {samples.size}: no map made from them would mean anything.",
        "Write it again from the program that made it, with these values replaced.",
    )


def _on_grey(rgb: _Plane, alpha: _Plane) -> _Plane:
    """Straight alpha over mid-grey, ``(rgb * a + 128 * (255 - a) + 127) // 255``."""
    out = np.empty_like(rgb)
    step = max(1, _STRIP_PIXELS // max(1, rgb.shape[1]))
    for top in range(0, rgb.shape[0], step):
        rows = slice(top, top + step)
        weight = alpha[rows, :, None].astype(np.uint16)
        mixed = rgb[rows] * weight
        mixed += (255 - weight) * np.uint16(MID_GREY) + np.uint16(127)
        mixed //= np.uint16(255)
        out[rows] = mixed
    return out
