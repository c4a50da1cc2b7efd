"""What the host interface promises, as checks that run inside any editor.

Standard library only, so that a real program's Python can run them: `for name, check in
CHECKS.items(): check(host)` with a document in front that is at least 64 × 64 pixels, has no alpha
and no selection. Each check leaves the document as it found it, apart from undo steps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flawmap_api.geometry import Box
from flawmap_api.messages import CHANNELS, DTYPES
from flawmap_api.sources import PixelData
from flawmap_plugin.host import Document, Group, Host, Mask, Tint
from flawmap_plugin.planes import crop

__all__ = ["CHECKS"]

PART = Box(10, 20, 42, 44)


def front(host: Host) -> Document:
    """The document that is checked."""
    document = host.active()
    if document is None:
        raise ValueError("Open a document first.")
    return document


def whole(document: Document) -> Box:
    width, height = document.size
    return Box(0, 0, width, height)


def seen(document: Document, box: Box | None = None) -> bytes:
    return bytes(document.read_visible(box).data)


def pixel_bytes(pixels: PixelData) -> int:
    return CHANNELS[pixels.layout.channels] * DTYPES[pixels.layout.dtype]


def ramp(box: Box) -> Mask:
    """A mask with every soft value from left to right."""
    row = bytes(255 * x // max(1, box.width - 1) for x in range(box.width))
    return Mask(box, row * box.height)


def overlay(host: Host) -> Group:
    """An overlay of two layers in two groups."""
    box = PART
    tints = [
        Tint(f"{name} · severe · 1 %", box, bytes([170, 102, 255, 128]) * box.area, "#aa66ff", data)
        for name, data in (("blur", {"region": "blur-1"}), ("noise", {"region": "noise-1"}))
    ]
    del host
    return Group("Flawmap", tuple(Group(f"{t.name} (1)", (t,), t.colour) for t in tints))


def same(one: Any, other: Any, what: str) -> None:
    """Raise if the two differ."""
    if one != other:
        raise ValueError(f"{what}: {str(one)[:80]} is not {str(other)[:80]}")


def check_the_same_document_keeps_its_key(host: Host) -> None:
    """`active` may make a new object each time, the key tells that it is the same."""
    same(front(host).key, front(host).key, "the key")


def check_pixels_are_as_many_as_the_layout_says(host: Host) -> None:
    """Rows from the top, no padding."""
    document = front(host)
    pixels = document.read_visible()
    same((pixels.layout.width, pixels.layout.height), document.size, "the size")
    same(len(pixels.data), pixels.layout.nbytes, "the bytes")


def check_a_part_is_the_same_as_in_the_whole(host: Host) -> None:
    """A box is cut, never resampled or converted otherwise."""
    document = front(host)
    pixels = document.read_visible()
    part = crop(pixels.data, whole(document), PART, pixel_bytes(pixels))
    same(seen(document, PART), part, "the part")


def check_reading_changes_nothing(host: Host) -> None:
    """Neither pixels nor selection nor overlay."""
    document = front(host)
    before = seen(document), document.read_selection(), document.overlay()
    document.read_visible(PART)
    same((seen(document), document.read_selection(), document.overlay()), before, "the document")


def check_a_selection_keeps_its_soft_values(host: Host) -> None:
    """What is selected is read again, byte by byte."""
    document = front(host)
    mask = ramp(PART)
    document.select(mask)
    got = document.read_selection()
    document.select(None)
    if got is None:
        raise ValueError("nothing was selected")
    # Bounds may shrink to what is not zero.
    same(got.data, crop(mask.data, mask.box, got.box), "the soft values")
    same(document.read_selection(), None, "the selection after it was dropped")


def check_selections_combine(host: Host) -> None:
    """Add, subtract, intersect."""
    document = front(host)
    left, right = Box(0, 0, 20, 10), Box(10, 0, 30, 10)
    results = {"add": 300, "subtract": 100, "intersect": 100, "replace": 200}
    for how, area in results.items():
        document.select(Mask(left, bytes([255]) * left.area))
        document.select(Mask(right, bytes([255]) * right.area), how)
        got = document.read_selection()
        same(got.data.count(255) if got else 0, area, how)
    document.select(None)


def check_an_overlay_is_seen_by_nobody_who_reads(host: Host) -> None:
    """It can be hidden, also in part, and taken away."""
    document = front(host)
    before = seen(document)
    document.show_overlay(overlay(host))
    same(seen(document), before, "pixels under the overlay")
    same((document.overlay().present, document.overlay().visible), (True, True), "the overlay")
    document.set_overlay_visible(False)
    same((document.overlay().present, document.overlay().visible), (True, False), "hidden")
    document.set_overlay_visible(True)
    document.set_overlay_visible(False, frozenset({"blur-1"}))
    same(document.overlay().visible, True, "half hidden")
    document.set_overlay_opacity(0.5)
    document.show_overlay(overlay(host))
    document.remove_overlay()
    same(document.overlay().present, False, "the overlay after it was removed")
    same(seen(document), before, "pixels without the overlay")


def check_a_repair_changes_its_area_alone_and_goes_without_trace(host: Host) -> None:
    """Nothing outside the mask, everything where it is full; replaced, left out, removed."""
    document = front(host)
    before = seen(document)
    old = document.read_visible(PART)
    size = pixel_bytes(old)
    # The first half of the rows is repaired: the pixels are those of the first one, repeated.
    half = Box(PART.x0, PART.y0, PART.x1, PART.y0 + PART.height // 2)
    area = Mask(PART, bytes([255]) * half.area + bytes(PART.area - half.area))
    pixels = replace(old, data=memoryview(bytes(old.data[:size]) * PART.area))
    key = document.add_repair("Repair", pixels, area, {"region": "blur-1"})
    same(document.has_layer(key), True, "has_layer")
    after = seen(document, PART)
    same(after[: half.area * size], bytes(pixels.data[: half.area * size]), "the repaired pixels")
    same(after[half.area * size :], bytes(old.data[half.area * size :]), "pixels beside them")
    same(bytes(document.read_visible(PART, frozenset({key})).data), bytes(old.data), "without it")
    second = document.add_repair("Repair", old, area, {"region": "blur-1"}, replaces=key)
    same(document.has_layer(key) and key != second, False, "the replaced layer")
    same(seen(document), before, "repaired with its own pixels")
    document.remove_layer(second)
    document.remove_layer(second)
    same(document.has_layer(second), False, "has_layer")
    same(seen(document), before, "pixels after the repair was removed")


def check_masks_are_kept_without_changing_the_picture(host: Host) -> None:
    """Channels or selection masks are invisible and select nothing."""
    document = front(host)
    before = seen(document)
    document.keep_masks({"blur · severe · 1 %": ramp(PART)}, {"blur · severe · 1 %": "#aa66ff"})
    same(seen(document), before, "pixels under a kept mask")
    same(document.read_selection(), None, "the selection")


def check_notes_are_read_as_they_were_written(host: Host) -> None:
    """Any text, replaced by a later one."""
    document = front(host)
    same(document.read_note("flawmap-check"), None, "a note that nobody wrote")
    for text in ("", "größer · “yes”\n{}", "x" * 100_000, "-"):
        document.write_note("flawmap-check", text)
        same(document.read_note("flawmap-check"), text, "the note")


#: Every check by its name.
CHECKS: dict[str, Callable[[Host], None]] = {
    name.removeprefix("check_"): check
    for name, check in list(globals().items())
    if name.startswith("check_")
}
