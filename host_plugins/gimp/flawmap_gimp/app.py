"""App: what lives in the lasting process once it is called: GIMP, the desk, and the panel.

One method for each procedure of `procedures`. Each returns at once: what takes long is the desk's,
which never waits.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gi.repository import Gimp, GLib

from flawmap_api.errors import BadInput, FlawmapError
from flawmap_plugin.desk import Desk
from flawmap_plugin.home import Home
from flawmap_plugin.state import State

from .host import GimpHost
from .procedures import PROCEDURES
from .source import Source

if TYPE_CHECKING:
    from .panel import Panel

__all__ = ["App"]

_ENTRIES = frozenset(entry.verb for entry in PROCEDURES if entry.verb)
#: Verbs of the desk that scripts may use by name.
_VERBS = frozenset(
    {
        "cancel",
        "change_settings",
        "change_strength",
        "dismiss",
        "find",
        "keep_masks",
        "mark",
        "remove_overlay",
        "repair",
        "score_selection",
        "select",
        "select_at",
        "select_next",
        "set_opacity",
        "set_strictness",
        "set_view",
        "set_visible",
        "toggle_overlay",
        "undo_repair",
    }
)


#: How often, and after how many seconds, to look whether GIMP has opened a photo.
_OPENING_TRIES, _OPENING_SECONDS = 20, 0.2


class App:
    """Everything of the plug-in's lasting process.

    Parameters
    ----------
    folder : str
        Where the plug-in was installed.
    show : callable(str)
        Told every new state, as JSON, for scripts.
    """

    def __init__(self, folder: str, show: Callable[[str], None]) -> None:
        self._show = show
        self.host = GimpHost()
        self._home = Home.of("gimp", Path(folder))
        self.desk = Desk(self.host, self._home)
        self._panel: Panel | None = None
        self._language = ""
        self._interactive = False
        self._watch = self.desk.observe(self._changed)

    def perform(
        self, verb: str, arguments: list[str], *, image: int = 0, interactive: bool = False
    ) -> None:
        """Do what a procedure was called for; what goes wrong is said in the panel's way."""
        self._interactive = interactive
        if image:
            self.host.activate(image)
        self.desk.look_around()
        try:
            if verb not in _ENTRIES:
                raise BadInput(f"There is no {verb!r}.")
            getattr(self, verb)(*arguments)
        except Exception as error:
            self.desk.report(error)

    def close(self) -> None:
        """GIMP ends."""
        self.desk.close()

    # ------------------------------------------------------------------------ procedures

    def find(self) -> None:
        """*Find flaws…*"""
        self._open_panel()
        self.desk.find()

    def panel(self) -> None:
        """*Flawmap panel*"""
        self._open_panel()

    def score_selection(self) -> None:
        """*Score selection*"""
        self._open_panel()
        self.desk.score_selection()

    def select_at_selection(self) -> None:
        """*Select flaw at…*: the one at the selection's centre; else a click in the panel."""
        self._open_panel()
        document = self.host.active()
        selection = document.read_selection() if document is not None else None
        if selection is None:
            self._say_where_to_click()
            return
        box = selection.box
        self.desk.select_at((box.x0 + box.x1) // 2, (box.y0 + box.y1) // 2)

    def select_next(self) -> None:
        """*Select next flaw*"""
        self.desk.select_next(1)

    def select_previous(self) -> None:
        """*Select previous flaw*"""
        self.desk.select_next(-1)

    def repair_selected(self) -> None:
        """*Repair flaw…*: the one that lies open in the panel, or was selected last."""
        self._open_panel()
        chosen = self._panel.chosen if self._panel is not None else ""
        rows = self.desk.state.rows
        key = self.desk.state.selected or chosen or (rows[0].key if rows else "")
        self.desk.repair(key)

    def toggle_overlay(self) -> None:
        """*Show or hide overlay*"""
        self.desk.toggle_overlay()

    def export(self) -> None:
        """*Export without overlay…*"""
        self._later(self._export)

    def engine_status(self) -> None:
        """*Engine status…*"""
        self._later(self._engine_status)

    def settings(self) -> None:
        """*Settings…*"""
        self._later(self._settings)

    def open_photo(self, path: str) -> None:
        """Find the flaws of a photo that GIMP is opening just now, or open it.

        `flawmap open` names the photo on GIMP's command line too: then GIMP opens it as a person
        would, with its name and its questions.
        """
        if not path:
            raise BadInput("No photo was named.", "Give its path.")
        self._interactive = True
        self._find_opened(Path(path).absolute(), _OPENING_TRIES)

    def _find_opened(self, path: Path, tries: int) -> None:
        if self.host.opened(path) is None:
            if tries > 0:
                self.host.later(_OPENING_SECONDS, lambda: self._find_opened(path, tries - 1))
                return
            try:
                self.host.open(path)
            except FlawmapError as error:
                self._open_panel()
                self.desk.report(error)
                return
        self._open_panel()
        self.desk.look_around()
        self.desk.find(whole=True)

    def do(self, verb: str, arguments: str) -> None:
        """Do something of the desk's by its name."""
        if verb == "export_without_overlay":
            (path,) = json.loads(arguments)
            self.desk.export_without_overlay(Path(path))
        elif verb in _VERBS:
            given = json.loads(arguments or "[]")
            method = getattr(self.desk, verb)
            if isinstance(given, dict):
                method(**given)
            else:
                method(*given)
        elif verb != "look_around":
            raise BadInput(f"There is no {verb!r}.", f"There are {', '.join(sorted(_VERBS))}.")

    # ------------------------------------------------------------------------ the panel

    def _open_panel(self) -> None:
        """Show the panel, if a person called and there is a screen."""
        if not self._interactive:
            return
        from .gtk import has_display

        if not has_display():
            return
        if self._panel is None:
            self._make_panel()
        if self._panel is not None:
            self._panel.show()

    def _make_panel(self) -> None:
        from .gtk import ready
        from .panel import Panel

        ready()
        self._language = self.desk.texts.language
        self._panel = Panel(self.desk.texts, self._do, _Documents(self))
        self._panel.draw(self.desk.state)

    def _changed(self, state: State) -> None:
        self._show(json.dumps(asdict(state), default=sorted))
        if self._panel is None:
            return
        if self.desk.texts.language != self._language:
            old = self._panel
            self._make_panel()
            self._panel.replace(old)
        else:
            self._panel.draw(state)

    def _do(self, verb: str, *arguments: Any) -> None:
        """What a widget of the panel wants."""
        own: dict[str, Callable[..., None]] = {
            "activate": self._activate,
            "copy_diagnostics": self._copy_diagnostics,
            "engine_status": self._engine_status,
            "export": self._export,
            "find_whole": lambda: self.desk.find(whole=True),
            "settings": self._settings,
        }
        try:
            (own.get(verb) or getattr(self.desk, verb))(*arguments)
        except Exception:
            logging.getLogger("flawmap_plugin").exception("In the panel's %s", verb)
            raise

    def _activate(self, key: str) -> None:
        self.host.activate(int(key))
        self.desk.look_around()

    def _say_where_to_click(self) -> None:
        if self._panel is not None:
            self._panel.point_at_preview()
        else:
            raise BadInput(self.desk.texts("message.no_selection"))

    def _copy_diagnostics(self) -> None:
        from .gtk import copy_text

        copy_text(self.desk.diagnostics())

    # ------------------------------------------------------------------------ dialogs

    def _later(self, dialog: Callable[[], None]) -> None:
        """Show a dialog once the procedure that asks for it has returned."""
        if not self._interactive:
            raise BadInput("This needs a person to answer.", "Call it from GIMP's menu.")
        self._open_panel()

        def show() -> bool:
            dialog()
            return False

        GLib.idle_add(show)

    def _export(self) -> None:
        from .dialogs import ask_where_to_export

        document = self.host.active()
        if document is None:
            return
        try:
            path, title = document.path, document.title
        except FlawmapError:
            return
        window = self._panel.window if self._panel is not None else None
        ask_where_to_export(window, self.desk.texts, path, title, self.desk.export_without_overlay)

    def _engine_status(self) -> None:
        from .dialogs import show_status

        window = self._panel.window if self._panel is not None else None
        show_status(window, self.desk, self._home.log, self._copy_diagnostics)

    def _settings(self) -> None:
        from .dialogs import show_settings

        window = self._panel.window if self._panel is not None else None
        show_settings(window, self.desk)


class _Documents(Source):
    """What the panel draws beside the state."""

    def __init__(self, app: App) -> None:
        self._app = app

    def documents(self) -> list[tuple[str, str]]:
        return [(each.key, each.title) for each in self._app.host.documents()]

    def size(self) -> tuple[int, int]:
        document = self._app.host.active()
        try:
            return document.size if document is not None else (0, 0)
        except FlawmapError:
            return 0, 0

    def thumbnail(self, width: int, height: int) -> Any:
        document = self._app.host.active()
        if document is None:
            return None
        try:
            image = Gimp.Image.get_by_id(int(document.key))
            return image.get_thumbnail(width, height, Gimp.PixbufTransparency.SMALL_CHECKS)
        except (GLib.Error, AttributeError):
            # The image was closed a moment ago.
            return None
