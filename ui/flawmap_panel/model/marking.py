"""Marking: what the person says of findings – asked of the engine, and undone step by step."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flawmap_api.client import EngineClient
from flawmap_api.errors import FlawmapError
from flawmap_api.report import Report

from .engine_room import EngineRoom
from .history import Decision, History
from .photos import Photo, PhotoList
from .view import ViewState

__all__ = ["Marking"]


class Marking:
    """Verdicts on findings of the current photo, and the way back.

    Parameters
    ----------
    room : EngineRoom
    photos : PhotoList
    view : ViewState
    judged : callable(photo, report)
        Gets the report as it is with the mark.
    failed : callable(error)
    """

    def __init__(
        self,
        room: EngineRoom,
        photos: PhotoList,
        view: ViewState,
        judged: Callable[[Photo, Report], None],
        failed: Callable[[FlawmapError], None],
    ) -> None:
        self._room, self._photos, self._view = room, photos, view
        self._judged, self._failed = judged, failed
        self.history = History()

    def mark(self, region_id: str, verdict: str | None) -> None:
        """Say what a finding is: accepted, ignored, intentional, or None for no verdict."""
        photo = self._photos.current
        region = photo.report.region(region_id) if photo and photo.report else None
        if photo is None or region is None:
            return
        decision = Decision(
            path=str(photo.path),
            region=region_id,
            title=f"{region.distortion} {verdict or 'unmarked'}",
            before=region.mark,
            after=verdict,
            judgement=tuple(self._view.settings.judgement().items()),
        )
        self._set(decision, verdict, lambda: self.history.decide(decision))

    def undo(self) -> None:
        """Take the last verdict back."""
        if (decision := self.history.undo()) is not None:
            self._set(decision, decision.before)

    def redo(self) -> None:
        """Give the last undone verdict again."""
        if (decision := self.history.redo()) is not None:
            self._set(decision, decision.after)

    def _set(
        self, decision: Decision, verdict: str | None, done: Callable[[], None] = lambda: None
    ) -> None:
        photo = self._photos.get(Path(decision.path))
        if photo is None:
            return
        judgement: dict[str, Any] = dict(decision.judgement)
        now = self._view.settings.judgement()

        def work(client: EngineClient, _: Any) -> Report:
            opened = client.open(photo.path)
            client.analyze(opened, **judgement)
            client.set_mark(opened, decision.region, verdict, **judgement)
            return client.regions(opened, **now)

        def then(report: Report) -> None:
            done()
            self._judged(photo, report)

        self._room.ask(work, then, self._failed, urgency=7)
