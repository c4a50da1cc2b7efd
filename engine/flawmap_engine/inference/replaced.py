"""Replaced: whether the networks on disk are still those that an engine began with.

An engine lives on for half an hour, over an update of Flawmap or of its weights. Then it ends, once
nobody asks, so that the next question is answered by the networks that are there.
"""

from __future__ import annotations

import os
from pathlib import Path

from flawmap_api.errors import FlawmapError

from .weights import ModelCard, load_weights, weights_folder

__all__ = ["WeightsWatch"]

_Stamp = tuple[tuple[str, int, int, int], ...]


class WeightsWatch:
    """Looks at the weights' folder as it is now, and again whenever it is asked.

    Parameters
    ----------
    folder : Path, optional
        Default: the folder that `load_weights` reads.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = weights_folder(folder)
        self._stamp = self._look()
        self._card = self._read()

    @property
    def models(self) -> dict[str, str]:
        """Name and hash of the networks that are there; none if they cannot be read."""
        return {} if self._card is None else {self._card.name: self._card.sha256}

    def changed(self) -> bool:
        """Whether other networks lie there now, whole; cheap while nothing was written."""
        stamp = self._look()
        if stamp == self._stamp:
            return False
        found = self._read()
        if found is None:
            # Half of a copy: look again when it is done.
            return False
        self._stamp = stamp
        before, self._card = self._card, found
        return before is not None and found.sha256 != before.sha256

    def _look(self) -> _Stamp:
        try:
            with os.scandir(self._folder) as entries:
                stats = [(entry.name, entry.stat()) for entry in entries]
        except OSError:
            return ()
        return tuple(sorted((name, s.st_size, s.st_mtime_ns, s.st_ino) for name, s in stats))

    def _read(self) -> ModelCard | None:
        try:
            return load_weights(self._folder).card
        except FlawmapError:
            return None
