"""Notes: findings as a text that is kept with the document, and read again when it is reopened."""

from __future__ import annotations

import base64
import json
import uuid
import zlib
from dataclasses import replace
from typing import Any

from flawmap_api.errors import FlawmapError
from flawmap_api.geometry import Box
from flawmap_api.repair import RepairPlan
from flawmap_api.report import Report

from .findings import Finding, Findings, Judgement, Repair
from .host import Document, Mask

__all__ = ["NOTE", "adopt", "findings_of", "keep", "lineage_in", "note_of"]

#: Name under which a document keeps it.
NOTE = "flawmap"
_FORMAT = 1


def adopt(document: Document) -> Findings:
    """What is known of a document that is met for the first time."""
    text = document.read_note(NOTE)
    found = findings_of(text, document)
    if found is None:
        path = document.path
        lineage = lineage_in(text) or (str(path) if path else f"document:{uuid.uuid4()}")
        found = Findings(document, document.size, lineage)
    found.note = text or ""
    return found


def keep(found: Findings) -> None:
    """Write the note into the document, if there is anything new to be kept."""
    if found.report is None:
        return
    text = note_of(found)
    if text != found.note:
        found.document.write_note(NOTE, text)
        found.note = text


def note_of(found: Findings) -> str:
    """Everything that is needed to show the findings again, without the engine."""
    if found.report is None:
        return json.dumps({"format": _FORMAT, "lineage": found.lineage})
    gone = tuple(item.region for item in found.items if not item.present)
    report = replace(found.report, regions=found.report.regions + gone)
    return json.dumps(
        {
            "format": _FORMAT,
            "lineage": found.lineage,
            "photo_id": found.photo_id,
            "size": list(found.size),
            "view": found.judgement.view,
            "strictness": found.judgement.strictness,
            "limited": found.limited,
            "report": report.to_dict(),
            "items": [_item(item) for item in found.items],
        }
    )


def lineage_in(text: str | None) -> str:
    """Whose marks the document has; empty if the note does not say."""
    said = _read(text)
    lineage = said.get("lineage")
    return lineage if isinstance(lineage, str) else ""


def findings_of(text: str | None, document: Document) -> Findings | None:
    """The findings that a note tells of; None if there is none, or it cannot be read."""
    said = _read(text)
    try:
        report = Report.from_dict(said["report"])
        regions = {region.id: region for region in report.regions}
        gone = {entry["region"] for entry in said["items"] if not entry["present"]}
        kept = tuple(region for region in report.regions if region.id not in gone)
        width, height = said["size"]
        return Findings(
            document,
            (int(width), int(height)),
            lineage=str(said["lineage"]),
            photo_id=str(said["photo_id"]),
            judgement=Judgement(str(said["view"]), float(said["strictness"])),
            report=replace(report, regions=kept),
            items=[_finding(entry, regions) for entry in said["items"]],
            limited=bool(said["limited"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError, zlib.error, FlawmapError):
        return None


def _read(text: str | None) -> dict[str, Any]:
    try:
        said = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) and said.get("format") == _FORMAT else {}


def _item(item: Finding) -> dict[str, Any]:
    made = item.repair
    return {
        "key": item.key,
        "region": item.region.id,
        "present": item.present,
        "visible": item.visible,
        "before": item.before,
        "after": item.after,
        "print": item.print,
        "repair": None
        if made is None
        else {
            "layer": made.layer,
            "plan": made.plan.to_dict(),
            "strength": made.strength,
            "filter": made.filter,
            "box": made.area.box.as_list(),
            # Coverages are mostly flat: a megapixel becomes a few kilobytes.
            "area": base64.b64encode(zlib.compress(made.area.data, 6)).decode(),
        },
    }


def _finding(entry: dict[str, Any], regions: dict[str, Any]) -> Finding:
    return Finding(
        key=str(entry["key"]),
        region=regions[entry["region"]],
        present=bool(entry["present"]),
        visible=bool(entry["visible"]),
        before=_number(entry["before"]),
        after=_number(entry["after"]),
        repair=_repair(entry["repair"]),
        print=None if entry["print"] is None else int(entry["print"]),
    )


def _repair(entry: dict[str, Any] | None) -> Repair | None:
    if entry is None:
        return None
    box = Box.from_list(entry["box"])
    # No more than the box holds is unpacked, whatever the note claims.
    unpacked = zlib.decompressobj().decompress(base64.b64decode(entry["area"]), box.area + 1)
    if len(unpacked) != box.area:
        raise ValueError("the repair's area is not as large as its box")
    return Repair(
        layer=str(entry["layer"]),
        plan=RepairPlan.from_dict(entry["plan"]),
        strength=float(entry["strength"]),
        area=Mask(box, unpacked),
        filter=str(entry["filter"]),
    )


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
