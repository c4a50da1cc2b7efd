"""TIFF directories, read for a handful of tags: sizes, sample layout, where the pixels lie.

TIFF files and EXIF blocks have the same structure. This reader never allocates more than the
file holds, follows no loop, and gives up in silence; whoever asks decides what that means.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np

__all__ = [
    "BITS",
    "EXTRA_SAMPLES",
    "HEIGHT",
    "ICC",
    "ORIENTATION",
    "PHOTOMETRIC",
    "PLANAR",
    "SAMPLES",
    "SAMPLE_FORMAT",
    "WIDTH",
    "XMP",
    "TiffHeader",
    "read_tiff",
    "read_tiff_bytes",
]

WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC = 256, 257, 258, 259, 262
STRIP_OFFSETS, ORIENTATION, SAMPLES, STRIP_COUNTS, PLANAR = 273, 274, 277, 279, 284
TILE_OFFSETS, TILE_COUNTS, EXTRA_SAMPLES, SAMPLE_FORMAT = 324, 325, 338, 339
XMP, ICC, DNG_VERSION = 700, 34675, 50706
_WANTED = frozenset(
    (
        WIDTH,
        HEIGHT,
        BITS,
        COMPRESSION,
        PHOTOMETRIC,
        STRIP_OFFSETS,
        ORIENTATION,
        SAMPLES,
        STRIP_COUNTS,
        PLANAR,
        TILE_OFFSETS,
        TILE_COUNTS,
        EXTRA_SAMPLES,
        SAMPLE_FORMAT,
        XMP,
        ICC,
        DNG_VERSION,
    )
)
_TYPES = {
    1: "u1",
    2: "u1",
    3: "u2",
    4: "u4",
    6: "i1",
    7: "u1",
    8: "i2",
    9: "i4",
    16: "u8",
    13: "u4",
}
_MAX_PAGES = 1000
_MAX_VALUES = 1 << 24  # of a blob's bytes; a picture of this reader's size has far fewer strips


@dataclass(frozen=True, slots=True)
class TiffHeader:
    """The first directory of a TIFF structure, and how the file hangs together.

    Attributes
    ----------
    numbers : mapping of tag to tuple of int
    blobs : mapping of tag to bytes
        XMP (700) and ICC profile (34675).
    pages : int
        Directories in the chain, at most 1,000 counted.
    looped : bool
        The chain comes back to a directory that was read before.
    needed : int
        Bytes that the file must have to hold all that the first directory points at.
    orientation_at : int
        Where in the file the two bytes of its orientation are; -1 if it has none.
    """

    numbers: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    blobs: Mapping[int, bytes] = field(default_factory=dict)
    pages: int = 1
    looped: bool = False
    needed: int = 0
    orientation_at: int = -1

    def first(self, tag: int, default: int) -> int:
        """First number of a tag, or `default`."""
        values = self.numbers.get(tag, ())
        return values[0] if values else default

    @property
    def is_raw(self) -> bool:
        """A sensor's mosaic (DNG or a maker's format), not a picture."""
        return DNG_VERSION in self.numbers or self.first(PHOTOMETRIC, 0) in (32803, 34892)


def read_tiff_bytes(block: bytes) -> TiffHeader | None:
    """Read a TIFF structure (such as an EXIF block without its ``Exif\\0\\0``) from memory."""
    return read_tiff(io.BytesIO(block), len(block))


def read_tiff(file: BinaryIO, size: int) -> TiffHeader | None:
    """Read the first directory of a TIFF file.

    Parameters
    ----------
    file : binary file, seekable
    size : int
        Its length in bytes.

    Returns
    -------
    TiffHeader, or None where this is no TIFF structure or its first directory is out of reach.
    """
    file.seek(0)
    head = file.read(16)
    order = {b"II": "<", b"MM": ">"}.get(head[:2])
    if order is None or len(head) < 8:
        return None
    magic = struct.unpack(order + "H", head[2:4])[0]
    if magic == 43 and len(head) == 16:
        offset, big = int(struct.unpack(order + "Q", head[8:16])[0]), True
    elif magic in (42, 0x4F52, 0x5352, 0x55):  # 42, and Olympus' and Panasonic's own
        offset, big = int(struct.unpack(order + "L", head[4:8])[0]), False
    else:
        return None
    first = _read_directory(file, size, offset, order, big)
    if first is None:
        return None
    numbers, blobs, following, needed, orientation_at = first
    seen, looped = {offset}, False
    while following and len(seen) < _MAX_PAGES:
        if following in seen:
            looped = True
            break
        step = _skip_directory(file, size, following, order, big)
        if step is None:
            break
        seen.add(following)
        following = step
    return TiffHeader(numbers, blobs, len(seen), looped, needed, orientation_at)


_Directory = tuple[dict[int, tuple[int, ...]], dict[int, bytes], int, int, int]


def _entry_count(file: BinaryIO, size: int, offset: int, order: str, big: bool) -> int | None:
    width = 8 if big else 2
    if not 8 <= offset <= size - width:
        return None
    file.seek(offset)
    raw = file.read(width)
    if len(raw) < width:
        return None
    count = int(struct.unpack(order + ("Q" if big else "H"), raw)[0])
    return count if 0 < count <= 4096 else None


def _skip_directory(file: BinaryIO, size: int, offset: int, order: str, big: bool) -> int | None:
    """Offset of the directory after the one at `offset`; None if this one is not there."""
    count = _entry_count(file, size, offset, order, big)
    if count is None:
        return None
    file.seek(offset + (8 if big else 2) + count * (20 if big else 12))
    raw = file.read(8 if big else 4)
    if len(raw) < (8 if big else 4):
        return 0
    return int(struct.unpack(order + ("Q" if big else "L"), raw)[0])


def _read_directory(
    file: BinaryIO, size: int, offset: int, order: str, big: bool
) -> _Directory | None:
    count = _entry_count(file, size, offset, order, big)
    if count is None:
        return None
    length = 20 if big else 12
    table = file.read(count * length)
    raw_next = file.read(8 if big else 4)
    following = 0
    if len(raw_next) == (8 if big else 4):
        following = int(struct.unpack(order + ("Q" if big else "L"), raw_next)[0])
    numbers: dict[int, tuple[int, ...]] = {}
    blobs: dict[int, bytes] = {}
    needed, orientation_at = 0, -1
    table_at = offset + (8 if big else 2)
    layout = order + ("HHQ8s" if big else "HHL4s")
    for start in range(0, len(table) - length + 1, length):
        tag, kind, amount, inline = struct.unpack(layout, table[start : start + length])
        dtype = _TYPES.get(kind)
        if tag not in _WANTED or dtype is None or not 0 < amount <= _MAX_VALUES:
            continue
        if tag == ORIENTATION and (kind, amount) == (3, 1):
            orientation_at = table_at + start + (12 if big else 8)
        total = amount * int(dtype[1])
        raw = inline[:total]
        if total > len(inline):
            place = int(struct.unpack(order + ("Q" if big else "L"), inline)[0])
            needed = max(needed, place + total)
            if place + total > size:
                continue
            file.seek(place)
            raw = file.read(total)
        if tag in (XMP, ICC):
            blobs[tag] = raw
        elif amount <= _MAX_VALUES >> 4:
            numbers[tag] = tuple(np.frombuffer(raw, np.dtype(order + dtype)).tolist())
    for places, counts in ((STRIP_OFFSETS, STRIP_COUNTS), (TILE_OFFSETS, TILE_COUNTS)):
        for begin, extent in zip(numbers.get(places, ()), numbers.get(counts, ()), strict=False):
            needed = max(needed, begin + extent)
    return numbers, blobs, following, needed, orientation_at
