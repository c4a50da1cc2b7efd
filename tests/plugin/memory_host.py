"""An editor in memory: a whole `Host` without a window, and the example for writing another one.

Documents have layers with offsets, a selection, notes, an overlay and an undo stack, like the real
programs'; pixels are numpy arrays here, because tests have numpy. The loop is driven by hand:
`host.run(until=…)`.
"""

from __future__ import annotations

import heapq
import itertools
import select
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flawmap_api.errors import BadInput, NotFound, Unsupported
from flawmap_api.geometry import Box
from flawmap_api.messages import PixelSource
from flawmap_api.sources import PixelData
from flawmap_plugin.host import Capabilities, Group, Mask, OverlayState, Tint

__all__ = ["Loop", "MemoryDocument", "MemoryHost", "PhotoLayer"]

Pixels = NDArray[Any]

_LAYOUTS = {1: "Y", 2: "YA", 3: "RGB", 4: "RGBA"}
_DTYPES = {"uint8": "u8", "uint16": "u16", "float16": "f16", "float32": "f32"}


# ---------------------------------------------------------------------------- the loop


class Loop:
    """Timers and descriptors on one thread; time can be skipped, so that no test waits for it."""

    def __init__(self) -> None:
        self._skipped = 0.0
        self._timers: list[tuple[float, int, _Timer]] = []
        self._descriptors: dict[int, Callable[[], None]] = {}
        self._count = itertools.count()

    def now(self) -> float:
        """Seconds since some moment."""
        return time.monotonic() + self._skipped

    def skip(self, seconds: float) -> None:
        """Let time pass at once."""
        self._skipped += seconds

    def add(self, seconds: float, again: float | None, what: Callable[[], None]) -> _Timer:
        """Call something after so many seconds, and every `again` seconds from then on."""
        timer = _Timer(what, again)
        heapq.heappush(self._timers, (self.now() + seconds, next(self._count), timer))
        return timer

    def watch(self, descriptor: int, what: Callable[[], None]) -> _Watched:
        """Call something whenever the descriptor is readable."""
        self._descriptors[descriptor] = what
        return _Watched(self._descriptors, descriptor)

    def turn(self) -> None:
        """Do what is due, or wait a moment for something to become so."""
        due = self._timers and self._timers[0][0] <= self.now()
        readable: list[int] = []
        if self._descriptors:
            readable = select.select(list(self._descriptors), [], [], 0 if due else 0.005)[0]
        elif not due:
            time.sleep(0.005)
        for descriptor in readable:
            if (what := self._descriptors.get(descriptor)) is not None:
                what()
        until = self.now()
        while self._timers and self._timers[0][0] <= until:
            _, _, timer = heapq.heappop(self._timers)
            if timer.stopped:
                continue
            timer.what()
            if timer.again is not None and not timer.stopped:
                entry = (self.now() + timer.again, next(self._count), timer)
                heapq.heappush(self._timers, entry)


@dataclass
class _Timer:
    what: Callable[[], None]
    again: float | None
    stopped: bool = False

    def stop(self) -> None:
        self.stopped = True


@dataclass
class _Watched:
    descriptors: dict[int, Callable[[], None]]
    descriptor: int

    def stop(self) -> None:
        self.descriptors.pop(self.descriptor, None)


# ---------------------------------------------------------------------------- a document


@dataclass(frozen=True)
class PhotoLayer:
    """One layer: pixels in the document's numbers at an offset, which may lie off the canvas.

    `mask` (u8, of the pixels' size) cuts it softly. `filter` stands for one of the host's own: it
    gets what lies below and gives what is seen.
    """

    name: str
    pixels: Pixels
    x: int = 0
    y: int = 0
    visible: bool = True
    mask: NDArray[np.uint8] | None = None
    key: str = ""
    data: Mapping[str, object] = field(default_factory=dict)
    filter: Callable[[Pixels], Pixels] | None = None


@dataclass(frozen=True)
class Shown:
    """The overlay as it lies in the document."""

    group: Group
    visible: bool = True
    hidden: frozenset[str] = frozenset()
    opacity: float = 1.0


@dataclass(frozen=True)
class _Content:
    """What an undo step brings back."""

    layers: tuple[PhotoLayer, ...]
    overlay: Shown | None = None
    kept: tuple[tuple[str, Mask, str], ...] = ()


class MemoryDocument:
    """One open picture: `layers` from the bottom up, on a canvas of `size`."""

    def __init__(
        self,
        layers: list[PhotoLayer],
        size: tuple[int, int],
        *,
        title: str = "photo",
        path: Path | None = None,
        icc: bytes = b"",
        linear: bool = False,
        notes: dict[str, str] | None = None,
    ) -> None:
        self._content = _Content(tuple(layers))
        self._size = size
        self._title = title
        self._path = path
        self._icc = icc
        self._linear = linear
        self._notes = dict(notes or {})
        self._undone: list[_Content] = []
        self._redo: list[_Content] = []
        self._selection: Mask | None = None
        self._closed = False
        self._keys = itertools.count(1)
        self._key = f"document-{id(self)}"
        self.reads: list[Box | None] = []
        self.modified = False

    # ---- what a test does to it, as a person would

    @property
    def layers(self) -> tuple[PhotoLayer, ...]:
        """The photo's and the repair layers, from the bottom up."""
        return self._content.layers

    @property
    def shown(self) -> Shown | None:
        """The overlay, or None."""
        return self._content.overlay

    @property
    def kept(self) -> dict[str, tuple[Mask, str]]:
        """Masks that were kept, by name, with their colours."""
        return {name: (mask, colour) for name, mask, colour in self._content.kept}

    @property
    def undo_steps(self) -> int:
        """How often undo can be pressed."""
        return len(self._undone)

    def undo(self) -> None:
        """Take the last step back."""
        self._redo.append(self._content)
        self._content = self._undone.pop()

    def redo(self) -> None:
        """Do it again."""
        self._undone.append(self._content)
        self._content = self._redo.pop()

    def paint(self, box: Box, value: float) -> None:
        """Paint a box of the lowest layer, in one undo step."""
        first, *rest = self._content.layers
        pixels = first.pixels.copy()
        pixels[box.y0 - first.y : box.y1 - first.y, box.x0 - first.x : box.x1 - first.x] = value
        self._step(layers=(replace(first, pixels=pixels), *rest))

    def crop_canvas(self, size: tuple[int, int]) -> None:
        """Another canvas size."""
        self._size = size
        self._step()

    def close(self) -> None:
        """Close it: every method raises from now on."""
        self._closed = True

    def reopened(self) -> MemoryDocument:
        """What a save, a close and an opening of it would give."""
        again = MemoryDocument(
            list(self.layers),
            self._size,
            title=self._title,
            path=self._path,
            icc=self._icc,
            linear=self._linear,
            notes=self._notes,
        )
        again._content = self._content
        return again

    def state(self) -> bytes:
        """Every byte of it that belongs to the person: equal before and after means untouched."""
        parts = [
            repr((self._size, self._title, self.modified, len(self._undone), self._selection)),
            *(
                repr((layer.name, layer.x, layer.y, layer.visible, layer.key))
                + layer.pixels.tobytes().hex()
                for layer in self.layers
            ),
        ]
        return "\n".join(parts).encode()

    # ---- Document

    @property
    def key(self) -> str:
        self._open()
        return self._key

    @property
    def title(self) -> str:
        self._open()
        return self._title

    @property
    def size(self) -> tuple[int, int]:
        self._open()
        return self._size

    @property
    def path(self) -> Path | None:
        self._open()
        return self._path

    def read_visible(
        self, box: Box | None = None, without: frozenset[str] = frozenset()
    ) -> PixelData:
        self._open()
        self.reads.append(box)
        width, height = self._size
        whole = self._flat(without)
        box = box or Box(0, 0, width, height)
        part = np.ascontiguousarray(whole[box.y0 : box.y1, box.x0 : box.x1])
        layout = PixelSource(
            box.width,
            box.height,
            _DTYPES[part.dtype.name],
            _LAYOUTS[part.shape[2]],
            linear=self._linear,
        )
        return PixelData(layout, memoryview(part).cast("B"), self._icc)

    def read_selection(self) -> Mask | None:
        self._open()
        return self._selection

    def select(self, mask: Mask | None, how: str = "replace") -> None:
        self._open()
        if mask is None:
            self._selection = None
            return
        new = self._plane(mask)
        old = self._plane(self._selection) if self._selection else np.zeros_like(new)
        joined = {
            "replace": lambda: new,
            "add": lambda: np.maximum(old, new),
            "subtract": lambda: np.minimum(old, 255 - new),
            "intersect": lambda: np.minimum(old, new),
        }[how]()
        self._selection = _mask_of(joined)

    def show_overlay(self, group: Group) -> None:
        self._open()
        self._check_tints(group)
        self._step(overlay=Shown(group))

    def overlay(self) -> OverlayState:
        self._open()
        shown = self._content.overlay
        if shown is None:
            return OverlayState(False, False)
        names = {str(tint.data["region"]) for tint in tints_of(shown.group)}
        return OverlayState(True, shown.visible and bool(names - shown.hidden))

    def set_overlay_visible(self, visible: bool, regions: frozenset[str] | None = None) -> None:
        self._open()
        shown = self._content.overlay
        if shown is None:
            return
        if regions is None:
            shown = replace(shown, visible=visible)
        else:
            hidden = shown.hidden - regions if visible else shown.hidden | regions
            shown = replace(shown, hidden=hidden)
        self._content = replace(self._content, overlay=shown)

    def set_overlay_opacity(self, opacity: float) -> None:
        self._open()
        shown = self._content.overlay
        if shown is not None:
            self._content = replace(self._content, overlay=replace(shown, opacity=opacity))

    def remove_overlay(self) -> None:
        self._open()
        if self._content.overlay is not None:
            self._step(overlay=None)

    def keep_masks(self, masks: Mapping[str, Mask], colours: Mapping[str, str]) -> None:
        self._open()
        made = tuple((name, mask, colours[name]) for name, mask in masks.items())
        self._step(kept=self._content.kept + made)

    def add_repair(
        self,
        name: str,
        pixels: PixelData,
        area: Mask,
        data: Mapping[str, object],
        replaces: str | None = None,
    ) -> str:
        self._open()
        box, layout = area.box, pixels.layout
        if (layout.width, layout.height) != (box.width, box.height):
            raise BadInput("A repair has to be as large as its area.")
        bottom = self._content.layers[0].pixels
        numbers = np.frombuffer(pixels.data, bottom.dtype).reshape(box.height, box.width, -1)
        if numbers.shape[2] != bottom.shape[2]:
            raise BadInput("A repair has to have the document's own channels.")
        mask = np.frombuffer(area.data, np.uint8).reshape(box.height, box.width)
        key = f"layer-{next(self._keys)}-{self._key}"
        layer = PhotoLayer(name, numbers, box.x0, box.y0, mask=mask, key=key, data=dict(data))
        self._put(layer, replaces)
        return key

    def add_filter(
        self,
        name: str,
        settings: Mapping[str, object],
        area: Mask,
        title: str,
        replaces: str | None = None,
    ) -> str:
        self._open()
        if name != "memory:mean":
            raise Unsupported(f"This host has no filter {name}.")
        box = area.box
        mask = np.frombuffer(area.data, np.uint8).reshape(box.height, box.width)
        key = f"layer-{next(self._keys)}-{self._key}"
        nothing = np.zeros((box.height, box.width, 0), np.uint8)
        layer = PhotoLayer(title, nothing, box.x0, box.y0, mask=mask, key=key, filter=_mean)
        self._put(layer, replaces)
        return key

    def remove_layer(self, key: str) -> None:
        self._open()
        if self.has_layer(key):
            self._step(layers=tuple(layer for layer in self.layers if layer.key != key))

    def has_layer(self, key: str) -> bool:
        self._open()
        return any(layer.key == key for layer in self.layers)

    def read_note(self, name: str) -> str | None:
        self._open()
        return self._notes.get(name)

    def write_note(self, name: str, text: str) -> None:
        self._open()
        self._notes[name] = text

    def export_without_overlay(self, path: Path) -> None:
        self._open()
        if path.suffix != ".npy":
            raise BadInput(f"{path.name}: only .npy can be written.", "Choose that ending.")
        np.save(path, self._flat(frozenset()))

    # ---- inside

    def _open(self) -> None:
        if self._closed:
            raise NotFound("The document was closed.", "Open it again.")

    def _step(self, **changes: Any) -> None:
        self._undone.append(self._content)
        self._redo.clear()
        self._content = replace(self._content, **changes)
        self.modified = True

    def _put(self, layer: PhotoLayer, replaces: str | None) -> None:
        layers = list(self.layers)
        for at, old in enumerate(layers):
            if replaces is not None and old.key == replaces:
                layers[at] = layer
                break
        else:
            layers.append(layer)
        self._step(layers=tuple(layers))

    def _flat(self, without: frozenset[str]) -> Pixels:
        width, height = self._size
        bottom = self.layers[0].pixels
        canvas = np.zeros((height, width, bottom.shape[2]), bottom.dtype)
        for layer in self.layers:
            if layer.visible and layer.key not in without - {""}:
                _lay(canvas, layer)
        return canvas

    def _plane(self, mask: Mask) -> NDArray[np.uint8]:
        width, height = self._size
        plane = np.zeros((height, width), np.uint8)
        box = mask.box
        plane[box.y0 : box.y1, box.x0 : box.x1] = np.frombuffer(mask.data, np.uint8).reshape(
            box.height, box.width
        )
        return plane

    def _check_tints(self, group: Group) -> None:
        width, height = self._size
        for tint in tints_of(group):
            if not tint.box.within(width, height):
                raise BadInput(f"{tint.name} lies outside the canvas.")
            if len(tint.pixels) != tint.box.area * 4:
                raise BadInput(f"{tint.name} has {len(tint.pixels)} bytes.")


def tints_of(group: Group) -> list[Tint]:
    """All layers of a group, the topmost first."""
    tints: list[Tint] = []
    for child in group.children:
        tints += tints_of(child) if isinstance(child, Group) else [child]
    return tints


def _lay(canvas: Pixels, layer: PhotoLayer) -> None:
    height, width = canvas.shape[:2]
    rows, cols = layer.pixels.shape[:2]
    x0, y0 = max(0, layer.x), max(0, layer.y)
    x1, y1 = min(width, layer.x + cols), min(height, layer.y + rows)
    if x0 >= x1 or y0 >= y1:
        return
    part = (slice(y0 - layer.y, y1 - layer.y), slice(x0 - layer.x, x1 - layer.x))
    below = canvas[y0:y1, x0:x1]
    above = layer.filter(below) if layer.filter else layer.pixels[part]
    if layer.mask is None:
        canvas[y0:y1, x0:x1] = above
        return
    soft = layer.mask[part][..., None].astype(np.float64) / 255
    mixed = below + (above.astype(np.float64) - below) * soft
    if canvas.dtype.kind == "u":
        mixed = np.rint(mixed)
    canvas[y0:y1, x0:x1] = mixed.astype(canvas.dtype)


def _mean(below: Pixels) -> Pixels:
    return np.broadcast_to(below.mean((0, 1)), below.shape).astype(below.dtype)


def _mask_of(plane: NDArray[np.uint8]) -> Mask | None:
    rows, cols = np.nonzero(plane)
    if not len(rows):
        return None
    box = Box(int(cols.min()), int(rows.min()), int(cols.max()) + 1, int(rows.max()) + 1)
    return Mask(box, plane[box.y0 : box.y1, box.x0 : box.x1].tobytes())


# ---------------------------------------------------------------------------- the program


class MemoryHost:
    """The program: its documents, and the loop that drives everything."""

    def __init__(self, **can: Any) -> None:
        self._can = Capabilities(
            **{
                "name": "Memory",
                "version": "1.0",
                "filters": frozenset({"memory:mean"}),
                "language": "en",
                **can,
            }
        )
        self.loop = Loop()
        self.front: MemoryDocument | None = None
        self._saving: list[Callable[[Any], None]] = []

    def show(self, document: MemoryDocument | None) -> None:
        """Bring a document to the front."""
        self.front = document

    def save(self) -> None:
        """Save the front document, as far as the plug-in hears of it."""
        for what in list(self._saving):
            what(self.front)

    def run(self, until: Callable[[], bool], seconds: float = 60.0) -> None:
        """Turn the loop until something is true."""
        deadline = time.monotonic() + seconds
        while not until():
            if time.monotonic() > deadline:
                raise TimeoutError("It did not come true.")
            self.loop.turn()

    # ---- Host

    @property
    def can(self) -> Capabilities:
        return self._can

    def active(self) -> MemoryDocument | None:
        return self.front

    def open(self, path: Path) -> MemoryDocument:
        from PIL import Image

        with Image.open(path) as image:
            pixels = np.asarray(image.convert("RGB"))
        size = pixels.shape[1], pixels.shape[0]
        self.front = MemoryDocument(
            [PhotoLayer("Background", pixels)], size, title=path.name, path=path
        )
        return self.front

    def later(self, seconds: float, what: Callable[[], None]) -> _Timer:
        return self.loop.add(seconds, None, what)

    def every(self, seconds: float, what: Callable[[], None]) -> _Timer:
        return self.loop.add(seconds, seconds, what)

    def readable(self, descriptor: int, what: Callable[[], None]) -> _Watched:
        return self.loop.watch(descriptor, what)

    def on_save(self, what: Callable[[Any], None]) -> _Saving | None:
        if not self._can.warns_on_save:
            return None
        self._saving.append(what)
        return _Saving(self._saving, what)


@dataclass
class _Saving:
    all: list[Callable[[Any], None]]
    what: Callable[[Any], None]

    def stop(self) -> None:
        if self.what in self.all:
            self.all.remove(self.what)
