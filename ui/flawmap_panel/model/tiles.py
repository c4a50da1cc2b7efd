"""Tiles: which squares of which size are needed to show a part of a photo, and which are kept.

Level n holds the photo at 1/2^n of its size, in squares of 512 px; the last level is one square.
A square that is not there yet is stood in for by a coarser one, so that panning never waits.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from flawmap_api.geometry import Box

__all__ = ["TILE", "Pyramid", "Tile", "TileCache"]

TILE = 512
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Tile:
    """One square: its level, column and row."""

    level: int
    column: int
    row: int

    @property
    def scale(self) -> float:
        """Its pixels per photo pixel."""
        return 0.5**self.level


@dataclass(frozen=True, slots=True)
class Pyramid:
    """The squares of one photo's size."""

    width: int
    height: int

    @property
    def levels(self) -> int:
        """How many levels there are; the last one is a single square."""
        side = max(self.width, self.height)
        return max(1, math.ceil(math.log2(max(1.0, side / TILE))) + 1)

    def level_for(self, scale: float) -> int:
        """The coarsest level with at least one pixel for each screen pixel."""
        wanted = math.floor(math.log2(1 / scale) + 1e-9) if scale < 1 else 0
        return min(max(0, wanted), self.levels - 1)

    def box(self, tile: Tile) -> Box:
        """The part of the photo that a square shows, in photo pixels."""
        side = TILE << tile.level
        x0, y0 = tile.column * side, tile.row * side
        return Box(x0, y0, min(x0 + side, self.width), min(y0 + side, self.height))

    def covering(self, box: Box, level: int) -> Iterator[Tile]:
        """The squares of a level that show a part of the photo, from its middle outwards."""
        side = TILE << level
        columns = range(box.x0 // side, (box.x1 - 1) // side + 1)
        rows = range(box.y0 // side, (box.y1 - 1) // side + 1)
        x, y = (box.x0 + box.x1) / 2 / side - 0.5, (box.y0 + box.y1) / 2 / side - 0.5
        tiles = [Tile(level, column, row) for row in rows for column in columns]
        return iter(sorted(tiles, key=lambda t: (t.column - x) ** 2 + (t.row - y) ** 2))

    def coarser(self, tile: Tile) -> Iterator[Tile]:
        """Squares of coarser levels that show the same place, the finest first."""
        for level in range(tile.level + 1, self.levels):
            by = level - tile.level
            yield Tile(level, tile.column >> by, tile.row >> by)


class TileCache(Generic[T]):
    """Squares that were used last, up to so many bytes.

    Parameters
    ----------
    budget : int
        Bytes.
    """

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self.used = 0
        self._tiles: OrderedDict[Tile, tuple[T, int]] = OrderedDict()

    def __contains__(self, tile: Tile) -> bool:
        return tile in self._tiles

    def get(self, tile: Tile) -> T | None:
        """A square, if it is there; it counts as used now."""
        found = self._tiles.get(tile)
        if found is None:
            return None
        self._tiles.move_to_end(tile)
        return found[0]

    def put(self, tile: Tile, picture: T, nbytes: int) -> None:
        """Keep a square; those longest unused go."""
        self._drop(tile)
        self._tiles[tile] = (picture, nbytes)
        self.used += nbytes
        while self.used > self.budget and len(self._tiles) > 1:
            self._drop(next(iter(self._tiles)))

    def clear(self) -> None:
        """Keep nothing: another photo is shown."""
        self._tiles.clear()
        self.used = 0

    def _drop(self, tile: Tile) -> None:
        _, nbytes = self._tiles.pop(tile, (None, 0))
        self.used -= nbytes
