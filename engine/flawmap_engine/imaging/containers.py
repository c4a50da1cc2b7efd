"""Containers: how long a file says that it is, and how many frames it holds.

Read off the outer structure, without decoding anything.
"""

from __future__ import annotations

import struct
from typing import BinaryIO

from flawmap_engine.imaging.sniffing import Kind

__all__ = ["bytes_needed", "gif_frames"]


def bytes_needed(kind: Kind, file: BinaryIO, size: int) -> int | None:
    """How long a file says that it is, by its own container; None where it does not say.

    For PNG the end of the last chunk that is begun, and None if the closing chunk is there.
    """
    file.seek(0)
    head = file.read(64)
    if kind == "webp" and len(head) >= 12:
        return int(struct.unpack("<L", head[4:8])[0]) + 8
    if kind == "bmp" and len(head) >= 30:
        return _bmp_needed(head)
    if kind in ("avif", "heif"):
        return _boxes_needed(file, size)
    if kind == "png":
        return _chunks_needed(file, size)
    return None


def _bmp_needed(head: bytes) -> int | None:
    offset, header = struct.unpack("<LL", head[10:18])
    if header < 40 or len(head) < 34:
        return None
    width, height, _, bits, compression = struct.unpack("<llHHL", head[18:34])
    if compression not in (0, 3) or width <= 0:
        return None
    return int(offset) + (int(width) * int(bits) + 31) // 32 * 4 * abs(int(height))


def _boxes_needed(file: BinaryIO, size: int) -> int | None:
    at = 0
    for _ in range(1000):
        file.seek(at)
        raw = file.read(16)
        if len(raw) < 8:
            return at + 8 if raw else None
        length = int(struct.unpack(">L", raw[:4])[0])
        if length == 1 and len(raw) == 16:
            length = int(struct.unpack(">Q", raw[8:16])[0])
        if length < 8:  # 0: to the end of the file; anything else is damage
            return None
        at += length
        if at >= size:
            return at
    return None


def _chunks_needed(file: BinaryIO, size: int) -> int | None:
    at = 8
    for _ in range(1_000_000):
        file.seek(at)
        raw = file.read(8)
        if len(raw) < 8:
            return at + 12
        length, name = struct.unpack(">L4s", raw)
        at += int(length) + 12
        if at > size:
            return at
        if name == b"IEND":
            return None
    return None


def gif_frames(file: BinaryIO) -> int:
    """Count a GIF's frames by walking its blocks, without decoding any; at least 1."""
    file.seek(0)
    data = file.read()
    if len(data) < 13:
        return 1
    at = 13 + (3 << (data[10] & 7) + 1 if data[10] & 0x80 else 0)
    frames, end = 0, len(data)
    while at < end:
        block = data[at]
        if block == 0x2C and at + 10 <= end:
            frames += 1
            local = data[at + 9]
            at += 11 + (3 << (local & 7) + 1 if local & 0x80 else 0)
        elif block == 0x21:
            at += 2
        else:
            break
        while at < end and data[at]:
            at += data[at] + 1
        at += 1
    return max(1, frames)
