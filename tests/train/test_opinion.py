"""The whole photo's quality: fitted, exported, read by the engine, and what regularises it."""

from __future__ import annotations

import csv

import cv2
import numpy as np
import onnxruntime
import pytest
from tests.engine.standin import make_standin
from tests.train.conftest import textured

from flawmap_api.errors import Unsupported
from flawmap_engine.analysis import analyze
from flawmap_engine.analysis.opinion_numbers import PER_DISTORTION, opinion_numbers
from flawmap_engine.inference import Networks
from flawmap_engine.planes import ViewPlanes
from flawmap_train.opinion import (
    Made,
    Rated,
    export_opinion,
    fit,
    look_at,
    out_of_fold,
    pretended,
    write_opinion_card,
)
from flawmap_train.roi_cache import Picture

SIX = ("blur", "jitter", "noise", "overexposure", "low_light", "compression")


def rated(count: int = 60, width: int = 30) -> Rated:
    """Opinions that a curve over the first two numbers explains."""
    rng = np.random.default_rng(0)
    told = rng.normal(0, 1, (count, width))
    mos = 55 + 12 * np.tanh(told[:, 0]) - 8 * told[:, 1] + rng.normal(0, 1, count)
    return Rated(told, mos, [str(i // 3) for i in range(count)], np.arange(count) < 40, SIX)


def nothing(width: int = 30) -> Made:
    return Made(np.zeros((0, width)), np.zeros(0), np.zeros(0, np.int64))


def spoilt(width: int = 30) -> Made:
    """A damage along a number in which no rated photo differs."""
    rng = np.random.default_rng(1)
    told, severity, photo = [], [], []
    for i in range(8):
        clean = rng.normal(0, 1, width)
        for s in (0.0, 0.4, 0.8):
            bad = clean.copy()
            bad[5] += 6 * s
            told.append(bad)
            severity.append(s)
            photo.append(i)
    return Made(np.array(told), np.array(severity), np.array(photo))


def test_scores_are_learnt_and_photos_of_a_group_are_one_fold():
    figures = out_of_fold(rated(150, 6), spoilt(6))
    assert figures["SRCC"] > 0.6 and figures["PLCC"] > 0.6
    assert figures["made flaws in order"] > 0.8


def test_damage_that_nobody_rated_lowers_the_score_too():
    made = spoilt()
    plain, taught = fit(rated(), nothing()), fit(rated(), made)
    clean, bad = made.told[made.severity == 0], made.told[made.severity == 0.8]
    assert (taught(bad) < taught(clean) - 3).mean() > 0.8
    assert (taught(clean) - taught(bad)).mean() > (plain(clean) - plain(bad)).mean() + 3


def test_the_file_says_what_the_fit_says(tmp_path):
    model = fit(rated(), spoilt())
    export_opinion(model, tmp_path / "opinion.onnx")
    session = onnxruntime.InferenceSession(
        str(tmp_path / "opinion.onnx"), providers=["CPUExecutionProvider"]
    )
    for told in rated().told[:5]:
        (ours,) = session.run(None, {"photo": told[None].astype(np.float32)})
        assert ours.shape == (1,)
        assert ours[0] == pytest.approx(float(model(told[None])[0]) / 100, abs=2e-3)


def test_numbers_of_planes_leave_out_what_is_not_known():
    severity = np.zeros((2, 10, 10), np.uint8)
    severity[0, :5] = 204
    unknown = np.zeros_like(severity)
    unknown[0, 5:] = 255
    unknown[1] = 255
    planes = ViewPlanes("screen", ("blur", "noise"), severity, unknown)
    numbers = opinion_numbers(planes, np.ones((10, 10), np.float32), ("noise", "blur"))
    assert numbers.shape == (2 * PER_DISTORTION,) and (numbers[:PER_DISTORTION] == 0).all()
    np.testing.assert_allclose(numbers[PER_DISTORTION:], [0.8, 0.8, 0.8, 0.8, 1, 1, 0.8], atol=1e-6)


@pytest.fixture(scope="module")
def weights(data, tmp_path_factory):
    """Stand-in weights with a head fitted to a few made photos."""
    folder = make_standin(tmp_path_factory.mktemp("weights"))
    table = tmp_path_factory.mktemp("rated")
    rows = []
    for i in range(12):
        picture = cv2.GaussianBlur(textured(i, 96, 128), (0, 0), 0.1 + 0.4 * (i % 4))
        cv2.imwrite(str(table / f"{i}.png"), picture)
        rows.append({"file": f"{i}.png", "mos": 80 - 15 * (i % 4), "group": i // 4})
    with (table / "labels.csv").open("w", newline="") as f:
        writer = csv.DictWriter(f, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    with Networks.load(device="cpu", threads=1, weights=folder) as networks:
        known = look_at([table], networks)
        made = pretended(data, networks, photos=1)
    assert known.told.shape == (12, 784 + 6 * PER_DISTORTION) and known.first.all()
    assert len(made.severity) == 9 and made.severity[0] == 0
    export_opinion(fit(known, made), folder / "opinion.onnx")
    write_opinion_card(folder, known, made, {"SRCC": 0.5})
    return folder


def test_the_engine_scores_with_the_head_that_its_folder_has(weights):
    picture = Picture.of(textured(3, 96, 128))
    with Networks.load(device="cpu", threads=1, weights=weights) as networks:
        assert networks.opinion is not None and networks.opinion.heard == SIX
        seen = analyze(picture, networks)
        numbers = opinion_numbers(seen.screen, seen.subject, SIX)
        assert seen.quality == networks.opinion.quality(seen.features, numbers)


def test_a_head_that_asks_for_what_is_not_there_is_left_out(weights, tmp_path):
    folder = make_standin(
        tmp_path / "five", distortions=list(SIX[:5]), thresholds=dict.fromkeys(SIX[:5], 77)
    )
    for name in ("opinion.json", "opinion.onnx"):
        (folder / name).write_bytes((weights / name).read_bytes())
    with Networks.load(device="cpu", threads=1, weights=folder) as networks:
        assert networks.opinion is None


@pytest.mark.parametrize(
    ("name", "content"),
    [("opinion.onnx", b"no network"), ("opinion.json", b"{"), ("opinion.json", b"{}")],
)
def test_files_that_do_not_belong_together_are_refused(weights, tmp_path, name, content):
    folder = make_standin(tmp_path / "bad")
    for each in ("opinion.json", "opinion.onnx"):
        (folder / each).write_bytes((weights / each).read_bytes())
    (folder / name).write_bytes(content)
    with pytest.raises(Unsupported):
        Networks.load(device="cpu", threads=1, weights=folder)
