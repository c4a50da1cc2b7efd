"""Status bar: the pixel under the pointer, how far the judging is, the zoom, and the device."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QProgressBar, QSizePolicy, QStatusBar, QToolButton, QWidget

from ..model.workspace import Workspace
from .canvas import Canvas
from .wording import name_of, speech

__all__ = ["StatusBar"]

_UNKNOWN = 128
_WORTH_SAYING = 13


class StatusBar(QStatusBar):
    """Bound to the workspace and the canvas.

    Signals
    -------
    stop_asked()
    """

    stop_asked = Signal()

    def __init__(self, workspace: Workspace, canvas: Canvas, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace, self._canvas = workspace, canvas
        self.peek = QLabel()
        # What lies under the pointer must not make the window wider.
        self.peek.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.zoom = QLabel()
        self.device = QLabel()
        self.progress = QProgressBar()
        self.progress.setMaximumWidth(180)
        self.progress.setFormat(self.tr("%v of %m"))
        self.progress.setAccessibleName(self.tr("Photos judged"))
        self.stop = QToolButton()
        self.stop.setText(self.tr("Stop"))
        self.stop.setToolTip(self.tr("Stop judging; what is done stays"))
        self.stop.clicked.connect(self.stop_asked.emit)
        self.addWidget(self.peek, 1)
        for widget in (self.progress, self.stop, self.zoom, self.device):
            self.addPermanentWidget(widget)
        canvas.peeked.connect(self._on_peek)
        canvas.zoomed.connect(self._on_zoom)
        workspace.photos.watch(lambda _: self._on_progress(), "photo", "list")
        for room in workspace.rooms:
            room.watch(lambda _: self._on_engine(), "state")
        self._on_progress()

    def _on_engine(self) -> None:
        hello = self._workspace.hello
        if hello is not None:
            device = hello.device
            self.device.setText(self._said(device.device, device.reason))
            self.device.setToolTip(f"{device.reason}\n{', '.join(device.providers)}")
        else:
            self.device.setText(self._workspace.look.status or self.tr("Starting …"))

    def _said(self, device: str, reason: str) -> str:
        """The engine's reason; the two common ones are known by their form."""
        if reason.endswith("offers nothing faster."):
            return self.tr("CPU: nothing faster is installed")
        if reason.endswith("agrees with the CPU's."):
            return self.tr("{device}: agrees with the CPU").format(device=device.upper())
        return reason

    def _on_progress(self) -> None:
        done, total = self._workspace.progress
        busy = done < total and (self._workspace.course.under_way or total == 1)
        self.progress.setVisible(busy)
        self.stop.setVisible(busy)
        self.progress.setMaximum(max(1, total))
        self.progress.setValue(done)

    def _on_zoom(self, scale: float) -> None:
        self.zoom.setText(f"{100 * scale * self.devicePixelRatioF():.0f} %")

    def _on_peek(self, x: int, y: int) -> None:
        planes, photo = self._workspace.planes, self._workspace.photos.current
        if x < 0 or photo is None or photo.opened is None:
            self.peek.clear()
            return
        parts = [f"{x}, {y}"]
        colour = self._canvas.colour_at(x, y)
        if colour is not None:
            parts.append("RGB {} {} {}".format(*colour))
        if planes is not None:
            for name, plane in planes.severity.items():
                row = min(y * plane.shape[0] // photo.opened.height, plane.shape[0] - 1)
                column = min(x * plane.shape[1] // photo.opened.width, plane.shape[1] - 1)
                if planes.unknown[name][row, column] >= _UNKNOWN:
                    parts.append(f"{name_of(name)} ?")
                elif (value := plane[row, column]) >= _WORTH_SAYING:
                    parts.append(f"{name_of(name)} {speech().number(value / 255)}")
        self.peek.setText("   ".join(parts))
