"""Planes: 8-bit masks as bytes, cut, placed and compared without numpy.

A plane of a box has one byte a pixel, rows from the top. Slices, `translate` and whole numbers of
any length do in C what a loop over pixels would take seconds for.
"""

from __future__ import annotations

import zlib

from flawmap_api.geometry import Box
from flawmap_api.messages import CHANNELS, DTYPES
from flawmap_api.sources import PixelData

from .host import Mask

__all__ = [
    "crop",
    "grown",
    "meet",
    "overlap",
    "placed",
    "print_of",
    "print_of_mask",
    "sample_of",
    "union",
]

_ANY = bytes([0]) + bytes([255]) * 255
_HALF = bytes(128) + bytes([255]) * 128
#: Pixels that are read for a print at most, and those of them that it is made of.
_MOST_READ, _MOST_PRINTED = 1 << 23, 1 << 19


def meet(a: Box, b: Box) -> Box | None:
    """The part that two boxes share, or None."""
    x0, y0, x1, y1 = max(a.x0, b.x0), max(a.y0, b.y0), min(a.x1, b.x1), min(a.y1, b.y1)
    return Box(x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None


def union(a: Box, b: Box) -> Box:
    """The smallest box around both."""
    return Box(min(a.x0, b.x0), min(a.y0, b.y0), max(a.x1, b.x1), max(a.y1, b.y1))


def grown(box: Box, margin: int, size: tuple[int, int]) -> Box:
    """The box with `margin` more pixels on each side, clipped to a canvas of that size."""
    width, height = size
    return Box(
        max(0, box.x0 - margin),
        max(0, box.y0 - margin),
        min(width, box.x1 + margin),
        min(height, box.y1 + margin),
    )


def crop(data: bytes | memoryview, box: Box, part: Box, pixel: int = 1) -> bytes:
    """The bytes of `part` out of those of `box`; `part` lies inside, `pixel` bytes each."""
    row, width = box.width * pixel, part.width * pixel
    first = (part.y0 - box.y0) * row + (part.x0 - box.x0) * pixel
    if width == row:
        return bytes(data[first : first + part.height * row])
    return b"".join(
        data[start : start + width] for start in range(first, first + part.height * row, row)
    )


def placed(mask: Mask, size: tuple[int, int]) -> bytearray:
    """The mask at the size of the canvas: 0 outside its box, 255 where it is half inside or more.

    What lies outside the canvas is cut off.
    """
    width, height = size
    plane = bytearray(width * height)
    inside = mask.box.clipped(width, height)
    if inside is not None:
        data = crop(mask.data, mask.box, inside).translate(_HALF)
        for y in range(inside.height):
            start = (inside.y0 + y) * width + inside.x0
            plane[start : start + inside.width] = data[y * inside.width : (y + 1) * inside.width]
    return plane


def overlap(a: Mask, b: Mask) -> bool:
    """Whether any pixel is in both masks, however softly."""
    shared = meet(a.box, b.box)
    if shared is None:
        return False
    first = crop(a.data, a.box, shared).translate(_ANY)
    second = crop(b.data, b.box, shared).translate(_ANY)
    return bool(int.from_bytes(first, "big") & int.from_bytes(second, "big"))


def sample_of(box: Box) -> Box:
    """The part of a box that its print is taken of: all of it, or its middle 8 megapixels."""
    shrink = min(1.0, (_MOST_READ / box.area) ** 0.5)
    width, height = max(1, int(box.width * shrink)), max(1, int(box.height * shrink))
    width, height = min(width, _MOST_READ), min(height, _MOST_READ // width)
    x0, y0 = box.x0 + (box.width - width) // 2, box.y0 + (box.height - height) // 2
    return Box(x0, y0, x0 + width, y0 + height)


def print_of(pixels: PixelData, at: Box, part: Box) -> int:
    """A number that tells whether the pixels of `part` changed; `pixels` are those of `at`.

    Of a large part only every so many rows are looked at, at most half a megapixel in all: what
    somebody painted is seldom as flat as the gap between them.
    """
    layout = pixels.layout
    size = CHANNELS[layout.channels] * DTYPES[layout.dtype]
    step = max(1, -(-part.area // _MOST_PRINTED))
    row, width = at.width * size, part.width * size
    first = (part.y0 - at.y0) * row + (part.x0 - at.x0) * size
    number = 0
    for start in range(first, first + part.height * row, step * row):
        number = zlib.crc32(pixels.data[start : start + width], number)
    return number


def print_of_mask(mask: Mask) -> int:
    """A number that tells one selection from another."""
    return zlib.crc32(mask.data, zlib.crc32(repr(mask.box.as_list()).encode()))
