"""Overlay: the group of tinted layers, what of it a person has changed, and the kept masks.

The document's annotation `flawmap/overlay` tells which nodes are ours and how they were when they
were made; Krita's layers have no metadata of their own.
"""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from flawmap_api.geometry import Box
from flawmap_plugin.host import Group, Mask, OverlayState, Tint

from .labels import label_of
from .nodes import (
    fill,
    find_node,
    keep_active,
    key_of,
    read_json,
    top_of,
    walk,
    write_json,
)
from .qt import bytes_of, q_bytes
from .selecting import selection_of
from .spaces import SRGB_NAME

__all__ = ["Overlay"]

_RECORD = "flawmap/overlay"
#: Overlays that are still known after newer ones took their place.
_REMEMBERED = 4


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
        self._stale = False

    def root(self) -> Any | None:
        """The group's node, or None if there is no overlay."""
        return next(reversed(self._roots()), None)

    def _roots(self) -> list[Any]:
        """All our groups, the highest last; after an undo there can be an older one, or two."""
        known = self._record().get("roots", {})
        return [node for node in self._doc.rootNode().childNodes() if key_of(node) in known]

    def kept(self) -> Any | None:
        """The group with what people changed of earlier overlays, or None."""
        return find_node(self._doc, str(self._record().get("kept", "")))

    def nodes(self) -> list[Any]:
        """What has to be hidden, so that only the photo is seen."""
        kept = self.kept()
        return self._roots() if kept is None else [*self._roots(), kept]

    def state(self) -> OverlayState:
        """Whether it is there, and whether any of it can be seen."""
        roots = self._roots()
        kept = self.kept()
        seen = [*roots, kept] if kept is not None else roots
        return OverlayState(bool(roots), any(node.visible() for node in seen))

    def show(self, group: Group) -> None:
        """Insert the group, and take away the old one but for what a person has changed."""
        record = self._record()
        layers: dict[str, Any] = {}
        new = self._built(group, layers)
        olds = self._roots()
        changed = self._changed(olds, record)
        with keep_active(self._doc, self._later) as inserted, _unseen(olds):
            if changed:
                record["kept"] = self._keep(f"{group.name} (kept)", changed, inserted)
            inserted += [new, *walk(new)]
            self._doc.rootNode().addChildNode(new, top_of(self._doc, None))
            for old in olds:
                old.remove()
        roots = {**record.get("roots", {}), key_of(new): layers}
        # An undo can bring back those before, but nobody goes back for ever.
        record["roots"] = dict(list(roots.items())[-_REMEMBERED:])
        write_json(self._doc, _RECORD, record)

    def set_visible(self, visible: bool, regions: frozenset[str] | None) -> None:
        """Show or hide all of it, or the layers of those regions."""
        nodes = self._roots()[-1:] if visible else self.nodes()
        if regions is not None:
            layers = self._layers().items()
            keys = [key for key, was in layers if was.get("data", {}).get("region") in regions]
            nodes = [node for key in keys if (node := find_node(self._doc, key)) is not None]
        for node in nodes:
            if node.visible() != visible:
                node.setVisible(visible)
                self._refresh_soon()

    def set_opacity(self, opacity: float) -> None:
        """Opacity of the whole group, 0..1; no undo step."""
        root = self.root()
        value = round(255 * max(0.0, min(1.0, opacity)))
        # The group passes its layers through, so it has no opacity of its own.
        for node in walk(root) if root is not None else ():
            if node.type() == "paintlayer" and node.opacity() != value:
                node.setOpacity(value)
                self._refresh_soon()

    def refresh(self) -> None:
        """Draw what has changed; whoever reads the document has to call it first."""
        if self._stale and self._doc.rootNode() is not None:
            self._stale = False
            self._doc.refreshProjection()
            # A document that is closed with updates under way takes Krita down with it.
            self._doc.waitForDone()

    def _refresh_soon(self) -> None:
        """Several changes are drawn together, once the main loop is reached."""
        if not self._stale:
            self._stale = True
            self._later(0.0, self.refresh)

    def remove(self) -> None:
        """Take the group away, in one undo step; what a person changed is kept in another."""
        record, olds = self._record(), self._roots()
        if not olds:
            return
        changed = self._changed(olds, record)
        if changed:
            with keep_active(self._doc, self._later) as inserted:
                name = f"{olds[-1].name()} (kept)"
                record["kept"] = self._keep(name, changed, inserted)
            write_json(self._doc, _RECORD, record)
        with _unseen(olds):
            for old in olds:
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
        nodes = []
        for name, mask in reversed(list(masks.items())):
            node = self._doc.createSelectionMask(name)
            node.setSelection(selection_of(mask))
            node.setColorLabel(label_of(colours.get(name, "")))
            node.setVisible(False)
            nodes.append(node)
            written[key_of(node)] = {
                "name": name,
                "crc": zlib.crc32(mask.data),
                "box": mask.box.as_list(),
            }
        fill(group, nodes)
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

    def _layers(self) -> dict[str, Any]:
        """What is known of the nodes of all our groups."""
        roots = self._record().get("roots", {})
        return {key: was for layers in roots.values() for key, was in layers.items()}

    def _built(self, group: Group, layers: dict[str, Any]) -> Any:
        """The group as nodes that hang nowhere yet; fills `layers` with what they are."""
        node = self._doc.createGroupLayer(group.name)
        node.setColorLabel(label_of(group.colour))
        node.setCollapsed(True)
        # Passing through, its layers are drawn as it is inserted; a group that blends them itself
        # would only be drawn by a refresh of the whole canvas, and take the memory of one, too.
        node.setPassThroughMode(True)
        children = []
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
            children.append(below)
        fill(node, children)
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

    def _changed(self, parents: list[Any], record: Mapping[str, Any]) -> list[Any]:
        """Nodes below that are not as they were made, the highest parent of each."""
        known = {k: was for layers in record.get("roots", {}).values() for k, was in layers.items()}
        changed = []
        for child in (child for parent in parents for child in parent.childNodes()):
            was = known.get(key_of(child))
            if was is None or child.name() != was["name"]:
                changed.append(child)
            elif "box" not in was:
                changed += self._changed([child], record)
            elif _painted(child, was):
                changed.append(child)
        return changed

    def _keep(self, name: str, nodes: list[Any], inserted: list[Any]) -> str:
        """Copies of nodes, invisible, in the group for such; gives the group's key."""
        copies = []
        for node in nodes:
            copy = node.duplicate()
            copy.setName(node.name())
            copies.append(copy)
        inserted += copies
        group = self.kept()
        if group is not None:
            for copy in copies:
                group.addChildNode(copy, None)
        else:
            group = self._doc.createGroupLayer(name)
            group.setVisible(False)
            fill(group, copies)
            inserted.append(group)
            self._doc.rootNode().addChildNode(group, self._under())
        return key_of(group)


@contextlib.contextmanager
def _unseen(nodes: list[Any]) -> Iterator[None]:
    """Hide nodes while they are removed, which costs less; an undo brings them back seen."""
    seen = [node for node in nodes if node.visible()]
    for node in seen:
        node.setVisible(False)
    try:
        yield
    finally:
        for node in seen:
            node.setVisible(True)


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
