"""The ROI head's scenes, labels, training and export, on photos drawn here."""

from __future__ import annotations

import json

import numpy as np
import onnxruntime
import pytest
import torch
from tests.engine.standin import make_standin
from tests.train.conftest import textured

from flawmap_api.words import DISTORTIONS
from flawmap_engine.inference import Networks
from flawmap_engine.inference.roi_head import load_roi_head
from flawmap_engine.inference.runtime import OnnxRuntime
from flawmap_engine.scoring.roi_numbers import NUMBERS
from flawmap_train.full_reference import compare
from flawmap_train.photos import load_photos, load_shapes
from flawmap_train.roi_cache import Record, fill, records
from flawmap_train.roi_evaluation import Thresholds, better, choose_thresholds, roi_table
from flawmap_train.roi_export import export_head, write_card
from flawmap_train.roi_labels import UNKNOWN, importance_density, label_part
from flawmap_train.roi_model_card import write_model_card
from flawmap_train.roi_network import RoiEnsemble, RoiGraph, RoiNetwork
from flawmap_train.roi_synthesis import Flaw, Scene, make_scene
from flawmap_train.roi_training import (
    PARTS,
    Table,
    answered,
    gather,
    heard_in,
    predict,
    train,
)

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")


@pytest.fixture(scope="module")
def looked(data, tmp_path_factory):
    """A few scenes of the made photos, as stand-in networks see them."""
    folder = tmp_path_factory.mktemp("scenes")
    with Networks.load(
        device="cpu", threads=1, weights=make_standin(tmp_path_factory.mktemp("weights"))
    ) as networks:
        made = list(fill(data, folder, networks, part="train", count=6))
        assert made == records(folder)
        assert list(fill(data, folder, networks, part="train", count=6)) == []
        table = gather(folder, networks)
    return folder, table


def scene_with(severity=0.7, *, rated=True, tags=frozenset(), subject=None):
    """A scene whose right half is blurred."""
    import cv2

    clean = textured(1, 160, 240)
    spoilt = clean.copy()
    spoilt[:, 120:] = cv2.GaussianBlur(clean, (0, 0), 2.0)[:, 120:]
    mask = np.zeros((80, 120), bool)
    mask[:, 60:] = True
    flaw = Flaw("blur", "blur", severity, mask, compare(clean, spoilt))
    return Scene(clean, spoilt, (flaw,), frozenset(tags), subject, rated)


def half(right: bool) -> np.ndarray:
    part = np.zeros((80, 120), bool)
    part[:, 64:] = right
    part[:, :56] = not right
    return part


def test_one_seed_makes_one_scene(data):
    photos, shapes = load_photos(data, "train"), load_shapes(data, "train")
    a, b = (make_scene(np.random.default_rng([5, 2]), photos, shapes, []) for _ in range(2))
    np.testing.assert_array_equal(a.pixels, b.pixels)
    assert [f.severity for f in a.flaws] == [f.severity for f in b.flaws]


def test_a_part_is_as_bad_as_what_was_done_to_it():
    scene = scene_with()
    density = importance_density(scene)
    assert density.sum() == pytest.approx(1, abs=1e-4)
    spoilt = label_part(scene, half(True), density, {}, 100)
    kept = label_part(scene, half(False), density, {}, 100)
    blur = DISTORTIONS.index("blur")
    assert spoilt.quality < 0.5 and kept.quality == 1.0
    assert spoilt.severity[blur] == pytest.approx(0.7) and kept.severity[blur] == 0
    # A blur that is plain to see, in a photo that nobody calls a bokeh photo, was not wanted.
    assert spoilt.intentional[blur] == 0 and kept.intentional[blur] == UNKNOWN


def test_a_part_that_is_hardly_touched_is_neither():
    scene = scene_with()
    part = np.zeros((80, 120), bool)
    part[:, 52:62] = True
    blur = DISTORTIONS.index("blur")
    label = label_part(scene, part, importance_density(scene), {}, 100)
    assert label.severity[blur] == UNKNOWN


def test_importance_adds_up_to_the_photo():
    scene = scene_with()
    density = importance_density(scene)
    everything = label_part(scene, np.ones((80, 120), bool), density, {}, 100)
    left = label_part(scene, half(False), density, {}, 100)
    assert everything.importance == pytest.approx(1, abs=1e-3) and 0.4 < left.importance < 1


def test_the_subject_is_what_was_outlined():
    scene = scene_with(subject=half(True))
    density = importance_density(scene)
    assert label_part(scene, half(True), density, {}, 100).subject == 1
    assert label_part(scene, half(False), density, {}, 100).subject == 0
    assert label_part(scene_with(), half(True), density, {}, 100).subject == UNKNOWN


def test_softness_in_a_bokeh_photo_was_wanted_where_it_was_not_made():
    blur = DISTORTIONS.index("blur")
    scene = scene_with(tags={"bokeh"})
    density = importance_density(scene)
    soft = label_part(scene, half(False), density, {"blur": 0.5}, 100)
    crisp = label_part(scene, half(False), density, {"blur": 0.02}, 100)
    made = label_part(scene, half(True), density, {"blur": 0.9}, 100)
    assert (soft.intentional[blur], crisp.intentional[blur]) == (1, UNKNOWN)
    assert made.intentional[blur] == 0


def test_of_a_photo_that_may_have_flaws_only_the_made_ones_are_known():
    scene = scene_with(rated=False)
    label = label_part(scene, half(True), importance_density(scene), {}, 100)
    assert label.quality == UNKNOWN
    assert label.severity[DISTORTIONS.index("blur")] == pytest.approx(0.7)
    assert label.severity[DISTORTIONS.index("noise")] == UNKNOWN


def test_scenes_come_back_as_they_were_kept(looked):
    folder, table = looked
    record = Record.open(records(folder)[0])
    assert record.cells.shape[0] == len(record.area) == len(record.kind) == len(record.labels)
    assert record.cells.reshape(len(record.cells), -1).any(1).all()
    assert table.numbers.shape == (6, PARTS, len(NUMBERS))
    assert np.isfinite(table.numbers).all() and (table.count > 0).all()


def with_maps(table: Table, channels: int = 12) -> Table:
    """Stand-ins have no features by place; here are some."""
    rng = np.random.default_rng(0)
    maps = np.zeros((len(table.count), 256, channels), np.float16)
    maps[:, :40] = rng.normal(0, 1, (len(table.count), 40, channels))
    pooling = np.zeros_like(table.pooling, shape=(len(table.count), PARTS, 256))
    pooling[:, :, :40] = 1 / 40
    return Table(maps, pooling, table.numbers, table.labels, table.planes, table.count, table.kinds)


def test_a_training_ends_with_a_head_that_the_engine_reads(looked, tmp_path):
    table = with_maps(looked[1])
    network = train(table, table, epochs=2, members=2, say=lambda _: None)
    said = predict(network, table)
    assert [x.shape[2:] for x in said] == [(5,), (5,), (8, 6), (), (8,)]
    np.testing.assert_allclose(said[0].sum(-1), 1, atol=1e-5)
    thresholds = choose_thresholds(table, said)
    rows = roi_table(table, said, thresholds)
    assert "quality SROCC" in rows and set(better(rows)) <= {
        *("quality", "importance", "subject", "severity", "intentional")
    }
    export_head(network, tmp_path / "roi.onnx")
    card = write_card(tmp_path, network, thresholds, ["quality"], heard_in(table))
    text = write_model_card(
        tmp_path,
        card,
        "| table |",
        scenes={"train": 6},
        parts={"train": 50, "dev": 50},
        minutes=(1.0, 2.0),
    ).read_text(encoding="utf-8")
    assert "serves" not in text or "quality" in text
    assert "{" not in text and "| table |" in text
    head = load_roi_head(tmp_path, OnnxRuntime())
    assert head is not None and head.serves == {"quality"} and head.channels == 12
    assert head.heard == set(DISTORTIONS[:6])
    theirs = answered(table, head)
    used = np.arange(PARTS)[None] < table.count[:, None]
    # What pads a batch is nothing that the head sees: the engine has no padding.
    for a, b in zip(theirs, said, strict=True):
        np.testing.assert_allclose(a[used], b[used], atol=1e-3)


def test_the_file_agrees_with_torch(tmp_path):
    torch.manual_seed(0)
    network = RoiEnsemble([RoiNetwork(12, len(NUMBERS)) for _ in range(2)])
    export_head(network, tmp_path / "roi.onnx")
    rng = np.random.default_rng(0)
    feeds = {
        "maps": rng.normal(0, 1, (12, 5, 9)).astype(np.float32),
        "pooling": rng.dirichlet(np.ones(45), 3).astype(np.float32),
        "numbers": rng.normal(0, 1, (3, len(NUMBERS))).astype(np.float32),
    }
    session = onnxruntime.InferenceSession(
        str(tmp_path / "roi.onnx"), providers=["CPUExecutionProvider"]
    )
    ours = session.run(None, feeds)
    with torch.no_grad():
        theirs = RoiGraph(network).eval()(*(torch.from_numpy(feeds[n]) for n in feeds))
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b.numpy(), atol=1e-5)


def test_a_head_that_loses_to_the_formulas_serves_nothing():
    lost = {"head": 0.5, "plain": 0.6, "parts": 9.0}
    won = {"head": 0.7, "plain": 0.6, "parts": 9.0}
    rows = {
        "quality SROCC": won,
        "quality PLCC": lost,
        "subject AUC": won,
        "type F1, that have planes": won,
        "severity F1, that have planes": won,
        "intentional blur AUC": {"head": 0.7, "plain": float("nan"), "parts": 9.0},
        "intentional blur, wanted ones marked": won,
    }
    assert better(rows) == ["subject", "severity"]


def test_a_wish_is_seldom_read_into_a_flaw():
    rng = np.random.default_rng(0)
    scenes, parts = 20, PARTS
    labels = np.full((scenes, parts, 19), UNKNOWN, np.float32)
    labels[..., 3:11] = 0
    labels[..., 11] = rng.random((scenes, parts)) < 0.5
    meant = np.clip(0.5 * labels[..., 11:12] + rng.normal(0.4, 0.2, (scenes, parts, 8)), 0, 1)
    said = [
        np.full((scenes, parts, 5), 0.2, np.float32),
        np.full((scenes, parts, 5), 0.2, np.float32),
        np.full((scenes, parts, 8, 6), 1 / 6, np.float32),
        np.zeros((scenes, parts), np.float32),
        meant.astype(np.float32),
    ]
    numbers = np.zeros((scenes, parts, len(NUMBERS)), np.float32)
    table = Table(
        np.zeros((scenes, 256, 2), np.float16),
        np.zeros((scenes, parts, 256), np.float16),
        numbers,
        labels,
        np.zeros((scenes, parts, 8), np.float32),
        np.full(scenes, parts),
        [["box"] * parts] * scenes,
    )
    chosen = choose_thresholds(table, said)
    called = meant[..., 0] >= chosen.wanted["blur"]
    assert (
        called[labels[..., 11] == 0].mean() <= 0.025 and called[labels[..., 11] == 1].mean() > 0.02
    )
    assert set(chosen.wanted) == {"blur"}
    rows = roi_table(table, said, Thresholds(chosen.present, chosen.wanted))
    assert rows["intentional blur AUC"]["head"] > 0.75
    assert json.dumps(rows)
