"""Repairs: layers of repaired pixels above the photo and below the overlay, cut by a mask.

Each is placed with "clip to backdrop": it lends its colours and takes the transparency of what lies
below, so that half transparent pixels stay as transparent as they were.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gi.repository import Babl, Gimp

from flawmap_api.errors import BadInput, Unsupported
from flawmap_api.geometry import Box
from flawmap_api.sources import PixelData
from flawmap_plugin.host import Mask

from .masks import mask_format
from .pixels import numbers_of, write_box
from .tree import DATA, attach, attached, one_step, place_of, root_of

__all__ = ["FILTERS", "add", "find", "remove", "run_filter"]

#: GEGL operations that a plan may name. `gimp:levels` is not among them: it kills GIMP 3.0.
FILTERS = frozenset(
    {
        "gegl:bilateral-filter",
        "gegl:brightness-contrast",
        "gegl:color-temperature",
        "gegl:denoise-dct",
        "gegl:exposure",
        "gegl:hue-chroma",
        "gegl:levels",
        "gegl:median-blur",
        "gegl:noise-reduction",
        "gegl:saturation",
        "gegl:shadows-highlights",
        "gegl:unsharp-mask",
    }
)
_INDEXED = (
    "This image has a palette: repaired pixels have colours that are not in it.",
    "Convert the image first (Image ▸ Mode ▸ RGB), then repair.",
)


def add(
    image: Any,
    name: str,
    pixels: PixelData,
    box: Box,
    area: Mask,
    data: Mapping[str, object],
    replaces: str | None = None,
) -> str:
    """Insert `pixels` of `box`, cut by `area`, in one undo step; returns the new layer's key."""
    return _insert(image, name, pixels, box, area, data, replaces, None)


def run_filter(
    image: Any,
    operation: tuple[str, Mapping[str, object]],
    pixels: PixelData,
    box: Box,
    area: Mask,
    title: str,
    replaces: str | None = None,
) -> str:
    """Insert the unchanged `pixels` of `box`, cut by `area`, under one of GIMP's own filters."""
    if operation[0] not in FILTERS:
        raise Unsupported(
            f"GIMP has no filter {operation[0]} that Flawmap may use.",
            "Use Flawmap's own repair instead.",
        )
    data: dict[str, object] = {"filter": operation[0], "settings": dict(operation[1])}
    return _insert(image, title, pixels, box, area, data, replaces, operation)


def find(image: Any, key: str) -> Any | None:
    """The layer of that key, or None if it is gone."""
    tattoo = int(key) if key.isdecimal() else 0
    layer = image.get_layer_by_tattoo(tattoo) if 0 < tattoo < 1 << 32 else None
    # A tattoo may have been given to another layer since, after an undo and new layers.
    return layer if layer is not None and attached(layer, DATA) is not None else None


def remove(image: Any, key: str) -> None:
    """Remove the layer of that key, in one undo step; nothing if it is gone."""
    layer = find(image, key)
    if layer is not None:
        with one_step(image):
            image.remove_layer(layer)


def _insert(
    image: Any,
    name: str,
    pixels: PixelData,
    box: Box,
    area: Mask,
    data: Mapping[str, object],
    replaces: str | None,
    operation: tuple[str, Mapping[str, object]] | None,
) -> str:
    base = image.get_base_type()
    if base == Gimp.ImageBaseType.INDEXED:
        raise Unsupported(*_INDEXED)
    # Without alpha: the mask alone says where it covers.
    kind = (
        Gimp.ImageType.GRAY_IMAGE if base == Gimp.ImageBaseType.GRAY else Gimp.ImageType.RGB_IMAGE
    )
    layer = Gimp.Layer.new(image, name, box.width, box.height, kind, 100.0, Gimp.LayerMode.NORMAL)
    numbers = numbers_of(image, layer, alpha=pixels.layout.channels.endswith("A"))
    if pixels.layout != numbers.layout(box.width, box.height):
        layer.delete()
        raise BadInput(
            "The image has changed its colours or depth since its pixels were read.",
            "Find flaws again.",
        )
    write_box(layer, Box(0, 0, box.width, box.height), numbers.format, pixels.data)
    layer.set_composite_mode(Gimp.LayerCompositeMode.CLIP_TO_BACKDROP)
    if (own_space := _own_space(layer)) is not None:
        # Mixed in the image's own numbers, what lies outside of the mask is not even rounded.
        layer.set_composite_space(own_space)
    layer.set_offsets(box.x0, box.y0)
    mask = layer.create_mask(Gimp.AddMaskType.BLACK)
    inside = Box(
        area.box.x0 - box.x0, area.box.y0 - box.y0, area.box.x1 - box.x0, area.box.y1 - box.y0
    )
    write_box(mask, inside, mask_format(mask), area.data)
    layer.add_mask(mask)
    with one_step(image):
        parent, position = _place(image, replaces)
        image.insert_layer(layer, parent, position)
        if operation is not None:
            try:
                _append_filter(layer, *operation)
            except Unsupported:
                image.remove_layer(layer)
                raise
        old = find(image, replaces) if replaces else None
        if old is not None:
            image.remove_layer(old)
        key = str(layer.get_tattoo())
        attach(layer, DATA, {"name": layer.get_name(), "repair": key, "data": dict(data)})
    return key


def _own_space(layer: Any) -> Any | None:
    """The space in which numbers like the layer's own are mixed; None: linear, as GIMP does."""
    model = str(Babl.format_get_encoding(layer.get_format())).split()[0]
    if "~" in model:
        return Gimp.LayerColorSpace.RGB_PERCEPTUAL
    return Gimp.LayerColorSpace.RGB_NON_LINEAR if "'" in model else None


def _place(image: Any, replaces: str | None) -> tuple[Any | None, int]:
    old = find(image, replaces) if replaces else None
    if old is not None:
        return place_of(image, old)
    overlay = root_of(image, "overlay")
    if overlay is None or overlay.get_parent() is not None:
        return None, 0
    return None, image.get_item_position(overlay) + 1


def _append_filter(layer: Any, name: str, settings: Mapping[str, object]) -> None:
    try:
        made = Gimp.DrawableFilter.new(layer, name, name)
    except TypeError:
        made = None
    if made is None:
        raise Unsupported(f"This GIMP has no filter {name}.", "Use Flawmap's own repair instead.")
    config = made.get_config()
    known = {spec.name for spec in config.list_properties()}
    for key, value in settings.items():
        if key in known:
            config.set_property(key, value)
    made.update()
    layer.append_filter(made)
