"""Tile store: the canvas's squares of the photo, asked of the engine as they come into sight."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from flawmap_api.geometry import Box
from flawmap_api.results import PixelBlock

from ..model.tiles import Pyramid, Tile, TileCache

__all__ = ["Ask", "TileStore", "image_of"]

#: Gets a part of a photo at a scale, and hands it over.
Ask = Callable[[Box, float, Callable[[PixelBlock], None]], None]

_BUDGET = 128 << 20
# So many squares are under way at once: those out of sight by then are not asked for.
_AT_ONCE = 3


def image_of(block: PixelBlock) -> QImage:
    """A picture of the engine's pixels; it keeps its own copy."""
    return QImage(
        block.data, block.width, block.height, 3 * block.width, QImage.Format.Format_RGB888
    ).convertToFormat(QImage.Format.Format_RGB32)


class TileStore(QObject):
    """Squares of one photo.

    Signals
    -------
    arrived()
        A square is there that was not before.
    """

    arrived = Signal()

    def __init__(self, ask: Ask, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._get = ask
        self._cache: TileCache[QImage] = TileCache(_BUDGET)
        self._wanted: list[Tile] = []
        self._under_way: set[Tile] = set()
        self._generation = 0
        self.pyramid = Pyramid(1, 1)

    def reset(self, width: int, height: int) -> None:
        """Begin anew: another photo, or the same one changed."""
        self.pyramid = Pyramid(width, height)
        self._cache.clear()
        self._wanted.clear()
        self._under_way.clear()
        self._generation += 1

    def get(self, tile: Tile) -> QImage | None:
        """A square, if it is there."""
        return self._cache.get(tile)

    def want(self, tiles: list[Tile]) -> None:
        """Say what is in sight, the most urgent first; what was wanted before is not any more."""
        self._wanted = [tile for tile in tiles if tile not in self._cache]
        self._ask()

    def _ask(self) -> None:
        for tile in self._wanted:
            if len(self._under_way) >= _AT_ONCE:
                return
            if tile in self._under_way or tile in self._cache:
                continue
            self._under_way.add(tile)
            self._request(tile, self.pyramid.box(tile), self._generation)

    def _request(self, tile: Tile, box: Box, generation: int) -> None:
        def then(block: PixelBlock) -> None:
            if generation != self._generation:
                return
            self._under_way.discard(tile)
            image = image_of(block)
            self._cache.put(tile, image, image.sizeInBytes())
            self.arrived.emit()
            self._ask()

        self._get(box, tile.scale, then)
