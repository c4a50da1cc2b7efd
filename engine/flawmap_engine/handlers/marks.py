"""`marks.get` and `marks.set`: what people decided about regions, and how reports show it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from flawmap_api.errors import FlawmapError
from flawmap_api.geometry import Box
from flawmap_api.marks import Mark
from flawmap_api.messages import MarksGet, MarksSet
from flawmap_api.report import Report
from flawmap_api.words import rounded

from ..jobs import Reply
from ..store import Entry
from .context import Context

if TYPE_CHECKING:
    from ..marks import Found, StoredMark
    from ..masks import RegionShape

__all__ = ["get", "set_", "with_marks"]


def get(request: MarksGet, context: Context) -> Reply:
    """Tell the marks of the photo's lineage."""
    with context.store.use(request.photo_id) as entry:
        lineage = context.lineage(request.lineage, entry)
        return _answer(context.engine.marks.read(_owner(lineage, entry)), entry, lineage, False)


def set_(request: MarksSet, context: Context) -> Reply:
    """Keep a verdict on a region, or take it back."""
    from ..marks import Cells
    from ..masks import region_of
    from .judgement import analysis_of, thresholds_of

    with context.store.use(request.photo_id) as entry:
        lineage = context.lineage(request.lineage, entry)
        owner, book = _owner(lineage, entry), context.engine.marks
        if request.region is None:
            return _answer(book.clear(owner), entry, lineage, False)
        thresholds = thresholds_of(request, context)
        shape = region_of(
            analysis_of(entry, request.view), request.view, thresholds, request.region
        )
        found = book.set(owner, shape.distortion, Cells.of(shape), request.verdict, request.view)
        return _answer(found, entry, lineage, request.verdict is not None)


def with_marks(
    report: Report, key: Hashable, entry: Entry, thresholds: Mapping[str, int], context: Context
) -> Report:
    """The report with what people decided about its regions; `key` is what the store knows it by.

    A report is worth having without marks, so a file of marks that cannot be read is a note in it.
    """
    if not context.engine.keeps_marks:
        return report
    from ..marks import verdicts

    try:
        found = context.engine.marks.read(_owner(report.photo.lineage, entry))
    except FlawmapError as error:
        return replace(report, notes=(*report.notes, str(error)))
    if not found.marks:
        return replace(report, notes=report.notes + found.notes)
    decided = verdicts(_shapes(report, key, entry, thresholds, context), found.marks)
    return replace(
        report,
        regions=tuple(replace(r, mark=decided.get(r.id)) for r in report.regions),
        notes=report.notes + found.notes,
    )


def _shapes(
    report: Report, key: Hashable, entry: Entry, thresholds: Mapping[str, int], context: Context
) -> tuple[RegionShape, ...]:
    """Where the report's regions lie."""
    from ..masks import find_regions
    from .judgement import analysis_of

    shapes = entry.shapes.get(key)
    if shapes is None:
        analysis = analysis_of(entry, report.view)
        planes, size = analysis.planes(report.view), (analysis.width, analysis.height)
        names = sorted({region.distortion for region in report.regions})
        shapes = tuple(
            shape for n in names for shape in find_regions(planes, thresholds[n], n, *size)[0]
        )
        context.store.keep_shapes(entry, key, shapes)
    return shapes


def _owner(lineage: str, entry: Entry) -> str:
    """Under what the marks are kept: pixels of no lineage have nothing but themselves."""
    return lineage or f"photo:{entry.photo_id}"


def _answer(found: Found, entry: Entry, lineage: str, made: bool) -> Reply:
    marks = [_told(mark, entry) for mark in found.marks]
    body: dict[str, Any] = {
        "marks": marks,
        "mark": marks[-1] if made and marks else None,
        "lineage": lineage,
        "notes": list(found.notes),
    }
    return Reply(body)


def _told(mark: StoredMark, entry: Entry) -> dict[str, Any]:
    box = Box(*mark.cells.bounds(entry.width, entry.height))
    told = Mark(
        distortion=mark.distortion,
        verdict=mark.verdict,
        view=mark.view,
        box=box,
        area=rounded(mark.cells.area),
        set_at=mark.set_at,
    )
    return {**asdict(told), "box": box.as_list()}
