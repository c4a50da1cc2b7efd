"""Deep files: PNG and TIFF, which reader gets them, and what of them is not read.

Pictures of more than 8 bits go to OpenCV at their full depth; what has 8 bits goes to Pillow.
"""

from __future__ import annotations

import dataclasses
import zlib
from typing import BinaryIO

import numpy as np

from flawmap_api.errors import BadInput, Unsupported
from flawmap_engine.imaging.limits import check_size, human_bytes
from flawmap_engine.imaging.metadata import exif_orientation
from flawmap_engine.imaging.opencv_codec import decode_deep
from flawmap_engine.imaging.optional_codecs import decode_raw
from flawmap_engine.imaging.picture import Picture
from flawmap_engine.imaging.pillow_codec import decode_with_pillow
from flawmap_engine.imaging.png_parts import read_png_header, take_apart
from flawmap_engine.imaging.refusals import refuse_scene_light
from flawmap_engine.imaging.tiff_header import (
    BITS,
    EXTRA_SAMPLES,
    HEIGHT,
    ICC,
    ORIENTATION,
    PHOTOMETRIC,
    PLANAR,
    SAMPLE_FORMAT,
    SAMPLES,
    WIDTH,
    XMP,
    TiffHeader,
    read_tiff,
)

__all__ = ["decode_png", "decode_tiff"]

_DEFLATE_RATIO = 1032  # the most that deflate can pack


def decode_png(
    file: BinaryIO, name: str, size: int, *, allow_truncated: bool, memory_limit: int | None
) -> Picture:
    """Decode a PNG file of `size` bytes: 16 bits with colour by OpenCV, all others by Pillow.

    Raises
    ------
    FlawmapError, TruncatedPicture
        As `decode_with_pillow`; and `BadInput` where more is claimed than the file can hold.
    """
    file.seek(0)
    header = read_png_header(file.read(64))
    if header is not None:
        check_size(name, header.width, header.height, 0, memory_limit)  # are there pixels at all
        if header.samples_bytes > _DEFLATE_RATIO * size + 4096:
            raise BadInput(
                f"{name} claims {header.width}x{header.height} pixels, more than its "
                f"{human_bytes(size)} can hold.",
                "The file is damaged or was made to do harm; leave it out.",
            )
    if header is not None and header.deep_colour:
        per_pixel = 2 * header.samples_bytes / (header.width * header.height) + 8
        check_size(name, header.width, header.height, per_pixel, memory_limit)
        file.seek(0)
        try:
            return _deep_png(file.read())
        except (ValueError, zlib.error):
            if not allow_truncated:
                raise
            # Pillow keeps what decodes, at 8 bits.
    return decode_with_pillow(
        file, "png", name, memory_limit=memory_limit, allow_truncated=allow_truncated
    )


def _deep_png(data: bytes) -> Picture:
    parts = take_apart(data)
    samples, channels = decode_deep(parts.plain)
    return Picture(
        samples,
        channels,
        icc=parts.icc,
        orientation=exif_orientation(parts.exif),
        xmp=parts.xmp,
        notes=(f"First of {parts.frames} frames.",) if parts.frames > 1 else (),
    )


def decode_tiff(
    file: BinaryIO, name: str, size: int, *, allow_truncated: bool, memory_limit: int | None
) -> Picture:
    """Decode the first page of a TIFF file of `size` bytes: to 8 bits by Pillow, more by OpenCV.

    A file whose directory says that it holds a sensor's mosaic is developed as camera RAW.

    Raises
    ------
    FlawmapError, TruncatedPicture
        As `decode_with_pillow`; and a sentence of its own for a missing or looping directory,
        for sample layouts that are not read, and for floats that are no picture for a display.
    """
    header = read_tiff(file, size)
    if header is None:
        raise BadInput(
            f"{name} is cut short or damaged: the directory of this TIFF file is missing.",
            "Copy it again from the card or the place it came from.",
        )
    if header.looped:
        raise BadInput(
            f"{name} is damaged: the directory of this TIFF file leads back to itself.",
            "Open it elsewhere and save it again.",
        )
    if header.is_raw:
        return decode_raw(file, name, memory_limit=memory_limit)
    notes = (f"First of {header.pages} pages.",) if header.pages > 1 else ()
    if max(header.numbers.get(BITS, (1,))) <= 8:
        try:
            picture = decode_with_pillow(
                file,
                "tiff",
                name,
                memory_limit=memory_limit,
                # Pillow turns a TIFF upright by itself, but only one that is whole.
                allow_truncated=allow_truncated and header.first(ORIENTATION, 1) in (0, 1),
            )
            return dataclasses.replace(picture, notes=(*notes, *picture.notes))
        except SyntaxError:
            # Layouts that Pillow has no reader for; OpenCV's is only sound without alpha.
            if header.first(PHOTOMETRIC, 1) > 2 or header.first(SAMPLES, 1) not in (1, 3):
                raise _unread_tiff(name, header) from None
    return _deep_tiff(file, name, size, header, notes, memory_limit)


def _deep_tiff(
    file: BinaryIO,
    name: str,
    size: int,
    header: TiffHeader,
    notes: tuple[str, ...],
    limit: int | None,
) -> Picture:
    width, height = header.first(WIDTH, 0), header.first(HEIGHT, 0)
    bits, samples_each = max(header.numbers.get(BITS, (1,))), header.first(SAMPLES, 1)
    form, meaning = header.first(SAMPLE_FORMAT, 1), header.first(PHOTOMETRIC, 1)
    known = (form == 1 and bits <= 16) or (form == 3 and bits in (32, 64))
    # OpenCV takes planes for rows, and drops the alpha of a grey picture, without a word.
    sound = samples_each in (1, 3, 4) and (header.first(PLANAR, 1) == 1 or samples_each == 1)
    if not known or not sound or meaning not in (0, 1, 2):
        raise _unread_tiff(name, header)
    per_pixel = 2 * samples_each * max(2, bits // 8) + 6
    check_size(name, width, height, per_pixel + size / max(1, width * height), limit)
    file.seek(0)
    data = bytearray(file.read())
    if header.orientation_at >= 0:
        # Versions of OpenCV differ in whether they turn a TIFF: none does if it says it is upright.
        data[header.orientation_at : header.orientation_at + 2] = (
            b"\x01\x00" if data[:2] == b"II" else b"\x00\x01"
        )
    samples, channels = decode_deep(
        data,
        inverted=meaning == 0 and bits > 8,
        premultiplied=header.first(EXTRA_SAMPLES, 0) == 1,
    )
    if samples.dtype == np.float32:
        refuse_scene_light(samples, name)
    return Picture(
        samples,
        channels,
        icc=header.blobs.get(ICC),
        orientation=header.first(ORIENTATION, 1),
        xmp=header.blobs.get(XMP, b""),
        notes=notes,
    )


def _unread_tiff(name: str, header: TiffHeader) -> Unsupported:
    return Unsupported(
        f"{name} is a TIFF file of a variety that Flawmap does not read "
        f"({header.first(SAMPLES, 1)} samples of {max(header.numbers.get(BITS, (1,)))} bits a "
        f"pixel, format {header.first(SAMPLE_FORMAT, 1)}, colour {header.first(PHOTOMETRIC, 1)}).",
        "Save it as RGB or grey, with 8 or 16 bits.",
    )
