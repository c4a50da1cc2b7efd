"""`flawmap best`: of these frames of one scene, which to keep, and why the others lose."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass

from flawmap_api.best import rank_frames
from flawmap_api.inputs import find_photos
from flawmap_api.report import Report

from . import render
from .batch import Options, Outcome, for_each
from .check import judged
from .console import Console
from .layout import Span, clean

__all__ = ["Ranked", "rank", "run"]


@dataclass(frozen=True, slots=True)
class Ranked:
    """One frame in its place: `keep`, and the reason for it in a sentence."""

    outcome: Outcome[Report]
    place: int
    keep: bool
    reason: str


def run(arguments: Namespace, console: Console, options: Options) -> int:
    """Rank the photos; returns 0, or 2 if one could not be judged."""
    items = find_photos(arguments.photos)
    outcomes = list(for_each(items, judged(arguments), console, options))
    ranked = rank(outcomes, keep=arguments.keep)
    failed = [outcome for outcome in outcomes if outcome.error is not None]
    if console.json_lines:
        for frame in ranked:
            console.document(_document(frame))
        for outcome in failed:
            console.document(_failure_document(outcome))
        return 2 if failed else 0
    console.table([_row(frame) for frame in ranked], indent=0)
    for outcome in failed:
        if outcome.error is not None:
            console.line(*render.failure_line(outcome.item.name, outcome.error))
    return 2 if failed else 0


def rank(outcomes: Sequence[Outcome[Report]], *, keep: int = 1) -> list[Ranked]:
    """The judged frames, best first; those in the first `keep` places are kept."""
    judged_ones = [(o, o.value) for o in outcomes if o.value is not None]
    return [
        Ranked(judged_ones[placed.index][0], placed.place, placed.keep, placed.reason)
        for placed in rank_frames([report for _, report in judged_ones], keep=keep)
    ]


def _document(frame: Ranked) -> dict[str, object]:
    report = frame.outcome.value
    return {
        "path": frame.outcome.item.path,
        "place": frame.place,
        "keep": frame.keep,
        "subject_sharpness": report.subject_sharpness if report else None,
        "quality": report.quality if report else None,
        "quality_level": report.quality_level if report else None,
        "reason": frame.reason,
        "failure": None,
    }


def _failure_document(outcome: Outcome[Report]) -> dict[str, object]:
    nothing = dict.fromkeys(("subject_sharpness", "quality", "quality_level", "reason"))
    return {
        "path": outcome.item.path,
        "place": None,
        "keep": False,
        **nothing,
        "failure": outcome.failure,
    }


def _row(frame: Ranked) -> list[Span]:
    report = frame.outcome.value
    sharpness = report.subject_sharpness if report else 0.0
    quality = report.quality if report else 0.0
    return [
        Span("keep" if frame.keep else "drop", "good" if frame.keep else "dim"),
        Span(clean(frame.outcome.item.name), "name"),
        Span(f"sharpness {sharpness:.2f}"),
        Span(f"quality {render.quality_text(quality)}"),
        Span(frame.reason),
    ]
