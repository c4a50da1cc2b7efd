"""The window: canvas in the middle, findings beside it, photos below, and the verbs as actions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QByteArray, Qt, QUrl, Signal
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
    QMainWindow,
    QMessageBox,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ..model.editors import EDITORS
from ..model.photos import Photo
from ..model.workspace import Notice, Workspace
from .banner import Banner
from .canvas import Canvas
from .compare import CompareView
from .copied import findings_as_text
from .findings_panel import FindingsPanel
from .help import diagnostics
from .menus import Menus
from .repair_card import RepairCard
from .roi_card import RoiCard
from .send_dialog import SendDialog
from .status import StatusBar
from .strip import Strip
from .strip_bar import StripBar
from .welcome import Welcome

__all__ = ["Window"]


class Window(QMainWindow):
    """One window over one workspace.

    Signals
    -------
    closing()
        The person closes the window.
    settings_asked()
        The person wants to see the settings.
    paths_opened(list)
        Files and folders were opened.
    """

    closing = Signal()
    settings_asked = Signal()
    paths_opened = Signal(list)

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
        self.welcome = Welcome()
        self.welcome.files_asked.connect(self.choose_files)
        self.welcome.folder_asked.connect(self.choose_folder)
        self.welcome.paths_asked.connect(self.open_paths)
        self.sheet_page = _under_bar(StripBar(workspace), self.sheet)
        self.pages = QStackedWidget()
        for page in (self.welcome, self.canvas, self.sheet_page, self.compare):
            self.pages.addWidget(page)
        self.sheet.activated.connect(lambda _: self.show_page("photo"))
        self.compare.chosen.connect(self._alone)
        self._build_middle()
        self._build_docks()
        self.menus = Menus(self)
        self.actions_by_name = self.menus.by_name
        self.status = StatusBar(workspace, self.canvas)
        self.status.stop_asked.connect(self.stop)
        self.setStatusBar(self.status)
        workspace.watch(self._on_notice, "notice")
        for room in workspace.rooms:
            room.watch(lambda _: self._on_engine(), "state")
        workspace.photos.watch(lambda _: self._on_list(), "list")
        workspace.photos.watch(lambda _: self._on_current(), "current")
        workspace.watch(lambda _: self._on_findings(), "findings", "roi")
        workspace.marks.history.watch(lambda _: self._on_findings(), "history")
        workspace.editors.watch(lambda _: self._on_editors(), "editors")
        self._on_findings()
        self._on_list()
        self._on_editors()

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
        workspace = self.workspace
        side = QWidget()
        layout = QVBoxLayout(side)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.findings, 1)
        layout.addWidget(self.repair)
        layout.addWidget(self.card)
        self.findings_dock = self._dock("findings", self.tr("Findings"), side)
        self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.findings_dock)
        self.strip_bar = StripBar(workspace)
        self.strip_dock = self._dock(
            "photos", self.tr("Photos"), _under_bar(self.strip_bar, self.strip)
        )
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

    # ------------------------------------------------------------------ verbs

    def choose_files(self) -> None:
        """Ask for photos and open them."""
        names, _ = QFileDialog.getOpenFileNames(self, self.tr("Open photos"))
        self.open_paths(names)

    def choose_folder(self) -> None:
        """Ask for a folder and open its photos."""
        name = QFileDialog.getExistingDirectory(self, self.tr("Open a folder of photos"))
        self.open_paths([name] if name else [])

    def show_recent(self, paths: Sequence[str]) -> None:
        """Offer what was opened lately, in the menu and on the first page."""
        self.menus.show_recent(paths)
        self.welcome.show_recent(paths)

    def point_to_help(self) -> None:
        """Say where the first steps are."""
        self.banner.say(
            self.tr("New here? There are six things to know."),
            actions=((self.tr("Show them"), self.actions_by_name["first-steps"].trigger),),
        )

    def packed(self) -> tuple[str, str]:
        """Where the window stands and how its parts lie, for `restore`."""
        if self.pages.currentWidget() is self.sheet_page:
            # It hides the strip for its own time only.
            self.strip_dock.show()
        parts = self.saveGeometry(), self.saveState()
        geometry, docks = (bytes(part.toBase64().data()).decode() for part in parts)
        return geometry, docks

    def restore(self, geometry: str, docks: str) -> None:
        """Stand where the window stood; what cannot be read is left out."""
        self.restoreGeometry(QByteArray.fromBase64(geometry.encode()))
        self.restoreState(QByteArray.fromBase64(docks.encode()))

    def open_paths(self, paths: list[str]) -> None:
        """Open files and folders."""
        if paths:
            self.workspace.open_paths(paths)
            self.paths_opened.emit(paths)

    def undo(self) -> None:
        """Take back the last stroke of the marked part, else the last verdict."""
        if not self.workspace.roi.undo():
            self.workspace.marks.undo()

    def redo(self) -> None:
        """Do again what was undone last."""
        if not self.workspace.roi.redo():
            self.workspace.marks.redo()

    def stop(self) -> None:
        """Drop the stroke that is being drawn; else stop judging."""
        if self.canvas.tool.drop():
            self.canvas.update()
            return
        self.workspace.course.stop()
        self.workspace.cancel()

    def show_page(self, name: str) -> None:
        """Show the photo, the contact sheet, or the selected photos beside each other."""
        if name == "compare":
            chosen = (
                self.sheet if self.pages.currentWidget() is self.sheet_page else self.strip
            ).chosen()
            if len(chosen) < 2:
                self.banner.say(self.tr("Select two to four photos first."))
                return
            self.compare.show_photos(chosen)
        pages = {"photo": self.canvas, "sheet": self.sheet_page, "compare": self.compare}
        shown: QWidget = pages[name] if len(self.workspace.photos) else self.welcome
        self.pages.setCurrentWidget(shown)
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

    def open_in(self, host: str) -> None:
        """Open the current photo in an editor, with its flaws as layers."""
        photo, name = self.workspace.photos.current, EDITORS[host]
        if photo is None:
            return
        self.banner.say(self.tr("{name} is being started …").format(name=name))
        self.workspace.editors.open(
            host,
            photo.path,
            lambda: self.banner.say(
                self.tr("{photo} opens in {name}; its flaws become layers there.").format(
                    photo=photo.path.name, name=name
                )
            ),
            lambda error: self._on_notice(Notice.of(error)),
        )

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
            QGuiApplication.clipboard().setText(findings_as_text(report, self.workspace.listing))

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

    def copy_diagnostics(self) -> None:
        """Put the diagnostics on the clipboard."""
        QGuiApplication.clipboard().setText(diagnostics(self.workspace))

    def _on_engine(self) -> None:
        work = self.workspace
        lost = next((room for room in work.rooms if room.state == "lost"), None)
        if lost is not None and lost.error is not None:
            self._on_notice(Notice(lost.error.message, lost.error.hint, serious=True))
        self._on_findings()

    def _on_list(self) -> None:
        if not len(self.workspace.photos):
            if self.pages.currentWidget() is self.sheet_page:
                self.strip_dock.show()
            self.pages.setCurrentWidget(self.welcome)
        elif self.pages.currentWidget() is self.welcome:
            self.pages.setCurrentWidget(self.canvas)

    def _on_editors(self) -> None:
        editors = self.workspace.editors
        for host in EDITORS:
            action = self.actions_by_name[f"open-in-{host}"]
            ready = editors.ready.get(host)
            action.setEnabled(bool(ready) and self.workspace.photos.current is not None)
            looking = self.tr("Looking whether it is there …") if ready is None else ""
            action.setToolTip(looking or editors.told.get(host, "") or action.text())
            action.setStatusTip(looking or editors.told.get(host, ""))

    def _on_current(self) -> None:
        self._on_editors()
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

    def _may_close(self) -> bool:
        unsaved = self.workspace.repair.unsaved
        if not unsaved:
            return True
        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.Question)
        box.setText(
            self.tr("%n kept repair(s) are in no copy yet.", "", sum(unsaved.values()))
            + " "
            + self.tr("Close the window without them?")
        )
        close = box.addButton(self.tr("&Close without"), QMessageBox.ButtonRole.DestructiveRole)
        stay = box.addButton(self.tr("&Stay"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(stay)
        box.exec()
        if box.clickedButton() is close:
            return True
        photos = self.workspace.photos
        if (
            photos.current is None
            or photos.current.opened is None
            or (photos.current.opened.photo_id not in unsaved)
        ):
            for photo in photos.all():
                if photo.opened is not None and photo.opened.photo_id in unsaved:
                    photos.select(photo)
                    break
        return False

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files and folders may be dropped."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        urls = event.mimeData().urls()
        self.open_paths([url.toLocalFile() for url in urls if url.isLocalFile()])
        if not all(url.isLocalFile() for url in urls):
            self.banner.say(
                self.tr("Only files of this machine can be opened."),
                self.tr("Save the photo first, then drop the file."),
            )
        event.acceptProposedAction()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Tell that the window goes, unless the person stays for repairs that are in no copy."""
        if not self._may_close():
            event.ignore()
            return
        self.closing.emit()
        super().closeEvent(event)


def _under_bar(bar: QWidget, below: QWidget) -> QWidget:
    page = QWidget()
    layout = QVBoxLayout(page)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    layout.addWidget(bar)
    layout.addWidget(below, 1)
    return page
