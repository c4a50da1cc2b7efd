"""`flawmap check`: is anything wrong with these photos, and where.

Ends with 0 if no flaw goes over the policy, 1 if one does, 2 if a photo could not be judged.
"""

from __future__ import annotations

from argparse import Namespace
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flawmap_api.inputs import Input, find_photos
from flawmap_api.policy import Policy, Verdict, judge, parse_fail_on
from flawmap_api.report import Report

from . import render
from .batch import Options, Outcome, for_each
from .console import Console
from .layout import Span

if TYPE_CHECKING:
    from flawmap_api import EngineClient

__all__ = ["document", "judged", "print_outcome", "run"]


def run(arguments: Namespace, console: Console, options: Options) -> int:
    """Judge the photos and say what was found; returns the exit code.

    Raises
    ------
    BadInput
        If `--fail-on` holds a word that is no level or distortion.
    """
    fail_on = Policy().level if arguments.fail_on is None else arguments.fail_on
    policy = parse_fail_on(fail_on, strict=arguments.strict)
    items = find_photos(arguments.photos)
    counts: Counter[str] = Counter()
    for outcome in for_each(items, judged(arguments), console, options):
        verdict = _verdict(outcome, policy)
        counts[verdict.verdict] += 1
        if console.json_lines:
            console.document(document(outcome, verdict))
        else:
            print_outcome(console, outcome, verdict)
    if len(items) > 1 and not console.json_lines:
        console.line(_summary(counts))
    return 2 if counts["not_judged"] else 1 if counts["flaws"] else 0


def judged(
    arguments: Namespace,
) -> Callable[[EngineClient, Input, Callable[[Any], None]], Report]:
    """The work that `check` and its kin do on one photo: open, judge, let go."""

    def work(client: EngineClient, item: Input, on_progress: Callable[[Any], None]) -> Report:
        photo = client.open(item.path, allow_truncated=arguments.allow_truncated)
        try:
            return client.analyze(
                photo,
                view=arguments.view,
                strictness=arguments.strictness,
                on_progress=on_progress,
            )
        finally:
            client.close_photo(photo)

    return work


def document(outcome: Outcome[Report], verdict: Verdict) -> dict[str, Any]:
    """The JSON document of one photo (docs/cli.md)."""
    report = outcome.value
    return {
        "path": outcome.item.path,
        "verdict": verdict.verdict,
        "failing": list(verdict.failing),
        "report": None if report is None else report.to_dict(),
        "failure": outcome.failure,
    }


def print_outcome(console: Console, outcome: Outcome[Report], verdict: Verdict) -> None:
    """A line for the photo, then its regions and remarks."""
    report = outcome.value
    if report is None:
        if outcome.error is not None:
            console.line(*render.failure_line(outcome.item.name, outcome.error))
        return
    console.line(*render.photo_line(outcome.item.name, report, verdict))
    console.table(render.region_rows(report, verdict.failing))
    for remark in render.remarks(report):
        console.line(Span(f"    {remark}", "dim"))


def _verdict(outcome: Outcome[Report], policy: Policy) -> Verdict:
    if outcome.value is None:
        return Verdict("not_judged", ())
    return judge(outcome.value, policy)


def _summary(counts: Counter[str]) -> str:
    total = render.counted(sum(counts.values()), "photo")
    parts = [f"{counts['clean']} clean", f"{counts['flaws']} with flaws"]
    if counts["not_judged"]:
        parts.append(f"{counts['not_judged']} not judged")
    return f"{total}: {', '.join(parts)}"
