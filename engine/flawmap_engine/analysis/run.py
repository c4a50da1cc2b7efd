"""Run: one photo's way through both views, tile by tile.

The screen view goes first, so that there is something to show; the tiles at 1:1 follow, and
the whole-photo pass beside them. A tile's answer depends on its own pixels, on the photo's
thumbnail and on the clipping around it, and on nothing else: neither on threads nor on order.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Future, wait
from contextlib import closing
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from flawmap_api.geometry import Box, Grid
from flawmap_engine.calibration import calibrated, to_bytes
from flawmap_engine.inference import Networks, Whole
from flawmap_engine.planes import Analysis, ViewPlanes

from .evidence import clipped_area, lost_share, raised_by_clipping, unknown_cells
from .subject import subject_plane
from .tiling import Axis, Span, Tile, tiles_of
from .views import screen_view, thumbnail, whole_view

__all__ = ["PhotoLike", "Stage", "analyze", "update"]

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


def _never_cancelled() -> None:
    pass


def analyze(
    photo: PhotoLike,
    networks: Networks,
    *,
    on_stage: Callable[[Stage], None] = _ignore_stage,
    check_cancelled: Callable[[], None] = _never_cancelled,
) -> Analysis:
    """Look at a whole photo.

    Parameters
    ----------
    photo : PhotoLike
    networks : Networks
    on_stage : callable
        Called from this thread with every finished piece, the screen view first.
    check_cancelled : callable
        Called from this thread between tiles and twenty times a second; what it raises ends the
        analysis once the tiles in work are done, and is raised from here.

    Returns
    -------
    Analysis
    """
    return _Job(photo, networks, on_stage, check_cancelled).run()


def update(
    before: Analysis,
    photo_after: PhotoLike,
    box: Box,
    networks: Networks,
    *,
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
        return job.run()
    return before if inside is None else job.run(before, inside)


@dataclass(frozen=True)
class _View:
    """A view being filled: its pixels, and planes for the whole of it."""

    name: str
    rgb: Pixels
    alpha: Pixels | None
    lost: NDArray[np.float32]
    tiles: tuple[Tile, ...]
    planes: ViewPlanes


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

    def run(self, before: Analysis | None = None, box: Box | None = None) -> Analysis:
        """The analysis; with `before`, of the tiles that see `box`."""
        self.check_cancelled()
        screen_rgb = screen_view(self.photo.rgb)
        context = thumbnail(screen_rgb) if before is None else before.thumbnail
        screen = self._view("screen", screen_rgb, before, box)
        small = screen_rgb is self.photo.rgb
        pixel = None if small else self._view("pixel", self.photo.rgb, before, box)
        whole_at = len(screen.tiles)
        work: list[Callable[[], tuple[_View, Tile, ViewPlanes] | Whole]]
        work = [self._tile_work(screen, tile, context) for tile in screen.tiles]
        if before is None:
            work.append(lambda: self.networks.whole(whole_view(screen_rgb)))
        if pixel is not None:
            work += [self._tile_work(pixel, tile, context) for tile in pixel.tiles]

        whole = Whole(np.zeros(0, np.float32), 0.0, np.zeros((0, 1, 1), np.float16))
        if before is not None:
            whole = Whole(before.features, before.quality, before.maps)
        left_of_screen, tiles_done = whole_at, 0
        if not left_of_screen:
            self._screen_is_done(screen)
        with closing(self._results(work)) as results:
            for result in results:
                if isinstance(result, Whole):
                    whole = result
                    self.on_stage(Stage("whole", 1, 1, "screen"))
                    continue
                view, tile, planes = result
                _place(view.planes, planes, tile)
                if view is screen:
                    left_of_screen -= 1
                    if not left_of_screen:
                        self._screen_is_done(screen)
                else:
                    tiles_done += 1
                    self._tile_is_done(view, tile, planes, tiles_done)
        self.check_cancelled()
        subject = subject_plane(screen_rgb, screen.planes) if before is None else before.subject
        return Analysis(
            width=self.width,
            height=self.height,
            screen=screen.planes,
            pixel=_renamed(screen.planes, "pixel") if pixel is None else pixel.planes,
            quality=whole.quality,
            features=whole.features,
            subject=subject,
            clipped=self.photo.clipped,
            gamut=self.photo.gamut,
            thumbnail=context,
            model_sha256=self.networks.card.sha256,
            maps=whole.maps,
        )

    def _view(self, name: str, rgb: Pixels, before: Analysis | None, box: Box | None) -> _View:
        height, width = (int(n) for n in rgb.shape[:2])
        grid = Grid.of_view(width, height)
        distortions = self.networks.card.distortions
        tiles = tiles_of(width, height, self.networks.card.halo)
        if before is None or box is None:
            shape = (len(distortions), grid.rows, grid.cols)
            severity, unknown = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
        else:
            old = before.planes(name)
            severity, unknown = old.severity.copy(), old.unknown.copy()
            seen = self._in_view(box, width, height)
            tiles = [tile for tile in tiles if tile.touches(seen)]
        alpha = self.photo.alpha
        if alpha is not None and rgb is not self.photo.rgb:
            alpha = np.asarray(cv2.resize(alpha, (width, height), interpolation=cv2.INTER_AREA))
        whole = self.photo if before is None else before
        share = lost_share(whole.clipped, whole.gamut)
        lost = clipped_area(self.photo.clipped, self.photo.gamut, grid.rows, grid.cols, share)
        planes = ViewPlanes(name, distortions, severity, unknown)
        return _View(name, rgb, alpha, lost, tuple(tiles), planes)

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


def _renamed(planes: ViewPlanes, name: str) -> ViewPlanes:
    return ViewPlanes(name, planes.distortions, planes.severity, planes.unknown)


def _bounds(span: Span, length: int, cells: int) -> tuple[int, int]:
    """Pixels that the span's cells cover, rounded outwards."""
    return span.first * length // cells, -(-span.last * length // cells)
