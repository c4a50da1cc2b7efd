"""What the tests' scripts use inside GIMP; runs in GIMP's Python, beside the plug-in's process."""

from __future__ import annotations

import hashlib
import json
import os
import time

import gi

gi.require_version("Babl", "0.1")
gi.require_version("Gimp", "3.0")
gi.require_version("Gegl", "0.4")

from gi.repository import Gegl, Gimp, Gio, GLib  # noqa: E402

__all__ = [
    "Gimp",
    "Gio",
    "alpha",
    "call",
    "channels",
    "closed",
    "digest",
    "do",
    "find",
    "groups",
    "key_of",
    "load",
    "note",
    "photo_seen",
    "place",
    "read",
    "selection",
    "state",
    "tints",
    "tree",
    "until",
    "visible",
    "write",
]

_NO_EDGE = Gegl.AbyssPolicy.NONE


def load(path):
    """Open a photo as a person's document, without a window where GIMP has none."""
    image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path(str(path)))
    image.clean_all()
    return image


def call(name, image=None, interactive=False, **arguments):
    """Run a procedure of the plug-in, until it has begun; what it answers, or None."""
    procedure = Gimp.get_pdb().lookup_procedure(name)
    if procedure is None:
        raise LookupError(f"GIMP has no {name}")
    config = procedure.create_config()
    if image is not None:
        mode = Gimp.RunMode.INTERACTIVE if interactive else Gimp.RunMode.NONINTERACTIVE
        config.set_property("run-mode", mode)
        config.set_property("image", image)
        config.set_core_object_array("drawables", image.get_selected_drawables())
    for key, value in arguments.items():
        config.set_property(key.replace("_", "-"), value)
    result = procedure.run(config)
    if result.index(0) != Gimp.PDBStatusType.SUCCESS:
        raise RuntimeError(f"{name}: {Gimp.get_pdb().get_last_error()}")
    return result.index(1) if result.length() > 1 else None


def state():
    """What the panel shows; as `flawmap-state` says it, but without a process for each look."""
    folder = os.path.join(GLib.get_user_runtime_dir(), "flawmap-gimp", str(os.getppid()))
    try:
        with open(os.path.join(folder, "state.json"), encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return {}


def do(image, verb, *arguments):
    """One of the desk's verbs, to its end; the state then."""
    call("flawmap-do", image, verb=verb, arguments=json.dumps(arguments))
    return closed()


def until(what, seconds=90):
    """Wait until `what(state)` is true; gives that state."""
    deadline = time.monotonic() + seconds
    while True:
        now = state()
        if what(now):
            return now
        if time.monotonic() > deadline:
            raise TimeoutError(f"still {now}")
        time.sleep(0.03)


def closed():
    """Wait until no verb is under way; gives the state, and fails on an error's message."""
    now = until(lambda each: each.get("phase", "working") != "working")
    message = now["message"]
    if message and message["kind"] == "error":
        raise RuntimeError(f"{message['text']} {message['hint']}")
    return now


def find(image):
    """*Find flaws*, to its end."""
    call("flawmap-find-flaws", image)
    return closed()


def key_of(rows, distortion):
    """Key of the worst row of a distortion."""
    return next(row["key"] for row in rows if row["distortion"] == distortion)


def place(layer):
    """Where a layer lies: x0, y0, x1, y1."""
    offsets = layer.get_offsets()
    x0, y0 = offsets.offset_x, offsets.offset_y
    return [x0, y0, x0 + layer.get_width(), y0 + layer.get_height()]


def tree(items):
    """Names of layers as nested lists: a group is [name, [children]]."""
    return [
        [item.get_name(), tree(item.get_children())] if item.is_group() else item.get_name()
        for item in items
    ]


def groups(image):
    """The overlay's group and its sub-groups."""
    top = next(layer for layer in image.get_layers() if layer.get_parasite("flawmap-overlay"))
    return top, top.get_children()


def tints(image):
    """The overlay's layers by the region that they show."""
    _, subgroups = groups(image)
    found = {}
    for layer in [layer for group in subgroups for layer in group.get_children()]:
        said = json.loads(bytes(layer.get_parasite("flawmap-layer").get_data()))
        found[said["data"]["region"]] = layer
    return found


def channels(image):
    """Names of the image's channels, the topmost first."""
    return [channel.get_name() for channel in image.get_channels()]


def read(drawable, name=None, box=None):
    """Bytes of a drawable, in its own format unless one is named."""
    x0, y0, x1, y1 = box or (0, 0, drawable.get_width(), drawable.get_height())
    rectangle = Gegl.Rectangle.new(x0, y0, x1 - x0, y1 - y0)
    return bytes(drawable.get_buffer().get(rectangle, 1.0, name, _NO_EDGE))


def alpha(layer):
    """A layer's transparency, one byte a pixel."""
    from gi.repository import Babl

    own = layer.get_format()
    grey = Babl.format_get_encoding(own).startswith("Y")
    model = "Y'A u8" if grey else "R'G'B'A u8"
    # In its own space: through sRGB and back not every value is the same.
    name = Babl.get_name(Babl.format_with_space(model, Babl.format_get_space(own)))
    return read(layer, name)[1 if grey else 3 :: 2 if grey else 4]


def write(drawable, name, data):
    """Fill a drawable; the test's own doing, no undo step."""
    width, height = drawable.get_width(), drawable.get_height()
    buffer = drawable.get_buffer()
    buffer.set(Gegl.Rectangle.new(0, 0, width, height), name, data)
    buffer.flush()
    drawable.update(0, 0, width, height)


def visible(image, name=None):
    """Bytes of what is seen, with everything that lies there."""
    seen = Gimp.Layer.new_from_visible(image, image, "seen")
    try:
        return read(seen, name)
    finally:
        seen.delete()


def photo_seen(image, name=None):
    """Bytes of what is seen without the overlay."""
    copy = image.duplicate()
    try:
        for layer in copy.get_layers():
            if layer.get_parasite("flawmap-overlay"):
                copy.remove_layer(layer)
        return visible(copy, name)
    finally:
        copy.delete()


def selection(image):
    """Bounds of the selection and its values there, or None."""
    bounds = Gimp.Selection.bounds(image)
    if not bounds.non_empty:
        return None
    box = (bounds.x1, bounds.y1, bounds.x2, bounds.y2)
    return box, read(image.get_selection(), "Y u8", box)


def note(image):
    """What the plug-in keeps with the image; it is written a moment after a verb's end."""
    deadline = time.monotonic() + 5
    while (parasite := image.get_parasite("flawmap")) is None:
        if time.monotonic() > deadline:
            raise TimeoutError("the image has no note")
        time.sleep(0.02)
    return json.loads(json.loads(bytes(parasite.get_data()))["text"])


def digest(image):
    """One hash over every layer, mask and channel: pixels, places, names, and what hangs there."""
    found = hashlib.sha256()

    def add(items):
        for item in items:
            found.update(repr((item.get_name(), item.get_visible())).encode())
            if item.is_group():
                add(item.get_children())
                continue
            if not item.is_channel():
                offsets = item.get_offsets()
                found.update(repr((offsets.offset_x, offsets.offset_y)).encode())
                if item.get_mask() is not None:
                    found.update(read(item.get_mask()))
            found.update(read(item))

    add(image.get_layers())
    add(image.get_channels())
    found.update(repr(selection(image)).encode())
    return found.hexdigest()
