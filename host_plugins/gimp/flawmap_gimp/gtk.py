"""Gtk: GTK 3 made ready once, and small things that every window of ours needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
gi.require_version("GimpUi", "3.0")

from gi.repository import Gdk, GimpUi, GLib, Gtk, Pango  # noqa: E402

__all__ = [
    "GLib",
    "Gdk",
    "Gtk",
    "Mnemonics",
    "Pango",
    "Rest",
    "button",
    "column",
    "copy_text",
    "describe",
    "has_display",
    "ready",
    "style",
    "wrapped",
]

_CSS = b"""
.flawmap-overlay-on, .flawmap-overlay-on > box, .flawmap-overlay-on > box > box {
    background-color: #f2c94c; color: #201a00;
}
.flawmap-overlay-on > box > box > label { color: #201a00; font-weight: bold; font-size: larger; }
.flawmap-title { font-weight: bold; }
.flawmap-small { font-size: smaller; }
.flawmap-better { color: #4caf7d; font-weight: bold; }
.flawmap-list row { padding: 4px 6px; }
.flawmap-list row box { background: none; }
.flawmap-message > revealer > box box, .flawmap-message label { background: none; }
.flawmap-list row:selected { border-left: 3px solid #8ab4f8; }
"""


def has_display() -> bool:
    """Whether windows can be shown; without a display GTK would end the process."""
    return Gdk.Display.get_default() is not None


def ready() -> None:
    """Take GIMP's theme and our few styles; a second call does nothing."""
    global _ready
    if _ready:
        return
    _ready = True
    GimpUi.init("flawmap")
    provider = Gtk.CssProvider()
    provider.load_from_data(_CSS)
    Gtk.StyleContext.add_provider_for_screen(
        Gdk.Screen.get_default(), provider, Gtk.STYLE_PROVIDER_PRIORITY_APPLICATION
    )


_ready = False


class Mnemonics:
    """Gives every label of a window a letter of its own, in whatever language it is.

    ::

        keys = Mnemonics()
        keys("Find flaws")      # "_Find flaws"
        keys("Flawmap")         # "F_lawmap"
    """

    def __init__(self, taken: str = "") -> None:
        self._taken = set(taken.casefold())

    def branch(self) -> Mnemonics:
        """Letters for a part that is shown beside these labels, and never beside its like."""
        return Mnemonics("".join(self._taken))

    def __call__(self, label: str) -> str:
        """The label with its letter marked; unmarked once every letter of it is taken."""
        starts = [i for i in range(len(label)) if i == 0 or label[i - 1] == " "]
        for i in starts + list(range(len(label))):
            letter = label[i].casefold()
            if letter.isalnum() and letter not in self._taken:
                self._taken.add(letter)
                return f"{label[:i]}_{label[i:]}"
        return label


class Rest:
    """Calls something once a slider has come to rest, the last thing only.

    Parameters
    ----------
    ms : int
        How long it has to rest.
    """

    def __init__(self, ms: int) -> None:
        self._ms = ms
        self._number: int | None = None

    @property
    def waiting(self) -> bool:
        """Whether it still moves."""
        return self._number is not None

    def __call__(self, what: Callable[[], None]) -> None:
        """Call `what` in a while, instead of what was to be called."""
        if self._number is not None:
            GLib.source_remove(self._number)

        def now() -> bool:
            self._number = None
            what()
            return False

        self._number = GLib.timeout_add(self._ms, now)


def describe(widget: Any, name: str, tip: str = "") -> Any:
    """Give a widget a name for screen readers, and a tooltip (default: the name); returns it."""
    accessible = widget.get_accessible()
    if accessible is not None:
        accessible.set_name(name.replace("_", ""))
    widget.set_tooltip_text((tip or name).replace("_", ""))
    return widget


def button(label: str, what: Callable[[], None], tip: str = "", icon: str = "") -> Any:
    """A push button with a mnemonic, or with an icon and the label for screen readers."""
    if icon:
        made = Gtk.Button.new_from_icon_name(icon, Gtk.IconSize.BUTTON)
        made.set_relief(Gtk.ReliefStyle.NONE)
        describe(made, label, tip)
    else:
        made = Gtk.Button.new_with_mnemonic(label)
        if tip:
            made.set_tooltip_text(tip)
    made.connect("clicked", lambda _button: what())
    return made


def wrapped(text: str = "", css: str = "", *, lines: bool = True) -> Any:
    """A label that breaks its lines, and never makes the window wider."""
    label = Gtk.Label(label=text, xalign=0)
    label.set_line_wrap(lines)
    label.set_line_wrap_mode(Pango.WrapMode.WORD_CHAR)
    if not lines:
        label.set_ellipsize(Pango.EllipsizeMode.END)
    # The natural width of a wrapping label is its text on one line; this one takes what it gets.
    label.set_max_width_chars(1)
    label.set_hexpand(True)
    if css:
        style(label, css, True)
    return label


def column(*widgets: Any) -> Any:
    """Widgets below each other, each as high as it needs to be."""
    box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=4)
    for widget in widgets:
        box.pack_start(widget, False, False, 0)
    return box


def style(widget: Any, css: str, on: bool) -> None:
    """Add or remove a style class."""
    context = widget.get_style_context()
    if on:
        context.add_class(css)
    else:
        context.remove_class(css)


def copy_text(text: str) -> None:
    """Put a text on the clipboard; it stays there when the window is closed."""
    clipboard = Gtk.Clipboard.get(Gdk.SELECTION_CLIPBOARD)
    clipboard.set_text(text, -1)
    clipboard.store()
