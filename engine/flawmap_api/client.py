"""Client: the engine as a plain object.

::

    with flawmap_api.connect() as engine:
        report = engine.analyze("photo.jpg")

Every method waits for its answer. `engine.session.start(...)` runs the same dialogues in an event
loop (see `calls.Session`); `cancel()` stops what is running, from any thread.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from operator import index
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from . import messages
from .calls import Call, PartialCallback, ProgressCallback, Session
from .errors import EngineLost
from .geometry import Box
from .marks import Marks
from .messages import (
    Analyze,
    Close,
    LayersRender,
    MarksGet,
    MarksSet,
    Models,
    Ping,
    Pixels,
    Regions,
    RoiScore,
    Shutdown,
)
from .repair import Repaired, RepairPlan
from .report import Report
from .results import HelloInfo, Layer, OpenedPhoto, PixelBlock
from .roads import Reached, StatusCallback, choose
from .roi import RoiScore as RoiResult
from .sources import PixelData, Source, mask_data, pixel_data
from .steps import (
    Steps,
    judge_steps,
    layers_of,
    marks_steps,
    open_steps,
    pixels_of,
    plain_steps,
    repair_plan_steps,
    repair_render_steps,
    send_mask,
    update_steps,
    with_photo,
)

__all__ = ["EngineClient", "connect"]

T = TypeVar("T")


def connect(
    *,
    device: str = "auto",
    private: bool = False,
    runtime_dir: str | Path | None = None,
    start: bool = True,
    adopt_others: bool = False,
    bulk: bool = False,
    engine_command: Sequence[str] | None = None,
    relay_command: Sequence[str] | None = None,
    on_status: StatusCallback | None = None,
) -> EngineClient:
    """Connect to the engine of this user, starting one if none runs.

    Parameters
    ----------
    device : "auto" | "cpu" | "cuda" | "coreml" | "directml"
        Where the networks must run; with anything but "auto" it fails if that is not really used.
    private : bool
        An engine of one's own, which ends with this client.
    runtime_dir : path, optional
        Folder of the connection file; default: this user's.
    start : bool
        False: raise `NotFound` if no engine runs.
    adopt_others : bool
        Take an engine of another installation if the protocol fits (for editors).
    bulk : bool
        This client works through many photos: whoever waits for one goes first, between two tiles.
    engine_command : sequence of str, optional
        What starts an engine where `sys.executable` is not its Python; FLAWMAP_ENGINE goes first.
    relay_command : sequence of str, optional
        For a Python that cannot load pyzmq: what starts `python -P -m flawmap_api.relay` in the
        engine's Python. This process then speaks to that one, over pipes.
    on_status : callable(str), optional
        Told what is being waited for, in words.

    Raises
    ------
    EngineLost
        If the engine cannot be started; with the last lines of its log.
    VersionMismatch
        If a running engine has no protocol in common with this client.
    BadInput
        If there is no such device.
    """
    road = choose(
        device=device,
        private=private,
        start=start,
        adopt_others=adopt_others,
        engine_command=engine_command,
        relay_command=relay_command,
        on_status=on_status,
    )
    first = road(Path(runtime_dir) if runtime_dir is not None else None)
    return EngineClient(first, lambda: road(first.folder), bulk=bulk)


class EngineClient:
    """A connection to an engine; made by `connect`."""

    def __init__(
        self, launched: Reached, relaunch: Callable[[], Reached], *, bulk: bool = False
    ) -> None:
        self.session = Session(launched, relaunch)
        self._bulk = bulk
        # A private engine and its folder, if that was made for it, end with this client.
        self._private = launched.private
        self._made_folder = launched.folder if launched.folder_is_made else None
        self._running: Call[Any] | None = None

    def __enter__(self) -> EngineClient:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def hello(self) -> HelloInfo:
        """What the engine said of itself: versions, features, device, model."""
        return self.session.launched.hello

    def open(self, source: Source, *, allow_truncated: bool = False) -> OpenedPhoto:
        """Take a photo in: a path, a numpy array, a Pillow image, or a callable that gives one.

        Raises
        ------
        BadInput
            If it cannot be read as a photo; the sentence says why.
        """
        return self._run(self._open_steps(source, allow_truncated))

    def analyze(
        self,
        source: Source,
        *,
        view: str = "screen",
        strictness: float = 0.0,
        thresholds: Mapping[str, float] | None = None,
        on_progress: ProgressCallback | None = None,
        on_partial: PartialCallback | None = None,
        allow_truncated: bool = False,
        early: bool = False,
    ) -> Report:
        """Judge a photo (anything that `open` takes, or an `OpenedPhoto`) and report one view.

        `on_progress` is called between tiles; `on_partial` gets planes as they become ready. Keep
        an `OpenedPhoto` if more is to be asked of the photo: one that only comes by here is let go.

        `early` gives the screen view's report as soon as that is judged, without
        `only_at_1_to_1`; asking once more without it does the rest.
        """

        book = self.session.book

        def steps() -> Steps[Report]:
            photo, known = source, book.photos()
            if not isinstance(photo, OpenedPhoto):
                photo = yield from self._open_steps(source, allow_truncated)
            request = Analyze(
                photo_id=photo.photo_id,
                view=view,
                strictness=strictness,
                thresholds=dict(thresholds or {}),
                planes=on_partial is not None,
                path=photo.path,
                bulk=self._bulk,
                lineage=photo.lineage or None,
                early=early,
            )
            report = yield from judge_steps(book, request)
            if photo.photo_id not in known and photo is not source:
                # Else an array would stay in this client's memory for as long as it lives.
                book.forget(photo.photo_id)
            return report

        return self._run(steps(), on_progress=on_progress, on_partial=on_partial)

    def regions(
        self,
        photo: OpenedPhoto,
        *,
        view: str = "screen",
        strictness: float = 0.0,
        thresholds: Mapping[str, float] | None = None,
    ) -> Report:
        """The report of an analysed photo for another view or strictness, without inference."""
        request = Regions(
            photo.photo_id,
            view,
            strictness,
            dict(thresholds or {}),
            photo.path,
            photo.lineage or None,
        )
        return self._run(judge_steps(self.session.book, request))

    def roi_score(
        self,
        photo: OpenedPhoto,
        *,
        box: Box | None = None,
        point: tuple[int, int] | None = None,
        region: str | None = None,
        mask: Any = None,
        view: str = "screen",
        strictness: float = 0.0,
        thresholds: Mapping[str, float] | None = None,
    ) -> RoiResult:
        """Quality, importance and distortions of a part: one of box, point, region, or mask.

        A mask is an array of the photo's size: true and false, or 8 bits with 128 and more inside.
        A region's id holds for the view, strictness and thresholds of the report that named it.
        """
        request = RoiScore(
            photo_id=photo.photo_id,
            view=view,
            box=box,
            point=[index(value) for value in point] if point is not None else None,
            region=region,
            mask=mask is not None,
            strictness=strictness,
            thresholds=dict(thresholds or {}),
        )
        book = self.session.book
        if mask is None:
            answer = self._with(photo, lambda: plain_steps(request))
        else:
            data = mask_data(mask, photo.width, photo.height)
            answer = self._with(photo, lambda: send_mask(book, request, data))
        return RoiResult.from_dict(answer.body.get("roi"))

    def layers(
        self,
        photo: OpenedPhoto,
        plane: str,
        *,
        view: str = "screen",
        size: str = "full",
        distortions: Sequence[str] = (),
        regions: Sequence[str] = (),
        channels: str = "RGBA",
        strictness: float = 0.0,
        thresholds: Mapping[str, float] | None = None,
    ) -> list[Layer]:
        """Planes as ready bytes: severity, coverage, mask, unknown, or tint."""
        request = LayersRender(
            photo_id=photo.photo_id,
            plane=plane,
            view=view,
            size=size,
            distortions=list(distortions),
            regions=list(regions),
            channels=channels,
            strictness=strictness,
            thresholds=dict(thresholds or {}),
            via="frames" if size == "grid" else "file",
        )
        answer = self._with(photo, lambda: plain_steps(request))
        return layers_of(self.session.book, answer)

    def pixels(
        self, photo: OpenedPhoto, *, box: Box | None = None, scale: float = 1.0
    ) -> PixelBlock:
        """The photo as the engine sees it: upright, 8-bit sRGB."""
        request = Pixels(photo.photo_id, box, scale, via="file")
        answer = self._with(photo, lambda: plain_steps(request))
        return pixels_of(self.session.book, answer)

    def update(
        self, photo: OpenedPhoto, box: Box, pixels: Any, *, early: bool = False
    ) -> OpenedPhoto:
        """Tell that a rectangle of the photo now shows `pixels`; gives the photo that results.

        `early` looks again at the screen view alone; `analyze` does the rest.
        """
        data = pixels if isinstance(pixels, PixelData) else pixel_data(pixels)

        book = self.session.book
        lineage = photo.lineage or None
        return self._with(
            photo,
            lambda: update_steps(book, photo.photo_id, box, data, lineage, early=early),
        )

    def marks(self, photo: OpenedPhoto) -> Marks:
        """What a person decided about this photo's regions, in whichever client."""
        request = MarksGet(photo.photo_id, photo.lineage or None)
        return self._run(marks_steps(self.session.book, request))

    def set_mark(
        self,
        photo: OpenedPhoto,
        region: str,
        verdict: str | None,
        *,
        view: str = "screen",
        strictness: float = 0.0,
        thresholds: Mapping[str, float] | None = None,
    ) -> Marks:
        """Keep a verdict on a region: accepted, ignored or intentional; None takes it back.

        A region's id holds for the view, strictness and thresholds of the report that named it. The
        mark is kept when this returns, on disk, and every client's next report carries it.

        Raises
        ------
        NotFound
            If the analysed photo has no such region.
        BadInput, Busy, NoMemory
            If the mark cannot be kept; the sentence says why. The marks are then as they were.
        """
        request = MarksSet(
            photo.photo_id,
            region,
            verdict,
            view=view,
            strictness=strictness,
            thresholds=dict(thresholds or {}),
            lineage=photo.lineage or None,
        )
        return self._run(marks_steps(self.session.book, request))

    def clear_marks(self, photo: OpenedPhoto) -> Marks:
        """Take back every mark of this photo, those too that no region answers to any more."""
        request = MarksSet(photo.photo_id, all=True, lineage=photo.lineage or None)
        return self._run(marks_steps(self.session.book, request))

    def repair_plan(
        self,
        photo: OpenedPhoto,
        *,
        region: str | None = None,
        box: Box | None = None,
        distortion: str | None = None,
        view: str = "screen",
        strictness: float = 0.0,
        thresholds: Mapping[str, float] | None = None,
    ) -> RepairPlan:
        """What could be done about a region of the report, or about a distortion in a box.

        Without `distortion` the worst one in the box is taken. Nothing is changed by asking.
        """
        request = messages.RepairPlan(
            photo_id=photo.photo_id,
            view=view,
            region=region,
            box=box,
            distortion=distortion,
            strictness=strictness,
            thresholds=dict(thresholds or {}),
        )
        return self._run(repair_plan_steps(self.session.book, request))

    def repair_render(
        self,
        plan: RepairPlan,
        pixels: Any,
        *,
        strength: float | None = None,
        on_progress: ProgressCallback | None = None,
    ) -> Repaired:
        """Repair the pixels of `plan.around` as the plan says; gives those of `plan.box`.

        `pixels` are the document's own numbers (`PixelData`, or what `open` takes as pixels).
        """
        data = pixels if isinstance(pixels, PixelData) else pixel_data(pixels)
        steps = repair_render_steps(self.session.book, plan, data, strength)
        return self._run(steps, on_progress=on_progress)

    def close_photo(self, photo: OpenedPhoto) -> None:
        """Tell the engine that this photo is needed no more."""
        self.session.book.forget(photo.photo_id)
        self._run(plain_steps(Close(photo.photo_id)))

    def models(self) -> list[dict[str, Any]]:
        """The models that the engine has, with their hashes."""
        models = self._run(plain_steps(Models())).body.get("models", [])
        return list(models)

    def status(self) -> dict[str, Any]:
        """What the engine is doing: process, jobs, photos, memory, device."""
        return dict(self._control(Ping()))

    def shutdown(self, when: str = "now") -> None:
        """End the engine: "now" (returns once it has ended), or "idle" once nobody asks."""
        try:
            self._control(Shutdown(when=when))
        except EngineLost:
            # Its end may overtake its answer.
            if when != "now" or not _ended(self.session.launched):
                raise
        else:
            if when == "now":
                _ended(self.session.launched)

    def cancel(self) -> None:
        """Stop the request that is running; its method raises `Cancelled`. From any thread."""
        call = self._running
        if call is not None:
            call.cancel()

    def close(self) -> None:
        """Say bye; a private engine ends."""
        if self._private:
            with contextlib.suppress(EngineLost):
                self.shutdown("now")
        self.session.close()
        if self._made_folder is not None:
            shutil.rmtree(self._made_folder, ignore_errors=True)

    def _open_steps(self, source: Source, allow_truncated: bool) -> Steps[OpenedPhoto]:
        return open_steps(
            self.session.book, source, allow_truncated=allow_truncated, bulk=self._bulk
        )

    def _with(self, photo: OpenedPhoto, steps: Callable[[], Steps[T]]) -> T:
        return self._run(with_photo(self.session.book, photo.photo_id, steps))

    def _run(
        self,
        steps: Steps[T],
        on_progress: ProgressCallback | None = None,
        on_partial: PartialCallback | None = None,
    ) -> T:
        call = self.session.start(steps, on_progress=on_progress, on_partial=on_partial)
        self._running = call
        try:
            return call.result()
        except BaseException:
            # Ctrl-C, or a callback that failed: the engine need not go on with it.
            call.abandon()
            raise
        finally:
            self._running = None

    def _control(self, request: Ping | Shutdown) -> Mapping[str, Any]:
        return self.session.control(request).body


def _ended(launched: Reached, seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while launched.alive() and time.monotonic() < deadline:
        time.sleep(0.02)
    return not launched.alive()
