"""Findings panel: the list with its filters, what is hidden, and what to say of a finding."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from flawmap_api.palette import COLOURS
from flawmap_api.report import Region
from flawmap_api.words import SEVERITY_LEVELS, severity_of_level

from ..model.workspace import Workspace
from .findings_list import FindingsList
from .wording import name_of, speech

__all__ = ["FindingsPanel", "swatch"]

_STEPS: Final = 20
_AREAS: Final = (0.0, 0.005, 0.01, 0.05)


def swatch(distortion: str, size: int = 12) -> QIcon:
    """A distortion's colour as an icon."""
    pixmap = QPixmap(size, size)
    pixmap.fill(QColor(*COLOURS.get(distortion, (128, 128, 128))))
    return QIcon(pixmap)


class FindingsPanel(QWidget):
    """Everything about the findings of the current photo."""

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self.summary = QLabel()
        self.summary.setWordWrap(True)
        self.list = FindingsList(workspace)
        self.detail = QLabel()
        self.detail.setWordWrap(True)
        self.hidden = QLabel()
        self.hidden.setWordWrap(True)
        self.hidden.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        self.hidden.linkActivated.connect(lambda _: self._show_all())
        self._make_filters()
        self._make_strictness()
        self._make_verdicts()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addWidget(self.summary)
        layout.addLayout(self._strictness_row)
        layout.addLayout(self._filter_row)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.detail)
        layout.addWidget(self.hidden)
        layout.addLayout(self._verdict_row)
        workspace.watch(lambda _: self.refresh(), "findings")
        workspace.photos.watch(lambda _: self.refresh(), "photo", "current")
        self.refresh()

    def _make_strictness(self) -> None:
        self.strictness = QSlider(Qt.Orientation.Horizontal)
        self.strictness.setRange(-_STEPS, _STEPS)
        self.strictness.setPageStep(_STEPS // 4)
        self.strictness.setAccessibleName(self.tr("Strictness"))
        self.strictness.setToolTip(
            self.tr("Left: only what is plainly bad. Right: whatever might be a flaw.")
        )
        self.strictness.setValue(round(self._workspace.view.settings.strictness * _STEPS))
        self.strictness.valueChanged.connect(
            lambda value: self._workspace.view.set(strictness=value / _STEPS)
        )
        label = QLabel(self.tr("&Strictness"))
        label.setBuddy(self.strictness)
        reset = QToolButton()
        reset.setText("0")
        reset.setToolTip(self.tr("Back to the middle"))
        reset.setAccessibleName(self.tr("Reset strictness"))
        reset.clicked.connect(lambda: self.strictness.setValue(0))
        self._strictness_row = QHBoxLayout()
        for widget in (label, self.strictness, reset):
            self._strictness_row.addWidget(widget)

    def _make_filters(self) -> None:
        self.kinds = QPushButton(self.tr("Flaws"))
        self.kinds.setToolTip(self.tr("Which flaws are listed and drawn"))
        self._kinds_menu = QMenu(self.kinds)
        self.kinds.setMenu(self._kinds_menu)
        self._kinds_menu.aboutToShow.connect(self._fill_kinds)
        self.level = QComboBox()
        self.level.setAccessibleName(self.tr("Least severity"))
        self.level.addItem(self.tr("any severity"), 0.0)
        for word in SEVERITY_LEVELS[1:]:
            at_least = severity_of_level(word) / 5 + 1e-4
            self.level.addItem(self.tr("from {}").format(speech().level(word)), at_least)
        self.level.currentIndexChanged.connect(
            lambda _: self._filter(severity=self.level.currentData())
        )
        self.area = QComboBox()
        self.area.setAccessibleName(self.tr("Least area"))
        for share in _AREAS:
            text = self.tr("any area") if not share else f"≥ {speech().percent(share)}"
            self.area.addItem(text, share)
        self.area.currentIndexChanged.connect(lambda _: self._filter(area=self.area.currentData()))
        self.subject = QCheckBox(self.tr("subject"))
        self.subject.setToolTip(self.tr("Only flaws in what the photo is about"))
        self.subject.toggled.connect(lambda on: self._filter(subject=on))
        self._filter_row = QHBoxLayout()
        for widget in (self.kinds, self.level, self.area, self.subject):
            self._filter_row.addWidget(widget)

    def _fill_kinds(self) -> None:
        report = self._workspace.report
        self._kinds_menu.clear()
        wanted = self._workspace.filters.distortions
        for name in report.distortions if report else ():
            action = self._kinds_menu.addAction(swatch(name), name_of(name))
            action.setCheckable(True)
            action.setChecked(wanted is None or name in wanted)
            action.toggled.connect(lambda on, name=name: self._toggle_kind(name, on))

    def _toggle_kind(self, name: str, on: bool) -> None:
        report = self._workspace.report
        every = frozenset(report.distortions) if report else frozenset()
        now = self._workspace.filters.distortions or every
        wanted = now | {name} if on else now - {name}
        self._filter(distortions=None if wanted >= every else wanted)
        self._workspace.view.show_distortion(name, on)

    def _filter(self, **changes: object) -> None:
        self._workspace.set_filters(replace(self._workspace.filters, **changes))  # type: ignore[arg-type]

    def _show_all(self) -> None:
        for name in self._workspace.filters.distortions or ():
            self._workspace.view.show_distortion(name, True)
        self._workspace.view.set(hidden=frozenset())
        self._workspace.set_filters(type(self._workspace.filters)())
        self.level.setCurrentIndex(0)
        self.area.setCurrentIndex(0)
        self.subject.setChecked(False)

    def _make_verdicts(self) -> None:
        self._verdict_row = QHBoxLayout()
        self.verdicts: dict[str, QPushButton] = {}
        texts = {
            "accepted": (self.tr("&Right"), self.tr("The finding is right; it counts")),
            "ignored": (self.tr("&Ignore"), self.tr("Not a flaw, or not of interest")),
            "intentional": (self.tr("&Wanted"), self.tr("It is meant to be so")),
        }
        for verdict, (text, help_) in texts.items():
            button = QPushButton(text)
            button.setCheckable(True)
            button.setToolTip(help_)
            button.clicked.connect(lambda on, verdict=verdict: self._mark(verdict if on else None))
            self.verdicts[verdict] = button
            self._verdict_row.addWidget(button)

    def _mark(self, verdict: str | None) -> None:
        if self._workspace.selected:
            self._workspace.marks.mark(self._workspace.selected, verdict)

    def refresh(self) -> None:
        """Show what is found now."""
        self.summary.setText(self._summary())
        self.hidden.setText(self._hidden())
        self.hidden.setVisible(bool(self.hidden.text()))
        region = self._workspace.selected_region
        self.detail.setVisible(region is not None)
        if region is not None:
            self.detail.setText(self._detail(region))
        for verdict, button in self.verdicts.items():
            button.setVisible(self._workspace.can_mark)
            button.setEnabled(region is not None)
            button.setChecked(region is not None and region.mark == verdict)

    def _summary(self) -> str:
        photo, report = self._workspace.photos.current, self._workspace.report
        if photo is None:
            return self.tr("Open a photo or drop one here.")
        if photo.failure is not None:
            return f"{photo.failure.message} {photo.failure.hint}".strip()
        if report is None:
            return self.tr("Looking at {} …").format(photo.path.name)
        quality = self.tr("Quality <b>{word}</b> ({value})").format(
            word=speech().quality(report.quality_level), value=speech().number(report.quality)
        )
        if not report.regions:
            quality += " · " + self.tr("no flaws found")
        elif photo.verdict is not None:
            failing = len(photo.verdict.failing)
            quality += " · " + (
                self.tr("%n finding(s) fail the check", "", failing)
                if failing
                else self.tr("passes the check")
            )
        for finer in report.only_at_1_to_1:
            quality += f"<br>{speech().sentence_of(finer)}"
        for note in report.notes:
            quality += f"<br>{speech().note(note)}"
        return quality

    def _detail(self, region: Region) -> str:
        """The sentence of the selected finding, which the list has no room for."""
        photo = self._workspace.photos.current
        fails = photo and photo.verdict and region.id in photo.verdict.failing
        text = speech().sentence_of(region)
        return text + " " + self.tr("It fails the check (red dot).") if fails else text

    def _hidden(self) -> str:
        listing = self._workspace.listing
        reasons = {
            "distortion": self.tr("by kind"),
            "severity": self.tr("too mild"),
            "importance": self.tr("unimportant"),
            "area": self.tr("too small"),
            "subject": self.tr("not in the subject"),
            "intentional": self.tr("intended"),
            "ignored": self.tr("ignored"),
        }
        parts = [f"{count} {reasons[reason]}" for reason, count in listing.hidden.items()]
        text = ""
        if parts:
            text = self.tr("Hidden: {}.").format(", ".join(parts))
            text += ' <a href="all">' + self.tr("Show all") + "</a>"
        for name, count in listing.more.items():
            text += " " + self.tr("{count} more small pieces of {name} are not listed.").format(
                count=count, name=name_of(name)
            )
        return text.strip()
