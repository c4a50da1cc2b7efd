"""What the tests' scripts use inside Krita; lies where Krita's Python finds it.

Functions that take time are generators: `found = yield from find()`.
"""

from __future__ import annotations

import hashlib
import json
import struct

from krita import Krita, Selection

try:
    from PyQt6 import QtCore, QtGui, QtWidgets
except ImportError:
    from PyQt5 import QtCore, QtGui, QtWidgets

__all__ = [
    "QtCore",
    "QtGui",
    "QtWidgets",
    "Selection",
    "app",
    "closed",
    "desk",
    "digest",
    "done",
    "find",
    "history",
    "krita",
    "made",
    "opened",
    "pixels",
    "reopened",
    "rows",
    "said",
    "seen",
    "tints",
    "tree",
    "undo",
    "values",
]

SRGB = "sRGB-elle-V2-srgbtrc.icc"
krita = Krita.instance()
krita.setBatchmode(True)


def app():
    """The plug-in's own object, with the docker shown."""
    from flawmap_krita import plugin

    return plugin.app()


def desk():
    return app().desk


def done():
    """True once nothing is under way."""
    return not desk().busy


def opened(path):
    """A photo's document, shown and noticed by the plug-in."""
    doc = krita.openDocument(str(path))
    return (yield from _shown(doc))


def made(model, depth, profile, width, height, bgra, x=0, y=0, size=None):
    """A document of that kind whose only layer lies at x, y and was converted from 8-bit sRGB."""
    doc = krita.createDocument(*(size or (width, height)), "made", model, depth, profile, 300.0)
    node = doc.createNode("photo", "paintlayer")
    node.setColorSpace("RGBA", "U8", SRGB)
    node.setPixelData(QtCore.QByteArray(bgra), x, y, width, height)
    node.setColorSpace(doc.colorModel(), doc.colorDepth(), doc.colorProfile())
    for old in doc.topLevelNodes():
        old.remove()
    doc.rootNode().addChildNode(node, None)
    doc.refreshProjection()
    return (yield from _shown(doc))


def _shown(doc):
    krita.activeWindow().addView(doc)
    root = doc.rootNode().uniqueId().toString()

    def front():
        now = krita.activeDocument()
        return now is not None and now.rootNode().uniqueId().toString() == root

    yield front
    doc.waitForDone()
    yield 0.1
    # As if nobody had touched it: what is measured begins here.
    doc.setModified(False)
    desk().look_around()
    return doc


def reopened(doc, path):
    """Save a document there, close it, and open it again."""
    doc.setBatchmode(True)
    if not doc.saveAs(str(path)):
        raise OSError(f"Krita did not save {path}")
    doc.waitForDone()
    yield 0.5
    yield from closed(doc)
    return (yield from opened(path))


def closed(doc):
    """Close a document without a question.

    Krita's layer docker looks at changed layers a little later, and falls over them if their
    document was closed by a script meanwhile.
    """
    yield 0.5
    doc.waitForDone()
    doc.setModified(False)
    doc.close()
    yield 0.2
    desk().look_around()


def find(whole=True):
    """Look for flaws; gives the desk's rows."""
    desk().find(whole)
    yield done
    krita.activeDocument().waitForDone()
    yield 0.3  # Krita makes the inserted group the active layer a little later
    return rows()


def rows():
    return desk().state.rows


def said():
    """The desk's message."""
    message = desk().state.message
    return None if message is None else {"kind": message.kind, "text": message.text}


def seen(doc):
    """Bytes of all that can be seen."""
    doc.waitForDone()
    return bytes(doc.pixelData(0, 0, doc.width(), doc.height()))


def digest(doc):
    return hashlib.sha256(seen(doc)).hexdigest()


def pixels(node):
    """A node's own bytes over the whole canvas."""
    doc = krita.activeDocument()
    return bytes(node.pixelData(0, 0, doc.width(), doc.height()))


def values(data, depth):
    """Bytes of pixels as numbers, 0..1 for whole numbers."""
    letter, most = {"U8": ("B", 255), "U16": ("H", 65535), "F16": ("e", 1), "F32": ("f", 1)}[depth]
    count = len(data) // struct.calcsize(letter)
    return [value / most for value in struct.unpack(f"<{count}{letter}", data)]


def tree(doc):
    """Names of the root's nodes, the lowest first."""
    return [node.name() for node in doc.topLevelNodes() if node.type() != "selectionmask"]


def tints(doc):
    """The overlay's layers by region: what the plug-in wrote down, and the layer."""
    record = json.loads(bytes(doc.annotation("flawmap/overlay")).decode())
    layers = {}
    for known in record["roots"].values():
        for key, was in known.items():
            node = doc.nodeByUniqueID(QtCore.QUuid(key))
            if node is not None and "box" in was:
                layers[was["data"]["region"]] = was, node
    return layers


def history():
    """The document's undo history, as its docker lists it."""
    docker = next(d for d in krita.dockers() if d.objectName() == "History")
    model = docker.findChild(QtWidgets.QAbstractItemView).model()
    return [str(model.data(model.index(at, 0))) for at in range(1, model.rowCount())]


def undo(doc):
    """One step back, through Krita's own action."""
    krita.action("edit_undo").trigger()
    yield 0.2
    doc.waitForDone()
    yield 0.2
    desk().look_around()
