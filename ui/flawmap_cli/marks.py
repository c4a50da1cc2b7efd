"""`flawmap marks` and `flawmap mark`: what you decided about flaws, and deciding it.

The engine keeps a mark for every version of the photo, every program sees it, and `check` heeds it.
"""

from __future__ import annotations

import os
import time
import traceback
from argparse import Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flawmap_api.errors import BadInput, NotFound
from flawmap_api.geometry import Box
from flawmap_api.inputs import Input, find_photos
from flawmap_api.marks import Mark, Marks
from flawmap_api.report import Region, Report

from . import render
from .batch import Options, connected, failure_of, speaking
from .console import Console
from .layout import Span, clean
from .progress import Progress

if TYPE_CHECKING:
    from flawmap_api import EngineClient
    from flawmap_api.results import OpenedPhoto

__all__ = ["run"]

Change = Callable[["EngineClient", "OpenedPhoto", Report], "Marks"]


def run(arguments: Namespace, console: Console, options: Options) -> int:
    """List the marks of a photo, or make or take back one; returns 0, or 2 if that failed."""
    item = find_photos([arguments.photo])[0]
    change = None if arguments.command == "marks" else _change(arguments)
    try:
        report, marks = _looked_up(item, change, arguments, console, options)
    except Exception as error:
        if not console.json_lines:
            raise
        if options.debug:
            traceback.print_exc()
        console.document({"path": item.path, "failure": failure_of(speaking(error))})
        return 2
    if console.json_lines:
        console.document(_document(item, report, marks))
    else:
        _print(console, item.name, report, marks)
    return 0


def _change(arguments: Namespace) -> Change:
    """What `flawmap mark` is to do; a sentence if its words do not say."""
    name, verdict, view = arguments.region, arguments.verdict, arguments.view
    if arguments.clear == (verdict is not None) or (name is None and not arguments.clear):
        raise BadInput(
            "flawmap mark takes a region and a verdict, or --clear.",
            "`flawmap marks PATH` lists the regions.",
        )

    def change(client: EngineClient, photo: OpenedPhoto, report: Report) -> Marks:
        if name is None:
            return client.clear_marks(photo)
        region = _region(report, name)
        return client.set_mark(
            photo, region.id, verdict, view=view, strictness=arguments.strictness
        )

    return change


def _region(report: Report, name: str) -> Region:
    """The region of that id, or of that number in the list."""
    if name.isdecimal() and 1 <= int(name) <= len(report.regions):
        return report.regions[int(name) - 1]
    if (region := report.region(name)) is not None:
        return region
    raise NotFound(
        f"The {report.view} view of this photo has no region {name!r}.",
        "`flawmap marks PATH` lists the regions; an id holds for its view and strictness.",
    )


def _looked_up(
    item: Input, change: Change | None, arguments: Namespace, console: Console, options: Options
) -> tuple[Report, Marks]:
    """The photo's report and marks, after the change."""
    if item.error is not None:
        raise item.error
    if os.path.isdir(arguments.photo):
        raise BadInput(f"{arguments.photo} is a folder.", "Name one photo.")
    with connected(console, options) as client, Progress(console, 1) as progress:
        progress.photo(0, item.name)
        photo = client.open(item.path, allow_truncated=arguments.allow_truncated)
        judged = {"view": arguments.view, "strictness": arguments.strictness}
        report = client.analyze(photo, **judged, on_progress=progress.step)
        marks = None if change is None else change(client, photo, report)
        if marks is None:
            marks = client.marks(photo)
        else:
            report = client.regions(photo, **judged)
        client.close_photo(photo)
    return report, marks


def _document(item: Input, report: Report, marks: Marks) -> dict[str, Any]:
    """The JSON document (docs/cli.md)."""
    return {
        "path": item.path,
        "lineage": marks.lineage,
        "view": report.view,
        "regions": [
            {
                "id": region.id,
                "distortion": region.distortion,
                "severity": region.severity,
                "severity_level": region.severity_level,
                "area": region.area,
                "box": region.box.as_list(),
                "mark": region.mark,
            }
            for region in report.regions
        ],
        "marks": [
            {
                "distortion": mark.distortion,
                "verdict": mark.verdict,
                "view": mark.view,
                "box": mark.box.as_list(),
                "area": mark.area,
                "set_at": mark.set_at,
            }
            for mark in marks.marks
        ],
        "failure": None,
    }


def _print(console: Console, name: str, report: Report, marks: Marks) -> None:
    kept = render.counted(len(marks.marks), "mark")
    console.line(Span(clean(name), "name"), f": {kept}, {report.view} view")
    console.table(
        [
            [
                Span(str(number).rjust(3), "dim"),
                Span(region.id),
                Span(region.severity_level, render.level_style(region.severity_level)),
                Span(render.percent(region.area).rjust(7)),
                Span(render.place(region.box, report.photo.width, report.photo.height)),
                Span(region.mark or "", "good" if region.mark else ""),
            ]
            for number, region in enumerate(report.regions, start=1)
        ]
    )
    for mark in _left(report, marks):
        day = time.strftime("%Y-%m-%d", time.localtime(mark.set_at))
        where = render.place(mark.box, report.photo.width, report.photo.height)
        text = f"    {mark.verdict} since {day}: {mark.distortion}, {where}; no region here answers"
        console.line(Span(text, "dim"))
    for note in dict.fromkeys((*report.notes, *marks.notes)):
        console.line(Span(f"    note: {clean(note)}", "dim"))


def _left(report: Report, marks: Marks) -> list[Mark]:
    """Marks that no region of this report shows."""
    return [
        mark
        for mark in marks.marks
        if not any(
            (region.distortion, region.mark) == (mark.distortion, mark.verdict)
            and _meet(region.box, mark.box)
            for region in report.regions
        )
    ]


def _meet(one: Box, other: Box) -> bool:
    across = one.x0 < other.x1 and other.x0 < one.x1
    return across and one.y0 < other.y1 and other.y0 < one.y1
