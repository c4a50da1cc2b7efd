"""Canvas: which pixel of the picture the pointer is over."""

from __future__ import annotations

from typing import Any

from .qt import QtCore, QtGui, QtWidgets

__all__ = ["pixel_under_cursor", "pixel_under_middle"]

#: Class names of Krita's canvas widgets, with and without OpenGL.
_CANVASES = ("KisOpenGLCanvas2", "KisQPainterCanvas")


def pixel_under_cursor(view: Any) -> tuple[int, int] | None:
    """The pixel under the pointer, or None if that is not over this view's canvas."""
    position = QtGui.QCursor.pos()
    widget = QtWidgets.QApplication.widgetAt(position)
    if widget is None or widget.metaObject().className() not in _CANVASES:
        return None
    return _pixel(view, widget.mapFromGlobal(position))


def pixel_under_middle(view: Any, window: Any) -> tuple[int, int] | None:
    """The pixel in the middle of what can be seen of the picture; None without a canvas."""
    for widget in window.qwindow().findChildren(QtWidgets.QWidget):
        if widget.metaObject().className() in _CANVASES and widget.isVisible():
            return _pixel(view, widget.rect().center())
    return None


def _pixel(view: Any, point: Any) -> tuple[int, int] | None:
    if not hasattr(view, "flakeToCanvasTransform"):
        return None
    to_flake, fine = view.flakeToCanvasTransform().inverted()
    if not fine:
        return None
    # Pixels are half open: what lies at 3.9 is pixel 3.
    at = view.flakeToImageTransform().map(to_flake.map(_floating(point)))
    document = view.document()
    x, y = int(at.x() // 1), int(at.y() // 1)
    inside = 0 <= x < document.width() and 0 <= y < document.height()
    return (x, y) if inside else None


def _floating(point: Any) -> Any:
    return QtCore.QPointF(point.x() + 0.5, point.y() + 0.5)
