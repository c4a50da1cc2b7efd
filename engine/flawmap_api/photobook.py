"""Photo book: how each photo came to the engine, so that a new engine can be given it again."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import EngineLost
from .geometry import Box
from .sources import PixelData

__all__ = ["Patch", "PhotoBook", "Way"]


@dataclass(frozen=True)
class Way:
    """A photo that was opened: its path, or what gives its pixels."""

    source: Path | Callable[[], PixelData]
    allow_truncated: bool = False


@dataclass(frozen=True)
class Patch:
    """A photo that an update made: the photo before it, and the new pixels of a box."""

    base: str
    box: Box
    pixels: PixelData


class PhotoBook:
    """The ways to this client's photos, and which of them it had analysed."""

    def __init__(self) -> None:
        self.folder = ""
        self._ways: dict[str, Way | Patch] = {}
        self._analysed: set[str] = set()

    def remember(self, photo_id: str, way: Way | Patch) -> None:
        """Keep the way to a photo."""
        self._ways[photo_id] = way

    def way_to(self, photo_id: str) -> tuple[Way, tuple[Patch, ...]] | None:
        """How to open what the photo began as, and the patches since; None if that is not known."""
        patches: list[Patch] = []
        way = self._ways.get(photo_id)
        while isinstance(way, Patch):
            patches.append(way)
            way = self._ways.get(way.base)
        return None if way is None else (way, tuple(reversed(patches)))

    def photos(self) -> frozenset[str]:
        """Ids of the photos that this client may still ask about."""
        return frozenset(self._ways)

    def note_analysed(self, photo_id: str) -> None:
        """Keep that this client had the photo analysed, and counts on it."""
        self._analysed.add(photo_id)

    def was_analysed(self, photo_id: str) -> bool:
        """Whether requests of this client may count on the photo's analysis."""
        return photo_id in self._analysed

    def forget(self, photo_id: str) -> None:
        """Drop the way to a photo, unless a patched one still leads through it."""
        self._analysed.discard(photo_id)
        bases = {way.base for way in self._ways.values() if isinstance(way, Patch)}
        if photo_id not in bases:
            self._ways.pop(photo_id, None)

    def pixel_file(self, name: Any) -> Path:
        """Path of a file that the engine gave out in its folder."""
        if not isinstance(name, str) or name != os.path.basename(name) or not name:
            raise EngineLost("The engine named a file outside its folder.")
        return Path(self.folder) / name
