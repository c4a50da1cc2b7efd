"""The one command: from photos to shipped files, end to end on a tiny folder."""

from __future__ import annotations

import csv
import json

import cv2
import numpy as np
import pytest
from tests.train.conftest import textured

from flawmap_train.cli import main
from flawmap_train.quality import Ridge, fit_quality, whole_view

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")


@pytest.fixture(scope="module")
def clive(tmp_path_factory):
    """Twenty pictures whose opinion falls with their blur."""
    folder = tmp_path_factory.mktemp("clive")
    rows = []
    for i in range(20):
        x = cv2.GaussianBlur(textured(i, 96, 128), (0, 0), 0.3 + 0.25 * i)
        cv2.imwrite(str(folder / f"{i}.png"), x[..., ::-1])
        rows.append((f"{i}.png", 90 - 4 * i, i // 2))
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as f:
        csv.writer(f).writerows([("file", "mos", "group"), *rows])
    return folder


@pytest.mark.parametrize(
    ("size", "view"),
    [((500, 500), (512, 512)), ((3000, 4000), (384, 512)), ((40, 4000), (32, 512))],
)
def test_the_whole_view_has_long_side_512_and_sides_of_32(size, view):
    assert whole_view(np.zeros((*size, 3), np.uint8)).shape == (*view, 3)


def test_quality_orders_pictures_that_it_was_not_fitted_on(clive):
    ridge = fit_quality(clive)
    assert ridge.photos == 20 and ridge.weights.shape == (784,)
    assert ridge.srcc > 0.8
    again = Ridge.from_json(json.loads(json.dumps(ridge.as_json())))
    assert np.array_equal(again.weights, ridge.weights) and again.bias == ridge.bias


def test_photos_to_shipped_files(data, clive, tmp_path, capsys):
    common = ["--data", str(data), "--work", str(tmp_path), "--threads", "1"]
    assert main(["sheet", *common, "--out", str(tmp_path / "sheet.png")]) == 0
    assert cv2.imread(str(tmp_path / "sheet.png")).shape[1] > 1500
    for part in ("train", "tune", "dev"):
        size = ["--shards", "1", "--size", "24"]
        main(["cache", *common, "--part", part, *size])
    for part in ("tune", "dev"):
        main(["cache", *common, "--part", part, "--clean", "--shards", "1", "--size", "4"])
    main(["train", *common, "--plan-minutes", "0.02", "--batch", "4"])
    main(["train", *common, "--plan-minutes", "0.05", "--resume", "--batch", "4"])
    main(["calibrate", *common])
    main(["quality", *common, "--clive", str(clive)])
    main(["export", *common, "--out", str(tmp_path / "weights")])
    main(["evaluate", *common, "--weights", str(tmp_path / "weights"), "--count", "1"])
    main(["card", *common, "--out", str(tmp_path / "weights")])
    said = capsys.readouterr().out
    for word in ("IoU", "Clean dev photos", "out of fold", "One planted flaw a dev photo"):
        assert word in said
    card = (tmp_path / "weights" / "MODEL_CARD.md").read_text()
    assert "EfficientNet-Lite0" in card and "SRCC" in card
    about = json.loads((tmp_path / "weights" / "model.json").read_text())
    assert set(about) >= {"name", "version", "distortions", "files", "stride", "receptive_halo"}


def test_a_missing_data_folder_is_asked_for(monkeypatch, tmp_path):
    monkeypatch.delenv("FLAWMAP_DATA", raising=False)
    with pytest.raises(SystemExit, match="FLAWMAP_DATA"):
        main(["sheet", "--out", str(tmp_path / "s.png")])
