"""Views: the sizes at which a photo is looked at."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["SCREEN_SIDE", "screen_size", "screen_view", "thumbnail", "whole_view"]

Pixels = NDArray[np.uint8]

#: Long side of the screen view, in pixels.
SCREEN_SIDE: Final = 2048
_THUMBNAIL: Final = 128
_WHOLE_SIDE: Final = 512
_MULTIPLE: Final = 32


def screen_size(width: int, height: int) -> tuple[int, int]:
    """Width and height of the screen view of a photo; smaller photos stay as they are."""
    longest = max(width, height)
    if longest <= SCREEN_SIDE:
        return width, height
    scale = SCREEN_SIDE / longest
    return max(1, round(width * scale)), max(1, round(height * scale))


def screen_view(rgb: Pixels) -> Pixels:
    """The photo at the size of the screen view.

    Parameters
    ----------
    rgb : uint8, shape (H, W, 3)

    Returns
    -------
    uint8, shape (h, w, 3), h and w as `screen_size` says; `rgb` itself if it is small enough.

    Notes
    -----
    Area-averaged. While a photo is over twice as large it is halved first, which OpenCV does five
    times faster than other ratios; the result is within a level or two of one step.
    """
    height, width = rgb.shape[:2]
    size = screen_size(width, height)
    if size == (width, height):
        return rgb
    view = rgb
    while min(view.shape[1] // 2 - size[0], view.shape[0] // 2 - size[1]) >= 0:
        half = (view.shape[1] // 2, view.shape[0] // 2)
        view = _area(view[: 2 * half[1], : 2 * half[0]], half)
    return _area(view, size)


def thumbnail(screen: Pixels) -> Pixels:
    """The whole picture squeezed to 128 × 128: what every tile is told of its surroundings.

    Parameters
    ----------
    screen : uint8, shape (h, w, 3)
        The screen view.

    Returns
    -------
    uint8, shape (128, 128, 3)
    """
    return _area(screen, (_THUMBNAIL, _THUMBNAIL))


def whole_view(screen: Pixels) -> Pixels:
    """The whole picture at a long side of 512 px, both sides multiples of 32.

    Parameters
    ----------
    screen : uint8, shape (h, w, 3)
        The screen view.

    Returns
    -------
    uint8, shape (multiples of 32, 3)
        Squeezed by at most 16 px, not padded: padding would enter the means. The scorer was fitted
        to views made like this, small photos enlarged.
    """
    height, width = screen.shape[:2]
    scale = _WHOLE_SIDE / max(width, height)
    across, down = (max(1, round(side * scale / _MULTIPLE)) for side in (width, height))
    return _area(screen, (across * _MULTIPLE, down * _MULTIPLE))


def _area(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    if (pixels.shape[1], pixels.shape[0]) == size:
        return np.ascontiguousarray(pixels)
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
