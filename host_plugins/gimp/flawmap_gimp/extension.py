"""Extension: the plug-in as GIMP knows it, one process that lives as long as GIMP does.

GIMP waits for it at every start, so nothing is imported here but what adding menu entries needs;
the rest comes with the first call.

Procedures return at once and do their work from the main loop. GIMP waits for them, and its cancel
button would kill the whole process; and GIMP may call one while this process waits for an answer of
GIMP's: whoever asked GIMP something within such a call would be given the other's answer.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
from typing import Any

import gi

gi.require_version("Gimp", "3.0")

from gi.repository import Gimp, GLib, GObject  # noqa: E402

from .procedures import EXTENSION, MENU, PROCEDURES, STATE, Entry  # noqa: E402

__all__ = ["Extension", "main"]

_ALWAYS = (
    Gimp.ProcedureSensitivityMask.DRAWABLE
    | Gimp.ProcedureSensitivityMask.DRAWABLES
    | Gimp.ProcedureSensitivityMask.NO_DRAWABLES
    | Gimp.ProcedureSensitivityMask.NO_IMAGE
)
_WITH_IMAGE = (
    Gimp.ProcedureSensitivityMask.DRAWABLE
    | Gimp.ProcedureSensitivityMask.DRAWABLES
    | Gimp.ProcedureSensitivityMask.NO_DRAWABLES
)


def main(folder: str) -> None:
    """Run as GIMP's plug-in; `folder` is where it was installed."""
    Extension.folder = folder
    Gimp.main(Extension.__gtype__, sys.argv)


class Extension(Gimp.PlugIn):
    """The plug-in's process."""

    __gtype_name__ = "FlawmapExtension"
    folder = ""
    _app: Any = None
    _calls = 0

    def do_set_i18n(self, name: str) -> bool:  # noqa: ARG002
        """Texts come from the shared catalogue, not from gettext."""
        return False

    def do_query_procedures(self) -> list[str]:
        """What GIMP asks once for every new file."""
        return [EXTENSION]

    def do_create_procedure(self, name: str) -> Any:
        """The procedure without arguments that GIMP calls at its start."""
        procedure = Gimp.Procedure.new(
            self, name, Gimp.PDBProcType.PERSISTENT, self._run_extension, None
        )
        procedure.set_documentation(
            "Finds flaws in photos", "Keeps the connection to Flawmap's engine", name
        )
        procedure.set_attribution("Flawmap", "Flawmap", "2026")
        return procedure

    def _run_extension(self, procedure: Any, _config: Any, _data: Any) -> Any:
        for entry in PROCEDURES:
            self.add_temp_procedure(self._procedure(entry))
        procedure.persistent_ready()
        self.persistent_enable()
        GLib.MainLoop().run()
        return procedure.new_return_values(Gimp.PDBStatusType.SUCCESS, GLib.Error())

    def do_quit(self) -> None:
        """GIMP ends: say goodbye to the engine."""
        if self._app is not None:
            self._app.close()

    def _procedure(self, entry: Entry) -> Any:
        # Not an ImageProcedure: that is given layers too, and libgimp asks GIMP what they are.
        procedure = Gimp.Procedure.new(
            self, entry.name, Gimp.PDBProcType.TEMPORARY, self._run, entry
        )
        flags = GObject.ParamFlags.READWRITE
        if entry.image:
            procedure.add_enum_argument(
                "run-mode",
                "Run mode",
                "Run mode",
                Gimp.RunMode.__gtype__,
                Gimp.RunMode.NONINTERACTIVE,
                flags,
            )
            procedure.add_image_argument("image", "Image", "Image", True, flags)
            procedure.set_image_types("*")
            procedure.set_sensitivity_mask(_ALWAYS if entry.always else _WITH_IMAGE)
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
        procedure.set_attribution("Flawmap", "Flawmap", "2026")
        return procedure

    def _run(self, procedure: Any, config: Any, entry: Entry) -> Any:
        image, interactive = None, False
        if entry.image:
            image = config.get_property("image")
            interactive = config.get_property("run-mode") != Gimp.RunMode.NONINTERACTIVE
        number = image.get_id() if image is not None else 0
        arguments = [config.get_property(argument.name) for argument in entry.arguments]
        answer = ""
        if entry.name == STATE:
            answer = self._app.state_text() if self._app is not None else "{}"
        else:
            self._calls += 1
            answer = str(self._calls)
            GLib.idle_add(self._perform, entry, number, interactive, arguments, self._calls)
        values = procedure.new_return_values(Gimp.PDBStatusType.SUCCESS, GLib.Error())
        if entry.answers:
            values.remove(1)
            values.insert(1, GObject.Value(GObject.TYPE_STRING, answer))
        return values

    def _perform(
        self, entry: Entry, image: int, interactive: bool, arguments: list[str], call: int
    ) -> bool:
        """Do what the entry says, from the main loop."""
        try:
            if self._app is None:
                from .app import App

                self._app = App(os.path.abspath(self.folder))
            self._app.perform(entry.verb, arguments, image=image, interactive=interactive)
        except Exception:
            # Only a broken installation comes here: the app tells its own troubles.
            logging.getLogger("flawmap_plugin").exception("In %s", entry.name)
            Gimp.message(f"Flawmap: {traceback.format_exc(limit=1)}")
        if self._app is not None:
            self._app.performed = call
        return False
