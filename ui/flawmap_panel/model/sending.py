"""Sending on: findings written in any format of the registry, one photo after another."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flawmap_api.client import EngineClient
from flawmap_api.errors import BadInput, FlawmapError
from flawmap_api.results import Progress
from flawmap_export import folder_names, format_named, gather

from .engine_room import EngineRoom
from .observable import Observable
from .photos import Photo

__all__ = ["Outcome", "Sending"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one photo: where it was written, or why not."""

    photo: Photo
    path: Path | None = None
    failure: FlawmapError | None = None


class Sending(Observable):
    """One export at a time; tells `sending` as it goes on.

    Attributes
    ----------
    outcomes : list of Outcome
        Of the photos that are through, in their order.
    total : int
        How many there are; 0 when nothing is or was sent.
    """

    def __init__(self, room: EngineRoom) -> None:
        super().__init__()
        self._room = room
        self.outcomes: list[Outcome] = []
        self.total = 0
        self._cancelled = False

    @property
    def under_way(self) -> bool:
        """Whether photos are still to be written."""
        return len(self.outcomes) < self.total and not self._cancelled

    @property
    def failed(self) -> list[Outcome]:
        """Those that could not be written."""
        return [outcome for outcome in self.outcomes if outcome.failure is not None]

    def start(
        self, photos: Sequence[Photo], format_name: str, folder: Path, judgement: dict[str, Any]
    ) -> None:
        """Write photos' findings into a folder.

        Raises
        ------
        BadInput
            If the folder cannot be written into, or something is being sent already.
        """
        if self.under_way:
            raise BadInput("Photos are being written already.", "Wait for them, or stop them.")
        if not folder.is_dir() or not os.access(folder, os.W_OK):
            raise BadInput(f"Nothing can be written into {folder}.", "Choose another folder.")
        names = folder_names([photo.path for photo in photos])
        self.outcomes, self.total, self._cancelled = [], len(photos), False
        for photo, name in zip(photos, names, strict=True):
            self._ask(photo, name, format_name, folder, judgement)
        self.tell("sending")

    def _ask(
        self, photo: Photo, name: str, format_name: str, folder: Path, judgement: dict[str, Any]
    ) -> None:
        def work(client: EngineClient, progress: Callable[[Progress], None]) -> Path:
            opened = client.open(photo.path)
            report = client.analyze(opened, on_progress=progress, **judgement)
            rest = {key: value for key, value in judgement.items() if key != "view"}
            findings = gather(client, opened, report, judgement=rest)
            return format_named(format_name).write(findings, folder, name)

        def done(path: Path) -> None:
            self._through(Outcome(photo, path=path))

        def failed(error: FlawmapError) -> None:
            self._through(Outcome(photo, failure=error))

        self._room.ask(work, done, failed, urgency=3)

    def _through(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        self.tell("sending")

    def stop(self) -> None:
        """Write no more; what is written stays."""
        if self.under_way:
            self._cancelled = True
            self._room.drop_all()
            self.tell("sending")
