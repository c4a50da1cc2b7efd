"""Made pictures: small photos with marks in their corners, written in many ways."""

from __future__ import annotations

import csv
import io
import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

ZOO = Path(__file__).resolve().parents[2] / "data" / "formats"
RED, GREEN, BLUE = (200, 30, 30), (30, 190, 40), (30, 50, 210)


def zoo_rows(table: Path = ZOO / "formats.csv") -> list[dict[str, str]]:
    """The rows of a zoo's table."""
    with table.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def picture(width: int = 96, height: int = 64, seed: int = 0) -> NDArray[np.uint8]:
    """A soft picture, uint8 (H, W, 3): red top left, green top right, blue bottom left."""
    rng = np.random.default_rng(seed)
    small = rng.integers(40, 210, (5, 7, 3), dtype=np.uint8)
    soft = np.array(Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC))
    side = min(width, height) // 4
    soft[:side, :side], soft[:side, -side:], soft[-side:, :side] = RED, GREEN, BLUE
    return soft


def turned(upright: NDArray[np.generic], orientation: int) -> NDArray[np.generic]:
    """How a camera stores an upright picture under an EXIF orientation."""
    stored = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.swapaxes(0, 1),
        6: lambda a: np.rot90(a, 1),
        7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
        8: lambda a: np.rot90(a, -1),
    }[orientation](upright)
    return np.ascontiguousarray(stored)


def exif(orientation: int) -> bytes:
    """An EXIF block that says an orientation and nothing else."""
    block = Image.Exif()
    block[274] = orientation
    return block.tobytes()


def profile_of(zoo_file: str) -> bytes:
    """The ICC profile in one of the zoo's files."""
    with Image.open(ZOO / zoo_file) as image:
        return bytes(image.info["icc_profile"])


def srgb_profile() -> bytes:
    """An sRGB profile, as LittleCMS writes it."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def by_little_cms(rgb: NDArray[np.uint8], icc: bytes) -> NDArray[np.int16]:
    """The same pixels converted to sRGB by LittleCMS alone, relative colorimetric."""
    converted = ImageCms.profileToProfile(
        Image.fromarray(rgb),
        ImageCms.ImageCmsProfile(io.BytesIO(icc)),
        ImageCms.createProfile("sRGB"),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        outputMode="RGB",
    )
    assert converted is not None
    return np.asarray(converted).astype(np.int16)


def chunk(name: bytes, body: bytes) -> bytes:
    """A PNG chunk."""
    return struct.pack(">L", len(body)) + name + body + struct.pack(">L", zlib.crc32(name + body))


def png16(samples: NDArray[np.uint16], *extra: bytes) -> bytes:
    """A 16-bit PNG of grey, grey and alpha, RGB or RGBA samples, with chunks before its pixels."""
    height, width, channels = samples.shape
    colour = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    rows = np.zeros((height, 1 + width * channels * 2), np.uint8)
    rows[:, 1:] = samples.astype(">u2").reshape(height, -1).view(np.uint8)
    header = struct.pack(">LLBBBBB", width, height, 16, colour, 0, 0, 0)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", header),
            *extra,
            chunk(b"IDAT", zlib.compress(rows.tobytes())),
            chunk(b"IEND", b""),
        )
    )


def png_header(width: int, height: int, *, depth: int = 8, colour: int = 2) -> bytes:
    """A PNG that claims a size and holds next to nothing."""
    header = struct.pack(">LLBBBBB", width, height, depth, colour, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(bytes(100)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels + chunk(b"IEND", b"")
