"""Evidence: what arithmetic knows better than a network.

Two things: where the pixels hold nothing that a flaw could show in ("cannot tell"), and where
highlights are lost for certain.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .tiling import CELL

__all__ = ["clipped_area", "lost_share", "raised_by_clipping", "unknown_cells"]

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]

#: Cells whose surroundings are looked at: 7 cells are 56 px of the view.
_WINDOW: Final = 7
#: Luma range of a window that is flat beyond any texture: sharp, blurred and shaken look the same.
_FLAT: Final = 2
#: At or beyond these lumas noise is cut off.
_BLACK: Final = 2
_WHITE: Final = 253

_NEEDS_TEXTURE: Final = ("blur", "jitter", "compression")
_NEEDS_TONES: Final = ("noise",)
#: Severities below which the network has nothing against an area without any tone. For
#: overexposure it is what `raised_by_clipping` leaves below 0.2 where all light is lost.
_NOTHING_AGAINST: Final = {"overexposure": 0.04, "low_light": 0.2}


def unknown_cells(
    tile: Bytes, alpha: Bytes | None, distortions: tuple[str, ...], severity: Floats
) -> Floats:
    """Where a distortion cannot be told, by the network's cells of a tile.

    Parameters
    ----------
    tile : uint8, shape (h, w, 3), h and w multiples of 8
    alpha : uint8, shape (h, w), or None
    distortions : tuple of str
    severity : float32, shape (distortions, h / 8, w / 8)
        What the network says, calibrated.

    Returns
    -------
    float32, shape (distortions, h / 8, w / 8), 0 known to 1 unknown

    Notes
    -----
    - blur, jitter, compression: unknown where the luma of the 56 px around spans at most 2 of 255
      levels. Flatter than any lens, shake or codec leaves a picture that had something in it.
    - noise: unknown where the 56 px around are all black (luma ≤ 2) or all white (≥ 253): it was
      cut off. A flat grey patch is known: it would show.
    - overexposure, low_light: unknown where the 56 px around are all white, or all black, and the
      network has nothing against it: a white wall and a burnt-out frame, a night and a lens cap
      are then the same pixels.
    - colour, contrast: known wherever there is a pixel.
    - all: a cell's share of transparent pixels (alpha < 128), which also take no part above.
    """
    luma = np.asarray(cv2.cvtColor(tile, cv2.COLOR_RGB2GRAY), np.uint8)
    darkest, brightest = luma, luma
    hidden: Floats | None = None
    if alpha is not None:
        clear = (alpha < 128).astype(np.uint8)
        hidden = cv2.resize(
            clear.astype(np.float32), _cells(clear), interpolation=cv2.INTER_AREA
        ).astype(np.float32)
        darkest = np.where(clear, np.uint8(255), luma)
        brightest = np.where(clear, np.uint8(0), luma)
    low = cv2.erode(_over_cells(darkest, cv2.erode), _square(_WINDOW))
    high = cv2.dilate(_over_cells(brightest, cv2.dilate), _square(_WINDOW))
    # In wider numbers: where all is transparent, low is 255 and high 0.
    flat = high.astype(np.int16) - low <= _FLAT
    cut = (low >= _WHITE) | (high <= _BLACK)
    unknown = np.zeros((len(distortions), *low.shape), np.float32)
    toneless = {"overexposure": low >= _WHITE, "low_light": high <= _BLACK}
    for plane, said, name in zip(unknown, severity, distortions, strict=True):
        if name in _NEEDS_TEXTURE:
            plane[flat] = 1
        elif name in _NEEDS_TONES:
            plane[cut] = 1
        elif name in toneless:
            plane[toneless[name] & (said < _NOTHING_AGAINST[name])] = 1
        if hidden is not None:
            np.maximum(plane, hidden, out=plane)
    return unknown


def lost_share(clipped: Bytes, gamut: Bytes) -> float:
    """Share of the photo whose highlights are lost, 0..1; the planes are as for `clipped_area`."""
    return float(_lost(clipped, gamut).mean())


def clipped_area(clipped: Bytes, gamut: Bytes, rows: int, cols: int, share: float) -> Floats:
    """How far each cell of a view is part of an area of lost highlights.

    Parameters
    ----------
    clipped, gamut : uint8, shape (ceil(H / 8), ceil(W / 8))
        Share of pixels with all channels lost, and with some.
    rows, cols : int
        Grid of the view.
    share : float
        Of the whole photo that is lost (`lost_share`).

    Returns
    -------
    float32, shape (rows, cols), values in [0, 1]
        ``lost · clip((mean of lost over 5 × 5 cells − ¼) / ½) · clip(2 − 4 · share)``, with
        ``lost = clipped + gamut / 4``: a highlight of a few pixels is none; where some channels
        live there is light left; and a photo that is half white was meant to be white.
    """
    lost = _lost(clipped, gamut)
    if lost.shape != (rows, cols):
        lost = cv2.resize(lost, (cols, rows), interpolation=cv2.INTER_AREA).astype(np.float32)
    around = cv2.blur(lost, (5, 5), borderType=cv2.BORDER_REPLICATE)
    meant = np.float32(min(1.0, max(0.0, 2 - 4 * share)))
    area: Floats = lost * np.clip((around - 0.25) / 0.5, 0, 1) * meant
    return area.astype(np.float32, copy=False)


def raised_by_clipping(severity: Floats, area: Floats) -> Floats:
    """Overexposure where measuring and the network speak together: max(s, √(s · area)).

    A white wall that the network takes for a white wall (s near 0) stays one; a sky that it
    half suspects, and that has indeed lost its light, counts in full. Measured on 24 photos of the
    training split with one part brightened by 1.2 to 2.8 stops: mean IoU 0.38 without, 0.45 with
    it, and 0.05 % more of the same photos flagged where they are undamaged.
    """
    together: Floats = np.maximum(severity, np.sqrt(severity * area))
    return together


def _lost(clipped: Bytes, gamut: Bytes) -> Floats:
    lost = clipped.astype(np.float32) / 255
    lost += gamut.astype(np.float32) / (4 * 255)
    return np.minimum(lost, 1, out=lost)


def _over_cells(luma: Bytes, reduce: object) -> Bytes:
    """Least or greatest luma of each 8 × 8 cell; `reduce` is cv2.erode or cv2.dilate."""
    spread = reduce(luma, _square(CELL), anchor=(0, 0))  # type: ignore[operator]
    return np.ascontiguousarray(spread[::CELL, ::CELL])


def _square(side: int) -> Bytes:
    return np.ones((side, side), np.uint8)


def _cells(pixels: Bytes) -> tuple[int, int]:
    return pixels.shape[1] // CELL, pixels.shape[0] // CELL
