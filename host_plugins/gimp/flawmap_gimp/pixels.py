"""Pixels: what is seen in an image, read in the image's own numbers.

GEGL names its formats "<model> <type>", sRGB if nothing more is said; with the name of a space
behind it a format speaks of that space, so nothing is converted on the way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import gi

from flawmap_api.errors import BadInput, NoMemory
from flawmap_api.geometry import Box
from flawmap_api.messages import PixelSource
from flawmap_api.sources import PixelData

gi.require_version("Babl", "0.1")
gi.require_version("Gegl", "0.4")
from gi.repository import Babl, Gegl, Gimp  # noqa: E402

__all__ = [
    "Numbers",
    "numbers_of",
    "read_alpha",
    "read_box",
    "read_visible",
    "write_box",
    "write_tint",
]

#: GEGL's types that the wire knows; the deeper ones are read as float.
_TYPES = {"u8": "u8", "u16": "u16", "half": "f16", "float": "f32"}
#: Bytes of a strip, about; its rows are whole rows of GIMP's tiles.
_STRIP_BYTES = 8 << 20
_TILE_ROWS = 128
_PLAIN_MODES = (Gimp.LayerMode.NORMAL, Gimp.LayerMode.NORMAL_LEGACY)
_NO_EDGE = Gegl.AbyssPolicy.NONE


@dataclass(frozen=True)
class Numbers:
    """How an image's pixels are read and written, and what they mean.

    `format` is GEGL's name, with the space; `channels` and `dtype` are as on the wire.
    """

    format: str
    channels: str
    dtype: str
    linear: bool
    icc: bytes

    def layout(self, width: int, height: int) -> PixelSource:
        """A picture of that size in these numbers."""
        return PixelSource(width, height, self.dtype, self.channels, self.linear)


def numbers_of(image: Any, drawable: Any, *, alpha: bool) -> Numbers:
    """The image's own numbers; colours of the palette where it is indexed.

    `drawable` is any layer of the image: it knows the space.
    """
    own = drawable.get_format()
    model, _, kind = Babl.format_get_encoding(own).partition(" ")
    if drawable.is_indexed():
        model, kind = "R'G'B'", "u8"
    grey = model.startswith("Y")
    profile = image.get_color_profile()
    linear = "'" not in model and "~" not in model
    if not linear or drawable.is_indexed():
        # Perceptual numbers have sRGB's curve; the profile that travels along speaks of its own.
        model = "Y'" if grey else "R'G'B'"
    else:
        model = "Y" if grey else "RGB"
    kind = kind if kind in _TYPES else "float"
    model += "A" if alpha else ""
    name = Babl.get_name(Babl.format_with_space(f"{model} {kind}", Babl.format_get_space(own)))
    icc = b""
    if profile is not None:
        # The numbers may be linear though the profile is not; never the other way round.
        icc, linear = bytes(profile.get_icc_profile()), linear and not profile.is_linear()
    channels = ("Y" if grey else "RGB") + ("A" if alpha else "")
    return Numbers(name, channels, _TYPES[kind], linear, icc)


def read_alpha(layer: Any) -> bytes | bytearray:
    """The transparency of a layer, one byte a pixel, as `write_tint` wrote it."""
    name, grey = _in_own_space(layer)
    data = read_box(layer, Box(0, 0, layer.get_width(), layer.get_height()), name)
    return data[1::2] if grey else data[3::4]


def write_tint(layer: Any, pixels: bytes, colour: str) -> None:
    """Fill a layer of the box's size with 8-bit sRGB pixels of one colour and their transparency.

    GEGL's ways from one space to another are not exact, not even for the transparency: where the
    image is not sRGB, the colour is converted alone.
    """
    box = Box(0, 0, layer.get_width(), layer.get_height())
    name, grey = _in_own_space(layer)
    if name == "R'G'B'A u8":
        write_box(layer, box, name, pixels)
        return
    space = Babl.format_get_space(layer.get_format())
    one = Babl.format_with_space("Y' u8" if grey else "R'G'B' u8", space)
    solid = bytes(Gegl.Color.new(colour).get_bytes(one).get_data()) + b"\0"
    data = bytearray(solid * box.area)
    data[len(solid) - 1 :: len(solid)] = pixels[3::4]
    write_box(layer, box, name, bytes(data))


def _in_own_space(layer: Any) -> tuple[str, bool]:
    """Name of the 8-bit format with alpha in the layer's own space, and whether it is grey."""
    own = layer.get_format()
    grey = Babl.format_get_encoding(own).startswith("Y")
    model = "Y'A u8" if grey else "R'G'B'A u8"
    return Babl.get_name(Babl.format_with_space(model, Babl.format_get_space(own))), grey


def read_visible(image: Any, box: Box | None = None, hidden: Sequence[Any] = ()) -> PixelData:
    """What is seen in `box` (default: the canvas), as if the layers `hidden` were not there.

    The image itself stays untouched: what is to be hidden, is hidden in a duplicate.

    Raises
    ------
    NoMemory
        If GIMP could not make the copy or give the pixels.
    """
    area = box or Box(0, 0, image.get_width(), image.get_height())
    hidden = [item for item in hidden if item.get_visible()]
    if (lone := _lone_layer(image, hidden)) is not None:
        return _read_layer(image, lone, area, area)
    # Visible channels and an edited layer mask are drawn on the canvas, but are not in the picture.
    channels = any(channel.get_visible() for channel in image.get_channels())
    if not hidden and not channels:
        return _read(image, image, area, (0, 0))
    copy = image.duplicate()
    if copy is None:
        raise _no_memory(area)
    try:
        copy.undo_disable()
        for twin in [_twin(image, copy, item) for item in hidden]:
            twin.set_visible(False)
        for channel in copy.get_channels():
            channel.set_visible(False)
        if box is not None:
            # Only what lies on the canvas is composed, and layers keep what filters see around.
            copy.resize(box.width, box.height, -box.x0, -box.y0)
        return _read(image, copy, area, (area.x0, area.y0) if box is not None else (0, 0))
    finally:
        copy.delete()


def _lone_layer(image: Any, hidden: Sequence[Any]) -> Any | None:
    """The layer that alone is all that is seen, as it is; None where GIMP has to compose.

    Most photos are one. Read directly they need no copy in GIMP, nor a duplicate under an overlay.
    """
    out = {item.get_id() for item in hidden}
    seen = [
        layer
        for layer in image.get_layers()
        if layer.get_visible() and layer.get_id() not in out and layer.get_opacity() > 0
    ]
    if len(seen) != 1 or image.get_floating_sel() is not None:
        return None
    layer, size = seen[0], (image.get_width(), image.get_height())
    offsets = layer.get_offsets()
    plain = (
        not layer.is_group()
        and (offsets.offset_x, offsets.offset_y) == (0, 0)
        and (layer.get_width(), layer.get_height()) == size
        and layer.get_opacity() == 100.0
        and layer.get_mode() in _PLAIN_MODES
        and layer.get_mask() is None
        and not layer.get_filters()
        # Composing deeper numbers rounds them: each image is read in one way only.
        and (layer.is_indexed() or Babl.format_get_encoding(layer.get_format()).endswith(" u8"))
    )
    return layer if plain else None


def _read(image: Any, source: Any, area: Box, origin: tuple[int, int]) -> PixelData:
    seen = Gimp.Layer.new_from_visible(source, source, "Flawmap")
    if seen is None:
        raise _no_memory(area)
    left, top = area.x0 - origin[0], area.y0 - origin[1]
    try:
        place = Box(left, top, left + area.width, top + area.height)
        return _read_layer(image, seen, place, area)
    finally:
        seen.delete()


def _read_layer(image: Any, layer: Any, place: Box, area: Box) -> PixelData:
    """A box of a layer, in its own coordinates; `area` is the same in the image's."""
    numbers = numbers_of(image, layer, alpha=layer.has_alpha())
    layout = numbers.layout(area.width, area.height)
    data = read_box(layer, place, numbers.format)
    if len(data) != layout.nbytes:
        raise _no_memory(area)
    return PixelData(layout, memoryview(data), numbers.icc)


def _twin(image: Any, copy: Any, item: Any) -> Any:
    """The item of the duplicate that stands where `item` stands in the image."""
    parent = item.get_parent()
    siblings = _twin(image, copy, parent).get_children() if parent else copy.get_layers()
    return siblings[image.get_item_position(item)]


def read_box(drawable: Any, box: Box, format_name: str) -> bytes | bytearray:
    """Bytes of a box of a drawable, in its own coordinates; empty where GIMP gave too few."""
    buffer = drawable.get_buffer()
    data = bytearray(box.area * _pixel_size(format_name))
    # In strips: the bindings copy what they hand over, and 24 megapixels twice are a lot.
    for strip, place in _strips(box, format_name):
        part = buffer.get(strip, 1.0, format_name, _NO_EDGE)
        if len(part) != place.stop - place.start:
            return b""
        data[place] = part
    return data


def write_box(drawable: Any, box: Box, format_name: str, data: bytes | memoryview) -> None:
    """Fill a box of a drawable that is not yet shown, or is the caller's to `update`.

    Raises
    ------
    BadInput
        If `data` has another length: GEGL would write nothing and say nothing.
    """
    size = box.area * _pixel_size(format_name)
    if len(data) != size:
        raise BadInput(f"{box.width}×{box.height} pixels need {size} bytes.")
    buffer, view = drawable.get_buffer(), memoryview(data)
    for strip, part in _strips(box, format_name):
        buffer.set(strip, format_name, bytes(view[part]))
    buffer.flush()


def _strips(box: Box, format_name: str) -> Iterator[tuple[Any, slice]]:
    """Parts of a box of whole rows, as GEGL's rectangles, and where their bytes lie."""
    row = box.width * _pixel_size(format_name)
    step = max(1, _STRIP_BYTES // row // _TILE_ROWS) * _TILE_ROWS
    for top in range(0, box.height, step):
        rows = min(step, box.height - top)
        rectangle = Gegl.Rectangle.new(box.x0, box.y0 + top, box.width, rows)
        yield rectangle, slice(top * row, (top + rows) * row)


def _pixel_size(format_name: str) -> int:
    return int(Babl.format_get_bytes_per_pixel(Babl.format(format_name)))


def _no_memory(area: Box) -> NoMemory:
    return NoMemory(
        f"GIMP could not give the {area.width}×{area.height} pixels that are seen.",
        "Close other images, or select a part of this one first.",
    )
