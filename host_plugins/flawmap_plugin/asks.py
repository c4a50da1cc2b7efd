"""Asks: what a verb wants of the engine, as dialogues over one document.

Each function is a generator of `flawmap_api.steps`; it runs on the host's main thread, so it may
use the document between two questions, and it never waits.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from flawmap_api.errors import NotFound
from flawmap_api.geometry import Box
from flawmap_api.messages import Analyze, Close, LayersRender, Regions, RoiScore
from flawmap_api.photobook import PhotoBook, Way
from flawmap_api.report import Report
from flawmap_api.results import Layer, OpenedPhoto
from flawmap_api.roi import RoiScore as RoiResult
from flawmap_api.sources import PixelData
from flawmap_api.steps import (
    Steps,
    early_steps,
    layers_of,
    open_steps,
    plain_steps,
    send_mask,
    update_steps,
    with_photo,
)

from .findings import Findings, Judgement
from .host import Document, Mask
from .planes import overlap, placed, print_of, sample_of

__all__ = [
    "Gone",
    "Stale",
    "Work",
    "coverages",
    "fresh",
    "judge",
    "look",
    "opened",
    "rest",
    "score_mask",
    "tints",
    "update",
]

T = TypeVar("T")


@dataclass
class Work:
    """What a dialogue needs: the ways to photos, the document, and whom to tell what it is doing.

    `say` takes a key of the catalogue ("doing.reading").
    """

    book: PhotoBook
    findings: Findings
    channels: str
    say: Callable[[str], None]

    @property
    def photo_id(self) -> str:
        """The photo in the engine; `opened` comes first."""
        photo = self.findings.photo
        if photo is None:
            raise NotFound("The document has not been looked at.")
        return photo.photo_id


class _Reader:
    """Gives a document's pixels to the engine, now and again after an engine's end.

    The first reading is kept until `drop`, for what else wants the same pixels.
    """

    def __init__(self, document: Document, lineage: str, *, keep: bool) -> None:
        self._document = document
        self._lineage = lineage
        self.kept: PixelData | None = self._read() if keep else None

    def __call__(self) -> PixelData:
        return self.kept or self._read()

    def drop(self) -> None:
        self.kept = None

    def _read(self) -> PixelData:
        return replace(self._document.read_visible(), lineage=self._lineage)


def look(work: Work, judgement: Judgement, limit: Mask | None) -> Steps[list[Layer]]:
    """Read the document, have it judged, take the findings in; gives the tint of each.

    Until it has all of them the findings stay what they were.
    """
    found = work.findings
    work.say("doing.reading")
    size = found.document.size
    reader = _Reader(found.document, found.lineage, keep=True)
    work.say("doing.opening")
    photo = yield from open_steps(work.book, reader)
    work.say("doing.analyzing")
    report, complete = yield from early_steps(work.book, _analyze(photo, judgement))
    prints = _prints(reader, report, size)
    # Before the layers come: one copy of the photo in this process is enough.
    reader.drop()
    layers, shown = yield from _shown(work, photo.photo_id, judgement, report, limit, True)
    if found.document.size != size:
        raise Stale("The canvas changed while flaws were looked for.", "Look again.")
    before, found.photo = found.photo, photo
    found.lineage = photo.lineage or found.lineage
    found.size, found.limit, found.limited = size, limit, limit is not None
    found.judgement, found.stale = judgement, False
    found.judged(report, shown)
    found.complete = complete
    for item in found.items:
        found.change(item.key, print=prints.get(item.region.id))
    if before is not None and before.photo_id != photo.photo_id:
        work.book.forget(before.photo_id)
        # A new engine never had it.
        with contextlib.suppress(NotFound):
            yield from plain_steps(Close(before.photo_id))
    return layers


def _prints(reader: _Reader, report: Report, size: tuple[int, int]) -> dict[str, int]:
    pixels, whole = reader.kept, Box(0, 0, *size)
    if pixels is None:
        return {}
    return {region.id: print_of(pixels, whole, sample_of(region.box)) for region in report.regions}


def opened(work: Work) -> Steps[OpenedPhoto]:
    """The photo in the engine; if only a note told of it, its pixels are sent and compared.

    Raises
    ------
    Stale
        If the document is no longer the photo of the note.
    """
    found = work.findings
    if found.photo is not None:
        return found.photo
    work.say("doing.reading")
    reader = _Reader(found.document, found.lineage, keep=False)
    work.say("doing.opening")
    photo = yield from open_steps(work.book, reader)
    if photo.photo_id != found.photo_id:
        found.stale = True
        raise Stale("The document has changed since its flaws were looked for.", "Look again.")
    work.say("doing.analyzing")
    report, complete = yield from early_steps(work.book, _analyze(photo, found.judgement))
    found.photo = photo
    shown = frozenset(item.region.id for item in found.items) if found.limited else None
    found.judged(_as_far_as_known(report, complete, found), shown)
    found.complete = complete
    return photo


def _analyze(photo: OpenedPhoto, judgement: Judgement) -> Analyze:
    # The lineage travels along: another document may show the same pixels and have other marks.
    return Analyze(
        photo.photo_id,
        judgement.view,
        judgement.strictness,
        lineage=photo.lineage or None,
        early=judgement.view == "screen",
    )


def _as_far_as_known(report: Report, complete: bool, found: Findings) -> Report:
    """What shows at 1:1 only stays as it was until the engine has looked."""
    if complete or found.report is None:
        return report
    return replace(report, only_at_1_to_1=found.report.only_at_1_to_1)


class Stale(NotFound):
    """The findings speak of a picture that is no more."""


class Gone(NotFound):
    """The row has no region in the photo any more, or no repair."""


def fresh(work: Work, steps: Callable[[], Steps[T]]) -> Steps[T]:
    """Run steps over the photo; if the engine cannot have it again as it was, look again first.

    Steps may so run twice: they have to see what they did already.
    """
    found = work.findings
    yield from opened(work)
    try:
        for box in list(found.dirty):
            yield from update(work, box)
        if found.dirty:
            yield from judge(work, found.judgement, render=False)
            found.dirty.clear()
        return (yield from steps())
    except NotFound as error:
        if isinstance(error, (Stale, Gone)):
            raise
    # A new engine, and pixels that were changed by updates: what it would open is the same picture,
    # but it need not be the same to the last bit.
    found.photo = None
    found.dirty.clear()
    yield from look(work, found.judgement, found.limit)
    return (yield from steps())


def judge(work: Work, judgement: Judgement, *, render: bool = True) -> Steps[list[Layer]]:
    """The report at another view or strictness, from stored planes; gives the tints.

    Without `render` there are none: the overlay stays as it is.
    """
    found, photo_id = work.findings, work.photo_id
    request = _judged_again(found, photo_id, judgement)
    report, complete = yield from early_steps(work.book, request)
    layers, shown = yield from _shown(work, photo_id, judgement, report, found.limit, render)
    found.judgement = judgement
    found.judged(_as_far_as_known(report, complete, found), shown)
    found.complete = complete
    return layers


def _judged_again(found: Findings, photo_id: str, judgement: Judgement) -> Analyze | Regions:
    lineage = found.lineage or None
    if judgement.view == "screen" or found.complete:
        return Regions(photo_id, judgement.view, judgement.strictness, lineage=lineage)
    # Nobody has looked at 1:1 yet.
    return Analyze(photo_id, judgement.view, judgement.strictness, lineage=lineage)


def rest(found: Findings) -> Steps[bool]:
    """Have the engine look at 1:1, too; whether the report now has all that there is to say.

    Nobody waits for it, so the engine lets everything else pass, and what it finds changes neither
    rows nor layers. If the photo is not there any more, the next verb will see to that.
    """
    photo, judgement = found.photo, found.judgement
    if photo is None:
        return True
    view, strictness = judgement.view, judgement.strictness
    request = Analyze(photo.photo_id, view, strictness, lineage=found.lineage or None, bulk=True)
    answer = yield from plain_steps(request)
    report = Report.from_dict(answer.body.get("report"))
    if found.report is None or found.photo is not photo or found.judgement != judgement:
        return False
    found.report = replace(found.report, only_at_1_to_1=report.only_at_1_to_1)
    found.complete = True
    return True


def _shown(
    work: Work,
    photo_id: str,
    judgement: Judgement,
    report: Report,
    limit: Mask | None,
    render: bool,
) -> Steps[tuple[list[Layer], frozenset[str] | None]]:
    """Tints of a report's regions, and which of them lie within the limit (None: all)."""
    if not render and limit is None:
        return [], None
    work.say("doing.layers")
    ids = [region.id for region in report.regions]
    layers = yield from _planes(work, photo_id, "tint", ids, judgement)
    if limit is None:
        return layers, None
    within = [layer for layer in layers if overlap(limit, Mask(layer.box, bytes(layer.data[3::4])))]
    return within, frozenset(layer.name for layer in within)


def tints(work: Work) -> Steps[list[Layer]]:
    """The tints of what is shown now."""
    ids = [item.region.id for item in work.findings.items if item.present]
    return (yield from _planes(work, work.photo_id, "tint", ids, work.findings.judgement))


def coverages(work: Work, ids: Sequence[str]) -> Steps[dict[str, Mask]]:
    """Coverage of regions of the present report, by id."""
    judgement = work.findings.judgement
    layers = yield from _planes(work, work.photo_id, "coverage", ids, judgement)
    return {layer.name: Mask(layer.box, layer.data) for layer in layers}


def _planes(
    work: Work, photo_id: str, plane: str, ids: Sequence[str], judgement: Judgement
) -> Steps[list[Layer]]:
    if not ids:
        return []
    request = LayersRender(
        photo_id=photo_id,
        plane=plane,
        view=judgement.view,
        regions=list(ids),
        channels=work.channels,
        strictness=judgement.strictness,
        via="file",
    )
    answer = yield from with_photo(work.book, request.photo_id, lambda: plain_steps(request))
    return layers_of(work.book, answer)


def score_mask(work: Work, mask: Mask) -> Steps[RoiResult]:
    """Score the pixels under a mask."""
    found = work.findings
    request = RoiScore(work.photo_id, view=found.judgement.view, mask=True)
    plane = memoryview(placed(mask, found.size))
    answer = yield from with_photo(
        work.book, request.photo_id, lambda: send_mask(work.book, request, plane)
    )
    return RoiResult.from_dict(answer.body.get("roi"))


def update(work: Work, box: Box) -> Steps[bool]:
    """Show the engine what the document shows in a box now; whether that was anything new."""
    found = work.findings
    before = work.photo_id
    pixels = found.document.read_visible(box)
    photo = yield from with_photo(
        work.book,
        before,
        lambda: update_steps(
            work.book,
            before,
            box,
            pixels,
            found.lineage or None,
            early=found.judgement.view == "screen",
        ),
    )
    if photo.photo_id == before:
        return False
    # The document itself shows this picture: no need to keep patches to make it again.
    reader = _Reader(found.document, found.lineage, keep=False)
    work.book.remember(photo.photo_id, Way(reader))
    work.book.forget(before)
    found.photo, found.complete = photo, photo.analysed
    found.forget_prints(box)
    return True
