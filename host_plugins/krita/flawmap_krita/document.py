"""Document: one open picture of Krita, as `flawmap_plugin.host.Document` wants it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from krita import InfoObject, Krita

from flawmap_api.errors import BadInput, NotFound, Unsupported
from flawmap_api.geometry import Box
from flawmap_api.messages import PixelSource
from flawmap_api.sources import PixelData
from flawmap_plugin.host import Group, Mask, OverlayState

from .nodes import (
    fill,
    find_node,
    keep_active,
    key_of,
    only_layer,
    read_json,
    read_without,
    top_of,
    write_json,
)
from .overlay import Overlay
from .qt import bytes_of, q_bytes
from .selecting import mask_of, selection_of
from .spaces import SRGB_NAME, Space, space_of

__all__ = ["KritaDocument"]

_REPAIRS = "flawmap/repairs"
#: Repairs carry Krita's grey label, so that they are told from the tints.
_REPAIR_LABEL = 8


class KritaDocument:
    """One document; made by `KritaHost`, which gives the same one for the same document.

    Parameters
    ----------
    doc : krita.Document
    find_profile : callable(str) -> bytes
    later : callable(seconds, callable)
    """

    def __init__(
        self,
        doc: Any,
        find_profile: Callable[[str], bytes],
        later: Callable[[float, Callable[[], None]], Any],
    ) -> None:
        self._raw = doc
        self._find_profile = find_profile
        self._later = later
        self._key = key_of(doc.rootNode())
        self._overlay = Overlay(doc, later)

    @property
    def _doc(self) -> Any:
        # Krita empties its own handle when the document goes.
        if not self.is_open():
            raise NotFound("The document was closed.")
        return self._raw

    def is_open(self) -> bool:
        """Whether Krita still has it."""
        return self._raw.rootNode() is not None

    @property
    def key(self) -> str:
        """The root layer's id."""
        return self._key

    @property
    def title(self) -> str:
        """The file's name, or what Krita calls an unsaved document."""
        doc = self._doc
        return os.path.basename(doc.fileName()) or str(doc.name()) or "?"

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the canvas, px."""
        doc = self._doc
        return int(doc.width()), int(doc.height())

    @property
    def path(self) -> Path | None:
        """The file it was opened from or saved to."""
        name = self._doc.fileName()
        return Path(name) if name else None

    # ------------------------------------------------------------------ pixels and selection

    def read_visible(
        self, box: Box | None = None, without: frozenset[str] = frozenset()
    ) -> PixelData:
        """What is seen without the overlay and the repairs `without`; see the interface."""
        doc = self._doc
        width, height = self.size
        box = box or Box(0, 0, width, height)
        repairs = [node for key in without if (node := find_node(doc, key)) is not None]
        ours = [*self._overlay.nodes(), *repairs]
        doc.waitForDone()
        alone = only_layer(doc, ours)
        if alone is not None:
            array = alone.projectionPixelData(box.x0, box.y0, box.width, box.height)
        elif any(node.visible() for node in ours):
            array = read_without(doc, ours, box)
        else:
            self._overlay.refresh()
            array = doc.pixelData(box.x0, box.y0, box.width, box.height)
        space = self._space()
        if space.converted:
            array = self._to_srgb(array, box)
        layout = PixelSource(box.width, box.height, space.dtype, space.channels, space.linear)
        data = bytes_of(array)
        if data.nbytes != layout.nbytes:
            raise BadInput(
                f"Krita gave {data.nbytes} bytes for {box.width}×{box.height} pixels "
                f"of {doc.colorModel()} {doc.colorDepth()}.",
                "Convert the picture to RGB with 8 or 16 bits (Image ▸ Convert Image Color Space).",
            )
        return PixelData(layout, data, space.icc)

    def read_selection(self) -> Mask | None:
        """The selection with its soft values."""
        return mask_of(self._doc.selection(), *self.size)

    def select(self, mask: Mask | None, how: str = "replace") -> None:
        """Set, add to, take from or narrow the selection."""
        doc = self._doc
        if mask is None:
            doc.setSelection(None)
            return
        wanted = selection_of(mask, outlined=True)
        before = doc.selection()
        if how == "replace" or (before is None and how == "add"):
            doc.setSelection(wanted)
            return
        if before is None:
            return  # nothing is selected: there is nothing to take from
        # In place, the ants would not notice.
        both = before.duplicate()
        {"add": both.add, "subtract": both.subtract, "intersect": both.intersect}[how](wanted)
        doc.setSelection(both if both.width() and both.height() else None)

    def _space(self) -> Space:
        doc = self._doc
        return space_of(doc.colorModel(), doc.colorDepth(), doc.colorProfile(), self._find_profile)

    def _to_srgb(self, array: Any, box: Box) -> Any:
        """The document's own numbers as 16-bit sRGB; a layer that hangs nowhere converts them."""
        node = self._doc.createNode("Flawmap", "paintlayer")
        node.setPixelData(array, 0, 0, box.width, box.height)
        node.setColorSpace("RGBA", "U16", SRGB_NAME)
        return node.pixelData(0, 0, box.width, box.height)

    # ------------------------------------------------------------------ overlay

    def show_overlay(self, group: Group) -> None:
        """Put the group on top, in place of an older overlay."""
        self._doc.waitForDone()
        self._overlay.show(group)

    def overlay(self) -> OverlayState:
        """Whether there is an overlay, and whether it can be seen."""
        self._doc  # noqa: B018 - raises for a closed document
        return self._overlay.state()

    def set_overlay_visible(self, visible: bool, regions: frozenset[str] | None = None) -> None:
        """Show or hide the overlay, or the layers of those regions."""
        self._doc  # noqa: B018
        self._overlay.set_visible(visible, regions)

    def set_overlay_opacity(self, opacity: float) -> None:
        """Opacity of the whole overlay, 0..1."""
        self._doc  # noqa: B018
        self._overlay.set_opacity(opacity)

    def remove_overlay(self) -> None:
        """Take the overlay away."""
        self._doc.waitForDone()
        self._overlay.remove()

    def keep_masks(self, masks: Mapping[str, Mask], colours: Mapping[str, str]) -> None:
        """Make selection masks of coverages, invisible, in a group of their own."""
        self._doc.waitForDone()
        self._overlay.keep_masks(masks, colours)

    # ------------------------------------------------------------------ repairs

    def add_repair(
        self,
        name: str,
        pixels: PixelData,
        area: Mask,
        data: Mapping[str, object],
        replaces: str | None = None,
    ) -> str:
        """A paint layer of just the box, cut by a transparency mask."""
        doc, box = self._doc, area.box
        if pixels.data.nbytes != pixels.layout.nbytes or area.box.area != len(area.data):
            raise BadInput("The repaired pixels do not fill their box.")
        node = doc.createNode(name, "paintlayer")
        if self._space().converted:
            node.setColorSpace("RGBA", "U16", SRGB_NAME)
        filled = _opaque(pixels)
        node.setPixelData(
            q_bytes(filled if filled is not None else pixels.data),
            box.x0,
            box.y0,
            box.width,
            box.height,
        )
        # Over a half transparent photo the repair must not add opacity: it takes what is below.
        node.setInheritAlpha(filled is not None)
        mask = doc.createTransparencyMask(name)
        mask.setSelection(selection_of(area))
        fill(node, [mask])
        return self._insert(node, data, replaces)

    def add_filter(
        self,
        name: str,
        settings: Mapping[str, object],
        area: Mask,
        title: str,
        replaces: str | None = None,
    ) -> str:
        """A filter layer that works on all that lies below, within the area."""
        doc = self._doc
        # Both have to stay alive while they are used; Krita deletes what nobody holds.
        made = Krita.instance().filter(name)
        if made is None:
            raise Unsupported(f"This Krita has no filter {name!r}.", "Use Flawmap's own repair.")
        chosen = made.configuration()
        for key, value in settings.items():
            chosen.setProperty(key, value)
        made.setConfiguration(chosen)
        node = doc.createFilterLayer(title, made, selection_of(area))
        return self._insert(node, {"filter": name}, replaces)

    def _insert(self, node: Any, data: Mapping[str, object], replaces: str | None) -> str:
        doc = self._doc
        node.setColorLabel(_REPAIR_LABEL)
        doc.waitForDone()
        old = find_node(doc, replaces or "")
        with keep_active(doc, self._later) as inserted:
            inserted.append(node)
            if old is not None and old.parentNode() is not None:
                old.parentNode().addChildNode(node, old)
                old.remove()
            else:
                doc.rootNode().addChildNode(node, top_of(doc, self._overlay.root()))
        doc.waitForDone()
        record = read_json(doc, _REPAIRS)
        record[key_of(node)] = dict(data)
        write_json(doc, _REPAIRS, record)
        return key_of(node)

    def remove_layer(self, key: str) -> None:
        """Remove a repair's layer; nothing if it is gone already."""
        node = find_node(self._doc, key)
        if node is not None:
            node.remove()

    def has_layer(self, key: str) -> bool:
        """Whether that layer is still there."""
        return find_node(self._doc, key) is not None

    # ------------------------------------------------------------------ notes and export

    def read_note(self, name: str) -> str | None:
        """Text of an annotation."""
        text = read_json(self._doc, f"flawmap/notes/{name}").get("text")
        return text if isinstance(text, str) else None

    def write_note(self, name: str, text: str) -> None:
        """Keep a text as an annotation."""
        write_json(self._doc, f"flawmap/notes/{name}", {"text": text})

    def export_without_overlay(self, path: Path) -> None:
        """Write a copy of the document that has lost its overlay."""
        doc = self._doc
        doc.waitForDone()
        draft = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
        copy = doc.clone()
        try:
            with _quiet(copy):
                for node in Overlay(copy, self._later).nodes():
                    node.remove()
                copy.refreshProjection()
                copy.waitForDone()
                if not copy.exportImage(str(draft), _export_options(path.suffix.lower())):
                    raise BadInput(
                        f"Krita could not write {path.name}.",
                        "Choose another folder, or an ending such as .png, .jpg, .tif or .kra.",
                    )
            os.replace(draft, path)
        except OSError as error:
            raise BadInput(f"{path.name} could not be written: {error.strerror}.") from None
        finally:
            with contextlib.suppress(OSError):
                draft.unlink()
            copy.setModified(False)
            copy.close()


@contextlib.contextmanager
def _quiet(doc: Any) -> Iterator[None]:
    """No dialogs: Krita has one switch for itself and one for the document."""
    krita = Krita.instance()
    was = krita.batchmode()
    krita.setBatchmode(True)
    doc.setBatchmode(True)
    try:
        yield
    finally:
        krita.setBatchmode(was)


def _export_options(suffix: str) -> Any:
    options = InfoObject()
    if suffix in (".jpg", ".jpeg"):
        for name, value in (("quality", 95), ("saveProfile", True), ("exif", True)):
            options.setProperty(name, value)
    return options


def _opaque(pixels: PixelData) -> bytearray | None:
    """The pixels without transparency, or None if they have none."""
    layout = pixels.layout
    one = {"u8": b"\xff", "u16": b"\xff\xff", "f16": b"\x00\x3c", "f32": b"\x00\x00\x80\x3f"}
    if not layout.channels.endswith("A"):
        return None
    full = one[layout.dtype]
    step = len(layout.channels) * len(full)
    first = step - len(full)
    count = pixels.data.nbytes // step
    if all(
        bytes(pixels.data[first + at :: step]).count(full[at]) == count for at in range(len(full))
    ):
        return None
    filled = bytearray(pixels.data)
    for at in range(len(full)):
        filled[first + at :: step] = full[at : at + 1] * count
    return filled
