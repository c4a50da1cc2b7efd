"""The window with settings and the engine's state; it stays open while one works."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flawmap_plugin.settings import LANGUAGES

from .qt import QtCore, QtGui, QtWidgets

if TYPE_CHECKING:
    from .app import App

__all__ = ["Dialog"]


class Dialog(QtWidgets.QDialog):
    """Two pages; one window for the process."""

    _one: ClassVar[Any] = None

    @classmethod
    def of(cls, app: App, parent: Any) -> Dialog:
        """The window, made at the first call and after a change of language."""
        if cls._one is None or cls._one.language != app.desk.texts.language:
            cls._one = cls(app, parent)
        return cls._one

    def __init__(self, app: App, parent: Any) -> None:
        super().__init__(parent)
        self._app = app
        texts = self._texts = app.desk.texts
        self.language = texts.language
        self.setWindowTitle("Flawmap")
        self._pages = QtWidgets.QTabWidget()
        self._names = ("settings", "status")
        self._pages.addTab(self._settings_page(), texts("ui.settings").rstrip(" …"))
        self._pages.addTab(self._status_page(), texts("ui.status").rstrip(" …"))
        buttons = QtWidgets.QDialogButtonBox()
        close = buttons.addButton(
            texts("ui.close"), QtWidgets.QDialogButtonBox.ButtonRole.RejectRole
        )
        close.clicked.connect(lambda *_: self.close())
        layout = QtWidgets.QVBoxLayout(self)
        layout.addWidget(self._pages)
        layout.addWidget(buttons)
        self._timer = QtCore.QTimer(self)
        self._timer.timeout.connect(self._tell)

    def show_page(self, name: str) -> None:
        """Open the window on one of its pages."""
        self._pages.setCurrentIndex(self._names.index(name))
        self._tell()
        self._timer.start(1000)
        self.show()
        self.raise_()
        self.activateWindow()

    def hideEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """Stop looking at the engine."""
        self._timer.stop()
        super().hideEvent(event)

    def _settings_page(self) -> QtWidgets.QWidget:
        page, texts, desk = QtWidgets.QWidget(), self._texts, self._app.desk
        form = QtWidgets.QFormLayout(page)
        language = QtWidgets.QComboBox()
        for name in LANGUAGES:
            language.addItem(texts(f"ui.settings.language.{name}"), name)
        language.setCurrentIndex(language.findData(desk.settings.language))
        language.activated.connect(lambda at: desk.change_settings(language=language.itemData(at)))
        form.addRow(texts("ui.settings.language"), language)
        for name in ("keep_masks", "host_filters"):
            box = QtWidgets.QCheckBox(texts(f"ui.settings.{name}"))
            box.setChecked(getattr(desk.settings, name))
            box.toggled.connect(self._changes(name))
            form.addRow(box)
        return page

    def _changes(self, name: str) -> Any:
        return lambda on: self._app.desk.change_settings(**{name: bool(on)})

    def _status_page(self) -> QtWidgets.QWidget:
        page, texts = QtWidgets.QWidget(), self._texts
        self._status = QtWidgets.QLabel()
        self._status.setWordWrap(True)
        self._status.setMinimumWidth(360)
        flag = QtCore.Qt.TextInteractionFlag
        self._status.setTextInteractionFlags(
            flag.TextSelectableByMouse | flag.TextSelectableByKeyboard
        )
        copy = QtWidgets.QPushButton(texts("ui.copy_diagnostics"))
        copy.clicked.connect(lambda *_: self._app.copy_diagnostics())
        log = QtWidgets.QPushButton(texts("ui.open_log"))
        log.clicked.connect(lambda *_: self._open_log())
        layout = QtWidgets.QVBoxLayout(page)
        layout.addWidget(self._status, 1)
        layout.addWidget(copy)
        layout.addWidget(log)
        return page

    def _open_log(self) -> None:
        QtGui.QDesktopServices.openUrl(QtCore.QUrl.fromLocalFile(str(self._app.home.log)))

    def _tell(self) -> None:
        self._status.setText(self._app.desk.status())
