"""Welcome: what the window shows while no photo is open – ways to begin, and first steps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

__all__ = ["Welcome", "first_steps"]

_RECENT = 5
_WIDTH = 560


def first_steps() -> str:
    """The six things to know, as rich text."""
    translate = QCoreApplication.translate
    steps = (
        translate(
            "FirstSteps",
            "<b>Open or drop</b> photos and folders. They are judged one after another, on this"
            " machine, and their files are never changed.",
        ),
        translate(
            "FirstSteps",
            "<b>The tint</b> shows where a flaw is; its colour says which. <b>O</b> switches it"
            " off. The wheel zooms, space and mouse move, a double click shows 1:1.",
        ),
        translate(
            "FirstSteps",
            "<b>The list</b> names the findings, worst first. Click one there or in the photo, or"
            " go through them with <b>N</b> and <b>P</b>.",
        ),
        translate(
            "FirstSteps",
            "<b>You decide</b>: a finding is right, to be ignored, or wanted. What you ignore or"
            " want never fails a check, and Ctrl+Z takes it back.",
        ),
        translate(
            "FirstSteps",
            "<b>Strictness</b> lists more or less at once, without looking again. What is hidden"
            " is always counted.",
        ),
        translate(
            "FirstSteps",
            "<b>Box, lasso and brush</b> mark a part and score it. Ctrl+E sends findings on,"
            " Ctrl+S saves a repaired copy.",
        ),
    )
    return (
        "<ol>" + "".join(f"<li style='margin-bottom:6px'>{step}</li>" for step in steps) + "</ol>"
    )


class Welcome(QScrollArea):
    """Ways to begin.

    Signals
    -------
    files_asked(), folder_asked()
        The person wants to choose.
    paths_asked(list)
        The person wants these: the last ones, or one of the recent.
    """

    files_asked = Signal()
    folder_asked = Signal()
    paths_asked = Signal(list)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(self.tr("Welcome"))
        title = QLabel("<h2>" + self.tr("See what is wrong with a photo, and where") + "</h2>")
        title.setWordWrap(True)
        self.files = QPushButton(self.tr("Open &photos…"))
        self.files.clicked.connect(self.files_asked.emit)
        self.folder = QPushButton(self.tr("Open a f&older…"))
        self.folder.clicked.connect(self.folder_asked.emit)
        self.last = QPushButton()
        self.last.hide()
        self.recent = QVBoxLayout()
        self.steps = QLabel(first_steps())
        self.steps.setWordWrap(True)
        inner = QWidget()
        inner.setMaximumWidth(_WIDTH)
        layout = QVBoxLayout(inner)
        layout.addStretch(1)
        layout.addWidget(title)
        layout.addWidget(QLabel(self.tr("Drop photos or a folder here, or:")))
        for button in (self.files, self.folder, self.last):
            layout.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addLayout(self.recent)
        layout.addWidget(self.steps)
        layout.addStretch(2)
        around = QWidget()
        middle = QVBoxLayout(around)
        middle.addWidget(inner, 1, Qt.AlignmentFlag.AlignHCenter)
        self.setWidget(around)

    def show_recent(self, paths: Sequence[str]) -> None:
        """Offer what was opened lately."""
        while (item := self.recent.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        for path in paths[:_RECENT]:
            button = QPushButton(Path(path).name or path)
            button.setFlat(True)
            button.setToolTip(path)
            button.setAccessibleName(self.tr("Open {}").format(path))
            button.clicked.connect(lambda _=False, path=path: self.paths_asked.emit([path]))
            self.recent.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)

    def offer_last(self, paths: Sequence[str]) -> None:
        """Offer what was open when the window was closed."""
        self.last.setVisible(bool(paths))
        self.last.setText(self.tr("Open the %n photo(s) of &last time", "", len(paths)))
        if paths:
            self.last.clicked.connect(lambda _=False: self.paths_asked.emit(list(paths)))
