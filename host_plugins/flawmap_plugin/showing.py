"""Showing: findings as the rows and sentences of a `State`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from flawmap_api.repair import RepairPlan
from flawmap_api.report import Report
from flawmap_api.roi import RoiScore
from flawmap_api.words import severity_level

from .findings import BETTER, Finding, Findings
from .host import OverlayState
from .overlay import colour_of, title_of
from .state import Row
from .texts import Texts

if TYPE_CHECKING:
    from .repairing import Done

__all__ = [
    "done_text",
    "notes_of",
    "overlay_text",
    "plan_text",
    "rows_of",
    "selection_text",
    "summary_of",
]

#: Below this a flaw is not worth a word in the score of a selection (words: "none").
_LEAST = 0.05


def rows_of(
    found: Findings, texts: Texts, has: Callable[[str], bool], overlay: OverlayState, fits: bool
) -> tuple[Row, ...]:
    """A row for each finding; `fits` is false where the canvas has another size by now."""
    return tuple(_row(item, texts, has, overlay, fits) for item in found.items)


def _row(
    item: Finding, texts: Texts, has: Callable[[str], bool], overlay: OverlayState, fits: bool
) -> Row:
    region, made = item.region, item.repair
    actions = set()
    if fits:
        actions.add("select")
        if item.present and has("marks.set"):
            actions.add("mark")
        if item.present and overlay.present:
            actions.add("eye")
        if made is not None:
            actions.add("undo_repair")
            if not made.filter and has("repair.render"):
                actions.add("change_strength")
        elif item.present and has("repair.plan"):
            actions.add("repair")
    return Row(
        key=item.key,
        distortion=region.distortion,
        colour=colour_of(region.distortion),
        title=title_of(item, texts),
        sentence=_sentence(item, texts),
        box=(region.box.x0, region.box.y0, region.box.x1, region.box.y1),
        visible=item.visible,
        mark=region.mark,
        mark_label=texts(f"mark.{region.mark}") if region.mark else "",
        score=_score(item, texts),
        before=item.before,
        after=item.after,
        repaired=made is not None,
        repair=_repair_text(item, texts),
        strength=made.strength if made is not None else 0.5,
        actions=frozenset(actions),
    )


def _sentence(item: Finding, texts: Texts) -> str:
    region = item.region
    text = texts.sentence(region.sentence_id, region.sentence_args, region.sentence)
    if region.intentional and region.mark is None:
        text += " " + texts("row.intentional")
    return text


def _score(item: Finding, texts: Texts) -> str:
    if item.before is None or item.after is None:
        return texts.number(item.region.severity)
    change = f"{texts.number(item.before)} → {texts.number(item.after)}"
    fall = item.before - item.after
    kind = "better" if fall >= BETTER else "worse" if fall <= -BETTER else "same"
    return f"{change} ({texts('score.' + kind)})"


def _repair_text(item: Finding, texts: Texts) -> str:
    made = item.repair
    if made is None:
        return ""
    if made.filter:
        return texts("repair.filter", name=made.filter)
    return texts(
        "repair.done",
        method=texts(f"method.{made.plan.method}"),
        strength=round(100 * made.strength),
    )


def summary_of(found: Findings, texts: Texts) -> str:
    """ "Quality good · 5 flaws"; empty before the first look."""
    report = found.report
    if report is None:
        return ""
    count = sum(item.present for item in found.items)
    key = "summary.none" if count == 0 else "summary.one" if count == 1 else "summary.many"
    flaws = texts(key, count=count)
    if found.limited:
        flaws = texts("summary.limited", flaws=flaws, all=len(report.regions))
    return f"{texts('summary.quality')} {texts('quality.' + report.quality_level)} · {flaws}"


def notes_of(report: Report, texts: Texts) -> tuple[str, ...]:
    """What the list leaves out, and what could not be judged."""
    lines = [
        texts("notes.more", count=more.count, flaw=texts.label(name))
        for name, more in report.more.items()
    ]
    lines += [
        texts.sentence(line.sentence_id, line.sentence_args, line.sentence)
        for line in report.only_at_1_to_1
    ]
    lines += [texts("notes.failure", part=f.part, message=f.message) for f in report.failures]
    return (*lines, *map(texts.note, report.notes))


def overlay_text(overlay: OverlayState, texts: Texts) -> str:
    """The overlay's state as a sentence; empty where there is none."""
    if not overlay.present:
        return ""
    return texts("overlay.visible" if overlay.visible else "overlay.hidden")


def selection_text(score: RoiScore, before: dict[str, float] | None, texts: Texts) -> str:
    """The score of a selection, the worst flaw first; with what it was before, if known."""

    def number(name: str, value: float) -> str:
        if before is None or name not in before:
            return texts.number(value)
        return f"{texts.number(before[name])} → {texts.number(value)}"

    lines = [
        f"{texts('summary.quality')}: {texts('quality.' + score.quality_level)} "
        f"({number('quality', score.quality)})",
        f"{texts('summary.importance')}: {texts('importance.' + score.importance_level)}",
    ]
    parts = sorted(score.distortions.items(), key=lambda part: -part[1].severity)
    for name, part in parts:
        if max(part.severity, (before or {}).get(name, 0.0)) >= _LEAST:
            level = texts(f"level.{severity_level(part.severity)}")
            lines.append(f"{texts.label(name)}: {level} ({number(name, part.severity)})")
    return "\n".join(lines)


def plan_text(plan: RepairPlan, texts: Texts) -> tuple[str, str]:
    """What a repair would do, and what it cannot do."""
    limits = " ".join(
        texts.sentence(limit.sentence_id, limit.sentence_args, limit.sentence)
        for limit in plan.limits
    )
    return texts.sentence(plan.sentence_id, plan.sentence_args, plan.sentence), limits


def done_text(done: Done, texts: Texts) -> tuple[str, str]:
    """What a repair came to, and what it cannot do."""
    plan, limits = plan_text(done.plan, texts)
    if not done.plan.possible:
        return plan, limits
    if not done.placed:
        return texts("repair.unchanged"), limits
    key = "repair.better" if done.better else "repair.not_better"
    numbers = {"before": texts.number(done.before), "after": texts.number(done.after)}
    return texts(key, **numbers), limits
