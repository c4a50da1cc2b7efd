"""Plans: the method fits the flaw, says what it will do, and what it cannot."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from flawmap_api.geometry import Box
from flawmap_api.messages import REPAIR_METHODS
from flawmap_api.words import DISTORTIONS
from flawmap_cli.demo import demo_photo
from flawmap_engine.repair import MARGINS, Part, propose
from flawmap_engine.repair.sentences import SENTENCES

BOX = Box(160, 120, 480, 360)


@pytest.fixture(scope="module")
def clean():
    return np.ascontiguousarray(demo_photo()[200:680, 400:1040])


def damaged(clean, change):
    """The photo with the box changed; `change` gets and gives float32 0..1."""
    photo = clean.copy()
    place = slice(BOX.y0, BOX.y1), slice(BOX.x0, BOX.x1)
    after = change(clean.astype(np.float32) / 255)[place]
    photo[place] = np.rint(255 * np.clip(after, 0, 1))
    return photo


def plan_of(photo, distortion: str, severity: float = 0.6):
    return propose(Part.of(photo, BOX), distortion, severity)


def test_noise_is_denoised_as_strongly_as_it_was_measured(clean):
    dice = np.random.default_rng(1)
    sigmas = []
    for sigma in (6, 14):
        noise = dice.normal(0, sigma / 255, clean.shape)
        plan = plan_of(damaged(clean, lambda x, noise=noise: x + noise), "noise")
        assert plan.method == "denoise"
        sigmas.append(plan.settings["sigma"])
    assert 1.4 * sigmas[0] < sigmas[1] < 14


def test_a_small_blur_is_deconvolved_and_a_wide_one_is_not(clean):
    small = plan_of(damaged(clean, lambda x: cv2.GaussianBlur(x, (0, 0), 1.3)), "blur")
    assert small.method == "deconvolve"
    assert small.settings["radius"] == pytest.approx(1.2, rel=0.4)
    wide = plan_of(damaged(clean, lambda x: cv2.GaussianBlur(x, (0, 0), 9)), "blur")
    assert wide.method in ("sharpen", "none")
    assert wide.words[1] in ("repair.sharpen", "repair.none.blur", "repair.none.unmeasurable")


def test_a_dark_part_is_lightened_by_about_what_it_lacks(clean):
    plan = plan_of(damaged(clean, lambda x: x * 2 ** (-1.5 / 2.2)), "low_light", 0.45)
    assert plan.method == "lighten"
    assert plan.settings["stops"] == pytest.approx(1.5, abs=0.7)


def test_clipped_pixels_are_said_to_be_lost(clean):
    part = damaged(clean, lambda x: np.clip(x * 2.2, 0, 1))
    plan = plan_of(part, "overexposure")
    lost = [limit for limit in plan.limits if limit.sentence_id == "limit.clipped"]
    assert lost[0].sentence_args["percent"] > 1
    assert "not recoverable here; clone, or re-shoot" in lost[0].sentence


def test_the_more_is_burnt_the_brighter_it_stays(clean):
    plans = [
        plan_of(damaged(clean, lambda x, gain=gain: np.clip(x * gain, 0, 1)), "overexposure")
        for gain in (1.2, 1.8, 3.0)
    ]
    kept = [plan.settings["at_white"] for plan in plans]
    assert kept == sorted(kept, reverse=True)
    assert kept[0] > kept[-1]


def test_a_part_that_is_nothing_but_white_is_not_repaired(clean):
    plan = plan_of(damaged(clean, np.ones_like), "overexposure")
    assert (plan.method, plan.words[1]) == ("none", "repair.none.clipped")
    assert plan.limits


def test_strong_motion_blur_is_not_promised_away(clean):
    plan = plan_of(clean, "jitter", 0.9)
    assert plan.method == "none"
    assert plan.limits[0].sentence_id == "limit.jitter"
    assert plan_of(clean, "jitter", 0.3).method == "sharpen"


def test_haze_is_taken_off_and_full_contrast_left_alone(clean):
    plan = plan_of(damaged(clean, lambda x: 0.35 + 0.3 * x), "contrast")
    assert plan.method == "dehaze"
    assert plan.settings["black"] > 0.15
    full = np.tile(np.linspace(0, 255, 640).astype(np.uint8)[None, :, None], (480, 1, 3))
    assert propose(Part.of(full, Box(0, 0, 640, 480)), "contrast", 0.3).method == "none"


def test_a_cast_is_taken_off_by_gains(clean):
    plan = plan_of(damaged(clean, lambda x: x * np.array([1.0, 0.8, 0.55])), "colorfulness")
    assert plan.method == "colour"
    assert plan.settings["gain_b"] > plan.settings["gain_r"]
    assert plan.limits[0].sentence_id == "limit.colour"


@pytest.mark.parametrize("distortion", DISTORTIONS)
@pytest.mark.parametrize("kind", ["photo", "black", "white", "grey", "speck"])
@pytest.mark.parametrize("severity", [0.0, 0.5, 1.0])
def test_every_plan_is_whole_whatever_it_is_asked_about(clean, distortion, kind, severity):
    photos = {"black": 0, "white": 255, "grey": 128}
    photo = np.full_like(clean, photos[kind]) if kind in photos else clean
    box = Box(3, 3, 5, 4) if kind == "speck" else BOX
    plan = propose(Part.of(photo, box), distortion, severity)
    text, sentence_id, args = plan.words
    assert plan.method in REPAIR_METHODS
    assert 0 <= plan.strength <= 1
    assert plan.margin == MARGINS[plan.method]
    assert all(np.isfinite(value) for value in plan.settings.values())
    assert text == SENTENCES[sentence_id].format(**args)
    assert all(SENTENCES[limit.sentence_id] for limit in plan.limits)


def test_only_the_covered_pixels_are_measured(clean):
    noise = np.random.default_rng(1).normal(0, 15 / 255, clean.shape)
    photo = damaged(clean, lambda x: x + noise)
    around = Box(100, 60, 540, 420)
    coverage = np.zeros((around.height, around.width), np.uint8)
    coverage[60:300, 60:380] = 255
    covered = propose(Part.of(photo, around, coverage), "noise", 0.5)
    outside = propose(Part.of(photo, around, 255 - coverage), "noise", 0.1)
    assert covered.settings["sigma"] > 3 * outside.settings.get("sigma", 0)


def test_a_large_part_is_measured_by_squares_of_it():
    dice = np.random.default_rng(7)
    rgb = np.full((2600, 3000, 3), 120, np.uint8)
    noisy = dice.normal(120, 12, (1300, 3000, 3))
    rgb[1300:] = np.rint(noisy)
    box = Box(0, 1250, 3000, 2600)
    coverage = np.zeros((box.height, box.width), np.uint8)
    coverage[50:] = 255
    part = Part.of(rgb, box, coverage)
    assert part.inside.size <= 12 * 512 * 512
    assert part.inside.mean() > 0.8
    plan = propose(part, "noise", 0.6)
    assert plan.settings["sigma"] == pytest.approx(12 / 3**0.5, rel=0.1)
