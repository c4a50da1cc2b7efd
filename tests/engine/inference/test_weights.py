"""Weights are checked before anything believes them."""

from __future__ import annotations

import json
import shutil

import pytest

from flawmap_api.errors import FlawmapError, NotFound, Unsupported
from flawmap_engine.inference import Networks
from flawmap_engine.inference.weights import load_weights, weights_folder


@pytest.fixture
def folder(standin, tmp_path):
    return shutil.copytree(standin, tmp_path / "weights")


def _edit(folder, **entries):
    path = folder / "model.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **entries}))


def test_the_card_tells_what_the_file_says(folder):
    card = load_weights(folder).card
    assert card.name == "standin"
    assert card.distortions[0] == "blur"
    assert card.thresholds["noise"] == 77
    assert card.calibration["noise"] == ((0.0, 0.5, 1.0), (0.0, 0.4, 1.0))
    assert card.path == folder


def test_the_models_hash_changes_with_any_number_but_not_with_spaces(folder):
    before = load_weights(folder).card.sha256
    path = folder / "model.json"
    path.write_text(json.dumps(json.loads(path.read_text()), indent=7).replace("\n", "\r\n"))
    assert load_weights(folder).card.sha256 == before
    _edit(folder, thresholds=dict.fromkeys(load_weights(folder).card.distortions, 78))
    assert load_weights(folder).card.sha256 != before


@pytest.mark.parametrize("name", ["dense.onnx", "whole.onnx"])
def test_a_flipped_bit_is_refused(folder, name):
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(data)
    with pytest.raises(Unsupported, match=f"{name} is not the file") as caught:
        Networks.load(weights=folder)
    assert "Install Flawmap again" in caught.value.hint


@pytest.mark.parametrize("name", ["model.json", "dense.onnx", "whole.onnx"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(NotFound, match=name):
        load_weights(folder)


def test_a_cut_file_is_refused(folder):
    data = (folder / "dense.onnx").read_bytes()
    (folder / "dense.onnx").write_bytes(data[: len(data) // 2])
    with pytest.raises(Unsupported, match="damaged"):
        load_weights(folder)


@pytest.mark.parametrize(
    "entries",
    [
        {"distortions": []},
        {"distortions": ["blur", "sparkle"]},
        {"distortions": 3},
        {"thresholds": {}},
        {"thresholds": dict.fromkeys(["blur"], 300)},
        {"files": {}},
        {"stride": 16},
        {"calibration": {"blur": {"x": [0.5, 0.1], "y": [0, 1]}}},
        {"calibration": {"blur": {"x": [0.1, 0.5], "y": [0, 2]}}},
        {"calibration": {"blur": [1]}},
        {"name": None, "files": None},
    ],
    ids=str,
)
def test_a_card_that_makes_no_sense_is_refused_with_a_sentence(folder, entries):
    _edit(folder, **entries)
    with pytest.raises(Unsupported, match=r"model card .* cannot be understood"):
        load_weights(folder)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "\x00\xff"])
def test_a_card_that_is_no_json_object_is_refused(folder, text):
    (folder / "model.json").write_text(text)
    with pytest.raises(FlawmapError, match="cannot be understood"):
        load_weights(folder)


def test_another_folder_may_be_named_by_the_environment(folder, monkeypatch):
    monkeypatch.setenv("FLAWMAP_WEIGHTS", str(folder))
    assert load_weights().card.path == folder


def test_the_packages_own_folder_is_the_default(monkeypatch):
    monkeypatch.delenv("FLAWMAP_WEIGHTS", raising=False)
    assert weights_folder().name == "weights"
    assert weights_folder().is_dir()
