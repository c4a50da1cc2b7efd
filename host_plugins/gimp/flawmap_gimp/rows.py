"""Rows: the list of flaws, a row for each, and what can be done with the chosen one below it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flawmap_plugin.state import Row, State
from flawmap_plugin.texts import Texts

from .gtk import Gdk, GLib, Gtk, Mnemonics, Rest, button, describe, style, wrapped
from .preview import filled

__all__ = ["FlawList", "Verbs"]

#: Called with a verb of the desk, and what it takes.
Verbs = Callable[..., None]

_MARKS = ("accepted", "ignored", "intentional")
_SWATCH = (14, 14)
_LAID_OUT_MS = 100
#: A repair is rendered again once its slider rests for so long, ms.
_REST_MS = 400


class FlawList:
    """A list box that follows `State.rows`; rows are changed in place, so that focus stays.

    Parameters
    ----------
    do : callable(verb, *arguments)
        The desk's verbs.
    chosen : callable(key)
        The person chose a row.
    keys : Mnemonics
        With the letters that the window around has taken.
    """

    def __init__(
        self, texts: Texts, do: Verbs, chosen: Callable[[str], None], keys: Mnemonics
    ) -> None:
        self._texts, self._do, self._chosen, self._keys = texts, do, chosen, keys
        self._rows: dict[str, _FlawRow] = {}
        self._drawing = False
        self._brought: tuple[str, list[str]] = ("", [])
        self.box = Gtk.ListBox()
        self.box.set_selection_mode(Gtk.SelectionMode.BROWSE)
        # A click opens a row; Return or a second click makes it the selection.
        self.box.set_activate_on_single_click(False)
        style(self.box, "flawmap-list", True)
        describe(self.box, texts("ui.flaws"))
        self.box.set_tooltip_text("")
        self.box.connect("row-selected", self._on_selected)
        self.box.connect("row-activated", lambda _box, row: row.select())
        self.widget = Gtk.ScrolledWindow()
        self.widget.set_policy(Gtk.PolicyType.NEVER, Gtk.PolicyType.AUTOMATIC)
        self.widget.set_shadow_type(Gtk.ShadowType.IN)
        self.widget.set_min_content_height(150)
        self.widget.add(self.box)

    def draw(self, state: State, chosen: str) -> None:
        """Show the state's rows; `chosen` is the key of the one that lies open."""
        self._drawing = True
        try:
            wanted = [row.key for row in state.rows]
            if wanted != list(self._rows):
                self._rebuild(state.rows)
            for row in state.rows:
                self._rows[row.key].draw(row, open_=row.key == chosen)
            target = self._rows.get(chosen)
            if target is not self.box.get_selected_row():
                self.box.select_row(target)
            if target is not None and (chosen, wanted) != self._brought:
                self._brought = (chosen, wanted)
                # Its place is known once the rows have been laid out.
                GLib.timeout_add(_LAID_OUT_MS, lambda: self._bring(chosen))
        finally:
            self._drawing = False

    def _bring(self, key: str) -> bool:
        """Scroll a row into view, without taking the keyboard to it."""
        row = self._rows.get(key)
        if row is not None:
            place = row.get_allocation()
            self.widget.get_vadjustment().clamp_page(place.y, place.y + place.height)
        return False

    def _rebuild(self, rows: tuple[Row, ...]) -> None:
        for child in self.box.get_children():
            self.box.remove(child)
        known = self._rows
        self._rows = {
            row.key: known.get(row.key) or _FlawRow(row, self._texts, self._do, self._keys.branch())
            for row in rows
        }
        for made in self._rows.values():
            self.box.add(made)
        self.box.show_all()

    def _on_selected(self, _box: Any, row: Any) -> None:
        if not self._drawing and row is not None:
            self._chosen(row.key)


class _FlawRow(Gtk.ListBoxRow):
    """One flaw: colour, title, score and eye; its sentence; and, if chosen, its actions."""

    __gtype_name__ = "FlawmapRow"

    def __init__(self, row: Row, texts: Texts, do: Verbs, keys: Mnemonics) -> None:
        super().__init__()
        self.key = row.key
        self._texts, self._do = texts, do
        self._drawing = False
        self._swatch = Gtk.Image.new_from_pixbuf(filled(*_SWATCH, row.colour))
        self._swatch.set_valign(Gtk.Align.CENTER)
        self._title = wrapped(css="flawmap-title")
        self._score = Gtk.Label(xalign=1)
        self._mark = Gtk.Label(xalign=1)
        style(self._mark, "dim-label", True)
        self._eye = Gtk.ToggleButton()
        self._eye.set_relief(Gtk.ReliefStyle.NONE)
        self._eye.set_valign(Gtk.Align.CENTER)
        self._eye_image = Gtk.Image()
        self._eye.add(self._eye_image)
        self._eye.connect("toggled", self._on_eye)
        top = Gtk.Box(spacing=8)
        for widget in (self._swatch, self._title, self._mark, self._score, self._eye):
            top.pack_start(widget, widget is self._title, widget is self._title, 0)
        self._sentence = wrapped(css="flawmap-small")
        style(self._sentence, "dim-label", True)
        self._rest = Rest(_REST_MS)
        self._actions = self._make_actions(keys)
        box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=2)
        for widget in (top, self._sentence, self._actions):
            box.pack_start(widget, False, False, 0)
        self.add(box)
        self._actions.set_no_show_all(True)
        for child in self._actions.get_children():
            child.show_all()

    def _make_actions(self, keys: Mnemonics) -> Any:
        texts = self._texts
        self._select = Gtk.Button.new_with_mnemonic(keys(texts("ui.select")))
        self._select.set_tooltip_text(texts("ui.select.tip"))
        self._select.connect("clicked", lambda _button: self.select())
        self._repair = button(
            keys(texts("ui.repair")), lambda: self._do("repair", self.key), texts("ui.repair.tip")
        )
        self._undo = button(
            keys(texts("ui.undo_repair")), lambda: self._do("undo_repair", self.key)
        )
        self._marks = Gtk.MenuButton(use_underline=True, label=keys(texts("ui.mark")))
        self._marks.set_popup(self._mark_menu())
        buttons = Gtk.FlowBox()
        buttons.set_selection_mode(Gtk.SelectionMode.NONE)
        buttons.set_max_children_per_line(4)
        buttons.set_column_spacing(4)
        for widget in (self._select, self._repair, self._undo, self._marks):
            child = Gtk.FlowBoxChild()
            child.set_can_focus(False)
            child.add(widget)
            buttons.add(child)
        self._strength = Gtk.Scale.new_with_range(Gtk.Orientation.HORIZONTAL, 0, 100, 5)
        self._strength.set_value_pos(Gtk.PositionType.RIGHT)
        self._strength.connect("format-value", lambda _scale, value: f"{value:.0f} %")
        self._strength.connect("value-changed", self._on_strength)
        label = Gtk.Label(xalign=0)
        label.set_text_with_mnemonic(keys(texts("ui.strength")))
        label.set_mnemonic_widget(self._strength)
        describe(self._strength, texts("ui.strength"))
        self._strength_line = Gtk.Box(spacing=6)
        self._strength_line.pack_start(label, False, False, 0)
        self._strength_line.pack_start(self._strength, True, True, 0)
        self._repaired = wrapped(css="flawmap-small")
        box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=2)
        for widget in (buttons, self._repaired, self._strength_line):
            box.pack_start(widget, False, False, 0)
        return box

    def draw(self, row: Row, *, open_: bool) -> None:
        """Show the row as it is now."""
        self._drawing = True
        try:
            self._title.set_text(row.title)
            self._sentence.set_text(row.sentence)
            self._mark.set_text(row.mark_label if row.mark else "")
            self._score.set_text(row.score)
            improved = row.after is not None and row.before is not None and row.after < row.before
            style(self._score, "flawmap-better", improved)
            self._eye.set_active(row.visible)
            self._eye.set_sensitive("eye" in row.actions)
            icon = "gimp-visible" if row.visible else "gimp-visible-off"
            self._eye_image.set_from_icon_name(_known(icon), Gtk.IconSize.BUTTON)
            describe(self._eye, f"{self._texts('ui.eye')}: {row.title}", self._texts("ui.eye"))
            describe(self, f"{row.title}. {row.sentence} {row.score} {row.mark_label}".strip())
            self.set_tooltip_text("")
            self._draw_actions(row, open_)
        finally:
            self._drawing = False

    def _draw_actions(self, row: Row, open_: bool) -> None:
        # Hidden ones take no part in mnemonics: each letter speaks of the chosen row alone.
        self._actions.set_visible(open_)
        for widget, verb in (
            (self._select, "select"),
            (self._repair, "repair"),
            (self._undo, "undo_repair"),
            (self._marks, "mark"),
        ):
            widget.set_sensitive(verb in row.actions)
        self._undo.get_parent().set_visible(row.repaired)
        self._repaired.set_text(row.repair)
        self._repaired.set_visible(bool(row.repair))
        self._strength_line.set_visible("change_strength" in row.actions)
        moved = abs(self._strength.get_value() - 100 * row.strength) > 0.5
        if moved and not self._rest.waiting:
            self._strength.set_value(100 * row.strength)

    def _on_eye(self, eye: Any) -> None:
        if not self._drawing:
            self._do("set_visible", self.key, eye.get_active())

    def _on_strength(self, scale: Any) -> None:
        if not self._drawing:
            self._rest(lambda: self._do("change_strength", self.key, scale.get_value() / 100))

    def _mark_menu(self) -> Any:
        menu = Gtk.Menu()
        for mark in (*_MARKS, None):
            item = Gtk.MenuItem.new_with_label(self._texts(f"ui.mark.{mark or 'none'}"))
            item.connect("activate", lambda _item, said: self._do("mark", self.key, said), mark)
            menu.append(item)
        menu.show_all()
        return menu

    def select(self) -> None:
        """Make it the selection; with Shift it is added, with Ctrl taken away, as GIMP does."""
        known, state = Gtk.get_current_event_state()
        add = bool(known and state & Gdk.ModifierType.SHIFT_MASK)
        subtract = bool(known and state & Gdk.ModifierType.CONTROL_MASK)
        how = {(True, False): "add", (False, True): "subtract", (True, True): "intersect"}
        self._do("select", self.key, how.get((add, subtract), "replace"))


def _known(icon: str) -> str:
    """GIMP's own icon, or one that every theme has."""
    if Gtk.IconTheme.get_default().has_icon(icon):
        return icon
    return "view-reveal-symbolic" if icon == "gimp-visible" else "view-conceal-symbolic"
