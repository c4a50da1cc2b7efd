"""Geometry of the canvas: which photo pixel lies under which pixel of the widget."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from flawmap_api.geometry import Box

__all__ = ["LARGEST", "Sight"]

#: No photo pixel is drawn larger than this.
LARGEST = 32.0


@dataclass(frozen=True, slots=True)
class Sight:
    """What part of a photo a widget shows, and how large.

    Attributes
    ----------
    photo : (width, height) of the photo, px
    widget : (width, height) of the widget, in its own (logical) px
    scale : float
        Widget pixels per photo pixel.
    centre : (x, y)
        Photo coordinates in the widget's middle.
    """

    photo: tuple[int, int]
    widget: tuple[int, int]
    scale: float
    centre: tuple[float, float]

    @classmethod
    def fitting(cls, photo: tuple[int, int], widget: tuple[int, int]) -> Sight:
        """The whole photo in the widget, never enlarged."""
        scale = min(1.0, *(w / max(1, p) for p, w in zip(photo, widget, strict=True)))
        return cls(photo, widget, max(scale, 1e-6), (photo[0] / 2, photo[1] / 2))

    @property
    def fit_scale(self) -> float:
        """The scale at which the whole photo is seen."""
        return Sight.fitting(self.photo, self.widget).scale

    def to_photo(self, x: float, y: float) -> tuple[float, float]:
        """Photo coordinates of a point of the widget."""
        return (
            (x - self.widget[0] / 2) / self.scale + self.centre[0],
            (y - self.widget[1] / 2) / self.scale + self.centre[1],
        )

    def to_widget(self, x: float, y: float) -> tuple[float, float]:
        """Widget coordinates of a point of the photo."""
        return (
            (x - self.centre[0]) * self.scale + self.widget[0] / 2,
            (y - self.centre[1]) * self.scale + self.widget[1] / 2,
        )

    def pixel_at(self, x: float, y: float) -> tuple[int, int] | None:
        """The photo's pixel under a point of the widget; None outside the photo."""
        px, py = self.to_photo(x, y)
        column, row = math.floor(px), math.floor(py)
        inside = 0 <= column < self.photo[0] and 0 <= row < self.photo[1]
        return (column, row) if inside else None

    def zoomed(self, factor: float, x: float, y: float) -> Sight:
        """Larger or smaller, with the same photo point under (x, y)."""
        least = min(self.fit_scale, 1.0)
        scale = min(max(self.scale * factor, least), LARGEST)
        px, py = self.to_photo(x, y)
        centre = (
            px - (x - self.widget[0] / 2) / scale,
            py - (y - self.widget[1] / 2) / scale,
        )
        return replace(self, scale=scale, centre=centre).within()

    def moved(self, dx: float, dy: float) -> Sight:
        """Panned by widget pixels: the photo follows the hand."""
        x, y = self.centre
        return replace(self, centre=(x - dx / self.scale, y - dy / self.scale)).within()

    def showing(self, box: Box) -> Sight:
        """Zoomed so that a box fills about half of the widget."""
        wanted = min(self.widget[0] / box.width, self.widget[1] / box.height) / 2
        scale = min(max(wanted, self.fit_scale), max(1.0, self.fit_scale))
        centre = ((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2)
        return replace(self, scale=scale, centre=centre).within()

    def on_another(self, other: Sight) -> Sight:
        """The same place and size on another photo: relative to each one's whole."""
        share = self.scale / self.fit_scale
        centre = tuple(
            c / mine * theirs
            for c, mine, theirs in zip(self.centre, self.photo, other.photo, strict=True)
        )
        scale = min(other.fit_scale * share, LARGEST)
        return replace(other, scale=scale, centre=(centre[0], centre[1])).within()

    def resized(self, widget: tuple[int, int]) -> Sight:
        """The same place in a widget of another size; a fitted photo stays fitted."""
        if math.isclose(self.scale, self.fit_scale):
            return Sight.fitting(self.photo, widget)
        return replace(self, widget=widget).within()

    def within(self) -> Sight:
        """Moved so that no more emptiness than needed is seen."""
        centre = []
        for place, size, widget in zip(self.centre, self.photo, self.widget, strict=True):
            half = widget / 2 / self.scale
            centre.append(size / 2 if 2 * half >= size else min(max(place, half), size - half))
        return replace(self, centre=(centre[0], centre[1]))

    def visible(self) -> Box | None:
        """The part of the photo in sight, in whole pixels; None if nothing is."""
        x0, y0 = self.to_photo(0, 0)
        x1, y1 = self.to_photo(*self.widget)
        left, top = max(0, math.floor(x0)), max(0, math.floor(y0))
        right, bottom = min(self.photo[0], math.ceil(x1)), min(self.photo[1], math.ceil(y1))
        return Box(left, top, right, bottom) if left < right and top < bottom else None
