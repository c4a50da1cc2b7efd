"""Canvas: the photo, its flaws over it, and the hand on it.

Draws squares of the photo as they arrive, the tint of the planes over them, outlines of regions and
the marked part. What the hand does is told to the tool that is chosen; panning and zooming work
with every tool.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from flawmap_api.geometry import Box
from flawmap_api.palette import COLOURS
from flawmap_api.report import Region

from ..model.geometry import Sight
from ..model.tiles import TILE, Tile
from ..model.tint import Sampled, outlines, sample, tint
from ..model.workspace import Workspace
from .tile_store import TileStore
from .tools import TOOLS, Tool
from .wording import name_of

__all__ = ["Canvas"]

# The tint of the whole photo is drawn at most so large; more is drawn anew for what is in sight.
_TINT_SIDE: Final = 1536
_STEP: Final = 1.25
_SETTLE_MS: Final = 120


class Canvas(QWidget):
    """The photo and what is drawn over it.

    Signals
    -------
    peeked(x, y)
        The pointer is over that pixel of the photo; (-1, -1) when it left.
    zoomed(scale)
        Widget pixels per photo pixel.
    """

    peeked = Signal(int, int)
    zoomed = Signal(float)

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(320, 240)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Photo"))
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.workspace = workspace
        self.tiles = TileStore(workspace, self)
        self.tiles.arrived.connect(self.update)
        self.sight = Sight((1, 1), (1, 1), 1.0, (0.5, 0.5))
        self.tool: Tool = TOOLS["pick"](self)
        self.hovered: str | None = None
        self.divider = 0.5
        self._panning: QPoint | None = None
        self._space = False
        self._sampled: Sampled | None = None
        self._sampled_from: object = None
        self._tint: QImage | None = None
        self._detail: tuple[Box, QImage] | None = None
        self._repaired: tuple[Box, QImage] | None = None
        self._outlines: dict[str, QPainterPath] = {}
        self._settled = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._settled.timeout.connect(self._draw_detail)
        workspace.watch(lambda _: self._on_opened(), "opened")
        workspace.watch(lambda _: self._on_findings(), "findings")
        workspace.view.watch(lambda _: self._redraw_tint(), "look")
        workspace.roi.watch(lambda _: self.update(), "strokes")
        workspace.repair.watch(lambda _: self._on_repair(), "repair")
        workspace.photos.watch(lambda _: self._on_current(), "current")

    # ------------------------------------------------------------------ what is shown

    def _on_current(self) -> None:
        self._sampled = self._tint = self._detail = None
        self._outlines.clear()
        self.tiles.reset(1, 1)
        self.update()

    def _on_opened(self) -> None:
        photo = self.workspace.photos.current
        if photo is None or photo.opened is None:
            return
        size = photo.opened.width, photo.opened.height
        same = size == self.sight.photo and self._sampled is not None
        self.tiles.reset(*size)
        if not same:
            self.fit()
        self._sampled = None
        self._on_findings()

    def _on_findings(self) -> None:
        planes = self.workspace.planes
        if planes is None:
            self._sampled = None
        elif self._sampled is None or self._sampled_from is not planes:
            width, height = self.sight.photo
            shrink = min(1.0, _TINT_SIDE / max(width, height))
            size = max(1, round(width * shrink)), max(1, round(height * shrink))
            whole = Box(0, 0, width, height)
            self._sampled = sample(planes.severity, planes.unknown, (width, height), whole, size)
            self._sampled_from = planes
        self._redraw_tint()

    def _on_repair(self) -> None:
        desk = self.workspace.repair
        self._repaired = None
        if desk.preview is not None and desk.shown:
            pixels = np.ascontiguousarray(desk.preview.pixels)
            height, width = pixels.shape[:2]
            image = QImage(
                pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888
            ).copy()
            self._repaired = desk.preview.plan.box, image
        self.update()

    def thresholds(self) -> dict[str, int]:
        """The report's thresholds as levels of the 8-bit planes."""
        report = self.workspace.report
        if report is None:
            return {}
        return {name: round(255 * d.threshold) for name, d in report.distortions.items()}

    def _redraw_tint(self) -> None:
        self._tint = self._detail = None
        self._outlines.clear()
        if self._sampled is not None and self.workspace.report is not None:
            self._tint = self._tinted(self._sampled)
            self._trace(self._sampled)
        self._settled.start()
        self.update()

    def _tinted(self, sampled: Sampled) -> QImage:
        settings = self.workspace.view.settings
        return _premultiplied(
            tint(
                sampled,
                self.thresholds(),
                hidden=settings.hidden,
                opacity=settings.opacity,
                style=settings.style,
            )
        )

    def _trace(self, sampled: Sampled) -> None:
        """Outlines of the listed regions: each piece goes to the region whose box fits it best."""
        rows = self.workspace.listing.rows
        thresholds = self.thresholds()
        for name in {row.distortion for row in rows} & thresholds.keys():
            regions = [row for row in rows if row.distortion == name]
            for line in outlines(sampled, name, thresholds[name]):
                region = _owner(line, regions)
                if region is not None:
                    path = self._outlines.setdefault(region.id, QPainterPath())
                    path.addPolygon(QPolygonF([QPointF(x, y) for x, y in line]))
                    path.closeSubpath()

    def _draw_detail(self) -> None:
        """Draw the tint of what is in sight at the screen's own size, once the hand rests."""
        planes, box = self.workspace.planes, self.sight.visible()
        if planes is None or box is None or self.workspace.report is None:
            return
        ratio = self.devicePixelRatioF() * self.sight.scale
        if self._tint is None or ratio * max(self.sight.photo) <= 1.2 * _TINT_SIDE:
            return
        size = max(1, round(box.width * ratio)), max(1, round(box.height * ratio))
        sampled = sample(planes.severity, planes.unknown, self.sight.photo, box, size)
        self._detail = box, self._tinted(sampled)
        self.update()

    # ------------------------------------------------------------------ where one looks

    def look(self, sight: Sight) -> None:
        """Show that part."""
        if sight != self.sight:
            before, self.sight = self.sight, sight
            self._settled.start()
            if sight.scale != before.scale:
                self.zoomed.emit(sight.scale)
            self.update()

    def fit(self) -> None:
        """Show the whole photo."""
        photo = self.workspace.photos.current
        if photo is not None and photo.opened is not None:
            size = photo.opened.width, photo.opened.height
            self.look(Sight.fitting(size, (self.width(), self.height())))

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Zoom at a point of the widget (its middle)."""
        x, y = (at.x(), at.y()) if at is not None else (self.width() / 2, self.height() / 2)
        self.look(self.sight.zoomed(factor, x, y))

    def one_to_one(self, at: QPointF | None = None) -> None:
        """One photo pixel on one pixel of the screen."""
        self.zoom(1 / self.devicePixelRatioF() / self.sight.scale, at)

    def colour_at(self, x: int, y: int) -> tuple[int, int, int] | None:
        """Red, green and blue of a photo pixel, if its square is there at full size."""
        tile = Tile(0, x // TILE, y // TILE)
        image = self.tiles.get(tile)
        if image is None:
            return None
        colour = image.pixelColor(x % TILE, y % TILE)
        return colour.red(), colour.green(), colour.blue()

    def show_region(self, region: Region) -> None:
        """Bring a region into sight if it is out of it or tiny."""
        visible, box = self.sight.visible(), region.box
        small = max(box.width, box.height) * self.sight.scale < 48
        inside = visible is not None and (
            visible.x0 <= box.x0 < box.x1 <= visible.x1
            and visible.y0 <= box.y0 < box.y1 <= visible.y1
        )
        if small or not inside:
            self.look(self.sight.showing(box))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Keep the place, or the whole photo, in sight."""
        super().resizeEvent(event)
        self.look(self.sight.resized((self.width(), self.height())))

    # ------------------------------------------------------------------ the hand

    def use(self, name: str) -> None:
        """Choose a tool: pick, box, lasso or brush."""
        self.tool = TOOLS[name](self)
        self.setCursor(self.tool.cursor)
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
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

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Begin to pan (space held, or middle button), or let the tool begin."""
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        if self._space or event.button() == Qt.MouseButton.MiddleButton:
            self._panning = event.position().toPoint()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif event.button() == Qt.MouseButton.LeftButton:
            self.tool.press(self.sight.to_photo(*_xy(event)), event.modifiers())
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Pan, let the tool follow, and tell what lies under the pointer."""
        if self._panning is not None:
            here = event.position().toPoint()
            self.look(self.sight.moved(here.x() - self._panning.x(), here.y() - self._panning.y()))
            self._panning = here
            return
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.tool.move(self.sight.to_photo(*_xy(event)))
            self.update()
        pixel = self.sight.pixel_at(*_xy(event))
        self.peeked.emit(*(pixel or (-1, -1)))
        self._hover(pixel)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """End what was begun."""
        if self._panning is not None:
            self._panning = None
            self.setCursor(self.tool.cursor)
        elif event.button() == Qt.MouseButton.LeftButton:
            self.tool.release(self.sight.to_photo(*_xy(event)))
            self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Between the whole photo and 1:1 at the pointer."""
        fitted = math.isclose(self.sight.scale, self.sight.fit_scale)
        if fitted:
            self.one_to_one(event.position())
        else:
            self.fit()

    def leaveEvent(self, event: object) -> None:  # noqa: ARG002, N802 - Qt's name
        """Nothing is under the pointer any more."""
        self.peeked.emit(-1, -1)
        self._hover(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Space pans; arrows pan; Escape drops a stroke that is being drawn."""
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
        elif key == Qt.Key.Key_Escape and self.tool.drop():
            self.update()
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Space was let go."""
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = False
            self.setCursor(self.tool.cursor)
        else:
            super().keyReleaseEvent(event)

    def _hover(self, pixel: tuple[int, int] | None) -> None:
        hovered = None
        if pixel is not None:
            point = QPointF(pixel[0] + 0.5, pixel[1] + 0.5)
            under = [name for name, path in self._outlines.items() if path.contains(point)]
            order = [row.id for row in self.workspace.listing.rows]
            hovered = min(under, key=order.index, default=None)
        if hovered != self.hovered:
            self.hovered = hovered
            self.update()

    # ------------------------------------------------------------------ drawing

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As large as may be."""
        return QSize(900, 650)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802 - Qt's name
        """Photo, tint, outlines, strokes; then what says that an overlay is on."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(30, 30, 32))
        if self.sight.photo == (1, 1):
            return
        settings = self.workspace.view.settings
        if settings.comparison == "side by side":
            self._paint_side_by_side(painter)
        else:
            self._paint_photo(painter)
            if settings.overlay and self._repaired is None:
                clip = self.rect()
                if settings.comparison == "split":
                    clip.setLeft(round(self.width() * self.divider))
                painter.save()
                painter.setClipRect(clip)
                self._paint_findings(painter)
                painter.restore()
                if settings.comparison == "split":
                    self._paint_divider(painter)
        self._paint_strokes(painter)
        if settings.overlay and self.workspace.report is not None:
            self._paint_mark(painter)

    def _paint_side_by_side(self, painter: QPainter) -> None:
        whole, half = self.sight, self.width() // 2
        for left, findings in ((0, False), (half, True)):
            painter.save()
            painter.setClipRect(left, 0, half - 1, self.height())
            # Both halves show the same place, each in its own middle.
            painter.translate(left - whole.widget[0] / 2 + half / 2, 0)
            self._paint_photo(painter)
            if findings and self.workspace.view.settings.overlay:
                self._paint_findings(painter)
            painter.restore()

    def _to_widget(self, painter: QPainter) -> None:
        x, y = self.sight.to_widget(0, 0)
        painter.translate(x, y)
        painter.scale(self.sight.scale, self.sight.scale)

    def _paint_photo(self, painter: QPainter) -> None:
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
        self._to_widget(painter)
        painter.setRenderHint(
            QPainter.RenderHint.SmoothPixmapTransform, self.sight.scale * ratio < 4
        )
        for tile in wanted:
            self._paint_tile(painter, tile)
        if self._repaired is not None:
            painter.drawImage(_rect(self._repaired[0]), self._repaired[1])
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
            painter.drawImage(_rect(box), image, part)
            return

    def _paint_findings(self, painter: QPainter) -> None:
        painter.save()
        self._to_widget(painter)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if self._tint is not None:
            whole = QRectF(0, 0, *self.sight.photo)
            detail = self._detail
            if detail is not None and detail[0] == self.sight.visible():
                painter.drawImage(_rect(detail[0]), detail[1])
            else:
                painter.drawImage(whole, self._tint)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        hidden = self.workspace.view.settings.hidden
        for row in self.workspace.listing.rows:
            if row.distortion not in hidden and row.id in self._outlines:
                self._paint_outline(painter, row)
        painter.restore()

    def _paint_outline(self, painter: QPainter, region: Region) -> None:
        strong = region.id in (self.workspace.selected, self.hovered)
        selected = region.id == self.workspace.selected
        path = self._outlines[region.id]
        if strong:
            painter.setPen(_pen(QColor(0, 0, 0, 170), 5 if selected else 4))
            painter.drawPath(path)
        painter.setPen(_pen(QColor(*COLOURS[region.distortion]), 3 if selected else 1.5))
        painter.drawPath(path)
        if selected:
            painter.setPen(_pen(QColor(255, 255, 255), 1, dashed=True))
            painter.drawPath(path)

    def _paint_strokes(self, painter: QPainter) -> None:
        roi = self.workspace.roi
        if not roi.strokes and not self.tool.drawing:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if roi.strokes:
            shrink = min(1.0, 1024 / max(1, roi.width, roi.height))
            mask = roi.mask(shrink)
            veil = np.zeros((*mask.shape, 4), np.uint8)
            veil[mask == 0, 3] = 110
            self._to_widget(painter)
            painter.drawImage(QRectF(0, 0, *self.sight.photo), _premultiplied(veil))
            painter.resetTransform()
        self.tool.paint(painter, self.sight)
        painter.restore()

    def _paint_divider(self, painter: QPainter) -> None:
        x = round(self.width() * self.divider)
        painter.setPen(QPen(QColor(255, 255, 255), 2))
        painter.drawLine(x, 0, x, self.height())

    def _paint_mark(self, painter: QPainter) -> None:
        """Say plainly that an overlay is on: nobody shall take it for the photo."""
        names = [
            name
            for name in self.thresholds()
            if name not in self.workspace.view.settings.hidden
            and any(row.distortion == name for row in self.workspace.listing.rows)
        ]
        font = QFont(self.font())
        painter.setFont(font)
        metrics = painter.fontMetrics()
        if self._repaired is not None:
            texts = [self.tr("Repair previewed, overlay off")]
        else:
            texts = [self.tr("Overlay on"), *(name_of(name) for name in names)]
        height = metrics.height() + 8
        x = 8
        for number, text in enumerate(texts):
            swatch = 0 if number == 0 else metrics.height()
            width = metrics.horizontalAdvance(text) + 14 + swatch
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(0, 0, 0, 190))
            painter.drawRoundedRect(x, 8, width, height, 4, 4)
            if number:
                painter.setBrush(QColor(*COLOURS[names[number - 1]]))
                painter.drawRect(x + 6, 12, swatch - 4, height - 8)
            painter.setPen(QColor(255, 255, 255))
            painter.drawText(x + 7 + swatch, 8 + 4 + metrics.ascent(), text)
            x += width + 4


def _xy(event: QMouseEvent) -> tuple[float, float]:
    return event.position().x(), event.position().y()


def _rect(box: Box) -> QRectF:
    return QRectF(box.x0, box.y0, box.width, box.height)


def _pen(colour: QColor, width: float, *, dashed: bool = False) -> QPen:
    pen = QPen(colour, width)
    pen.setCosmetic(True)
    if dashed:
        pen.setStyle(Qt.PenStyle.DashLine)
    return pen


def _premultiplied(pixels: NDArray[np.uint8]) -> QImage:
    height, width = pixels.shape[:2]
    data = np.ascontiguousarray(pixels)
    return QImage(
        data.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied
    ).copy()


def _owner(line: NDArray[np.float64], regions: list[Region]) -> Region | None:
    """The region that a piece belongs to: the smallest box that holds its middle."""
    x, y = (line.min(0) + line.max(0)) / 2
    holding = [r for r in regions if r.box.x0 <= x <= r.box.x1 and r.box.y0 <= y <= r.box.y1]
    return min(holding, key=lambda r: r.box.area, default=None)
