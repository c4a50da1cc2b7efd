"""Panel: Flawmap's window, which stays open while one paints.

It draws the desk's state and calls the desk's verbs, nothing more. It keeps above GIMP's windows,
and never takes the keyboard from them by itself.
"""

from __future__ import annotations

from typing import Any

from flawmap_plugin.state import Message, State
from flawmap_plugin.texts import Texts

from .bars import DoingBar, MessageBar, OverlayBar
from .gtk import Gdk, Gtk, Mnemonics, Pango, Rest, button, column, describe, style, wrapped
from .preview import Preview
from .rows import FlawList, Verbs
from .source import Source

__all__ = ["Panel"]

#: The window's menu: verbs and their texts.
_MENU = {
    "find_whole": "ui.find_whole",
    "keep_masks": "ui.keep_masks",
    "export": "ui.export",
    "remove_overlay": "ui.remove_overlay",
    "settings": "ui.settings",
    "engine_status": "ui.status",
    "copy_diagnostics": "ui.copy_diagnostics",
}
#: How long a slider has to rest until the desk hears of it, ms.
_REST_MS = 150


class Panel:
    """The window.

    Parameters
    ----------
    texts : Texts
    do : callable(verb, *arguments)
        The desk's verbs, and those of the shell ("export", "settings", "engine_status",
        "copy_diagnostics", "activate").
    source : Source
    """

    def __init__(self, texts: Texts, do: Verbs, source: Source) -> None:
        self._texts, self._do, self._source = texts, do, source
        self._state = State()
        self._open = ""
        self._selected = ""
        self._drawing = False
        self._keys = Mnemonics()
        self._rests = {"set_strictness": Rest(_REST_MS), "set_opacity": Rest(_REST_MS)}
        self.window = Gtk.Window(title="Flawmap")
        self.window.set_role("flawmap-panel")
        self.window.set_keep_above(True)
        self.window.set_focus_on_map(False)
        self.window.set_type_hint(Gdk.WindowTypeHint.UTILITY)
        self.window.set_skip_taskbar_hint(True)
        # Closed means hidden: it opens again as it was.
        self.window.connect("delete-event", lambda window, _event: window.hide() or True)
        self.window.connect("key-press-event", self._on_key)
        self._build()
        self.window.set_default_size(*_first_size(self.window))

    def show(self) -> None:
        """Bring it up, without taking the keyboard."""
        self.window.show()

    def replace(self, other: Panel) -> None:
        """Take the place and size of another one, which goes."""
        shown, place, size = (
            other.window.get_visible(),
            other.window.get_position(),
            other.window.get_size(),
        )
        other.window.destroy()
        self.window.resize(*size)
        self.window.move(*place)
        if shown:
            self.show()

    def point_at_preview(self) -> None:
        """Tell the person to click into the small picture."""
        self._message.draw(Message("info", self._texts("ui.preview")))

    @property
    def chosen(self) -> str:
        """Key of the row that lies open; empty if none does."""
        return self._open

    def draw(self, state: State) -> None:
        """Show a new state."""
        fresh_picture = _look(state) != _look(self._state)
        self._state = state
        if state.selected != self._selected:
            self._selected = self._open = state.selected
        if state.row(self._open) is None:
            self._open = state.rows[0].key if state.rows else ""
        self._drawing = True
        try:
            self._draw_documents(state)
            self._doing.draw(state)
            self._message.draw(state.message)
            self._overlay.draw(state)
            self._draw_controls(state)
            self._list.draw(state, self._open)
        finally:
            self._drawing = False
        self._preview.show(state, self._open, self._source.size())
        if fresh_picture:
            self._preview.refresh()

    # ------------------------------------------------------------------------ making it

    def _build(self) -> None:
        top = self._build_top()
        self._overlay = OverlayBar(self._texts, self._do, self._keys)
        self._doing = DoingBar(self._texts, self._do, self._keys)
        self._message = MessageBar(self._do)
        content = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=6)
        content.set_border_width(8)
        for part, grows in (
            (top, False),
            (self._overlay.widget, False),
            (self._doing.widget, False),
            (self._message.widget, False),
            (self._build_preview(), False),
            (self._build_list(), True),
            (self._build_controls(), False),
        ):
            content.pack_start(part, grows, grows, 0)
        content.show_all()
        # Where the screen is low and the font is large, everything can still be reached.
        frame = Gtk.ScrolledWindow()
        frame.set_policy(Gtk.PolicyType.NEVER, Gtk.PolicyType.AUTOMATIC)
        frame.add(content)
        frame.show()
        self.window.add(frame)

    def _build_top(self) -> Any:
        texts = self._texts
        self._documents = Gtk.ComboBoxText()
        describe(self._documents, texts("ui.document"))
        self._documents.connect("changed", self._on_document)
        for cell in self._documents.get_cells():
            cell.set_property("ellipsize", 2)
        keys = self._keys
        find = keys(texts("ui.find"))
        self._find = button(find, lambda: self._do("find"), texts("ui.find.tip"))
        style(self._find, "suggested-action", True)
        self._score = button(
            keys(texts("ui.score_selection")),
            lambda: self._do("score_selection"),
            texts("ui.score_selection.tip"),
        )
        more = Gtk.MenuButton()
        more.set_image(Gtk.Image.new_from_icon_name("open-menu-symbolic", Gtk.IconSize.BUTTON))
        describe(more, texts("ui.more"))
        menu, letters = Gtk.Menu(), Mnemonics()
        self._menu_items = {}
        for verb, key in _MENU.items():
            item = Gtk.MenuItem.new_with_mnemonic(letters(texts(key)))
            item.connect("activate", lambda _item, name: self._do(name), verb)
            menu.append(item)
            self._menu_items[verb] = item
        menu.show_all()
        more.set_popup(menu)
        line = Gtk.Box(spacing=6)
        line.pack_start(self._find, True, True, 0)
        line.pack_start(self._score, True, True, 0)
        line.pack_start(more, False, False, 0)
        return column(self._documents, line)

    def _build_preview(self) -> Any:
        texts = self._texts
        self._preview = Preview(
            self._source.thumbnail,
            lambda x, y: self._do("select_at", x, y),
            texts("ui.preview"),
        )
        return self._preview.widget

    def _build_list(self) -> Any:
        texts = self._texts
        self._summary = wrapped(css="flawmap-title")
        self._notes = wrapped(css="flawmap-small")
        style(self._notes, "dim-label", True)
        self._selection_score = wrapped()
        self._selection_score.set_selectable(True)
        self._previous = button(
            texts("ui.select_previous"), lambda: self._do("select_next", -1), icon="go-up-symbolic"
        )
        self._next = button(
            texts("ui.select_next"), lambda: self._do("select_next", 1), icon="go-down-symbolic"
        )
        line = Gtk.Box()
        line.pack_start(self._summary, True, True, 0)
        line.pack_start(self._previous, False, False, 0)
        line.pack_start(self._next, False, False, 0)
        self._list = FlawList(texts, self._do, self._on_chosen, self._keys)
        box = column(self._selection_score, line)
        box.pack_start(self._list.widget, True, True, 0)
        box.pack_start(self._notes, False, False, 0)
        for label in (self._notes, self._selection_score):
            label.set_no_show_all(True)
        return box

    def _build_controls(self) -> Any:
        texts = self._texts
        grid = Gtk.Grid(row_spacing=4, column_spacing=8)
        self._strictness = self._scale(grid, 0, "ui.strictness", (-100, 100), "set_strictness")
        self._strictness.add_mark(0, Gtk.PositionType.BOTTOM, None)
        self._opacity = self._scale(grid, 1, "ui.opacity", (0, 100), "set_opacity")
        views = Gtk.Box()
        style(views, "linked", True)
        self._views = {}
        first = None
        for view in ("screen", "pixel"):
            label = self._keys(texts(f"ui.view.{view}"))
            choice = Gtk.RadioButton.new_with_mnemonic_from_widget(first, label)
            choice.set_mode(False)
            choice.connect("toggled", self._on_view, view)
            views.pack_start(choice, True, True, 0)
            self._views[view] = choice
            first = first or choice
        label = Gtk.Label(label=texts("ui.view"), xalign=0)
        grid.attach(label, 0, 2, 1, 1)
        grid.attach(views, 1, 2, 1, 1)
        self._engine = wrapped(css="flawmap-small", lines=False)
        style(self._engine, "dim-label", True)
        return column(grid, self._engine)

    def _scale(
        self,
        grid: Any,
        row: int,
        key: str,
        ends: tuple[int, int],
        verb: str,
    ) -> Any:
        scale = Gtk.Scale.new_with_range(Gtk.Orientation.HORIZONTAL, *ends, 5)
        scale.set_draw_value(False)
        scale.set_hexpand(True)
        describe(scale, self._texts(key))
        scale.connect("value-changed", lambda _scale: self._soon(verb, scale))
        label = Gtk.Label(xalign=0)
        label.set_text_with_mnemonic(self._keys(self._texts(key)))
        label.set_mnemonic_widget(scale)
        grid.attach(label, 0, row, 1, 1)
        grid.attach(scale, 1, row, 1, 1)
        return scale

    # ------------------------------------------------------------------------ drawing it

    def _draw_documents(self, state: State) -> None:
        documents = self._source.documents()
        self._documents.set_visible(len(documents) > 1)
        if [row[1] for row in self._documents.get_model()] != [key for key, _ in documents]:
            self._documents.remove_all()
            for key, title in documents:
                self._documents.append(key, title)
        if self._documents.get_active_id() != state.document:
            self._documents.set_active_id(state.document)
        self.window.set_title(f"{state.title} – Flawmap" if state.title else "Flawmap")

    def _draw_controls(self, state: State) -> None:
        can = state.can
        self._find.set_sensitive("find" in can)
        self._score.set_sensitive("score_selection" in can)
        for widget in (self._previous, self._next):
            widget.set_sensitive(bool(state.rows) and "select_next" in can)
        for verb, name in (
            ("find_whole", "find"),
            ("keep_masks", "keep_masks"),
            ("export", "export_without_overlay"),
            ("remove_overlay", "remove_overlay"),
        ):
            self._menu_items[verb].set_sensitive(name in can)
        self._menu_items["find_whole"].set_visible(state.limited)
        self._summary.set_text(state.summary)
        _fill(self._notes, "\n".join(state.notes))
        _fill(self._selection_score, state.selection_score)
        self._engine.set_text(state.engine)
        for verb, scale, value in (
            ("set_strictness", self._strictness, state.strictness),
            ("set_opacity", self._opacity, state.opacity),
        ):
            # A slider that is being moved knows better than the state.
            if not self._rests[verb].waiting and abs(scale.get_value() - 100 * value) > 0.5:
                scale.set_value(100 * value)
        self._opacity.set_sensitive(state.overlay_present)
        if state.view in self._views:
            self._views[state.view].set_active(True)

    # ------------------------------------------------------------------------ hearing of it

    def _soon(self, verb: str, scale: Any) -> None:
        """Tell the desk once the slider rests."""
        if not self._drawing:
            self._rests[verb](lambda: self._do(verb, scale.get_value() / 100))

    def _on_chosen(self, key: str) -> None:
        self._open = key
        self._list.draw(self._state, key)
        self._preview.show(self._state, key, self._source.size())

    def _on_document(self, combo: Any) -> None:
        key = combo.get_active_id()
        if not self._drawing and key:
            self._do("activate", key)

    def _on_view(self, choice: Any, view: str) -> None:
        if not self._drawing and choice.get_active():
            self._do("set_view", view)

    def _on_key(self, _window: Any, event: Any) -> bool:
        if event.keyval != Gdk.KEY_Escape:
            return False
        if self._state.phase == "working":
            self._do("cancel")
        else:
            self.window.hide()
        return True


def _first_size(window: Any) -> tuple[int, int]:
    """As wide as a line of text needs to be, whatever the font's size; within the screen."""
    metrics = window.get_pango_context().get_metrics(None, None)
    letter = metrics.get_approximate_char_width() / Pango.SCALE
    screen = Gdk.Display.get_default().get_monitor(0).get_workarea()
    return min(round(54 * letter), screen.width), min(round(120 * letter), screen.height - 60)


def _look(state: State) -> object:
    """What the small picture depends on."""
    rows = tuple((row.key, row.visible, row.repaired, row.strength) for row in state.rows)
    return state.document, state.phase, state.overlay_visible, state.overlay_present, rows


def _fill(label: Any, text: str) -> None:
    label.set_text(text)
    label.set_visible(bool(text))
