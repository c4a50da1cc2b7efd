"""Course: the way through all photos that wait – one after another, those in sight first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from flawmap_api.client import EngineClient
from flawmap_api.errors import EngineLost, FlawmapError
from flawmap_api.report import Report
from flawmap_api.results import OpenedPhoto, Progress

from .asking import thumbnail_of
from .engine_room import EngineRoom
from .photos import Photo, PhotoList
from .view import ViewState

__all__ = ["Course"]


class Course:
    """Judges waiting photos in the background.

    Parameters
    ----------
    room : EngineRoom
        Lets whoever waits for one photo pass.
    photos : PhotoList
    view : ViewState
        How they are judged.
    judged : callable(photo, report)
    not_judged : callable(photo, error)

    Attributes
    ----------
    wanted : sequence of Photo
        Those in sight; they come first.
    under_way : bool
        False once it is through, or was stopped.
    """

    def __init__(
        self,
        room: EngineRoom,
        photos: PhotoList,
        view: ViewState,
        judged: Callable[[Photo, Report], None],
        not_judged: Callable[[Photo, FlawmapError], None],
    ) -> None:
        self._room, self._photos, self._view = room, photos, view
        self._judged, self._not_judged = judged, not_judged
        self._now: Photo | None = None
        self.wanted: Sequence[Photo] = ()
        self.under_way = False

    def begin(self) -> None:
        """Judge every photo that waits."""
        self.under_way = True
        self.go_on()

    def stop(self) -> None:
        """Stop; what is done stays, the rest waits."""
        self.under_way = False
        self._room.drop_all()
        if self._now is not None:
            self._now.state = "waiting"
            self._photos.changed(self._now)
            self._now = None

    def go_on(self) -> None:
        """Take the next photo up, if none is and somebody wants it."""
        if not self.under_way or self._now is not None:
            return
        photo = self._next()
        if photo is None:
            self.under_way = False
            return
        self._now = photo
        photo.state = "working"
        judgement = self._view.settings.judgement()

        def work(
            client: EngineClient, progress: Callable[[Progress], None]
        ) -> tuple[OpenedPhoto, bytes, Report]:
            opened = client.open(photo.path)
            thumbnail = thumbnail_of(client, opened)
            report = client.analyze(opened, on_progress=progress, **judgement)
            client.close_photo(opened)
            return opened, thumbnail, report

        def then(answer: tuple[OpenedPhoto, bytes, Report]) -> None:
            photo.opened, photo.thumbnail, report = answer
            self._judged(photo, report)
            self._now = None
            self.go_on()

        def failed(error: FlawmapError) -> None:
            self._now = None
            self._not_judged(photo, error)
            if isinstance(error, EngineLost):
                # The next would fail in the same way; the window offers to start it anew.
                self.under_way = False
            self.go_on()

        self._room.ask(work, then, failed, progress=partial(self._photos.advance, photo))
        self._photos.changed(photo)

    def _next(self) -> Photo | None:
        for photos in (self.wanted, self._photos.shown, self._photos.all()):
            photo = next((photo for photo in photos if photo.state == "waiting"), None)
            if photo is not None:
                return photo
        return None
