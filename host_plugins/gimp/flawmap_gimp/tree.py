"""Tree: GIMP's tree of layers, what Flawmap hangs on it, and steps that one Ctrl+Z takes back."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from gi.repository import Gimp

__all__ = [
    "DATA",
    "OVERLAY",
    "SOURCE",
    "attach",
    "attached",
    "leaves",
    "no_step",
    "one_step",
    "own_roots",
    "place_of",
    "root_of",
    "walk",
]

#: Names of the parasites: on a layer of an overlay or a repair, and on a group of ours.
DATA = "flawmap-layer"
OVERLAY = "flawmap-overlay"
#: On an image: the photo's file, where GIMP itself does not keep it.
SOURCE = "flawmap-source"

#: Without UNDOABLE each one attached within an undo group brings up a modal message.
_FLAGS = Gimp.PARASITE_PERSISTENT | Gimp.PARASITE_UNDOABLE


def attach(item: Any, name: str, data: Mapping[str, object]) -> None:
    """Hang JSON on an image, layer or channel; it is saved with it."""
    # In ASCII: GIMP's bindings take a parasite's bytes for signed numbers.
    item.attach_parasite(Gimp.Parasite.new(name, _FLAGS, json.dumps(data).encode()))


def attached(item: Any, name: str) -> dict[str, Any] | None:
    """What `attach` hung there; None if there is nothing, or nothing that can be read."""
    parasite = item.get_parasite(name)
    if parasite is None:
        return None
    try:
        said = json.loads(bytes(parasite.get_data()).rstrip(b"\0"))
    except ValueError:
        return None
    return said if isinstance(said, dict) else None


def walk(items: list[Any]) -> Iterator[Any]:
    """Every item below these and they themselves, the topmost first."""
    for item in items:
        yield item
        if item.is_group():
            yield from walk(item.get_children())


def leaves(item: Any) -> Iterator[Any]:
    """The layers of a group that are no groups; a layer is its own only leaf."""
    return (below for below in walk([item]) if not below.is_group())


def root_of(image: Any, role: str) -> Any | None:
    """The group that was made as `role` ("overlay", "kept"), wherever it was moved to, or None."""
    # Nearly always it lies at the top: the rest of the tree is looked at only if it does not.
    layers = image.get_layers()
    for layer in layers:
        if _role(layer) == role:
            return layer
    return next((item for item in walk(layers) if _role(item) == role), None)


def own_roots(image: Any) -> list[Any]:
    """The groups of ours that are no part of the picture."""
    found = (root_of(image, role) for role in ("overlay", "kept"))
    return [root for root in found if root is not None]


def _role(item: Any) -> str | None:
    if not item.is_group():
        return None
    data = attached(item, OVERLAY)
    return data.get("role") if data else None


def place_of(image: Any, item: Any) -> tuple[Any | None, int]:
    """Parent (None at the top) and position of a layer."""
    return item.get_parent(), image.get_item_position(item)


@contextlib.contextmanager
def one_step(image: Any) -> Iterator[None]:
    """What happens inside is one undo step; the person's selected layers or channels stay so."""
    layers, channels = image.get_selected_layers(), image.get_selected_channels()
    image.undo_group_start()
    image.freeze_layers()
    try:
        yield
    finally:
        _select_again(image, layers, channels)
        image.thaw_layers()
        image.undo_group_end()
        Gimp.displays_flush()


@contextlib.contextmanager
def no_step(image: Any) -> Iterator[None]:
    """What happens inside is no undo step: the next Ctrl+Z takes back what the person did last."""
    image.undo_freeze()
    try:
        yield
    finally:
        image.undo_thaw()


def _select_again(image: Any, layers: list[Any], channels: list[Any]) -> None:
    layers = [layer for layer in layers if layer.is_valid()]
    channels = [channel for channel in channels if channel.is_valid()]
    if channels:
        image.set_selected_channels(channels)
    elif layers:
        image.set_selected_layers(layers)
