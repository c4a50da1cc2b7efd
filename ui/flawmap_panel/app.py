"""The program `flawmap panel`: makes the window over a workspace, and ends both in order."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QApplication

from .model.workspace import Workspace
from .widgets.window import Window

__all__ = ["Poster", "run"]


class Poster(QObject):
    """Runs functions on the window's thread; may be called from any."""

    _posted = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._posted.connect(self._run, Qt.ConnectionType.QueuedConnection)

    def __call__(self, what: Callable[[], None]) -> None:
        """Run something soon."""
        self._posted.emit(what)

    def _run(self, what: Callable[[], None]) -> None:
        what()


def run(paths: Sequence[str] = (), *, device: str = "auto") -> int:
    """Show the window with these photos until the person closes it."""
    app = QApplication.instance() or QApplication(sys.argv[:1])
    app.setApplicationName("Flawmap")
    poster = Poster(app)
    workspace = Workspace(poster, device=device)
    window = Window(workspace)
    window.show()
    window.open_paths(list(paths))
    return QApplication.exec()
