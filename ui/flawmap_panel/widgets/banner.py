"""Banner: what a person has to know now, above the photo, with what may help beside it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

__all__ = ["Banner"]


class Banner(QFrame):
    """One notice at a time; serious ones stay until they are settled or put away."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAutoFillBackground(True)
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._buttons: list[QPushButton] = []
        close = QToolButton()
        close.setText("✕")
        close.setAccessibleName(self.tr("Put away"))
        close.setAutoRaise(True)
        close.clicked.connect(self.hide)
        self._layout = QHBoxLayout(self)
        self._layout.addWidget(self.text, 1)
        self._layout.addWidget(close)
        self.hide()

    def say(
        self, text: str, hint: str = "", actions: tuple[tuple[str, Callable[[], None]], ...] = ()
    ) -> None:
        """Show a sentence with its hint and buttons, in place of what was shown."""
        for button in self._buttons:
            self._layout.removeWidget(button)
            button.deleteLater()
        self._buttons = []
        for label, act in actions:
            button = QPushButton(label)
            button.setObjectName("banner-action")
            button.clicked.connect(lambda _=False, act=act: act())
            self._layout.insertWidget(self._layout.count() - 1, button)
            self._buttons.append(button)
        self.text.setText(f"{text} {hint}".strip())
        self.setAccessibleName(self.text.text())
        self.show()
