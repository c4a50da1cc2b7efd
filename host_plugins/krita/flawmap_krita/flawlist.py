"""The list of flaws: eye, colour, title, score, and two buttons in each line.

Keys: arrows move, Return selects the flaw in the photo, Space opens or closes its eye, the menu key
offers the rest.
"""

from __future__ import annotations

from typing import Any

from krita import Krita

from flawmap_plugin.state import Row
from flawmap_plugin.texts import Texts

from .qt import QtCore, QtGui, QtWidgets

__all__ = ["FlawList", "swatch"]

_EYE, _TITLE, _SCORE, _SELECT, _REPAIR = range(5)
_KEY = QtCore.Qt.ItemDataRole.UserRole
_ACCESSIBLE = QtCore.Qt.ItemDataRole.AccessibleTextRole
#: Below this width of the docker there is no room for the score; the details have it too.
_ROOM_FOR_SCORE = 260
_ROW_HEIGHT = 24


def swatch(colour: str, size: int = 12) -> Any:
    """An icon of one colour with a thin border that shows on dark and on light."""
    picture = QtGui.QPixmap(size, size)
    picture.fill(QtGui.QColor(colour))
    painter = QtGui.QPainter(picture)
    painter.setPen(QtGui.QColor(128, 128, 128))
    painter.drawRect(0, 0, size - 1, size - 1)
    painter.end()
    return QtGui.QIcon(picture)


class FlawList(QtWidgets.QTreeWidget):
    """What a person does in it is told by signals; the argument is the row's key."""

    current = QtCore.pyqtSignal(str)
    eye = QtCore.pyqtSignal(str, bool)
    wanted = QtCore.pyqtSignal(str)
    repair = QtCore.pyqtSignal(str)
    menu = QtCore.pyqtSignal(str, QtCore.QPoint)

    def __init__(self, texts: Texts) -> None:
        super().__init__()
        self._texts = texts
        self._rows: tuple[Row, ...] = ()
        self._filling = False
        self.setColumnCount(5)
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setTextElideMode(QtCore.Qt.TextElideMode.ElideRight)
        self.setHorizontalScrollBarPolicy(QtCore.Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(QtCore.Qt.ContextMenuPolicy.CustomContextMenu)
        self.setMinimumHeight(5 * _ROW_HEIGHT)
        self.setAccessibleName(texts("ui.flaws"))
        header = self.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(20)
        mode = QtWidgets.QHeaderView.ResizeMode
        for column in (_EYE, _SELECT, _REPAIR):
            header.setSectionResizeMode(column, mode.Fixed)
            header.resizeSection(column, 26)
        header.setSectionResizeMode(_TITLE, mode.Stretch)
        header.setSectionResizeMode(_SCORE, mode.ResizeToContents)
        self.currentItemChanged.connect(self._current_changed)
        self.itemClicked.connect(self._clicked)
        self.itemActivated.connect(self._activated)
        self.customContextMenuRequested.connect(self._menu_wanted)

    def show_rows(self, rows: tuple[Row, ...], selected: str) -> None:
        """Draw the rows; the current one stays current where it is still there."""
        if rows == self._rows:
            return
        same = [row.key for row in rows] == [row.key for row in self._rows]
        before = self.key()
        self._rows = rows
        self._filling = True
        try:
            if not same:
                self.clear()
                for row in rows:
                    item = QtWidgets.QTreeWidgetItem(self)
                    item.setData(_EYE, _KEY, row.key)
            for at, row in enumerate(rows):
                self._fill(self.topLevelItem(at), row)
            keys = [row.key for row in rows]
            wanted = next((key for key in (before, selected) if key in keys), "")
            if not same and keys:
                self.setCurrentItem(self.topLevelItem(keys.index(wanted) if wanted else 0))
        finally:
            self._filling = False
        self.current.emit(self.key())

    def follow(self, key: str) -> None:
        """Make a row the current one."""
        for at, row in enumerate(self._rows):
            if row.key == key:
                self.setCurrentItem(self.topLevelItem(at))

    def key(self) -> str:
        """Key of the current row; empty without one."""
        item = self.currentItem()
        return "" if item is None else str(item.data(_EYE, _KEY))

    def row(self) -> Row | None:
        """The current row."""
        return self._row(self.key())

    def refresh_icons(self) -> None:
        """Take the icons anew: the theme has changed."""
        rows, self._rows = self._rows, ()
        self.show_rows(rows, self.key())

    def resizeEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """Hide what has no room."""
        super().resizeEvent(event)
        self.setColumnHidden(_SCORE, self.width() < _ROOM_FOR_SCORE)

    def keyPressEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """Space for the eye, Return for the selection."""
        row = self.row()
        keys = QtCore.Qt.Key
        if row is not None and event.key() == keys.Key_Space and "eye" in row.actions:
            self.eye.emit(row.key, not row.visible)
        elif row is not None and event.key() in (keys.Key_Return, keys.Key_Enter):
            self.wanted.emit(row.key)
        else:
            super().keyPressEvent(event)

    def _row(self, key: str) -> Row | None:
        return next((row for row in self._rows if row.key == key), None)

    def _fill(self, item: Any, row: Row) -> None:
        texts, icon = self._texts, Krita.instance().icon
        shown = "eye" in row.actions
        item.setIcon(_EYE, icon("visible" if row.visible else "novisible"))
        eye = texts("ui.eye")
        item.setToolTip(_EYE, eye)
        item.setData(_EYE, _ACCESSIBLE, f"{eye}: {'✓' if row.visible else '–'}" if shown else "")
        mark = f" – {row.mark_label}" if row.mark_label else ""
        item.setText(_TITLE, row.title + mark)
        item.setIcon(_TITLE, swatch(row.colour))
        item.setToolTip(_TITLE, row.sentence)
        score = f"{texts('ui.score')} {row.score}"
        item.setData(_TITLE, _ACCESSIBLE, f"{row.title}{mark}. {row.sentence} {score}")
        change = row.before is not None and row.after is not None
        item.setText(_SCORE, row.score.split(" (")[0] if change else row.score)
        item.setToolTip(_SCORE, score)
        item.setIcon(_SELECT, icon("tool_outline_selection"))
        item.setToolTip(_SELECT, texts("ui.select.tip.alt"))
        item.setData(_SELECT, _ACCESSIBLE, texts("ui.select"))
        repair = "ui.undo_repair" if row.repaired else "ui.repair"
        can = bool({"repair", "undo_repair"} & row.actions)
        sign = "edit-delete" if row.repaired else "krita_tool_smart_patch"
        item.setIcon(_REPAIR, icon(sign) if can else QtGui.QIcon())
        item.setToolTip(_REPAIR, texts(repair) if can else "")
        item.setData(_REPAIR, _ACCESSIBLE, texts(repair) if can else "")
        faint = row.mark in ("ignored", "intentional")
        group = QtGui.QPalette.ColorGroup
        palette = self.palette()
        role = QtGui.QPalette.ColorRole.Text
        colour = palette.color(group.Disabled if faint else group.Active, role)
        item.setForeground(_TITLE, QtGui.QBrush(colour))

    def _current_changed(self, *_: object) -> None:
        if not self._filling:
            self.current.emit(self.key())

    def _clicked(self, item: Any, column: int) -> None:
        row = self._row(str(item.data(_EYE, _KEY)))
        if row is None:
            return
        if column == _EYE and "eye" in row.actions:
            self.eye.emit(row.key, not row.visible)
        elif column == _SELECT and "select" in row.actions:
            self.wanted.emit(row.key)
        elif column == _REPAIR and {"repair", "undo_repair"} & row.actions:
            self.repair.emit(row.key)

    def _activated(self, item: Any, column: int) -> None:
        # Return comes by keyPressEvent; what is left is a double click, on a title or a score.
        if column in (_TITLE, _SCORE):
            self.wanted.emit(str(item.data(_EYE, _KEY)))

    def _menu_wanted(self, at: Any) -> None:
        item = self.itemAt(at) or self.currentItem()
        if item is not None:
            where = self.viewport().mapToGlobal(at)
            self.menu.emit(str(item.data(_EYE, _KEY)), where)
