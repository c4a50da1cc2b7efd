"""Formats: how pixels look that travel between client and engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from .errors import BadInput

__all__ = ["CHANNELS", "DTYPES", "PixelSource", "one_of"]

#: Number formats of pixels on the wire, little endian, and their bytes.
DTYPES: Final = {"u8": 1, "u16": 2, "f16": 2, "f32": 4}
#: Channel layouts of pixels on the wire, and their numbers per pixel.
CHANNELS: Final = {"Y": 1, "YA": 2, "RGB": 3, "BGR": 3, "RGBA": 4, "BGRA": 4, "CMYK": 4}


def one_of(value: str, allowed: Any, what: str) -> None:
    """Refuse a word that is none of those allowed, naming them."""
    if value not in allowed:
        raise BadInput(f"{what} has to be one of {', '.join(allowed)}; got {value!r}.")


@dataclass(frozen=True)
class PixelSource:
    """How pixels look that a client writes: rows from the top, no padding, little endian.

    Where they are: `file`, a name that the engine gave out, or the binary frame `pixels`.
    An ICC profile travels in the binary frame `icc`; without one the pixels are sRGB.
    """

    width: int
    height: int
    dtype: str = "u8"
    channels: str = "RGB"
    linear: bool = False
    file: str | None = None

    def __post_init__(self) -> None:
        one_of(self.dtype, DTYPES, "dtype")
        one_of(self.channels, CHANNELS, "channels")
        if not (1 <= self.width <= 1 << 20 and 1 <= self.height <= 1 << 20):
            raise BadInput(
                f"width and height go from 1 to 1048576; got {self.width}×{self.height}."
            )

    @property
    def nbytes(self) -> int:
        """Bytes of the whole picture."""
        return self.width * self.height * CHANNELS[self.channels] * DTYPES[self.dtype]
