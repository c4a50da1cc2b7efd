"""Refusals: the sentences for files that cannot be used; what, why, what to do.

Only what is known is said: how much of a file is there where its container tells, how much of a
picture decodes where the decoder got that far.
"""

from __future__ import annotations

import errno
import re
from typing import BinaryIO

import numpy as np

from flawmap_api.errors import BadInput, FlawmapError, Unsupported
from flawmap_engine.imaging.containers import bytes_needed
from flawmap_engine.imaging.limits import human_bytes
from flawmap_engine.imaging.picture import Samples
from flawmap_engine.imaging.pillow_codec import TruncatedPicture, percent
from flawmap_engine.imaging.sniffing import Kind
from flawmap_engine.imaging.tiff_header import read_tiff

__all__ = ["damaged", "refuse_scene_light", "stops", "unreadable"]

_COPY_AGAIN = "Copy it again from the card or the place it came from"
_OR_ALLOW = f"{_COPY_AGAIN}, or pass --allow-truncated to look at what is there."
_SCENE_LIGHT = 1.5
_NOT_READ = re.compile(r"unsupported|not (yet )?supported|unknown (pixel|raw) mode", re.IGNORECASE)


def unreadable(full: str, name: str, error: OSError) -> BadInput:
    """The sentence for a file that the system does not let us read."""
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return BadInput(f"There is no file {full}.", "Check the name and the folder.")
    if error.errno in (errno.EACCES, errno.EPERM):
        return BadInput(
            f"{name} may not be read by this user.", "Change its permissions, or copy it."
        )
    if error.errno == errno.ELOOP:
        return BadInput(f"{name} is a link that leads back to itself.", "Pass the file itself.")
    if error.errno == errno.ENAMETOOLONG:
        return BadInput("The file name is longer than this system allows.", "Check the path.")
    reason = error.strerror or str(error) or type(error).__name__
    return BadInput(f"{name} cannot be read: {reason}.", "Check the disk or card it is on.")


def stops(file: BinaryIO, kind: Kind, name: str, size: int, error: TruncatedPicture) -> BadInput:
    """The sentence for pixel data that ends or breaks."""
    held = _held(file, kind, size)
    hint = _OR_ALLOW if error.share > 0 else f"{_COPY_AGAIN}."
    if held:
        return BadInput(f"{name} ends in the middle ({held}).", hint)
    share = f"the first {percent(error.share)} % of its rows decode"
    if not error.broken:
        if error.share > 0:
            return BadInput(f"{name} ends in the middle: only {share}.", hint)
        return BadInput(f"{name} ends before its picture begins to show.", hint)
    if error.share > 0:
        return BadInput(f"{name} is damaged: only {share}.", hint)
    return BadInput(f"{name} is damaged: nothing of its picture decodes.", hint)


def damaged(file: BinaryIO, kind: Kind, name: str, size: int, error: Exception) -> FlawmapError:
    """The sentence for a file that a decoder gave up on with `error`."""
    held = _held(file, kind, size)
    if held:
        return BadInput(f"{name} ends in the middle ({held}).", f"{_COPY_AGAIN}.")
    if "Decompressed data too large" in str(error):
        return BadInput(
            f"{name} carries a text block that unpacks to more than any picture needs.",
            "Open it elsewhere and save it again without its metadata.",
        )
    if _NOT_READ.search(str(error)):
        return Unsupported(
            f"{name} is a {kind.upper()} file of a variety that Flawmap does not read ({error}).",
            "Open it elsewhere and save it as JPEG, PNG or TIFF with 8 or 16 bits.",
        )
    return BadInput(
        f"{name} is damaged: it begins as a {kind.upper()} file, but what follows does not decode.",
        f"{_COPY_AGAIN}, or open it elsewhere and save it again.",
    )


def refuse_scene_light(samples: Samples, name: str) -> None:
    """Refuse floats that were not made for a display: far above 1 in more than a few places."""
    above = sum(int(np.count_nonzero(row > _SCENE_LIGHT)) for row in samples)
    # What holds NaN or infinity is refused for that, later and in other words.
    if above > samples.size / 1000 and all(np.isfinite(row).all() for row in samples):
        raise BadInput(
            f"{name} holds values up to {float(samples.max()):.3g}, where 1 is white: this is "
            f"light from a scene, or another scale, not a picture for a display.",
            "Tone-map it, or scale it to 0..1 first.",
        )


def _held(file: BinaryIO, kind: Kind, size: int) -> str:
    """How much of a file is there, as far as it says itself; empty where it is whole."""
    try:
        if kind in ("tiff", "raw"):
            header = read_tiff(file, size)
            needed = None if header is None else header.needed
        else:
            needed = bytes_needed(kind, file, size)
    except (OSError, ValueError):
        return ""
    if needed is None or needed <= size:
        return ""
    least = "at least " if kind in ("png", "avif", "heif") else ""
    return f"it holds {human_bytes(size)} of {least}{human_bytes(needed)}"
