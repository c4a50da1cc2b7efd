"""Repair card: what could be done about the selected finding, how strongly, and if it helps."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from flawmap_api.words import severity_level

from ..model.workspace import Workspace
from .wording import speech

__all__ = ["RepairCard"]

_STEPS = 20


class RepairCard(QWidget):
    """Bound to the workspace's repair desk; hidden where the engine repairs nothing."""

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self.ask = QPushButton(self.tr("What can be &done about it?"))
        self.ask.clicked.connect(workspace.consider_repair)
        self.sentence = QLabel()
        self.sentence.setWordWrap(True)
        self.result = QLabel()
        self.result.setWordWrap(True)
        self.strength = QSlider(Qt.Orientation.Horizontal)
        self.strength.setRange(0, _STEPS)
        self.strength.setAccessibleName(self.tr("Strength of the repair"))
        self.strength.valueChanged.connect(self._changed)
        self._strength_label = QLabel(self.tr("S&trength"))
        self._strength_label.setBuddy(self.strength)
        row = QHBoxLayout()
        row.addWidget(self._strength_label)
        row.addWidget(self.strength)
        self.compare = QPushButton(self.tr("&Before"))
        self.compare.setCheckable(True)
        self.compare.setToolTip(self.tr("Show the photo as it is"))
        self.compare.toggled.connect(lambda before: workspace.repair.show(not before))
        self.keep = QPushButton(self.tr("&Keep"))
        self.keep.setToolTip(self.tr("Take the repair into the copy that you save"))
        self.keep.clicked.connect(workspace.repair.keep)
        self.leave = QPushButton(self.tr("&Leave as it is"))
        self.leave.clicked.connect(workspace.repair.drop)
        buttons = QHBoxLayout()
        for button in (self.compare, self.keep, self.leave):
            buttons.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 0, 6, 6)
        layout.addWidget(self.ask)
        layout.addWidget(self.sentence)
        layout.addLayout(row)
        layout.addWidget(self.result)
        layout.addLayout(buttons)
        workspace.repair.watch(lambda _: self.refresh(), "repair")
        workspace.watch(lambda _: self.refresh(), "findings")
        for room in (workspace.look, workspace.judge):
            room.watch(lambda _: self.refresh(), "state")
        self.refresh()

    def refresh(self) -> None:
        """Show the plan, the strength and the score of now."""
        desk, region = self._workspace.repair, self._workspace.selected_region
        able = self._workspace.has("repair.plan")
        self.setVisible(able and (region is not None or desk.plan is not None))
        plan, preview = desk.plan, desk.preview
        self.ask.setVisible(plan is None)
        self.ask.setEnabled(region is not None and not desk.busy)
        self.sentence.setVisible(plan is not None)
        possible = plan is not None and plan.possible
        for widget in (self.strength, self._strength_label, self.compare, self.keep):
            widget.setVisible(possible)
        self.leave.setVisible(plan is not None)
        self.result.setVisible(possible)
        self.compare.setEnabled(preview is not None)
        if plan is None:
            return
        say = speech()
        limits = "".join(f"<br>• {say.sentence_of(limit)}" for limit in plan.limits)
        self.sentence.setText(say.sentence_of(plan) + limits)
        if not self.strength.isSliderDown() and preview is None:
            blocked = self.strength.blockSignals(True)
            self.strength.setValue(round(plan.strength * _STEPS))
            self.strength.blockSignals(blocked)
        kept = any(other.region == plan.region for other, _ in desk.kept)
        self.keep.setText(self.tr("Kept ✓") if kept else self.tr("&Keep"))
        self.keep.setEnabled(preview is not None and preview.helps is not None)
        self.result.setText(self._result())

    def _result(self) -> str:
        preview = self._workspace.repair.preview
        if preview is None or preview.before is None or preview.after is None:
            return self.tr("Working …") if self._workspace.repair.busy else ""
        say = speech()
        words = [say.level(severity_level(value)) for value in (preview.before, preview.after)]
        text = self.tr("Severity {before} ({was}) → {after} ({now}).").format(
            before=say.number(preview.before),
            was=words[0],
            after=say.number(preview.after),
            now=words[1],
        )
        if preview.helps is False:
            text += " <b>" + self.tr("That did not help; better leave it as it is.") + "</b>"
        return text

    def _changed(self, value: int) -> None:
        self._workspace.repair.draw(value / _STEPS)
