"""Original: a photo's file in its own numbers, upright, with what it carries beside its pixels.

Repairs are made of these numbers, not of the 8-bit picture that the networks look at: 16 bits and
floats stay what they are, and so do profile, EXIF and XMP.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from flawmap_api.errors import BadInput
from flawmap_api.geometry import Box
from flawmap_api.messages import PixelSource
from flawmap_api.sources import PixelData

__all__ = ["Original", "read_original"]

Samples = NDArray[Any]

_DTYPES: Final = {"uint8": "u8", "uint16": "u16", "float32": "f32"}
_LAYOUTS: Final = {"L": "Y", "LA": "YA", "RGB": "RGB", "RGBA": "RGBA", "CMYK": "CMYK"}
_ORIENTATION: Final = 0x0112
_BITS: Final = 258
_XMP: Final = 700
_ICC: Final = 34675


@dataclass(frozen=True, eq=False)
class Original:
    """A photo in its file's own numbers.

    Attributes
    ----------
    samples : uint8, uint16 or float32, shape (H, W) or (H, W, channels)
        Upright, colour in RGB order.
    channels : "Y" | "YA" | "RGB" | "RGBA" | "CMYK"
    icc, exif, xmp : bytes
        Empty where the file has none. EXIF's orientation is taken out: the pixels are upright.
    """

    samples: Samples
    channels: str
    icc: bytes = b""
    exif: bytes = b""
    xmp: bytes = b""

    def part(self, box: Box) -> PixelData:
        """Pixels of a box, ready for `EngineClient.repair_render`.

        Raises
        ------
        BadInput
            If the box does not lie inside the photo.
        """
        height, width = self.samples.shape[:2]
        if not box.within(width, height):
            raise BadInput(f"The box {box.as_list()} is not inside the photo ({width}×{height}).")
        cut = np.ascontiguousarray(self.samples[box.y0 : box.y1, box.x0 : box.x1])
        layout = PixelSource(box.width, box.height, _DTYPES[cut.dtype.name], self.channels)
        return PixelData(layout, memoryview(cut.tobytes()), self.icc)


def read_original(path: Path | str) -> Original:
    """Read a photo's file in its own numbers.

    Raises
    ------
    BadInput
        If it cannot be read, or holds numbers that cannot be written again.
    """
    path = Path(path)
    try:
        return _read(path)
    except (OSError, ValueError, SyntaxError, struct.error) as error:
        raise BadInput(
            f"{path.name} cannot be read in its own numbers: {error}.",
            "Open it in an editor and save it as PNG, TIFF or JPEG.",
        ) from error


def _read(path: Path) -> Original:
    from PIL import Image, UnidentifiedImageError

    try:
        image = Image.open(path)
    except UnidentifiedImageError:
        tags = _tiff_tags(path)
        if tags is None:
            raise
        # Float colours and other kinds that Pillow has no mode for.
        samples, channels = _deep(path)
        turn, icc, xmp = (tags.get(tag) for tag in (_ORIENTATION, _ICC, _XMP))
        samples = np.ascontiguousarray(_upright(samples, int(turn or 1)))
        return Original(samples, channels, bytes(icc or b""), b"", bytes(xmp or b""))
    with image:
        exif = image.getexif()
        turn = int(exif.get(_ORIENTATION, 1))
        exif.pop(_ORIENTATION, None)
        samples, channels = _deep(path) if _is_deep(image, path) else _shallow(image)
        profile = image.info.get("icc_profile")
        return Original(
            samples=np.ascontiguousarray(_upright(samples, turn)),
            channels=channels,
            icc=profile if isinstance(profile, bytes) else b"",
            exif=exif.tobytes() if len(exif) else b"",
            xmp=_xmp_of(image),
        )


def _tiff_tags(path: Path) -> Any:
    """The first directory of a TIFF; None if the file is none."""
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    with path.open("rb") as file:
        head = file.read(8)
        if head[:4] not in (b"II*\0", b"MM\0*"):
            return None
        ifd = ImageFileDirectory_v2(head)
        file.seek(ifd.next)
        ifd.load(file)
        # Tags are read from the file when they are asked for.
        return {tag: ifd[tag] for tag in (_ORIENTATION, _ICC, _XMP) if tag in ifd}


def _is_deep(image: Any, path: Path) -> bool:
    """Whether the file has more than 8 bits; Pillow would hand over 8 of them without a word."""
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return True
    if image.format == "TIFF":
        bits = image.tag_v2.get(_BITS, (8,))
        return any(int(count) > 8 for count in (bits if isinstance(bits, tuple) else (bits,)))
    if image.format == "PNG":
        with path.open("rb") as file:
            return file.read(25)[24:25] == b"\x10"
    return False


def _deep(path: Path) -> tuple[Samples, str]:
    import cv2

    data = np.fromfile(path, np.uint8)
    samples = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    if samples is None or samples.dtype.name not in _DTYPES:
        raise ValueError("its numbers are of a kind that OpenCV cannot read")
    if samples.ndim == 2:
        return samples, "Y"
    if samples.shape[2] == 3:
        return cv2.cvtColor(samples, cv2.COLOR_BGR2RGB), "RGB"
    if samples.shape[2] == 4:
        return cv2.cvtColor(samples, cv2.COLOR_BGRA2RGBA), "RGBA"
    raise ValueError(f"it has {samples.shape[2]} channels")


def _shallow(image: Any) -> tuple[Samples, str]:
    mode = image.mode
    if mode not in _LAYOUTS or "transparency" in image.info:
        grey = mode in ("1", "L")
        alpha = "transparency" in image.info or mode in ("PA", "La", "RGBa")
        mode = ("LA" if alpha else "L") if grey else ("RGBA" if alpha else "RGB")
        image = image.convert(mode)
    return np.asarray(image), _LAYOUTS[mode]


def _upright(samples: Samples, orientation: int) -> Samples:
    if orientation in (5, 6, 7, 8):
        samples = samples.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        samples = samples[::-1]
    if orientation in (2, 3, 6, 7):
        samples = samples[:, ::-1]
    return samples


def _xmp_of(image: Any) -> bytes:
    xmp = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
    if not xmp and image.format == "TIFF":
        xmp = image.tag_v2.get(_XMP, b"")
    if isinstance(xmp, str):
        return xmp.encode("utf-8")
    return bytes(xmp) if isinstance(xmp, (bytes, bytearray)) else b""
