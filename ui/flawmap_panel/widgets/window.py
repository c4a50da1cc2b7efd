"""The window: canvas in the middle, findings beside it, photos below, and the verbs as actions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDesktopServices,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QImage,
)
from PySide6.QtWidgets import (
    QDockWidget,
    QFileDialog,
    QLabel,
    QMainWindow,
    QProgressBar,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from flawmap_api.errors import EngineLost

from ..model.findings import as_text
from ..model.photos import Photo
from ..model.workspace import Notice, Workspace
from .banner import Banner
from .canvas import Canvas
from .compare import CompareView
from .findings_panel import FindingsPanel
from .menus import Menus
from .repair_card import RepairCard
from .roi_card import RoiCard
from .send_dialog import SendDialog
from .strip import Strip
from .wording import name_of

__all__ = ["Window"]


class Window(QMainWindow):
    """One window over one workspace.

    Signals
    -------
    closing()
        The person closes the window.
    settings_asked()
        The person wants to see the settings.
    """

    closing = Signal()
    settings_asked = Signal()

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.workspace = workspace
        self.setWindowTitle("Flawmap")
        self.setAcceptDrops(True)
        self.resize(1280, 860)
        self.setMinimumSize(720, 480)
        self.banner = Banner()
        self.canvas = Canvas(workspace)
        self.findings = FindingsPanel(workspace)
        self.card = RoiCard(workspace)
        self.repair = RepairCard(workspace)
        self.strip = Strip(workspace)
        self.sheet = Strip(workspace, sheet=True)
        self.compare = CompareView(workspace)
        self.pages = QStackedWidget()
        for page in (self.canvas, self.sheet, self.compare):
            self.pages.addWidget(page)
        self.sheet.activated.connect(lambda _: self.show_page("photo"))
        self.compare.chosen.connect(self._alone)
        self._build_middle()
        self._build_docks()
        self.actions_by_name = Menus(self).by_name
        self._build_status()
        workspace.watch(self._on_notice, "notice")
        for room in workspace.rooms:
            room.watch(lambda _: self._on_engine(), "state")
        workspace.photos.watch(lambda _: self._on_progress(), "photo", "list")
        workspace.photos.watch(lambda _: self._on_current(), "current")
        workspace.watch(lambda _: self._on_findings(), "findings", "roi")
        workspace.marks.history.watch(lambda _: self._on_findings(), "history")
        self._on_findings()
        self._on_progress()

    # ------------------------------------------------------------------ parts

    def _build_middle(self) -> None:
        middle = QWidget()
        layout = QVBoxLayout(middle)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.banner)
        layout.addWidget(self.pages, 1)
        self.setCentralWidget(middle)

    def _build_docks(self) -> None:
        side = QWidget()
        layout = QVBoxLayout(side)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.findings, 1)
        layout.addWidget(self.repair)
        layout.addWidget(self.card)
        self.findings_dock = self._dock("findings", self.tr("Findings"), side)
        self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.findings_dock)
        self.strip_dock = self._dock("photos", self.tr("Photos"), self.strip)
        self.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, self.strip_dock)
        self.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea)
        self.resizeDocks([self.findings_dock], [340], Qt.Orientation.Horizontal)

    def _dock(self, name: str, title: str, widget: QWidget) -> QDockWidget:
        dock = QDockWidget(title)
        dock.setObjectName(name)
        dock.setWidget(widget)
        dock.setFeatures(
            QDockWidget.DockWidgetFeature.DockWidgetMovable
            | QDockWidget.DockWidgetFeature.DockWidgetFloatable
            | QDockWidget.DockWidgetFeature.DockWidgetClosable
        )
        return dock

    def _build_status(self) -> None:
        self.peek = QLabel()
        self.zoom_label = QLabel()
        self.device = QLabel()
        self.progress = QProgressBar()
        self.progress.setMaximumWidth(180)
        self.progress.setFormat(self.tr("%v of %m"))
        self.stop_button = QToolButton()
        self.stop_button.setText(self.tr("Stop"))
        self.stop_button.clicked.connect(self.stop)
        bar = self.statusBar()
        bar.addWidget(self.peek, 1)
        for widget in (self.progress, self.stop_button, self.zoom_label, self.device):
            bar.addPermanentWidget(widget)
        self.canvas.peeked.connect(self._on_peek)
        self.canvas.zoomed.connect(self._on_zoom)

    # ------------------------------------------------------------------ verbs

    def choose_files(self) -> None:
        """Ask for photos and open them."""
        names, _ = QFileDialog.getOpenFileNames(self, self.tr("Open photos"))
        self.open_paths(names)

    def choose_folder(self) -> None:
        """Ask for a folder and open its photos."""
        name = QFileDialog.getExistingDirectory(self, self.tr("Open a folder of photos"))
        self.open_paths([name] if name else [])

    def open_paths(self, paths: list[str]) -> None:
        """Open files and folders."""
        if paths:
            self.workspace.open_paths(paths)

    def undo(self) -> None:
        """Take back the last stroke of the marked part, else the last verdict."""
        if not self.workspace.roi.undo():
            self.workspace.marks.undo()

    def redo(self) -> None:
        """Do again what was undone last."""
        if not self.workspace.roi.redo():
            self.workspace.marks.redo()

    def stop(self) -> None:
        """Stop judging; drop a stroke that is being drawn."""
        self.workspace.course.stop()
        self.workspace.cancel()

    def show_page(self, name: str) -> None:
        """Show the photo, the contact sheet, or the selected photos beside each other."""
        if name == "compare":
            chosen = (
                self.sheet if self.pages.currentWidget() is self.sheet else self.strip
            ).chosen()
            if len(chosen) < 2:
                self.banner.say(self.tr("Select two to four photos first."))
                return
            self.compare.show_photos(chosen)
        pages = {"photo": self.canvas, "sheet": self.sheet, "compare": self.compare}
        self.pages.setCurrentWidget(pages[name])
        self.strip_dock.setVisible(name != "sheet")

    def _alone(self, photo: Photo) -> None:
        self.workspace.photos.select(photo)
        self.show_page("photo")

    def send(self) -> None:
        """Write the chosen photos' findings in a format of the registry."""
        SendDialog(self.workspace, self.strip.chosen(), self).open()

    def save_repaired(self) -> None:
        """Write the kept repairs into a copy beside the original."""
        photo, desk = self.workspace.photos.current, self.workspace.repair
        if photo is None or not desk.kept:
            self.banner.say(
                self.tr("No repair is kept yet."),
                self.tr("Select a finding, ask what can be done about it, and keep the repair."),
            )
            return
        ending = photo.path.suffix.lower()
        ending = ending if ending in (".jpg", ".jpeg", ".tif", ".tiff") else ".png"
        proposed = photo.path.with_name(f"{photo.path.stem}-repaired{ending}")
        name, _ = QFileDialog.getSaveFileName(
            self,
            self.tr("Save repaired copy"),
            str(proposed),
            "PNG, TIFF, JPEG (*.png *.tif *.jpg)",
        )
        if name:
            desk.save(photo.path, Path(name), self._saved)

    def _saved(self, path: Path) -> None:
        self.banner.say(
            self.tr("The repaired copy is {}.").format(path.name),
            actions=((self.tr("Open it"), lambda: self.open_paths([str(path)])),),
        )

    def reveal(self) -> None:
        """Show the current photo's folder in the system's file manager."""
        photo = self.workspace.photos.current
        if photo is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(photo.path.parent)))

    def best_of(self) -> None:
        """Say which of the chosen photos is the best, and why the others lose."""
        ranked = self.workspace.best(self.strip.chosen())
        if len(ranked) < 2:
            self.banner.say(self.tr("Select two or more judged photos of one scene first."))
            return
        lines = [f"{p.place}. {photo.path.name}: {p.reason}" for photo, p in ranked]
        best = ranked[0][0]
        self.banner.say(
            "\n".join(lines),
            actions=(
                (
                    self.tr("Pick the best"),
                    lambda: self.workspace.photos.set_flag([best], "pick"),
                ),
            ),
        )

    def copy_mask(self) -> None:
        """Put the mask of the marked part on the clipboard as a picture."""
        roi = self.workspace.roi
        if not roi.strokes:
            self.banner.say(self.tr("Mark a part with box, lasso or brush first."))
            return
        mask = roi.mask()
        height, width = mask.shape
        image = QImage(mask.data, width, height, width, QImage.Format.Format_Grayscale8)
        QGuiApplication.clipboard().setImage(image.copy())

    def copy_text(self) -> None:
        """Put the listed findings on the clipboard as text."""
        report = self.workspace.report
        if report is not None:
            QGuiApplication.clipboard().setText(as_text(report, self.workspace.listing))

    def step(self, by: int) -> None:
        """Go to the next or previous finding."""
        self.workspace.step_region(by)
        region = self.workspace.selected_region
        if region is not None:
            self.canvas.show_region(region)

    def mark(self, verdict: str) -> None:
        """Give the selected finding a verdict, or take the same one away."""
        region = self.workspace.selected_region
        if region is not None:
            self.workspace.marks.mark(region.id, None if region.mark == verdict else verdict)

    def flag(self, flag: str) -> None:
        """Give the chosen photos the person's own flag."""
        self.workspace.photos.set_flag(self.strip.chosen(), flag)

    def remove(self) -> None:
        """Take the chosen photos out of the window."""
        self.workspace.remove(self.strip.chosen())

    # ------------------------------------------------------------------ what happens

    def _on_notice(self, notice: Notice) -> None:
        actions: tuple[tuple[str, Callable[[], None]], ...] = ()
        if notice.serious:
            actions = (
                (self.tr("Restart the engine"), self._restart),
                (self.tr("Copy diagnostics"), self.copy_diagnostics),
            )
        self.banner.say(notice.text, notice.hint, actions)

    def _restart(self) -> None:
        self.banner.hide()
        self.workspace.restart_engine()

    def diagnostics(self) -> str:
        """What somebody who helps needs to know, as text."""
        from flawmap_api import __version__

        lines = [f"Flawmap {__version__}"]
        for room in self.workspace.rooms:
            lines.append(f"engine room: {room.state} {room.error or ''}".rstrip())
            if isinstance(room.error, EngineLost):
                lines += [f"    {line}" for line in room.error.log_tail]
        hello = self.workspace.look.hello
        if hello is not None:
            lines.append(f"engine {hello.engine_version}, {hello.device}, model {hello.models}")
        return "\n".join(lines)

    def copy_diagnostics(self) -> None:
        """Put the diagnostics on the clipboard."""
        QGuiApplication.clipboard().setText(self.diagnostics())

    def _on_engine(self) -> None:
        work = self.workspace
        hello = work.look.hello or work.judge.hello
        lost = next((room for room in work.rooms if room.state == "lost"), None)
        if lost is not None and lost.error is not None:
            self._on_notice(Notice(lost.error.message, lost.error.hint, serious=True))
        if hello is not None:
            device = hello.device
            self.device.setText(f"{device.device.upper()}: {device.reason}")
            self.device.setToolTip(", ".join(device.providers))
        else:
            self.device.setText(work.look.status or self.tr("Starting …"))
        self._on_findings()

    def _on_progress(self) -> None:
        done, total = self.workspace.progress
        busy = done < total and (self.workspace.course.under_way or total == 1)
        self.progress.setVisible(busy)
        self.stop_button.setVisible(busy)
        self.progress.setMaximum(max(1, total))
        self.progress.setValue(done)

    def _on_current(self) -> None:
        photo = self.workspace.photos.current
        self.setWindowTitle(f"{photo.path.name} – Flawmap" if photo else "Flawmap")
        self.setWindowFilePath(str(photo.path) if photo else "")

    def _on_findings(self) -> None:
        work, named = self.workspace, self.actions_by_name
        for verdict in ("accepted", "ignored", "intentional"):
            action = named[f"mark-{verdict}"]
            action.setVisible(work.can_mark)
            action.setEnabled(work.selected is not None)
        named["undo"].setEnabled(bool(work.roi.strokes) or work.marks.history.to_undo is not None)
        named["redo"].setEnabled(True)
        for name in ("next", "previous", "copy"):
            named[name].setEnabled(bool(work.listing.rows))

    def _on_zoom(self, scale: float) -> None:
        self.zoom_label.setText(f"{100 * scale * self.devicePixelRatioF():.0f} %")

    def _on_peek(self, x: int, y: int) -> None:
        planes, photo = self.workspace.planes, self.workspace.photos.current
        if x < 0 or photo is None or photo.opened is None:
            self.peek.clear()
            return
        parts = [f"{x}, {y}"]
        colour = self.canvas.colour_at(x, y)
        if colour is not None:
            parts.append("RGB {} {} {}".format(*colour))
        if planes is not None:
            for name, plane in planes.severity.items():
                row = min(y * plane.shape[0] // photo.opened.height, plane.shape[0] - 1)
                column = min(x * plane.shape[1] // photo.opened.width, plane.shape[1] - 1)
                if planes.unknown[name][row, column] >= 128:
                    parts.append(f"{name_of(name)} ?")
                elif (value := plane[row, column]) >= 13:
                    parts.append(f"{name_of(name)} {value / 255:.2f}")
        self.peek.setText("   ".join(parts))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files and folders may be dropped."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        self.open_paths([path for path in paths if path and Path(path).exists()])
        event.acceptProposedAction()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Tell that the window goes."""
        self.closing.emit()
        super().closeEvent(event)
