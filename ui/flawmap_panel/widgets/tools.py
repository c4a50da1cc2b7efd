"""Tools: what a drag on the canvas means. A new tool is one class and one line in the table."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from ..model.geometry import Sight
from ..model.selection import Stroke

if TYPE_CHECKING:
    from .canvas import Canvas

__all__ = ["TOOLS", "BoxTool", "BrushTool", "LassoTool", "PickTool", "Tool"]

Point = tuple[float, float]
#: A press that moves less than so many widget pixels is a click.
_CLICK: Final = 4.0


class Tool:
    """What all tools share: a path of photo points from press to release.

    `modifiers` at the press decide: Alt takes away, Shift adds, none begins anew.
    """

    cursor: Qt.CursorShape = Qt.CursorShape.CrossCursor
    kind = ""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas
        self.path: list[Point] = []
        self.add = True
        self.anew = True

    @property
    def drawing(self) -> bool:
        """Whether a stroke is being drawn."""
        return bool(self.path)

    def press(self, point: Point, modifiers: Qt.KeyboardModifier) -> None:
        """The button went down."""
        self.path = [point]
        self.add = not modifiers & Qt.KeyboardModifier.AltModifier
        refine = Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ShiftModifier
        self.anew = not modifiers & refine

    def move(self, point: Point) -> None:
        """The pointer moved with the button down."""
        if self.path:
            self.path.append(point)

    def release(self, point: Point) -> None:
        """The button went up."""
        if not self.path:
            return
        self.move(point)
        if self._is_click():
            self.canvas.workspace.roi.clear()
        else:
            self._draw()
        self.path = []

    def drop(self) -> bool:
        """Forget the stroke that is being drawn; False if there is none."""
        was, self.path = bool(self.path), []
        return was

    def paint(self, painter: QPainter, sight: Sight) -> None:
        """Draw the stroke that is being drawn, in the widget's pixels."""
        if len(self.path) > 1:
            points = [QPointF(*sight.to_widget(*point)) for point in self._outline()]
            for colour, width in ((QColor(0, 0, 0), 3), (QColor(255, 255, 255), 1)):
                painter.setPen(QPen(colour, width))
                painter.drawPolyline(QPolygonF(points))

    def _outline(self) -> list[Point]:
        return self.path

    def _is_click(self) -> bool:
        x, y = self.path[0]
        reach = max(max(abs(px - x), abs(py - y)) for px, py in self.path)
        return reach * self.canvas.sight.scale < _CLICK

    def _draw(self) -> None:
        roi = self.canvas.workspace.roi
        stroke = Stroke(self.kind, self._points(), self.add, self._radius())
        if self.anew and roi.strokes:
            roi.begin_with(stroke)
        else:
            roi.draw(stroke)

    def _points(self) -> tuple[Point, ...]:
        return tuple(self.path)

    def _radius(self) -> float:
        return 0.0


class PickTool(Tool):
    """A click selects the finding under it, or scores the place."""

    cursor = Qt.CursorShape.ArrowCursor

    def release(self, point: Point) -> None:
        """A click picks; a drag does nothing."""
        if self.path and self._is_click():
            pixel = int(point[0] // 1), int(point[1] // 1)
            width, height = self.canvas.sight.photo
            if 0 <= pixel[0] < width and 0 <= pixel[1] < height:
                self.canvas.workspace.pick(*pixel)
        self.path = []

    def paint(self, painter: QPainter, sight: Sight) -> None:
        """Nothing is drawn."""


class BoxTool(Tool):
    """A drag from corner to corner."""

    kind = "box"

    def _points(self) -> tuple[Point, ...]:
        return self.path[0], self.path[-1]

    def _outline(self) -> list[Point]:
        (xa, ya), (xb, yb) = self.path[0], self.path[-1]
        return [(xa, ya), (xb, ya), (xb, yb), (xa, yb), (xa, ya)]


class LassoTool(Tool):
    """A drag around."""

    kind = "lasso"

    def _outline(self) -> list[Point]:
        return [*self.path, self.path[0]]


class BrushTool(Tool):
    """A drag over; strokes join until one begins anew with the box or lasso."""

    kind = "brush"
    #: Widget pixels, so that the brush is as large as it looks.
    size = 24.0

    def press(self, point: Point, modifiers: Qt.KeyboardModifier) -> None:
        """A brush always refines."""
        super().press(point, modifiers)
        self.anew = False

    def _is_click(self) -> bool:
        # A dab is a stroke, too.
        return False

    def _radius(self) -> float:
        return self.size / 2 / self.canvas.sight.scale

    def paint(self, painter: QPainter, sight: Sight) -> None:
        """Draw the stroke as broad as it is."""
        colour = QColor(255, 255, 255, 120) if self.add else QColor(0, 0, 0, 120)
        pen = QPen(colour, self.size)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        painter.drawPolyline(QPolygonF([QPointF(*sight.to_widget(*p)) for p in self.path]))


#: Tools by name, in the order of the tool bar.
TOOLS: Final[dict[str, Callable[[Canvas], Tool]]] = {
    "pick": PickTool,
    "box": BoxTool,
    "lasso": LassoTool,
    "brush": BrushTool,
}
