"""The docker's contents: draws the desk's state and calls its verbs, nothing more."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flawmap_plugin.state import Row, State

from .flawlist import FlawList
from .message import MessageBar
from .qt import QtCore, QtWidgets

if TYPE_CHECKING:
    from .app import App

__all__ = ["Panel"]

#: Verdicts in the order of the menu; "" takes a mark back.
_VERDICTS = ("accepted", "ignored", "intentional", "")


class Panel(QtWidgets.QWidget):
    """One docker's widgets.

    Parameters
    ----------
    app : App
    renew : callable
        Called once when the widgets no longer speak the person's language.
    """

    def __init__(self, app: App, renew: Callable[[], None]) -> None:
        super().__init__()
        self._app = app
        self._renew = renew
        self._desk = app.desk
        self._texts = app.desk.texts
        self._state = State()
        self._build()
        watch = self._watch = self._desk.observe(self.draw)
        # Not a method: it would hold the widget that is being destroyed.
        self.destroyed.connect(lambda *_: watch.stop())

    def close_watch(self) -> None:
        """Follow the desk no more."""
        self._watch.stop()

    # ------------------------------------------------------------------ widgets

    def _build(self) -> None:
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.setSpacing(4)
        layout.addLayout(self._build_top())
        self._progress = QtWidgets.QProgressBar()
        self._progress.setAccessibleName(self._texts("ui.progress"))
        self._progress.setTextVisible(False)
        self._progress.setMaximumHeight(6)
        self._doing = self._label()
        self._message = MessageBar(self._texts, self._act, self._desk.dismiss)
        self._summary = self._label()
        self._list = FlawList(self._texts)
        self._list.current.connect(self._draw_details)
        self._list.eye.connect(self._desk.set_visible)
        self._list.wanted.connect(self._select)
        self._list.repair.connect(self._repair)
        self._list.menu.connect(self._open_menu)
        self._notes = self._label()
        self._score = self._label()
        for widget in (
            self._progress,
            self._doing,
            self._message,
            self._score,
            self._summary,
        ):
            layout.addWidget(widget)
        layout.addWidget(self._list, 1)
        layout.addWidget(self._notes)
        layout.addWidget(self._build_details())
        layout.addLayout(self._build_controls())
        self._overlay = self._label()
        self._engine = self._label()
        layout.addWidget(self._overlay)
        layout.addWidget(self._engine)

    def _build_top(self) -> QtWidgets.QHBoxLayout:
        row = QtWidgets.QHBoxLayout()
        self._find = self._button("ui.find", self._app.find)
        tip = self._texts("ui.find.tip")
        if self._app.host.can.replace_is_two_steps:
            tip += " " + self._texts("ui.replace_is_two_steps")
        self._find.setToolTip(tip)
        self._cancel = self._button("ui.cancel", self._desk.cancel)
        self._cancel.setToolTip(self._texts("ui.cancel.tip"))
        self._eye = QtWidgets.QToolButton()
        self._eye.setCheckable(True)
        self._eye.clicked.connect(lambda *_: self._desk.toggle_overlay())
        self._name(self._eye, "ui.toggle_overlay")
        self._more = QtWidgets.QToolButton()
        self._more.setPopupMode(QtWidgets.QToolButton.ToolButtonPopupMode.InstantPopup)
        self._name(self._more, "ui.settings")
        self._more.setMenu(self._build_menu())
        row.addWidget(self._find, 1)
        row.addWidget(self._cancel, 1)
        row.addWidget(self._eye)
        row.addWidget(self._more)
        self._take_icons()
        return row

    def _build_menu(self) -> QtWidgets.QMenu:
        menu = QtWidgets.QMenu(self)
        self._verbs: dict[str, Any] = {}
        app = self._app
        for verb, label, call in (
            ("find", "ui.find_whole", app.find_whole),
            ("score_selection", "ui.score_selection", app.score_selection),
            ("select_next", "ui.select_next", app.select_next),
            ("select_next ", "ui.select_previous", app.select_previous),
            ("keep_masks", "ui.keep_masks", app.keep_masks),
            ("export_without_overlay", "ui.export", app.export_without_overlay),
            ("remove_overlay", "ui.remove_overlay", app.remove_overlay),
            ("", "", None),
            ("status", "ui.status", app.show_status),
            ("change_settings", "ui.settings", app.show_settings),
        ):
            if call is None:
                menu.addSeparator()
                continue
            action = menu.addAction(self._texts(label))
            action.triggered.connect(_without_arguments(call))
            self._verbs[verb] = action
        return menu

    def _build_details(self) -> QtWidgets.QWidget:
        box = self._details = QtWidgets.QWidget()
        grid = QtWidgets.QGridLayout(box)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(4)
        self._sentence = self._label()
        self._result = self._label()
        self._select_button = self._button("ui.select", lambda: self._select(self._list.key()))
        self._select_button.setToolTip(self._texts("ui.select.tip.alt"))
        self._repair_button = self._button("ui.repair", lambda: self._repair(self._list.key()))
        self._mark_button = self._button("ui.mark", None)
        self._mark_button.setMenu(QtWidgets.QMenu(self))
        self._mark_button.menu().aboutToShow.connect(self._fill_marks)
        self._strength = self._slider("ui.strength", 0, 100)
        self._strength_value = QtWidgets.QLabel()
        self._strength.valueChanged.connect(self._strength_moved)
        self._strength_timer = QtCore.QTimer(self)
        self._strength_timer.setSingleShot(True)
        self._strength_timer.setInterval(400)
        self._strength_timer.timeout.connect(self._strength_rests)
        self._strength_row = QtWidgets.QWidget()
        line = QtWidgets.QHBoxLayout(self._strength_row)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(QtWidgets.QLabel(self._texts("ui.strength")))
        line.addWidget(self._strength, 1)
        line.addWidget(self._strength_value)
        grid.addWidget(self._sentence, 0, 0, 1, 3)
        grid.addWidget(self._result, 1, 0, 1, 3)
        grid.addWidget(self._select_button, 2, 0)
        grid.addWidget(self._repair_button, 2, 1)
        grid.addWidget(self._mark_button, 2, 2)
        grid.addWidget(self._strength_row, 3, 0, 1, 3)
        return box

    def _build_controls(self) -> QtWidgets.QGridLayout:
        grid = QtWidgets.QGridLayout()
        grid.setSpacing(4)
        self._strictness = self._slider("ui.strictness", -100, 100)
        self._strictness.setToolTip(self._texts("ui.strictness.tip"))
        self._strictness.valueChanged.connect(lambda v: self._desk.set_strictness(v / 100))
        self._view = QtWidgets.QComboBox()
        for view in ("screen", "pixel"):
            self._view.addItem(self._texts(f"ui.view.{view}"), view)
        self._view.activated.connect(lambda at: self._desk.set_view(self._view.itemData(at)))
        self._view.setSizePolicy(_flexible())
        self._view.setAccessibleName(self._texts("ui.view"))
        self._opacity = self._slider("ui.opacity", 0, 100)
        self._opacity.valueChanged.connect(lambda v: self._desk.set_opacity(v / 100))
        for at, (key, widget) in enumerate(
            (
                ("ui.strictness", self._strictness),
                ("ui.view", self._view),
                ("ui.opacity", self._opacity),
            )
        ):
            label = QtWidgets.QLabel(self._texts(key if key != "ui.opacity" else "ui.overlay"))
            label.setBuddy(widget)
            grid.addWidget(label, at, 0)
            grid.addWidget(widget, at, 1)
        grid.setColumnStretch(1, 1)
        return grid

    def _label(self) -> QtWidgets.QLabel:
        label = QtWidgets.QLabel()
        label.setWordWrap(True)
        label.setTextFormat(QtCore.Qt.TextFormat.PlainText)
        label.setSizePolicy(_flexible())
        label.hide()
        return label

    def _button(self, key: str, call: Any) -> QtWidgets.QPushButton:
        button = QtWidgets.QPushButton(self._texts(key))
        button.setSizePolicy(_flexible())
        button.setAccessibleName(self._texts(key))
        if call is not None:
            button.clicked.connect(_without_arguments(call))
        return button

    def _slider(self, key: str, least: int, most: int) -> QtWidgets.QSlider:
        slider = QtWidgets.QSlider(QtCore.Qt.Orientation.Horizontal)
        slider.setRange(least, most)
        slider.setPageStep(10)
        slider.setMinimumWidth(40)
        slider.setAccessibleName(self._texts(key))
        return slider

    def _name(self, button: Any, key: str) -> None:
        button.setAutoRaise(True)
        button.setToolTip(self._texts(key))
        button.setAccessibleName(self._texts(key))

    def _take_icons(self) -> None:
        from krita import Krita

        icon = Krita.instance().icon
        self._eye.setIcon(icon("visible" if self._state.overlay_visible else "novisible"))
        self._more.setIcon(icon("configure"))

    def changeEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """The theme changed: dark icons on dark would not be seen."""
        super().changeEvent(event)
        if event.type() == QtCore.QEvent.Type.PaletteChange and hasattr(self, "_engine"):
            self._take_icons()
            self._list.refresh_icons()

    # ------------------------------------------------------------------ drawing

    def draw(self, state: State) -> None:
        """Show a state."""
        if self._desk.texts.language != self._texts.language:
            # Later: whoever tells us goes through the observers just now.
            self._texts = self._desk.texts
            QtCore.QTimer.singleShot(0, self._renew)
        before, self._state = self._state, state
        working = "cancel" in state.can
        self._find.setVisible(not working)
        self._find.setEnabled("find" in state.can)
        self._cancel.setVisible(working)
        self._progress.setVisible(working)
        if state.progress is None:
            self._progress.setRange(0, 0)
        else:
            self._progress.setRange(0, 100)
            self._progress.setValue(round(100 * state.progress))
        _say(self._doing, state.doing if working else "")
        self._message.show_message(state.message)
        _say(self._summary, state.summary)
        self._list.setVisible(bool(state.rows))
        self._list.show_rows(state.rows, state.selected)
        if state.selected and state.selected != before.selected:
            self._list.follow(state.selected)
        _say(self._notes, "\n".join(state.notes))
        _say(self._score, state.selection_score)
        _say(self._overlay, state.overlay_text)
        _say(self._engine, state.engine)
        self._eye.setEnabled("toggle_overlay" in state.can)
        self._eye.setChecked(state.overlay_visible)
        if before.overlay_visible != state.overlay_visible:
            self._take_icons()
        for verb, action in self._verbs.items():
            action.setEnabled(verb.strip() in state.can)
        _put(self._strictness, round(100 * state.strictness))
        _put(self._opacity, round(100 * state.opacity))
        at = self._view.findData(state.view)
        if at != self._view.currentIndex():
            self._view.setCurrentIndex(at)
        self._draw_details()

    def _draw_details(self, *_: object) -> None:
        row = self._list.row()
        self._details.setVisible(row is not None)
        if row is None:
            return
        _say(self._sentence, row.sentence)
        score = f"{self._texts('ui.score')}: {row.score}"
        marked = f" · {row.mark_label}" if row.mark_label else ""
        _say(self._result, f"{score}{marked}" + (f"\n{row.repair}" if row.repair else ""))
        busy = "cancel" in self._state.can
        self._select_button.setEnabled("select" in row.actions and not busy)
        self._repair_button.setText(self._texts("ui.undo_repair" if row.repaired else "ui.repair"))
        can = bool({"repair", "undo_repair"} & row.actions)
        self._repair_button.setEnabled(can and not busy)
        self._mark_button.setEnabled("mark" in row.actions and not busy)
        self._strength_row.setVisible("change_strength" in row.actions)
        if not self._strength_timer.isActive() and not self._strength.isSliderDown():
            _put(self._strength, round(100 * row.strength))
            self._strength_value.setText(f"{self._strength.value()} %")

    # ------------------------------------------------------------------ what a person does

    def _select(self, key: str) -> None:
        modifiers = QtWidgets.QApplication.keyboardModifiers()
        keys = QtCore.Qt.KeyboardModifier
        shift = bool(modifiers & keys.ShiftModifier)
        alt = bool(modifiers & keys.AltModifier)
        how = "intersect" if shift and alt else "add" if shift else "subtract" if alt else "replace"
        if key:
            self._desk.select(key, how)

    def _repair(self, key: str) -> None:
        row = self._state.row(key)
        if row is not None and row.repaired:
            self._desk.undo_repair(key)
        elif row is not None:
            self._desk.repair(key)

    def _strength_moved(self, value: int) -> None:
        self._strength_value.setText(f"{value} %")
        self._strength_timer.start()

    def _strength_rests(self) -> None:
        row = self._list.row()
        if row is None or "change_strength" not in row.actions:
            return
        if self._desk.busy:
            self._strength_timer.start()
        elif abs(row.strength - self._strength.value() / 100) > 0.004:
            self._desk.change_strength(row.key, self._strength.value() / 100)

    def _fill_marks(self) -> None:
        menu = self._mark_button.menu()
        menu.clear()
        row = self._list.row()
        if row is not None:
            self._add_marks(menu, row)

    def _add_marks(self, menu: Any, row: Row) -> None:
        for verdict in _VERDICTS:
            action = menu.addAction(self._texts(f"ui.mark.{verdict or 'none'}"))
            action.setCheckable(True)
            action.setChecked((row.mark or "") == verdict)
            action.triggered.connect(self._marks(row.key, verdict or None))

    def _marks(self, key: str, verdict: str | None) -> Any:
        return lambda *_: self._desk.mark(key, verdict)

    def _open_menu(self, key: str, where: Any) -> None:
        row = self._state.row(key)
        if row is None or "cancel" in self._state.can:
            return
        menu = QtWidgets.QMenu(self)
        for verb, label, call in (
            ("select", "ui.select", lambda: self._desk.select(key)),
            ("eye", "ui.eye", lambda: self._desk.set_visible(key, not row.visible)),
            ("repair", "ui.repair", lambda: self._desk.repair(key)),
            ("undo_repair", "ui.undo_repair", lambda: self._desk.undo_repair(key)),
        ):
            if verb in row.actions:
                action = menu.addAction(self._texts(label))
                action.triggered.connect(_without_arguments(call))
        if "mark" in row.actions:
            menu.addSeparator()
            self._add_marks(menu, row)
        menu.popup(where)

    def _act(self, action: str, region: str) -> None:
        """The button of a message."""
        if action == "find":
            self._app.find()
        elif action == "find_everywhere":
            self._desk.find(whole=True)
        elif action == "repair":
            self._desk.repair(region)
        elif action == "undo_repair":
            self._desk.undo_repair(region)
        elif action == "export_without_overlay":
            self._app.export_without_overlay()
        elif action == "copy_diagnostics":
            self._app.copy_diagnostics()


def _without_arguments(call: Any) -> Any:
    # Qt hands a button's state over, which no verb wants.
    return lambda *_: call()


def _say(label: Any, text: str) -> None:
    label.setText(text)
    label.setVisible(bool(text))


def _put(slider: Any, value: int) -> None:
    """Move a slider without telling anybody; not while somebody holds it."""
    if slider.isSliderDown() or slider.value() == value:
        return
    was = slider.blockSignals(True)
    slider.setValue(value)
    slider.blockSignals(was)


def _flexible() -> QtWidgets.QSizePolicy:
    # Long words must not make the docker wide.
    policy = QtWidgets.QSizePolicy.Policy
    return QtWidgets.QSizePolicy(policy.Ignored, policy.Fixed)
