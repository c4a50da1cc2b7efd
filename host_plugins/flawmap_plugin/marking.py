"""Marking: which flaw is under a point, and what a person says of a flaw."""

from __future__ import annotations

from dataclasses import replace

from flawmap_api import messages
from flawmap_api.errors import NotFound
from flawmap_api.messages import RoiScore
from flawmap_api.roi import RoiScore as RoiResult
from flawmap_api.steps import Steps, plain_steps, with_photo

from .asks import Work, judge

__all__ = ["mark", "region_at"]


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


def mark(work: Work, key: str, verdict: str | None) -> Steps[None]:
    """Keep a verdict on a finding, for every client; then take the marks of all as they are now."""
    found = work.findings
    finding = found.find(key)
    if finding is None or not finding.present:
        raise NotFound("This flaw is not in the photo any more.")
    request = messages.MarksSet(  # type: ignore[attr-defined]
        photo_id=work.photo_id,
        view=found.judgement.view,
        strictness=found.judgement.strictness,
        region=finding.region.id,
        verdict=verdict,
        lineage=found.lineage,
    )
    yield from with_photo(work.book, request.photo_id, lambda: plain_steps(request))
    found.change(key, region=replace(finding.region, mark=verdict))
    yield from judge(work, found.judgement, render=False)
