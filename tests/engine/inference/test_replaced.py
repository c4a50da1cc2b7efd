"""Networks that are replaced on disk: noticed once they are whole, and never for nothing."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from flawmap_engine.inference.replaced import WeightsWatch
from flawmap_engine.inference.weights import load_weights, weights_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(weights_folder(), tmp_path / "weights"))


def other_card(folder: Path) -> str:
    card = json.loads((folder / "model.json").read_text())
    card["version"] = "another"
    return json.dumps(card)


def test_new_networks_are_told_once(folder: Path) -> None:
    watch = WeightsWatch(folder)
    assert watch.models == {load_weights(folder).card.name: load_weights(folder).card.sha256}
    assert not watch.changed()
    (folder / "model.json").write_text(other_card(folder))
    assert watch.changed()
    assert not watch.changed()
    assert list(watch.models.values()) == [load_weights(folder).card.sha256]


def test_the_same_networks_copied_again_are_no_news(folder: Path) -> None:
    watch = WeightsWatch(folder)
    for file in folder.iterdir():
        os.utime(file, (1, 1))
    assert not watch.changed()


def test_half_a_copy_is_waited_for(folder: Path) -> None:
    watch = WeightsWatch(folder)
    dense = (folder / "dense.onnx").read_bytes()
    (folder / "dense.onnx").write_bytes(dense[:100])
    (folder / "model.json").write_text(other_card(folder))
    assert not watch.changed()
    (folder / "dense.onnx").write_bytes(dense)
    assert watch.changed()


def test_a_folder_that_is_gone_is_waited_for(folder: Path) -> None:
    watch = WeightsWatch(folder)
    folder.rename(folder.with_name("away"))
    assert not watch.changed()
    folder.with_name("away").rename(folder)
    assert not watch.changed()
