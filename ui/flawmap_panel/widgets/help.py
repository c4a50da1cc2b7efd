"""Help: first steps, keys, what the flaws mean, and what this program is."""

from __future__ import annotations

import html
import platform
from collections.abc import Callable, Iterable

from PySide6.QtCore import QObject, qVersion
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from flawmap_api import __version__
from flawmap_api.errors import EngineLost
from flawmap_api.palette import COLOURS
from flawmap_api.words import DISTORTIONS

from ..model.workspace import Workspace
from .welcome import first_steps
from .wording import name_of

__all__ = ["Help", "TextDialog", "diagnostics"]


class TextDialog(QDialog):
    """A page to read."""

    def __init__(self, title: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.page = QTextBrowser()
        self.page.setAccessibleName(title)
        self.page.setOpenExternalLinks(False)
        self.page.setHtml(text)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.page)
        layout.addWidget(self.buttons)
        self.resize(560, 520)


def diagnostics(workspace: Workspace) -> str:
    """What somebody who helps needs to know, as text."""
    lines = [
        f"Flawmap {__version__}",
        f"Python {platform.python_version()}, Qt {qVersion()}, {platform.platform()}",
    ]
    for name, room in zip(("look", "judge", "bulk", "send"), workspace.rooms, strict=True):
        lines.append(f"{name}: {room.state} {room.error or ''}".rstrip())
        if isinstance(room.error, EngineLost):
            lines += [f"    {line}" for line in room.error.log_tail]
    hello = workspace.hello
    if hello is not None:
        lines.append(f"engine {hello.engine_version}, {hello.device}, model {hello.models}")
    return "\n".join(lines)


class Help(QObject):
    """Makes the pages; each is shown beside the window, which stays usable."""

    def __init__(self, workspace: Workspace, actions: Iterable[QAction], parent: QWidget) -> None:
        super().__init__(parent)
        self._workspace, self._actions, self._window = workspace, tuple(actions), parent

    def first_steps(self) -> TextDialog:
        """Six things to know."""
        return self._show(self.tr("First steps"), first_steps())

    def keys(self) -> TextDialog:
        """Every key as it is set now, and what the mouse does."""
        rows = [
            (
                action.shortcut().toString(QKeySequence.SequenceFormat.NativeText),
                action.text().replace("&", "").rstrip("…"),
            )
            for action in self._actions
            if not action.shortcut().isEmpty()
        ]
        mouse = [
            (self.tr("Wheel, Ctrl+wheel"), self.tr("Zoom at the pointer")),
            (self.tr("Shift+wheel"), self.tr("Move sideways")),
            (self.tr("Space or middle button, drag"), self.tr("Move the photo")),
            (self.tr("Double click"), self.tr("Whole photo or 1:1")),
            (self.tr("Arrow keys"), self.tr("Move the photo; next photo where all of it is seen")),
            (self.tr("Shift, Alt with box, lasso, brush"), self.tr("Add to the part, take away")),
            (self.tr("Delete in the list"), self.tr("Ignore the finding")),
        ]
        hand, keys = self.tr("Mouse and hand"), self.tr("Keys")
        more = self.tr("Other keys can be set under Edit, Settings.")
        text = f"<h3>{hand}</h3>{_table(mouse)}<h3>{keys}</h3>{_table(rows)}<p>{more}</p>"
        return self._show(self.tr("Keys and mouse"), text)

    def flaws(self) -> TextDialog:
        """What each flaw means, and its severity."""
        meanings = {
            "blur": self.tr("Edges are soft: the focus lies elsewhere, or the lens is soft."),
            "jitter": self.tr("Things are smeared along a way: the camera or the subject moved."),
            "noise": self.tr("Grain or colour specks that the scene did not have."),
            "overexposure": self.tr("Too bright; where channels are clipped, detail is lost."),
            "low_light": self.tr("Too dark to see what is there."),
            "compression": self.tr("Blocks, ringing and smeared texture of strong compression."),
            "contrast": self.tr("Too flat, as in haze."),
            "colorfulness": self.tr("A colour cast, or far too much or too little colour."),
        }
        rows = "".join(
            "<tr><td style='background-color:rgb({},{},{})' width='14'></td>".format(*COLOURS[name])
            + f"<td style='padding:4px'><b>{name_of(name)}</b><br>{meanings[name]}</td></tr>"
            for name in DISTORTIONS
            if name in meanings
        )
        scale = self.tr(
            "<b>Severity</b> goes from 0 to 1: 0.2 is just visible side by side, 0.4 plain at a"
            " glance, 0.6 disturbs, and 0.8 annoys nearly everybody."
        )
        unknown = self.tr(
            "<b>Cannot tell</b> is an answer, too: a plain sky holds nothing to judge blur by."
        )
        views = self.tr(
            "Photos are judged as seen whole on a screen. <b>Judge at 1:1</b> (V) looks at every"
            " pixel; a flaw that shows there only is a minor matter for most uses."
        )
        text = f"<table cellspacing='4'>{rows}</table><p>{scale}</p><p>{unknown}</p><p>{views}</p>"
        return self._show(self.tr("What the flaws mean"), text)

    def about(self) -> TextDialog:
        """Versions, and what helps whoever helps."""
        lines = html.escape(diagnostics(self._workspace)).replace("\n", "<br>")
        said = self.tr(
            "Finds what is technically wrong with photos, and where. Everything happens on this"
            " machine; photos are never changed by looking at them."
        )
        dialog = self._show(
            self.tr("About Flawmap"), f"<h3>Flawmap {__version__}</h3><p>{said}</p><p>{lines}</p>"
        )
        copy = dialog.buttons.addButton(
            self.tr("&Copy diagnostics"), QDialogButtonBox.ButtonRole.ActionRole
        )
        copy.clicked.connect(self._copier())
        return dialog

    def _copier(self) -> Callable[[], None]:
        from PySide6.QtGui import QGuiApplication

        return lambda: QGuiApplication.clipboard().setText(diagnostics(self._workspace))

    def _show(self, title: str, text: str) -> TextDialog:
        dialog = TextDialog(title, text, self._window)
        dialog.show()
        return dialog


def _table(rows: Iterable[tuple[str, str]]) -> str:
    cells = (
        f"<tr><td style='padding:2px 12px 2px 2px'><b>{html.escape(left)}</b></td>"
        f"<td style='padding:2px'>{html.escape(right)}</td></tr>"
        for left, right in rows
    )
    return f"<table>{''.join(cells)}</table>"
