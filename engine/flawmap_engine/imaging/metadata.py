"""Metadata: orientation and document id out of EXIF and XMP blocks, and nothing else.

Both are read by hand: a general parser would warn, or raise, on the damaged blocks that real
cameras and phones write, and a picture is never refused for its metadata.
"""

from __future__ import annotations

import re

from flawmap_engine.imaging.tiff_header import read_tiff_bytes

__all__ = ["document_id", "exif_orientation"]

_ORIENTATION = 274
_SEARCHED = 1 << 20
_DOCUMENT_ID = re.compile(
    rb"xmpMM:DocumentID\s*(?:=\s*[\"']([^\"'<>]{1,200})[\"']|>([^<>]{1,200})<)"
)


def exif_orientation(exif: bytes | None) -> int:
    """Orientation 1..8 of an EXIF block; 1 where it is missing, damaged or out of range."""
    if not exif:
        return 1
    block = exif[6:] if exif[:6] in (b"Exif\0\0", b"Exif\0\xff") else exif
    header = read_tiff_bytes(block)
    if header is None:
        return 1
    value = header.first(_ORIENTATION, 1)
    return value if 1 <= value <= 8 else 1


def document_id(xmp: bytes | str | None) -> str:
    """XMP ``xmpMM:DocumentID``, as attribute or element; empty if there is none.

    A search rather than an XML parser: packets may be damaged, and entities that expand into
    gigabytes are none of our business.
    """
    if not xmp:
        return ""
    packet = xmp.encode("utf-8", "replace") if isinstance(xmp, str) else xmp
    match = _DOCUMENT_ID.search(packet[:_SEARCHED])
    if match is None:
        return ""
    return (match[1] or match[2]).decode("utf-8", "replace").strip()
