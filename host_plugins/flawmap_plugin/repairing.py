"""Repairing: plan, render, put in place, look again, and say honestly what it did.

As `asks`: dialogues that run on the host's main thread and never wait.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from flawmap_api.geometry import Box
from flawmap_api.messages import RepairPlan as PlanRequest
from flawmap_api.repair import RepairPlan
from flawmap_api.steps import Steps, repair_plan_steps, repair_render_steps

from .asks import Gone, Work, coverages, judge, score_mask, update
from .findings import BETTER, Finding, Repair
from .host import Mask
from .planes import crop

__all__ = ["Done", "change_strength", "plan", "repair", "undo_repair"]


@dataclass(frozen=True)
class Done:
    """How a repair went.

    Attributes
    ----------
    plan : RepairPlan
        What was meant to be done, and what cannot be.
    placed : bool
        A layer is in the document; not where the plan says that nothing can be done, or where it
        changed nothing.
    before, after : float
        Severity under the coverage, by one measure.
    """

    plan: RepairPlan
    placed: bool = False
    before: float = 0.0
    after: float = 0.0

    @property
    def better(self) -> bool:
        """Whether it helped."""
        return self.after <= self.before - BETTER


def plan(work: Work, key: str) -> Steps[RepairPlan]:
    """What could be done about a finding, as its pixels are now."""
    found = work.findings
    work.say("doing.planning")
    if found.changed_since(_present(work, key)):
        yield from _look_here(work, _present(work, key).region.box)
    judgement = found.judgement
    request = PlanRequest(
        photo_id=work.photo_id,
        view=judgement.view,
        region=_present(work, key).region.id,
        strictness=judgement.strictness,
    )
    return (yield from repair_plan_steps(work.book, request))


def repair(
    work: Work,
    key: str,
    *,
    strength: float | None,
    host: str,
    filters: frozenset[str],
    name: str,
) -> Steps[Done]:
    """Repair a finding.

    Parameters
    ----------
    strength : float in [0, 1] or None
        None: as the plan proposes.
    host : str
        Whose filters the plan may name ("gimp").
    filters : frozenset of str
        Those that may be used instead of the engine's own repair; empty: none.
    name : str
        Of the new layer.
    """
    found = work.findings
    if _repaired(work, key).repair is not None:
        return (yield from _scored(work, key))
    proposed = yield from plan(work, key)
    if not proposed.possible:
        return Done(proposed)
    finding = _present(work, key)
    area = (yield from coverages(work, [finding.region.id]))[finding.region.id]
    before = yield from _severity(work, area, finding.region.distortion)
    amount = proposed.strength if strength is None else strength
    named = proposed.host_filters.get(host)
    chosen = named.name if named is not None and named.name in filters else ""
    made = Repair("", proposed, amount, area, chosen)
    settings: Mapping[str, object] = named.settings if named is not None else {}
    found.change(key, before=before, after=None)
    if not (yield from _place(work, key, made, name, settings, None)):
        return Done(proposed, False, before, before)
    return (yield from _scored(work, key))


def change_strength(work: Work, key: str, strength: float, name: str) -> Steps[Done]:
    """Render a finding's repair again, from the pixels below it, in place of the old layer."""
    finding = _repaired(work, key)
    made = finding.repair
    if made is None or made.filter:
        raise Gone("This repair has no strength to change.")
    changed = replace(made, strength=strength)
    if not (yield from _place(work, key, changed, name, {}, made.layer)):
        # Nothing changes at this strength: then there is nothing to keep.
        return (yield from undo_repair(work, key))
    return (yield from _scored(work, key))


def undo_repair(work: Work, key: str) -> Steps[Done]:
    """Take a finding's repair away again."""
    finding = _repaired(work, key)
    made = finding.repair or finding.undone
    if made is None:
        raise Gone("There is no repair to undo.")
    work.findings.document.remove_layer(made.layer)
    work.findings.change(key, repair=None, undone=made, after=None)
    yield from _look_here(work, made.area.box)
    before = finding.before or 0.0
    return Done(made.plan, False, before, before)


def _place(
    work: Work,
    key: str,
    made: Repair,
    name: str,
    settings: Mapping[str, object],
    replaces: str | None,
) -> Steps[bool]:
    """Make the layer; False if it would not change anything."""
    document, plan, area = work.findings.document, made.plan, made.area
    data = {"region": key, "distortion": plan.distortion, "method": plan.method}
    if made.filter:
        layer = document.add_filter(made.filter, settings, area, name)
        work.findings.change(key, repair=replace(made, layer=layer), undone=None)
        return True
    work.say("doing.repairing")
    without = frozenset({replaces}) if replaces else frozenset()
    pixels = document.read_visible(plan.around, without)
    repaired = yield from repair_render_steps(work.book, plan, pixels, made.strength)
    if repaired.unchanged:
        return False
    cut = area
    if area.box != plan.box:
        cut = Mask(plan.box, crop(area.data, area.box, plan.box))
    layer = document.add_repair(name, repaired.pixels, cut, data, replaces)
    work.findings.change(key, repair=replace(made, layer=layer), undone=None)
    return True


def _scored(work: Work, key: str) -> Steps[Done]:
    """Show the engine the repaired pixels and measure them as they were measured before."""
    finding = _repaired(work, key)
    made = finding.repair
    if made is None:
        raise Gone("There is no repair to score.")
    yield from _look_here(work, made.area.box)
    after = yield from _severity(work, made.area, finding.region.distortion)
    before = finding.before if finding.before is not None else after
    work.findings.change(key, after=after, visible=False)
    return Done(made.plan, True, before, after)


def _look_here(work: Work, box: Box) -> Steps[None]:
    """Have a changed box judged anew."""
    work.say("doing.scoring")
    if (yield from update(work, box)):
        yield from judge(work, work.findings.judgement, render=False)


def _severity(work: Work, area: Mask, distortion: str) -> Steps[float]:
    score = yield from score_mask(work, area)
    part = score.distortions.get(distortion)
    return part.severity if part is not None else 0.0


def _present(work: Work, key: str) -> Finding:
    finding = work.findings.find(key)
    if finding is None or not finding.present:
        raise Gone("This flaw is not in the photo any more.")
    return finding


def _repaired(work: Work, key: str) -> Finding:
    finding = work.findings.find(key)
    if finding is None:
        raise Gone("This flaw is not in the list any more.")
    return finding
