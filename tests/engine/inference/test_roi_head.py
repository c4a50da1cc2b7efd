"""The ROI head's files: checked like the others, absent where there are none."""

from __future__ import annotations

import hashlib
import json
import shutil

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tests.engine.standin import make_standin

import flawmap_engine
from flawmap_api.errors import Unsupported
from flawmap_engine.inference import Networks
from flawmap_engine.inference.roi_head import load_roi_head
from flawmap_engine.inference.runtime import OnnxRuntime
from flawmap_engine.inference.weights import load_weights, weights_folder
from flawmap_engine.scoring.roi_numbers import NUMBERS

CHANNELS = 4


def _network() -> bytes:
    """A head whose quality is a softmax over pooled features, and the rest constants."""
    rng = np.random.default_rng(0)
    shape = {"subject": [-1], "intentional": [-1, 8], "severity": [-1, 8, 6]}
    sizes = {"quality": 5, "importance": 5, "severity": 48, "subject": 1, "intentional": 8}
    nodes = [
        helper.make_node("Reshape", ["maps", "flat"], ["cells"]),
        helper.make_node("Transpose", ["cells"], ["tokens"], perm=[1, 0]),
        helper.make_node("MatMul", ["pooling", "tokens"], ["part"]),
        helper.make_node("Concat", ["part", "numbers"], ["told"], axis=1),
    ]
    constants = [numpy_helper.from_array(np.array([CHANNELS, -1]), "flat")]
    for name, size in sizes.items():
        weight = rng.normal(0, 0.3, (CHANNELS + len(NUMBERS), size)).astype(np.float32)
        constants.append(numpy_helper.from_array(weight, f"w_{name}"))
        nodes.append(helper.make_node("MatMul", ["told", f"w_{name}"], [f"m_{name}"]))
        if name in shape:
            constants.append(numpy_helper.from_array(np.array(shape[name]), f"s_{name}"))
            nodes.append(helper.make_node("Reshape", [f"m_{name}", f"s_{name}"], [f"r_{name}"]))
            how = "Softmax" if name == "severity" else "Sigmoid"
            nodes.append(helper.make_node(how, [f"r_{name}"], [name]))
        else:
            nodes.append(helper.make_node("Softmax", [f"m_{name}"], [name]))
    inputs = [
        helper.make_tensor_value_info("maps", TensorProto.FLOAT, [CHANNELS, "h", "w"]),
        helper.make_tensor_value_info("pooling", TensorProto.FLOAT, ["n", "cells"]),
        helper.make_tensor_value_info("numbers", TensorProto.FLOAT, ["n", len(NUMBERS)]),
    ]
    outputs = [helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in sizes]
    graph = helper.make_graph(nodes, "roi", inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(model.SerializeToString(deterministic=True))


@pytest.fixture
def folder(tmp_path):
    """Stand-in weights with a head."""
    make_standin(tmp_path)
    data = _network()
    onnx.load_model_from_string(data)
    (tmp_path / "roi.onnx").write_bytes(data)
    card = {
        "name": "standin",
        "sha256": hashlib.sha256(data).hexdigest(),
        "serves": ["quality"],
        "maps": CHANNELS,
        "heard": ["blur"],
        "present": {"blur": 0.5},
        "wanted": {},
        "numbers": list(NUMBERS),
    }
    (tmp_path / "roi.json").write_text(json.dumps(card))
    return tmp_path


def edit(folder, **entries):
    path = folder / "roi.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **entries}))


def test_a_folder_without_a_head_has_none(folder):
    (folder / "roi.json").unlink()
    with Networks.load(device="cpu", threads=1, weights=folder) as networks:
        assert networks.roi is None


def test_the_head_is_part_of_the_models_identity(folder):
    before = load_weights(folder).card.sha256
    edit(folder, present={"blur": 0.6})
    changed = load_weights(folder).card.sha256
    (folder / "roi.json").unlink()
    assert len({before, changed, load_weights(folder).card.sha256}) == 3


def test_a_parts_answer_does_not_depend_on_how_many_were_asked_about(folder):
    head = load_roi_head(folder, OnnxRuntime())
    rng = np.random.default_rng(1)
    maps = rng.normal(0, 1, (CHANNELS, 6, 7)).astype(np.float32)
    pooling = rng.random((19, 42)).astype(np.float32)
    pooling /= pooling.sum(1, keepdims=True)
    numbers = rng.normal(0, 1, (19, len(NUMBERS))).astype(np.float32)
    together = head.answers(maps, pooling, numbers)
    assert together.severity.shape == (19, 8, 6) and together.intentional.shape == (19, 8)
    for i in (0, 7, 8, 18):
        alone = head.answers(maps, pooling[i : i + 1], numbers[i : i + 1])
        np.testing.assert_allclose(alone.quality[0], together.quality[i], atol=1e-6)
        np.testing.assert_allclose(alone.severity[0], together.severity[i], atol=1e-6)
        assert alone.subject.shape == (1,)


def test_a_flipped_bit_is_refused(folder):
    data = bytearray((folder / "roi.onnx").read_bytes())
    data[len(data) // 2] ^= 1
    (folder / "roi.onnx").write_bytes(data)
    with pytest.raises(Unsupported, match=r"roi\.onnx is not the file"):
        Networks.load(device="cpu", threads=1, weights=folder)


def test_a_card_without_its_network_is_refused(folder):
    (folder / "roi.onnx").unlink()
    with pytest.raises(Unsupported, match="its network is not"):
        load_roi_head(folder, OnnxRuntime())


@pytest.mark.parametrize(
    "entries",
    [{"numbers": ["area"]}, {"serves": ["taste"]}, {"present": 3}, {"maps": "many"}],
)
def test_a_card_that_cannot_be_meant_is_refused(folder, entries):
    edit(folder, **entries)
    with pytest.raises(Unsupported, match="cannot be understood"):
        load_roi_head(folder, OnnxRuntime())


def test_no_json_at_all_is_refused(folder):
    (folder / "roi.json").write_text("{")
    with pytest.raises(Unsupported):
        Networks.load(device="cpu", threads=1, weights=folder)


def test_the_head_that_ships_is_small_and_beats_the_formulas_at_something(tmp_path):
    shipped = weights_folder()
    assert shipped.parent == weights_folder().parent and flawmap_engine.__file__
    head = load_roi_head(shipped, OnnxRuntime())
    assert head is not None and head.serves
    assert (shipped / "roi.onnx").stat().st_size <= 1_500_000
    assert head.channels == load_weights().card.maps
    copy = shutil.copytree(shipped, tmp_path / "copy")
    assert load_weights(copy).card.sha256 == load_weights().card.sha256
