"""Picking: the flaw under a point, the masks of rows, and what a person says of a flaw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flawmap_api.messages import MarksSet, RoiScore
from flawmap_api.roi import RoiScore as RoiResult
from flawmap_api.steps import Steps, marks_steps, plain_steps, with_photo

from .asks import Gone, Work, coverages, judge
from .host import Mask

__all__ = ["mark", "masks_of", "region_at"]


def region_at(work: Work, x: int, y: int) -> Steps[str]:
    """Key of the worst finding whose mask holds a pixel; empty if there is none."""
    found = work.findings
    width, height = found.size
    if not (0 <= x < width and 0 <= y < height):
        return ""
    request = RoiScore(
        work.photo_id,
        view=found.judgement.view,
        point=[x, y],
        strictness=found.judgement.strictness,
    )
    answer = yield from with_photo(work.book, request.photo_id, lambda: plain_steps(request))
    how = RoiResult.from_dict(answer.body.get("roi")).how
    name = how.removeprefix("region ")
    return next((i.key for i in found.items if i.present and i.region.id == name), "")


def masks_of(work: Work, keys: Sequence[str]) -> Steps[dict[str, Mask]]:
    """Coverages by row; that of a flaw which was repaired away is the one that cuts its repair."""
    items = [item for item in work.findings.items if item.key in keys]
    masks = {i.key: i.repair.area for i in items if i.repair is not None and not i.present}
    wanted = {item.region.id: item.key for item in items if item.present}
    made = yield from coverages(work, list(wanted))
    return {**masks, **{wanted[name]: mask for name, mask in made.items()}}


def mark(work: Work, key: str, verdict: str | None) -> Steps[tuple[str, ...]]:
    """Keep a verdict on a finding, for every client; then take the marks of all as they are now.

    Gives what else the engine has to say of its marks.
    """
    found = work.findings
    finding = found.find(key)
    if finding is None or not finding.present:
        raise Gone("This flaw is not in the photo any more.")
    request = MarksSet(
        photo_id=work.photo_id,
        view=found.judgement.view,
        strictness=found.judgement.strictness,
        region=finding.region.id,
        verdict=verdict,
        lineage=found.lineage,
    )
    marks = yield from marks_steps(work.book, request)
    found.change(key, region=replace(finding.region, mark=verdict))
    yield from judge(work, found.judgement, render=False)
    return marks.notes
