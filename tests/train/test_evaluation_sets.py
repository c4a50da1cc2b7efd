"""Sets to measure on: what is written is what was asked for, and the measures read it."""

from __future__ import annotations

import csv
import json

import cv2
import numpy as np
import pytest
from tests.engine.standin import make_standin
from tests.train.conftest import textured

from flawmap_api.words import DISTORTIONS
from flawmap_engine.inference import Networks
from flawmap_train import evaluate_cli
from flawmap_train.baselines import baselines
from flawmap_train.eval_sets import STEPS, make_sets, spoil
from flawmap_train.findings import Findings
from flawmap_train.measures import LabelledSet, as_text, measure


@pytest.fixture(scope="module")
def sets(data, tmp_path_factory):
    """Small sets of the made photos."""
    out = tmp_path_factory.mktemp("sets")
    make_sets(data, out, part="train", damaged=2, series=1, crossed=1, say=lambda _: None)
    return out


@pytest.fixture(scope="module")
def networks(tmp_path_factory):
    """Stand-ins: roughness is noise, smoothness blur."""
    folder = make_standin(tmp_path_factory.mktemp("weights"))
    with Networks.load(device="cpu", threads=1, weights=folder) as opened:
        yield opened


@pytest.mark.parametrize("name", DISTORTIONS)
def test_a_flaw_grows_with_its_severity(name):
    x = textured(1, 160, 224).astype(np.float32) / 255
    changes, reached = [], []
    for severity in (0.1, 0.4, 0.8):
        y, got = spoil(np.random.default_rng(3), x, name, severity)
        assert y.shape == x.shape and y.dtype == np.float32 and np.isfinite(y).all()
        changes.append(float(np.abs(y - x).mean()))
        reached.append(got)
    assert changes == sorted(changes) and changes[0] < changes[-1]
    assert reached == pytest.approx([0.1, 0.4, 0.8], abs=0.06)


def test_the_same_seed_writes_the_same_sets(data, sets, tmp_path):
    make_sets(data, tmp_path, part="train", damaged=2, series=1, crossed=1, say=lambda _: None)
    for table in ("damaged/labels.csv", "crossed/labels.csv"):
        assert (tmp_path / table).read_bytes() == (sets / table).read_bytes()
    one = next((sets / "graded").glob("noise_0_4.png"))
    assert one.read_bytes() == (tmp_path / "graded" / one.name).read_bytes()


def test_truth_is_where_the_photo_changed(sets):
    rows = LabelledSet(sets / "damaged").rows
    assert {r["distortion"] for r in rows} <= set(DISTORTIONS)
    for row in rows:
        stem = row["file"].split(".")[0]
        truth = cv2.imread(str(sets / "damaged" / f"{stem}.{row['distortion']}.png"), 0)
        assert set(np.unique(truth)) <= {0, 128, 255} and (truth == 255).any()
        assert 0.15 <= float(row["severity"]) <= 0.95


def test_series_have_nine_steps_and_start_without_the_flaw(sets, data):
    rows = LabelledSet(sets / "graded").rows
    by_series: dict[str, list[int]] = {}
    for row in rows:
        by_series.setdefault(row["series"], []).append(int(row["step"]))
    assert all(sorted(v) == list(range(STEPS)) for v in by_series.values())
    assert {r["distortion"] for r in rows} == set(DISTORTIONS)
    held = {r["held"] for r in LabelledSet(sets / "crossed").rows}
    assert held == {"blur", "noise", "low_light", "compression"}


def test_clean_says_which_photos_are_fit_for_what(sets):
    spec = json.loads((sets / "clean" / "set.json").read_text())
    assert spec["kind"] == "clean" and ["tags", "lacks", "night"] in spec["fit"]["low_light"]


@pytest.mark.parametrize("name", ["clean", "damaged", "graded", "crossed"])
def test_every_set_is_measured(sets, networks, name):
    rows = measure(sets / name, Findings(networks), limit=24)
    assert rows and {r["distortion"] for r in rows} - {"mean"} <= set(DISTORTIONS)
    text = as_text(rows)
    assert text.count("\n") == len(rows) + 1


def test_a_graded_series_that_never_falls_is_told_from_one_that_does(tmp_path, networks):
    table = []
    base = np.full((64, 64, 3), 128, np.uint8)
    rng = np.random.default_rng(0)
    grain = rng.normal(0, 1, base.shape)
    for series, order in (("up", (0, 1, 2, 3)), ("zigzag", (0, 3, 1, 2))):
        for step, level in enumerate(order):
            file = f"{series}{step}.png"
            cv2.imwrite(str(tmp_path / file), np.clip(base + 25 * level * grain, 0, 255))
            table.append({"file": file, "distortion": "noise", "series": series, "step": step})
    (tmp_path / "set.json").write_text('{"kind": "graded"}')
    with (tmp_path / "labels.csv").open("w", newline="") as f:
        writer = csv.DictWriter(f, list(table[0]))
        writer.writeheader()
        writer.writerows(table)
    (row,) = measure(tmp_path, Findings(networks))
    assert row["series"] == 2 and row["never falls and rises"] == 0.5
    assert row["worst rank"] < row["median rank"] < 1


def test_plain_statistics_answer_the_same_questions(sets):
    for tool in baselines():
        rows = measure(sets / "graded", tool)
        assert {r["distortion"] for r in rows} == set(tool.distortions) - {"quality"}
        assert measure(sets / "damaged", tool) == []
    noise = next(t for t in baselines() if t.name == "difference mask")
    (row,) = measure(sets / "graded", noise)
    assert row["median rank"] > 0.9


def test_pairs_classes_masks_and_opinions_are_measured(tmp_path, networks):
    """One small set a kind, in the data folder's own layouts."""
    rough, smooth = textured(2, 96, 128), cv2.GaussianBlur(textured(2, 96, 128), (0, 0), 4)
    noisy = np.clip(smooth + np.random.default_rng(0).normal(0, 30, smooth.shape), 0, 255)
    for name, picture in (("rough", rough), ("smooth", smooth), ("noisy", noisy)):
        for i in range(5):
            cv2.imwrite(str(tmp_path / f"{name}{i}.png"), picture[:, i:].astype(np.uint8))
    half = np.zeros((96, 128), np.uint8)
    half[:, 64:] = 255
    cv2.imwrite(str(tmp_path / "half.png"), np.where(half[..., None] > 0, smooth, rough))
    cv2.imwrite(str(tmp_path / "mask.png"), half)

    def written(name: str, spec: dict, rows: list[dict]):
        folder = tmp_path / name
        folder.mkdir()
        for file in tmp_path.glob("*.png"):
            (folder / file.name).write_bytes(file.read_bytes())
        (folder / "set.json").write_text(json.dumps(spec))
        with (folder / "labels.csv").open("w", newline="") as f:
            writer = csv.DictWriter(f, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        return folder

    findings = Findings(networks)
    pairs = written(
        "pairs",
        {"kind": "pairs", "bad": "b", "clean": "c", "strength": "s", "distortions": ["noise"]},
        [{"b": f"noisy{i}.png", "c": f"smooth{i}.png", "s": i} for i in range(5)],
    )
    (row,) = measure(pairs, findings)
    assert row["AUC"] == 1.0 and row["right order"] == 1.0
    question = {"positive": ["smooth"], "negative": ["rough"], "distortions": ["blur"]}
    classes = written(
        "classes",
        {"kind": "classes", "label": "kind", "questions": {"soft": question}},
        [{"file": f"{k}{i}.png", "kind": k, "scene": i} for k in ("smooth", "rough") for i in "01"],
    )
    (row,) = measure(classes, findings)
    assert row["AUC"] == 1.0 and row["scenes in order"] == 1.0
    masks = written(
        "masks",
        {"kind": "masks", "mask": "mask", "distortions": ["blur", "jitter"]},
        [{"file": "half.png", "mask": "mask.png"}],
    )
    (row,) = measure(masks, findings)
    assert row["AUC"] > 0.8
    mos = written(
        "mos",
        {"kind": "mos", "mos": "mos"},
        [{"file": f"{k}{i}.png", "mos": 10 + i} for i in range(3) for k in ("rough", "smooth")],
    )
    (row,) = measure(mos, findings)
    assert row["photos"] == 6


def test_the_command_prints_a_table_and_tells_what_is_missing(sets, tmp_path, capsys):
    weights = make_standin(tmp_path / "weights")
    arguments = ["--weights", str(weights), "--threads", "1", "--limit", "18", "--baselines"]
    assert evaluate_cli.main(["measure", str(sets / "graded"), *arguments]) == 0
    assert "| Flawmap |" in (printed := capsys.readouterr().out)
    assert "variance of Laplacian" in printed
    assert evaluate_cli.main(["measure", str(tmp_path / "nothing"), *arguments]) == 1
    assert "nothing" in capsys.readouterr().err


def test_false_alarms_are_told_by_kind_and_shown(data, tmp_path, networks, capsys):
    make_sets(data, tmp_path / "s", part="dev", damaged=1, series=1, crossed=1, say=lambda _: None)
    table = tmp_path / "s" / "clean" / "photos.csv"
    with table.open(newline="") as f:
        rows = list(csv.DictReader(f))
    rows[0]["tags"], rows[0]["licence_tier"] = "night;low-key", "A"
    rows[1]["licence_tier"] = "C"
    with table.open("w", newline="") as f:
        writer = csv.DictWriter(f, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    sheet = tmp_path / "flagged.jpg"
    weights = make_standin(tmp_path / "weights")
    assert (
        evaluate_cli.main(
            [
                *("alarms", str(table.parent), "--weights", str(weights)),
                *("--threads", "1", "--sheet", str(sheet), "--least", "0.0001"),
            ]
        )
        == 0
    )
    printed = capsys.readouterr().out
    assert "| low key | 1 |" in printed and "| night | 1 |" in printed and "| all | 2 |" in printed
    assert sheet.stat().st_size < 300_000 and "1 flagged photos" in printed
