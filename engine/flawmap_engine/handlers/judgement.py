"""`analyze`, `regions` and `roi.score`: what is wrong with a photo, and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from flawmap_api.errors import BadInput, NotFound
from flawmap_api.geometry import Box
from flawmap_api.messages import PROTOCOL, Analyze, Regions, RoiScore
from flawmap_api.report import EngineInfo, PhotoInfo
from flawmap_api.strictness import thresholds_at
from flawmap_api.wire import Block

from .. import __version__
from ..jobs import Reply
from ..planes import Analysis, ViewPlanes
from ..store import Entry
from .context import Context, Engine
from .photos import pixels_of

if TYPE_CHECKING:
    from ..analysis import Stage

__all__ = ["analysis_of", "analyze", "analyze_is_quick", "regions", "roi_score", "thresholds_of"]


def analyze(request: Analyze, context: Context) -> Reply:
    """Judge a photo in both views, showing planes as they come; answer with one view's report."""
    from .. import analysis

    def show(stage: Stage) -> None:
        context.progress(stage.name, stage.done, stage.total)
        if request.planes and stage.planes is not None and stage.box is not None:
            _show(stage.name, stage.planes, stage.box, (stage.row, stage.col), context)

    with context.store.use(request.photo_id) as entry:
        known = entry.analysis
        if known is None:
            # A client's bar stands at its beginning, not still.
            context.progress("screen", 0, 1)
            seen = analysis.analyze(
                pixels_of(entry, context),
                context.engine.networks,
                early=request.early,
                on_screen=lambda early: context.store.keep_analysis(entry, early),
                on_stage=show,
                check_cancelled=context.between_tiles,
            )
            context.store.keep_analysis(entry, seen)
            return _reported(request, entry, context)
        if request.planes:
            _show_whole(known, "screen", context)
        if not (known.complete or request.early):
            known = analysis.finish(
                known,
                pixels_of(entry, context),
                context.engine.networks,
                on_stage=lambda stage: context.progress(stage.name, stage.done, stage.total),
                check_cancelled=context.between_tiles,
            )
            context.store.keep_analysis(entry, known)
        if request.planes and known.complete:
            _show_whole(known, "pixel", context)
        return _reported(request, entry, context)


def analyze_is_quick(request: Analyze, blocks: Mapping[str, Block], engine: Engine) -> bool:
    """Whether the store has the analysis already, as far as it is wanted."""
    del blocks
    return engine.store.has_analysis(request.photo_id, early=request.early)


def regions(request: Regions, context: Context) -> Reply:
    """Write the report again, for another view, strictness or thresholds."""
    with context.store.use(request.photo_id) as entry:
        return _reported(request, entry, context)


def roi_score(request: RoiScore, context: Context) -> Reply:
    """Score a part of the photo that someone marked."""
    from ..scoring import score_roi

    with context.store.use(request.photo_id) as entry:
        if request.mask and request.mask_file is None and "mask" not in context.blocks:
            nbytes = entry.width * entry.height
            name = context.files.hand_out(context.client, nbytes)
            return Reply({"write": {"file": name, "bytes": nbytes}})
        score = score_roi(
            analysis_of(entry, request.view),
            view=request.view,
            thresholds=thresholds_of(request, context),
            box=request.box,
            point=None if request.point is None else (request.point[0], request.point[1]),
            region=request.region,
            mask=_mask(request, entry, context) if request.mask else None,
            head=context.engine.networks.roi,
        )
        return Reply({"roi": score.to_dict()})


def analysis_of(entry: Entry, view: str) -> Analysis:
    """What is known of the photo; its planes of that view are there.

    Raises
    ------
    NotFound
        If it has not been analysed (or not for long), or early only and that view is not there.
    """
    # Another request may put a complete one in its place meanwhile.
    analysis = entry.analysis
    if analysis is None:
        raise NotFound(
            "The photo has not been analysed, or its analysis had to make room.", "Analyse it."
        )
    if view == "pixel" and not analysis.complete:
        raise NotFound("The photo has been looked at in its screen view only.", "Analyse it.")
    return analysis


def thresholds_of(request: Any, context: Context) -> dict[str, int]:
    """Thresholds of the model, moved by the request's strictness and by its own thresholds."""
    card = context.engine.networks.card
    return thresholds_at(card.thresholds, request.strictness, request.thresholds)


def _reported(request: Analyze | Regions, entry: Entry, context: Context) -> Reply:
    from ..scoring import build_report
    from .marks import with_marks

    lineage = context.lineage(request.lineage, entry) if request.lineage else None
    source = entry.source(context.client, request.path, lineage)
    # Of a path that was never opened here nothing is known but that the client calls it so.
    known = request.path in (None, source.path)
    photo = PhotoInfo(
        path=request.path or source.path,
        file_sha256=source.file_sha256 if known else None,
        photo_id=entry.photo_id,
        lineage=lineage or source.lineage,
        width=entry.width,
        height=entry.height,
    )
    networks = context.engine.networks
    engine = EngineInfo(
        version=__version__,
        protocol=PROTOCOL,
        model=networks.card.name,
        model_sha256=networks.card.sha256,
        device=networks.device.device,
        providers=tuple(networks.device.providers),
    )
    thresholds = thresholds_of(request, context)
    analysis = analysis_of(entry, request.view)
    key = (request.view, analysis.complete, *thresholds.items(), engine, source.notes)
    report = entry.reports.get(key)
    if report is None:
        report = build_report(
            photo,
            analysis,
            view=request.view,
            thresholds=thresholds,
            confidence=networks.card.confidence,
            engine=engine,
            notes=source.notes,
            head=networks.roi,
        )
        context.store.keep_report(entry, key, report)
    # Marks are looked up anew each time: another client may have made one since.
    report = with_marks(replace(report, photo=photo), key, entry, thresholds, context)
    body = {"report": report.to_dict(), "photo_id": entry.photo_id, "complete": analysis.complete}
    return Reply(body)


def _show_whole(known: Analysis, view: str, context: Context) -> None:
    name = "screen" if view == "screen" else "tile"
    whole = Box(0, 0, known.width, known.height)
    _show(name, known.planes(view), whole, (0, 0), context)


def _show(
    name: str, planes: ViewPlanes, box: Box, corner: tuple[int, int], context: Context
) -> None:
    grid = planes.grid
    body = {
        "stage": name,
        "view": planes.view,
        "box": box.as_list(),
        "grid": {"rows": grid.rows, "cols": grid.cols},
        "row": corner[0],
        "col": corner[1],
        "distortions": list(planes.distortions),
    }
    blocks = {"severity": _block(planes.severity), "unknown": _block(planes.unknown)}
    context.partial(body, blocks)


def _block(plane: NDArray[np.uint8]) -> Block:
    plane = np.ascontiguousarray(plane)
    return Block("u8", plane.shape, plane.data)


def _mask(request: RoiScore, entry: Entry, context: Context) -> NDArray[np.uint8]:
    shape = entry.height, entry.width
    if request.mask_file is not None:
        data = context.files.take(context.client, request.mask_file, shape[0] * shape[1])
        return data.reshape(shape)
    block = context.blocks["mask"]
    if block.dtype != "u8" or block.shape != shape:
        raise BadInput(
            f"The mask is {block.dtype} {list(block.shape)}; the photo needs u8 {list(shape)}.",
            "A mask has one byte for each pixel of the photo.",
        )
    return np.frombuffer(block.data, np.uint8).reshape(shape)
