"""Compare: two to four photos side by side, moved and zoomed as one."""

from __future__ import annotations

from functools import partial
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from flawmap_api.results import OpenedPhoto

from ..model.geometry import Sight
from ..model.photos import Photo, worst_region
from ..model.workspace import Workspace
from .photo_view import PhotoView
from .wording import speech, title_of

__all__ = ["MOST", "CompareView"]

#: More than so many would be too small to judge.
MOST: Final = 4


class CompareView(QWidget):
    """Photos beside each other, each with its quality and worst flaw under it.

    Signals
    -------
    chosen(photo)
        The person wants to see that one alone.
    """

    chosen = Signal(object)

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(2)
        self.views: list[PhotoView] = []
        self.photos: list[Photo] = []
        self._labels: list[QLabel] = []
        self._linking = False
        workspace.photos.watch(self._on_photo, "photo")

    def show_photos(self, photos: list[Photo]) -> None:
        """Show these photos, at most `MOST`; an empty list shows nothing."""
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        self.views, self._labels, self.photos = [], [], photos[:MOST]
        columns = 2 if len(self.photos) in (2, 4) else max(1, len(self.photos))
        for number, photo in enumerate(self.photos):
            self._grid.addWidget(self._cell(photo), number // columns, number % columns)
            self._workspace.open_beside(photo, partial(self._opened, number))
        for label, photo in zip(self._labels, self.photos, strict=True):
            label.setText(self._caption(photo))

    def _cell(self, photo: Photo) -> QWidget:
        view = PhotoView(partial(self._workspace.pixels_of, photo))
        view.setAccessibleName(self.tr("Photo {}").format(photo.path.name))
        view.looked.connect(partial(self._link, view))
        label = QLabel()
        label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        label.setWordWrap(True)
        alone = QToolButton()
        alone.setText(self.tr("Show alone"))
        alone.setAutoRaise(True)
        alone.clicked.connect(lambda _=False: self.chosen.emit(photo))
        cell = QWidget()
        layout = QVBoxLayout(cell)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(view, 1)
        layout.addWidget(label)
        layout.addWidget(alone, 0, Qt.AlignmentFlag.AlignHCenter)
        self.views.append(view)
        self._labels.append(label)
        return cell

    def _opened(self, number: int, photo: Photo, opened: OpenedPhoto) -> None:
        if number < len(self.photos) and self.photos[number] is photo:
            self.views[number].show_photo(opened.width, opened.height)

    def _link(self, moved: PhotoView, sight: Sight) -> None:
        """Bring the others to the same place and size, each relative to its own photo."""
        if self._linking:
            return
        self._linking = True
        try:
            for view in self.views:
                if view is not moved and view.has_photo:
                    view.look(sight.on_another(view.sight))
        finally:
            self._linking = False

    def _on_photo(self, photo: Photo) -> None:
        if photo in self.photos:
            self._labels[self.photos.index(photo)].setText(self._caption(photo))

    def _caption(self, photo: Photo) -> str:
        if photo.failure is not None:
            return f"{photo.path.name}: {photo.failure.message}"
        if photo.report is None:
            return photo.path.name
        worst = worst_region(photo.report)
        quality = self.tr("quality {word} ({value})").format(
            word=speech().quality(photo.report.quality_level),
            value=speech().number(photo.report.quality),
        )
        flaw = title_of(worst) if worst else self.tr("no flaws found")
        return f"{photo.path.name}: {quality}, {flaw}"
