"""Menus: every verb of the window as an action with its keys, in menus and tool bar."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QToolBar

from ..model.editors import EDITORS
from .help import Help

if TYPE_CHECKING:
    from .window import Window

__all__ = ["Menus"]

_RECENT = 10


class Menus(QObject):
    """Makes a window's actions.

    Attributes
    ----------
    by_name : dict of name to QAction
        Names are what settings keep shortcuts under.
    """

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self.by_name: dict[str, QAction] = {}
        self._file()
        self._edit()
        self._view()
        self._findings()
        self._photos()
        self._tools()
        self._help()

    def _add(
        self,
        name: str,
        text: str,
        keys: str,
        act: Callable[..., object],
        *,
        checkable: bool = False,
    ) -> QAction:
        action = QAction(text, self._window)
        action.setObjectName(name)
        action.setShortcut(QKeySequence(keys))
        if keys:
            shown = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            action.setToolTip(f"{text.replace('&', '').rstrip('…')} ({shown})")
        action.setCheckable(checkable)
        if checkable:
            action.toggled.connect(act)
        else:
            action.triggered.connect(lambda _=False: act())
        self.by_name[name] = action
        self._window.addAction(action)
        return action

    def _file(self) -> None:
        window, add = self._window, self._add
        menu = window.menuBar().addMenu(self.tr("&File"))
        menu.addAction(add("open", self.tr("&Open photos…"), "Ctrl+O", window.choose_files))
        menu.addAction(
            add("open-folder", self.tr("Open &folder…"), "Ctrl+Shift+O", window.choose_folder)
        )
        self.recent = menu.addMenu(self.tr("Open re&cent"))
        menu.addSeparator()
        menu.addAction(add("send", self.tr("&Send findings on…"), "Ctrl+E", window.send))
        menu.addAction(
            add("save-repaired", self.tr("Save &repaired copy…"), "Ctrl+S", window.save_repaired)
        )
        for host, name in EDITORS.items():
            text = self.tr("Open in {}").format(name)
            menu.addAction(add(f"open-in-{host}", text, "", lambda host=host: window.open_in(host)))
        menu.setToolTipsVisible(True)
        menu.addAction(add("reveal", self.tr("Show in file &manager"), "", window.reveal))
        menu.addSeparator()
        menu.addAction(add("remove", self.tr("&Remove from window"), "Ctrl+W", window.remove))
        menu.addAction(add("quit", self.tr("&Quit"), "Ctrl+Q", window.close))

    def _edit(self) -> None:
        window, add = self._window, self._add
        work = window.workspace
        menu = window.menuBar().addMenu(self.tr("&Edit"))
        menu.addAction(add("undo", self.tr("&Undo"), "Ctrl+Z", window.undo))
        menu.addAction(add("redo", self.tr("&Redo"), "Ctrl+Shift+Z", window.redo))
        menu.addSeparator()
        menu.addAction(add("copy", self.tr("&Copy findings as text"), "Ctrl+C", window.copy_text))
        menu.addAction(add("copy-mask", self.tr("Copy &mask"), "Ctrl+Shift+C", window.copy_mask))
        menu.addAction(add("clear-selection", self.tr("Mark &nothing"), "Ctrl+D", work.roi.clear))
        menu.addSeparator()
        menu.addAction(add("settings", self.tr("&Settings…"), "Ctrl+,", window.settings_asked.emit))

    def _view(self) -> None:
        window, add = self._window, self._add
        view = window.workspace.view
        menu = window.menuBar().addMenu(self.tr("&View"))
        overlay = add(
            "overlay", self.tr("O&verlay"), "O", lambda on: view.set(overlay=on), checkable=True
        )
        overlay.setChecked(view.settings.overlay)
        menu.addAction(overlay)
        contour = add(
            "contour",
            self.tr("&Outlines instead of tint"),
            "Shift+O",
            lambda on: view.set(style="contour" if on else "fill"),
            checkable=True,
        )
        contour.setChecked(view.settings.style == "contour")
        menu.addAction(contour)
        pixel = add(
            "pixel-view",
            self.tr("&Judge at 1:1"),
            "V",
            lambda on: view.set(view="pixel" if on else "screen"),
            checkable=True,
        )
        pixel.setChecked(view.settings.view == "pixel")
        menu.addAction(pixel)
        menu.addSeparator()
        for name, text, keys in (
            ("off", self.tr("&One picture"), "1"),
            ("split", self.tr("S&plit: photo and findings"), "2"),
            ("side by side", self.tr("&Side by side"), "3"),
        ):
            menu.addAction(
                add(f"compare-{name}", text, keys, lambda name=name: view.set(comparison=name))
            )
        menu.addSeparator()
        for name, text, keys in (
            ("photo", self.tr("&Photo"), "F6"),
            ("sheet", self.tr("&Contact sheet"), "F7"),
            ("compare", self.tr("Compare the &selected"), "F8"),
        ):
            menu.addAction(
                add(f"page-{name}", text, keys, lambda name=name: window.show_page(name))
            )
        menu.addSeparator()
        for dock in (window.findings_dock, window.strip_dock):
            menu.addAction(dock.toggleViewAction())
        menu.addSeparator()
        menu.addAction(add("fit", self.tr("&Fit"), "F", window.canvas.fit))
        menu.addAction(add("one-to-one", self.tr("&1:1"), "Z", window.canvas.one_to_one))
        menu.addAction(add("zoom-in", self.tr("Zoom &in"), "+", lambda: window.canvas.zoom(1.5)))
        menu.addAction(
            add("zoom-out", self.tr("Zoom &out"), "-", lambda: window.canvas.zoom(1 / 1.5))
        )

    def _findings(self) -> None:
        window, add = self._window, self._add
        menu = window.menuBar().addMenu(self.tr("F&indings"))
        menu.addAction(add("next", self.tr("&Next finding"), "N", lambda: window.step(1)))
        menu.addAction(add("previous", self.tr("&Previous finding"), "P", lambda: window.step(-1)))
        menu.addSeparator()
        for verdict, text, keys in (
            ("accepted", self.tr("The finding is &right"), "R"),
            ("ignored", self.tr("&Ignore it"), "I"),
            ("intentional", self.tr("It is &wanted"), "W"),
        ):
            action = add(f"mark-{verdict}", text, keys, lambda v=verdict: window.mark(v))
            menu.addAction(action)
            window.findings.list.addAction(action)

    def _photos(self) -> None:
        window, add = self._window, self._add
        work = window.workspace
        menu = window.menuBar().addMenu(self.tr("&Photos"))
        menu.addAction(
            add("next-photo", self.tr("&Next photo"), "Ctrl+Right", lambda: work.photos.step(1))
        )
        menu.addAction(
            add(
                "previous-photo",
                self.tr("&Previous photo"),
                "Ctrl+Left",
                lambda: work.photos.step(-1),
            )
        )
        menu.addSeparator()
        for flag, text, keys in (
            ("pick", self.tr("P&ick"), "Ctrl+1"),
            ("reject", self.tr("&Reject"), "Ctrl+2"),
            ("", self.tr("No &flag"), "Ctrl+0"),
        ):
            action = add(f"flag-{flag or 'none'}", text, keys, lambda f=flag: window.flag(f))
            menu.addAction(action)
            window.strip.addAction(action)
        self._sorting(menu.addMenu(self.tr("&Sort by")))
        menu.addAction(add("best", self.tr("&Best of the selected"), "Ctrl+B", window.best_of))
        menu.addAction(add("stop", self.tr("S&top"), "Esc", window.stop))
        menu.addAction(add("again", self.tr("&Judge again"), "F5", work.analyze_again))

    def _tools(self) -> None:
        window, add = self._window, self._add
        bar = QToolBar(self.tr("Tools"))
        bar.setObjectName("tools")
        bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        window.addToolBar(bar)
        tools = QActionGroup(window)
        for name, text, keys in (
            ("pick", self.tr("Pick"), "A"),
            ("box", self.tr("Box"), "B"),
            ("lasso", self.tr("Lasso"), "L"),
            ("brush", self.tr("Brush"), "S"),
        ):
            action = add(
                f"tool-{name}",
                text,
                keys,
                lambda on, name=name: window.canvas.use(name) if on else None,
                checkable=True,
            )
            tools.addAction(action)
            bar.addAction(action)
        self.by_name["tool-pick"].setChecked(True)
        bar.addSeparator()
        for name in ("fit", "one-to-one", "overlay", "pixel-view"):
            bar.addAction(self.by_name[name])

    def _help(self) -> None:
        window, add = self._window, self._add
        menu = window.menuBar().addMenu(self.tr("&Help"))
        pages = Help(window.workspace, self.by_name.values(), window)
        menu.addAction(add("first-steps", self.tr("&First steps"), "", pages.first_steps))
        menu.addAction(add("keys", self.tr("&Keys and mouse"), "F1", pages.keys))
        menu.addAction(add("flaws", self.tr("What the fla&ws mean"), "", pages.flaws))
        menu.addSeparator()
        menu.addAction(
            add("diagnostics", self.tr("Copy &diagnostics"), "", window.copy_diagnostics)
        )
        menu.addAction(add("about", self.tr("&About Flawmap"), "", pages.about))

    def show_recent(self, paths: Sequence[str]) -> None:
        """List what was opened lately."""
        self.recent.clear()
        self.recent.setEnabled(bool(paths))
        for path in paths[:_RECENT]:
            action = self.recent.addAction(path.replace("&", "&&"))
            action.triggered.connect(lambda _=False, path=path: self._window.open_paths([path]))

    def _sorting(self, menu: QMenu) -> None:
        window = self._window
        group = QActionGroup(window)
        texts = {
            "opened": self.tr("Order of opening"),
            "name": self.tr("Name"),
            "quality": self.tr("Quality, worst first"),
            "worst flaw": self.tr("Worst flaw first"),
            "sharpness": self.tr("Sharpness of the subject, softest first"),
        }
        for order, text in texts.items():
            action = QAction(text, window)
            action.setCheckable(True)
            action.setChecked(order == window.workspace.photos.order)
            action.triggered.connect(lambda _=False, o=order: window.workspace.photos.sort(o))
            group.addAction(action)
            menu.addAction(action)
