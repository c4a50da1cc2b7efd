"""Sniffing: what a file is by its first bytes, and whether all of it is there.

Names lie; the first bytes decide. Only kinds of file that Flawmap reads ever reach a decoder, so
the many exotic readers of an image library are no door into the engine.
"""

from __future__ import annotations

import os
import struct
from typing import Literal

from flawmap_api.errors import BadInput, Unsupported

__all__ = ["HEAD_BYTES", "Kind", "kind_of"]

Kind = Literal[
    "jpeg", "png", "webp", "gif", "bmp", "tiff", "avif", "jp2", "ppm", "tga", "heif", "raw"
]

HEAD_BYTES = 4096

_RAW_SUFFIXES = frozenset(
    f".{suffix}"
    for suffix in (
        *("3fr", "arw", "cr2", "dcr", "dng", "erf", "fff", "iiq", "k25", "kdc", "mef", "mos"),
        *("nef", "nrw", "pef", "raw", "rwl", "sr2", "srf", "srw"),
    )
)
_TGA_SUFFIXES = frozenset((".tga", ".icb", ".vda", ".vst"))

_SIGNATURES: tuple[tuple[bytes, Kind], ...] = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"BM", "bmp"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"II+\0", "tiff"),
    (b"MM\0+", "tiff"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "jp2"),
    (b"\xff\x4f\xff\x51", "jp2"),
    (b"IIRO", "raw"),
    (b"IIRS", "raw"),
    (b"IIU\0", "raw"),
    (b"FOVb", "raw"),
    (b"\0MRM", "raw"),
    (b"FUJIFILM", "raw"),
)

# Begins with -> (what it is, what to do): recognised, so that the refusal can say what it is.
_EXPORT = "Save it as JPEG, PNG or TIFF and pass that."
_KNOWN_BUT_NOT_READ: tuple[tuple[bytes, str, str], ...] = (
    (b"\xff\x0a", "a JPEG XL picture", _EXPORT),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "a JPEG XL picture", _EXPORT),
    (b"8BPS", "a Photoshop document", "Export a flat copy as PNG or TIFF and pass that."),
    (b"gimp xcf", "a GIMP document", "Export it as PNG or TIFF, or use the plug-in in GIMP."),
    (b"v/1\x01", "an OpenEXR picture in scene light", "Tone-map it and save it as PNG or TIFF."),
    (b"#?RADIANCE", "a Radiance HDR picture", "Tone-map it and save it as PNG or TIFF."),
    (b"%PDF", "a PDF document", "Export the photo in it as JPEG, PNG or TIFF."),
    (b"%!PS", "a PostScript document", _EXPORT),
    (b"\0\0\x01\0", "an icon file", "Icons are no photos; pass a picture file."),
    (b"\0\0\x02\0", "a cursor file", "Cursors are no photos; pass a picture file."),
    (b"II\xbc\x01", "a JPEG XR picture", _EXPORT),
    (b"PK\x03\x04", "a ZIP archive", "Unpack it and pass the photos inside."),
    (b"\x1f\x8b", "a compressed archive", "Unpack it and pass the photos inside."),
    (b"7z\xbc\xaf", "a compressed archive", "Unpack it and pass the photos inside."),
    (b"\x1aE\xdf\xa3", "a video", "Pass single frames, saved as pictures."),
)


def kind_of(head: bytes, name: str, size: int) -> Kind:
    """Tell what a file is.

    Parameters
    ----------
    head : bytes
        The file's first bytes, up to `HEAD_BYTES`.
    name : str
        File name, for the sentence, for Targa (which has no signature) and for camera files
        that look like TIFF.
    size : int
        Length of the file.

    Raises
    ------
    Unsupported
        Recognised, but not a picture Flawmap reads.
    BadInput
        Empty, text, a web page, or nothing that is known.
    """
    suffix = os.path.splitext(name)[1].lower()
    if size == 0:
        raise BadInput(
            f"{name} is empty (0 bytes).", "Copy it again from where it came from, or leave it out."
        )
    for start, kind in _SIGNATURES:
        if head.startswith(start):
            return "raw" if kind == "tiff" and suffix in _RAW_SUFFIXES else kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp":
        return _iso_media(head, name)
    if head[:1] == b"P" and head[1:2] in b"123456" and head[2:3] in b" \t\r\n#" and len(head) > 2:
        return "ppm"
    for start, what, hint in _KNOWN_BUT_NOT_READ:
        if head.startswith(start):
            raise Unsupported(f"{name} is {what}, which Flawmap does not read.", hint)
    if suffix in _TGA_SUFFIXES and len(head) > 18 and head[1] <= 1 and head[2] in (1, 2, 3, 9, 10):
        return "tga"
    raise _no_picture(head, name)


def _iso_media(head: bytes, name: str) -> Kind:
    length = struct.unpack(">L", head[:4])[0]
    brands = {head[at : at + 4] for at in (8, *range(16, min(length, len(head), 256), 4))}
    major = head[8:12]
    if major == b"crx ":
        return "raw"
    if major in (b"avif", b"avis"):
        return "avif"
    if brands & {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs"}:
        return "heif"
    if brands & {b"avif", b"avis"}:
        return "avif"
    if brands & {b"mif1", b"msf1"}:
        return "heif"
    raise Unsupported(
        f"{name} is a video or sound file, not a photo.", "Pass single frames, saved as pictures."
    )


def _no_picture(head: bytes, name: str) -> Exception:
    hint = "Look at where it was saved: pass the picture itself."
    start = head[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head")):
        return BadInput(f"{name} is a web page that was saved under a picture's name.", hint)
    if start.startswith((b"<svg", b"<?xml")) and b"<svg" in head.lower():
        return Unsupported(f"{name} is a drawing (SVG), not a photo.", "Export it as PNG.")
    try:
        text = head.decode("utf-8") if len(head) < HEAD_BYTES else head[:-4].decode("utf-8")
    except UnicodeDecodeError:
        text = "\0"
    if all(character.isprintable() or character in "\t\r\n\f" for character in text):
        return BadInput(f"{name} holds text, not a picture.", hint)
    return BadInput(
        f"{name} is not a picture of a kind that Flawmap knows: its first bytes fit none.",
        "If it opens elsewhere, save it from there as JPEG, PNG or TIFF.",
    )
