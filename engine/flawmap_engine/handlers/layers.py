"""`layers.render`: planes as ready bytes, for clients that have no numpy."""

from __future__ import annotations

from typing import Any

from flawmap_api.messages import LayersRender
from flawmap_api.wire import Block

from ..jobs import Reply
from .context import Context
from .judgement import analysis_of, thresholds_of

__all__ = ["render"]


def render(request: LayersRender, context: Context) -> Reply:
    """Draw the planes that were asked for."""
    from ..masks import layers

    described: list[dict[str, Any]] = []
    data: list[memoryview] = []
    offset = 0
    with context.store.use(request.photo_id) as entry:
        thresholds = thresholds_of(request, context)
        for layer in layers(analysis_of(entry, request.view), request, thresholds):
            context.raise_if_cancelled()
            described.append(
                {
                    "name": layer.name,
                    "distortion": layer.distortion,
                    "box": layer.box.as_list(),
                    "shape": list(layer.data.shape),
                    "offset": offset,
                }
            )
            data.append(layer.data.data)
            offset += layer.data.nbytes
    if request.via == "file":
        name, nbytes = context.files.give(context.client, data)
        return Reply({"layers": described, "file": name, "bytes": nbytes})
    blocks = {}
    for number, (entry_, view) in enumerate(zip(described, data, strict=True)):
        del entry_["offset"]
        entry_["block"] = f"layer-{number}"
        blocks[entry_["block"]] = Block("u8", tuple(entry_["shape"]), view)
    return Reply({"layers": described}, blocks)
