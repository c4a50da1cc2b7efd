"""Best: of several frames of one scene, which is the best, and why the others lose.

Ranked by the sharpness of the subject, then by quality. Sharpness is compared in hundredths: finer
than that nobody sees, and quality shall have a say. Pure functions over reports.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .report import Report

__all__ = ["Placed", "rank_frames"]


@dataclass(frozen=True, slots=True)
class Placed:
    """One frame in its place.

    Attributes
    ----------
    index : int
        Which of the reports that were given.
    place : int
        1 for the best.
    keep : bool
    reason : str
        Why it stands there.
    """

    index: int
    place: int
    keep: bool
    reason: str


def rank_frames(reports: Sequence[Report], *, keep: int = 1) -> list[Placed]:
    """The frames, best first; those in the first `keep` places are kept.

    Frames that tie in sharpness and quality stay in the order in which they were given.
    """
    order = sorted(range(len(reports)), key=lambda at: _key(reports[at]), reverse=True)
    placed = []
    for place, index in enumerate(order, start=1):
        if place == 1:
            reason = _why_first(reports[index], reports[order[1]] if len(order) > 1 else None)
        else:
            reason = _why_not(reports[index], reports[order[0]])
        placed.append(Placed(index, place, place <= keep, reason))
    return placed


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
