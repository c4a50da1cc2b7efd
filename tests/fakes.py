"""A scriptable engine for tests that are not about the engine: the client's methods, no process.

::

    engine = FakeEngine()
    engine.put("a.jpg", report(regions=[region("blur", severity=0.7)]))
    engine.put("b.jpg", BadInput("b.jpg ends in the middle.", "Copy it again."))
    monkeypatch.setattr(flawmap_api.client, "connect", engine.connect)

A photo that nobody has put and whose file is there is clean; one whose file is not there is not
found. Planes agree with the report: each region fills its box with its severity.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flawmap_api import palette, words
from flawmap_api.errors import BadInput, Cancelled, NotFound
from flawmap_api.geometry import Box, Grid
from flawmap_api.marks import Mark, Marks
from flawmap_api.repair import Expectation, Repaired, RepairPlan
from flawmap_api.report import (
    DistortionSummary,
    EngineInfo,
    OnlyAt1To1,
    PhotoInfo,
    Region,
    Report,
)
from flawmap_api.results import (
    DeviceState,
    HelloInfo,
    Layer,
    OpenedPhoto,
    PixelBlock,
    Progress,
)
from flawmap_api.roi import RoiDistortion, RoiScore
from flawmap_api.sources import PixelData, pixel_data

__all__ = ["FIRST_SIX", "FakeEngine", "opened", "photo_file", "region", "report"]

#: The distortions of the first engine.
FIRST_SIX = words.DISTORTIONS[:6]
_THRESHOLD = 51


def region(
    distortion: str = "blur",
    *,
    box: Sequence[int] = (0, 0, 64, 64),
    area: float = 0.05,
    severity: float = 0.7,
    subject: float = 0.5,
    intentional: bool = False,
    mark: str | None = None,
    sentence: str = "",
    **changes: Any,
) -> Region:
    """A region with plausible values for what is not given."""
    bounds = Box(*box)
    digest = hashlib.sha256(f"{distortion} {bounds.as_list()}".encode()).hexdigest()[:8]
    made = Region(
        id=f"{distortion}-{digest}",
        distortion=distortion,
        box=bounds,
        area=area,
        severity=severity,
        quality=words.rounded(1 - severity),
        importance=0.5,
        subject=subject,
        intentional=intentional,
        confidence=0.8,
        sentence=sentence or f"{words.severity_level(severity).capitalize()} {distortion}.",
        sentence_id=f"{distortion}.plain",
        sentence_args={},
        mark=mark,
    )
    return replace(made, **changes)


def report(
    path: str | os.PathLike[str] = "/photos/a.jpg",
    *,
    width: int = 640,
    height: int = 480,
    regions: Sequence[Region] = (),
    quality: float = 0.7,
    subject_sharpness: float = 0.9,
    view: str = "screen",
    distortions: Sequence[str] = FIRST_SIX,
    only_at_1_to_1: Sequence[OnlyAt1To1] = (),
    notes: Sequence[str] = (),
    **changes: Any,
) -> Report:
    """A report whose summaries follow from its regions."""
    where = os.path.abspath(path)
    made = Report(
        photo=PhotoInfo(
            path=where,
            file_sha256=hashlib.sha256(os.fsencode(where)).hexdigest(),
            photo_id=_photo_id(where),
            lineage=where,
            width=width,
            height=height,
        ),
        view=view,
        grid=Grid.of_view(width, height),
        quality=quality,
        subject_sharpness=subject_sharpness,
        distortions={
            name: _summary([r for r in regions if r.distortion == name]) for name in distortions
        },
        regions=tuple(regions),
        more={},
        only_at_1_to_1=tuple(only_at_1_to_1),
        engine=EngineInfo("0.1.0", 1, "fake", "f" * 64, "cpu", ("FakeExecutionProvider",)),
        notes=tuple(notes),
    )
    return replace(made, **changes)


def opened(of: Report) -> OpenedPhoto:
    """The answer of `open` for the photo of a report."""
    info = of.photo
    return OpenedPhoto(
        info.photo_id, info.width, info.height, info.lineage, of.notes, info.path, info.file_sha256
    )


def _summary(regions: Sequence[Region]) -> DistortionSummary:
    return DistortionSummary(
        threshold=_THRESHOLD / 255,
        area=words.rounded(sum(r.area for r in regions)),
        severity=max((r.severity for r in regions), default=0.0),
        unknown_area=0.0,
    )


def _photo_id(text: str) -> str:
    return hashlib.sha256(os.fsencode(f"pixels of {text}")).hexdigest()


@dataclass
class FakeEngine:
    """`flawmap_api.EngineClient`, as far as clients call it.

    Attributes
    ----------
    calls : list of (method, argument)
        What was asked, in order: paths for `open`, photo ids for the rest.
    before : callable(method, argument), optional
        Called at each request before it is answered; what it raises is the answer.
    steps : int
        How many progress reports an analysis gives.
    """

    before: Callable[[str, Any], None] | None = None
    steps: int = 2
    hello: HelloInfo = field(
        default_factory=lambda: HelloInfo(
            engine_version="0.1.0",
            protocol=1,
            protocols=(1, 1),
            features=(
                "analyze",
                "regions",
                "roi.score",
                "layers.render",
                "pixels",
                "repair.plan",
                "repair.render",
                "marks.get",
                "marks.set",
            ),
            distortions=FIRST_SIX,
            views=words.VIEWS,
            device=DeviceState("cpu", ("FakeExecutionProvider",), "auto", "there is no GPU"),
            model={"name": "fake", "sha256": "f" * 64},
            pid=4242,
        )
    )
    calls: list[tuple[str, Any]] = field(default_factory=list)
    closed: bool = False
    _photos: dict[str, Report | Exception] = field(default_factory=dict)
    _open: dict[str, Report] = field(default_factory=dict)
    _cancelled: bool = False
    _marks: dict[str, dict[str, Mark]] = field(default_factory=dict)

    def connect(self, **options: Any) -> FakeEngine:
        """Stands in for `flawmap_api.connect`."""
        self._ask("connect", options)
        self.closed = False
        return self

    def put(self, path: str | os.PathLike[str], answer: Report | Exception) -> None:
        """From now on this path opens as the photo of that report, or fails with that error."""
        where = os.path.abspath(path)
        if isinstance(answer, Report):
            answer = answer.with_photo(path=where, photo_id=_photo_id(where), lineage=where)
        self._photos[where] = answer

    @property
    def open_photos(self) -> int:
        """Photos that were opened and not closed."""
        return len(self._open)

    def open(self, source: Any, *, allow_truncated: bool = False) -> OpenedPhoto:
        """Open a path, or anything with `__array_interface__`."""
        if not isinstance(source, (str, os.PathLike)):
            return self._open_pixels(source)
        where = os.path.abspath(source)
        self._ask("open", where)
        answer = self._photos.get(where)
        if answer is None and not os.path.isfile(where):
            raise NotFound(f"There is no photo {where}.", "Check the spelling and the folder.")
        if isinstance(answer, Exception) and not (allow_truncated and "middle" in str(answer)):
            raise answer
        found = answer if isinstance(answer, Report) else report(where)
        self._open[found.photo.photo_id] = found
        return opened(found)

    def _open_pixels(self, source: Any) -> OpenedPhoto:
        pixels = np.asarray(source)
        self._ask("open", "pixels")
        found = report("pixels", width=pixels.shape[1], height=pixels.shape[0])
        found = found.with_photo(
            path=None, file_sha256=None, photo_id=hashlib.sha256(pixels.tobytes()).hexdigest()
        )
        self._open[found.photo.photo_id] = found
        return opened(found)

    def analyze(
        self,
        source: Any,
        *,
        view: str = "screen",
        strictness: float = 0.0,
        thresholds: Mapping[str, float] | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        on_partial: Callable[..., None] | None = None,
        allow_truncated: bool = False,
    ) -> Report:
        """The report that was put for this photo."""
        del on_partial
        photo = source
        if not isinstance(photo, OpenedPhoto):
            photo = self.open(source, allow_truncated=allow_truncated)
        self._ask("analyze", photo.photo_id)
        for step in range(self.steps):
            if on_progress is not None:
                on_progress(Progress("tiles", step + 1, self.steps))
            if self._cancelled:
                self._cancelled = False
                raise Cancelled("The request was cancelled.")
        return self._judged(photo, view, strictness, thresholds)

    def regions(
        self,
        photo: OpenedPhoto,
        *,
        view: str = "screen",
        strictness: float = 0.0,
        thresholds: Mapping[str, float] | None = None,
    ) -> Report:
        """The same report; regions under a moved threshold are left out."""
        self._ask("regions", photo.photo_id)
        return self._judged(photo, view, strictness, thresholds)

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
    ) -> RoiScore:
        """Severities of the regions that the part meets."""
        del strictness, thresholds
        self._ask("roi_score", photo.photo_id)
        found = self._found(photo)
        how = "box"
        if region is not None:
            named = found.region(region)
            if named is None:
                raise NotFound(f"There is no region {region}.")
            box, how = named.box, f"region {region}"
        elif point is not None:
            x, y = point
            box, how = Box(max(0, x - 32), max(0, y - 32), x + 32, y + 32), "box around the point"
        elif mask is not None:
            rows, cols = np.nonzero(np.asarray(mask) >= 128)
            how = "mask"
            box = Box(int(cols.min()), int(rows.min()), int(cols.max()) + 1, int(rows.max()) + 1)
        if box is None or not box.within(photo.width, photo.height):
            raise BadInput("The box lies outside the photo.", "Choose one inside it.")
        met = [r for r in found.regions if _overlaps(r.box, box)]
        worst = {
            name: max((r.severity for r in met if r.distortion == name), default=0.0)
            for name in found.distortions
        }
        return RoiScore(
            view=view,
            box=box,
            how=how,
            quality=words.rounded(1 - max(worst.values(), default=0.0)),
            importance=0.5,
            distortions={name: RoiDistortion(severity) for name, severity in worst.items()},
            masked=mask is not None,
        )

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
        """Planes in which each region fills its box."""
        del view, strictness, thresholds
        self._ask(f"layers {plane}", photo.photo_id)
        found = self._found(photo)
        whole = Box(0, 0, photo.width, photo.height)
        made = []
        for name in distortions:
            pixels = self._plane(found, plane, [r for r in found.regions if r.distortion == name])
            if size == "grid":
                pixels = pixels[4::8, 4::8][: found.grid.rows, : found.grid.cols]
                missing = (found.grid.rows - pixels.shape[0], found.grid.cols - pixels.shape[1])
                pixels = np.pad(pixels, ((0, missing[0]), (0, missing[1])), mode="edge")
            made.append(_layer(name, name, whole, pixels, plane, channels))
        for identifier in regions:
            wanted = found.region(identifier)
            if wanted is None:
                raise NotFound(f"There is no region {identifier}.")
            box = wanted.box
            pixels = self._plane(found, plane, [wanted])[box.y0 : box.y1, box.x0 : box.x1]
            made.append(_layer(identifier, wanted.distortion, box, pixels, plane, channels))
        return made

    def pixels(
        self, photo: OpenedPhoto, *, box: Box | None = None, scale: float = 1.0
    ) -> PixelBlock:
        """A grey ramp from left to right."""
        self._ask("pixels", photo.photo_id)
        box = box or Box(0, 0, photo.width, photo.height)
        width, height = max(1, round(box.width * scale)), max(1, round(box.height * scale))
        row = np.linspace(40, 200, width).astype(np.uint8)
        block = np.repeat(np.repeat(row[None, :, None], height, 0), 3, 2)
        return PixelBlock(box, width, height, block.tobytes())

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
        """Every flaw can be lightened by one stop, with nothing around it looked at."""
        del strictness, thresholds
        self._ask("repair_plan", photo.photo_id)
        found = self._found(photo)
        severity = 0.5
        if region is not None:
            named = found.region(region)
            if named is None:
                raise NotFound(f"There is no region {region}.")
            box, distortion, severity = named.box, named.distortion, named.severity
        box = box or Box(0, 0, photo.width, photo.height)
        return RepairPlan(
            photo_id=photo.photo_id,
            view=view,
            region=region,
            distortion=distortion or "low_light",
            subkind=None,
            box=box,
            margin=0,
            around=box,
            method="lighten",
            possible=True,
            strength=1.0,
            settings={"stops": 1.0},
            sentence="Lightens by 1.0 stops.",
            sentence_id="repair.lighten",
            sentence_args={"stops": 1.0},
            limits=(),
            expect=Expectation(severity),
        )

    def repair_render(
        self,
        plan: RepairPlan,
        pixels: Any,
        *,
        strength: float | None = None,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> Repaired:
        """8-bit pixels, each number half way to white."""
        self._ask("repair_render", plan.region)
        data = pixels if isinstance(pixels, PixelData) else pixel_data(pixels)
        if on_progress is not None:
            on_progress(Progress("repair", 1, 1))
        amount = plan.strength if strength is None else strength
        if amount == 0:
            return Repaired(plan.box, data, amount, unchanged=True)
        lighter = bytes(value + (255 - value) // 2 for value in data.data)
        return Repaired(plan.box, replace(data, data=memoryview(lighter)), amount, unchanged=False)

    def update(self, photo: OpenedPhoto, box: Box, pixels: Any) -> OpenedPhoto:
        """A photo with the same findings, of which those that the box meets are half as bad."""
        self._ask("update", photo.photo_id)
        found = self._found(photo)
        digest = hashlib.sha256(np.ascontiguousarray(pixels).tobytes()).hexdigest()
        better = tuple(
            replace(r, severity=words.rounded(r.severity / 2)) if _overlaps(r.box, box) else r
            for r in found.regions
        )
        changed = replace(found, regions=better).with_photo(photo_id=digest)
        self._open[digest] = changed
        return opened(changed)

    def marks(self, photo: OpenedPhoto) -> Marks:
        """What was decided about a photo of this lineage."""
        self._ask("marks", photo.photo_id)
        return Marks(tuple(self._marks.get(photo.lineage, {}).values()), None, photo.lineage)

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
        """Keep a verdict on a region, which the reports of the lineage carry from now on."""
        self._ask("set_mark", (region, verdict))
        wanted = self._judged(photo, view, strictness, thresholds).region(region)
        if wanted is None:
            raise NotFound(f"There is no region {region}.")
        kept = self._marks.setdefault(photo.lineage, {})
        kept.pop(region, None)
        made = None
        if verdict is not None:
            made = Mark(wanted.distortion, verdict, view, wanted.box, wanted.area, 1.0)
            kept[region] = made
        return Marks(tuple(kept.values()), made, photo.lineage)

    def clear_marks(self, photo: OpenedPhoto) -> Marks:
        """Take every mark of the lineage back."""
        self._ask("clear_marks", photo.photo_id)
        self._marks.pop(photo.lineage, None)
        return Marks((), None, photo.lineage)

    def close_photo(self, photo: OpenedPhoto) -> None:
        """Forget a photo."""
        self._ask("close_photo", photo.photo_id)
        self._open.pop(photo.photo_id, None)

    def models(self) -> list[dict[str, Any]]:
        """One model."""
        self._ask("models", None)
        return [{"name": "fake", "sha256": "f" * 64}]

    def status(self) -> dict[str, Any]:
        """A quiet engine."""
        return {"pid": self.hello.pid, "uptime": 12.5, "jobs": 0, "photos": self.open_photos}

    def shutdown(self, when: str = "now") -> None:
        """Note that it was asked."""
        self._ask("shutdown", when)

    def cancel(self) -> None:
        """The running analysis ends as cancelled at its next step."""
        self.calls.append(("cancel", None))
        self._cancelled = True

    def close(self) -> None:
        """Say bye."""
        self.calls.append(("close", None))
        self.closed = True

    def __enter__(self) -> FakeEngine:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _ask(self, method: str, argument: Any) -> None:
        self.calls.append((method, argument))
        if self.before is not None:
            self.before(method, argument)

    def _found(self, photo: OpenedPhoto) -> Report:
        try:
            return self._open[photo.photo_id]
        except KeyError:
            raise NotFound("The photo is not open.", "Open it again.") from None

    def _judged(
        self,
        photo: OpenedPhoto,
        view: str,
        strictness: float,
        thresholds: Mapping[str, float] | None,
    ) -> Report:
        from flawmap_api.strictness import thresholds_at

        found = self._found(photo)
        marks = self._marks.get(found.photo.lineage, {})
        moved = thresholds_at(
            {name: round(255 * d.threshold) for name, d in found.distortions.items()},
            strictness,
            thresholds,
        )
        return replace(
            found,
            view=view,
            regions=tuple(
                replace(r, mark=marks[r.id].verdict if r.id in marks else r.mark)
                for r in found.regions
                if 255 * r.severity >= moved[r.distortion]
            ),
            distortions={
                name: replace(d, threshold=moved[name] / 255)
                for name, d in found.distortions.items()
            },
        )

    @staticmethod
    def _plane(found: Report, plane: str, regions: Sequence[Region]) -> NDArray[np.uint8]:
        pixels = np.zeros((found.photo.height, found.photo.width), np.uint8)
        for one in regions:
            value = round(255 * one.severity) if plane in ("severity", "tint") else 255
            box = one.box
            pixels[box.y0 : box.y1, box.x0 : box.x1] = 0 if plane == "unknown" else value
        return pixels


def _overlaps(a: Box, b: Box) -> bool:
    return a.x0 < b.x1 and b.x0 < a.x1 and a.y0 < b.y1 and b.y0 < a.y1


def _layer(
    name: str, distortion: str, box: Box, pixels: NDArray[np.uint8], plane: str, channels: str
) -> Layer:
    height, width = pixels.shape
    if plane != "tint":
        return Layer(name, distortion, box, width, height, 1, pixels.tobytes())
    colour = palette.COLOURS[distortion]
    ordered = colour if channels == "RGBA" else colour[::-1]
    tint = np.empty((height, width, 4), np.uint8)
    tint[..., :3] = ordered
    tint[..., 3] = pixels
    return Layer(name, distortion, box, width, height, 4, tint.tobytes())


def photo_file(folder: Path, name: str = "a.jpg", size: tuple[int, int] = (64, 48)) -> Path:
    """Write a small real photo of a gradient."""
    from PIL import Image

    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.linear_gradient("L").resize(size).convert("RGB").save(path)
    return path
