"""Selection: the part of the photo that a person marks, stroke by stroke.

Strokes are kept as they were drawn, in photo pixels, and become a mask of any size when one is
needed: a 100-megapixel photo costs nothing until it is asked about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from flawmap_api.geometry import Box

from .observable import Observable

__all__ = ["KINDS", "RoiSelection", "Stroke"]

#: What a stroke may be. A box has two corners, a lasso an outline, a brush a path.
KINDS: Final = ("box", "lasso", "brush")
# Fractional bits of OpenCV's coordinates: strokes fall between the pixels of a smaller mask.
_SHIFT: Final = 4


@dataclass(frozen=True, slots=True)
class Stroke:
    """One gesture.

    Attributes
    ----------
    kind : one of `KINDS`
    points : tuple of (x, y)
        Photo pixels, y down; pixel (i, j) spans i..i+1 and j..j+1.
    add : bool
        False: what it covers is taken away.
    radius : float
        Of a brush, photo pixels.
    """

    kind: str
    points: tuple[tuple[float, float], ...]
    add: bool = True
    radius: float = 0.0


class RoiSelection(Observable):
    """The strokes of one photo, undoable one by one; tells `strokes` when they change."""

    def __init__(self, width: int = 0, height: int = 0) -> None:
        super().__init__()
        self.width, self.height = width, height
        self.strokes: tuple[Stroke, ...] = ()
        self._undone: list[Stroke] = []

    def reset(self, width: int, height: int) -> None:
        """Begin anew on a photo of that size."""
        self.width, self.height = width, height
        self.strokes, self._undone = (), []
        self.tell("strokes")

    def draw(self, stroke: Stroke) -> None:
        """Add a stroke to those there are."""
        self.strokes = (*self.strokes, stroke)
        self._undone.clear()
        self.tell("strokes")

    def begin_with(self, stroke: Stroke) -> None:
        """Mark that stroke alone; what was marked before is forgotten."""
        self.strokes, self._undone = (stroke,), []
        self.tell("strokes")

    def undo(self) -> bool:
        """Take the last stroke back; False if there is none."""
        if not self.strokes:
            return False
        self._undone.append(self.strokes[-1])
        self.strokes = self.strokes[:-1]
        self.tell("strokes")
        return True

    def redo(self) -> bool:
        """Draw the stroke again that was taken back last; False if there is none."""
        if not self._undone:
            return False
        self.strokes = (*self.strokes, self._undone.pop())
        self.tell("strokes")
        return True

    def clear(self) -> None:
        """Nothing is marked."""
        self.strokes, self._undone = (), []
        self.tell("strokes")

    def as_box(self) -> Box | None:
        """The marked part if it is one box within the photo, else None."""
        if len(self.strokes) != 1 or self.strokes[0].kind != "box" or not self.strokes[0].add:
            return None
        (xa, ya), (xb, yb) = self.strokes[0].points
        x0, x1 = _span(xa, xb, self.width)
        y0, y1 = _span(ya, yb, self.height)
        return Box(x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None

    def mask(self, scale: float = 1.0) -> NDArray[np.uint8]:
        """The marked part as a mask.

        Parameters
        ----------
        scale : float in (0, 1]
            Size of the mask against the photo's.

        Returns
        -------
        uint8, shape (round(height · scale), round(width · scale)), at least 1 × 1
            255 inside, 0 outside.
        """
        height = max(1, round(self.height * scale))
        width = max(1, round(self.width * scale))
        mask = np.zeros((height, width), np.uint8)
        sx, sy = width / max(1, self.width), height / max(1, self.height)
        for stroke in self.strokes:
            _paint(mask, stroke, sx, sy)
        return mask

    @property
    def empty(self) -> bool:
        """Whether nothing is marked."""
        return not self.strokes or not self.mask(min(1.0, 512 / max(1, self.width))).any()


def _span(a: float, b: float, size: int) -> tuple[int, int]:
    low, high = sorted((a, b))
    return max(0, int(np.floor(low))), min(size, int(np.ceil(high)))


def _paint(mask: NDArray[np.uint8], stroke: Stroke, sx: float, sy: float) -> None:
    import cv2

    value = 255 if stroke.add else 0
    if stroke.kind == "box":
        (xa, ya), (xb, yb) = stroke.points
        x0, x1 = _span(xa * sx, xb * sx, mask.shape[1])
        y0, y1 = _span(ya * sy, yb * sy, mask.shape[0])
        mask[y0:y1, x0:x1] = value
        return
    points = _fixed(stroke.points, sx, sy)
    if stroke.kind == "lasso":
        if len(points) >= 3:
            cv2.fillPoly(mask, [points], value, lineType=cv2.LINE_8, shift=_SHIFT)
        return
    radius = max(1.0, stroke.radius * (sx + sy) / 2)
    for x, y in points:
        cv2.circle(
            mask, (int(x), int(y)), round(radius * (1 << _SHIFT)), value, -1, cv2.LINE_8, _SHIFT
        )
    if len(points) > 1:
        thickness = max(1, round(2 * radius))
        cv2.polylines(mask, [points], False, value, thickness, cv2.LINE_8, _SHIFT)


def _fixed(points: Sequence[tuple[float, float]], sx: float, sy: float) -> NDArray[np.int32]:
    # A pixel's centre lies at its whole number in OpenCV, half a pixel in here.
    at = np.asarray(points, np.float64) * (sx, sy) - 0.5
    return np.round(at * (1 << _SHIFT)).astype(np.int32)
