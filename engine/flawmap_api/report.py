"""Report: what one view of one photo says, as frozen values that read and write the published JSON.

The fields are those of schema 1 (`docs/report.md`, `docs/report.schema.json`); reading
checks every one.
"""

from __future__ import annotations

import html
from dataclasses import dataclass, field, fields, replace
from typing import Any

from . import words
from ._checked import read
from .errors import BadInput
from .geometry import Box, Grid

__all__ = [
    "SCHEMA",
    "DistortionSummary",
    "EngineInfo",
    "Failure",
    "More",
    "OnlyAt1To1",
    "PhotoInfo",
    "Region",
    "Report",
]

#: Version of the report's layout.
SCHEMA = 1


@dataclass(frozen=True, slots=True)
class _Layout:
    schema: int


@dataclass(frozen=True, slots=True)
class PhotoInfo:
    """Which photo a report speaks of."""

    path: str | None
    file_sha256: str | None
    photo_id: str
    lineage: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class DistortionSummary:
    """One distortion over the whole photo."""

    threshold: float
    area: float
    severity: float
    unknown_area: float

    @property
    def severity_level(self) -> str:
        """Word for the severity."""
        return words.severity_level(self.severity)


@dataclass(frozen=True, slots=True)
class Region:
    """One piece of one distortion that is worth a look (GLOSSARY: region)."""

    id: str
    distortion: str
    box: Box
    area: float
    severity: float
    quality: float
    importance: float
    subject: float
    intentional: bool
    confidence: float
    sentence: str
    sentence_id: str
    sentence_args: dict[str, Any]
    subkind: str | None = None
    mark: str | None = None

    @property
    def severity_level(self) -> str:
        """Word for the severity."""
        return words.severity_level(self.severity)

    @property
    def quality_level(self) -> str:
        """Word for the quality of the photo in this region."""
        return words.quality_level(self.quality)

    @property
    def importance_level(self) -> str:
        """Word for what the region matters to the photo."""
        return words.importance_level(self.importance)


@dataclass(frozen=True, slots=True)
class More:
    """Regions of one distortion that were left out of the report."""

    count: int
    area: float


@dataclass(frozen=True, slots=True)
class OnlyAt1To1:
    """A flaw that shows at 1:1 only, as one line of a screen report."""

    distortion: str
    area: float
    severity: float
    sentence: str
    sentence_id: str
    sentence_args: dict[str, Any]


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What made the report."""

    version: str
    protocol: int
    model: str
    model_sha256: str
    device: str
    providers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """What could not be judged, and why."""

    part: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Report:
    """What one view of one photo says; regions come worst first."""

    photo: PhotoInfo
    view: str
    grid: Grid
    quality: float
    subject_sharpness: float
    distortions: dict[str, DistortionSummary]
    regions: tuple[Region, ...]
    more: dict[str, More]
    only_at_1_to_1: tuple[OnlyAt1To1, ...]
    engine: EngineInfo
    failures: tuple[Failure, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def quality_level(self) -> str:
        """Word for the quality of the whole photo."""
        return words.quality_level(self.quality)

    def region(self, region_id: str) -> Region | None:
        """The region of that id, or None."""
        return next((region for region in self.regions if region.id == region_id), None)

    def with_photo(self, **changes: Any) -> Report:
        """The same findings under another path or lineage (a copy of the same pixels)."""
        return replace(self, photo=replace(self.photo, **changes))

    def to_dict(self) -> dict[str, Any]:
        """The report as the JSON object that `docs/report.schema.json` describes."""
        return {
            "schema": SCHEMA,
            "photo": _plain(self.photo),
            "view": self.view,
            "grid": _plain(self.grid),
            "quality": self.quality,
            "quality_level": self.quality_level,
            "subject_sharpness": self.subject_sharpness,
            "distortions": {
                name: {**_plain(d), "severity_level": d.severity_level}
                for name, d in self.distortions.items()
            },
            "regions": [
                {
                    **_plain(r),
                    "box": r.box.as_list(),
                    "quality_level": r.quality_level,
                    "importance_level": r.importance_level,
                    "severity_level": r.severity_level,
                }
                for r in self.regions
            ],
            "more": {name: _plain(m) for name, m in self.more.items()},
            "only_at_1_to_1": [
                {**_plain(o), "severity_level": words.severity_level(o.severity)}
                for o in self.only_at_1_to_1
            ],
            "engine": {**_plain(self.engine), "providers": list(self.engine.providers)},
            "failures": [_plain(f) for f in self.failures],
            "notes": list(self.notes),
        }

    @classmethod
    def from_dict(cls, data: object) -> Report:
        """Read a report, checking every field.

        Raises
        ------
        BadInput
            If a field is missing or of another type, naming the field, or if the report has
            another schema than `SCHEMA`.
        """
        schema = read(_Layout, data, "report").schema
        if schema != SCHEMA:
            raise BadInput(
                f"report.schema is {schema}; this version of Flawmap reads {SCHEMA}.",
                "Update the older of the two, or analyse the photo again.",
            )
        return read(cls, data, "report")

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{html.escape(region.distortion.replace('_', ' '))}</td>"
            f"<td>{region.severity_level}</td><td>{region.severity:.2f}</td>"
            f"<td>{100 * region.area:.1f} %</td><td>{html.escape(region.sentence)}</td></tr>"
            for region in self.regions
        )
        rows = rows or "<tr><td colspan=5>No flaws found.</td></tr>"
        name = html.escape(self.photo.path or self.photo.photo_id[:12])
        return (
            f"<table><caption>{name}: quality {self.quality_level} ({self.quality:.2f}), "
            f"{html.escape(self.view)} view</caption>"
            f"<tr><th>flaw</th><th>level</th><th>severity</th><th>area</th><th></th></tr>"
            f"{rows}</table>"
        )


def _plain(value: Any) -> dict[str, Any]:
    # One level is enough: nested values are written by hand above. asdict() would copy deeply.
    return {f.name: getattr(value, f.name) for f in fields(value)}
