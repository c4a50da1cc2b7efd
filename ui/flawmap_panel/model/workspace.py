"""Workspace: everything that one window is about, and what a person can do there.

It knows the photos, the view, the findings of the current photo, the marked part and the engine;
every verb of the window is a method here. Widgets call them and watch the topics:

- `opened`: the current photo's size and pixels can be asked for
- `findings`: report, listing or planes of the current photo are new
- `roi`: the marked part's score is new
- `notice`: something to say (detail: `Notice`)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from flawmap_api.best import Placed, rank_frames
from flawmap_api.client import EngineClient
from flawmap_api.errors import EngineLost, FlawmapError, NotFound
from flawmap_api.geometry import Box
from flawmap_api.inputs import find_photos
from flawmap_api.report import Region, Report
from flawmap_api.results import HelloInfo, OpenedPhoto, PixelBlock, Progress
from flawmap_api.roi import RoiScore
from flawmap_api.strictness import thresholds_at
from flawmap_hosts import System

from .asking import Planes, planes_of, thumbnail_of
from .course import Course
from .disk import Changes
from .editors import Editors
from .engine_room import EngineRoom, Post
from .findings import Filters, Listing, list_findings
from .marking import Marking
from .observable import Observable
from .photos import Photo, PhotoList, Stamp
from .repair import RepairDesk
from .selection import RoiSelection
from .sending import Sending
from .view import ViewSettings, ViewState

__all__ = ["Notice", "Workspace"]


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence for the person, and what may help."""

    text: str
    hint: str = ""
    serious: bool = False

    @classmethod
    def of(cls, error: FlawmapError) -> Notice:
        """What an error has to say."""
        return cls(error.message, error.hint, serious=isinstance(error, EngineLost))


class Workspace(Observable):
    """One window's state and verbs.

    Parameters
    ----------
    post : callable(callable)
        Runs a function on the window's thread.
    view : ViewSettings, optional
    device : str
    connect : callable, optional
        Makes engine clients; for tests.
    system : System, optional
        The machine whose editors are looked for; this one.
    """

    def __init__(
        self,
        post: Post,
        *,
        view: ViewSettings | None = None,
        device: str = "auto",
        connect: Callable[..., EngineClient] | None = None,
        system: System | None = None,
    ) -> None:
        super().__init__()
        # Four ways to the engine: a tile of the canvas must not wait for an analysis, nor the
        # photo on the canvas for the forty in the strip, nor what is written for either.
        self.look = EngineRoom(post, device=device, connect=connect)
        self.judge = EngineRoom(post, device=device, connect=connect)
        self.bulk = EngineRoom(post, bulk=True, device=device, connect=connect)
        self.send = EngineRoom(post, bulk=True, device=device, connect=connect)
        self.rooms = (self.look, self.judge, self.bulk, self.send)
        self.photos = PhotoList()
        self.view = ViewState(view)
        self.roi = RoiSelection()
        self.marks = Marking(
            self.look,
            self.photos,
            self.view,
            self._judged,
            lambda error: self.tell("notice", Notice.of(error)),
        )
        self.repair = RepairDesk(self.look, lambda error: self.tell("notice", Notice.of(error)))
        self.filters = Filters()
        self.listing = Listing()
        self.planes: Planes | None = None
        self.selected: str | None = None
        self.roi_score: RoiScore | None = None
        self.roi_before: RoiScore | None = None
        self.sending = Sending(self.send)
        self.editors = Editors(post, system)
        self.folders: list[Path] = []
        self.course = Course(self.bulk, self.photos, self.view, self._judged, self._not_judged)
        self._opening: Photo | None = None
        self.photos.watch(self._on_current, "current")
        self.view.watch(self._on_judgement, "judgement")
        self.roi.watch(self._on_strokes, "strokes")

    # ------------------------------------------------------------------ photos

    def open_paths(self, arguments: Iterable[str], *, select: bool = True) -> list[Photo]:
        """Take files and folders in; what names no photo is told as a notice.

        The first new one (or the one named alone) becomes the current photo.
        """
        found, first = [], None
        for argument in arguments:
            if Path(argument).is_dir():
                self.folders.append(Path(argument).absolute())
            for item in find_photos([argument]):
                if item.error is not None:
                    self.tell("notice", Notice.of(item.error))
                else:
                    found.append((Path(item.path), item.name))
                    first = first or Path(item.path)
        new = self.photos.add(found)
        if select and first is not None:
            self.photos.select(self.photos.get(first))
        self.course.begin()
        return new

    def remove(self, photos: Sequence[Photo]) -> None:
        """Take photos out of the window; nothing happens to their files."""
        self.photos.remove(photos)

    @property
    def progress(self) -> tuple[int, int]:
        """How many photos are through, of how many."""
        everything = self.photos.all()
        return sum(p.state not in ("waiting", "working") for p in everything), len(everything)

    def _judged(self, photo: Photo, report: Report) -> None:
        photo.state, photo.progress, photo.failure = "done", 1.0, None
        photo.report = report
        self.photos.changed(photo, rearrange=True)
        if photo is self.photos.current:
            self._list()

    def _not_judged(self, photo: Photo, error: FlawmapError) -> None:
        photo.state = "gone" if isinstance(error, NotFound) else "failed"
        photo.failure = error
        self.photos.changed(photo, rearrange=True)
        if photo is self.photos.current:
            self.tell("notice", Notice.of(error))
            self._list()

    # ------------------------------------------------------------------ the current photo

    @property
    def report(self) -> Report | None:
        """The current photo's report."""
        return self.photos.current.report if self.photos.current else None

    def _on_current(self, _: Any) -> None:
        self.look.drop_all()
        self.judge.drop_all()
        if self._opening is not None and self._opening.state == "working":
            # It was left before it was judged: the strip's worker comes to it.
            self._opening.state = "waiting"
            self.photos.changed(self._opening)
        self.planes, self.selected = None, None
        self.roi_score = self.roi_before = None
        photo = self._opening = self.photos.current
        self.roi.reset(0, 0)
        self.repair.reset(None, {})
        self._list()
        if photo is not None:
            self._open(photo)
            self.course.go_on()

    def _open(self, photo: Photo) -> None:
        if photo.state == "waiting":
            # At once, or the strip's worker would take it up as well.
            photo.state = "working"
            self.photos.changed(photo)

        def then(opened: OpenedPhoto) -> None:
            photo.opened = opened
            self.roi.reset(opened.width, opened.height)
            self.repair.reset(opened, self.view.settings.judgement())
            self.tell("opened", photo)
            self._analyze(photo)

        self.look.ask(
            lambda client, _: client.open(photo.path),
            then,
            lambda error: self._not_judged(photo, error),
            key="open",
            urgency=9,
        )

    def _analyze(self, photo: Photo) -> None:
        judgement = self.view.settings.judgement()

        def work(
            client: EngineClient, progress: Callable[[Progress], None]
        ) -> tuple[Report, Planes, bytes]:
            opened = client.open(photo.path)
            report = client.analyze(opened, on_progress=progress, **judgement)
            thumbnail = photo.thumbnail or thumbnail_of(client, opened)
            return report, planes_of(client, opened, report), thumbnail

        def then(answer: tuple[Report, Planes, bytes]) -> None:
            report, self.planes, photo.thumbnail = answer
            self._judged(photo, report)

        self.judge.ask(
            work,
            then,
            lambda error: self._not_judged(photo, error),
            progress=partial(self.photos.advance, photo),
            key="analyze",
        )

    def cancel(self) -> None:
        """Stop judging the current photo; ask again with `analyze_again`."""
        self.judge.drop_all()
        photo = self.photos.current
        if photo is not None and photo.state == "working":
            photo.state = "waiting"
            self.photos.changed(photo)

    def analyze_again(self) -> None:
        """Judge the current photo again: after a stop, a failure, or a lost engine."""
        photo = self.photos.current
        if photo is not None:
            photo.state, photo.failure = "waiting", None
            self._open(photo)

    def pixels(self, box: Box | None, scale: float, then: Callable[[PixelBlock], None]) -> None:
        """Ask for a part of the current photo as the engine sees it."""
        photo = self.photos.current

        def mine(block: PixelBlock) -> None:
            if self.photos.current is photo:
                then(block)

        if photo is not None:
            self.pixels_of(photo, box, scale, mine)

    def pixels_of(
        self, photo: Photo, box: Box | None, scale: float, then: Callable[[PixelBlock], None]
    ) -> None:
        """Ask for a part of a photo that was opened."""
        opened = photo.opened
        if opened is not None:
            self.look.ask(
                lambda client, _: client.pixels(opened, box=box, scale=scale),
                then,
                lambda error: self.tell("notice", Notice.of(error)),
                urgency=5,
            )

    def open_beside(self, photo: Photo, then: Callable[[Photo, OpenedPhoto], None]) -> None:
        """Open a photo that is shown beside the current one."""

        def done(opened: OpenedPhoto) -> None:
            photo.opened = opened
            then(photo, opened)

        self.look.ask(
            lambda client, _: client.open(photo.path),
            done,
            lambda error: self._not_judged(photo, error),
            urgency=6,
        )

    def _on_judgement(self, _: Any) -> None:
        """Another view, strictness or threshold: the stored planes answer, nothing is inferred."""
        photo = self.photos.current
        if photo is None or photo.opened is None or photo.report is None:
            return
        opened, judgement = photo.opened, self.view.settings.judgement()
        same = self.planes if self.planes and self.planes.view == judgement["view"] else None

        def work(client: EngineClient, _: Any) -> tuple[Report, Planes]:
            report = client.regions(opened, **judgement)
            return report, same or planes_of(client, opened, report)

        def then(answer: tuple[Report, Planes]) -> None:
            report, self.planes = answer
            self._judged(photo, report)

        self.look.ask(
            work,
            then,
            lambda error: self.tell("notice", Notice.of(error)),
            key="regions",
            urgency=8,
        )

    def thresholds(self) -> dict[str, int]:
        """Levels of the 8-bit planes from which a flaw counts, as the view is set now.

        Known at once, before the engine has answered what follows from them.
        """
        hello, report = self.hello, self.report
        settings = self.view.settings
        model = hello.model.get("thresholds") if hello is not None else None
        if isinstance(model, dict) and model:
            return thresholds_at(model, settings.strictness, dict(settings.thresholds))
        if report is None:
            return {}
        return {name: round(255 * d.threshold) for name, d in report.distortions.items()}

    # ------------------------------------------------------------------ findings

    def set_filters(self, filters: Filters) -> None:
        """List other findings; nothing is asked of the engine."""
        self.filters = filters
        self._list()

    def _list(self) -> None:
        self.listing = list_findings(self.report, self.filters)
        if self.selected and not any(row.id == self.selected for row in self.listing.rows):
            self.selected = None
        self.tell("findings")

    @property
    def selected_region(self) -> Region | None:
        """The finding that is selected in list and canvas."""
        report = self.report
        return report.region(self.selected) if report and self.selected else None

    def select_region(self, region_id: str | None) -> None:
        """Select a finding, in list and canvas alike."""
        if region_id != self.selected:
            self.selected = region_id
            self.tell("findings")

    def step_region(self, by: int) -> None:
        """Select the next or previous listed finding, around the ends."""
        rows = [row.id for row in self.listing.rows]
        if rows:
            at = rows.index(self.selected) + by if self.selected in rows else min(by - 1, 0)
            self.select_region(rows[at % len(rows)])

    @property
    def can_mark(self) -> bool:
        """Whether the engine keeps marks."""
        return self.has("marks.set")

    @property
    def hello(self) -> HelloInfo | None:
        """What the engine said of itself, whichever way it was asked first."""
        return self.look.hello or self.judge.hello or self.bulk.hello

    def has(self, feature: str) -> bool:
        """Whether the engine answers a request; tools without theirs stay absent."""
        return self.hello is not None and feature in self.hello.features

    def consider_repair(self) -> None:
        """Ask what could be done about the selected finding, and draw it."""
        if self.selected:
            self.repair.consider(self.selected, self.view.settings.judgement())

    # ------------------------------------------------------------------ the marked part

    def _on_strokes(self, _: Any) -> None:
        if not self.roi.strokes:
            self.roi_score = None
            self.tell("roi")
            return
        self.score_roi()

    def score_roi(self) -> None:
        """Score what the person has marked."""
        photo = self.photos.current
        if photo is None or photo.opened is None or self.roi.empty:
            return
        opened, judgement = photo.opened, self.view.settings.judgement()
        box = self.roi.as_box()
        selection = RoiSelection(self.roi.width, self.roi.height)
        selection.strokes = self.roi.strokes

        def work(client: EngineClient, _: Any) -> RoiScore:
            if box is not None:
                return client.roi_score(opened, box=box, **judgement)
            return client.roi_score(opened, mask=selection.mask(), **judgement)

        self.look.ask(work, self._scored, self._roi_failed, key="roi", urgency=7)

    def pick(self, x: int, y: int) -> None:
        """Select the finding under a pixel, or score the place around it if there is none."""
        photo = self.photos.current
        if photo is None or photo.opened is None:
            return
        opened, judgement = photo.opened, self.view.settings.judgement()

        def then(score: RoiScore) -> None:
            kind, _, name = score.how.partition(" ")
            self.select_region(name if kind == "region" else None)
            self._scored(score)

        self.look.ask(
            lambda client, _: client.roi_score(opened, point=(x, y), **judgement),
            then,
            self._roi_failed,
            key="roi",
            urgency=7,
        )

    def _scored(self, score: RoiScore) -> None:
        self.roi_score = score
        self.tell("roi")

    def _roi_failed(self, error: FlawmapError) -> None:
        # Not analysed yet: the card waits, and is filled once the report is there.
        if not isinstance(error, NotFound):
            self.tell("notice", Notice.of(error))

    # ------------------------------------------------------------------ what follows from it

    def best(self, photos: Sequence[Photo], keep: int = 1) -> list[tuple[Photo, Placed]]:
        """Rank frames of one scene that were judged, best first; the person's flags stay."""
        judged = [photo for photo in photos if photo.report is not None]
        reports = [photo.report for photo in judged if photo.report is not None]
        return [(judged[placed.index], placed) for placed in rank_frames(reports, keep=keep)]

    # ------------------------------------------------------------------ the disk

    def known_files(self) -> tuple[dict[Path, Stamp | None], list[Path]]:
        """What `DiskWatch` compares the disk with."""
        return {photo.path: photo.stamp for photo in self.photos.all()}, list(self.folders)

    def take_changes(self, changes: Changes) -> None:
        """Photos changed, went, or came: judge anew what is there, name what is not."""
        for path, stamp in changes.changed.items():
            photo = self.photos.get(path)
            if photo is None:
                continue
            photo.before = photo.report or photo.before
            photo.stamp, photo.state, photo.thumbnail = stamp, "waiting", b""
            self.photos.changed(photo)
            if photo is self.photos.current:
                self.roi_before = self.roi_score
                self._open(photo)
        for path in changes.gone:
            photo = self.photos.get(path)
            if photo is not None:
                photo.stamp = None
                gone = NotFound(
                    f"{photo.path.name} is no longer there.", "It may have been moved or renamed."
                )
                self._not_judged(photo, gone)
        if changes.new:
            self.photos.add(changes.new)
        if changes.changed or changes.new:
            self.course.begin()

    def restart_engine(self) -> None:
        """Start the engine anew after a loss and go on where the window stood."""
        for room in self.rooms:
            room.restart()
        for photo in self.photos.all():
            if isinstance(photo.failure, EngineLost):
                photo.state, photo.failure = "waiting", None
        self.analyze_again()
        self.course.begin()

    def close(self) -> None:
        """End everything; the engine stays for others."""
        for room in self.rooms:
            room.drop_all()
        for room in self.rooms:
            room.close()
