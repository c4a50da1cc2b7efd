"""Pictures of a wanted size: real photos reduced by area, or mosaics of them; never enlarged."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["mosaic", "picture_of", "reduced", "sources_in"]

Picture = NDArray[np.uint8]

_SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp")
#: Sizes this close to the wanted one are left as they are.
_CLOSE = 0.98


def sources_in(folder: Path) -> list[Picture]:
    """The photos of a folder, smallest first."""
    pictures = [
        picture
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in _SUFFIXES
        and (picture := cv2.imread(str(path), cv2.IMREAD_COLOR)) is not None
    ]
    return sorted(pictures, key=lambda picture: picture.size)


def picture_of(sources: list[Picture], megapixels: float) -> Picture:
    """The smallest photo that is large enough, reduced; without one a mosaic of all."""
    wanted = megapixels * 1e6
    for picture in sources:
        if picture.size / 3 >= _CLOSE * wanted:
            return reduced(picture, megapixels)
    return mosaic(sources, wanted)


def reduced(picture: Picture, megapixels: float) -> Picture:
    """The picture at about so many megapixels, as it is if it has no more."""
    scale = math.sqrt(megapixels * 1e6 / (picture.size / 3))
    if scale >= _CLOSE:
        return picture
    shape = (round(picture.shape[1] * scale), round(picture.shape[0] * scale))
    return np.asarray(cv2.resize(picture, shape, interpolation=cv2.INTER_AREA), np.uint8)


def mosaic(sources: list[Picture], wanted: float) -> Picture:
    """Photos side by side at 1:1 until a 3:2 picture of `wanted` pixels is full."""
    height = math.ceil(math.sqrt(wanted / 1.5))
    width = math.ceil(1.5 * height)
    canvas = np.empty((height, width, 3), np.uint8)
    y, turn = 0, 0
    while y < height:
        row = min(s.shape[0] for s in sources)
        x = 0
        while x < width:
            part = sources[turn % len(sources)][: height - y, : width - x][:row]
            canvas[y : y + part.shape[0], x : x + part.shape[1]] = part
            x += part.shape[1]
            turn += 1
        y += row
    return canvas
