"""Overlay: the group `Flawmap` with its tinted layers, and what a person made of them.

An indexed image has no colours to spare: there the tints are visible channels, each in its own
colour, which GIMP draws over the picture.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

from gi.repository import Gimp

from flawmap_api.palette import COLOURS, css
from flawmap_plugin.host import Group, Mask, OverlayState, Tint

from .masks import colour_of, mask_format
from .pixels import read_alpha, write_box, write_tint
from .tree import DATA, OVERLAY, attach, attached, leaves, no_step, one_step, own_roots, root_of

__all__ = ["remove", "set_opacity", "set_visible", "show", "state"]

#: GIMP has eight label colours for our eight: each gets the nearest that is still free.
_TAGS = {
    "blur": Gimp.ColorTag.VIOLET,
    "jitter": Gimp.ColorTag.RED,
    "noise": Gimp.ColorTag.YELLOW,
    "overexposure": Gimp.ColorTag.BROWN,
    "low_light": Gimp.ColorTag.BLUE,
    "compression": Gimp.ColorTag.GREEN,
    "contrast": Gimp.ColorTag.GRAY,
    "colorfulness": Gimp.ColorTag.ORANGE,
}
_TAG_OF_COLOUR = {css(name): _TAGS[name] for name in COLOURS if name in _TAGS}


def show(image: Any, group: Group) -> None:
    """Put the overlay on top in place of the old one, in one undo step."""
    with one_step(image):
        _clear(image)
        if image.get_base_type() == Gimp.ImageBaseType.INDEXED:
            _show_channels(image, group)
            return
        top = _insert_group(image, group, None, 0)
        attach(top, OVERLAY, {"role": "overlay"})


def remove(image: Any) -> None:
    """Take the overlay away, in one undo step; what the person made of it stays."""
    if root_of(image, "overlay") is None and not _tinted_channels(image):
        return
    with one_step(image):
        _clear(image)


def state(image: Any) -> OverlayState:
    """Whether there is an overlay, and whether any of it would be saved with the photo."""
    overlay = root_of(image, "overlay")
    channels = _tinted_channels(image)
    present = overlay is not None or bool(channels)
    visible = any(channel.get_visible() for channel in channels) or any(
        root.get_visible() and root.get_opacity() > 0 and any(_seen(root))
        for root in own_roots(image)
    )
    return OverlayState(present, visible)


def set_visible(image: Any, visible: bool, regions: frozenset[str] | None = None) -> None:
    """Show or hide the overlay, or only the layers of those regions; no undo step."""
    if regions is None:
        items = own_roots(image) + _tinted_channels(image)
    else:
        items = [item for item in _tints(image) if _region(item) in regions]
    changed = [item for item in items if item.get_visible() != visible]
    with no_step(image):
        for item in changed:
            item.set_visible(visible)
    if changed:
        Gimp.displays_flush()


def set_opacity(image: Any, opacity: float) -> None:
    """Opacity of the whole overlay, 0..1; no undo step."""
    overlay = root_of(image, "overlay")
    with no_step(image):
        for item in ([overlay] if overlay else []) + _tinted_channels(image):
            item.set_opacity(100.0 * min(1.0, max(0.0, opacity)))
    Gimp.displays_flush()


def _tints(image: Any) -> Iterator[Any]:
    """Every layer or channel that carries a region's tint."""
    overlay = root_of(image, "overlay")
    if overlay is not None:
        yield from leaves(overlay)
    yield from _tinted_channels(image)


def _region(item: Any) -> str | None:
    data = attached(item, DATA)
    region = data.get("data", {}).get("region") if data else None
    return region if isinstance(region, str) else None


def _seen(group: Any) -> Iterator[bool]:
    """For each child: whether something of it can be seen."""
    for child in group.get_children():
        if child.is_group():
            yield child.get_visible() and any(_seen(child))
        else:
            yield child.get_visible()


def _insert_group(image: Any, group: Group, parent: Any | None, position: int) -> Any:
    made = Gimp.GroupLayer.new(image, group.name)
    image.insert_layer(made, parent, position)
    if group.colour:
        made.set_color_tag(_tag(group.colour))
    # From the bottom up, each goes on top of those before.
    for child in reversed(group.children):
        if isinstance(child, Group):
            _insert_group(image, child, made, 0)
        else:
            _insert_tint(image, child, made)
    return made


def _insert_tint(image: Any, tint: Tint, parent: Any) -> None:
    grey = image.get_base_type() == Gimp.ImageBaseType.GRAY
    kind = Gimp.ImageType.GRAYA_IMAGE if grey else Gimp.ImageType.RGBA_IMAGE
    box = tint.box
    layer = Gimp.Layer.new(
        image, tint.name, box.width, box.height, kind, 100.0, Gimp.LayerMode.NORMAL
    )
    # Filled before it is inserted: the canvas is then composed once.
    write_tint(layer, tint.pixels, tint.colour)
    layer.set_offsets(box.x0, box.y0)
    image.insert_layer(layer, parent, 0)
    layer.set_color_tag(_tag(tint.colour))
    # GIMP makes equal names differ; what counts as renamed differs from this one.
    made = {"name": layer.get_name(), "offset": [box.x0, box.y0], "data": dict(tint.data)}
    attach(layer, DATA, {**made, "crc": zlib.crc32(tint.pixels[3::4])})
    layer.set_lock_content(True)
    layer.set_lock_position(True)


def _tag(colour: str) -> Any:
    return _TAG_OF_COLOUR.get(colour.lower(), Gimp.ColorTag.NONE)


# ------------------------------------------------------------------------------ what stays


def _clear(image: Any) -> None:
    """Remove the old overlay; what a person renamed or painted moves to the group `… (kept)`."""
    overlay = root_of(image, "overlay")
    if overlay is not None:
        touched = [item for item in leaves(overlay) if _touched(item)]
        if touched:
            kept = root_of(image, "kept") or _kept_group(image, overlay)
            for item in reversed(touched):
                image.reorder_item(item, kept, 0)
        image.remove_layer(overlay)
    for channel in _tinted_channels(image):
        if _renamed(channel):
            channel.set_visible(False)
            channel.detach_parasite(DATA)
        else:
            image.remove_channel(channel)


def _kept_group(image: Any, overlay: Any) -> Any:
    kept = Gimp.GroupLayer.new(image, f"{overlay.get_name()} (kept)")
    image.insert_layer(kept, None, 0)
    attach(kept, OVERLAY, {"role": "kept"})
    kept.set_visible(overlay.get_visible())
    return kept


def _touched(layer: Any) -> bool:
    """Whether a person renamed, unlocked, moved, masked or painted this layer, or put it there."""
    made = attached(layer, DATA)
    if made is None or layer.get_name() != made.get("name"):
        return True
    if not layer.get_lock_content() or layer.get_mask() is not None or layer.get_filters():
        return True
    offsets = layer.get_offsets()
    if [offsets.offset_x, offsets.offset_y] != made.get("offset"):
        return True
    return zlib.crc32(read_alpha(layer)) != made.get("crc")


# ------------------------------------------------------------------------------ indexed images


def _tinted_channels(image: Any) -> list[Any]:
    return [channel for channel in image.get_channels() if attached(channel, DATA) is not None]


def _show_channels(image: Any, group: Group) -> None:
    width, height = image.get_width(), image.get_height()
    for tint in reversed(list(_flat(group))):
        channel = Gimp.Channel.new(image, tint.name, width, height, 100.0, colour_of(tint.colour))
        channel.set_show_masked(False)
        area = Mask(tint.box, tint.pixels[3::4])
        write_box(channel, area.box, mask_format(channel), area.data)
        image.insert_channel(channel, None, 0)
        channel.set_visible(True)
        channel.set_color_tag(_tag(tint.colour))
        attach(channel, DATA, {"name": channel.get_name(), "data": dict(tint.data)})


def _renamed(channel: Any) -> bool:
    made = attached(channel, DATA)
    return made is None or channel.get_name() != made.get("name")


def _flat(group: Group) -> Iterator[Tint]:
    for child in group.children:
        if isinstance(child, Group):
            yield from _flat(child)
        else:
            yield child
