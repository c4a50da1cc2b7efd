"""From the trained modules to the two ONNX files that the engine runs.

`dense.onnx`: uint8 photo and thumbnail in, raw severities out, any size in multiples of 32.
`whole.onnx`: uint8 photo in, mean features, quality and features by place out. Batch norms are
folded into the convolutions, constant pads into the convolutions' own padding, the stem's scaling
into its weights. Opset 17, fp32 arithmetic; the large backbone of `whole.onnx` is stored in fp16
and cast when it is loaded.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from .calibration import Calibration
from .lite0 import Lite0, PaddedConv, imagenet_lite0
from .network import Context, DenseNetwork
from .whole_maps import MAP_CHANNELS, add_maps
from .words import DISTORTIONS, STRIDE

__all__ = [
    "DenseGraph",
    "WholeGraph",
    "export_dense",
    "export_whole",
    "fold_pads",
    "folded",
    "write_model",
]

Graph = TypeVar("Graph", bound=nn.Module)

OPSET: Final = 17
HALO: Final = 64


class DenseGraph(nn.Module):
    """What `dense.onnx` computes, from bytes to severities of the kinds that are served."""

    def __init__(
        self, network: DenseNetwork, context: Context, kinds: Sequence[str] = DISTORTIONS
    ) -> None:
        super().__init__()
        self.network = copy.deepcopy(network)
        self.context = context
        rows = torch.tensor([DISTORTIONS.index(k) for k in kinds])
        for head in (self.network.presence, self.network.strength, self.network.unsure):
            head.out_channels = len(kinds)
            head.weight = nn.Parameter(head.weight.detach()[rows].clone())
            if head.bias is not None:
                head.bias = nn.Parameter(head.bias.detach()[rows].clone())

    def forward(self, photo: Tensor, thumbnail: Tensor) -> tuple[Tensor, Tensor]:
        """uint8 [1, H, W, 3] and [1, 128, 128, 3] to severity and "cannot tell".

        Both are float32 [1, kinds, H/8, W/8] in 0..1.
        """
        vector = self.context(thumbnail.permute(0, 3, 1, 2).to(torch.float32))
        presence, strength, unsure = self.network.everything(
            photo.permute(0, 3, 1, 2).to(torch.float32), vector
        )
        return DenseNetwork.severity(presence, strength), torch.sigmoid(unsure)


class WholeGraph(nn.Module):
    """What `whole.onnx` computes: mean features of all seven stages, and quality by ridge."""

    def __init__(self, eyes: Lite0, weights: Tensor, bias: float) -> None:
        super().__init__()
        self.eyes = eyes
        self.score = nn.Linear(weights.numel(), 1)
        with torch.no_grad():
            self.score.weight.copy_(weights[None])
            self.score.bias.fill_(bias)

    def forward(self, photo: Tensor) -> tuple[Tensor, Tensor]:
        """uint8 [1, H, W, 3] to features float32 [1, 784] and quality float32 [1] in 0..1."""
        stages = self.eyes(photo.permute(0, 3, 1, 2).to(torch.float32))
        features = torch.cat([s.mean((2, 3)) for s in stages], 1)
        return features, torch.clamp(self.score(features)[:, 0] / 100.0, 0.0, 1.0)


def folded(module: Graph) -> Graph:
    """A copy in eval mode whose batch norms are part of the convolutions before them."""
    module = copy.deepcopy(module).eval().to(memory_format=torch.contiguous_format)
    for parent in list(module.modules()):
        if not isinstance(parent, nn.Sequential):
            continue
        for i in range(len(parent) - 1):
            conv, norm = parent[i], parent[i + 1]
            if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                parent[i] = fuse_conv_bn_eval(conv, norm)
                parent[i + 1] = nn.Identity()
    for part in module.modules():
        if isinstance(part, Lite0):
            conv = part.stem[0]
            if isinstance(conv, PaddedConv):
                # x - 127 keeps the meaning of a zero pad; the division goes into the weights.
                with torch.no_grad():
                    conv.weight /= 128.0
                part.scale = 1.0
    return module


def fold_pads(model: onnx.ModelProto) -> int:
    """Move constant zero pads into the convolutions behind them; returns how many were moved."""
    graph = model.graph
    made_by = {o: n for n in graph.node for o in n.output}
    users: dict[str, int] = {}
    for node in graph.node:
        for name in node.input:
            users[name] = users.get(name, 0) + 1
    known = _Constants(graph)
    moved: list[onnx.NodeProto] = []
    for conv in graph.node:
        pad = made_by.get(conv.input[0]) if conv.op_type == "Conv" else None
        if pad is None or pad.op_type != "Pad" or users[pad.output[0]] != 1:
            continue
        sides = known.value(pad.input[1])
        fill = known.value(pad.input[2]) if len(pad.input) > 2 and pad.input[2] else np.zeros(1)
        if (
            sides is None
            or fill is None
            or float(np.ravel(fill)[0]) != 0.0
            or sides[[0, 1, 4, 5]].any()
        ):
            continue
        own = next((a for a in conv.attribute if a.name == "pads"), None)
        extra = [int(v) for v in sides[[2, 3, 6, 7]]]
        if own is None:
            conv.attribute.append(onnx.helper.make_attribute("pads", extra))
        else:
            total = [a + b for a, b in zip(own.ints, extra, strict=True)]
            del own.ints[:]
            own.ints.extend(total)
        conv.input[0] = pad.input[0]
        moved.append(pad)
    for pad in moved:
        graph.node.remove(pad)
    _drop_unused(graph)
    return len(moved)


class _Constants:
    """Values of a graph that depend on no input: the exporter computes pads by a chain of nodes."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        self.stored = {i.name: i for i in graph.initializer}
        self.made_by = {o: n for n in graph.node for o in n.output}
        self.inputs = {i.name for i in graph.input}

    def value(self, name: str) -> npt.NDArray[Any] | None:
        """The value of `name`, or None if it depends on what comes in."""
        nodes: list[onnx.NodeProto] = []
        stored: dict[str, onnx.TensorProto] = {}
        if not self._collect(name, nodes, stored):
            return None
        if not nodes:
            return np.asarray(numpy_helper.to_array(stored[name]))
        output = onnx.helper.make_tensor_value_info(name, onnx.TensorProto.UNDEFINED, None)
        part = onnx.helper.make_graph(nodes, "constant", [], [output], list(stored.values()))
        model = onnx.helper.make_model(part, opset_imports=[onnx.helper.make_opsetid("", OPSET)])
        return np.asarray(ReferenceEvaluator(model).run([name], {})[0])

    def _collect(
        self, name: str, nodes: list[onnx.NodeProto], stored: dict[str, onnx.TensorProto]
    ) -> bool:
        if name == "":
            return True
        if name in self.stored:
            stored[name] = self.stored[name]
            return True
        node = self.made_by.get(name)
        if node is None or name in self.inputs:
            return False
        if all(self._collect(i, nodes, stored) for i in node.input):
            if node not in nodes:
                nodes.append(node)
            return True
        return False


def _drop_unused(graph: onnx.GraphProto) -> None:
    """Take away nodes and initialisers that nothing reads any more."""
    while True:
        read = {i for n in graph.node for i in n.input} | {o.name for o in graph.output}
        dead = [n for n in graph.node if not any(o in read for o in n.output)]
        if not dead:
            break
        for node in dead:
            graph.node.remove(node)
    read = {i for n in graph.node for i in n.input}
    for item in [i for i in graph.initializer if i.name not in read]:
        graph.initializer.remove(item)


def _halve(model: onnx.ModelProto) -> None:
    """Store large initialisers as fp16, with a Cast that the runtime folds when it loads."""
    graph = model.graph
    casts = []
    for item in list(graph.initializer):
        value = numpy_helper.to_array(item)
        if value.dtype != np.float32 or value.size < 1024:
            continue
        name = item.name
        graph.initializer.remove(item)
        graph.initializer.append(numpy_helper.from_array(value.astype(np.float16), name + "_half"))
        casts.append(
            onnx.helper.make_node("Cast", [name + "_half"], [name], to=onnx.TensorProto.FLOAT)
        )
    for i, node in enumerate(casts):
        graph.node.insert(i, node)


def _rounded(module: Graph) -> Graph:
    """A copy whose large weights have been through fp16: what `_halve` will store."""
    module = copy.deepcopy(module)
    with torch.no_grad():
        for parameter in module.parameters():
            if parameter.numel() >= 1024:
                parameter.copy_(parameter.to(torch.float16).to(torch.float32))
    return module


def _export(
    graph: nn.Module, inputs: tuple[Tensor, ...], file: Path, **names: Any
) -> onnx.ModelProto:
    torch.onnx.export(
        graph,
        inputs,
        str(file),
        opset_version=OPSET,
        dynamo=False,
        do_constant_folding=True,
        **names,
    )
    model = onnx.load(str(file))
    fold_pads(model)
    return model


def _save(model: onnx.ModelProto, file: Path) -> None:
    for node in model.graph.node:
        node.doc_string = ""
    model.producer_name, model.producer_version = "flawmap-train", ""
    onnx.checker.check_model(model)
    file.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(file))


def export_dense(
    network: DenseNetwork,
    context: Context,
    file: Path,
    kinds: Sequence[str] = DISTORTIONS,
) -> DenseGraph:
    """Write `dense.onnx` for these kinds; returns the torch module that it must agree with."""
    graph = folded(DenseGraph(network, context, kinds))
    photo = torch.zeros((1, 128, 160, 3), dtype=torch.uint8)
    thumbnail = torch.zeros((1, 128, 128, 3), dtype=torch.uint8)
    model = _export(
        graph,
        (photo, thumbnail),
        file,
        input_names=["photo", "thumbnail"],
        output_names=["severity", "unknown"],
        dynamic_axes={
            "photo": {1: "H", 2: "W"},
            "severity": {2: "H_8", 3: "W_8"},
            "unknown": {2: "H_8", 3: "W_8"},
        },
    )
    _save(model, file)
    return graph


def export_whole(weights: npt.NDArray[np.float64], bias: float, file: Path) -> WholeGraph:
    """Write `whole.onnx` with the ridge's weights; returns the module that it must agree with."""
    ridge = torch.as_tensor(weights, dtype=torch.float32)
    graph = _rounded(folded(WholeGraph(imagenet_lite0(7), ridge, bias)))
    photo = torch.zeros((1, 128, 160, 3), dtype=torch.uint8)
    model = _export(
        graph,
        (photo,),
        file,
        input_names=["photo"],
        output_names=["features", "quality"],
        dynamic_axes={"photo": {1: "H", 2: "W"}},
    )
    _halve(model)
    add_maps(model)
    _save(model, file)
    return graph


def write_model(
    folder: Path, name: str, version: str, calibration: Calibration, *, keep_whole: bool = False
) -> dict[str, Any]:
    """Write `model.json` beside the ONNX files, with their hashes; returns what it holds.

    With `keep_whole`, what the earlier `model.json` says of `whole.onnx` is kept with that file.
    """
    whole = {"long_side": 512, "multiple": 32, "resize": "area", "maps": MAP_CHANNELS}
    if keep_whole:
        whole = json.loads((folder / "model.json").read_text(encoding="utf-8"))["whole"]
    files = {
        f: hashlib.sha256((folder / f).read_bytes()).hexdigest()
        for f in ("dense.onnx", "whole.onnx")
    }
    document = {
        "name": name,
        "version": version,
        "distortions": list(calibration.kinds),
        "files": files,
        **calibration.as_json(),
        "stride": STRIDE,
        "receptive_halo": HALO,
        "whole": whole,
    }
    (folder / "model.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return document
