"""Repaired: the photo with its repairs in it, as a file beside the original.

Bit depth, profile, EXIF and XMP are the original's; the original itself is never written. The file
appears whole or not at all.
"""

from __future__ import annotations

import errno
import io
import os
import struct
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from flawmap_api.errors import BadInput, NotFound
from flawmap_api.geometry import Box
from flawmap_api.sources import PixelData

from .original import Original, read_original
from .staging import staged_file

__all__ = ["ENDINGS", "write_repaired"]

Samples = NDArray[Any]
Repair = tuple[Box, Any, Any]

_JPEG_QUALITY: Final = 97


def write_repaired(source: Path | str, repairs: Sequence[Repair], out: Path | str) -> Path:
    """Write a photo with repairs in it.

    Parameters
    ----------
    source : path
        The original; it is read, never written.
    repairs : sequence of (box, pixels, coverage), the later above the earlier
        `box` in the upright photo; `pixels` of it in the original's own numbers (`PixelData`, as
        `repair_render` gives it from `read_original(source).part(...)`, or an array); `coverage`
        one byte a pixel, 255 for the repair and 0 for the original.
    out : path
        What to write; its ending says as what: .png, .tif or .tiff, .jpg or .jpeg.

    Returns
    -------
    Path
        The file, absolute. A file of this name has been replaced by it.

    Raises
    ------
    BadInput
        If `out` is the original, the original cannot be read, a repair does not fit it, or the
        file's kind cannot hold the original's numbers. Nothing was changed then.
    NotFound
        If there is no original.
    """
    source, place = Path(source), Path(os.path.abspath(out))
    if not source.is_file():
        raise NotFound(f"There is no photo {source}.", "Check the spelling and the folder.")
    if place.exists() and place.samefile(source):
        raise BadInput(f"{place} is the original, which is never written.", "Choose another name.")
    encode = ENDINGS.get(place.suffix.lower())
    if encode is None:
        raise BadInput(
            f"A repaired photo cannot be written as {place.suffix or 'a file without ending'}.",
            f"Choose one of {', '.join(ENDINGS)}.",
        )
    original = read_original(source)
    samples = original.samples.copy()
    for repair in repairs:
        _lay(samples, *repair)
    data = encode(samples, original, place)
    try:
        staged_file(place, data)
    except OSError as error:
        raise _as_sentence(error, place) from error
    return place


def _lay(samples: Samples, box: Box, pixels: Any, coverage: Any) -> None:
    """Lay repaired pixels over a picture as far as the coverage goes."""
    height, width = samples.shape[:2]
    if not box.within(width, height):
        raise BadInput(
            f"A repair's box {box.as_list()} is not inside the photo ({width}×{height})."
        )
    place = samples[box.y0 : box.y1, box.x0 : box.x1]
    new = _fitted(pixels, place)
    if isinstance(coverage, (bytes, bytearray, memoryview)):
        coverage = np.frombuffer(coverage, np.uint8)
    cover = np.asarray(coverage, np.uint8)
    if cover.size != box.area:
        raise BadInput(f"A coverage of {cover.size} bytes does not fit its box {box.as_list()}.")
    cover = cover.reshape(box.height, box.width, *(1,) * (samples.ndim - 2))
    mixed: Samples
    if samples.dtype.kind == "f":
        mixed = place + (new - place) * (cover / np.float32(255))
    else:
        share = cover.astype(np.uint32)
        mixed = (share * new + (255 - share) * place + 127) // 255
    place[...] = np.where(cover == 0, place, np.where(cover == 255, new, mixed))


def _fitted(pixels: Any, place: Samples) -> Samples:
    if isinstance(pixels, PixelData):
        pixels = np.frombuffer(pixels.data, np.uint8)
        if pixels.nbytes == place.nbytes:
            pixels = pixels.view(place.dtype)
    new = np.asarray(pixels)
    if new.dtype != place.dtype or new.size != place.size:
        raise BadInput(
            f"A repair holds {new.size} numbers of {new.dtype}; its box of the photo has "
            f"{place.size} of {place.dtype}.",
            "Repair pixels that were read with `read_original`.",
        )
    return new.reshape(place.shape)


def _jpeg(samples: Samples, original: Original, place: Path) -> bytes:
    if samples.dtype != np.uint8 or original.channels in ("YA", "RGBA"):
        what = "transparency" if samples.dtype == np.uint8 else f"{samples.dtype} numbers"
        raise BadInput(f"{place.name}: JPEG cannot hold the photo's {what}.", "Write .png or .tif.")
    return _by_pillow(samples, original, "JPEG", quality=_JPEG_QUALITY, subsampling=0)


def _png(samples: Samples, original: Original, place: Path) -> bytes:
    import cv2

    if original.channels == "CMYK" or samples.dtype == np.float32:
        what = "inks" if original.channels == "CMYK" else "float numbers"
        raise BadInput(f"{place.name}: PNG cannot hold the photo's {what}.", "Write .tif.")
    if samples.dtype == np.uint8:
        return _by_pillow(samples, original, "PNG")
    order = {"RGB": cv2.COLOR_RGB2BGR, "RGBA": cv2.COLOR_RGBA2BGRA}.get(original.channels)
    done, data = cv2.imencode(".png", samples if order is None else cv2.cvtColor(samples, order))
    if not done:
        raise BadInput(f"{place.name} could not be written as PNG.")
    chunks = []
    if original.icc:
        chunks.append((b"iCCP", b"ICC Profile\0\0" + zlib.compress(original.icc)))
    if original.exif:
        chunks.append((b"eXIf", original.exif.removeprefix(b"Exif\0\0")))
    if original.xmp:
        chunks.append((b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + original.xmp))
    raw = data.tobytes()
    # Behind the header, which is 33 bytes from the start.
    return raw[:33] + b"".join(_chunk(*chunk) for chunk in chunks) + raw[33:]


def _chunk(name: bytes, data: bytes) -> bytes:
    check = zlib.crc32(name + data)
    return struct.pack(">L", len(data)) + name + data + struct.pack(">L", check)


def _tiff(samples: Samples, original: Original, place: Path) -> bytes:
    """One strip, deflated, with the tags that Pillow writes for the original's EXIF."""
    from PIL import Image
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    del place
    height, width = samples.shape[:2]
    count = 1 if samples.ndim == 2 else samples.shape[2]
    bits = 8 * samples.dtype.itemsize
    strip = zlib.compress(np.ascontiguousarray(samples).tobytes(), 6)
    ifd = ImageFileDirectory_v2()
    if original.exif:
        exif = Image.Exif()
        exif.load(original.exif)
        for tag in (*_KEPT, 0x8769, 0x8825):
            value = exif.get_ifd(tag) if tag in (0x8769, 0x8825) else exif.get(tag)
            if value:
                ifd[tag] = value
    # 1 grey, 2 RGB, 5 inks.
    kind = {"Y": 1, "YA": 1, "RGB": 2, "RGBA": 2, "CMYK": 5}[original.channels]
    tags: dict[int, Any] = {
        256: width,
        257: height,
        258: (bits,) * count,
        259: 8,  # deflate
        262: kind,
        273: 0,  # right behind the directory: Pillow adds where that ends
        277: count,
        278: height,
        279: len(strip),
        284: 1,
        339: (3 if samples.dtype.kind == "f" else 1,) * count,
    }
    if original.channels in ("YA", "RGBA"):
        tags[338] = 2  # straight alpha
    for tag, value in tags.items():
        ifd[tag] = value
    for tag, raw in ((700, original.xmp), (34675, original.icc)):
        if raw:
            ifd.tagtype[tag] = 1 if tag == 700 else 7
            ifd[tag] = raw
    return struct.pack("<2sHL", b"II", 42, 8) + bytes(ifd.tobytes(8)) + strip


#: What a TIFF's own directory says of the photo: description, maker, model, software, date, artist,
#: copyright, resolution.
_KEPT: Final = (270, 271, 272, 305, 306, 315, 33432, 282, 283, 296)


def _by_pillow(samples: Samples, original: Original, kind: str, **options: Any) -> bytes:
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    mode = {"Y": "L", "YA": "LA"}.get(original.channels, original.channels)
    height, width = samples.shape[:2]
    image = Image.frombytes(mode, (width, height), np.ascontiguousarray(samples).tobytes())
    if original.icc:
        options["icc_profile"] = original.icc
    if original.exif:
        options["exif"] = original.exif
    if original.xmp and kind == "PNG":
        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", original.xmp.decode("utf-8", "replace"))
        options["pnginfo"] = info
    elif original.xmp:
        options["xmp"] = original.xmp
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


#: What can be written, by the file's ending.
ENDINGS: Final[dict[str, Callable[[Samples, Original, Path], bytes]]] = {
    ".png": _png,
    ".tif": _tiff,
    ".tiff": _tiff,
    ".jpg": _jpeg,
    ".jpeg": _jpeg,
}


def _as_sentence(error: OSError, place: Path) -> BadInput:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return BadInput(
            f"There is no space left for {place}.", "Make room, or choose another disk."
        )
    return BadInput(
        f"{place} could not be written: {error.strerror or error}.",
        "Check that the folder is there and may be written to.",
    )
