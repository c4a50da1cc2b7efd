"""Measuring: noise, blur, light and colour are told as strong as they were made."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from flawmap_cli.demo import demo_photo
from flawmap_engine.repair import measure
from flawmap_engine.repair.noise import NoiseModel, from_opponent, measure_noise, to_opponent

SIGMAS = (4.0, 8.0, 16.0)


@pytest.fixture(scope="module")
def clean():
    """A sharp photo, float32 0..1."""
    return np.ascontiguousarray(demo_photo()[200:680, 400:1040]).astype(np.float32) / 255


def noisy(clean, sigma: float, seed: int = 1):
    dice = np.random.default_rng(seed)
    shape = clean.shape if clean.ndim == 3 else (*clean.shape, 1)
    return (clean + dice.normal(0, sigma / 255, shape)).astype(np.float32)


@pytest.mark.parametrize("sigma", SIGMAS)
def test_white_noise_is_measured_within_a_fifth_or_the_photos_own_grain(clean, sigma):
    model = measure_noise(noisy(clean, sigma))
    # On the grey axis white noise is as strong as on each channel; a luma of equal parts has 1/√3.
    assert model.sigma * 3**0.5 == pytest.approx(sigma, rel=0.2, abs=1.5)


@pytest.mark.parametrize("sigma", SIGMAS)
def test_a_grey_picture_tells_the_same_of_the_same_noise(clean, sigma):
    dice = np.random.default_rng(2)
    grain = dice.normal(0, sigma / 255, clean.shape[:2])[..., None]
    grey = clean.mean(axis=2, keepdims=True) + grain
    one = measure_noise(grey.astype(np.float32))
    three = measure_noise(np.repeat(grey, 3, axis=2).astype(np.float32))
    assert one.sigma == pytest.approx(three.sigma, rel=0.02)
    assert one.sigma == pytest.approx(sigma, rel=0.2, abs=0.8)


def test_noise_is_measured_where_it_is(clean):
    inside = np.zeros(clean.shape[:2], np.bool_)
    inside[100:300, 200:500] = True
    picture = np.where(inside[..., None], noisy(clean, 12.0), clean)
    assert measure_noise(picture, inside).sigma > 4 * measure_noise(picture, ~inside).sigma


def test_noise_that_is_stronger_in_the_dark_is_told_so(clean):
    ramp = np.tile(np.linspace(0.1, 0.9, 640, dtype=np.float32), (480, 1))[..., None]
    picture = np.repeat(ramp, 3, axis=2)
    dice = np.random.default_rng(3)
    picture = picture + dice.normal(0, 1, picture.shape) * (0.08 - 0.06 * picture)
    model = measure_noise(picture.astype(np.float32))
    assert model.luma[1] > 1.7 * model.luma[4]


def test_smoothed_noise_is_coarser_than_white_noise(clean):
    dice = np.random.default_rng(4)
    grain = cv2.GaussianBlur(dice.normal(0, 0.1, clean.shape), (0, 0), 0.7)
    coarse = measure_noise((clean + grain).astype(np.float32)).luma_bands
    white = measure_noise(noisy(clean, 10.0)).luma_bands
    assert coarse[1] > 2 * white[1]


@pytest.mark.parametrize("size", [(4, 4), (8, 8), (20, 20)])
def test_too_small_a_part_is_said_to_be_unmeasurable(size):
    assert measure_noise(np.full((*size, 3), 0.5, np.float32)) is None


def test_a_model_survives_its_settings():
    model = NoiseModel((0.1, 0.2, 0.3, 0.4, 0.5, 0.6), (0.6,) * 6, (1.5, 1.2, 1.1, 1.0), (2.0,) * 4)
    assert NoiseModel.from_settings(model.to_settings()) == model


def test_opponent_axes_are_turned_back_exactly(clean):
    assert np.abs(from_opponent(to_opponent(clean)) - clean).max() < 1e-6


@pytest.mark.parametrize("radius", [0.8, 1.2, 1.5, 2.5])
def test_the_blur_of_plain_edges_is_measured_within_a_sixth(radius):
    scene = np.full((320, 320, 3), 40, np.float32)
    dice = np.random.default_rng(6)
    for _ in range(25):
        centre, size = dice.integers(20, 300, 2), int(dice.integers(12, 40))
        cv2.circle(scene, centre.tolist(), size, [float(dice.uniform(30, 220))] * 3, -1)
    blurred = np.rint(cv2.GaussianBlur(scene, (0, 0), radius)).astype(np.uint8)
    seen = measure.blur_radius(blurred, np.ones((320, 320), np.bool_))
    # A hard edge that was not blurred at all measures 0.6.
    assert np.sqrt(seen**2 - 0.6**2) == pytest.approx(radius, rel=0.17)


def test_a_photo_is_measured_wider_the_more_it_is_blurred(clean):
    inside = np.ones(clean.shape[:2], np.bool_)
    seen = []
    for radius in (0.8, 1.2, 1.5, 2.5):
        blurred = np.rint(255 * cv2.GaussianBlur(clean, (0, 0), radius)).astype(np.uint8)
        seen.append(measure.blur_radius(blurred, inside))
        # A photo that was sharpened before is still a little sharper than its blur.
        assert 0.65 * radius < seen[-1] < 1.25 * radius
    assert seen == sorted(seen)


def test_a_plain_wall_has_no_edges_to_measure_a_blur_by():
    wall = np.full((200, 200, 3), 120, np.uint8)
    assert measure.blur_radius(wall, np.ones((200, 200), np.bool_)) is None


def test_stops_apart_are_counted_in_light():
    rgb = np.full((40, 80, 3), 188, np.uint8)
    rgb[:, :40] = 137  # half the light of 188
    left = np.zeros((40, 80), np.bool_)
    left[:, :40] = True
    assert measure.stops_apart(rgb, left, ~left) == pytest.approx(1.0, abs=0.05)
    assert measure.stops_apart(rgb, left, np.zeros_like(left)) is None


def test_tones_tell_what_is_clipped():
    rgb = np.full((10, 10, 3), 90, np.uint8)
    rgb[:5] = 255
    rgb[5:7, :, 0] = 255
    seen = measure.tones(rgb, np.ones((10, 10), np.bool_))
    assert (seen.clipped, seen.gamut) == (0.5, 0.2)


def test_a_cast_is_told_by_gains_that_take_it_off():
    dice = np.random.default_rng(5)
    grey = np.repeat(dice.integers(40, 200, (64, 64, 1)), 3, axis=2)
    warm = np.rint(grey * np.array([1.1, 1.0, 0.85])).astype(np.uint8)
    r, g, b = measure.grey_gains(warm, np.ones((64, 64), np.bool_))
    assert r < g < b
    assert b / r == pytest.approx((1.1 / 0.85) ** 2.2, rel=0.1)
