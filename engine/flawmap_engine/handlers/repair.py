"""`repair.plan` and `repair.render`: what could be done about a flaw, and doing it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from flawmap_api.errors import BadInput, NoMemory, NotFound
from flawmap_api.geometry import Box
from flawmap_api.messages import CHANNELS, DTYPES, RepairPlan, RepairRender
from flawmap_api.repair import Expectation
from flawmap_api.repair import RepairPlan as Plan
from flawmap_api.wire import Block

from ..jobs import Reply
from ..memory import more_memory
from ..store import Entry
from .context import Context
from .judgement import analysis_of, thresholds_of
from .photos import pixels_of

__all__ = ["plan", "render"]


def plan(request: RepairPlan, context: Context) -> Reply:
    """Measure a region, or a distortion in a box, and say what would help."""
    from ..analysis.views import SCREEN_SIDE
    from ..repair import Part, propose

    with context.store.use(request.photo_id) as entry:
        box, distortion, severity, coverage = _place(request, entry, context)
        part = Part.of(pixels_of(entry, context).rgb, box, coverage)
        context.raise_if_cancelled()
        screen = max(entry.width, entry.height) / SCREEN_SIDE
        scale = max(1.0, screen) if request.view == "screen" else 1.0
        proposal = propose(part, distortion, severity, scale)
        text, sentence_id, args = proposal.words
        made = Plan(
            photo_id=entry.photo_id,
            view=request.view,
            region=request.region,
            distortion=distortion,
            subkind=proposal.subkind,
            box=box,
            margin=proposal.margin,
            around=_grown(box, proposal.margin, entry),
            method=proposal.method,
            possible=proposal.method != "none",
            strength=proposal.strength,
            settings=proposal.settings,
            sentence=text,
            sentence_id=sentence_id,
            sentence_args=args,
            limits=proposal.limits,
            expect=Expectation(severity),
            host_filters=proposal.host_filters,
        )
    return Reply({"plan": made.to_dict()})


def render(request: RepairRender, context: Context) -> Reply:
    """Repair pixels as a plan says."""
    from ..repair import Encoding
    from ..repair import render as repaired

    source = request.pixels
    if source.file is None and "pixels" not in context.blocks:
        _refuse_giant(request, context)
        name = context.files.hand_out(context.client, source.nbytes)
        return Reply({"write": {"file": name, "bytes": source.nbytes}})
    samples = _samples(request, context)
    icc = context.blocks.get("icc")
    box, around = request.box, request.around
    inner = Box(box.x0 - around.x0, box.y0 - around.y0, box.x1 - around.x0, box.y1 - around.y0)
    result = repaired(
        samples,
        Encoding(source.channels, source.linear, icc.tobytes() if icc else b""),
        inner,
        method=request.method,
        strength=request.strength,
        settings=request.settings,
        threads=context.engine.threads,
        on_progress=lambda done, total: context.progress("repair", done, total),
        check_cancelled=context.raise_if_cancelled,
    )
    before = samples[inner.y0 : inner.y1, inner.x0 : inner.x1]
    body: dict[str, Any] = {
        "box": box.as_list(),
        "unchanged": result.tobytes() == np.ascontiguousarray(before).tobytes(),
    }
    raw = np.ascontiguousarray(result).view(np.uint8).reshape(-1)
    if request.via == "frames":
        return Reply(body, {"pixels": Block(source.dtype, result.shape, result.data)})
    name, nbytes = context.files.give(context.client, [raw.data])
    return Reply({**body, "file": name, "bytes": nbytes})


def _place(
    request: RepairPlan, entry: Entry, context: Context
) -> tuple[Box, str, float, NDArray[np.uint8] | None]:
    """Where, what, how severe, and the coverage of a region."""
    from ..masks import region_coverage, region_of
    from ..scoring import score_roi

    analysis = analysis_of(entry, request.view)
    thresholds = thresholds_of(request, context)
    if request.region is not None:
        shape = region_of(analysis, request.view, thresholds, request.region)
        k = thresholds[shape.distortion]
        planes = analysis.planes(request.view)
        coverage = region_coverage(planes, k, shape, entry.width, entry.height)
        return shape.box, shape.distortion, shape.severity, coverage
    score = score_roi(analysis, view=request.view, thresholds=thresholds, box=request.box)
    severities = {name: d.severity for name, d in score.distortions.items()}
    distortion = request.distortion or max(severities, key=lambda name: severities[name])
    if distortion not in severities:
        raise NotFound(
            f"This engine's model does not judge {distortion}.",
            f"It judges {', '.join(severities)}.",
        )
    return score.box, distortion, severities[distortion], None


def _grown(box: Box, margin: int, entry: Entry) -> Box:
    return Box(
        max(0, box.x0 - margin),
        max(0, box.y0 - margin),
        min(entry.width, box.x1 + margin),
        min(entry.height, box.y1 + margin),
    )


def _refuse_giant(request: RepairRender, context: Context) -> None:
    needed = 2 * request.pixels.nbytes
    if needed > context.store.budget:
        raise NoMemory(
            f"Repairing {request.box.width}×{request.box.height} pixels needs {needed >> 20} MiB; "
            f"the engine may use {context.store.budget >> 20} MiB.",
            more_memory(needed),
        )


def _samples(request: RepairRender, context: Context) -> NDArray[Any]:
    source = request.pixels
    if source.file is not None:
        data = context.files.take(context.client, source.file, source.nbytes)
    else:
        data = np.frombuffer(context.blocks["pixels"].tobytes(), np.uint8)
    if data.nbytes != source.nbytes:
        raise BadInput(
            f"{source.width}×{source.height} pixels {source.channels} of type {source.dtype} are "
            f"{source.nbytes} bytes, but {data.nbytes} came.",
            "The sender's size, layout and data must agree.",
        )
    count = CHANNELS[source.channels]
    samples = data.view(f"<{source.dtype[0]}{DTYPES[source.dtype]}")
    shape = (source.height, source.width)
    samples = samples.reshape(shape if count == 1 else (*shape, count))
    if samples.dtype.kind == "f" and not np.isfinite(samples).all():
        raise BadInput(
            "The pixels hold values that are not numbers (NaN or infinite).",
            "Replace them in the document; a repair would spread them.",
        )
    return samples
