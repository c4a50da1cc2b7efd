"""Nodes: small things that everybody who touches Krita's layers needs.

Krita's rules behind them: nodes that are built while they hang nowhere (by `fill`) and inserted
once make one undo step; visibility, locks, opacity and annotations make none. What hangs in a group
of several that blends them itself, and what becomes visible or invisible, is drawn only when the
whole projection is refreshed. The node that was inserted becomes the active one, a little later.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from typing import Any

from flawmap_api.geometry import Box

from .qt import QtCore, bytes_of, q_bytes

__all__ = [
    "fill",
    "find_node",
    "keep_active",
    "key_of",
    "only_layer",
    "read_json",
    "read_without",
    "top_of",
    "walk",
    "write_json",
]

#: How long after an insertion Krita makes the new node the active one, in milliseconds, at most.
_SETTLING = (0, 50, 200, 500, 1000)


def key_of(node: Any) -> str:
    """The node's own id, which lives on in a saved file."""
    return str(node.uniqueId().toString())


def find_node(doc: Any, key: str) -> Any | None:
    """The node of that id, or None if it is not in the document (any more)."""
    return doc.nodeByUniqueID(QtCore.QUuid(key)) if key else None


def fill(parent: Any, children: list[Any]) -> None:
    """Give a node that hangs nowhere yet its children, the lowest first.

    `addChildNode` would put a step for each of them into the undo history, even there.
    """
    parent.setChildNodes(children)


def walk(node: Any) -> Iterator[Any]:
    """All nodes below, parents first, from the lowest layer up."""
    for child in node.childNodes():
        yield child
        yield from walk(child)


def top_of(doc: Any, below: Any | None) -> Any | None:
    """The root's highest layer under the node `below` (or of all), to put something above it."""
    found = None
    for child in doc.rootNode().childNodes():
        if below is not None and child.uniqueId() == below.uniqueId():
            break
        if child.type() != "selectionmask":
            found = child
    return found


def read_without(doc: Any, nodes: list[Any], box: Box) -> Any:
    """What would be seen in a box without these nodes, as a `QByteArray`.

    It is composed in a copy of the document, which shares all pixels: the document itself does not
    notice, and nothing flickers. Hiding and showing the nodes themselves would leave no trace
    either, but compose the whole canvas twice.
    """
    copy = doc.clone()
    try:
        for node in nodes:
            same = copy.nodeByUniqueID(node.uniqueId())
            if same is not None:
                same.setVisible(False)
        whole = (box.width, box.height) == (copy.width(), copy.height())
        if not whole:
            # Only what lies on the canvas is composed.
            copy.resizeImage(box.x0, box.y0, box.width, box.height)
        copy.refreshProjection()
        copy.waitForDone()
        return copy.pixelData(0, 0, box.width, box.height)
    finally:
        copy.setModified(False)
        copy.close()


@contextlib.contextmanager
def keep_active(doc: Any, later: Callable[[float, Callable[[], None]], Any]) -> Iterator[list[Any]]:
    """Restore the active node after nodes were inserted; put those into the list that is given."""
    before = doc.activeNode()
    inserted: list[Any] = []
    yield inserted

    def restore() -> None:
        now = doc.activeNode()
        # If the person has chosen another one meanwhile, that is right.
        fresh = now is None or any(now.uniqueId() == node.uniqueId() for node in inserted)
        if fresh and before is not None and before.parentNode() is not None:
            doc.setActiveNode(before)

    if inserted and before is not None:
        doc.setActiveNode(before)
        for milliseconds in _SETTLING:
            later(milliseconds / 1000, restore)


def only_layer(doc: Any, without: list[Any]) -> Any | None:
    """The layer that is all there is to be seen without these nodes, if it is a plain one.

    Krita shows such a layer's own numbers where it is the only one of the document; as soon as
    there is a second, even a hidden one, it blends, and half transparent pixels round to others.
    Read from the layer, they are the same before and after an overlay was made.
    """
    ours = {key_of(node) for node in without}
    shown = [
        node
        for node in doc.rootNode().childNodes()
        if node.visible() and node.type() != "selectionmask" and key_of(node) not in ours
    ]
    if len(shown) != 1:
        return None
    node = shown[0]
    plain = (
        node.type() == "paintlayer"
        and node.blendingMode() == "normal"
        and node.opacity() == 255
        and not node.inheritAlpha()
        and not node.layerStyleToAsl()
        and node.colorModel() == doc.colorModel()
        and node.colorDepth() == doc.colorDepth()
        and node.colorProfile() == doc.colorProfile()
    )
    return node if plain else None


def read_json(doc: Any, name: str) -> dict[str, Any]:
    """What an annotation holds; empty if there is none or it is damaged."""
    if name not in doc.annotationTypes():
        return {}
    try:
        said = json.loads(bytes(bytes_of(doc.annotation(name))).decode("utf-8"))
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def write_json(doc: Any, name: str, value: dict[str, Any]) -> None:
    """Put an annotation; that alone does not make the document one that has to be saved."""
    was = doc.modified()
    doc.setAnnotation(name, "Flawmap", q_bytes(json.dumps(value).encode()))
    doc.setModified(was)
