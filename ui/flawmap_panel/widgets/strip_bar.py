"""Strip bar: which photos are shown, in which order, and how many are not."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QWidget

from ..model.workspace import Workspace

__all__ = ["StripBar"]


class StripBar(QWidget):
    """A line above the strip and the sheet; both bars of a window show the same."""

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._photos = workspace.photos
        self.kind = QComboBox()
        self.kind.setAccessibleName(self.tr("Which photos are shown"))
        for name, text in (
            ("all", self.tr("All photos")),
            ("flaws", self.tr("With flaws")),
            ("clean", self.tr("Clean")),
            ("not judged", self.tr("Not judged")),
            ("picked", self.tr("Picked")),
            ("rejected", self.tr("Rejected")),
        ):
            self.kind.addItem(text, name)
        self.kind.activated.connect(lambda _: self._photos.show_only(self.kind.currentData()))
        self.order = QComboBox()
        self.order.setAccessibleName(self.tr("Order of the photos"))
        for name, text in (
            ("opened", self.tr("Order of opening")),
            ("name", self.tr("Name")),
            ("quality", self.tr("Quality, worst first")),
            ("worst flaw", self.tr("Worst flaw first")),
            ("sharpness", self.tr("Softest subject first")),
        ):
            self.order.addItem(text, name)
        self.order.activated.connect(lambda _: self._photos.sort(self.order.currentData()))
        self.hidden = QLabel()
        self.everything = QPushButton(self.tr("Show &all"))
        self.everything.clicked.connect(lambda: self._photos.show_only("all"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(6, 4, 6, 0)
        for widget in (self.kind, self.order, self.hidden, self.everything):
            layout.addWidget(widget)
        layout.addStretch(1)
        self._photos.watch(lambda _: self.refresh(), "list")
        self.refresh()

    def refresh(self) -> None:
        """Show what is shown."""
        self.kind.setCurrentIndex(self.kind.findData(self._photos.kind))
        self.order.setCurrentIndex(self.order.findData(self._photos.order))
        hidden, total = self._photos.hidden, len(self._photos)
        if hidden:
            text = self.tr("{hidden} of {total} hidden").format(hidden=hidden, total=total)
        else:
            text = self.tr("%n photo(s)", "", total) if total else ""
        self.hidden.setText(text)
        self.everything.setVisible(bool(hidden))
