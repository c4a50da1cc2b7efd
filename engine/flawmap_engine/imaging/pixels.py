"""Pixels: a `Photo` from an editor's own numbers instead of a file."""

from __future__ import annotations

import numpy as np

from flawmap_api.errors import BadInput
from flawmap_api.messages import CHANNELS, DTYPES
from flawmap_engine.imaging.assemble import assemble
from flawmap_engine.imaging.limits import check_size
from flawmap_engine.imaging.photo import MIN_SIDE, Photo
from flawmap_engine.imaging.picture import Channels, Picture
from flawmap_engine.imaging.refusals import refuse_scene_light

__all__ = ["photo_from_pixels"]


def photo_from_pixels(
    data: bytes | bytearray | memoryview,
    *,
    width: int,
    height: int,
    dtype: str,
    channels: str,
    icc: bytes | None = None,
    linear: bool = False,
    lineage: str = "",
    memory_limit: int | None = None,
    own: bool = False,
    patch: bool = False,
) -> Photo:
    """Make a photo of an editor's pixels.

    Lossless 8-bit sRGB documents become bit-equal to the same picture opened as a file; others
    are within 2/255 of LittleCMS' conversion.

    Parameters
    ----------
    data : bytes-like
        ``height * width * channels`` samples, rows from the top, native byte order, no padding.
    width, height : int
    dtype : {"u8", "u16", "f16", "f32"}
        Integers over their whole range; floats 0..1 for display, more counts as clipped white.
    channels : {"RGB", "RGBA", "BGR", "BGRA", "Y", "YA", "CMYK"}
        Alpha is straight. CMYK: the highest value is full ink.
    icc : bytes or None
        The document's profile; None means sRGB.
    linear : bool
        The numbers are linear light in the profile's primaries.
    lineage : str
        What the document carries with it; empty for one that was never saved.
    memory_limit : int or None
        Bytes that the conversion may take beside `data`.
    own : bool
        The buffer is handed over: nobody writes into it again, so the photo may keep it instead
        of a copy.
    patch : bool
        A rectangle of a photo that was taken in before: it may be of any size, and as bright as it
        likes.

    Raises
    ------
    BadInput
        Unknown layout, a length that does not fit, values that are not numbers or not on a scale
        where 1 is white, too small.
    NoMemory
        It would need more than the limit.
    """
    itemsize, count = DTYPES.get(dtype), CHANNELS.get(channels)
    if itemsize is None:
        raise BadInput(f"Pixels of type {dtype!r} are not known; one of {', '.join(DTYPES)} is.")
    if count is None:
        raise BadInput(
            f"The channel layout {channels!r} is not known; one of {', '.join(CHANNELS)} is."
        )
    name = "The rectangle" if patch else "The document"
    least = 1 if patch else MIN_SIDE
    check_size(name, width, height, 3 * itemsize + 8, memory_limit, least=least)
    view = memoryview(data)
    expected = width * height * count * itemsize
    if not view.c_contiguous or view.nbytes != expected:
        raise BadInput(
            f"{width}x{height} pixels {channels} of type {dtype} are {expected} bytes in one "
            f"piece, but {view.nbytes} came.",
            "The sender's size, layout and data must agree.",
        )
    samples = np.frombuffer(view, f"<{dtype[0]}{itemsize}")
    samples = samples.reshape((height, width) if count == 1 else (height, width, count))
    if not own and channels == "RGB" and dtype == "u8":
        # Only here could the photo be the sender's buffer itself.
        samples = samples.copy()
    if samples.dtype.kind == "f" and not patch:
        refuse_scene_light(samples, name)
    layout: Channels = channels  # type: ignore[assignment]  # one of them, as looked up above
    picture = Picture(samples, layout, icc=icc or None, linear=linear)
    return assemble(picture, name=name, lineage=lineage)
