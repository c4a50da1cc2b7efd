"""Limits: refuse by the header what would not fit, before anything is allocated."""

from __future__ import annotations

from flawmap_api.errors import BadInput, NoMemory
from flawmap_engine.imaging.photo import MIN_SIDE
from flawmap_engine.memory import more_memory

__all__ = ["DEFAULT_MEMORY_LIMIT", "check_size", "human_bytes"]

DEFAULT_MEMORY_LIMIT = 1_800_000_000
"""Bytes that decoding one photo may take at its peak, if the caller names no limit."""


def human_bytes(count: float) -> str:
    """A size as people write it: ``870 B``, ``3.4 MB``, ``12 GB``."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            value = count / size
            return f"{value:.0f} {unit}" if value >= 100 else f"{value:.1f} {unit}"
    return f"{count:.0f} B"


def check_size(
    name: str,
    width: int,
    height: int,
    bytes_per_pixel: float,
    limit: int | None,
    *,
    least: int = MIN_SIDE,
) -> None:
    """Refuse a picture whose declared size cannot be judged or does not fit.

    Parameters
    ----------
    name : str
        What the sentence calls the picture.
    width, height : int
        As declared.
    bytes_per_pixel : float
        Peak of the whole way through decoding and colour conversion.
    limit : int or None
        Bytes allowed; None is `DEFAULT_MEMORY_LIMIT`.
    least : int
        Pixels that each side must have.

    Raises
    ------
    BadInput
        No pixels at all, or fewer than `least` on a side.
    NoMemory
        It would need more than the limit; the sentence says how much.
    """
    if width <= 0 or height <= 0:
        raise BadInput(
            f"{name} declares a size of {width}x{height}: it has no pixels.",
            "The file is damaged; copy it again from where it came from.",
        )
    if min(width, height) < least:
        raise BadInput(
            f"{name} is {width}x{height} pixels, too small to judge: "
            f"Flawmap looks at cells of {MIN_SIDE} pixels.",
            "Pass the photo itself rather than a thumbnail or a strip of it.",
        )
    allowed = DEFAULT_MEMORY_LIMIT if limit is None else limit
    needed = width * height * bytes_per_pixel
    if needed > allowed:
        raise NoMemory(
            f"{name} declares {width}x{height} pixels; decoding it needs about "
            f"{human_bytes(needed)} of memory, and {human_bytes(allowed)} are allowed.",
            more_memory(needed),
        )
