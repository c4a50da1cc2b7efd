"""Stand-in networks: tiny ONNX files with the interface of the trained ones.

What they say is arithmetic that a test can foresee: overexposure is how bright a cell is,
low light how dark, noise how rough, blur how smooth. Their receptive field is a few cells, so
tiles of a photo and the photo in one piece agree.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

__all__ = ["DISTORTIONS", "make_standin"]

DISTORTIONS = ("blur", "jitter", "noise", "overexposure", "low_light", "compression")
_OPSET = 17


def make_standin(folder: Path, **card: object) -> Path:
    """Write dense.onnx, whole.onnx and model.json into `folder` (made if need be).

    Parameters
    ----------
    folder : Path
    **card
        Entries of model.json that replace or add to the usual ones.

    Returns
    -------
    Path
        `folder`, for `Networks.load(weights=…)` or FLAWMAP_WEIGHTS.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, model in (("dense.onnx", _dense()), ("whole.onnx", _whole())):
        onnx.checker.check_model(model)
        (folder / name).write_bytes(model.SerializeToString(deterministic=True))
    data = {
        "name": "standin",
        "version": "1",
        "distortions": list(DISTORTIONS),
        "files": {n: _sha256(folder / n) for n in ("dense.onnx", "whole.onnx")},
        "calibration": {"noise": {"x": [0.0, 0.5, 1.0], "y": [0.0, 0.4, 1.0]}},
        "thresholds": dict.fromkeys(DISTORTIONS, 77),
        "confidence": {n: {"x": [0.0, 1.0], "y": [0.3, 0.9]} for n in DISTORTIONS},
        "stride": 8,
        "receptive_halo": 64,
        **card,
    }
    (folder / "model.json").write_text(json.dumps(data, indent=1))
    return folder


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _constant(name: str, values: object, dtype: type = np.float32) -> onnx.TensorProto:
    return numpy_helper.from_array(np.asarray(values, dtype), name)


def _luma_nodes() -> list[onnx.NodeProto]:
    """photo uint8 [1, H, W, 3] to luma float [1, 1, H, W], 0..1."""
    return [
        helper.make_node("Transpose", ["photo"], ["chw"], perm=[0, 3, 1, 2]),
        helper.make_node("Cast", ["chw"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Conv", ["float", "grey"], ["luma"]),
    ]


_GREY = np.array([0.299, 0.587, 0.114]).reshape(1, 3, 1, 1) / 255


def _dense() -> onnx.ModelProto:
    laplace = np.array([[0, -1, 0], [-1, 4, -1], [0, -1, 0]]).reshape(1, 1, 3, 3)
    # From (bright, rough, smoothed rough, context) to the six, each clipped to 0..1 afterwards.
    mix = np.array(
        [
            [0.0, 0.0, -4.0, 0.02],
            [0.0, -1.0, -2.0, 0.02],
            [0.0, 3.0, 0.0, 0.0],
            [2.0, 0.0, 0.0, 0.02],
            [-2.0, 0.0, 0.0, 0.0],
            [0.0, 1.0, 1.0, 0.0],
        ]
    ).reshape(6, 4, 1, 1)
    bias = np.array([0.7, 0.4, 0.0, -1.0, 0.8, 0.0])
    nodes = [
        *_luma_nodes(),
        helper.make_node("AveragePool", ["luma"], ["bright"], kernel_shape=[8, 8], strides=[8, 8]),
        helper.make_node("Conv", ["luma", "laplace"], ["edges"], pads=[1, 1, 1, 1]),
        helper.make_node("Abs", ["edges"], ["energy"]),
        helper.make_node("AveragePool", ["energy"], ["rough"], kernel_shape=[8, 8], strides=[8, 8]),
        helper.make_node(
            "AveragePool", ["rough"], ["smooth"], kernel_shape=[3, 3], pads=[1, 1, 1, 1]
        ),
        helper.make_node("Cast", ["thumbnail"], ["small"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["small"], ["mean"], axes=[1, 2, 3], keepdims=1),
        helper.make_node("Div", ["mean", "white"], ["share"]),
        helper.make_node("Shape", ["bright"], ["shape"]),
        helper.make_node("Expand", ["share", "shape"], ["context"]),
        helper.make_node("Concat", ["bright", "rough", "smooth", "context"], ["known"], axis=1),
        helper.make_node("Conv", ["known", "mix", "bias"], ["mixed"]),
        helper.make_node("Clip", ["mixed", "zero", "one"], ["severity"]),
    ]
    graph = helper.make_graph(
        nodes,
        "dense",
        [
            helper.make_tensor_value_info("photo", TensorProto.UINT8, [1, "H", "W", 3]),
            helper.make_tensor_value_info("thumbnail", TensorProto.UINT8, [1, 128, 128, 3]),
        ],
        [helper.make_tensor_value_info("severity", TensorProto.FLOAT, [1, 6, "h", "w"])],
        [
            _constant("grey", _GREY),
            _constant("laplace", laplace),
            _constant("mix", mix),
            _constant("bias", bias),
            _constant("white", 255.0),
            _constant("zero", 0.0),
            _constant("one", 1.0),
        ],
    )
    return _model(graph)


def _whole() -> onnx.ModelProto:
    spread = np.linspace(0.5, 2.0, 784).reshape(784, 1, 1, 1)
    nodes = [
        *_luma_nodes(),
        helper.make_node("GlobalAveragePool", ["luma"], ["mean"]),
        helper.make_node("Conv", ["mean", "spread"], ["many"]),
        helper.make_node("Flatten", ["many"], ["features"]),
        helper.make_node("Flatten", ["mean"], ["flat"]),
        helper.make_node("Reshape", ["flat", "one"], ["quality"]),
    ]
    graph = helper.make_graph(
        nodes,
        "whole",
        [helper.make_tensor_value_info("photo", TensorProto.UINT8, [1, "H", "W", 3])],
        [
            helper.make_tensor_value_info("features", TensorProto.FLOAT, [1, 784]),
            helper.make_tensor_value_info("quality", TensorProto.FLOAT, [1]),
        ],
        [
            _constant("grey", _GREY),
            _constant("spread", spread),
            _constant("one", [1], np.int64),
        ],
    )
    return _model(graph)


def _model(graph: onnx.GraphProto) -> onnx.ModelProto:
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=8)
