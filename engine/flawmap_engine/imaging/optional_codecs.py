"""Optional codecs: camera RAW through rawpy, HEIF through pi-heif, where they are installed."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any, BinaryIO

import cv2
import numpy as np
from numpy.typing import NDArray

from flawmap_api.errors import Unsupported
from flawmap_engine.imaging.limits import check_size
from flawmap_engine.imaging.picture import Channels, Picture

__all__ = ["decode_heif", "decode_raw", "heif_xmp"]

# LibRaw's turn (how the sensor was held) as an EXIF orientation.
_RAW_TURNS = {0: 1, 3: 3, 5: 8, 6: 6}
_NEAR_WHITE = 0.99  # sensors saturate a little below the white level that is written down


def decode_raw(file: BinaryIO, name: str, *, memory_limit: int | None) -> Picture:
    """Develop a camera RAW file, soberly.

    The camera's white balance, sRGB, and no automatic brightening: that would hide a dark photo
    and burn out a bright one. Clipping is read off the sensor's own numbers.

    Raises
    ------
    Unsupported
        rawpy is not installed.
    """
    rawpy = _extra("rawpy", "raw", f"{name} is a camera RAW file")
    file.seek(0)
    with rawpy.imread(file) as raw:
        sizes = raw.sizes
        check_size(name, sizes.raw_width, sizes.raw_height, 24, memory_limit)
        saturated = _sensor_clipping(raw)
        rgb = np.ascontiguousarray(
            raw.postprocess(
                use_camera_wb=True,
                no_auto_bright=True,
                output_bps=8,
                user_flip=0,
                gamma=(2.4, 12.92),
            )
        )
        turn = _RAW_TURNS.get(int(sizes.flip), 1)
    if saturated is not None and saturated[0].shape != rgb.shape[:2]:
        saturated = None  # half-turned or resampled sensors: what was developed must do
    return Picture(
        rgb,
        "RGB",
        orientation=turn,
        notes=("RAW file, developed with the camera's white balance and nothing else.",),
        saturated=saturated,
    )


def decode_heif(file: BinaryIO, name: str, *, memory_limit: int | None) -> Picture:
    """Decode the main picture of a HEIF or HEIC file; it comes upright.

    Raises
    ------
    Unsupported
        pi-heif is not installed.
    """
    pi_heif = _extra("pi_heif", "heif", f"{name} is a HEIF picture")
    file.seek(0)
    heif = pi_heif.open_heif(file, convert_hdr_to_8bit=True)
    width, height = heif.size
    check_size(name, width, height, 16, memory_limit)
    samples = np.array(np.asarray(heif))  # a copy: the view would outlive the memory it looks at
    layouts: dict[int, Channels] = {1: "Y", 2: "YA", 3: "RGB", 4: "RGBA"}
    icc, xmp = heif.info.get("icc_profile"), heif.info.get("xmp")
    if samples.ndim == 3 and samples.shape[2] == 1:
        samples = samples[..., 0]
    return Picture(
        samples,
        layouts[1 if samples.ndim == 2 else samples.shape[2]],
        icc=icc if isinstance(icc, bytes) and icc else None,
        xmp=xmp if isinstance(xmp, bytes) else b"",
    )


def heif_xmp(file: BinaryIO) -> bytes:
    """The XMP packet of a HEIF file, without decoding it; empty if there is none.

    Raises
    ------
    Unsupported
        pi-heif is not installed.
    """
    pi_heif = _extra("pi_heif", "heif", "A HEIF picture")
    file.seek(0)
    xmp = pi_heif.open_heif(file).info.get("xmp")
    return xmp if isinstance(xmp, bytes) else b""


def _extra(module: str, extra: str, what: str) -> ModuleType:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise Unsupported(
            f"{what}, which needs the package {module.replace('_', '-')}.",
            f'Install it: pip install "flawmap[{extra}]"',
        ) from error


def _sensor_clipping(raw: Any) -> tuple[NDArray[np.uint8], NDArray[np.uint8]] | None:
    """Masks (0 or 1) of sensor sites whose 2x2 neighbourhood is saturated wholly, or in part."""
    mosaic = raw.raw_image_visible
    if mosaic is None or mosaic.ndim != 2 or not raw.white_level:
        return None
    site = np.asarray(mosaic >= raw.white_level * _NEAR_WHITE, np.uint8)
    block = np.ones((2, 2), np.uint8)
    every, some = cv2.erode(site, block), cv2.dilate(site, block)
    return np.asarray(every, np.uint8), np.asarray(cv2.subtract(some, every), np.uint8)
