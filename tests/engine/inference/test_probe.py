"""The probe photo is the same everywhere, and its stored answer is of these weights."""

from __future__ import annotations

import hashlib
import json
import shutil

import pytest

from flawmap_engine.inference import Networks, probe
from flawmap_engine.inference.runtime import OnnxRuntime
from flawmap_engine.inference.weights import load_weights


@pytest.fixture
def folder(standin, tmp_path):
    return shutil.copytree(standin, tmp_path / "weights")


def test_the_photo_is_made_of_whole_numbers_and_never_changes():
    photo = probe.probe_photo()
    assert photo.shape == (192, 256, 3)
    assert hashlib.sha256(photo.tobytes()).hexdigest()[:16] == "2ef85a8c803bccc0"


def test_the_written_answer_is_the_one_that_counts(folder, capsys, liar):
    assert probe.main(["--weights", str(folder), "--write"]) == 0
    assert probe.main(["--weights", str(folder)]) == 0
    assert "agrees" in capsys.readouterr().out
    runtime = liar()
    with Networks.load(weights=folder, runtime=runtime) as networks:
        assert networks.device.device == "cuda"
    assert "CPUExecutionProvider" not in runtime.opened


def test_an_answer_of_other_weights_is_not_compared_with(folder, capsys):
    probe.main(["--weights", str(folder), "--write"])
    card = folder / "model.json"
    card.write_text(json.dumps({**json.loads(card.read_text()), "version": "2"}))
    assert probe.main(["--weights", str(folder)]) == 1
    assert "other weights" in capsys.readouterr().err
    weights = load_weights(folder)
    assert probe.stored(weights, OnnxRuntime()).severity.shape == (6, 24, 32)


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 not really", b"\x93NUMPY"])
def test_a_damaged_answer_is_made_again(folder, damage, liar):
    (folder / probe.ANSWER).write_bytes(damage)
    with Networks.load(weights=folder, runtime=liar()) as networks:
        assert networks.device.device == "cuda"


def test_the_command_says_what_is_wrong(tmp_path, folder, capsys):
    assert probe.main(["--weights", str(tmp_path / "nowhere")]) == 1
    assert "not complete" in capsys.readouterr().err
    assert probe.main(["--weights", str(folder)]) == 1
    assert "--write" in capsys.readouterr().err


def test_the_shipped_answer_is_of_the_shipped_weights(monkeypatch, capsys):
    monkeypatch.delenv("FLAWMAP_WEIGHTS", raising=False)
    assert probe.main([]) == 0, capsys.readouterr().err
