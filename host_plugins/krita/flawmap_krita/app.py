"""App: the one desk of this Krita, and the verbs that need Krita's windows or dialogs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from krita import Krita

from flawmap_plugin.desk import Desk
from flawmap_plugin.home import Home
from flawmap_plugin.host import Document
from flawmap_plugin.state import Message, State

from .canvas import pixel_under_cursor, pixel_under_middle
from .host import KritaHost
from .qt import QtWidgets

__all__ = ["App"]

#: How long a message that nobody could see in the docker stays on the canvas, in milliseconds.
_FLOATING = 6000


class App:
    """Desk and host of the running Krita.

    Parameters
    ----------
    folder : Path
        Where the plug-in was installed.
    """

    def __init__(self, folder: Path) -> None:
        self.host = KritaHost()
        self.home = Home.of("krita", folder)
        self.desk = Desk(self.host, self.home)
        self._krita = Krita.instance()
        self._said: Message | None = None
        self._watch = self.desk.observe(self._float)
        notifier = self._krita.notifier()
        notifier.setActive(True)
        notifier.applicationClosing.connect(self.close)

    def close(self, *_: object) -> None:
        """Krita ends: leave the engine."""
        self.desk.close()

    # ------------------------------------------------------------------ verbs of the menu

    def find(self) -> None:
        """Look for flaws, and show the docker that will list them."""
        self.show_docker()
        self.desk.find()

    def find_whole(self) -> None:
        """Look for flaws in all of the photo, whatever is selected."""
        self.show_docker()
        self.desk.find(whole=True)

    def cancel(self) -> None:
        """End what is under way."""
        self.desk.cancel()

    def score_selection(self) -> None:
        """Score what is selected."""
        self.show_docker()
        self.desk.score_selection()

    def select_next(self) -> None:
        """Select the next flaw, by rank."""
        self.desk.select_next(1)

    def select_previous(self) -> None:
        """Select the flaw before."""
        self.desk.select_next(-1)

    def select_at_cursor(self) -> None:
        """Select the flaw under the pointer; from the menu, the one in the middle of the view."""
        window = self._krita.activeWindow()
        view = window.activeView() if window is not None else None
        if view is None or view.document() is None:
            self.desk.select_at(0, 0)
            return
        at = pixel_under_cursor(view) or pixel_under_middle(view, window)
        if at is not None:
            self.desk.select_at(*at)

    def repair_selected(self) -> None:
        """Repair the flaw that was selected last."""
        state = self.desk.state
        row = state.row(state.selected)
        if row is not None and "repair" in row.actions:
            self.show_docker()
            self.desk.repair(row.key)
        else:
            self.desk.select_next(1)

    def toggle_overlay(self) -> None:
        """Show or hide the overlay."""
        self.desk.toggle_overlay()

    def remove_overlay(self) -> None:
        """Take the overlay away."""
        self.desk.remove_overlay()

    def keep_masks(self) -> None:
        """Make selection masks of the shown flaws."""
        self.desk.keep_masks()

    def export_without_overlay(self) -> None:
        """Ask for a file, and write the picture without the overlay."""
        document = self.host.active()
        texts = self.desk.texts
        start = "" if document is None else str(_proposed(document))
        title = texts("ui.export")
        kinds = "PNG (*.png);;JPEG (*.jpg *.jpeg);;TIFF (*.tif *.tiff);;Krita (*.kra);;(*)"
        # The dialog asks by itself before a file is written over.
        name, _ = QtWidgets.QFileDialog.getSaveFileName(self._parent(), title, start, kinds)
        if name:
            path = Path(name)
            self.desk.export_without_overlay(path if path.suffix else path.with_suffix(".png"))

    def copy_diagnostics(self) -> None:
        """Put what a helper has to know on the clipboard."""
        QtWidgets.QApplication.clipboard().setText(self.desk.diagnostics())

    def show_status(self) -> None:
        """Open the window with the engine's state."""
        self._dialog().show_page("status")

    def show_settings(self) -> None:
        """Open the window with the settings."""
        self._dialog().show_page("settings")

    def open_and_find(self, path: Path) -> None:
        """Open a photo and look for its flaws: a hand-off."""
        window = self._krita.activeWindow()
        if window is not None:
            window.qwindow().activateWindow()
        self.show_docker()
        try:
            self.host.open(path)
        except Exception as error:
            self.desk.report(error)
            return
        # The view becomes the active one a little later.
        self.host.later(0.3, self.desk.find)

    # ------------------------------------------------------------------ windows

    def docker(self) -> Any | None:
        """The docker of the window in front."""
        from .plugin import DOCKER

        window = self._krita.activeWindow()
        if window is None:
            return None
        return next((d for d in window.dockers() if d.objectName() == DOCKER), None)

    def show_docker(self) -> None:
        """Show the docker, in front of those that share its place."""
        docker = self.docker()
        if docker is not None:
            docker.setVisible(True)
            docker.raise_()

    def _parent(self) -> Any | None:
        window = self._krita.activeWindow()
        return None if window is None else window.qwindow()

    def _dialog(self) -> Any:
        from .dialog import Dialog

        return Dialog.of(self, self._parent())

    def _float(self, state: State) -> None:
        """Show warnings and errors over the canvas while the docker cannot be seen."""
        message = state.message
        if message is self._said:
            return
        self._said = message
        docker = self.docker()
        seen = docker is not None and docker.isVisible() and not docker.visibleRegion().isEmpty()
        if message is None or seen or message.kind == "info":
            return
        window = self._krita.activeWindow()
        view = window.activeView() if window is not None else None
        if view is not None:
            text = f"Flawmap: {message.text} {message.hint}".strip()
            view.showFloatingMessage(text, self._krita.icon("warning"), _FLOATING, 1)


def _proposed(document: Document) -> Path:
    path = document.path
    if path is None:
        return Path.home() / f"{document.title}.png"
    suffix = path.suffix if path.suffix.lower() in (".jpg", ".jpeg", ".tif", ".tiff") else ".png"
    return path.with_name(f"{path.stem} (Flawmap){suffix}")
