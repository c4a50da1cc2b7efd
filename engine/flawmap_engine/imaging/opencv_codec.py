"""OpenCV's part of decoding: pictures of more than 8 bits, which Pillow would reduce or refuse.

16-bit PNG with colour, and TIFF of 16 bits or floats.
"""

from __future__ import annotations

import cv2
import numpy as np

from flawmap_engine.imaging.picture import Channels, Samples

__all__ = ["decode_deep"]

_CHANNELS: dict[int, Channels] = {1: "Y", 3: "BGR", 4: "BGRA"}

# Its log goes to stderr; what is wrong with a file is ours to say, in one sentence.
# OpenCV 5 has the switch in another place than OpenCV 4.
_set_log_level = getattr(cv2, "setLogLevel", None) or cv2.utils.logging.setLogLevel
_set_log_level(0)


def decode_deep(
    data: bytes | bytearray, *, inverted: bool = False, premultiplied: bool = False
) -> tuple[Samples, Channels]:
    """Decode a whole file at its own depth.

    Parameters
    ----------
    data : bytes-like
        PNG (see `png_parts.take_apart`) or TIFF.
    inverted : bool
        A grey picture in which 0 is white (TIFF's MINISWHITE, which OpenCV leaves as it is).
    premultiplied : bool
        Colours are stored multiplied by alpha; they come back straight.

    Returns
    -------
    samples : uint8, uint16 or float32, shape (H, W) or (H, W, 3 or 4)
    channels : "Y", "BGR" or "BGRA"

    Raises
    ------
    ValueError, cv2.error
        OpenCV does not decode it.
    """
    image: Samples | None = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if image is None:
        raise ValueError("OpenCV does not decode it")
    if image.dtype == np.float64:
        image = image.astype(np.float32)
    channels = _CHANNELS.get(1 if image.ndim == 2 else image.shape[2])
    if channels is None or image.dtype not in (np.uint8, np.uint16, np.float32):
        raise ValueError(f"samples of type {image.dtype} in shape {image.shape}")
    if channels == "Y" and inverted:
        top = 1 if image.dtype == np.float32 else np.iinfo(image.dtype).max
        image = np.asarray(top - image, image.dtype)
    if channels == "BGRA" and premultiplied:
        image = _straight(image)
    return image, channels


def _straight(image: Samples) -> Samples:
    out = image.copy()
    top = 1.0 if image.dtype == np.float32 else 65535.0
    for row in out:
        alpha = row[:, 3:].astype(np.float32)
        colour = row[:, :3] * np.divide(top, alpha, out=np.zeros_like(alpha), where=alpha > 0)
        row[:, :3] = colour if image.dtype == np.float32 else np.minimum(np.rint(colour), top)
    return out
