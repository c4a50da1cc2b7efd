"""Every damage is one seed's, stays within the picture's range, and grows with its parameter."""

from __future__ import annotations

import numpy as np
import pytest
from tests.train.conftest import textured

from flawmap_train import degrade
from flawmap_train.degrade import Coding, Tone


@pytest.fixture(scope="module")
def picture():
    return degrade.floats_of(textured(3)[:256, :256])


@pytest.mark.parametrize("style", ["gain", "shoulder", "push"])
def test_more_stops_are_brighter(picture, style):
    means = [degrade.overexpose(picture, s, style).mean() for s in (0.0, 0.5, 1.0, 2.0, 4.0)]
    assert (np.diff(means) > 0).all()


@pytest.mark.parametrize("style", ["gain", "crush", "gamma"])
def test_fewer_stops_are_darker(picture, style):
    means = [degrade.darken(picture, s, style).mean() for s in (0.0, 0.5, 1.0, 2.0, 4.0)]
    assert (np.diff(means) < 0).all()


@pytest.mark.parametrize("brighter", [True, False])
@pytest.mark.parametrize("wanted", [0.1, 0.4, 0.7])
def test_the_exposure_error_found_has_the_severity_asked_for(picture, brighter, wanted):
    for seed in range(4):
        tone, reached = degrade.tone_for(np.random.default_rng(seed), picture, wanted, brighter)
        assert reached == pytest.approx(wanted, abs=0.03)
        assert degrade.tone_severity(picture, tone.apply(picture), brighter) == pytest.approx(
            reached
        )


def test_a_white_region_cannot_be_overexposed():
    white = np.ones((8, 8, 3), np.float32)
    _, reached = degrade.tone_for(np.random.default_rng(0), white, 0.7, True)
    assert reached < 0.05


def test_an_exposure_that_runs_over_the_picture_is_stronger_where_its_share_is(picture):
    share = np.tile(np.linspace(0, 1, 256, dtype=np.float32), (256, 1))
    change = (Tone(2.0, "gain", True).apply(picture, share) - picture).mean(-1)
    assert np.abs(change[:, 0]).max() < 1 / 255
    assert change[:, -64:].mean() > change[:, 64:128].mean() > 0


@pytest.mark.parametrize("make", [degrade.noise_field, degrade.camera_noise])
@pytest.mark.parametrize("sd", [1.0, 4.0, 12.0])
def test_noise_is_as_strong_in_luma_as_asked(picture, make, sd):
    for seed in range(6):
        field = make(np.random.default_rng(seed), picture, sd)
        assert degrade.luma(field * 255).std() == pytest.approx(sd, rel=0.25)


def test_one_seed_gives_one_noise(picture):
    one, other, third = (
        degrade.noise_field(np.random.default_rng(s), picture, 5.0) for s in (1, 1, 2)
    )
    assert np.array_equal(one, other)
    assert not np.array_equal(one, third)


@pytest.mark.parametrize("codec", ["jpeg", "webp"])
def test_lower_quality_loses_more(picture, codec):
    errors = [
        np.abs(degrade.code(picture, Coding(codec, q, (3, 5))) - picture).mean()
        for q in (90, 50, 20, 5)
    ]
    assert (np.diff(errors) > 0).all()


def test_jpeg_2000_loses_more_at_a_higher_ratio(picture):
    errors = [
        np.abs(degrade.code(picture, Coding("jpeg2000", r, (0, 0))) - picture).mean()
        for r in (16, 60, 200)
    ]
    assert (np.diff(errors) > 0).all()


def test_a_shifted_grid_moves_the_block_borders(picture):
    def border_column(shift):
        step = np.abs(np.diff(degrade.code(picture, Coding("jpeg", 5, (0, shift))), axis=1))
        return int(np.argmax([step[:, c::8].mean() for c in range(8)]))

    assert border_column(0) == 7
    assert border_column(3) == 4


@pytest.mark.parametrize("severity", [0.06, 0.3, 0.6, 0.9])
def test_every_coder_drawn_can_be_run(picture, severity):
    codecs = set()
    for seed in range(25):
        coding = degrade.draw_coding(np.random.default_rng(seed), picture, severity)
        out = degrade.code(picture, coding)
        assert out.shape == picture.shape and out.min() >= 0 and out.max() <= 1
        codecs.add(coding.codec)
    assert codecs == {"jpeg", "webp", "jpeg2000"}
