"""ROI card: what the marked part is like – quality, importance, a bar for each flaw, a sentence."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from flawmap_api.palette import COLOURS
from flawmap_api.roi import RoiScore

from ..model.workspace import Workspace
from .wording import name_of, speech

__all__ = ["Bar", "RoiCard"]

_MOSTLY_UNKNOWN = 0.5


class Bar(QWidget):
    """A value from 0 to 1 in a flaw's colour, with the value before it as a line."""

    def __init__(self, distortion: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colour = QColor(*COLOURS.get(distortion, (128, 128, 128)))
        self._value = 0.0
        self._before: float | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_value(self, value: float, before: float | None = None) -> None:
        """Draw that value."""
        self._value, self._before = value, before
        self.update()

    def sizeHint(self) -> QSize:
        """As high as a line of text."""
        return QSize(120, self.fontMetrics().height())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        """Draw the bar."""
        painter = QPainter(self)
        frame = QRectF(self.rect()).adjusted(0.5, 2.5, -0.5, -2.5)
        painter.fillRect(frame, self.palette().alternateBase())
        filled = QRectF(frame)
        filled.setWidth(frame.width() * self._value)
        painter.fillRect(filled, self._colour)
        painter.setPen(self.palette().mid().color())
        painter.drawRect(frame)
        if self._before is not None:
            x = frame.left() + frame.width() * self._before
            painter.setPen(self.palette().text().color())
            painter.drawLine(int(x), int(frame.top()) - 2, int(x), int(frame.bottom()) + 2)


class RoiCard(QWidget):
    """The score of the marked part; hidden while nothing is marked."""

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self.headline = QLabel()
        self.headline.setWordWrap(True)
        self.sentence = QLabel()
        self.sentence.setWordWrap(True)
        self._bars: dict[str, tuple[QLabel, Bar, QLabel]] = {}
        self._grid = QGridLayout()
        self._grid.setColumnStretch(1, 1)
        self._grid.setVerticalSpacing(2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addWidget(self.headline)
        layout.addLayout(self._grid)
        layout.addWidget(self.sentence)
        workspace.watch(lambda _: self.refresh(), "roi")
        self.refresh()

    def refresh(self) -> None:
        """Show the score of now, beside the one before the photo changed on disk."""
        score, before = self._workspace.roi_score, self._workspace.roi_before
        self.setVisible(score is not None)
        if score is None:
            return
        if before is not None and before.box != score.box:
            before = None
        self.headline.setText(self._headline(score, before))
        self.sentence.setText(self._sentence(score))
        for name in score.distortions:
            if name not in self._bars:
                self._add_bar(name)
        for name, (label, bar, value) in self._bars.items():
            found = score.distortions.get(name)
            for widget in (label, bar, value):
                widget.setVisible(found is not None)
            if found is None:
                continue
            earlier = before.distortions.get(name) if before else None
            bar.show_value(found.severity, earlier.severity if earlier else None)
            blind = found.unknown > _MOSTLY_UNKNOWN
            word = self.tr("cannot tell") if blind else self._level(found.severity_level)
            value.setText(word)
            bar.setAccessibleName(f"{name_of(name)}: {word} ({speech().number(found.severity)})")

    def _add_bar(self, name: str) -> None:
        row = self._grid.rowCount()
        label, bar, value = QLabel(name_of(name)), Bar(name), QLabel()
        value.setAlignment(Qt.AlignmentFlag.AlignRight)
        for column, widget in enumerate((label, bar, value)):
            self._grid.addWidget(widget, row, column)
        self._bars[name] = label, bar, value

    def _headline(self, score: RoiScore, before: RoiScore | None) -> str:
        say = speech()
        quality = f"<b>{say.quality(score.quality_level)}</b> ({say.number(score.quality)})"
        if before is not None:
            quality = f"{say.number(before.quality)} → {quality}"
        importance = f"{say.importance(score.importance_level)} ({say.number(score.importance)})"
        return self.tr("Marked part: quality {quality}, importance {importance}").format(
            quality=quality, importance=importance
        )

    def _sentence(self, score: RoiScore) -> str:
        found = [(d.severity, name) for name, d in score.distortions.items() if d.severity >= 0.05]
        if not found:
            return self.tr("No flaws found here.")
        _, name = max(found)
        word = self._level(score.distortions[name].severity_level)
        width, height = score.box.width, score.box.height
        return self.tr("Mostly {name}, {word}, on {width} × {height} px.").format(
            name=name_of(name), word=word, width=width, height=height
        )

    def _level(self, word: str) -> str:
        return self.tr("none") if word == "none" else speech().level(word)
