"""Photo view: a photo on the screen, square by square, and how the hand moves about in it."""

from __future__ import annotations

import math
from typing import Final

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from flawmap_api.geometry import Box

from ..model.geometry import Sight
from ..model.tiles import TILE, Tile
from .tile_store import Ask, TileStore

__all__ = ["PhotoView", "box_rect"]

_STEP: Final = 1.25
_BY_KEYS: Final = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)
_GROUND: Final = QColor(30, 30, 32)


class PhotoView(QWidget):
    """A photo that can be zoomed and panned.

    Wheel zooms at the pointer, with Shift pans; space or the middle button drags; a double click
    goes between the whole photo and 1:1.

    Parameters
    ----------
    ask : callable(box, scale, then)
        Gets a part of the photo from the engine.

    Signals
    -------
    peeked(x, y)
        The pointer is over that pixel of the photo; (-1, -1) when it left.
    zoomed(scale)
        Widget pixels per photo pixel.
    looked(sight)
        The person moved or zoomed.
    """

    peeked = Signal(int, int)
    zoomed = Signal(float)
    looked = Signal(object)

    def __init__(self, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 120)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Photo"))
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.tiles = TileStore(ask, self)
        self.tiles.arrived.connect(self.update)
        self.sight = Sight((1, 1), (1, 1), 1.0, (0.5, 0.5))
        self.resting_cursor: Qt.CursorShape = Qt.CursorShape.ArrowCursor
        self._panning: QPoint | None = None
        self._space = False
        self._shows_focus = False

    def show_photo(self, width: int, height: int) -> None:
        """Show a photo of that size from its squares; the same size keeps its place."""
        self.tiles.reset(width, height)
        if (width, height) != self.sight.photo:
            self.look(Sight.fitting((width, height), (self.width(), self.height())))
        # Also where the photo is as large as what was there: somebody shows the number.
        self.zoomed.emit(self.sight.scale)
        self.update()

    def show_nothing(self) -> None:
        """Show no photo."""
        self.tiles.reset(1, 1)
        self.sight = Sight((1, 1), (self.width(), self.height()), 1.0, (0.5, 0.5))
        self.update()

    # ------------------------------------------------------------------ where one looks

    @property
    def sees_all(self) -> bool:
        """Whether the whole photo is in sight."""
        return math.isclose(self.sight.scale, self.sight.fit_scale)

    def look(self, sight: Sight) -> None:
        """Show that part."""
        if sight != self.sight:
            before, self.sight = self.sight, sight
            if sight.scale != before.scale:
                self.zoomed.emit(sight.scale)
            self.looked.emit(sight)
            self.update()

    def fit(self) -> None:
        """Show the whole photo."""
        self.look(Sight.fitting(self.sight.photo, (self.width(), self.height())))

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Zoom at a point of the widget (its middle)."""
        x, y = (at.x(), at.y()) if at is not None else (self.width() / 2, self.height() / 2)
        self.look(self.sight.zoomed(factor, x, y))

    def one_to_one(self, at: QPointF | None = None) -> None:
        """One photo pixel on one pixel of the screen."""
        self.zoom(1 / self.devicePixelRatioF() / self.sight.scale, at)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the place, or the whole photo, in sight."""
        super().resizeEvent(event)
        self.look(self.sight.resized((self.width(), self.height())))

    # ------------------------------------------------------------------ the hand

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the pointer; with Shift held pan sideways."""
        steps = event.angleDelta().y() / 120
        pan = event.pixelDelta()
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.look(self.sight.moved(event.angleDelta().y() / 2, 0))
        elif not pan.isNull() and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.look(self.sight.moved(pan.x(), pan.y()))
        else:
            self.zoom(_STEP**steps, event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to pan: with space held or the middle button, or with any where nothing else is."""
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        if self.pans(event):
            self._panning = event.position().toPoint()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def pans(self, event: QMouseEvent) -> bool:
        """Whether this press moves the photo."""
        return self._space or event.button() == Qt.MouseButton.MiddleButton

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Pan, or tell what lies under the pointer."""
        if self._panning is not None:
            here = event.position().toPoint()
            self.look(self.sight.moved(here.x() - self._panning.x(), here.y() - self._panning.y()))
            self._panning = here
            return
        pixel = self.sight.pixel_at(event.position().x(), event.position().y())
        self.peeked.emit(*(pixel or (-1, -1)))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: ARG002
        """End panning."""
        self._panning = None
        self.setCursor(self.resting_cursor)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Between the whole photo and 1:1 at the pointer."""
        if self.sees_all:
            self.one_to_one(event.position())
        else:
            self.fit()

    def leaveEvent(self, event: object) -> None:  # noqa: ARG002
        """Nothing is under the pointer any more."""
        self.peeked.emit(-1, -1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space pans with the mouse, arrows pan alone."""
        steps = {
            Qt.Key.Key_Left: (64, 0),
            Qt.Key.Key_Right: (-64, 0),
            Qt.Key.Key_Up: (0, 64),
            Qt.Key.Key_Down: (0, -64),
        }
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Space:
            self._space = True
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        elif key in steps:
            self.look(self.sight.moved(*steps[key]))
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Who comes by keys sees where they are; who clicked knows."""
        self._shows_focus = event.reason() in _BY_KEYS
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The focus is elsewhere."""
        self._shows_focus = False
        super().focusOutEvent(event)
        self.update()

    def paint_focus(self, painter: QPainter) -> None:
        """Draw a frame where the keys go, if they do."""
        if self._shows_focus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self.palette().highlight().color(), 3))
            painter.drawRect(self.rect().adjusted(1, 1, -2, -2))

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Space was let go."""
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = False
            self.setCursor(self.resting_cursor)
        else:
            super().keyReleaseEvent(event)

    # ------------------------------------------------------------------ drawing

    def sizeHint(self) -> QSize:
        """As large as may be."""
        return QSize(900, 650)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        """Draw the photo."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), _GROUND)
        if self.has_photo:
            self.paint_photo(painter)
        self.paint_focus(painter)

    @property
    def has_photo(self) -> bool:
        """Whether a photo is shown."""
        return self.sight.photo != (1, 1)

    def to_widget(self, painter: QPainter) -> None:
        """Have a painter draw in photo pixels."""
        x, y = self.sight.to_widget(0, 0)
        painter.translate(x, y)
        painter.scale(self.sight.scale, self.sight.scale)

    def paint_photo(self, painter: QPainter) -> None:
        """Draw what is in sight, as sharp as it is there, and want what is not."""
        visible = self.sight.visible()
        if visible is None:
            return
        pyramid, ratio = self.tiles.pyramid, self.devicePixelRatioF()
        level = pyramid.level_for(self.sight.scale * ratio)
        wanted = list(pyramid.covering(visible, level))
        top = Tile(pyramid.levels - 1, 0, 0)
        # The coarsest one first: it stands in for everything.
        self.tiles.want([top, *wanted] if self.tiles.get(top) is None else wanted)
        painter.save()
        self.to_widget(painter)
        painter.setRenderHint(
            QPainter.RenderHint.SmoothPixmapTransform, self.sight.scale * ratio < 4
        )
        for tile in wanted:
            self._paint_tile(painter, tile)
        painter.restore()

    def _paint_tile(self, painter: QPainter, tile: Tile) -> None:
        box = self.tiles.pyramid.box(tile)
        for source in (tile, *self.tiles.pyramid.coarser(tile)):
            image = self.tiles.get(source)
            if image is None:
                continue
            whole = self.tiles.pyramid.box(source)
            sx, sy = image.width() / whole.width, image.height() / whole.height
            part = QRectF(
                (box.x0 - whole.x0) * sx,
                (box.y0 - whole.y0) * sy,
                box.width * sx,
                box.height * sy,
            )
            painter.drawImage(box_rect(box), image, part)
            return

    def colour_at(self, x: int, y: int) -> tuple[int, int, int] | None:
        """Red, green and blue of a photo pixel, if its square is there at full size."""
        image = self.tiles.get(Tile(0, x // TILE, y // TILE))
        if image is None:
            return None
        colour = image.pixelColor(x % TILE, y % TILE)
        return colour.red(), colour.green(), colour.blue()


def box_rect(box: Box) -> QRectF:
    """A box as Qt's rectangle."""
    return QRectF(box.x0, box.y0, box.width, box.height)
