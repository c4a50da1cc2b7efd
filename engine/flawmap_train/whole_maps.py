"""Features by place: a third output of `whole.onnx`, taken from what it computes anyway.

`maps`, float32 [1, 472, H / 32, W / 32]: the outputs of stages 3, 5 and 7, the first two averaged
to the last one's cells. The ROI head pools them under a mask. Nothing of the file's weights or of
its other outputs changes; a file that has the output is left as it is.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Final

import onnx
from onnx import TensorProto, helper

from .lite0 import CHANNELS

__all__ = ["MAP_CHANNELS", "add_maps", "with_maps"]

# Stage (from 0) and how many of its cells, along an axis, are one of the last stage's.
_TAKEN: Final = ((2, 4), (4, 2), (6, 1))

MAP_CHANNELS: Final = sum(CHANNELS[stage] for stage, _ in _TAKEN)


def add_maps(model: onnx.ModelProto) -> bool:
    """Give the graph its `maps` output; False if it has one.

    Raises
    ------
    ValueError
        If the graph does not end in the means of seven stages.
    """
    graph = model.graph
    if any(output.name == "maps" for output in graph.output):
        return False
    made_by = {name: node for node in graph.node for name in node.output}
    joined = made_by.get("features")
    means = [] if joined is None else [made_by.get(name) for name in joined.input]
    if len(means) != len(CHANNELS) or any(m is None or m.op_type != "ReduceMean" for m in means):
        raise ValueError("This graph's features are not the means of seven stages.")
    parts = []
    for stage, side in _TAKEN:
        mean = means[stage]
        source = mean.input[0] if mean is not None else ""
        if side > 1:
            name = f"maps_{stage}"
            graph.node.append(
                helper.make_node(
                    "AveragePool",
                    [source],
                    [name],
                    kernel_shape=[side, side],
                    strides=[side, side],
                )
            )
            source = name
        parts.append(source)
    graph.node.append(helper.make_node("Concat", parts, ["maps"], axis=1))
    graph.output.append(
        helper.make_tensor_value_info("maps", TensorProto.FLOAT, [1, MAP_CHANNELS, "H_32", "W_32"])
    )
    onnx.checker.check_model(model)
    return True


def with_maps(folder: Path) -> bool:
    """Bring a folder of weights that was exported before up to date; False if it was."""
    file, card = folder / "whole.onnx", folder / "model.json"
    model = onnx.load(str(file))
    document = json.loads(card.read_text(encoding="utf-8"))
    added = add_maps(model)
    if added:
        onnx.save(model, str(file))
    if added or document.get("whole", {}).get("maps") != MAP_CHANNELS:
        document["files"]["whole.onnx"] = hashlib.sha256(file.read_bytes()).hexdigest()
        document.setdefault("whole", {})["maps"] = MAP_CHANNELS
        card.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        return True
    return False
