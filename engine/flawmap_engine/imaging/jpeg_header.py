"""JPEG headers: what kind of JPEG this is, told from its markers before anything is decoded."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import BinaryIO

from flawmap_api.errors import BadInput, Unsupported

__all__ = ["MAX_SCANS", "JpegHeader", "read_jpeg_header"]

MAX_SCANS = 100
"""Encoders write about ten; thousands of empty scans over a large picture would take hours."""

_FRAMES = frozenset((0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF))
_BARE = frozenset((0x01, *range(0xD0, 0xD9)))
_MAX_JUNK = 1 << 16
_SCAN = re.compile(rb"\xff\xda")


@dataclass(frozen=True, slots=True)
class JpegHeader:
    """Frame header of a JPEG file."""

    width: int
    height: int
    precision: int
    components: int
    frame: int

    @property
    def progressive(self) -> bool:
        """All coefficients are kept in memory until the last scan is read."""
        return self.frame in (0xC2, 0xC6, 0xCA, 0xCE)


def read_jpeg_header(file: BinaryIO, name: str) -> JpegHeader:
    """Walk the markers up to the first scan.

    Raises
    ------
    BadInput
        The file ends before the picture begins, holds no frame, or more scans than any encoder
        writes.
    Unsupported
        Samples of more than 8 bits.
    """
    file.seek(2)
    header: JpegHeader | None = None
    junk = 0
    while True:
        marker = _next_marker(file)
        if marker is None:
            raise BadInput(
                f"{name} ends inside its header: no picture data has arrived.",
                "Copy it again from the card or the place it came from.",
            )
        code, skipped = marker
        junk += skipped
        if junk > _MAX_JUNK:
            raise BadInput(
                f"{name} begins as a JPEG, but what follows is not one.",
                "The file is damaged; copy it again from where it came from.",
            )
        if code in _BARE:
            continue
        if code == 0xD9 or (code == 0xDA and header is None):
            raise BadInput(
                f"{name} is a JPEG without a picture in it.",
                "The file is damaged; copy it again from where it came from.",
            )
        if code == 0xDA and header is not None:
            break
        raw = file.read(2)
        length = struct.unpack(">H", raw)[0] if len(raw) == 2 else 2
        if code in _FRAMES:
            body = file.read(6)
            if len(body) == 6:
                precision, height, width, components = struct.unpack(">BHHB", body)
                header = header or JpegHeader(width, height, precision, components, code)
            file.seek(length - 8, 1)
        else:
            file.seek(max(0, length - 2), 1)
    if header.precision > 8:
        raise Unsupported(
            f"{name} is a JPEG with {header.precision} bits a sample, which Flawmap does not read.",
            "Save it as an 8-bit JPEG, or as a 16-bit PNG or TIFF.",
        )
    if header.progressive:
        _refuse_endless_scans(file, name)
    return header


def _next_marker(file: BinaryIO) -> tuple[int, int] | None:
    """Next marker code and the bytes of junk before it; None at the end of the file."""
    junk = 0
    while junk <= _MAX_JUNK:
        byte = file.read(1)
        if not byte:
            return None
        if byte != b"\xff":
            junk += 1
            continue
        while byte == b"\xff":
            byte = file.read(1)
        if not byte:
            return None
        if byte != b"\0":
            return byte[0], junk
        junk += 2
    return 0x01, junk


def _refuse_endless_scans(file: BinaryIO, name: str) -> None:
    scans = 1
    while block := file.read(1 << 20):
        scans += len(_SCAN.findall(block))
        if scans > MAX_SCANS:
            raise BadInput(
                f"{name} is a JPEG of more than {MAX_SCANS} scans: no camera or editor writes so.",
                "Open it elsewhere and save it again.",
            )
