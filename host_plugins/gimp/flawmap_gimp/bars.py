"""Bars: what the panel says across its whole width: overlay, work under way, and messages."""

from __future__ import annotations

from typing import Any

from flawmap_plugin.state import Message, State
from flawmap_plugin.texts import Texts

from .gtk import Gtk, Mnemonics, button, column, describe, style, wrapped
from .rows import Verbs

__all__ = ["DoingBar", "MessageBar", "OverlayBar"]


class OverlayBar:
    """Whether the overlay can be seen, said large: GIMP would save it with the photo, unasked."""

    def __init__(self, texts: Texts, do: Verbs, keys: Mnemonics) -> None:
        self._do = do
        self._visible = False
        self._text = wrapped()
        self._switch = Gtk.Switch()
        self._switch.set_valign(Gtk.Align.CENTER)
        describe(self._switch, texts("ui.toggle_overlay"))
        self._switch.connect("notify::active", self._on_switch)
        self._export = button(keys(texts("ui.export")), lambda: do("export"))
        line = Gtk.Box(spacing=8)
        line.pack_start(self._text, True, True, 0)
        line.pack_start(self._switch, False, False, 0)
        inside = column(line, self._export)
        inside.set_border_width(6)
        self.widget = Gtk.EventBox()
        self.widget.add(inside)
        inside.show_all()
        self.widget.set_no_show_all(True)

    def draw(self, state: State) -> None:
        """Show the state's overlay."""
        self._visible = state.overlay_visible
        self.widget.set_visible(state.overlay_present)
        self._text.set_text(state.overlay_text)
        self._switch.set_active(state.overlay_visible)
        self._export.set_visible(state.overlay_visible)
        style(self.widget, "flawmap-overlay-on", state.overlay_visible)

    def _on_switch(self, switch: Any, _spec: Any) -> None:
        if switch.get_active() != self._visible:
            self._do("toggle_overlay")


class DoingBar:
    """What is under way, how far it is, and the button that ends it."""

    def __init__(self, texts: Texts, do: Verbs, keys: Mnemonics) -> None:
        self._texts = texts
        self._bar = Gtk.ProgressBar()
        self._bar.set_valign(Gtk.Align.CENTER)
        self._text = wrapped()
        cancel = button(keys(texts("ui.cancel")), lambda: do("cancel"), texts("ui.cancel.tip"))
        line = Gtk.Box(spacing=8)
        line.pack_start(column(self._text, self._bar), True, True, 0)
        line.pack_start(cancel, False, False, 0)
        self.widget = Gtk.Revealer()
        self.widget.set_transition_duration(100)
        self.widget.add(line)

    def draw(self, state: State) -> None:
        """Show the state's work."""
        working = state.phase == "working"
        self.widget.set_reveal_child(working)
        self._text.set_text(state.doing)
        describe(self._bar, state.doing or self._texts("ui.progress"))
        if state.progress is not None:
            self._bar.set_fraction(min(1.0, max(0.0, state.progress)))
        elif working:
            self._bar.pulse()


class MessageBar:
    """The last thing to be said, with what to do about it."""

    def __init__(self, do: Verbs) -> None:
        self._do = do
        self._message: Message | None = None
        self.widget = Gtk.InfoBar()
        self.widget.set_show_close_button(True)
        style(self.widget, "flawmap-message", True)
        self.widget.connect("response", lambda _bar, _response: do("dismiss"))
        self._text = wrapped()
        self._hint = wrapped(css="flawmap-small")
        self._action = Gtk.Button(use_underline=True)
        self._action.connect("clicked", self._on_action)
        area = self.widget.get_content_area()
        area.add(column(self._text, self._hint, self._action))
        area.show_all()
        self.widget.set_no_show_all(True)
        self.widget.set_revealed(False)

    def draw(self, message: Message | None) -> None:
        """Show a message, or none."""
        self._message = message
        if message is None:
            self.widget.set_revealed(False)
            return
        kinds = {"error": Gtk.MessageType.ERROR, "warning": Gtk.MessageType.WARNING}
        self.widget.set_message_type(kinds.get(message.kind, Gtk.MessageType.INFO))
        self._text.set_text(message.text)
        self._hint.set_text(message.hint)
        self._hint.set_visible(bool(message.hint))
        self._action.set_label(message.action_label)
        self._action.set_visible(bool(message.action))
        self.widget.set_visible(True)
        self.widget.set_revealed(True)
        self.widget.get_accessible().set_name(f"{message.text} {message.hint}".strip())

    def _on_action(self, _button: Any) -> None:
        message = self._message
        if message is not None and message.action:
            verb = {"export_without_overlay": "export"}.get(message.action, message.action)
            self._do(verb, *([message.region] if message.region else []))
