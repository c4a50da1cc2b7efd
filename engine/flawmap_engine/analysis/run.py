"""Run: one photo's way through both views, tile by tile.

The screen view goes first and the whole-photo pass beside it, so that there is something to show;
the tiles at 1:1 follow, at once or when they are wanted. A tile's answer depends on its own pixels,
on the photo's thumbnail and on the clipping around it, and on nothing else: neither on threads nor
on order, nor on when it is asked for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, wait
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, Protocol, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from flawmap_api.geometry import Box, Grid
from flawmap_engine.calibration import calibrated, to_bytes
from flawmap_engine.inference import Networks, Whole
from flawmap_engine.planes import Analysis, ViewPlanes

from .evidence import clipped_area, lost_share, raised_by_clipping, unknown_cells
from .opinion_numbers import opinion_numbers
from .subject import subject_plane
from .tiling import Axis, Span, Tile, tiles_of
from .views import screen_size, screen_view, thumbnail, whole_view

__all__ = ["PhotoLike", "Stage", "analyze", "finish", "update"]

_NOTHING: Final = Whole(np.zeros(0, np.float32), 0.0, np.zeros((0, 1, 1), np.float16))
_POLL: Final = 0.05
"""Seconds between looks at whether the job was cancelled."""
_LARGE_CHANGE: Final = 0.1
_SMEAR: Final = 3
"""Pixels of the screen view beyond its own place that a pixel of the photo may reach."""

Pixels = NDArray[np.uint8]
T = TypeVar("T")


class PhotoLike(Protocol):
    """What of a photo is looked at."""

    @property
    def rgb(self) -> Pixels:
        """uint8, shape (H, W, 3); transparent photos on mid-grey."""

    @property
    def alpha(self) -> Pixels | None:
        """uint8, shape (H, W), or None."""

    @property
    def clipped(self) -> Pixels:
        """uint8, shape (ceil(H / 8), ceil(W / 8)): share of pixels with all channels lost."""

    @property
    def gamut(self) -> Pixels:
        """The same for pixels with some channels lost."""


@dataclass(frozen=True)
class Stage:
    """A finished piece of an analysis.

    Attributes
    ----------
    name : "screen" | "tile" | "whole"
    done, total : int
        Of the stages of this name.
    view : "screen" | "pixel"
    box : Box or None
        Photo pixels that this stage's planes cover, rounded outwards.
    planes : ViewPlanes or None
        The finished screen planes, or the finished tile's planes.
    row, col : int
        Where the planes begin on the grid of the view.
    """

    name: str
    done: int
    total: int
    view: str
    box: Box | None = None
    planes: ViewPlanes | None = None
    row: int = 0
    col: int = 0


def _ignore_stage(stage: Stage) -> None:
    del stage


def _ignore_screen(seen: Analysis) -> None:
    del seen


def _never_cancelled() -> None:
    pass


def analyze(
    photo: PhotoLike,
    networks: Networks,
    *,
    early: bool = False,
    on_screen: Callable[[Analysis], None] = _ignore_screen,
    on_stage: Callable[[Stage], None] = _ignore_stage,
    check_cancelled: Callable[[], None] = _never_cancelled,
) -> Analysis:
    """Look at a whole photo.

    Parameters
    ----------
    photo : PhotoLike
    networks : Networks
    early : bool
        Leave the pixel view for `finish`; the rest is as it would be.
    on_screen : callable
        Called from this thread, with what an early analysis gives, as soon as that is known.
    on_stage : callable
        Called from this thread with every finished piece, the screen view first.
    check_cancelled : callable
        Called from this thread between tiles and twenty times a second; what it raises ends the
        analysis once the tiles in work are done, and is raised from here.

    Returns
    -------
    Analysis
    """
    return _Job(photo, networks, on_stage, check_cancelled).run(early=early, on_screen=on_screen)


def finish(
    begun: Analysis,
    photo: PhotoLike,
    networks: Networks,
    *,
    on_stage: Callable[[Stage], None] = _ignore_stage,
    check_cancelled: Callable[[], None] = _never_cancelled,
) -> Analysis:
    """Look at what an early analysis or an early update left out.

    Parameters
    ----------
    begun : Analysis
    photo : PhotoLike
        The photo that it is of.
    networks, on_stage, check_cancelled
        As for `analyze`.

    Returns
    -------
    Analysis
        To the last bit what the same would have given without `early`.
    """
    return begun if begun.complete else _Job(photo, networks, on_stage, check_cancelled).run(begun)


def update(
    before: Analysis,
    photo_after: PhotoLike,
    box: Box,
    networks: Networks,
    *,
    early: bool = False,
    on_stage: Callable[[Stage], None] = _ignore_stage,
    check_cancelled: Callable[[], None] = _never_cancelled,
) -> Analysis:
    """Look again at a photo of which one rectangle has changed.

    Under a tenth of the photo, the stored context of the whole (thumbnail, quality, features,
    subject) stays, and only the tiles that see the rectangle are computed again: their planes are
    what an analysis with that context gives. A larger change, another size of the photo or other
    weights make it a new analysis.

    Parameters
    ----------
    before : Analysis
    photo_after : PhotoLike
        The changed photo.
    box : Box
        Photo pixels outside of which nothing has changed.
    early : bool
        Leave the pixel view for `finish`.
    networks, on_stage, check_cancelled
        As for `analyze`.

    Returns
    -------
    Analysis
    """
    job = _Job(photo_after, networks, on_stage, check_cancelled)
    inside = box.clipped(job.width, job.height)
    if (
        (before.width, before.height) != (job.width, job.height)
        or before.model_sha256 != networks.card.sha256
        or box.area >= _LARGE_CHANGE * job.width * job.height
    ):
        return job.run(early=early)
    return before if inside is None else job.run(before, inside, early=early)


@dataclass(frozen=True)
class _View:
    """A view being filled: its pixels, and planes for the whole of it."""

    name: str
    rgb: Pixels
    alpha: Pixels | None
    lost: NDArray[np.float32]
    tiles: tuple[Tile, ...]
    planes: ViewPlanes


@dataclass(frozen=True)
class _Plan:
    """What there is to do.

    Attributes
    ----------
    before : Analysis or None
        What is known of the whole photo, if anything is.
    views : tuple of _View
        Those with tiles to be looked at; the screen view first, if it is among them.
    screen, pixel : ViewPlanes
        Of the analysis that comes of it; the views' own where they are filled.
    context, lost
        What tiles are told of the whole: thumbnail, and share of highlights that are lost.
    unseen : tuple of Box
        Where the pixel view is not as the photo is now, before anything is done.
    """

    before: Analysis | None
    views: tuple[_View, ...]
    screen: ViewPlanes
    pixel: ViewPlanes
    context: Pixels
    lost: float
    unseen: tuple[Box, ...]


class _Job:
    def __init__(
        self,
        photo: PhotoLike,
        networks: Networks,
        on_stage: Callable[[Stage], None],
        check_cancelled: Callable[[], None],
    ) -> None:
        self.photo = photo
        self.networks = networks
        self.on_stage = on_stage
        self.check_cancelled = check_cancelled
        self.height, self.width = (int(n) for n in photo.rgb.shape[:2])

    @cached_property
    def small(self) -> Pixels:
        """The photo at the size of the screen view; made only if something of it is looked at."""
        return screen_view(self.photo.rgb)

    def run(
        self,
        before: Analysis | None = None,
        box: Box | None = None,
        *,
        early: bool = False,
        on_screen: Callable[[Analysis], None] = _ignore_screen,
    ) -> Analysis:
        """The analysis; with `before`, of the tiles that see `box`, and of what that left out."""
        self.check_cancelled()
        plan = self._plan(before, box, early)
        whole = None if before is None else Whole(before.features, before.quality, before.maps)
        seen: Analysis | None = None
        left = {view.name: len(view.tiles) for view in plan.views}
        with closing(self._results(self._work(plan))) as results:
            for result in results:
                if isinstance(result, Whole):
                    whole = result
                    self.on_stage(Stage("whole", 1, 1, "screen"))
                else:
                    view, tile, planes = result
                    _place(view.planes, planes, tile)
                    left[view.name] -= 1
                    if view.name == "pixel":
                        self._tile_is_done(view, tile, planes, len(view.tiles) - left["pixel"])
                    elif not left["screen"]:
                        self._screen_is_done(view)
                if seen is None and whole is not None and not left.get("screen"):
                    seen = self._seen(plan, whole)
                    on_screen(seen)
        self.check_cancelled()
        if seen is None:
            seen = self._seen(plan, whole or _NOTHING)
        return seen if early else replace(seen, unseen=())

    def _plan(self, before: Analysis | None, box: Box | None, early: bool) -> _Plan:
        changed: tuple[Box, ...] = () if box is None else (box,)
        if before is None:
            changed = (Box(0, 0, self.width, self.height),)
            context = thumbnail(self.small)
            lost = lost_share(self.photo.clipped, self.photo.gamut)
            screen = pixel = None
            unseen: tuple[Box, ...] = changed
        else:
            context, lost = before.thumbnail, before.lost
            screen, pixel = before.screen, before.pixel
            unseen = before.unseen + changed
        views: list[_View] = []
        if changed or screen is None:
            views.append(self._view("screen", self.small, screen, changed, lost))
            screen = views[-1].planes
        if screen_size(self.width, self.height) == (self.width, self.height):
            pixel, unseen = replace(screen, view="pixel"), ()
        elif not early:
            views.append(self._view("pixel", self.photo.rgb, pixel, unseen, lost))
            pixel = views[-1].planes
        elif pixel is None:
            pixel = self._blank("pixel", self.width, self.height)
        return _Plan(before, tuple(views), screen, pixel, context, lost, unseen)

    def _work(self, plan: _Plan) -> list[Callable[[], tuple[_View, Tile, ViewPlanes] | Whole]]:
        """The screen view, the whole if it is new, the pixel view."""
        work: list[Callable[[], tuple[_View, Tile, ViewPlanes] | Whole]] = []
        for view in plan.views:
            work += [self._tile_work(view, tile, plan.context) for tile in view.tiles]
            if view.name == "screen" and plan.before is None:
                work.append(lambda: self.networks.whole(whole_view(self.small)))
        return work

    def _seen(self, plan: _Plan, whole: Whole) -> Analysis:
        """What is known once the screen view and the whole are; of the pixel view nothing new."""
        before = plan.before
        subject = subject_plane(self.small, plan.screen) if before is None else before.subject
        opinion, quality = self.networks.opinion, whole.quality
        if opinion is not None and before is None:
            # Whole and parts together: features of the photo, and what its planes say.
            numbers = opinion_numbers(plan.screen, subject, opinion.heard)
            quality = opinion.quality(whole.features, numbers)
        return Analysis(
            width=self.width,
            height=self.height,
            screen=plan.screen,
            pixel=plan.pixel,
            quality=quality,
            features=whole.features,
            subject=subject,
            clipped=self.photo.clipped,
            gamut=self.photo.gamut,
            thumbnail=plan.context,
            model_sha256=self.networks.card.sha256,
            maps=whole.maps,
            lost=plan.lost,
            unseen=plan.unseen,
        )

    def _view(
        self, name: str, rgb: Pixels, old: ViewPlanes | None, changed: Sequence[Box], lost: float
    ) -> _View:
        """A view whose tiles that see a changed box are to be filled; all others are `old`."""
        height, width = (int(n) for n in rgb.shape[:2])
        tiles = tiles_of(width, height, self.networks.card.halo)
        if old is None:
            planes = self._blank(name, width, height)
        else:
            planes = replace(old, severity=old.severity.copy(), unknown=old.unknown.copy())
            seen = [self._in_view(box, width, height) for box in changed]
            tiles = [tile for tile in tiles if any(tile.touches(box) for box in seen)]
        alpha = self.photo.alpha
        if alpha is not None and rgb is not self.photo.rgb:
            alpha = np.asarray(cv2.resize(alpha, (width, height), interpolation=cv2.INTER_AREA))
        grid = planes.grid
        area = clipped_area(self.photo.clipped, self.photo.gamut, grid.rows, grid.cols, lost)
        return _View(name, rgb, alpha, area, tuple(tiles), planes)

    def _blank(self, name: str, width: int, height: int) -> ViewPlanes:
        grid, distortions = Grid.of_view(width, height), self.networks.card.distortions
        shape = (len(distortions), grid.rows, grid.cols)
        return ViewPlanes(name, distortions, np.zeros(shape, np.uint8), np.zeros(shape, np.uint8))

    def _in_view(self, box: Box, width: int, height: int) -> Box:
        """The box in pixels of a view, wide enough for what scaling smears."""
        if (width, height) == (self.width, self.height):
            return box
        x0, x1 = box.x0 * width // self.width, -(-box.x1 * width // self.width)
        y0, y1 = box.y0 * height // self.height, -(-box.y1 * height // self.height)
        return Box(max(0, x0 - _SMEAR), max(0, y0 - _SMEAR), x1 + _SMEAR, y1 + _SMEAR)

    def _tile_work(
        self, view: _View, tile: Tile, context: Pixels
    ) -> Callable[[], tuple[_View, Tile, ViewPlanes]]:
        return lambda: (view, tile, _tile_planes(view, tile, context, self.networks))

    def _results(self, work: list[Callable[[], T]]) -> Generator[T, None, None]:
        """What the pieces of work give, in their order; few are in flight, so others get in."""
        waiting = iter(work)
        flying: deque[Future[T]] = deque()
        try:
            while True:
                while len(flying) <= self.networks.threads + 1:
                    piece = next(waiting, None)
                    if piece is None:
                        break
                    flying.append(self.networks.submit(piece))
                if not flying:
                    return
                wait([flying[0]], timeout=_POLL)
                self.check_cancelled()
                if flying[0].done():
                    yield flying.popleft().result()
        finally:
            for future in flying:
                future.cancel()
            wait(flying)

    def _screen_is_done(self, view: _View) -> None:
        box = Box(0, 0, self.width, self.height)
        self.on_stage(Stage("screen", 1, 1, "screen", box, view.planes))

    def _tile_is_done(self, view: _View, tile: Tile, planes: ViewPlanes, done: int) -> None:
        grid = view.planes.grid
        x0, x1 = _bounds(tile.cols, self.width, grid.cols)
        y0, y1 = _bounds(tile.rows, self.height, grid.rows)
        box = Box(x0, y0, x1, y1)
        self.on_stage(
            Stage(
                "tile",
                done,
                len(view.tiles),
                "pixel",
                box,
                planes,
                tile.rows.first,
                tile.cols.first,
            )
        )


def _tile_planes(view: _View, tile: Tile, context: Pixels, networks: Networks) -> ViewPlanes:
    """Planes of the cells that one tile answers for."""
    rgb = _fed(view.rgb, tile)
    alpha = None if view.alpha is None else _fed(view.alpha, tile)
    card = networks.card
    severity = calibrated(networks.dense(rgb, context), card.distortions, card.calibration)
    unknown = unknown_cells(rgb, alpha, card.distortions, severity)
    grid = view.planes.grid
    height, width = view.rgb.shape[:2]
    rows, cols = Axis(height, grid.rows), Axis(width, grid.cols)
    severity = _on_grid(severity, rows, cols, tile)
    unknown = _on_grid(unknown, rows, cols, tile)
    if "overexposure" in card.distortions:
        plane = severity[card.distortions.index("overexposure")]
        lost = view.lost[tile.rows.first : tile.rows.last, tile.cols.first : tile.cols.last]
        plane[...] = raised_by_clipping(plane, lost)
    return ViewPlanes(view.name, card.distortions, to_bytes(severity), to_bytes(unknown))


def _fed(pixels: Pixels, tile: Tile) -> Pixels:
    """The tile's own copy of its pixels, reflected where it reaches beyond the view."""
    part = pixels[tile.rows.start : tile.rows.stop, tile.cols.start : tile.cols.stop]
    below = tile.rows.stop - tile.rows.start - part.shape[0]
    beside = tile.cols.stop - tile.cols.start - part.shape[1]
    if not (below or beside):
        return np.ascontiguousarray(part)
    padded = cv2.copyMakeBorder(part, 0, below, 0, beside, cv2.BORDER_REFLECT_101)
    return np.asarray(padded, np.uint8)


def _on_grid(
    planes: NDArray[np.float32], rows: Axis, cols: Axis, tile: Tile
) -> NDArray[np.float32]:
    """Network cells brought to grid cells: means over the overlaps."""
    first, second, share = rows.overlaps(tile.rows)
    planes = planes[:, first] * (1 - share)[:, None] + planes[:, second] * share[:, None]
    first, second, share = cols.overlaps(tile.cols)
    return planes[:, :, first] * (1 - share) + planes[:, :, second] * share


def _place(whole: ViewPlanes, part: ViewPlanes, tile: Tile) -> None:
    rows = slice(tile.rows.first, tile.rows.last)
    cols = slice(tile.cols.first, tile.cols.last)
    whole.severity[:, rows, cols] = part.severity
    whole.unknown[:, rows, cols] = part.unknown


def _bounds(span: Span, length: int, cells: int) -> tuple[int, int]:
    """Pixels that the span's cells cover, rounded outwards."""
    return span.first * length // cells, -(-span.last * length // cells)
