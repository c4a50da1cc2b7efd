"""Photo: what every other room of the engine gets to see of a picture.

Upright 8-bit sRGB pixels, transparency, and the clipping evidence that can only be found before
colours are converted. A value: nothing here decodes, and nobody writes into the arrays.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = ["CELL", "MID_GREY", "MIN_SIDE", "Photo"]

CELL = 8
"""Side in pixels of a cell of the clipping planes."""
MIN_SIDE = CELL
"""A photo narrower than one cell of the analysis grid cannot be judged."""
MID_GREY = 128
"""What stands behind transparent pixels when a photo is judged."""


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """A decoded photo, upright, in 8-bit sRGB. Its arrays are read-only and C-contiguous.

    Attributes
    ----------
    rgb : uint8, shape (H, W, 3)
        sRGB; transparent photos lie on mid-grey (128).
    alpha : uint8, shape (H, W), or None
        Straight alpha, None when everything is opaque. The part of a truncated file that could
        not be decoded is transparent.
    clipped : uint8, shape (ceil(H / 8), ceil(W / 8))
        Share of the cell's pixels with all channels clipped high, ``round(255 * share)``.
        Cell (r, c) covers ``[r*H/rows, (r+1)*H/rows) x [c*W/cols, (c+1)*W/cols)``.
    gamut : uint8, same shape
        Share of pixels with at least one channel clipped high, but not all.
    notes : tuple of str
        Sentences for people on how the file was read; empty when there is nothing to say.
    lineage : str
        XMP DocumentID, else the absolute path, else empty (raw pixels of a never-saved document).
    """

    rgb: NDArray[np.uint8]
    alpha: NDArray[np.uint8] | None
    clipped: NDArray[np.uint8]
    gamut: NDArray[np.uint8]
    notes: tuple[str, ...] = ()
    lineage: str = ""
    _photo_id: list[str] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        for plane in (self.rgb, self.alpha, self.clipped, self.gamut):
            if plane is not None:
                plane.setflags(write=False)

    @property
    def width(self) -> int:
        """Width in pixels, upright."""
        return int(self.rgb.shape[1])

    @property
    def height(self) -> int:
        """Height in pixels, upright."""
        return int(self.rgb.shape[0])

    @property
    def nbytes(self) -> int:
        """Bytes that the arrays hold, for whoever keeps a budget."""
        alpha = 0 if self.alpha is None else self.alpha.nbytes
        return int(self.rgb.nbytes + alpha + self.clipped.nbytes + self.gamut.nbytes)

    @property
    def photo_id(self) -> str:
        """SHA-256 (hex) over size, upright sRGB pixels, alpha and the clipping evidence.

        Computed once, when first asked for, without the GIL (about 1.8 ms a megapixel): a thread
        of its own may ask while others analyse. Notes and lineage do not take part.
        """
        if not self._photo_id:
            digest = hashlib.sha256(b"flawmap photo 1\0")
            digest.update(struct.pack("<QQ?", self.width, self.height, self.alpha is not None))
            for plane in (self.rgb, self.alpha, self.clipped, self.gamut):
                if plane is not None:
                    digest.update(np.ascontiguousarray(plane).data)
            self._photo_id.append(digest.hexdigest())
        return self._photo_id[0]
