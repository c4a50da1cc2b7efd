"""Tables rise strictly, thresholds separate, regions join over one cell, confidence orders."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flawmap_train.calibration import (
    Calibration,
    Table,
    calibrate,
    choose_threshold,
    confidence_table,
    isotonic,
    pieces,
    severity_table,
)
from flawmap_train.words import DISTORTIONS, IGNORE, LABEL_SCALE


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=30),
    st.integers(0, 1000),
)
def test_isotonic_never_falls_and_keeps_the_mean(values, seed):
    y = np.array(values)
    weight = np.random.default_rng(seed).uniform(0.1, 3, len(y))
    fitted = isotonic(y, weight)
    assert (np.diff(fitted) >= -1e-12).all()
    assert (fitted * weight).sum() == pytest.approx((y * weight).sum())


@given(st.integers(0, 10**6), st.floats(0, 0.9), st.floats(1, 6))
@settings(max_examples=30, deadline=None)
def test_a_severity_table_rises_strictly_and_keeps_the_order_of_faint_values(seed, share, weight):
    rng = np.random.default_rng(seed)
    raw = rng.random(2000).astype(np.float32) ** 2
    truth = np.where(rng.random(2000) < share, raw * rng.random(2000), 0).astype(np.float32)
    table = severity_table(raw, truth, weight)
    assert table.x[0] == 0 and table.x[-1] == 1 and table.y[0] == 0 and table.y[-1] <= 1
    assert (np.diff(table.y) > 0).all()
    # Raw values 1/64 apart at the faint end stay apart in eight bits.
    faint = np.rint(255 * table(np.arange(0, 0.25, 1 / 64)))
    assert (np.diff(faint) >= 1).all()


def test_a_calibrated_network_that_was_half_as_strong_is_put_right():
    rng = np.random.default_rng(0)
    truth = np.concatenate([np.zeros(4000), rng.uniform(0.1, 0.95, 4000)]).astype(np.float32)
    raw = (truth / 2 + rng.normal(0, 0.01, 8000)).clip(0, 1).astype(np.float32)
    table = severity_table(raw, truth, 4.0)
    assert np.abs(table(raw[4000:]) - truth[4000:]).mean() < 0.05


@pytest.mark.parametrize(("x", "y"), [((0, 0.5, 0.5, 1), (0, 0.1, 0.2, 1)), ((0, 1), (0.3, 0.3))])
def test_a_table_with_a_flat_step_is_refused(x, y):
    with pytest.raises(ValueError, match="strictly"):
        Table(x, y)


def test_the_threshold_separates_and_counts_faint_damage_neither_way():
    label = np.zeros((1, 30, 30), np.uint8)
    label[:, :10] = int(0.6 * LABEL_SCALE)
    label[:, 10:14] = int(0.1 * LABEL_SCALE)
    label[:, 14:15] = IGNORE
    severity = np.where(label[0] == 150, 130, 40).astype(np.uint8)[None]
    severity[:, 10:15] = 255
    clean = np.full(100, 40, np.uint8)
    assert 40 < choose_threshold([(severity, label)], [(clean, 0.02)]) <= 130


def test_the_threshold_rises_until_clean_photos_are_left_alone():
    label = np.zeros((1, 20, 20), np.uint8)
    label[:, :10] = LABEL_SCALE
    severity = np.where(label == 0, 10, 90).astype(np.uint8)
    severity[:, :2] = 200
    quiet = np.full(100, 10, np.uint8), 0.02
    noisy = np.repeat(np.uint8([10, 100]), [900, 100]), 0.02
    assert choose_threshold([(severity, label)], [quiet]) <= 90
    assert choose_threshold([(severity, label)], [quiet, noisy]) > 100
    assert choose_threshold([(severity, label)], [quiet, (noisy[0], 0.2)]) <= 90


def test_the_threshold_heeds_crops_and_whole_photos_alike():
    label = np.repeat(np.uint8([0, 200]), 500)
    crops = np.where(label, 100, 10).astype(np.uint8), label
    # In whole photos some of what is clean answers more than a crop ever did.
    photos = np.where(label, 100, np.where(np.arange(1000) % 5, 10, 60)).astype(np.uint8), label
    assert 10 < choose_threshold([crops], []) < 60
    assert 60 < choose_threshold([crops, photos], []) <= 100


def test_pieces_join_over_one_empty_cell_and_not_over_two():
    mask = np.zeros((9, 12), bool)
    mask[1, 1] = mask[1, 3] = True
    mask[1, 6] = True
    mask[5, 1] = mask[7, 3] = True
    found = sorted(len(rows) for rows, _ in pieces(mask))
    assert found == [1, 2, 2]


@given(st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_pieces_cover_the_mask_once(seed):
    mask = np.random.default_rng(seed).random((16, 20)) < 0.1
    count = np.zeros(mask.shape, int)
    for where in pieces(mask):
        count[where] += 1
    assert np.array_equal(count, mask.astype(int))


def test_confidence_rises_and_is_near_what_was_right():
    rng = np.random.default_rng(0)
    strength = rng.random(3000)
    right = rng.random(3000) < strength
    table = confidence_table(strength, right)
    assert (np.diff(table.y) > 0).all() and table.y[0] >= 0 and table.y[-1] <= 1
    for s in (0.2, 0.5, 0.8):
        assert float(table(s)) == pytest.approx(s, abs=0.08)


def test_a_handful_of_regions_gives_a_modest_confidence():
    table = confidence_table(np.array([0.5] * 5), np.ones(5, bool))
    assert 0.2 < float(table(0.5)) < 0.8


def test_calibration_has_every_distortion_and_survives_json():
    rng = np.random.default_rng(0)
    label = np.zeros((8, 8, 16, 16), np.uint8)
    label[:, :, 4:10] = 170
    raw = (label / 250 * 0.8 + rng.normal(0, 0.02, label.shape)).clip(0, 1).astype(np.float32)
    clean = rng.uniform(0, 0.05, label.shape).astype(np.float32)
    result = calibrate(raw, label, clean, np.zeros_like(label))
    assert set(result.calibration) == set(result.thresholds) == set(DISTORTIONS)
    again = Calibration.from_json(result.as_json())
    assert again.thresholds == result.thresholds
    for name in DISTORTIONS:
        np.testing.assert_allclose(
            again.calibration[name](raw), result.calibration[name](raw), atol=1e-5
        )
        assert 12 < result.thresholds[name] <= 185
    fewer = result.without(["contrast"])
    assert "contrast" not in fewer.as_json()["thresholds"] and len(fewer.kinds) == 7


def test_the_threshold_heeds_how_many_photos_are_much_flagged():
    label = np.repeat(np.uint8([0, 200]), 500)
    crops = np.where(label, 120, 10).astype(np.uint8), label
    photos = np.full((20, 100), 5, np.uint8)
    assert choose_threshold([crops], [], photos) <= 120
    # A fifth of the photos with a tenth of each at 150: little area, too many photos.
    photos[:4, :10] = 150
    assert choose_threshold([crops], [], photos) > 150
