"""Overlay: the group of tinted layers, what of it a person has changed, and the kept masks.

The document's annotation `flawmap/overlay` tells which nodes are ours and how they were when they
were made; Krita's layers have no metadata of their own.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from typing import Any

from flawmap_api.geometry import Box
from flawmap_plugin.host import Group, Mask, OverlayState, Tint

from .labels import label_of
from .nodes import (
    find_node,
    keep_active,
    key_of,
    read_json,
    redraw,
    selection_of,
    top_of,
    walk,
    write_json,
)
from .qt import bytes_of, q_bytes
from .spaces import SRGB_NAME

__all__ = ["Overlay"]

_RECORD = "flawmap/overlay"


class Overlay:
    """The overlay of one document.

    Parameters
    ----------
    doc : krita.Document
    later : callable(seconds, callable)
        Calls something on the main loop after so many seconds.
    """

    def __init__(self, doc: Any, later: Callable[[float, Callable[[], None]], Any]) -> None:
        self._doc = doc
        self._later = later

    def root(self) -> Any | None:
        """The group's node, or None if there is no overlay."""
        return find_node(self._doc, str(self._record().get("root", "")))

    def kept(self) -> Any | None:
        """The group with what people changed of earlier overlays, or None."""
        return find_node(self._doc, str(self._record().get("kept", "")))

    def nodes(self) -> list[Any]:
        """What has to be hidden, so that only the photo is seen."""
        return [node for node in (self.root(), self.kept()) if node is not None]

    def state(self) -> OverlayState:
        """Whether it is there, and whether any of it can be seen."""
        return OverlayState(self.root() is not None, any(node.visible() for node in self.nodes()))

    def show(self, group: Group) -> None:
        """Insert the group, and take away the old one but for what a person has changed."""
        record = self._record()
        layers: dict[str, Any] = {}
        new = self._built(group, layers)
        old = self.root()
        changed = self._changed(old, record) if old is not None else []
        with keep_active(self._doc, self._later) as inserted:
            if changed:
                record["kept"] = self._keep(f"{group.name} (kept)", changed, inserted)
            root = self._doc.rootNode()
            inserted += [new, *walk(new)]
            root.addChildNode(new, top_of(self._doc, None))
            if old is not None:
                old.remove()
        record.update(root=key_of(new), layers=layers)
        write_json(self._doc, _RECORD, record)

    def set_visible(self, visible: bool, regions: frozenset[str] | None) -> None:
        """Show or hide all of it, or the layers of those regions."""
        if regions is None:
            root = self.root()
            for node in self.nodes() if not visible else [root] if root is not None else []:
                node.setVisible(visible)
            return
        for key, data in self._record().get("layers", {}).items():
            if data.get("data", {}).get("region") in regions:
                node = find_node(self._doc, key)
                if node is not None and node.visible() != visible:
                    node.setVisible(visible)

    def set_opacity(self, opacity: float) -> None:
        """Opacity of the whole group, 0..1; no undo step."""
        root = self.root()
        value = round(255 * max(0.0, min(1.0, opacity)))
        if root is not None and root.opacity() != value:
            root.setOpacity(value)
            redraw(root)

    def remove(self) -> None:
        """Take the group away, in one undo step; what a person changed is kept in another."""
        record, old = self._record(), self.root()
        if old is None:
            return
        changed = self._changed(old, record)
        if changed:
            with keep_active(self._doc, self._later) as inserted:
                name = f"{old.name()} (kept)"
                record["kept"] = self._keep(name, changed, inserted)
            write_json(self._doc, _RECORD, record)
        old.remove()

    def keep_masks(self, masks: Mapping[str, Mask], colours: Mapping[str, str]) -> None:
        """Selection masks in a group of their own, inserted once.

        Masks of an earlier run go if nobody has touched them.
        """
        record = self._record()
        old = find_node(self._doc, str(record.get("masks", "")))
        written: dict[str, Any] = {}
        group = self._doc.createGroupLayer("Flawmap masks")
        group.setVisible(False)  # it shows nothing, and is not to count as a second layer
        for name, mask in reversed(list(masks.items())):
            node = self._doc.createSelectionMask(name)
            node.setSelection(selection_of(mask))
            node.setColorLabel(label_of(colours.get(name, "")))
            node.setVisible(False)
            group.addChildNode(node, None)
            written[key_of(node)] = {
                "name": name,
                "crc": zlib.crc32(mask.data),
                "box": mask.box.as_list(),
            }
        untouched = old is not None and _masks_as_written(old, record.get("written", {}))
        with keep_active(self._doc, self._later) as inserted:
            inserted += [group, *walk(group)]
            self._doc.rootNode().addChildNode(group, self._under())
            if old is not None and untouched:
                old.remove()
        record.update(masks=key_of(group), written=written)
        write_json(self._doc, _RECORD, record)

    def _under(self) -> Any | None:
        """The highest layer of the photo, below the overlay."""
        return top_of(self._doc, self.root())

    def _record(self) -> dict[str, Any]:
        return read_json(self._doc, _RECORD)

    def _built(self, group: Group, layers: dict[str, Any]) -> Any:
        """The group as nodes that hang nowhere yet; fills `layers` with what they are."""
        node = self._doc.createGroupLayer(group.name)
        node.setColorLabel(label_of(group.colour))
        node.setCollapsed(True)
        for child in reversed(group.children):
            if isinstance(child, Group):
                below = self._built(child, layers)
            else:
                below = self._tinted(child)
                layers[key_of(below)] = {
                    "name": child.name,
                    "crc": zlib.crc32(child.pixels),
                    "box": child.box.as_list(),
                    "data": dict(child.data),
                }
            node.addChildNode(below, None)
        layers[key_of(node)] = {"name": group.name}
        return node

    def _tinted(self, tint: Tint) -> Any:
        node = self._doc.createNode(tint.name, "paintlayer")
        # The palette's colours are sRGB, whatever the document is.
        node.setColorSpace("RGBA", "U8", SRGB_NAME)
        box = tint.box
        node.setPixelData(q_bytes(tint.pixels), box.x0, box.y0, box.width, box.height)
        node.setColorLabel(label_of(tint.colour))
        node.setLocked(True)
        return node

    def _changed(self, old: Any, record: Mapping[str, Any]) -> list[Any]:
        """Nodes of the old overlay that are not as they were made, the highest parent of each."""
        known = record.get("layers", {})
        changed = []
        for child in old.childNodes():
            was = known.get(key_of(child))
            if was is None or child.name() != was["name"]:
                changed.append(child)
            elif "box" not in was:
                changed += self._changed(child, record)
            elif _painted(child, was):
                changed.append(child)
        return changed

    def _keep(self, name: str, nodes: list[Any], inserted: list[Any]) -> str:
        """Copies of nodes, invisible, in the group for such; gives the group's key."""
        kept = self.kept()
        group = kept if kept is not None else self._doc.createGroupLayer(name)
        for node in nodes:
            copy = node.duplicate()
            copy.setName(node.name())
            inserted.append(copy)
            group.addChildNode(copy, None)
        if kept is None:
            group.setVisible(False)
            inserted.append(group)
            self._doc.rootNode().addChildNode(group, self._under())
        return key_of(group)


def _painted(node: Any, was: Mapping[str, Any]) -> bool:
    """Whether a layer's pixels differ from those that it was made with."""
    if node.type() != "paintlayer" or node.childNodes():
        return True
    box = Box.from_list(was["box"])
    bounds = node.bounds()
    inside = bounds.isEmpty() or (
        bounds.x() >= box.x0
        and bounds.y() >= box.y0
        and bounds.x() + bounds.width() <= box.x1
        and bounds.y() + bounds.height() <= box.y1
    )
    data = node.pixelData(box.x0, box.y0, box.width, box.height)
    return not inside or zlib.crc32(bytes_of(data)) != was["crc"]


def _masks_as_written(group: Any, written: Mapping[str, Any]) -> bool:
    for node in group.childNodes():
        was = written.get(key_of(node))
        if was is None or node.name() != was["name"] or node.type() != "selectionmask":
            return False
        box = Box.from_list(was["box"])
        data = node.selection().pixelData(box.x0, box.y0, box.width, box.height)
        if zlib.crc32(bytes_of(data)) != was["crc"]:
            return False
    return True
