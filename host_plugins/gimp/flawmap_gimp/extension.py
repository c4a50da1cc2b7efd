"""Extension: the plug-in as GIMP knows it, one process that lives as long as GIMP does.

GIMP waits for it at every start, so nothing is imported here but what adding menu entries needs;
the rest comes with the first call. Procedures return at once: GIMP waits for them, and its cancel
button would kill the whole process.
"""

from __future__ import annotations

import logging
import os
import sys
from typing import Any

import gi

gi.require_version("Gimp", "3.0")

from gi.repository import Gimp, GLib, GObject  # noqa: E402

from .procedures import EXTENSION, MENU, PROCEDURES, Entry  # noqa: E402

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
        kind = Gimp.PDBProcType.TEMPORARY
        if entry.image:
            procedure = Gimp.ImageProcedure.new(self, entry.name, kind, self._run_image, entry)
            procedure.set_image_types("*")
            procedure.set_sensitivity_mask(_ALWAYS if entry.always else _WITH_IMAGE)
        else:
            procedure = Gimp.Procedure.new(self, entry.name, kind, self._run_plain, entry)
        if entry.label:
            procedure.set_menu_label(entry.label)
            procedure.add_menu_path(MENU)
        procedure.set_documentation(entry.help, entry.help, entry.name)
        procedure.set_attribution("Flawmap", "Flawmap", "2026")
        flags = GObject.ParamFlags.READWRITE
        for argument in entry.arguments:
            procedure.add_string_argument(
                argument.name, argument.nick, argument.nick, argument.default, flags
            )
        if entry.answers:
            procedure.add_string_return_value("answer", "Answer", "JSON", "", flags)
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
        return self._run(procedure, entry, config, image, interactive=interactive)

    def _run_plain(self, procedure: Any, config: Any, entry: Entry) -> Any:
        return self._run(procedure, entry, config, None, interactive=False)

    def _run(
        self, procedure: Any, entry: Entry, config: Any, image: Any, *, interactive: bool
    ) -> Any:
        """Do what the entry says; whatever goes wrong is told to the caller, never lost."""
        arguments = [config.get_property(argument.name) for argument in entry.arguments]
        try:
            app = self._get_app()
            app.called(image, interactive=interactive)
            answer = getattr(app, entry.verb)(*arguments)
        except Exception as error:
            logging.getLogger("flawmap_plugin").exception("In %s", entry.name)
            failure = GLib.Error(str(error) or type(error).__name__)
            return procedure.new_return_values(Gimp.PDBStatusType.EXECUTION_ERROR, failure)
        values = procedure.new_return_values(Gimp.PDBStatusType.SUCCESS, GLib.Error())
        if entry.answers:
            values.remove(1)
            values.insert(1, GObject.Value(GObject.TYPE_STRING, answer or ""))
        return values

    def _get_app(self) -> Any:
        if self._app is None:
            from .app import App

            self._app = App(os.path.abspath(self.folder))
        return self._app
