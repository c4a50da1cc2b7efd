"""Preview: the photo made small, with the boxes of its flaws; a click selects what lies there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flawmap_plugin.state import State

from .gtk import Gdk, Gtk, describe

__all__ = ["Preview"]

_HEIGHT = 170


class Preview:
    """A drawing area that shows what `thumbnail` gives.

    Parameters
    ----------
    thumbnail : callable(width, height) -> GdkPixbuf.Pixbuf or None
    clicked : callable(x, y)
        Told the photo's pixel that was clicked.
    name : str
        For screen readers.
    """

    def __init__(
        self,
        thumbnail: Callable[[int, int], Any],
        clicked: Callable[[int, int], None],
        name: str,
    ) -> None:
        self._thumbnail, self._clicked = thumbnail, clicked
        self._picture: Any = None
        self._size = (0, 0)
        self._state = State()
        self._chosen = ""
        self.widget = Gtk.DrawingArea()
        self.widget.set_size_request(-1, _HEIGHT)
        self.widget.add_events(Gdk.EventMask.BUTTON_PRESS_MASK)
        self.widget.connect("draw", self._draw)
        self.widget.connect("button-press-event", self._on_press)
        self.widget.connect("size-allocate", lambda *_: self.refresh())
        describe(self.widget, name)

    def show(self, state: State, chosen: str, size: tuple[int, int]) -> None:
        """Draw the state's boxes over the picture of a photo of that size."""
        self._state, self._chosen = state, chosen
        if size != self._size:
            self._size = size
            self.refresh()
        self.widget.queue_draw()

    def refresh(self) -> None:
        """Fetch the picture anew at the next drawing."""
        self._picture = None
        self.widget.queue_draw()

    def _place(self) -> tuple[float, float, float]:
        """Left, top and scale of the photo in the widget."""
        width, height = self._size
        room = self.widget.get_allocated_width(), self.widget.get_allocated_height()
        scale = min(room[0] / width, room[1] / height, 1.0)
        return (room[0] - width * scale) / 2, (room[1] - height * scale) / 2, scale

    def _draw(self, _area: Any, cairo: Any) -> None:
        if 0 in self._size:
            return
        left, top, scale = self._place()
        width, height = (max(1, round(side * scale)) for side in self._size)
        if self._picture is None:
            # As many pixels as the screen has, also where it is scaled.
            self._picture = self._thumbnail(width, height)
        cairo.translate(left, top)
        if self._picture is not None:
            cairo.save()
            cairo.scale(width / self._picture.get_width(), height / self._picture.get_height())
            Gdk.cairo_set_source_pixbuf(cairo, self._picture, 0, 0)
            cairo.paint()
            cairo.restore()
        colour = Gdk.RGBA()
        for row in self._state.rows:
            if not row.visible and row.key != self._chosen:
                continue
            x0, y0, x1, y1 = (side * scale for side in row.box)
            chosen = row.key == self._chosen
            cairo.rectangle(x0 + 0.5, y0 + 0.5, max(2, x1 - x0 - 1), max(2, y1 - y0 - 1))
            # A dark line around the coloured one: it shows on any photo.
            cairo.set_source_rgba(0, 0, 0, 0.7)
            cairo.set_line_width(5 if chosen else 3)
            cairo.stroke_preserve()
            colour.parse(row.colour)
            Gdk.cairo_set_source_rgba(cairo, colour)
            cairo.set_line_width(3 if chosen else 1)
            cairo.stroke()

    def _on_press(self, _area: Any, event: Any) -> bool:
        if 0 in self._size or event.button != Gdk.BUTTON_PRIMARY:
            return False
        left, top, scale = self._place()
        x, y = int((event.x - left) / scale), int((event.y - top) / scale)
        if 0 <= x < self._size[0] and 0 <= y < self._size[1]:
            self._clicked(x, y)
        return True
