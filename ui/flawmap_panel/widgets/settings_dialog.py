"""Settings dialog: everything that can be set, on one screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QGroupBox,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QSlider,
    QTableWidget,
    QTableWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from flawmap_api.words import DEVICES

from ..model.settings import PanelSettings
from ..model.workspace import Workspace
from .wording import name_of

__all__ = ["SettingsDialog"]

_LANGUAGES = (("", "System"), ("en", "English"), ("de", "Deutsch"))


class SettingsDialog(QDialog):
    """Shows the settings and tells each change at once; what needs a restart says so.

    Parameters
    ----------
    change : callable(**changes)
        Keeps a changed setting.
    actions : mapping of name to QAction
        Whose shortcuts can be edited.
    """

    def __init__(
        self,
        workspace: Workspace,
        settings: PanelSettings,
        change: Callable[..., None],
        actions: Mapping[str, QAction],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Settings"))
        self._workspace, self._settings = workspace, settings
        self._change, self._actions = change, actions
        self.conflict = QLabel()
        self.conflict.setWordWrap(True)
        left, right = QVBoxLayout(), QVBoxLayout()
        left.addWidget(self._looks())
        left.addWidget(self._judging())
        left.addWidget(self._engine())
        left.addWidget(self._privacy())
        left.addStretch(1)
        right.addWidget(self._shortcuts())
        right.addWidget(self.conflict)
        columns = QHBoxLayout()
        columns.addLayout(left)
        columns.addLayout(right, 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(columns)
        layout.addWidget(buttons)
        self.resize(860, 560)

    def _looks(self) -> QGroupBox:
        box = QGroupBox(self.tr("Looks"))
        form = QFormLayout(box)
        self.language = QComboBox()
        for code, name in _LANGUAGES:
            self.language.addItem(self.tr("As the system") if not code else name, code)
        self.language.setCurrentIndex(self.language.findData(self._settings.language))
        self.language.currentIndexChanged.connect(
            lambda _: self._change(language=self.language.currentData())
        )
        self.language.setToolTip(self.tr("Takes effect when Flawmap is started the next time"))
        self.theme = QComboBox()
        for code, name in (
            ("system", self.tr("As the system")),
            ("light", self.tr("Light")),
            ("dark", self.tr("Dark")),
        ):
            self.theme.addItem(name, code)
        self.theme.setCurrentIndex(self.theme.findData(self._settings.theme))
        self.theme.currentIndexChanged.connect(
            lambda _: self._change(theme=self.theme.currentData())
        )
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.opacity.setRange(5, 100)
        self.opacity.setValue(round(100 * self._workspace.view.settings.opacity))
        self.opacity.valueChanged.connect(
            lambda value: self._workspace.view.set(opacity=value / 100)
        )
        form.addRow(self.tr("&Language"), self.language)
        form.addRow(self.tr("&Theme"), self.theme)
        form.addRow(self.tr("&Overlay opacity"), self.opacity)
        return box

    def _judging(self) -> QGroupBox:
        box = QGroupBox(self.tr("Judging"))
        form = QFormLayout(box)
        self.watch_folders = QCheckBox(self.tr("Judge photos anew when they are &saved"))
        self.watch_folders.setChecked(self._settings.watch_folders)
        self.watch_folders.toggled.connect(lambda on: self._change(watch_folders=on))
        form.addRow(self.watch_folders)
        own = dict(self._workspace.view.settings.thresholds)
        report = self._workspace.report
        self.thresholds: dict[str, QSlider] = {}
        for name, found in (report.distortions if report else {}).items():
            slider = QSlider(Qt.Orientation.Horizontal)
            slider.setRange(1, 255)
            slider.setValue(round(255 * own.get(name, found.threshold)))
            slider.setAccessibleName(self.tr("Threshold of {}").format(name_of(name)))
            slider.valueChanged.connect(
                lambda value, name=name: self._workspace.view.set_threshold(name, value / 255)
            )
            self.thresholds[name] = slider
            form.addRow(name_of(name), slider)
        return box

    def _engine(self) -> QGroupBox:
        box = QGroupBox(self.tr("Engine"))
        form = QFormLayout(box)
        self.device = QComboBox()
        for device in DEVICES:
            self.device.addItem(self.tr("fastest there is") if device == "auto" else device, device)
        self.device.setCurrentIndex(self.device.findData(self._settings.device))
        self.device.currentIndexChanged.connect(self._device)
        form.addRow(self.tr("&Device"), self.device)
        hello = self._workspace.look.hello
        if hello is not None:
            used, budget = hello.memory.get("used", 0), hello.memory.get("budget", 0)
            text = self.tr("{used} of {budget} MB for photos").format(
                used=used >> 20, budget=budget >> 20
            )
            form.addRow(self.tr("Memory"), QLabel(text))
            form.addRow(self.tr("Threads"), QLabel(str(hello.threads)))
        return box

    def _device(self) -> None:
        device = self.device.currentData()
        self._change(device=device)
        for room in self._workspace.rooms:
            room.restart(device)
        self._workspace.analyze_again()

    def _privacy(self) -> QGroupBox:
        box = QGroupBox(self.tr("Privacy"))
        layout = QVBoxLayout(box)
        text = QLabel(
            self.tr("Nothing leaves this machine: no address was allowed, and none is asked.")
        )
        text.setWordWrap(True)
        layout.addWidget(text)
        return box

    def _shortcuts(self) -> QGroupBox:
        box = QGroupBox(self.tr("Keys"))
        layout = QVBoxLayout(box)
        names = [name for name, action in self._actions.items() if action.text()]
        self.table = QTableWidget(len(names), 2)
        self.table.setHorizontalHeaderLabels([self.tr("What"), self.tr("Keys")])
        self.table.verticalHeader().hide()
        self.table.setAccessibleName(self.tr("Keys"))
        header = self.table.horizontalHeader()
        header.setAccessibleName(self.tr("Keys"))
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.resizeSection(1, 150)
        self.editors: dict[str, QKeySequenceEdit] = {}
        for row, name in enumerate(names):
            action = self._actions[name]
            text = action.text().replace("&", "").rstrip("…")
            item = QTableWidgetItem(text)
            item.setFlags(Qt.ItemFlag.ItemIsEnabled)
            self.table.setItem(row, 0, item)
            editor = QKeySequenceEdit(action.shortcut())
            editor.setClearButtonEnabled(True)
            editor.setAccessibleName(self.tr("Keys for {}").format(text))
            editor.editingFinished.connect(lambda name=name: self._rekey(name))
            for line in editor.findChildren(QLineEdit):
                line.setPlaceholderText("–")
                line.setAccessibleName(editor.accessibleName())
                for button in line.findChildren(QToolButton):
                    button.setAccessibleName(self.tr("No keys for {}").format(text))
            self.editors[name] = editor
            self.table.setCellWidget(row, 1, editor)
        layout.addWidget(self.table)
        return box

    def _rekey(self, name: str) -> None:
        keys = self.editors[name].keySequence()
        action = self._actions[name]
        taken = next(
            (
                other
                for other_name, other in self._actions.items()
                if other_name != name and not keys.isEmpty() and other.shortcut() == keys
            ),
            None,
        )
        if taken is not None:
            self.conflict.setText(
                self.tr("{keys} is taken by “{what}”; nothing was changed.").format(
                    keys=keys.toString(QKeySequence.SequenceFormat.NativeText),
                    what=taken.text().replace("&", ""),
                )
            )
            self.editors[name].setKeySequence(action.shortcut())
            return
        self.conflict.clear()
        action.setShortcut(keys)
        shortcuts = {**self._settings.shortcuts, name: keys.toString()}
        self._settings = replace(self._settings, shortcuts=shortcuts)
        self._change(shortcuts=shortcuts)
