"""Masks: where a distortion is at least as strong as its threshold, and known.

A pixel is in the mask where severity >= k and unknown < 128, both brought to the picture's size
first. Areas are counted at no more than 2,048 px, so that a 100 MP photo costs what a screen costs.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from flawmap_api.geometry import Box, Grid
from flawmap_api.words import rounded
from flawmap_engine.planes import ViewPlanes

from .resample import bring_to, bring_window, cell_edges, counting_size, source_of

__all__ = [
    "UNKNOWN_FROM",
    "MaskCounts",
    "area_of",
    "cells_of",
    "count",
    "distortion_mask",
    "mask_window",
    "share_reaches",
    "unknown_area_of",
]

BytePlane = NDArray[np.uint8]
CellCounts = NDArray[np.int32]

#: An unknown plane says "cannot tell" from this value on.
UNKNOWN_FROM = 128


@dataclass(frozen=True, slots=True)
class MaskCounts:
    """A distortion's mask, counted cell by cell on a picture of at most 2,048 px.

    Attributes
    ----------
    mask : int32, shape (rows, cols)
        Mask pixels of each cell.
    pixels : int32, shape (rows, cols)
        All pixels of each cell.
    unknown_area : float in [0, 1]
        Share of pixels without evidence.
    """

    mask: CellCounts
    pixels: CellCounts
    unknown_area: float

    @property
    def area(self) -> float:
        """Share of the photo that is in the mask."""
        return float(self.mask.sum() / self.pixels.sum())

    def share_in(self, cells: NDArray[np.bool_]) -> float:
        """Share of these *cells'* pixels that is in the mask; 0 where they hold none."""
        return float(self.mask[cells].sum() / max(1, int(self.pixels[cells].sum())))


def cells_of(planes: ViewPlanes, distortion: str, k: int) -> NDArray[np.bool_]:
    """The mask by cell: severity >= k and unknown < 128 on the grid; bool, shape (rows, cols)."""
    severity, unknown = planes.of(distortion)
    return (severity >= k) & (unknown < UNKNOWN_FROM)


def distortion_mask(
    planes: ViewPlanes, distortion: str, k: int, width: int, height: int
) -> BytePlane:
    """Mask of one distortion on a picture of `width` × `height`.

    Parameters
    ----------
    planes : ViewPlanes
    distortion : str
        One of `planes.distortions`.
    k : int in 1..255
        Its threshold.
    width, height : int

    Returns
    -------
    uint8, shape (height, width): 255 inside, 0 outside
    """
    return mask_window(planes, distortion, k, width, height, Box(0, 0, width, height))


def mask_window(
    planes: ViewPlanes, distortion: str, k: int, width: int, height: int, box: Box
) -> BytePlane:
    """The pixels of `box` of `distortion_mask`, 0 or 255, without making the rest."""
    severity, unknown = planes.of(distortion)
    source = source_of(box, planes.grid, width, height)
    # No pixel is over the largest of its cells, so most windows need one plane or none.
    if int(severity[source].max()) < k:
        return np.zeros((box.height, box.width), np.uint8)
    mask = _at_least(bring_window(severity, width, height, box), k, 255)
    if int(unknown[source].max()) < UNKNOWN_FROM:
        return mask
    return _without(mask, _at_least(bring_window(unknown, width, height, box), UNKNOWN_FROM, 255))


def count(planes: ViewPlanes, distortion: str, k: int, width: int, height: int) -> MaskCounts:
    """Count the mask of one distortion of a photo of `width` × `height`, cell by cell."""
    severity, unknown = planes.of(distortion)
    rows, cols = severity.shape
    w, h = counting_size(width, height)
    ys, xs = cell_edges(rows, h), cell_edges(cols, w)
    pixels = _pixels(planes.grid, w, h)
    blind = None
    if int(unknown.max()) >= UNKNOWN_FROM:
        blind = _at_least(bring_to(unknown, w, h), UNKNOWN_FROM, 1)
    if int(severity.max()) < k:
        counted = np.zeros((rows, cols), np.int32)
    else:
        mask = _at_least(bring_to(severity, w, h), k, 1)
        if blind is not None:
            mask = _without(mask, blind)
        sums = np.asarray(cv2.integral(mask), np.int32)[ys][:, xs]
        below = sums[1:] - sums[:-1]
        counted = below[:, 1:] - below[:, :-1]
    unknown_area = 0.0 if blind is None else cv2.countNonZero(blind) / (w * h)
    return MaskCounts(mask=counted, pixels=pixels, unknown_area=unknown_area)


def share_reaches(
    planes: ViewPlanes,
    distortion: str,
    k: int,
    width: int,
    height: int,
    cells: NDArray[np.bool_],
    least: float,
) -> bool:
    """Whether the mask takes at least the share `least` of these cells' pixels.

    Parameters
    ----------
    cells : bool, shape (rows, cols)
        At least one.
    least : float in (0, 1]

    Notes
    -----
    Counts the mask only if the grid leaves it open: a cell whose 8 neighbours are in the mask too
    is in it as a whole, and one without a strong or without a known cell around is not in it.
    """
    severity, unknown = planes.of(distortion)
    strong, known = severity >= k, unknown < UNKNOWN_FROM
    # Each by itself: between a strong unknown cell and a weak known one a pixel may be both.
    if not (_spread(strong, cv2.MORPH_DILATE) & _spread(known, cv2.MORPH_DILATE) & cells).any():
        return False
    w, h = counting_size(width, height)
    pixels = _pixels(planes.grid, w, h)
    inner = _spread(strong & known, cv2.MORPH_ERODE) & cells
    if int(pixels[inner].sum()) >= least * int(pixels[cells].sum()):
        return True
    counts = count(planes, distortion, k, width, height)
    return rounded(counts.share_in(cells)) >= least


def area_of(planes: ViewPlanes, distortion: str, k: int, width: int, height: int) -> float:
    """Share of a photo of `width` × `height` that is in the distortion's mask, in [0, 1]."""
    return count(planes, distortion, k, width, height).area


def unknown_area_of(planes: ViewPlanes, distortion: str, width: int, height: int) -> float:
    """Share of a photo of `width` × `height` that holds no evidence for it, in [0, 1]."""
    return count(planes, distortion, 256, width, height).unknown_area


@functools.lru_cache(maxsize=8)
def _pixels(grid: Grid, width: int, height: int) -> CellCounts:
    """Pixels of each cell of a picture."""
    down, across = (np.diff(cell_edges(grid.rows, height)), np.diff(cell_edges(grid.cols, width)))
    pixels = np.outer(down, across).astype(np.int32)
    pixels.flags.writeable = False
    return pixels


def _spread(cells: NDArray[np.bool_], operation: int) -> NDArray[np.bool_]:
    """The cells grown, or shrunk, by their 8 neighbours."""
    changed = cv2.morphologyEx(cells.view(np.uint8), operation, np.ones((3, 3), np.uint8))
    return np.asarray(changed, np.uint8).view(np.bool_)


def _at_least(plane: BytePlane, least: int, one: int) -> BytePlane:
    """`one` where the plane is at least `least`, 0 elsewhere; in the plane's own bytes."""
    return np.asarray(cv2.threshold(plane, least - 1, one, cv2.THRESH_BINARY, plane)[1], np.uint8)


def _without(mask: BytePlane, blind: BytePlane) -> BytePlane:
    """The mask where `blind` is 0; each is 0 or the same other value; in the mask's own bytes."""
    return np.asarray(cv2.subtract(mask, blind, mask), np.uint8)
