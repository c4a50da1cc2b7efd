"""Render: reports as lines and rows of words, the same words at a terminal and in a pipe."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flawmap_api import words
from flawmap_api.errors import FlawmapError
from flawmap_api.geometry import Box
from flawmap_api.policy import Verdict
from flawmap_api.report import Region, Report

from .layout import Span, clean

__all__ = [
    "counted",
    "failure_line",
    "level_style",
    "percent",
    "photo_line",
    "place",
    "quality_text",
    "region_rows",
    "remarks",
]


def percent(share: float) -> str:
    """A share of the photo: `12.3 %`, and `<0.1 %` for what would read as nothing."""
    if 0 < share < 0.0005:
        return "<0.1 %"
    return f"{100 * share:.1f} %"


def place(box: Box, width: int, height: int) -> str:
    """Which of the 3 × 3 fields of a photo of `width` × `height` holds the box's centre."""
    column = min(2, 3 * (box.x0 + box.x1) // (2 * width))
    row = min(2, 3 * (box.y0 + box.y1) // (2 * height))
    words_of_both = (("top", "", "bottom")[row], ("left", "", "right")[column])
    return " ".join(word for word in words_of_both if word) or "centre"


def level_style(level: str) -> str:
    """Style of a severity word."""
    rank = words.severity_of_level(level)
    return "bad" if rank >= 3 else "warn" if rank == 2 else "" if rank == 1 else "dim"


def quality_text(value: float) -> str:
    """A quality as word and number: `fair (0.47)`."""
    return f"{words.quality_level(value)} ({value:.2f})"


def photo_line(name: str, report: Report, verdict: Verdict) -> list[Span]:
    """The one line a photo: verdict, quality, worst flaw."""
    flawed = verdict.verdict == "flaws"
    line = [
        Span(clean(name), "name"),
        Span(": "),
        Span(verdict.verdict, "bad" if flawed else "good"),
        Span(f", quality {quality_text(report.quality)}"),
    ]
    worst = _worst(report.regions, verdict)
    if worst is not None:
        flaw = f"{worst.severity_level} {worst.distortion} on {percent(worst.area)}"
        line += [Span(", worst: "), Span(flaw, level_style(worst.severity_level))]
    return line


def _worst(regions: Sequence[Region], verdict: Verdict) -> Region | None:
    """The first that fails; where none does, the first that is worth a word."""
    failing = [region for region in regions if region.id in verdict.failing]
    open_ones = [r for r in regions if r.mark in (None, "accepted") and not r.intentional]
    return next(iter([*failing, *open_ones]), None)


def failure_line(name: str, error: FlawmapError) -> list[Span]:
    """The one line of a photo that could not be judged."""
    sentence = clean(f"{error.message} {error.hint}".strip())
    return [Span(clean(name), "name"), Span(": "), Span("not judged", "bad"), Span(f": {sentence}")]


def region_rows(report: Report, failing: Iterable[str]) -> list[list[Span]]:
    """A row a region: `!` if it fails the check, distortion, level, area, place, sentence."""
    failing = set(failing)
    return [
        [
            Span("!" if region.id in failing else " ", "bad"),
            Span(region.distortion),
            Span(region.severity_level, level_style(region.severity_level)),
            Span(percent(region.area).rjust(7)),
            Span(_place_of(region, report)),
            Span(clean(region.sentence) + _standing(region)),
        ]
        for region in report.regions
    ]


def _place_of(region: Region, report: Report) -> str:
    """The place that the sentence names too; an engine that names none leaves it to the box."""
    named = region.sentence_args.get("place")
    if isinstance(named, str) and named:
        return clean(named.replace("_", " "))
    return place(region.box, report.photo.width, report.photo.height)


def _standing(region: Region) -> str:
    if region.mark is not None:
        return f" [marked {region.mark}]"
    return " [probably intentional]" if region.intentional else ""


def remarks(report: Report, notes: Iterable[str] = ()) -> list[str]:
    """What stands below a photo's regions: what was left out, what shows at 1:1 only, notes."""
    lines = [
        f"and {counted(more.count, 'smaller region')} of {name} ({percent(more.area)})"
        for name, more in report.more.items()
    ]
    lines += [
        f"at 1:1 only: {flaw.distortion} on {percent(flaw.area)}: {clean(flaw.sentence)}"
        for flaw in report.only_at_1_to_1
    ]
    lines += [f"{failure.part} not judged: {clean(failure.message)}" for failure in report.failures]
    lines += [f"note: {clean(note)}" for note in dict.fromkeys((*report.notes, *notes))]
    return lines


def counted(number: int, noun: str) -> str:
    """`1 photo`, `2 photos`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
