"""Colour: from a photo's own profile to 8-bit sRGB.

8-bit pictures go through LittleCMS (relative colorimetric, no black point compensation), in
strips that stay in the cache. A profile that is sRGB is skipped, so such pixels stay bit-equal.
16-bit and float pictures with a matrix profile are converted here at their own depth, because a
step through 8 bits in a linear encoding would lose the shadows; other profiles of deep pictures
go through 8 bits in the profile's own encoding.
"""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from flawmap_engine.imaging.matrix_profile import MatrixProfile, encode_srgb, parse_matrix_profile
from flawmap_engine.imaging.pack import packed
from flawmap_engine.imaging.picture import Samples

__all__ = ["is_srgb", "to_8bit", "to_srgb"]

Space = Literal["Y", "RGB", "CMYK"]

_STRIP_PIXELS = 1 << 18
_MODES = {"Y": "L", "RGB": "RGB", "CMYK": "CMYK"}
_PROFILE_SPACES = {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK"}

DAMAGED = "The embedded colour profile is damaged; sRGB is assumed."
UNFIT = "The embedded colour profile is for another kind of picture; sRGB is assumed."


def to_srgb(
    samples: Samples, space: Space, icc: bytes | None, *, linear: bool = False
) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """Convert a picture to 8-bit sRGB.

    Parameters
    ----------
    samples : uint8, uint16 or float32, shape (H, W) or (H, W, channels)
        Without alpha; floats finite. RGB order. CMYK: 255 is full ink.
    space : {"Y", "RGB", "CMYK"}
    icc : bytes or None
        Profile of the samples; None means sRGB.
    linear : bool
        The samples are linear light in the profile's primaries.

    Returns
    -------
    rgb : uint8, shape (H, W, 3)
        May be the input itself where nothing had to be done.
    notes : tuple of str
    """
    notes: tuple[str, ...] = ()
    if icc is not None:
        if space == "Y" and _profile_mode(icc) == "RGB":
            # A grey picture that carries its RGB working space: its greys are that space's.
            samples, space = cv2.cvtColor(samples, cv2.COLOR_GRAY2RGB), "RGB"
        mode = _profile_mode(icc)
        if mode != _MODES[space]:
            notes, icc = ((DAMAGED if mode is None else UNFIT),), None
    if linear or (icc is not None and samples.dtype != np.uint8 and space != "CMYK"):
        if icc is not None and not linear and is_srgb(icc):
            return _as_rgb(to_8bit(samples), space), notes
        matrix = None if icc is None else parse_matrix_profile(icc)
        if matrix is not None or icc is None:
            return _as_rgb(_through_matrix(samples, matrix, linear), space), notes
        if linear:
            notes = (*notes, "The profile has no primaries; those of sRGB are assumed.")
            return _as_rgb(_through_matrix(samples, None, linear), space), notes
    small = to_8bit(samples)
    if icc is None:
        return _as_rgb(small, space), notes
    try:
        transform = _transform(icc, _MODES[space])
        if transform is None:
            return _as_rgb(small, space), notes
        return _strips(small, _MODES[space], transform), notes
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return _as_rgb(small, space), (*notes, DAMAGED)


def to_8bit(samples: Samples) -> NDArray[np.uint8]:
    """Round to 8 bits in the same encoding: 65,535 and 1.0 become 255, floats are clipped."""
    if samples.dtype == np.uint8:
        return np.asarray(samples, np.uint8)
    if samples.dtype == np.uint16:
        return np.asarray(cv2.convertScaleAbs(samples, alpha=1 / 257), np.uint8)
    out = np.empty(samples.shape, np.uint8)
    for rows in _row_slices(samples.shape):
        out[rows] = np.rint(np.clip(samples[rows], 0, 1) * np.float32(255))
    return out


def is_srgb(icc: bytes) -> bool:
    """Whether a profile changes no probe colour by more than 1/255: then it is sRGB in effect."""
    mode = _profile_mode(icc)
    try:
        return mode is not None and _transform(icc, mode) is None
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return False


def _row_slices(shape: tuple[int, ...]) -> list[slice]:
    step = max(1, _STRIP_PIXELS // max(1, shape[1]))
    return [slice(top, top + step) for top in range(0, shape[0], step)]


def _as_rgb(samples: NDArray[np.uint8], space: Space) -> NDArray[np.uint8]:
    if space == "Y":
        return np.asarray(cv2.cvtColor(samples, cv2.COLOR_GRAY2RGB), np.uint8)
    if space == "CMYK":
        return _strips(samples, "CMYK", None)
    return samples


def _strips(
    samples: NDArray[np.uint8], mode: str, transform: ImageCms.ImageCmsTransform | None
) -> NDArray[np.uint8]:
    """Convert strip by strip: LittleCMS with a transform, Pillow's plain conversion without."""
    height, width = samples.shape[:2]
    out = np.empty((height, width, 3), np.uint8)
    samples = np.ascontiguousarray(samples)
    for rows in _row_slices(samples.shape):
        strip = samples[rows]
        image = Image.frombuffer(mode, (width, strip.shape[0]), strip, "raw", mode, 0, 1)
        if transform is None:
            image = image.convert("RGB")
        else:
            converted = ImageCms.applyTransform(image, transform)
            image = image if converted is None else converted
        out[rows] = packed(image, 3)
    return out


def _through_matrix(
    samples: Samples, profile: MatrixProfile | None, linear: bool
) -> NDArray[np.uint8]:
    """Tone curves off, primaries to sRGB's, sRGB's curve on; at 16 bits throughout."""
    out = np.empty(samples.shape, np.uint8)
    curves = None if profile is None or linear else profile.curves
    matrix = None if profile is None else profile.to_srgb
    table = encode_srgb()
    for rows in _row_slices(samples.shape):
        codes = _codes(samples[rows])
        if curves is None and matrix is None:
            np.take(table, codes, out=out[rows])
            continue
        light = np.empty(codes.shape, np.float32)
        if curves is None:
            np.multiply(codes, np.float32(1 / 65535), out=light, dtype=np.float32)
        elif codes.ndim == 2:
            np.take(curves[0], codes, out=light)
        else:
            for channel, curve in enumerate(curves):
                light[..., channel] = curve[codes[..., channel]]
        if matrix is not None and codes.ndim == 3:
            light = np.asarray(cv2.transform(light, matrix), np.float32)
        np.take(table, _codes(light), out=out[rows])
    return out


def _codes(strip: Samples) -> NDArray[np.uint16]:
    if strip.dtype == np.uint16:
        return np.asarray(strip, np.uint16)
    if strip.dtype == np.uint8:
        return strip.astype(np.uint16) * np.uint16(257)
    return np.asarray(np.rint(np.clip(strip, 0, 1) * np.float32(65535)), np.uint16)


@lru_cache(maxsize=16)
def _profile_mode(icc: bytes) -> str | None:
    """Pillow mode of the colours that a profile describes; None if it cannot be read."""
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        return _PROFILE_SPACES.get(profile.profile.xcolor_space.strip(), "other")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


@lru_cache(maxsize=16)
def _transform(icc: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """LittleCMS transform to sRGB, or None where the profile is sRGB in effect.

    One transform serves all threads: LittleCMS copies its one-pixel cache for each call.
    """
    transform = ImageCms.buildTransform(
        ImageCms.ImageCmsProfile(io.BytesIO(icc)),
        ImageCms.createProfile("sRGB"),
        mode,
        "RGB",
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
    )
    if mode == "CMYK":
        return transform
    probe = _probe(mode)
    seen = _strips(probe, mode, transform).astype(np.int16)
    wanted = probe if mode == "RGB" else np.repeat(probe[..., None], 3, axis=2)
    return None if int(np.abs(seen - wanted).max()) <= 1 else transform


def _probe(mode: str) -> NDArray[np.uint8]:
    if mode == "L":
        return np.arange(256, dtype=np.uint8).reshape(1, 256)
    levels = np.linspace(0, 255, 18).astype(np.uint8)
    return np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(18, -1, 3)
