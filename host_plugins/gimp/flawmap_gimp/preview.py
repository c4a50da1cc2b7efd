"""Preview: the photo made small, with the boxes of its flaws; a click selects what lies there.

Drawn by filling pixbufs: GIMP's Python has cairo only where somebody installed its bindings.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flawmap_plugin.state import State

from .gtk import Gdk, Gtk, describe

__all__ = ["Preview", "filled"]

_HEIGHT = 170
#: Drawn around each coloured line, so that it shows on any photo.
_DARK = 0x000000C0


class Preview:
    """A small picture of what `thumbnail` gives.

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
        self._room = (0, 0)
        self._size = (0, 0)
        self._state = State()
        self._chosen = ""
        self._image = Gtk.Image()
        self._events = Gtk.EventBox()
        self._events.add(self._image)
        self._events.connect("button-press-event", self._on_press)
        # A picture by itself would keep the window from being made narrower.
        self.widget = Gtk.ScrolledWindow()
        self.widget.set_policy(Gtk.PolicyType.EXTERNAL, Gtk.PolicyType.EXTERNAL)
        self.widget.set_size_request(-1, _HEIGHT)
        self.widget.add(self._events)
        self.widget.connect("size-allocate", self._on_room)
        describe(self._events, name)

    def show(self, state: State, chosen: str, size: tuple[int, int]) -> None:
        """Draw the state's boxes over the picture of a photo of that size."""
        self._state, self._chosen = state, chosen
        if size != self._size:
            self._size, self._picture = size, None
        self._draw()

    def refresh(self) -> None:
        """Fetch the picture anew."""
        self._picture = None
        self._draw()

    def _scale(self) -> float:
        return min(self._room[0] / self._size[0], self._room[1] / self._size[1], 1.0)

    def _on_room(self, _widget: Any, room: Any) -> None:
        if (room.width, room.height) != self._room:
            self._room = (room.width, room.height)
            self.refresh()

    def _draw(self) -> None:
        if 0 in self._size or 0 in self._room:
            self._image.clear()
            return
        scale = self._scale()
        if self._picture is None:
            width, height = (max(1, round(side * scale)) for side in self._size)
            self._picture = self._thumbnail(width, height)
        if self._picture is None:
            self._image.clear()
            return
        drawn = self._picture.copy()
        rows = [row for row in self._state.rows if row.visible and row.key != self._chosen]
        rows += [row for row in self._state.rows if row.key == self._chosen]
        for row in rows:
            box = tuple(round(side * scale) for side in row.box)
            width = 2 if row.key == self._chosen else 1
            _outline(drawn, box, width + 1, _DARK)
            _outline(drawn, box, width, _pixel(row.colour))
        self._image.set_from_pixbuf(drawn)

    def _on_press(self, _widget: Any, event: Any) -> bool:
        if self._picture is None or event.button != Gdk.BUTTON_PRIMARY:
            return False
        scale = self._scale()
        left = (self._events.get_allocated_width() - self._picture.get_width()) / 2
        top = (self._events.get_allocated_height() - self._picture.get_height()) / 2
        x, y = int((event.x - left) / scale), int((event.y - top) / scale)
        if 0 <= x < self._size[0] and 0 <= y < self._size[1]:
            self._clicked(x, y)
        return True


def filled(width: int, height: int, colour: str) -> Any:
    """A pixbuf of one colour, `#rrggbb`."""
    from gi.repository import GdkPixbuf

    made = GdkPixbuf.Pixbuf.new(GdkPixbuf.Colorspace.RGB, True, 8, width, height)
    made.fill(_pixel(colour))
    return made


def _pixel(colour: str) -> int:
    return int(colour[1:], 16) << 8 | 0xFF


def _outline(pixbuf: Any, box: tuple[int, ...], thick: int, colour: int) -> None:
    """Draw a frame of that thickness inside the box."""
    x0, y0, x1, y1 = box
    for left, top, right, bottom in (
        (x0, y0, x1, y0 + thick),
        (x0, y1 - thick, x1, y1),
        (x0, y0, x0 + thick, y1),
        (x1 - thick, y0, x1, y1),
    ):
        left, top = max(0, left), max(0, top)
        right, bottom = min(pixbuf.get_width(), right), min(pixbuf.get_height(), bottom)
        if left < right and top < bottom:
            pixbuf.new_subpixbuf(left, top, right - left, bottom - top).fill(colour)
