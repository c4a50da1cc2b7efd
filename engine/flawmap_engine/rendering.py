"""Rendering of pixels: a box of a photo, made smaller."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from flawmap_api.geometry import Box

__all__ = ["scaled"]


def scaled(rgb: NDArray[np.uint8], box: Box, scale: float) -> NDArray[np.uint8]:
    """The pixels of a box, each side made smaller by `scale` and at least 1 pixel long.

    Parameters
    ----------
    rgb : uint8, shape (H, W, 3)
    box : Box inside the picture
    scale : float in (0, 1]
        Areas are averaged.

    Returns
    -------
    uint8, shape (h, w, 3), C-contiguous; never a view that keeps a larger picture alive.
    """
    import cv2

    part = rgb[box.y0 : box.y1, box.x0 : box.x1]
    width, height = max(1, round(box.width * scale)), max(1, round(box.height * scale))
    if (width, height) == (box.width, box.height):
        return part.copy(order="C")
    small = cv2.resize(np.ascontiguousarray(part), (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)
