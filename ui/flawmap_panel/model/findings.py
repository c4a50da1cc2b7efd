"""Findings: which of a report's regions the list shows, which it hides, and why."""

from __future__ import annotations

from dataclasses import dataclass, field

from flawmap_api.report import Region, Report

__all__ = ["Filters", "Listing", "list_findings"]


@dataclass(frozen=True, slots=True)
class Filters:
    """What a person wants to see of the findings.

    Attributes
    ----------
    distortions : frozenset of str or None
        Only these; None: all.
    severity, importance, area : float in [0, 1]
        At least so much.
    subject : bool
        Only what is part of what the photo is about (0.5 and more).
    intentional, ignored : bool
        Whether what is likely wanted, and what the person ignored, is listed too.
    """

    distortions: frozenset[str] | None = None
    severity: float = 0.0
    importance: float = 0.0
    area: float = 0.0
    subject: bool = False
    intentional: bool = True
    ignored: bool = True


@dataclass(frozen=True, slots=True)
class Listing:
    """The rows, worst first, and what is not among them.

    Attributes
    ----------
    rows : tuple of Region
    hidden : dict of reason to count
        Reasons: distortion, severity, importance, area, subject, intentional, ignored. A region
        counts under the first that holds.
    more : dict of distortion to count
        What the report itself left out, being over its limit of regions.
    """

    rows: tuple[Region, ...] = ()
    hidden: dict[str, int] = field(default_factory=dict)
    more: dict[str, int] = field(default_factory=dict)

    @property
    def hidden_count(self) -> int:
        """How many regions are hidden by filters."""
        return sum(self.hidden.values())


def list_findings(report: Report | None, filters: Filters) -> Listing:
    """Apply the filters to a report; an absent report has no findings."""
    if report is None:
        return Listing()
    rows: list[Region] = []
    hidden: dict[str, int] = {}
    for region in report.regions:
        reason = _why_hidden(region, filters)
        if reason is None:
            rows.append(region)
        else:
            hidden[reason] = hidden.get(reason, 0) + 1
    more = {name: more.count for name, more in report.more.items() if more.count}
    return Listing(tuple(rows), hidden, more)


def _why_hidden(region: Region, filters: Filters) -> str | None:
    wanted = region.mark == "intentional" or (region.intentional and region.mark != "accepted")
    tests = (
        ("distortion", filters.distortions is None or region.distortion in filters.distortions),
        ("ignored", filters.ignored or region.mark != "ignored"),
        ("intentional", filters.intentional or not wanted),
        ("severity", region.severity >= filters.severity),
        ("importance", region.importance >= filters.importance),
        ("area", region.area >= filters.area),
        ("subject", not filters.subject or region.subject >= 0.5),
    )
    return next((reason for reason, passes in tests if not passes), None)
