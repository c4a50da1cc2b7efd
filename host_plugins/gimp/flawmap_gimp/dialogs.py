"""Dialogs: where to export to, the engine's status, and settings; none of them waits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flawmap_plugin.desk import Desk
from flawmap_plugin.settings import LANGUAGES
from flawmap_plugin.texts import Texts

from .gtk import Gtk, Mnemonics, describe, ready, wrapped

__all__ = ["ask_where_to_export", "show_settings", "show_status"]

_KEPT_ENDINGS = (".png", ".tif", ".tiff", ".jpg", ".jpeg", ".webp", ".xcf")


def ask_where_to_export(
    parent: Any,
    texts: Texts,
    path: Path | None,
    title: str,
    export: Callable[[Path], None],
) -> None:
    """Ask for a file, and before one is overwritten; then `export` it."""
    ready()
    dialog = Gtk.FileChooserDialog(
        title=texts("ui.export"), transient_for=parent, action=Gtk.FileChooserAction.SAVE
    )
    keys = Mnemonics()
    dialog.add_button(keys(texts("ui.cancel")), Gtk.ResponseType.CANCEL)
    dialog.add_button(keys(texts("ui.ok")), Gtk.ResponseType.ACCEPT)
    dialog.set_default_response(Gtk.ResponseType.ACCEPT)
    dialog.set_do_overwrite_confirmation(True)
    known = path.suffix.lower() in _KEPT_ENDINGS if path is not None else False
    ending = path.suffix if path is not None and known else ".png"
    name = path.stem if path is not None else Path(title.strip("[]")).stem
    if path is not None and path.parent.is_dir():
        dialog.set_current_folder(str(path.parent))
    # A name of its own: the photo that was opened is not what is first offered to be overwritten.
    dialog.set_current_name(f"{name}-export{ending}")

    def answered(_dialog: Any, response: Any) -> None:
        chosen = dialog.get_filename()
        dialog.destroy()
        if response == Gtk.ResponseType.ACCEPT and chosen:
            export(Path(chosen))

    dialog.connect("response", answered)
    dialog.show()


def show_status(parent: Any, desk: Desk, log: Path, copy: Callable[[], None]) -> None:
    """The engine's state, where the log is, and everything that somebody who helps wants."""
    ready()
    texts, keys = desk.texts, Mnemonics()
    dialog = Gtk.Dialog(title=texts("ui.status").rstrip(" …"), transient_for=parent)
    dialog.add_button(keys(texts("ui.copy_diagnostics")), 1)
    dialog.add_button(keys(texts("ui.open_log")), 2)
    dialog.add_button(keys(texts("ui.close")), Gtk.ResponseType.CLOSE)
    status = wrapped(desk.status())
    status.set_selectable(True)
    view = Gtk.TextView(editable=False, monospace=True, cursor_visible=False)
    view.get_buffer().set_text(desk.diagnostics())
    describe(view, texts("ui.copy_diagnostics"))
    view.set_tooltip_text("")
    frame = Gtk.ScrolledWindow(shadow_type=Gtk.ShadowType.IN)
    frame.add(view)
    frame.set_vexpand(True)
    _fill(dialog, status, frame)
    dialog.set_default_size(620, 420)

    def answered(_dialog: Any, response: int) -> None:
        if response == 1:
            copy()
        elif response == 2:
            Gtk.show_uri_on_window(dialog, log.as_uri(), 0)
        else:
            dialog.destroy()

    dialog.connect("response", answered)
    dialog.show_all()


def show_settings(parent: Any, desk: Desk) -> None:
    """What a person may choose; each choice takes effect at once."""
    ready()
    texts, keys = desk.texts, Mnemonics()
    dialog = Gtk.Dialog(title=texts("ui.settings").rstrip(" …"), transient_for=parent)
    dialog.add_button(keys(texts("ui.close")), Gtk.ResponseType.CLOSE)
    switches = []
    for name in ("keep_masks", "host_filters"):
        switch = Gtk.CheckButton.new_with_mnemonic(keys(texts(f"ui.settings.{name}")))
        switch.set_active(getattr(desk.settings, name))
        switch.connect(
            "toggled", lambda box, which: desk.change_settings(**{which: box.get_active()}), name
        )
        switches.append(switch)
    language = Gtk.ComboBoxText()
    for each in LANGUAGES:
        language.append(each, texts(f"ui.settings.language.{each}"))
    language.set_active_id(desk.settings.language)
    language.connect("changed", lambda box: desk.change_settings(language=box.get_active_id()))
    describe(language, texts("ui.settings.language"))
    label = Gtk.Label(xalign=0)
    label.set_text_with_mnemonic(keys(texts("ui.settings.language")))
    label.set_mnemonic_widget(language)
    line = Gtk.Box(spacing=8)
    line.pack_start(label, False, False, 0)
    line.pack_start(language, True, True, 0)
    _fill(dialog, *switches, line)
    dialog.connect("response", lambda *_: dialog.destroy())
    dialog.show_all()


def _fill(dialog: Any, *widgets: Any) -> None:
    area = dialog.get_content_area()
    area.set_border_width(10)
    area.set_spacing(8)
    for widget in widgets:
        area.add(widget)
