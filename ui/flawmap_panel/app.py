"""The program `flawmap panel`: makes the window over a workspace, and ends both in order."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QApplication

from flawmap_api.client import EngineClient
from flawmap_api.errors import FlawmapError
from flawmap_hosts import System

from .language import use_language
from .model.disk import DiskWatch
from .model.settings import PanelSettings, load, save, settings_path
from .model.workspace import Notice, Workspace
from .widgets.settings_dialog import SettingsDialog
from .widgets.theme import use_theme
from .widgets.window import Window

__all__ = ["Panel", "Poster", "run"]

_SECONDS = 1.5
# More would make the settings file long.
_SESSION = 500


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


class Panel:
    """One window with its workspace, settings and watch over the disk.

    Parameters
    ----------
    settings_file : Path, optional
        Where settings are kept; default: the person's own.
    device : str, optional
        Where the networks run; default: as the settings say.
    connect : callable, optional
        Makes engine clients; for tests.
    system : System, optional
        The machine whose editors are looked for; this one.
    """

    def __init__(
        self,
        settings_file: Path | None = None,
        *,
        device: str | None = None,
        connect: Callable[..., EngineClient] | None = None,
        system: System | None = None,
    ) -> None:
        self._file = settings_file or settings_path()
        self.settings, said = load(self._file)
        app = QCoreApplication.instance()
        if app is not None:
            use_language(app, self.settings.language)
        self._poster = Poster()
        self.workspace = Workspace(
            self._poster,
            view=self.settings.view,
            device=device or self.settings.device,
            connect=connect,
            system=system,
        )
        self.window = Window(self.workspace)
        self.window.closing.connect(self.close)
        self.window.settings_asked.connect(self.show_settings)
        self.window.paths_opened.connect(self._remember)
        self.window.restore(self.settings.geometry, self.settings.docks)
        self.window.show_recent(self.settings.recent)
        self.window.welcome.offer_last(self.settings.session)
        for name, keys in self.settings.shortcuts.items():
            if name in self.window.actions_by_name:
                self.window.actions_by_name[name].setShortcut(QKeySequence(keys))
        self._use_theme()
        self._watch: DiskWatch | None = None
        self._use_watch()
        if said:
            self.workspace.tell("notice", Notice(said))

    def change(self, **changes: object) -> None:
        """Change settings and keep them; what cannot be kept is told, and holds for now."""
        self.settings = replace(self.settings, **changes)  # type: ignore[arg-type]
        self._use_theme()
        self._use_watch()
        self._save()

    def greet(self, paths: Sequence[str]) -> None:
        """Open what was asked for; say where help is to whoever is here for the first time."""
        self.workspace.editors.look()
        self.window.open_paths(list(paths))
        if not self.settings.seen_help:
            self.settings = replace(self.settings, seen_help=True)
            if paths:
                self.window.point_to_help()

    def _remember(self, paths: Sequence[str]) -> None:
        for path in paths:
            self.settings = self.settings.with_recent(str(Path(path).absolute()))
        self._save()
        self.window.show_recent(self.settings.recent)

    def show_settings(self) -> None:
        """Show everything that can be set."""
        dialog = SettingsDialog(
            self.workspace, self.settings, self.change, self.window.actions_by_name, self.window
        )
        dialog.open()

    def _use_theme(self) -> None:
        app = QApplication.instance()
        if isinstance(app, QApplication):
            use_theme(app, self.settings.theme)

    def _use_watch(self) -> None:
        if self.settings.watch_folders and self._watch is None:
            self._watch = DiskWatch(
                self._poster,
                self.workspace.known_files,
                self.workspace.take_changes,
                seconds=_SECONDS,
            )
        elif not self.settings.watch_folders and self._watch is not None:
            self._watch.close()
            self._watch = None

    def _save(self) -> None:
        try:
            save(self.settings, self._file)
        except FlawmapError as error:
            self.workspace.tell("notice", Notice.of(error))

    def close(self) -> None:
        """Keep what is to be kept and end; a second call does nothing."""
        if self._watch is not None:
            self._watch.close()
            self._watch = None
        opened = tuple(str(photo.path) for photo in self.workspace.photos.all()[:_SESSION])
        geometry, docks = self.window.packed()
        settings: PanelSettings = replace(
            self.settings,
            view=self.workspace.view.settings,
            # Whoever opened nothing this time still wants what was open the last time.
            session=opened or self.settings.session,
            geometry=geometry,
            docks=docks,
        )
        if settings != self.settings:
            self.settings = settings
            self._save()
        self.workspace.repair.forget()
        self.workspace.close()


def run(paths: Sequence[str] = (), *, device: str | None = None) -> int:
    """Show the window with these photos until the person closes it."""
    app = QApplication.instance() or QApplication(sys.argv[:1])
    app.setApplicationName("Flawmap")
    panel = Panel(device=device)
    panel.window.show()
    panel.greet(paths)
    code = QApplication.exec()
    panel.close()
    return code
