"""Plugin: what Krita loads at its start; everything else waits until it is wanted.

Krita's start-up must not notice us: the desk, its texts and the engine's client are imported when
the docker is first shown, or an action first triggered.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from krita import DockWidget, DockWidgetFactory, DockWidgetFactoryBase, Extension, Krita

from .actions import ACTIONS, MENU
from .qt import QtCore, QtWidgets

if TYPE_CHECKING:
    from .app import App
    from .docker import Panel

__all__ = ["DOCKER", "FlawmapDocker", "FlawmapExtension", "app", "register"]

#: Krita's name of the docker; where it stands is kept under it.
DOCKER = "flawmap_docker"

_folder = Path()
_app: App | None = None


def register(folder: str) -> None:
    """Tell Krita of the extension and the docker; `folder` is where the plug-in was installed."""
    global _folder
    _folder = Path(folder)
    krita = Krita.instance()
    krita.addExtension(FlawmapExtension(krita))
    right = DockWidgetFactoryBase.DockPosition.DockRight
    krita.addDockWidgetFactory(DockWidgetFactory(DOCKER, right, FlawmapDocker))


def app() -> App:
    """The one `App` of this Krita, made at the first call."""
    global _app
    if _app is None:
        from .app import App

        _app = App(_folder)
    return _app


class FlawmapExtension(Extension):
    """The menu, and the hand-off file."""

    def setup(self) -> None:
        """Nothing yet: there is no window."""

    def createActions(self, window: Any) -> None:  # noqa: N802 - Krita's name
        """Make the actions of one window."""
        from flawmap_plugin.home import Home
        from flawmap_plugin.settings import load_settings
        from flawmap_plugin.texts import Texts

        settings, _ = load_settings(Home.of("krita").settings)
        texts = Texts.chosen(settings.language, str(QtCore.QLocale().name()))
        top = window.createAction(MENU, "Flawmap", "tools/scripts")
        menu = QtWidgets.QMenu(MENU, window.qwindow())
        top.setMenu(menu)
        for one in ACTIONS:
            action = window.createAction(one.name, texts(one.label), f"tools/scripts/{MENU}")
            # Krita took the text of `flawmap.action`, which is for its dialog of shortcuts.
            action.setText(texts(one.label))
            action.triggered.connect(_calls(one.verb))
        _watch_handoff()


def _calls(verb: str) -> Any:
    def call(*_: object) -> None:
        getattr(app(), verb)()

    return call


_handoff: Any = None


def _watch_handoff() -> None:
    """Look for a hand-off once a second, from the first window on."""
    global _handoff
    if _handoff is not None:
        return
    from .handoff import take

    folder = _runtime_folder()

    def look() -> None:
        path = take(folder)
        if path is not None:
            app().open_and_find(path)

    _handoff = QtCore.QTimer()
    _handoff.timeout.connect(look)
    _handoff.start(1000)


def _runtime_folder() -> Path:
    from flawmap_api.connection import runtime_dir
    from flawmap_plugin.home import Home

    said = Home.of("krita", _folder).installation.runtime_dir
    return Path(said) if said else runtime_dir()


class FlawmapDocker(DockWidget):
    """The docker of one window; its contents are made when it is first shown."""

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("Flawmap")
        self._panel: Panel | None = None

    def showEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """Make the contents, once."""
        super().showEvent(event)
        if self._panel is None:
            # After Krita has drawn itself.
            QtCore.QTimer.singleShot(0, self.fill)

    def fill(self) -> None:
        """Make the contents, if they are not there yet."""
        if self._panel is None:
            self.renew()

    def renew(self) -> None:
        """Make the contents anew: at first, and in another language."""
        from .docker import Panel

        old, self._panel = self._panel, Panel(app(), self.renew)
        self.setWidget(self._panel)
        if old is not None:
            old.close_watch()
            old.deleteLater()

    def canvasChanged(self, canvas: Any) -> None:  # noqa: N802, ARG002 - Krita's name
        """Another document is in front, or none."""
        if _app is not None:
            _app.desk.look_around()
