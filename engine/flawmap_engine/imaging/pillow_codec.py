"""Pillow's part of decoding: every 8-bit picture, and grey ones of 16 bits.

Each kind of file goes to its one reader, by class. `Image.open` would ask readers by the dozen,
and bring limits of its own in a global; ours are looked at here, between header and pixels. No
global of Pillow is changed: what is missing at the end of a file is dealt with after its error.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

import numpy as np
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageFile,
    Jpeg2KImagePlugin,
    JpegImagePlugin,
    PngImagePlugin,
    PpmImagePlugin,
    TgaImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from flawmap_api.errors import BadInput, Unsupported
from flawmap_engine.imaging.containers import gif_frames
from flawmap_engine.imaging.limits import check_size
from flawmap_engine.imaging.metadata import exif_orientation
from flawmap_engine.imaging.pack import packed
from flawmap_engine.imaging.picture import Channels, Picture, Samples
from flawmap_engine.imaging.quiet import quiet_pillow
from flawmap_engine.imaging.sniffing import Kind

__all__ = ["TruncatedPicture", "decode_with_pillow", "percent", "xmp_with_pillow"]


def percent(share: float) -> int:
    """A share of rows as a whole percentage; never 100 for a picture that broke."""
    return min(99, int(100 * share))


class TruncatedPicture(Exception):
    """The pixel data stops or breaks; `share` of the rows came out before (0..1)."""

    def __init__(self, share: float, broken: bool) -> None:
        super().__init__(f"{share:.0%} of the rows decode")
        self.share = share
        self.broken = broken


class _Jpeg(JpegImagePlugin.JpegImageFile):
    """A JPEG reader that looks at no EXIF by itself, and can be told to end a cut file."""

    close_early = False

    def _read_dpi_from_exif(self) -> None:
        """Resolution on paper is of no interest, and its search warns about damaged EXIF."""

    def load_read(self, read_bytes: int) -> bytes:
        data = super().load_read(read_bytes)
        if not data and self.close_early:
            self.close_early = False
            return b"\xff\xd9"
        return data


_READERS: dict[Kind, Callable[[BinaryIO], ImageFile.ImageFile]] = {
    "jpeg": _Jpeg,
    "png": PngImagePlugin.PngImageFile,
    "webp": WebPImagePlugin.WebPImageFile,
    "gif": GifImagePlugin.GifImageFile,
    "bmp": BmpImagePlugin.BmpImageFile,
    "tiff": TiffImagePlugin.TiffImageFile,
    "avif": AvifImagePlugin.AvifImageFile,
    "jp2": Jpeg2KImagePlugin.Jpeg2KImageFile,
    "ppm": PpmImagePlugin.PpmImageFile,
    "tga": TgaImagePlugin.TgaImageFile,
}

# Bytes a pixel that a decoder keeps beside Pillow's own picture, at its peak: WebP two canvases
# and its planes, AVIF planes and RGB, JPEG 2000 32-bit planes.
_DECODER_BYTES: dict[Kind, float] = {"webp": 12, "avif": 9, "jp2": 24}
_MODES: dict[str, tuple[Channels, int]] = {
    "L": ("Y", 1),
    "LA": ("YA", 2),
    "RGB": ("RGB", 3),
    "RGBA": ("RGBA", 4),
    "CMYK": ("CMYK", 4),
}
# Modes that are brought to one of those above first.
_BROUGHT_TO = {
    "1": "L",
    "La": "LA",
    "PA": "RGBA",
    "RGBa": "RGBA",
    "RGBX": "RGB",
    "YCbCr": "RGB",
}


def decode_with_pillow(
    file: BinaryIO,
    kind: Kind,
    name: str,
    *,
    memory_limit: int | None,
    allow_truncated: bool,
    extra_bytes_per_pixel: float = 0.0,
) -> Picture:
    """Decode the first picture of a file.

    Parameters
    ----------
    file : binary file, seekable
    kind : str
        What `sniffing.kind_of` said.
    name : str
        What a sentence calls the file.
    memory_limit : int or None
        Bytes allowed at the peak, looked at before pixels are decoded.
    allow_truncated : bool
        Take what decodes of a damaged file.
    extra_bytes_per_pixel : float
        What the decoder needs beside the usual (a progressive JPEG its coefficients).

    Raises
    ------
    TruncatedPicture
        The pixel data stops or breaks, and that is not allowed.
    BadInput, Unsupported, NoMemory
        With a sentence.
    Exception
        Whatever Pillow raises; the caller has the sentence for it.
    """
    with quiet_pillow():
        return _decode(file, kind, name, memory_limit, allow_truncated, extra_bytes_per_pixel)


def _decode(
    file: BinaryIO,
    kind: Kind,
    name: str,
    memory_limit: int | None,
    allow_truncated: bool,
    extra: float,
) -> Picture:
    frames = gif_frames(file) if kind == "gif" else 1
    file.seek(0)
    image = _READERS[kind](file)
    per_pixel = _peak_bytes(image.mode) + extra
    check_size(name, *image.size, per_pixel + _DECODER_BYTES.get(kind, 0), memory_limit)
    frames = max(frames, 1 if kind in ("gif", "tiff") else int(getattr(image, "n_frames", 1)))
    notes = (f"First of {frames} frames.",) if frames > 1 else ()
    icc = image.info.get("icc_profile")
    missing = None
    try:
        image.load()
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the disk's fault, not the file's
        missing = _undecoded_rows(image)
        share = 0.0 if missing is None else 1 - (missing[1] - missing[0]) / image.height
        if missing is None and allow_truncated and isinstance(image, _Jpeg):
            image = _closed_early(file)
            notes = (*notes, "The file ends early: detail may be missing everywhere.")
        elif missing is None or not allow_truncated or _interlaced(image):
            raise TruncatedPicture(share, "truncated" not in str(error)) from error
        else:
            image.tile = []
            notes = (*notes, f"Only the first {percent(share)} % decode.")
    # Read after the pixels: PNG may carry both behind them. TIFF is turned by Pillow itself.
    orientation = 1 if kind == "tiff" else exif_orientation(_exif_block(image))
    xmp = _xmp_of(image)
    samples, channels = _samples(image, kind, name)
    return Picture(
        samples,
        channels,
        icc=icc if isinstance(icc, bytes) and icc else None,
        orientation=orientation,
        xmp=xmp,
        notes=notes,
        missing=missing,
    )


def xmp_with_pillow(file: BinaryIO, kind: Kind) -> bytes:
    """The XMP packet of a file of that kind, without decoding its pixels; empty if there is none.

    Raises whatever Pillow raises on a damaged header.
    """
    file.seek(0)
    with quiet_pillow():
        return _xmp_of(_READERS[kind](file))


def _xmp_of(image: ImageFile.ImageFile) -> bytes:
    xmp = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
    if isinstance(xmp, str):
        xmp = xmp.encode("utf-8", "replace")
    return xmp if isinstance(xmp, bytes) else b""


def _peak_bytes(mode: str) -> float:
    """Bytes a pixel from decoding to the finished photo: measured, and a little more."""
    if mode in ("I", "F"):
        return 15
    if mode.startswith("I;16"):
        return 9
    return 6 if mode in ("1", "L") else 9


def _exif_block(image: ImageFile.ImageFile) -> bytes | None:
    block = image.info.get("exif")
    if isinstance(block, bytes):
        return block
    text = image.info.get("Raw profile type exif")  # how older programs put EXIF into PNG
    if isinstance(text, str):
        try:
            return bytes.fromhex("".join(text.split("\n")[3:]))
        except ValueError:
            return None
    return None


def _undecoded_rows(image: ImageFile.ImageFile) -> tuple[int, int] | None:
    """Rows that a decoder left untouched (Pillow's pictures begin as zeros), at one end.

    None where nothing was decoded at all.
    """
    core = getattr(image, "_im", None)
    if core is None:
        return None
    box = core.getbbox(False)
    if box is None:
        return None
    above, below = box[1], image.height - box[3]
    if image.format == "BMP" and above > below:  # rows are stored from the bottom up
        return 0, above
    return box[3], image.height


def _interlaced(image: ImageFile.ImageFile) -> bool:
    return bool(image.info.get("interlace")) and image.format == "PNG"


def _closed_early(file: BinaryIO) -> ImageFile.ImageFile:
    """Decode a progressive JPEG again, as if it had been meant to end where it does."""
    file.seek(0)
    image = _Jpeg(file)
    image.close_early = True
    image.load()
    return image


def _samples(image: Image.Image, kind: Kind, name: str) -> tuple[Samples, Channels]:
    mode = image.mode
    if mode.startswith("I;16"):
        return np.asarray(image).astype(np.uint16, copy=False), "Y"
    if mode == "I" and kind == "ppm":  # Pillow scales deep PGM to 65,535
        return np.clip(np.asarray(image), 0, 65535).astype(np.uint16), "Y"
    if mode == "F":
        return np.asarray(image, np.float32), "Y"
    transparent = "transparency" in image.info
    target = _BROUGHT_TO.get(mode, mode)
    if mode == "P":
        palette = image.palette.mode if image.palette is not None else "RGB"
        target = "RGBA" if transparent or palette == "RGBA" else "RGB"
    elif transparent and target in ("L", "RGB"):
        target += "A"
    if target not in _MODES:
        raise Unsupported(
            f"{name} holds samples of a kind ({mode}) that Flawmap does not read.",
            "Save it as RGB or grey, with 8 or 16 bits.",
        )
    if target != mode:
        image = image.convert(target)
    channels, count = _MODES[target]
    samples = packed(image, count)
    if samples.size == 0:
        raise BadInput(f"{name} has no pixels.")
    return samples, channels
