"""PNG taken apart: its header, its pixels made plain for OpenCV, its profile, EXIF and XMP.

Used for PNG of 16 bits with colour, which Pillow would reduce to 8. OpenCV's reader prints what
it dislikes, so it gets a file of nothing but pixels, whose checksums, length and filters have
been verified.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

__all__ = ["PngHeader", "PngParts", "png_xmp", "read_png_header", "take_apart"]

_CHUNK = 1 << 18
_MAX_TEXT = 1 << 24  # what a profile or XMP packet may unpack to
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_ADAM7 = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)


@dataclass(frozen=True, slots=True)
class PngHeader:
    """The header chunk."""

    width: int
    height: int
    depth: int
    colour: int
    interlaced: bool

    @property
    def samples_bytes(self) -> int:
        """Bytes of the unpacked pixels, filter bytes left out."""
        return self.height * ((self.width * self.depth * _CHANNELS.get(self.colour, 1) + 7) // 8)

    @property
    def deep_colour(self) -> bool:
        """16 bits and more than one channel: what Pillow reduces to 8 bits."""
        return self.depth == 16 and self.colour in (2, 4, 6)


@dataclass(frozen=True, slots=True)
class PngParts:
    """A PNG's pixels as a file of their own, and what else is of use."""

    plain: bytes
    icc: bytes | None
    exif: bytes | None
    xmp: bytes
    frames: int


def read_png_header(head: bytes) -> PngHeader | None:
    """Header of a PNG out of the file's first bytes; None if it is not there."""
    if len(head) < 29 or head[12:16] != b"IHDR":
        return None
    width, height, depth, colour, _, _, interlaced = struct.unpack(">LLBBBBB", head[16:29])
    return PngHeader(width, height, depth, colour, bool(interlaced))


def take_apart(data: bytes) -> PngParts:
    """Verify a PNG and separate its parts.

    Raises
    ------
    ValueError, zlib.error
        A chunk is cut short, a checksum is wrong, or the pixels do not fit the header.
    """
    header, pixels = b"", []
    icc: bytes | None = None
    exif: bytes | None = None
    xmp, frames = b"", 1
    for name, body in _chunks(data):
        if name == b"IHDR":
            header = body
        elif name == b"IDAT":
            pixels.append(body)
        elif name == b"iCCP":
            icc = _unpacked(body[body.find(b"\0") + 2 :])
        elif name == b"eXIf":
            exif = body
        elif name == b"iTXt" and body.startswith(b"XML:com.adobe.xmp\0"):
            xmp = _text(body)
        elif name == b"acTL" and len(body) >= 4:
            frames = max(1, struct.unpack(">L", body[:4])[0])
    if len(header) != 13:
        raise ValueError("no header")
    _check_pixels(header, pixels)
    parts = ((b"IHDR", header), (b"IDAT", b"".join(pixels)), (b"IEND", b""))
    plain = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">L", len(part)) + name + part + struct.pack(">L", zlib.crc32(name + part))
        for name, part in parts
    )
    return PngParts(plain, icc, exif, xmp, frames)


def png_xmp(file: BinaryIO) -> bytes:
    """The XMP packet of a PNG, found by its chunks' lengths alone; empty if there is none."""
    file.seek(8)
    xmp = b""
    while len(head := file.read(8)) == 8:
        length, name = struct.unpack(">L4s", head)
        if name == b"IEND":
            break
        if name == b"iTXt" and length <= _MAX_TEXT:
            body = file.read(length)
            xmp = _text(body) if body.startswith(b"XML:com.adobe.xmp\0") else xmp
            length = 0
        file.seek(length + 4, 1)
    return xmp


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 8
    while True:
        head = data[at : at + 8]
        if len(head) < 8:
            raise ValueError("image file is truncated: a chunk is missing")
        length, name = struct.unpack(">L4s", head)
        body, check = data[at + 8 : at + 8 + length], data[at + 8 + length : at + 12 + length]
        if len(check) < 4:
            raise ValueError("image file is truncated: a chunk is cut short")
        critical = not name[0] & 32
        if critical and zlib.crc32(body, zlib.crc32(name)) != struct.unpack(">L", check)[0]:
            raise ValueError(f"wrong checksum in {name!r}")
        if name == b"IEND":
            return
        yield name, body
        at += 12 + length


def _unpacked(body: bytes) -> bytes | None:
    inflate = zlib.decompressobj()
    try:
        text = inflate.decompress(body, _MAX_TEXT)
    except zlib.error:
        return b"damaged"  # to be told apart from no profile at all
    return None if inflate.unconsumed_tail else text


def _text(body: bytes) -> bytes:
    compressed, rest = body[18:19] == b"\1", body[20:]
    for _ in range(2):  # language tag, translated keyword
        rest = rest[rest.find(b"\0") + 1 :]
    return (_unpacked(rest) or b"") if compressed else rest


def _strides(header: bytes) -> Iterator[tuple[int, int]]:
    """(bytes a row with its filter byte, rows) of each pass."""
    width, height, depth, colour, _, _, interlaced = struct.unpack(">LLBBBBB", header)
    bits = depth * _CHANNELS.get(colour, 1)
    for x, y, dx, dy in _ADAM7 if interlaced else ((0, 0, 1, 1),):
        columns, rows = -(-(width - x) // dx), -(-(height - y) // dy)
        if columns > 0 and rows > 0:
            yield (columns * bits + 7) // 8 + 1, rows


def _check_pixels(header: bytes, pieces: list[bytes]) -> None:
    """Unpack the pixels piece by piece: sound, all there, each row's filter a known one."""
    strides = np.concatenate([np.full(rows, stride) for stride, rows in _strides(header)])
    starts = np.cumsum(strides) - strides
    total, seen = int(strides.sum()), 0
    for block in _inflated(pieces):
        first, last = np.searchsorted(starts, (seen, seen + len(block)))
        if (np.frombuffer(block, np.uint8)[starts[first:last] - seen] > 4).any():
            raise ValueError("broken data stream: unknown filter")
        seen += len(block)
        if seen >= total:
            return
    raise ValueError("image file is truncated: rows are missing")


def _inflated(pieces: list[bytes]) -> Iterator[bytes]:
    inflate = zlib.decompressobj()
    for piece in pieces:
        pending = piece
        while pending:
            yield inflate.decompress(pending, _CHUNK)
            pending = inflate.unconsumed_tail
    yield inflate.flush()
