"""Photos strip: every photo of the window with its worst flaw, its verdict and the person's flag.

A list view over the model: ten thousand photos cost a row each, pictures only for what is in sight.
"""

from __future__ import annotations

from typing import Any, Final

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    QTimer,
)
from PySide6.QtGui import QColor, QFont, QPainter, QPixmap, QPixmapCache, QResizeEvent
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from flawmap_api.palette import COLOURS

from ..model.photos import Photo, worst_region
from ..model.workspace import Workspace
from .findings_list import draw_focus
from .wording import name_of, speech

__all__ = ["Strip"]

_PHOTO: Final = Qt.ItemDataRole.UserRole
_CELL: Final = QSize(132, 124)
_PICTURE: Final = QSize(120, 84)
_GOOD, _BAD, _ODD = QColor(46, 150, 80), QColor(196, 60, 50), QColor(150, 120, 20)

Index = QModelIndex | QPersistentModelIndex


class _Rows(QAbstractListModel):
    def __init__(self, workspace: Workspace, parent: QObject) -> None:
        super().__init__(parent)
        self._photos = workspace.photos
        self._shown: list[Photo] = []
        self._row_of: dict[Photo, int] = {}
        self._photos.watch(lambda _: self.refresh(), "list")
        self._photos.watch(self._changed, "photo")

    def refresh(self) -> None:
        self.beginResetModel()
        self._shown = self._photos.shown
        self._row_of = {photo: row for row, photo in enumerate(self._shown)}
        self.endResetModel()

    def _changed(self, photo: Photo) -> None:
        row = self._row_of.get(photo)
        if row is not None:
            index = self.index(row)
            self.dataChanged.emit(index, index)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._shown)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not 0 <= index.row() < len(self._shown):
            return None
        photo = self._shown[index.row()]
        if role == _PHOTO:
            return photo
        if role == Qt.ItemDataRole.DisplayRole:
            return photo.path.name
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{photo.path}\n{self.say(photo)}"
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{photo.path.name}. {self.say(photo)}"
        return None

    def say(self, photo: Photo) -> str:
        """What is known of a photo, in a sentence."""
        if photo.failure is not None:
            return f"{photo.failure.message} {photo.failure.hint}".strip()
        if photo.report is None:
            return self.tr("Not judged yet.") if photo.state == "waiting" else self.tr("Working …")
        worst = worst_region(photo.report)
        quality = self.tr("Quality {}").format(speech().quality(photo.report.quality_level))
        if worst is None:
            return quality + ", " + self.tr("no flaws found")
        return f"{quality}, {name_of(worst.distortion)} {speech().level(worst.severity_level)}"

    def row_of(self, photo: Photo | None) -> int:
        return self._row_of.get(photo, -1) if photo is not None else -1


class _Painter(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: ARG002
        """All cells are alike."""
        return _CELL

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw a photo's cell."""
        photo: Photo | None = index.data(_PHOTO)
        if photo is None:
            return
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, option.palette.highlight())
            painter.setPen(option.palette.highlightedText().color())
        else:
            painter.setPen(option.palette.text().color())
        cell: QRect = option.rect.adjusted(6, 6, -6, -4)
        frame = QRect(cell.left(), cell.top(), _PICTURE.width(), _PICTURE.height())
        self._picture(painter, photo, frame)
        self._badges(painter, photo, frame, option)
        name = option.fontMetrics.elidedText(
            photo.path.name, Qt.TextElideMode.ElideMiddle, frame.width()
        )
        below = QRect(frame.left(), frame.bottom() + 4, frame.width(), option.fontMetrics.height())
        painter.drawText(below, Qt.AlignmentFlag.AlignHCenter, name)
        draw_focus(painter, option)
        painter.restore()

    def _picture(self, painter: QPainter, photo: Photo, frame: QRect) -> None:
        painter.fillRect(frame, QColor(60, 60, 62))
        pixmap = _pixmap(photo)
        if pixmap is not None:
            size = pixmap.size().scaled(_PICTURE, Qt.AspectRatioMode.KeepAspectRatio)
            at = QRect(0, 0, size.width(), size.height())
            at.moveCenter(frame.center())
            painter.drawPixmap(at, pixmap)
        if photo.state == "working":
            done = QRect(frame.left(), frame.bottom() - 3, frame.width(), 4)
            painter.fillRect(done, QColor(0, 0, 0, 160))
            done.setWidth(round(frame.width() * photo.progress))
            painter.fillRect(done, QColor(255, 255, 255))

    def _badges(
        self, painter: QPainter, photo: Photo, frame: QRect, option: QStyleOptionViewItem
    ) -> None:
        small = QFont(option.font)
        small.setPointSizeF(max(6.0, option.font.pointSizeF() * 0.8))
        painter.setFont(small)
        if photo.failure is not None:
            _badge(painter, frame, self.tr("not judged"), _ODD, top=True)
        elif photo.report is not None:
            worst = worst_region(photo.report)
            failing = photo.verdict is not None and photo.verdict.verdict == "flaws"
            if worst is not None:
                colour = QColor(*COLOURS.get(worst.distortion, (128, 128, 128)))
                _badge(painter, frame, speech().level(worst.severity_level), colour, top=False)
            text = self.tr("flaws") if failing else self.tr("clean")
            _badge(painter, frame, text, _BAD if failing else _GOOD, top=True)
        if photo.flag:
            # The person's own, apart from what Flawmap says: a filled corner.
            colour = _GOOD if photo.flag == "pick" else _BAD
            painter.fillRect(frame.right() - 13, frame.top(), 14, 14, colour)
            painter.setPen(QColor(255, 255, 255))
            corner = QRect(frame.right() - 13, frame.top(), 14, 14)
            sign = "✓" if photo.flag == "pick" else "✕"
            painter.drawText(corner, Qt.AlignmentFlag.AlignCenter, sign)
        painter.setFont(option.font)
        painter.setPen(option.palette.text().color())
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(option.palette.highlightedText().color())


def _badge(painter: QPainter, frame: QRect, text: str, colour: QColor, *, top: bool) -> None:
    metrics = painter.fontMetrics()
    width, height = metrics.horizontalAdvance(text) + 8, metrics.height() + 2
    y = frame.top() if top else frame.bottom() - height + 1
    painter.fillRect(frame.left(), y, width, height, colour)
    light = colour.lightnessF() > 0.6
    painter.setPen(QColor(0, 0, 0) if light else QColor(255, 255, 255))
    painter.drawText(QRect(frame.left(), y, width, height), Qt.AlignmentFlag.AlignCenter, text)


def _pixmap(photo: Photo) -> QPixmap | None:
    """The photo's small picture, decoded when it comes into sight and dropped when it is not."""
    if not photo.thumbnail:
        return None
    key = f"{photo.path}|{len(photo.thumbnail)}|{hash(photo.thumbnail[-64:])}"
    pixmap = QPixmap()
    if not QPixmapCache.find(key, pixmap):
        pixmap.loadFromData(photo.thumbnail)
        QPixmapCache.insert(key, pixmap)
    return pixmap


class Strip(QListView):
    """The strip (one line) or the contact sheet (many)."""

    def __init__(
        self, workspace: Workspace, *, sheet: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        QPixmapCache.setCacheLimit(64 << 10)
        self._workspace = workspace
        self._rows = _Rows(workspace, self)
        self.setModel(self._rows)
        self.setItemDelegate(_Painter(self))
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(sheet)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setLayoutMode(QListView.LayoutMode.Batched)
        self.setBatchSize(500)
        self.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        self.setAccessibleName(self.tr("Photos"))
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        if not sheet:
            self.setFixedHeight(_CELL.height() + 24)
            self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._sight = QTimer(self, singleShot=True, interval=150)
        self._sight.timeout.connect(self._tell_what_is_in_sight)
        self.horizontalScrollBar().valueChanged.connect(lambda _: self._sight.start())
        self.verticalScrollBar().valueChanged.connect(lambda _: self._sight.start())
        self.selectionModel().currentChanged.connect(self._picked)
        workspace.photos.watch(lambda _: self._follow(), "current", "list")
        self._follow()

    def chosen(self) -> list[Photo]:
        """The selected photos, or the current one."""
        rows = sorted(index.row() for index in self.selectionModel().selectedRows())
        photos = [self._rows.index(row).data(_PHOTO) for row in rows]
        current = self._workspace.photos.current
        return photos or ([current] if current is not None else [])

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Other photos are in sight."""
        super().resizeEvent(event)
        self._sight.start()

    def _follow(self) -> None:
        row = self._rows.row_of(self._workspace.photos.current)
        if row >= 0 and row != self.currentIndex().row():
            blocked = self.selectionModel().blockSignals(True)
            self.setCurrentIndex(self._rows.index(row))
            self.selectionModel().blockSignals(blocked)
            self.viewport().update()
        self._sight.start()

    def _picked(self, current: QModelIndex, _: QModelIndex) -> None:
        photo = current.data(_PHOTO)
        if photo is not None:
            self._workspace.photos.select(photo)

    def _tell_what_is_in_sight(self) -> None:
        view = self.viewport().rect()
        first = self.indexAt(view.topLeft() + self._rows_offset())
        last = self.indexAt(view.bottomRight() - self._rows_offset())
        start = first.row() if first.isValid() else 0
        stop = last.row() + 1 if last.isValid() else self._rows.rowCount()
        self._workspace.course.wanted = self._workspace.photos.shown[start : min(stop, start + 200)]

    def _rows_offset(self) -> Any:
        from PySide6.QtCore import QPoint

        return QPoint(_CELL.width() // 4, _CELL.height() // 4)
