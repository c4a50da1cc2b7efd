"""`flawmap best`: of these frames of one scene, which to keep, and why the others lose.

Ranked by the sharpness of the subject, then by quality. Sharpness is compared in hundredths: finer
than that nobody sees, and quality shall have a say.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass

from flawmap_api.report import Report

from . import render
from .batch import Options, Outcome, for_each
from .check import judged
from .console import Console
from .inputs import find_photos
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
    """The judged frames, best first; those in the first `keep` places are kept.

    Frames that tie in sharpness and quality stay in the order in which they were named.
    """
    judged_ones = [(o, o.value) for o in outcomes if o.value is not None]
    judged_ones.sort(key=lambda pair: _key(pair[1]), reverse=True)
    ranked = []
    for place, (outcome, report) in enumerate(judged_ones, start=1):
        if place == 1:
            reason = _why_first(report, judged_ones[1][1] if len(judged_ones) > 1 else None)
        else:
            reason = _why_not(report, judged_ones[0][1])
        ranked.append(Ranked(outcome, place, place <= keep, reason))
    return ranked


def _key(report: Report) -> tuple[int, float]:
    return round(100 * report.subject_sharpness), report.quality


def _why_first(best: Report, next_best: Report | None) -> str:
    if next_best is None:
        return "the only frame, nothing to compare it with"
    if _key(best)[0] > _key(next_best)[0]:
        return "the sharpest subject"
    if best.quality > next_best.quality:
        return "as sharp as the next, with the better quality"
    return "as good as the next, and named first"


def _why_not(report: Report, best: Report) -> str:
    sharp, best_sharp = _key(report)[0], _key(best)[0]
    if sharp < best_sharp:
        cause = _softest(report)
        return f"subject less sharp, {sharp / 100:.2f} against {best_sharp / 100:.2f}{cause}"
    if report.quality < best.quality:
        worst = _flaw_that_the_other_lacks(report, best)
        return f"as sharp, quality {report.quality:.2f} against {best.quality:.2f}{worst}"
    return "as good as the best, named later"


def _softest(report: Report) -> str:
    """What made the subject soft: the blur or jitter that matters most in it."""
    soft = [r for r in report.regions if r.distortion in ("blur", "jitter")]
    soft.sort(key=lambda r: r.subject * r.severity, reverse=True)
    return f" ({soft[0].severity_level} {soft[0].distortion})" if soft else ""


def _flaw_that_the_other_lacks(report: Report, best: Report) -> str:
    def more(name: str) -> float:
        other = best.distortions.get(name)
        return report.distortions[name].severity - (other.severity if other else 0.0)

    name = max(report.distortions, key=more, default=None)
    if name is None or more(name) < 0.05:
        return ""
    return f" ({report.distortions[name].severity_level} {name})"


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
