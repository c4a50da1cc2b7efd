"""Findings: what is known of one open document, from the first look until it is closed.

A `Finding` outlives reports: a repair changes the photo, and with it the engine's regions; the row
that a person sees stays, with its score before and after.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from flawmap_api.geometry import Box
from flawmap_api.repair import RepairPlan
from flawmap_api.report import Region, Report
from flawmap_api.results import OpenedPhoto

from .host import Document, Mask
from .planes import meet, print_of, sample_of

__all__ = ["BETTER", "Finding", "Findings", "Judgement", "Repair"]

#: A severity has to fall by so much, or a repair did not help.
BETTER = 0.01
#: From this overlap of their boxes on, regions of two reports are the same flaw.
_SAME = 0.5


@dataclass(frozen=True)
class Judgement:
    """At which view and strictness regions were made; their ids hold for nothing else."""

    view: str = "screen"
    strictness: float = 0.0


@dataclass(frozen=True)
class Repair:
    """A repair that is in the document.

    Attributes
    ----------
    layer : str
        The host's key of its layer.
    plan : RepairPlan
        Made for the photo without it; does for another strength, too.
    strength : float in [0, 1]
    area : Mask
        The coverage that cuts it.
    filter : str
        Name of the host's own filter, if that was used; else empty.
    """

    layer: str
    plan: RepairPlan
    strength: float
    area: Mask
    filter: str = ""


@dataclass(frozen=True)
class Finding:
    """One row: a region, and what became of it.

    Attributes
    ----------
    key : str
        Stays the same while the document is open (it began as the region's id).
    region : Region
        Of the present report, or as it was when that last had it.
    present : bool
        Whether the present report has it.
    visible : bool
        Whether its layer is shown.
    before, after : float or None
        Severity of its pixels, by one measure, before and after repair.
    repair : Repair or None
    print : int or None
        Tells whether its pixels changed since they were looked at; None if that is not known.
    undone : Repair or None
        The repair that an undo of the editor's took away; a redo may bring it back.
    """

    key: str
    region: Region
    present: bool = True
    visible: bool = True
    before: float | None = None
    after: float | None = None
    repair: Repair | None = None
    print: int | None = None
    undone: Repair | None = None


@dataclass
class Findings:
    """One document and what is known of it.

    Attributes
    ----------
    document : Document
    size : (width, height)
        Of the canvas, when it was looked at.
    lineage : str
        Whose marks it has (CONTRACT: lineage).
    photo_id : str
        Of the pixels that the report speaks of; empty before the first look.
    photo : OpenedPhoto or None
        That photo in the engine; None while only a note tells of it.
    judgement : Judgement
    report : Report or None
    complete : bool
        Whether the engine has looked at 1:1, too; if not, the report has yet to tell of that.
    items : list of Finding
        Worst first.
    limit, limited : Mask or None, bool
        The selection that the list was limited to (not kept in the note), and whether it was.
    stale : bool
        The document no longer looks as the report says.
    selected : str
        Key of the row that was selected last.
    scored, selection_score
        Which selection was scored, and how; the same for a person.
    note : str
        What the document keeps of all this.
    dirty : list of Box
        Where pixels changed by an undo or redo, and the engine has not seen it yet.
    """

    document: Document
    size: tuple[int, int]
    lineage: str = ""
    photo_id: str = ""
    photo: OpenedPhoto | None = None
    judgement: Judgement = Judgement()
    report: Report | None = None
    complete: bool = True
    items: list[Finding] = field(default_factory=list)
    limit: Mask | None = None
    limited: bool = False
    stale: bool = False
    selected: str = ""
    scored: tuple[int, dict[str, float]] | None = None
    selection_score: str = ""
    note: str = ""
    dirty: list[Box] = field(default_factory=list)

    def find(self, key: str) -> Finding | None:
        """The finding of that key, or None."""
        return next((item for item in self.items if item.key == key), None)

    def change(self, key: str, **changes: object) -> None:
        """Replace fields of one finding; nothing if it is gone."""
        self.items = [
            replace(item, **changes) if item.key == key else item  # type: ignore[arg-type]
            for item in self.items
        ]

    def judged(self, report: Report, shown: frozenset[str] | None = None) -> None:
        """Take a new report of this document: rows follow their flaws, repaired ones stay.

        `shown` limits it to regions with these ids.
        """
        old = list(self.items)
        items: list[Finding] = []
        for region in report.regions:
            if shown is not None and region.id not in shown:
                continue
            known = _same(region, old)
            if known is None:
                taken = {item.key for item in [*items, *old]}
                key = region.id if region.id not in taken else f"{region.id}+"
                items.append(Finding(key, region, visible=region.mark != "ignored"))
            else:
                old.remove(known)
                same_box = known.region.box == region.box
                items.append(
                    replace(
                        known,
                        region=region,
                        present=True,
                        print=known.print if same_box else None,
                    )
                )
        # What was repaired away is still a row: it can be undone, or rendered at another strength.
        made = [item for item in old if item.repair is not None or item.undone is not None]
        items += [replace(item, present=False) for item in made]
        self.report, self.items, self.photo_id = report, items, report.photo.photo_id
        if self.find(self.selected) is None:
            self.selected = ""

    def repairs(self) -> frozenset[str]:
        """Keys of the repair layers in the document."""
        return frozenset(item.repair.layer for item in self.items if item.repair is not None)

    def follow_layers(self) -> bool:
        """See which repairs the editor's undo took away, or its redo brought back.

        The boxes whose pixels changed by it are noted as `dirty`; whether there are new ones.
        """
        known = len(self.dirty)
        for item in self.items:
            made = item.repair or item.undone
            if made is None or (item.repair is not None) == self.document.has_layer(made.layer):
                continue
            self.dirty.append(made.area.box)
            if item.repair is not None:
                self.change(item.key, repair=None, undone=made, after=None, visible=True)
            else:
                self.change(item.key, repair=made, undone=None, visible=False)
        return len(self.dirty) > known

    def forget_prints(self, box: Box) -> None:
        """The pixels of a box were changed by us: prints that it touches tell nothing any more."""
        self.items = [
            replace(item, print=None) if meet(item.region.box, box) else item for item in self.items
        ]

    def changed_since(self, finding: Finding) -> bool:
        """Whether the pixels of a finding changed since its print; takes a print if there is none.

        Reads pixels of the document.
        """
        part = sample_of(finding.region.box)
        now = print_of(self.document.read_visible(part), part, part)
        if finding.print is None:
            self.change(finding.key, print=now)
            return False
        return now != finding.print


def _same(region: Region, items: list[Finding]) -> Finding | None:
    for item in items:
        if item.region.id == region.id:
            return item
    alike = [item for item in items if item.region.distortion == region.distortion]
    best = max(alike, key=lambda item: _iou(item.region.box, region.box), default=None)
    return best if best and _iou(best.region.box, region.box) >= _SAME else None


def _iou(a: Box, b: Box) -> float:
    shared = meet(a, b)
    return 0.0 if shared is None else shared.area / (a.area + b.area - shared.area)
