"""Extension: the plug-in as GIMP knows it: menu entries, and one process that lasts.

GIMP waits for the lasting process at every start, so nothing is imported here but what that needs;
the rest comes with the first call. Each entry is a process of its own that lays a letter into the
lasting one's mailbox and ends: nothing that takes long ever happens in a procedure that GIMP waits
for, or whose progress bar has a cancel button, which would kill its process.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
from pathlib import Path
from typing import Any

import gi

gi.require_version("Gimp", "3.0")

from gi.repository import Gimp, GLib, GObject  # noqa: E402

from .mailbox import Mailbox, folder_of, post, reader_lives, shown, taken  # noqa: E402
from .procedures import EXTENSION, MENU, PROCEDURES, STATE, Entry  # noqa: E402

__all__ = ["Extension", "main"]

_ENTRIES = {entry.name: entry for entry in PROCEDURES}
_MASK = Gimp.ProcedureSensitivityMask
_WITH_IMAGE = _MASK.DRAWABLE | _MASK.DRAWABLES | _MASK.NO_DRAWABLES
#: How long a script's call waits for the lasting process; it may be moving pixels.
_TAKEN_SECONDS = 20.0
#: How often the mailbox is looked at where no signal told of a letter.
_LOOK_MS = 500


def main(folder: str) -> None:
    """Run as GIMP's plug-in; `folder` is where it was installed."""
    Extension.folder = folder
    Gimp.main(Extension.__gtype__, sys.argv)


class Extension(Gimp.PlugIn):
    """One process of the plug-in: the lasting one, or one of a menu entry."""

    __gtype_name__ = "FlawmapExtension"
    folder = ""
    _app: Any = None
    _mailbox: Mailbox | None = None

    def do_set_i18n(self, name: str) -> bool:  # noqa: ARG002
        """Texts come from the shared catalogue, not from gettext."""
        return False

    def do_query_procedures(self) -> list[str]:
        """What GIMP asks once for every new file."""
        return [EXTENSION, *_ENTRIES]

    def do_create_procedure(self, name: str) -> Any:
        """One of them, by its name."""
        if name == EXTENSION:
            # Without arguments and PERSISTENT: GIMP runs it at its start.
            kind = Gimp.PDBProcType.PERSISTENT
            procedure = Gimp.Procedure.new(self, name, kind, self._run_extension, None)
            procedure.set_documentation("Finds flaws in photos", "Keeps panel and engine", name)
        else:
            procedure = self._entry(_ENTRIES[name])
        procedure.set_attribution("Flawmap", "Flawmap", "2026")
        return procedure

    def do_quit(self) -> None:
        """GIMP ends: say goodbye to the engine."""
        if self._app is not None:
            self._app.close()
        if self._mailbox is not None:
            self._mailbox.close()

    # ------------------------------------------------------------------------ menu entries

    def _entry(self, entry: Entry) -> Any:
        kind = Gimp.PDBProcType.PLUGIN
        if entry.image:
            procedure = Gimp.ImageProcedure.new(self, entry.name, kind, self._run_image, entry)
            procedure.set_image_types("*")
            mask = _WITH_IMAGE | _MASK.NO_IMAGE if entry.always else _WITH_IMAGE
            procedure.set_sensitivity_mask(mask)
        else:
            procedure = Gimp.Procedure.new(self, entry.name, kind, self._run_plain, entry)
        flags = GObject.ParamFlags.READWRITE
        for argument in entry.arguments:
            procedure.add_string_argument(
                argument.name, argument.nick, argument.nick, argument.default, flags
            )
        if entry.answers:
            procedure.add_string_return_value("answer", "Answer", "JSON", "", flags)
        if entry.label:
            procedure.set_menu_label(entry.label)
            procedure.add_menu_path(MENU)
        procedure.set_documentation(entry.help, entry.help, entry.name)
        return procedure

    def _run_image(
        self,
        procedure: Any,
        run_mode: Any,
        image: Any,
        _drawables: Any,
        config: Any,
        entry: Entry,
    ) -> Any:
        interactive = run_mode != Gimp.RunMode.NONINTERACTIVE
        number = image.get_id() if image is not None else 0
        return self._send(procedure, entry, config, number, interactive=interactive)

    def _run_plain(self, procedure: Any, config: Any, entry: Entry) -> Any:
        return self._send(procedure, entry, config, 0, interactive=False)

    def _send(
        self, procedure: Any, entry: Entry, config: Any, image: int, *, interactive: bool
    ) -> Any:
        folder = _folder()
        if entry.name == STATE:
            values = procedure.new_return_values(Gimp.PDBStatusType.SUCCESS, GLib.Error())
            values.remove(1)
            values.insert(1, GObject.Value(GObject.TYPE_STRING, shown(folder)))
            return values
        letter = {
            "verb": entry.verb,
            "arguments": [config.get_property(argument.name) for argument in entry.arguments],
            "image": image,
            "interactive": interactive,
        }
        alive = reader_lives(folder)
        place = post(folder, letter)
        if not alive and interactive:
            # The lasting process has died: this one takes its place until GIMP ends.
            self._last()
        elif not interactive and not taken(place, _TAKEN_SECONDS):
            error = GLib.Error("Flawmap's own process does not answer. Start GIMP again.")
            return procedure.new_return_values(Gimp.PDBStatusType.EXECUTION_ERROR, error)
        return procedure.new_return_values(Gimp.PDBStatusType.SUCCESS, GLib.Error())

    # ------------------------------------------------------------------------ what lasts

    def _run_extension(self, procedure: Any, _config: Any, _data: Any) -> Any:
        # GIMP goes on with its start from here.
        procedure.persistent_ready()
        self._last()
        return procedure.new_return_values(Gimp.PDBStatusType.SUCCESS, GLib.Error())

    def _last(self) -> None:
        """Read letters until GIMP ends."""
        from gi.repository import Gio

        self._mailbox = Mailbox(_folder())
        self.persistent_enable()
        monitor = Gio.File.new_for_path(str(self._mailbox.folder)).monitor_directory(
            Gio.FileMonitorFlags.WATCH_MOVES, None
        )
        monitor.connect("changed", lambda *_: self._read())
        GLib.timeout_add(_LOOK_MS, self._look)
        GLib.idle_add(self._read)
        GLib.MainLoop().run()

    def _look(self) -> bool:
        self._read()
        return True

    def _read(self) -> bool:
        """Do what the letters ask for; gives False, so that an idle source ends."""
        if self._mailbox is None:
            return False
        for place, letter in self._mailbox.read():
            try:
                self._perform(letter)
            finally:
                self._mailbox.done(place)
        return False

    def _perform(self, letter: dict[str, Any]) -> None:
        try:
            if self._app is None:
                from .app import App

                self._app = App(os.path.abspath(self.folder), self._show)
            self._app.perform(
                str(letter.get("verb", "")),
                list(letter.get("arguments", [])),
                image=int(letter.get("image", 0)),
                interactive=bool(letter.get("interactive")),
            )
        except Exception:
            # Only a broken installation comes here: the app tells its own troubles.
            logging.getLogger("flawmap_plugin").exception("At a menu entry")
            Gimp.message(f"Flawmap: {traceback.format_exc(limit=-1)}")

    def _show(self, state: str) -> None:
        if self._mailbox is not None:
            self._mailbox.show(state)


def _folder() -> Path:
    # All processes of the plug-in are children of one GIMP.
    return folder_of(str(GLib.get_user_runtime_dir()), os.getppid())
