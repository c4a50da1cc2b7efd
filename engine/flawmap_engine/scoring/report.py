"""Report: one view of an analysis as the report that every client reads.

Pure: planes, thresholds and the model's confidence tables come in, a `Report` goes out. Equal
arguments give equal reports.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from flawmap_api.report import (
    DistortionSummary,
    EngineInfo,
    More,
    OnlyAt1To1,
    PhotoInfo,
    Region,
    Report,
)
from flawmap_api.words import rounded
from flawmap_engine.masks import (
    UNKNOWN_FROM,
    RegionShape,
    cell_edges,
    count,
    find_regions,
)
from flawmap_engine.planes import Analysis

from . import sentences
from .at_1_to_1 import only_at_1_to_1
from .formulas import Ground, overall_severity, rank, subject_sharpness
from .head import Head, Judged, judge
from .roi_numbers import Part

__all__ = ["MAX_REGIONS", "Table", "build_report"]

#: At most so many regions stand in a report; what is left over is counted in `more`.
MAX_REGIONS = 24

#: x and y of a piecewise linear table, x rising: `{"x": [...], "y": [...]}`, or the pair.
Table = Mapping[str, Sequence[float]] | tuple[Sequence[float], Sequence[float]]

# A distortion that cannot be judged in more than this share of the photo gets a note.
_MOSTLY = 0.5
# Share of lost pixels from which a bright region counts as clipped.
_CLIPPED = 0.1
# Confidence of a region whose distortion the model has no table for: nobody knows.
_NO_TABLE = 0.5


def build_report(
    photo: PhotoInfo,
    analysis: Analysis,
    *,
    view: str,
    thresholds: Mapping[str, int],
    confidence: Mapping[str, Table],
    engine: EngineInfo,
    notes: tuple[str, ...] = (),
    head: Head | None = None,
) -> Report:
    """Write the report of one view.

    Parameters
    ----------
    photo : PhotoInfo
        Its width and height are the analysis'.
    analysis : Analysis
        Of an early one there is the report of the screen view, without what shows at 1:1 only.
    view : "screen" or "pixel"
    thresholds : mapping of distortion to k, 1..255
        For every distortion of the planes.
    confidence : mapping of distortion to table
        From a region's severity to the share of such regions that are right.
    engine : EngineInfo
    notes : tuple of str
        What else the reader should know, as sentences.
    head : Head, optional
        What judges the regions; the formulas without it.

    Returns
    -------
    Report
    """
    planes = analysis.planes(view)
    ground = Ground.of(analysis, view)
    summaries: dict[str, DistortionSummary] = {}
    found: list[RegionShape] = []
    more: dict[str, More] = {}
    for name in planes.distortions:
        k = thresholds[name]
        severity, unknown = planes.of(name)
        counts = count(planes, name, k, analysis.width, analysis.height)
        area = rounded(counts.area)
        strength = overall_severity(severity, unknown < UNKNOWN_FROM, area)
        summaries[name] = DistortionSummary(
            threshold=k / 255,
            area=area,
            severity=rounded(strength),
            unknown_area=rounded(counts.unknown_area),
        )
        shapes, more[name] = find_regions(
            planes, k, name, analysis.width, analysis.height, counts=counts
        )
        found += shapes
    judged = judge(analysis, ground, [Part(s.cells, s.area, s.row, s.col) for s in found], head)
    regions = [
        _region(shape, stands, analysis, confidence)
        for shape, stands in zip(found, judged, strict=True)
    ]
    kept, left = _worst(regions)
    return Report(
        photo=photo,
        view=view,
        grid=planes.grid,
        quality=rounded(analysis.quality),
        subject_sharpness=rounded(subject_sharpness(ground)),
        distortions=summaries,
        regions=kept,
        more=_with(more, left),
        only_at_1_to_1=_only_at_1_to_1(analysis, view, thresholds),
        engine=engine,
        notes=notes + _unjudged(summaries),
    )


def _region(
    shape: RegionShape,
    stands: Judged,
    analysis: Analysis,
    confidence: Mapping[str, Table],
) -> Region:
    subkind = _subkind(shape, analysis)
    text, sentence_id, args = sentences.of_region(
        shape.distortion,
        subkind,
        severity=shape.severity,
        area=shape.area,
        box=shape.box,
        width=analysis.width,
        height=analysis.height,
    )
    return Region(
        id=shape.id,
        distortion=shape.distortion,
        box=shape.box,
        area=shape.area,
        severity=shape.severity,
        quality=rounded(stands.quality),
        importance=rounded(stands.importance),
        subject=rounded(stands.subject),
        intentional=shape.distortion in stands.intentional,
        confidence=rounded(_looked_up(confidence.get(shape.distortion), shape.severity)),
        sentence=text,
        sentence_id=sentence_id,
        sentence_args=args,
        subkind=subkind,
    )


def _looked_up(table: Table | None, severity: float) -> float:
    if table is None:
        return _NO_TABLE
    x, y = (table["x"], table["y"]) if isinstance(table, Mapping) else table
    return float(np.interp(severity, x, y))


def _subkind(shape: RegionShape, analysis: Analysis) -> str | None:
    """Overexposure: what the photo's own numbers lost under the region; None for the others."""
    if shape.distortion != "overexposure":
        return None
    clipped = _mean_under(analysis.clipped, shape)
    gamut = _mean_under(analysis.gamut, shape)
    if max(clipped, gamut) < _CLIPPED:
        return "bright"
    return "clipped" if clipped >= gamut else "gamut"


def _mean_under(plane: NDArray[np.uint8], shape: RegionShape) -> float:
    """Mean of a plane of shares (0..255) on a finer or equal grid under the region's cells."""
    down, across = shape.cells.shape
    ys = cell_edges(shape.grid.rows, plane.shape[0])[shape.row : shape.row + down + 1]
    xs = cell_edges(shape.grid.cols, plane.shape[1])[shape.col : shape.col + across + 1]
    under = np.repeat(np.repeat(shape.cells, np.diff(ys), axis=0), np.diff(xs), axis=1)
    part = plane[ys[0] : ys[-1], xs[0] : xs[-1]][under]
    return float(part.mean()) / 255 if part.size else 0.0


def _worst(regions: Iterable[Region]) -> tuple[tuple[Region, ...], list[Region]]:
    """The regions that stand in the report, worst first, and those left over."""
    ordered = sorted(regions, key=lambda r: (*rank(r), r.distortion, r.box.as_list(), r.id))
    return tuple(ordered[:MAX_REGIONS]), ordered[MAX_REGIONS:]


def _with(more: Mapping[str, More], left: Iterable[Region]) -> dict[str, More]:
    """What was left over by distortion; a distortion of which nothing was is absent."""
    counted = dict(more)
    for region in left:
        before = counted[region.distortion]
        counted[region.distortion] = More(before.count + 1, rounded(before.area + region.area))
    return {name: m for name, m in counted.items() if m.count}


def _only_at_1_to_1(
    analysis: Analysis, view: str, thresholds: Mapping[str, int]
) -> tuple[OnlyAt1To1, ...]:
    if view != "screen" or not analysis.complete:
        return ()
    return only_at_1_to_1(analysis, thresholds)


def _unjudged(summaries: Mapping[str, DistortionSummary]) -> tuple[str, ...]:
    names = [name for name, d in summaries.items() if d.unknown_area > _MOSTLY]
    return (sentences.cannot_tell(names),) if names else ()
