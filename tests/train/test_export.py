"""The exported files compute what torch does, at any size, with nothing left to fold."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from tests.train.conftest import textured

import flawmap_engine
from flawmap_train.calibration import Calibration, Table
from flawmap_train.export import (
    DenseGraph,
    WholeGraph,
    export_dense,
    export_whole,
    write_model,
)
from flawmap_train.lite0 import CHANNELS, imagenet_lite0
from flawmap_train.network import Context, DenseNetwork
from flawmap_train.whole_maps import MAP_CHANNELS
from flawmap_train.words import DISTORTIONS

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Both files of a network whose every part says something, and the modules behind them."""
    torch.manual_seed(1)
    folder = tmp_path_factory.mktemp("weights")
    network, context = DenseNetwork().eval(), Context()
    torch.nn.init.normal_(network.photo[2].weight, std=0.05)
    torch.nn.init.normal_(network.around[1].weight, std=0.05)
    for norm in (m for m in network.modules() if isinstance(m, torch.nn.BatchNorm2d)):
        norm.running_mean.add_(torch.randn_like(norm.running_mean) * 0.05)
    weights = np.random.default_rng(0).normal(0, 1, sum(CHANNELS))
    export_dense(network, context, folder / "dense.onnx")
    export_whole(weights, 55.0, folder / "whole.onnx")
    dense = DenseGraph(network, context)
    whole = WholeGraph(imagenet_lite0(7), torch.as_tensor(weights, dtype=torch.float32), 55.0)
    return folder, dense, whole


def session(file):
    return onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])


@pytest.mark.parametrize("size", [(64, 96), (256, 160), (32, 32)])
def test_the_dense_file_agrees_with_torch(exported, size):
    folder, dense, _ = exported
    photo = textured(2, *size)[None]
    thumbnail = textured(3, 128, 128)[None]
    ours = session(folder / "dense.onnx").run(None, {"photo": photo, "thumbnail": thumbnail})
    with torch.no_grad():
        theirs = dense(torch.from_numpy(photo), torch.from_numpy(thumbnail))
    for one, other in zip(ours, theirs, strict=True):
        assert one.shape == (1, 8, size[0] // 8, size[1] // 8) and one.dtype == np.float32
        assert np.abs(one - other.numpy()).max() < 1e-4


def test_fewer_kinds_are_the_same_planes(exported, tmp_path):
    kinds = ("blur", "low_light", "colorfulness")
    export_dense(exported[1].network, exported[1].context, tmp_path / "few.onnx", kinds)
    feeds = {"photo": textured(2, 64, 96)[None], "thumbnail": textured(3, 128, 128)[None]}
    few = session(tmp_path / "few.onnx").run(["severity"], feeds)[0]
    every = session(exported[0] / "dense.onnx").run(["severity"], feeds)[0]
    rows = [DISTORTIONS.index(k) for k in kinds]
    assert np.abs(few - every[:, rows]).max() < 1e-5


def test_the_thumbnail_is_heard(exported):
    run = session(exported[0] / "dense.onnx").run
    photo = textured(2, 64, 64)[None]
    dark, light = (
        run(None, {"photo": photo, "thumbnail": np.full((1, 128, 128, 3), v, np.uint8)})[0]
        for v in (10, 240)
    )
    assert np.abs(dark - light).max() > 1e-3


@pytest.mark.parametrize("size", [(384, 512), (512, 96)])
def test_the_whole_file_agrees_with_torch(exported, size):
    folder, _, whole = exported
    photo = textured(4, *size)[None]
    run = session(folder / "whole.onnx").run
    features, quality, maps = run(["features", "quality", "maps"], {"photo": photo})
    assert maps.shape == (1, MAP_CHANNELS, size[0] // 32, size[1] // 32)
    # The last stage's mean is the mean of its features by place.
    assert np.abs(maps[0, -320:].mean((1, 2)) - features[0, -320:]).max() < 1e-3
    with torch.no_grad():
        theirs, their_quality = whole(torch.from_numpy(photo))
    assert features.shape == (1, 784) and quality.shape == (1,)
    # Its weights are stored in half precision.
    assert np.abs(features - theirs.numpy()).max() < 0.02
    assert 0 <= float(quality[0]) <= 1
    assert float(quality[0]) == pytest.approx(float(their_quality[0]), abs=0.02)


def test_pads_and_norms_are_folded_and_the_files_are_small(exported):
    total = 0
    for name in ("dense.onnx", "whole.onnx"):
        model = onnx.load(str(exported[0] / name))
        kinds = {node.op_type for node in model.graph.node}
        assert not kinds & {"Pad", "BatchNormalization", "SpaceToDepth"}
        assert {o.domain for o in model.opset_import} <= {"", "ai.onnx"}
        total += (exported[0] / name).stat().st_size
    assert total < 16 * 2**20


def test_model_json_tells_the_files_hashes_and_the_tables(exported):
    table = Table((0.0, 1.0), (0.0, 0.9))
    calibration = Calibration(
        dict.fromkeys(DISTORTIONS, table),
        dict.fromkeys(DISTORTIONS, 60),
        dict.fromkeys(DISTORTIONS, table),
    )
    about = write_model(exported[0], "test", "9", calibration)
    assert about == json.loads((exported[0] / "model.json").read_text())
    assert about["distortions"] == list(DISTORTIONS)
    for name, digest in about["files"].items():
        assert hashlib.sha256((exported[0] / name).read_bytes()).hexdigest() == digest
    assert Calibration.from_json(about) == calibration


def test_the_shipped_weights_keep_their_interface_and_hashes():
    folder = Path(flawmap_engine.__path__[0]) / "weights"
    about = json.loads((folder / "model.json").read_text())
    kinds = about["distortions"]
    assert kinds == [name for name in DISTORTIONS if name in kinds] and len(kinds) >= 6
    assert set(about["files"]) == {"dense.onnx", "whole.onnx"}
    for name, digest in about["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    assert sum((folder / name).stat().st_size for name in about["files"]) < 16 * 2**20
    calibration = Calibration.from_json(about)
    assert set(calibration.thresholds) == set(kinds)
    assert all(0 < k < 256 for k in calibration.thresholds.values())
    dense, whole = session(folder / "dense.onnx"), session(folder / "whole.onnx")
    photo = textured(5, 96, 128)[None]
    severity = dense.run(["severity"], {"photo": photo, "thumbnail": textured(5, 128, 128)[None]})[
        0
    ]
    assert severity.shape == (1, len(kinds), 12, 16)
    assert severity.min() >= 0 and severity.max() <= 1
    features, quality = whole.run(["features", "quality"], {"photo": textured(5, 384, 512)[None]})
    assert features.shape == (1, 784) and 0 <= quality[0] <= 1
