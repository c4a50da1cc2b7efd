"""Findings layer: the tint and the outlines of one photo's findings, ready to be drawn.

Made anew only when planes, thresholds or looks change, so that moving about costs two pictures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen, QPolygonF

from flawmap_api.geometry import Box
from flawmap_api.palette import COLOURS
from flawmap_api.report import Region

from ..model.asking import Planes
from ..model.tint import Sampled, outlines, sample, tint
from ..model.view import ViewSettings
from .photo_view import box_rect

__all__ = ["FindingsLayer", "premultiplied"]

# The tint of the whole photo is drawn at most so large; more is drawn anew for what is in sight.
_SIDE: Final = 1536


class FindingsLayer:
    """What is drawn over a photo."""

    def __init__(self) -> None:
        self.rows: tuple[Region, ...] = ()
        self._planes: Planes | None = None
        self._photo = (1, 1)
        self._thresholds: Mapping[str, int] = {}
        self._settings = ViewSettings()
        self._sampled: Sampled | None = None
        self._tint: QImage | None = None
        self._detail: tuple[Box, QImage] | None = None
        self._outlines: dict[str, QPainterPath] = {}

    def clear(self) -> None:
        """Nothing is found, or not yet."""
        self.__init__()  # type: ignore[misc]  # begins anew

    def show(
        self,
        planes: Planes,
        photo: tuple[int, int],
        thresholds: Mapping[str, int],
        rows: Sequence[Region],
        settings: ViewSettings,
    ) -> None:
        """Take over what is to be drawn; what has not changed is not made again."""
        rows = tuple(rows)
        if planes is not self._planes or self._sampled is None:
            self._planes, self._photo = planes, photo
            shrink = min(1.0, _SIDE / max(photo))
            size = max(1, round(photo[0] * shrink)), max(1, round(photo[1] * shrink))
            whole = Box(0, 0, *photo)
            self._sampled = sample(planes.severity, planes.unknown, photo, whole, size)
            self._tint, self.rows = None, ()
        if self._tint is None or (thresholds, settings) != (self._thresholds, self._settings):
            self._thresholds, self._settings = dict(thresholds), settings
            # Outlines follow with the regions of the new thresholds: no slider waits for them.
            self._tint, self._detail = self._tinted(self._sampled), None
        if rows != self.rows:
            self.rows = rows
            self._trace(self._sampled)

    def refine(self, box: Box, ratio: float) -> bool:
        """Draw the tint of a part at the screen's own size; False if that brings nothing.

        Parameters
        ----------
        box : Box
            What is in sight.
        ratio : float
            Pixels of the screen per photo pixel.
        """
        if self._planes is None or self._tint is None or ratio * max(self._photo) <= 1.2 * _SIDE:
            return False
        size = max(1, round(box.width * ratio)), max(1, round(box.height * ratio))
        planes = self._planes
        self._detail = (
            box,
            self._tinted(sample(planes.severity, planes.unknown, self._photo, box, size)),
        )
        return True

    def _tinted(self, sampled: Sampled) -> QImage:
        settings = self._settings
        return premultiplied(
            tint(
                sampled,
                self._thresholds,
                hidden=settings.hidden,
                opacity=settings.opacity,
                style=settings.style,
            )
        )

    def _trace(self, sampled: Sampled) -> None:
        """Outlines of the listed regions: each piece goes to the region whose box fits it best."""
        self._outlines.clear()
        for name in {row.distortion for row in self.rows} & self._thresholds.keys():
            regions = [row for row in self.rows if row.distortion == name]
            for line in outlines(sampled, name, self._thresholds[name]):
                region = _owner(line, regions)
                if region is not None:
                    path = self._outlines.setdefault(region.id, QPainterPath())
                    path.addPolygon(QPolygonF([QPointF(x, y) for x, y in line]))
                    path.closeSubpath()

    def under(self, x: float, y: float) -> str | None:
        """The worst listed region whose outline holds a point of the photo."""
        point = QPointF(x, y)
        return next(
            (
                row.id
                for row in self.rows
                if row.id in self._outlines and self._outlines[row.id].contains(point)
            ),
            None,
        )

    def paint(
        self, painter: QPainter, visible: Box | None, selected: str | None, hovered: str | None
    ) -> None:
        """Draw tint and outlines with a painter that draws in photo pixels."""
        if self._tint is None:
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if self._detail is not None and self._detail[0] == visible:
            painter.drawImage(box_rect(self._detail[0]), self._detail[1])
        else:
            painter.drawImage(QRectF(0, 0, *self._photo), self._tint)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for row in self.rows:
            path = self._outlines.get(row.id)
            if path is not None and row.distortion not in self._settings.hidden:
                _outline(painter, path, row, row.id == selected, row.id == hovered)


def _outline(
    painter: QPainter, path: QPainterPath, region: Region, selected: bool, hovered: bool
) -> None:
    if selected or hovered:
        painter.setPen(_pen(QColor(0, 0, 0, 170), 5 if selected else 4))
        painter.drawPath(path)
    colour = QColor(*COLOURS.get(region.distortion, (128, 128, 128)))
    painter.setPen(_pen(colour, 3 if selected else 1.5))
    painter.drawPath(path)
    if selected:
        painter.setPen(_pen(QColor(255, 255, 255), 1, dashed=True))
        painter.drawPath(path)


def _pen(colour: QColor, width: float, *, dashed: bool = False) -> QPen:
    pen = QPen(colour, width)
    pen.setCosmetic(True)
    if dashed:
        pen.setStyle(Qt.PenStyle.DashLine)
    return pen


def premultiplied(pixels: NDArray[np.uint8]) -> QImage:
    """A picture of blue, green, red, alpha, premultiplied; it keeps its own copy."""
    height, width = pixels.shape[:2]
    data = np.ascontiguousarray(pixels)
    return QImage(
        data.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied
    ).copy()


def _owner(line: NDArray[np.float64], regions: list[Region]) -> Region | None:
    """The region that a piece belongs to: the smallest box that holds its middle."""
    x, y = (line.min(0) + line.max(0)) / 2
    holding = [r for r in regions if r.box.x0 <= x <= r.box.x1 and r.box.y0 <= y <= r.box.y1]
    return min(holding, key=lambda r: r.box.area, default=None)
