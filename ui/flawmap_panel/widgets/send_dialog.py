"""Send dialog: where findings go, in which format, and what became of each photo."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from flawmap_api.errors import FlawmapError
from flawmap_export import FORMATS

from ..model.photos import Photo
from ..model.workspace import Workspace

__all__ = ["SendDialog"]


class SendDialog(QDialog):
    """Writes the chosen photos' findings; stays open until it is through, and says what failed."""

    def __init__(
        self, workspace: Workspace, photos: list[Photo], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Send findings on"))
        self._workspace, self._photos = workspace, photos
        self.format = QComboBox()
        for each in FORMATS.values():
            self.format.addItem(f"{each.name}: {each.description}", each.name)
        self.folder = QLineEdit(str(self._first_folder()))
        self.folder.setAccessibleName(self.tr("Folder"))
        browse = QPushButton(self.tr("&Choose…"))
        browse.clicked.connect(self._browse)
        row = QHBoxLayout()
        row.addWidget(self.folder, 1)
        row.addWidget(browse)
        form = QFormLayout()
        form.addRow(self.tr("&Format"), self.format)
        form.addRow(self.tr("F&older"), row)
        self.progress = QProgressBar()
        self.progress.setMaximum(max(1, len(photos)))
        self.progress.setAccessibleName(self.tr("Photos written"))
        self.said = QLabel(self.tr("%n photo(s)", "", len(photos)))
        self.said.setWordWrap(True)
        self.failures = QPlainTextEdit()
        self.failures.setReadOnly(True)
        self.failures.setAccessibleName(self.tr("What could not be written"))
        self.failures.hide()
        self.buttons = QDialogButtonBox()
        self.write = self.buttons.addButton(
            self.tr("&Write"), QDialogButtonBox.ButtonRole.ActionRole
        )
        self.stop = self.buttons.addButton(self.tr("S&top"), QDialogButtonBox.ButtonRole.ActionRole)
        self.show_files = self.buttons.addButton(
            self.tr("&Show files"), QDialogButtonBox.ButtonRole.ActionRole
        )
        self.buttons.addButton(QDialogButtonBox.StandardButton.Close)
        self.buttons.rejected.connect(self.reject)
        self.write.clicked.connect(self.begin)
        self.stop.clicked.connect(workspace.sending.stop)
        self.show_files.clicked.connect(self._reveal)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(self.progress)
        layout.addWidget(self.said)
        layout.addWidget(self.failures, 1)
        layout.addWidget(self.buttons)
        self.resize(520, 240)
        self._unwatch = workspace.sending.watch(lambda _: self.refresh(), "sending")
        self.finished.connect(lambda _: self._unwatch())
        self.refresh()

    def _first_folder(self) -> Path:
        return self._photos[0].path.parent if self._photos else Path.home()

    def _browse(self) -> None:
        name = QFileDialog.getExistingDirectory(
            self, self.tr("Write findings into"), self.folder.text()
        )
        if name:
            self.folder.setText(name)

    def begin(self) -> None:
        """Begin to write."""
        try:
            self._workspace.sending.start(
                self._photos,
                self.format.currentData(),
                Path(self.folder.text()),
                self._workspace.view.settings.judgement(),
            )
        except FlawmapError as error:
            self.said.setText(str(error))

    def refresh(self) -> None:
        """Show how far it is."""
        sending = self._workspace.sending
        self.write.setEnabled(not sending.under_way and bool(self._photos))
        self.stop.setEnabled(sending.under_way)
        self.show_files.setEnabled(any(outcome.path for outcome in sending.outcomes))
        if not sending.total:
            return
        self.progress.setMaximum(sending.total)
        self.progress.setValue(len(sending.outcomes))
        written = len(sending.outcomes) - len(sending.failed)
        text = self.tr("{written} of {total} written.").format(written=written, total=sending.total)
        self.failures.setVisible(bool(sending.failed))
        if sending.failed:
            text += " " + self.tr("%n could not be:", "", len(sending.failed))
            self.failures.setPlainText(
                "\n".join(f"{o.photo.path.name}: {o.failure}" for o in sending.failed)
            )
        self.said.setText(text)

    def _reveal(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(self.folder.text()))
