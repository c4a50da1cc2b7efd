"""Findings list: what is wrong with the photo on the canvas, worst first."""

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
)
from PySide6.QtGui import QColor, QFont, QKeyEvent, QPainter, QPalette, QPen
from PySide6.QtWidgets import (
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from flawmap_api.palette import COLOURS
from flawmap_api.report import Region

from ..model.workspace import Workspace
from .wording import speech, title_of

__all__ = ["FindingsList", "draw_focus"]

_REGION: Final = Qt.ItemDataRole.UserRole
_FAILS: Final = Qt.ItemDataRole.UserRole + 1
_FAIL_COLOUR: Final = QColor(196, 60, 50)
_PADDING: Final = 6
_SWATCH: Final = 6

Index = QModelIndex | QPersistentModelIndex


class _Rows(QAbstractListModel):
    """The workspace's listing as Qt wants it."""

    def __init__(self, workspace: Workspace, parent: QObject) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._rows: tuple[Region, ...] = ()

    def refresh(self) -> bool:
        """Take the rows over; False if they are the ones that are there."""
        rows = self._workspace.listing.rows
        if rows == self._rows:
            return False
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()
        return True

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """How many findings are listed."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """What is shown and read out of a row."""
        region = self._rows[index.row()]
        if role == _REGION:
            return region
        if role == _FAILS:
            photo = self._workspace.photos.current
            return bool(photo and photo.verdict and region.id in photo.verdict.failing)
        if role == Qt.ItemDataRole.DisplayRole:
            return title_of(region)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            return speech().sentence_of(region)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            fails = self.tr("Fails the check.") if self.data(index, _FAILS) else ""
            said = speech().sentence_of(region), speech().mark(region.mark), fails
            return f"{title_of(region)}. {' '.join(word for word in said if word)}"
        return None

    def row_of(self, region_id: str | None) -> int:
        """The row of a region, or -1."""
        return next((n for n, row in enumerate(self._rows) if row.id == region_id), -1)


def draw_focus(painter: QPainter, option: QStyleOptionViewItem) -> None:
    """Frame the row that the keys go to."""
    if option.state & QStyle.StateFlag.State_HasFocus:
        painter.setOpacity(1.0)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(option.palette.highlightedText().color(), 1, Qt.PenStyle.DotLine))
        painter.drawRect(option.rect.adjusted(1, 1, -2, -2))


class _Painter(QStyledItemDelegate):
    """A row: colour, title and mark, and the sentence under them."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: ARG002
        """Two lines."""
        return QSize(200, 2 * option.fontMetrics.height() + 3 * _PADDING)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw a row."""
        region: Region = index.data(_REGION)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        palette: QPalette = option.palette
        painter.save()
        if selected:
            painter.fillRect(option.rect, palette.highlight())
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(option.rect, palette.alternateBase())
        dim = region.mark in ("ignored", "intentional") or (
            region.intentional and region.mark != "accepted"
        )
        text = palette.highlightedText() if selected else palette.text()
        painter.setPen(text.color())
        painter.setOpacity(0.6 if dim else 1.0)
        box = option.rect.adjusted(_PADDING, _PADDING, -_PADDING, -_PADDING)
        painter.fillRect(
            QRect(box.left(), box.top(), _SWATCH, box.height()),
            QColor(*COLOURS.get(region.distortion, (128, 128, 128))),
        )
        line = box.adjusted(_SWATCH + _PADDING, 0, 0, 0)
        line.setHeight(option.fontMetrics.height())
        mark = speech().mark(region.mark) or (
            self.tr("likely intended") if region.intentional else ""
        )
        if mark:
            width = option.fontMetrics.horizontalAdvance(mark)
            painter.drawText(line, Qt.AlignmentFlag.AlignRight, mark)
            line.adjust(0, 0, -width - _PADDING, 0)
        elif index.data(_FAILS):
            # What an export check would stop at.
            side = line.height() // 2
            painter.setBrush(_FAIL_COLOUR)
            painter.drawEllipse(line.right() - side, line.top() + side // 2, side, side)
            line.adjust(0, 0, -side - _PADDING, 0)
        bold = QFont(option.font)
        bold.setBold(True)
        painter.setFont(bold)
        elide, metrics = Qt.TextElideMode.ElideRight, painter.fontMetrics()
        painter.drawText(line, 0, metrics.elidedText(title_of(region), elide, line.width()))
        painter.setFont(option.font)
        below = box.adjusted(_SWATCH + _PADDING, line.height() + _PADDING, 0, 0)
        sentence = speech().sentence_of(region)
        sentence = option.fontMetrics.elidedText(sentence, elide, below.width())
        painter.drawText(below, 0, sentence)
        draw_focus(painter, option)
        painter.restore()


class FindingsList(QListView):
    """The list; selecting a row selects the region on the canvas, and the other way round."""

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._rows = _Rows(workspace, self)
        self.setModel(self._rows)
        self.setItemDelegate(_Painter(self))
        self.setMouseTracking(True)
        self.setUniformItemSizes(True)
        self.setAccessibleName(self.tr("Findings"))
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.selectionModel().currentChanged.connect(self._picked)
        workspace.watch(lambda _: self._refresh(), "findings")

    def _refresh(self) -> None:
        self._rows.refresh()
        row = self._rows.row_of(self._workspace.selected)
        blocked = self.selectionModel().blockSignals(True)
        if row < 0:
            self.clearSelection()
            self.setCurrentIndex(QModelIndex())
        elif row != self.currentIndex().row():
            self.setCurrentIndex(self._rows.index(row))
        self.selectionModel().blockSignals(blocked)
        self.viewport().update()

    def _picked(self, current: QModelIndex, _: QModelIndex) -> None:
        region = current.data(_REGION)
        self._workspace.select_region(region.id if region else None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete ignores the finding; the rest as in any list."""
        if event.key() == Qt.Key.Key_Delete and self._workspace.selected:
            self._workspace.marks.mark(self._workspace.selected, "ignored")
        else:
            super().keyPressEvent(event)
