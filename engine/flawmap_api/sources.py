"""Sources: what a person may hand in as a photo, told apart and made ready to travel.

A path, anything with the buffer protocol or `__array_interface__` (numpy, Pillow), or a callable
that gives such pixels anew. No numpy: editors carry this code.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from operator import index
from pathlib import Path
from typing import Any, Final

from .errors import BadInput
from .messages import PixelSource

__all__ = ["PixelData", "Source", "describe_source", "mask_data", "pixel_data"]

#: A path, pixels, or a callable that gives pixels.
Source = Any

_TYPES: Final = {"|u1": "u8", "<u2": "u16", "<f2": "f16", "<f4": "f32"}
_FORMATS: Final = {"B": "u8", "H": "u16", "e": "f16", "f": "f32"}
_LAYOUTS: Final = {1: "Y", 2: "YA", 3: "RGB", 4: "RGBA"}
#: Pillow modes whose numbers are what they look like, or that are refused; others are converted.
_PLAIN_MODES: Final = ("1", "L", "LA", "RGB", "RGBA", "I", "I;16", "F")
#: EXIF orientation → Pillow's `Transpose` that turns the picture upright.
_UPRIGHT: Final = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}
_TRUE_IS_WHITE: Final = bytes([0]) + bytes([255]) * 255


@dataclass(frozen=True)
class PixelData:
    """Pixels ready to travel: how they look, their bytes, and their ICC profile (or b"")."""

    layout: PixelSource
    data: memoryview
    icc: bytes = b""
    lineage: str = ""


def describe_source(source: Source) -> Path | Callable[[], PixelData]:
    """An absolute path, or a callable that gives the pixels (again, after an engine's death).

    Raises
    ------
    BadInput
        If the source is neither a path nor pixels.
    """
    if isinstance(source, (str, os.PathLike)):
        path = os.fspath(source)
        if not path or "\0" in path:
            raise BadInput(f"{path!r} is no path.", "Name a file.")
        return Path(os.path.abspath(path))
    if callable(source) and not hasattr(source, "__array_interface__"):
        return lambda: pixel_data(source())
    data = pixel_data(source)
    return lambda: data


def pixel_data(source: Any) -> PixelData:
    """Read pixels out of a `PixelData`, a buffer or an `__array_interface__`.

    Shapes (height, width) and (height, width, 1 | 2 | 3 | 4) stand for grey, grey with alpha, RGB
    and RGBA; numbers are uint8, uint16, float16 or float32;

    true and false become white and black. A Pillow image is turned upright as its EXIF says, and
    keeps its profile and transparency.

    Raises
    ------
    BadInput
        If it has another shape or number type, or cannot be read.
    """
    if isinstance(source, PixelData):
        return source
    try:
        source, icc = _from_pillow(source) if hasattr(source, "getexif") else (source, b"")
        shape, dtype, data = _numbers(source)
    except (AttributeError, KeyError, OSError, TypeError, ValueError) as error:
        # Half-read files, closed images and odd interfaces speak in their libraries' own errors.
        raise BadInput(f"{type(source).__name__} gives no pixels: {error}.") from None
    if len(shape) == 2:
        shape = (*shape, 1)
    if len(shape) != 3 or shape[2] not in _LAYOUTS or 0 in shape:
        raise BadInput(
            f"An array of shape {shape} is no photo.",
            "It takes (height, width) or (height, width, channels) with 1 to 4 channels.",
        )
    layout = PixelSource(shape[1], shape[0], dtype, _LAYOUTS[shape[2]])
    if data.nbytes != layout.nbytes:
        raise BadInput(f"The array holds {data.nbytes} bytes; its shape needs {layout.nbytes}.")
    return PixelData(layout, data, icc)


def mask_data(mask: Any, width: int, height: int) -> memoryview:
    """The bytes of a mask: one 8-bit plane of the photo's size; `BadInput` for anything else."""
    pixels = pixel_data(mask)
    layout = pixels.layout
    if layout.channels != "Y" or layout.dtype != "u8":
        raise BadInput("A mask is one 8-bit plane.", "Convert it to 8-bit grey first.")
    if (layout.width, layout.height) != (width, height):
        raise BadInput(
            f"The mask is {layout.width}×{layout.height}, the photo {width}×{height} (upright).",
            "Draw the mask on the upright photo at its full size.",
        )
    return pixels.data


def _from_pillow(image: Any) -> tuple[Any, bytes]:
    """The image upright in a mode that can travel, and its ICC profile."""
    icc = image.info.get("icc_profile")
    icc = icc if isinstance(icc, bytes) else b""
    if (turn := _UPRIGHT.get(image.getexif().get(0x0112, 1))) is not None:
        image = image.transpose(turn)
    transparent = "transparency" in image.info
    if image.mode not in _PLAIN_MODES or transparent:
        # A CMYK profile does not describe the RGB numbers that convert() gives.
        icc = icc if image.mode in ("L", "P", "RGB") else b""
        alpha = transparent or image.mode in ("PA", "La", "RGBa")
        if image.mode in ("La", "RGBa"):
            image = image.convert({"La": "LA", "RGBa": "RGBA"}[image.mode])
        image = image.convert("RGBA" if alpha else "RGB")
    return image, icc


def _numbers(source: Any) -> tuple[tuple[int, ...], str, memoryview]:
    try:
        view = memoryview(source)
    except TypeError:
        return _interface(source)
    if view.format == "?":
        white = memoryview(view.tobytes().translate(_TRUE_IS_WHITE))
        return tuple(view.shape or ()), "u8", white
    dtype = _FORMATS.get(view.format.lstrip("<=@"))
    if dtype is None:
        raise _no_number_type(view.format)
    # Straightened where it is strided; empty views cannot be cast, and are refused by their shape.
    plain = view.c_contiguous and view.nbytes > 0
    flat = view.cast("B") if plain else memoryview(view.tobytes())
    return tuple(view.shape or ()), dtype, flat


def _interface(source: Any) -> tuple[tuple[int, ...], str, memoryview]:
    interface = getattr(source, "__array_interface__", None)
    if not isinstance(interface, dict):
        raise BadInput(
            f"{type(source).__name__} is no photo.",
            "Give a path, a numpy array, or a Pillow image.",
        )
    typestr, data = interface["typestr"], interface.get("data")
    if typestr == "|b1" and isinstance(data, bytes):
        data, typestr = data.translate(_TRUE_IS_WHITE), "|u1"
    dtype = _TYPES.get(typestr)
    if dtype is None or not isinstance(data, (bytes, bytearray)):
        raise _no_number_type(typestr)
    return tuple(index(size) for size in interface["shape"]), dtype, memoryview(data)


def _no_number_type(what: str) -> BadInput:
    return BadInput(
        f"Pixels of type {what!r} cannot be read.",
        "Use uint8, uint16, float16 or float32.",
    )
