"""A sample in the making: crop and thumbnail, where the damage goes, and the labels so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from .regions import draw_mask
from .words import DISTORTIONS, IGNORE, STRIDE, VISIBLE

__all__ = ["CELLS", "CROP", "THUMBNAIL", "Bench", "blend", "cells_of", "seen_by"]

FloatImage = npt.NDArray[np.float32]
FloatPlane = npt.NDArray[np.float32]
ByteImage = npt.NDArray[np.uint8]

CROP: Final = 256
THUMBNAIL: Final = 128
CELLS: Final = CROP // STRIDE
_TELLING: Final = 0.4  # a flaw from this severity on says where one could be seen at all


def _zeros() -> FloatPlane:
    return np.zeros((len(DISTORTIONS), CELLS, CELLS), np.float32)


@dataclass
class Bench:
    """Crop and thumbnail (float32 sRGB), the crop's place in it (top, left, h, w), the labels.

    label : severity by cell; ignore : cells whose answer nobody knows; unknown : uint8, 1 where a
    flaw would not show, 0 where it would, IGNORE where that was not tried.
    """

    rng: np.random.Generator
    x: FloatImage
    thumb: FloatImage
    place: tuple[int, int, int, int]
    shapes: Sequence[ByteImage]
    grey: bool = False
    label: FloatPlane = field(default_factory=_zeros)
    ignore: npt.NDArray[np.bool_] = field(default_factory=lambda: _zeros() > 0)
    unknown: npt.NDArray[np.uint8] = field(
        default_factory=lambda: np.full((len(DISTORTIONS), CELLS, CELLS), IGNORE, np.uint8)
    )
    smears: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros((CELLS, CELLS), bool))

    def masks(self, kind: str | None = None) -> tuple[FloatPlane, FloatPlane]:
        """A mask over the crop and the same over the thumbnail."""
        rng = self.rng
        small = np.zeros((THUMBNAIL, THUMBNAIL), np.float32)
        top, left, h, w = self.place
        where = rng.random()
        if kind is None and where < 0.12:
            return np.ones((CROP, CROP), np.float32), np.ones_like(small)
        if where < 0.55:
            for _ in range(6):
                canvas = draw_mask(rng, THUMBNAIL * 2, self.shapes, kind=kind)
                window = canvas[2 * top : 2 * (top + h), 2 * left : 2 * (left + w)]
                if float(window.mean()) >= 0.08:
                    mask = cv2.resize(window, (CROP, CROP), interpolation=cv2.INTER_LINEAR)
                    whole = cv2.resize(canvas, (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA)
                    return np.asarray(mask, np.float32), np.asarray(whole, np.float32)
        mask = draw_mask(rng, CROP, self.shapes, kind=kind)
        small[top : top + h, left : left + w] = cv2.resize(
            mask, (w, h), interpolation=cv2.INTER_AREA
        )
        return mask, small

    def place_where(self, seen: FloatPlane) -> tuple[FloatPlane, FloatPlane] | None:
        """Masks where the damage shows; the place is drawn anew, the strength is not."""
        if float(seen.mean()) < 0.06:
            return None
        for _ in range(5):
            mask, small = self.masks()
            if float((mask * seen).sum()) >= 0.4 * float(mask.sum()):
                return mask, small
        return None

    def write(
        self, name: str, severity: FloatPlane | float, mask: FloatPlane, seen: FloatPlane
    ) -> None:
        """Put one damage's severity (number or plane) into the labels."""
        d = DISTORTIONS.index(name)
        cover = cells_of(mask)
        plane = np.full((CROP, CROP), severity, np.float32) if np.isscalar(severity) else severity
        value = cells_of(np.asarray(plane * mask, np.float32)) / np.maximum(cover, 1e-3)
        inside, outside = cover >= 0.5, cover < 0.12
        shows = cells_of(seen)
        taken = inside & (shows > 0.3) & (value >= VISIBLE)
        stronger = taken & (value > self.label[d])
        self.label[d][stronger] = value[stronger]
        self.ignore[d] |= (~inside & ~outside) | (inside & ~taken & (self.label[d] == 0))
        self.ignore[d][taken] = False
        if float(np.max(severity)) >= _TELLING:
            self.unknown[d][shows > 0.7] = 0
            self.unknown[d][shows < 0.2] = 1

    def doubt(self, name: str, mask: FloatPlane) -> None:
        """Within a mask, "no flaw" is no fair answer of another distortion any more."""
        d = DISTORTIONS.index(name)
        self.ignore[d] |= (cells_of(mask) > 0.05) & (self.label[d] == 0)


def blend(before: FloatImage, after: FloatImage, mask: FloatPlane) -> FloatImage:
    """`after` where the mask is 1."""
    return np.asarray(before + (after - before) * mask[..., None], np.float32)


def cells_of(plane: FloatPlane) -> FloatPlane:
    """Means over the cells of a crop."""
    return np.asarray(cv2.resize(plane, (CELLS, CELLS), interpolation=cv2.INTER_AREA), np.float32)


def seen_by(change: FloatPlane, least: float, reach: float, most: int = 40) -> FloatPlane:
    """Where a change shows, grown by `reach` px: a flat patch takes its surroundings' answer."""
    shows = (cv2.blur(change, (9, 9)) > least).astype(np.uint8)
    n = 2 * int(min(reach, most)) + 1
    return np.asarray(cv2.dilate(shows, np.ones((n, n), np.uint8)), np.float32)
