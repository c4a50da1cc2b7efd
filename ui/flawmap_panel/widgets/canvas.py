"""Canvas: the current photo with its findings over it, and the tools of the hand."""

from __future__ import annotations

from typing import Final

import numpy as np
from PySide6.QtCore import QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from flawmap_api.geometry import Box
from flawmap_api.palette import COLOURS
from flawmap_api.report import Region

from ..model.workspace import Workspace
from .findings_layer import FindingsLayer, premultiplied
from .photo_view import PhotoView, box_rect
from .tools import TOOLS, Tool
from .wording import name_of

__all__ = ["Canvas"]

_SETTLE_MS: Final = 120
_DIVIDER_REACH: Final = 6
_VEIL_SIDE: Final = 1024


class Canvas(PhotoView):
    """The photo, tint and outlines, the marked part, and a plain word that an overlay is on."""

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(workspace.pixels, parent)
        self.setMinimumSize(320, 240)
        self.workspace = workspace
        self.findings = FindingsLayer()
        self.tool: Tool = TOOLS["pick"](self)
        self.hovered: str | None = None
        self.divider = 0.5
        self._dividing = False
        self._repaired: tuple[Box, QImage] | None = None
        self._veil: QImage | None = None
        self._settled = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._settled.timeout.connect(self._refine)
        self.looked.connect(lambda _: self._settled.start())
        workspace.watch(lambda _: self._on_opened(), "opened")
        workspace.watch(lambda _: self._on_findings(), "findings")
        workspace.view.watch(lambda _: self._on_findings(), "look")
        workspace.roi.watch(lambda _: self._on_strokes(), "strokes")
        workspace.repair.watch(lambda _: self._on_repair(), "repair")
        workspace.photos.watch(lambda _: self._on_current(), "current")

    # ------------------------------------------------------------------ what is shown

    def _on_current(self) -> None:
        self.findings.clear()
        self._repaired = None
        self.show_nothing()

    def _on_opened(self) -> None:
        photo = self.workspace.photos.current
        if photo is not None and photo.opened is not None:
            self.show_photo(photo.opened.width, photo.opened.height)

    def _on_findings(self) -> None:
        work = self.workspace
        if work.planes is None or work.report is None:
            self.findings.clear()
        else:
            self.findings.show(
                work.planes,
                self.sight.photo,
                work.thresholds(),
                work.listing.rows,
                work.view.settings,
            )
            self._settled.start()
        self.update()

    def _refine(self) -> None:
        box = self.sight.visible()
        if box is not None and self.findings.refine(
            box, self.devicePixelRatioF() * self.sight.scale
        ):
            self.update()

    def _on_repair(self) -> None:
        desk = self.workspace.repair
        self._repaired = None
        if desk.preview is not None and desk.shown:
            pixels = np.ascontiguousarray(desk.preview.pixels)
            height, width = pixels.shape[:2]
            image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
            self._repaired = desk.preview.plan.box, image.copy()
        self.update()

    def _on_strokes(self) -> None:
        roi = self.workspace.roi
        self._veil = None
        if roi.strokes:
            mask = roi.mask(min(1.0, _VEIL_SIDE / max(1, roi.width, roi.height)))
            veil = np.zeros((*mask.shape, 4), np.uint8)
            veil[mask == 0, 3] = 110
            self._veil = premultiplied(veil)
        self.update()

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

    # ------------------------------------------------------------------ the hand

    def use(self, name: str) -> None:
        """Choose a tool: pick, box, lasso or brush."""
        self.tool = TOOLS[name](self)
        self.resting_cursor = self.tool.cursor
        self.setCursor(self.resting_cursor)
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Move the divider of the split view, pan, or let the tool begin."""
        super().mousePressEvent(event)
        if self.pans(event) or event.button() != Qt.MouseButton.LeftButton:
            return
        if self._on_divider(event):
            self._dividing = True
        else:
            self.tool.press(self._at(event), event.modifiers())
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the divider, let the tool follow, and light up what lies under the pointer."""
        super().mouseMoveEvent(event)
        if self._dividing:
            self.divider = min(max(event.position().x() / max(1, self.width()), 0.02), 0.98)
            self.update()
        elif event.buttons() & Qt.MouseButton.LeftButton and not self._panning:
            self.tool.move(self._at(event))
            self.update()
        if not event.buttons():
            on = self._on_divider(event)
            self.setCursor(Qt.CursorShape.SplitHCursor if on else self.resting_cursor)
            self._hover(self.findings.under(*self._at(event)))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End what was begun."""
        panned = self._panning is not None
        super().mouseReleaseEvent(event)
        if self._dividing:
            self._dividing = False
        elif not panned and event.button() == Qt.MouseButton.LeftButton:
            self.tool.release(self._at(event))
            self.update()

    def leaveEvent(self, event: object) -> None:
        """Nothing is under the pointer any more."""
        super().leaveEvent(event)
        self._hover(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape drops a stroke that is being drawn."""
        if event.key() == Qt.Key.Key_Escape and self.tool.drop():
            self.update()
        elif event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right) and self.sees_all:
            # There is nowhere to move to: the arrows go on to the next photo.
            self.workspace.photos.step(1 if event.key() == Qt.Key.Key_Right else -1)
        else:
            super().keyPressEvent(event)

    def _at(self, event: QMouseEvent) -> tuple[float, float]:
        return self.sight.to_photo(event.position().x(), event.position().y())

    def _on_divider(self, event: QMouseEvent) -> bool:
        if self.workspace.view.settings.comparison != "split":
            return False
        return abs(event.position().x() - self.width() * self.divider) <= _DIVIDER_REACH

    def _hover(self, region: str | None) -> None:
        if region != self.hovered:
            self.hovered = region
            self.update()

    # ------------------------------------------------------------------ drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        """Photo, findings, strokes; then what says that an overlay is on."""
        settings = self.workspace.view.settings
        if settings.comparison == "side by side" and self.has_photo:
            self._paint_side_by_side()
        else:
            super().paintEvent(event)
        if not self.has_photo:
            return
        painter = QPainter(self)
        if settings.comparison != "side by side" and self._overlay_on:
            painter.save()
            if settings.comparison == "split":
                x = round(self.width() * self.divider)
                painter.setClipRect(x, 0, self.width() - x, self.height())
            self._paint_findings(painter)
            painter.restore()
        if settings.comparison == "split":
            x = round(self.width() * self.divider)
            painter.setPen(QPen(QColor(255, 255, 255), 2))
            painter.drawLine(x, 0, x, self.height())
        self._paint_strokes(painter)
        if self.workspace.report is not None and (self._overlay_on or self._repaired):
            self._paint_word(painter)
        self.paint_focus(painter)

    @property
    def _overlay_on(self) -> bool:
        # A repair is judged by the eye: no tint may lie over it.
        return self.workspace.view.settings.overlay and self._repaired is None

    def paint_photo(self, painter: QPainter) -> None:
        """Draw the photo, and the repair that is looked at in its place."""
        super().paint_photo(painter)
        if self._repaired is not None:
            painter.save()
            self.to_widget(painter)
            painter.drawImage(box_rect(self._repaired[0]), self._repaired[1])
            painter.restore()

    def _paint_side_by_side(self) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(30, 30, 32))
        half = self.width() // 2
        for left, findings in ((0, False), (half, True)):
            painter.save()
            painter.setClipRect(left, 0, half - 1, self.height())
            # Both halves show the same place, each in its own middle.
            painter.translate(left - self.width() / 2 + half / 2, 0)
            self.paint_photo(painter)
            if findings and self._overlay_on:
                self._paint_findings(painter)
            painter.restore()

    def _paint_findings(self, painter: QPainter) -> None:
        painter.save()
        self.to_widget(painter)
        self.findings.paint(painter, self.sight.visible(), self.workspace.selected, self.hovered)
        painter.restore()

    def _paint_strokes(self, painter: QPainter) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._veil is not None:
            painter.save()
            self.to_widget(painter)
            painter.drawImage(QRectF(0, 0, *self.sight.photo), self._veil)
            painter.restore()
        self.tool.paint(painter, self.sight)
        painter.restore()

    def _paint_word(self, painter: QPainter) -> None:
        """Say plainly that an overlay is on: nobody shall take it for the photo."""
        settings, rows = self.workspace.view.settings, self.workspace.listing.rows
        names = [
            name
            for name in self.workspace.thresholds()
            if name not in settings.hidden and any(row.distortion == name for row in rows)
        ]
        if self._repaired is not None:
            names, texts = [], [self.tr("Repair previewed, overlay off")]
        else:
            texts = [self.tr("Overlay on"), *(name_of(name) for name in names)]
        metrics = painter.fontMetrics()
        height, x, y = metrics.height() + 8, 8, 8
        for number, text in enumerate(texts):
            swatch = metrics.height() if number else 0
            width = metrics.horizontalAdvance(text) + 14 + swatch
            if x + width > self.width() - 8 and x > 8:
                x, y = 8, y + height + 4
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(0, 0, 0, 190))
            painter.drawRoundedRect(x, y, width, height, 4, 4)
            if number:
                painter.setBrush(QColor(*COLOURS.get(names[number - 1], (128, 128, 128))))
                painter.drawRect(x + 6, y + 4, swatch - 4, height - 8)
            painter.setPen(QColor(255, 255, 255))
            painter.drawText(x + 7 + swatch, y + 4 + metrics.ascent(), text)
            x += width + 4
