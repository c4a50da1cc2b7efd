"""The demo's recipe: the same seed does the same, the flaws lie apart, and nothing else changes."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flawmap_api.errors import BadInput
from flawmap_cli import demo
from flawmap_cli.main import main

SIX = ["blur", "jitter", "noise", "overexposure", "low_light", "compression"]


@pytest.fixture(scope="module")
def planted():
    photo = demo.demo_photo()
    damaged, masks, flaws = demo.plant(photo)
    return photo, damaged, masks, flaws


def luma(photo, inside):
    return cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY).astype(float)[inside]


def test_the_photo_that_ships_has_a_credit_and_the_promised_size():
    assert demo.demo_photo().shape == (800, 1200, 3)
    assert "CC0" in demo.demo_credit()
    line = demo.demo_credit_line()
    assert line[0].isupper() and line.endswith("Pexels photo 315998, CC0.")


def test_the_same_seed_damages_the_same_pixels_and_another_seed_others(planted):
    photo, damaged, masks, flaws = planted
    again, masks_again, flaws_again = demo.plant(photo)
    assert np.array_equal(damaged, again)
    assert flaws == flaws_again
    assert all(np.array_equal(masks[name], masks_again[name]) for name in masks)
    assert not np.array_equal(damaged, demo.plant(photo, seed=demo.SEED + 1)[0])


def test_each_flaw_of_the_slice_is_planted_once_in_a_place_of_its_own(planted):
    _, _, masks, flaws = planted
    assert [flaw.distortion for flaw in flaws] == list(masks) == SIX
    around = np.ones((41, 41), np.uint8)
    grown = [cv2.dilate(mask, around) > 0 for mask in masks.values()]
    assert np.sum(grown, axis=0).max() == 1, "two flaws are within one look of each other"
    for flaw in flaws:
        assert 0.03 <= flaw.area <= 0.08


def test_what_is_told_is_what_was_done(planted):
    _, _, masks, flaws = planted
    lines = demo.told(flaws)
    for flaw, line in zip(flaws, lines, strict=True):
        inside = masks[flaw.distortion] >= 128
        x0, y0, x1, y1 = flaw.box
        assert inside[y0:y1, x0:x1].sum() == inside.sum()
        assert inside[y0].any() and inside[y1 - 1].any()
        assert inside[:, x0].any() and inside[:, x1 - 1].any()
        assert flaw.area == pytest.approx(inside.mean(), abs=1e-4)
        assert line.startswith(flaw.distortion) and flaw.parameter in line
        assert f"[{x0}, {y0}, {x1}, {y1}]" in line


def test_nothing_outside_the_masks_changes(planted):
    photo, damaged, masks, _ = planted
    outside = np.max(list(masks.values()), axis=0) == 0
    assert np.array_equal(photo[outside], damaged[outside])


def test_every_damage_is_what_it_says(planted):
    photo, damaged, masks, _ = planted
    inside = {name: mask == 255 for name, mask in masks.items()}
    edges = {
        name: [
            np.abs(cv2.Laplacian(cv2.cvtColor(x, cv2.COLOR_RGB2GRAY), cv2.CV_32F))[
                inside[name]
            ].mean()
            for x in (photo, damaged)
        ]
        for name in SIX
    }
    assert edges["blur"][1] < 0.4 * edges["blur"][0]
    assert edges["jitter"][1] < 0.6 * edges["jitter"][0]
    assert edges["noise"][1] > 1.5 * edges["noise"][0]
    rise = {
        name: luma(damaged, inside[name]).mean() - luma(photo, inside[name]).mean() for name in SIX
    }
    assert rise["overexposure"] > 60
    assert rise["low_light"] < -40
    assert all(abs(rise[name]) < 10 for name in ("blur", "jitter", "noise", "compression"))
    # The steps at JPEG's block borders, against those elsewhere.
    steps = np.abs(np.diff(cv2.cvtColor(damaged, cv2.COLOR_RGB2GRAY).astype(float), axis=1))
    here = inside["compression"][:, 1:]
    border = np.zeros_like(here)
    border[:, 7::8] = True
    assert steps[here & border].mean() > 2 * steps[here & ~border].mean()


@settings(max_examples=8, deadline=None)
@given(width=st.integers(320, 900), height=st.integers(320, 900), seed=st.integers(0, 2**32 - 1))
def test_a_photo_of_any_shape_takes_six_flaws(width, height, seed):
    noise = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    damaged, masks, flaws = demo.plant(noise, seed)
    assert damaged.shape == noise.shape and damaged.dtype == np.uint8
    assert len(flaws) == 6
    assert np.sum([mask >= 128 for mask in masks.values()], axis=0).max() == 1


@pytest.mark.parametrize(
    "photo",
    [
        np.zeros((800, 1200), np.uint8),
        np.zeros((800, 1200, 4), np.uint8),
        np.zeros((800, 1200, 3), np.float32),
        np.zeros((100, 1200, 3), np.uint8),
    ],
    ids=["grey", "with alpha", "float", "thin"],
)
def test_a_photo_that_the_recipe_cannot_take_is_refused_in_a_sentence(photo):
    with pytest.raises(BadInput, match="8-bit RGB photo of at least 320 px"):
        demo.plant(photo)


def test_agreement_is_one_for_the_truth_and_counts_false_alarms_outside_only(planted):
    _, _, masks, _ = planted
    exact = demo.agreement(masks, masks)
    assert exact.iou == dict.fromkeys(SIX, 1.0)
    assert exact.rest_flagged == 0

    nothing = demo.agreement({}, masks)
    assert nothing.iou == dict.fromkeys(SIX, 0.0)
    assert nothing.rest_flagged == 0

    everything = demo.agreement({"blur": np.full_like(masks["blur"], 255)}, masks)
    assert everything.iou["blur"] == pytest.approx((masks["blur"] >= 128).mean(), abs=1e-4)
    assert everything.rest_flagged == 1
    # A flaw that was called by another's name inside planted damage is no false alarm of the rest.
    renamed = demo.agreement({"contrast": masks["noise"]}, masks)
    assert renamed.rest_flagged == 0


def test_the_demo_finds_what_it_planted_and_little_else(tmp_path, capsys):
    assert main(["demo", "--json", "--out", str(tmp_path)]) == 0
    said = json.loads(capsys.readouterr().out)
    assert {flaw["distortion"]: flaw["iou"] >= 0.5 for flaw in said["planted"]} == dict.fromkeys(
        SIX, True
    )
    assert said["rest_flagged"] <= 0.05
