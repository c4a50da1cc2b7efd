"""Masks: selections and channels, with their soft values kept.

GIMP copies values raw between channels, selections and masks, though it names their formats
differently; so each is read and written in its own model, 8 bits deep.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gi.repository import Babl, Gegl, Gimp

from flawmap_api.errors import BadInput, Unsupported
from flawmap_api.geometry import Box
from flawmap_plugin.host import Mask

from .pixels import read_box, write_box
from .tree import one_step

__all__ = ["OPERATIONS", "colour_of", "keep_masks", "mask_format", "read_selection", "select"]

OPERATIONS = {
    "replace": Gimp.ChannelOps.REPLACE,
    "add": Gimp.ChannelOps.ADD,
    "subtract": Gimp.ChannelOps.SUBTRACT,
    "intersect": Gimp.ChannelOps.INTERSECT,
}


def mask_format(drawable: Any) -> str:
    """The format in which an 8-bit mask goes in and out of this drawable unchanged."""
    return str(Babl.format_get_encoding(drawable.get_format())).split()[0] + " u8"


def read_selection(image: Any) -> Mask | None:
    """The selection's soft values within its bounds, or None if nothing is selected."""
    bounds = Gimp.Selection.bounds(image)
    if not bounds.non_empty:
        return None
    box = Box(bounds.x1, bounds.y1, bounds.x2, bounds.y2)
    selection = image.get_selection()
    return Mask(box, bytes(read_box(selection, box, mask_format(selection))))


def select(image: Any, mask: Mask | None, how: str) -> None:
    """Combine the selection with a mask, in one undo step; None stands for an empty mask."""
    if how not in OPERATIONS:
        raise BadInput(f"A selection is combined by {', '.join(OPERATIONS)}; got {how!r}.")
    if mask is None:
        if how in ("replace", "intersect"):
            Gimp.Selection.none(image)
            Gimp.displays_flush()
        return
    with one_step(image):
        # Only a channel is undone together with the selection that it makes.
        channel = _channel(image, "Flawmap", mask, Gegl.Color.new("black"))
        try:
            image.select_item(OPERATIONS[how], channel)
        finally:
            image.remove_channel(channel)


def keep_masks(image: Any, masks: Mapping[str, Mask], colours: Mapping[str, str]) -> None:
    """Leave masks as named, invisible channels, the first on top, in one undo step."""
    with one_step(image):
        for name, mask in reversed(list(masks.items())):
            channel = _channel(image, name, mask, colour_of(colours.get(name, "#ffffff")))
            channel.set_opacity(50.0)


def _channel(image: Any, name: str, mask: Mask, colour: Any) -> Any:
    width, height = image.get_width(), image.get_height()
    if not mask.box.within(width, height):
        raise BadInput("The mask reaches over the canvas.", "Find flaws again.")
    channel = Gimp.Channel.new(image, name, width, height, 100.0, colour)
    if channel is None:
        raise Unsupported("GIMP made no channel.", "Close other images to make room.")
    # A visible channel is drawn on the picture, for a moment at least.
    channel.set_visible(False)
    write_box(channel, mask.box, mask_format(channel), mask.data)
    image.insert_channel(channel, None, 0)
    return channel


def colour_of(css: str) -> Any:
    """GEGL's colour of `#rrggbb`."""
    return Gegl.Color.new(css)
