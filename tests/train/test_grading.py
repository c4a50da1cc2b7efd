"""Wrong contrast and colour: as severe as asked, measured on the pixels."""

from __future__ import annotations

import numpy as np
import pytest
from tests.train.conftest import textured

from flawmap_train import grading
from flawmap_train.degrade import floats_of, luma
from flawmap_train.severity_curves import CONTRAST, DULL


@pytest.fixture(scope="module")
def picture():
    return floats_of(textured(3)[:256, :256])


@pytest.mark.parametrize("kind", ["veil", "cast", "vivid", "dull"])
@pytest.mark.parametrize("wanted", [0.15, 0.4, 0.6])
def test_a_grade_is_as_severe_as_asked(picture, kind, wanted):
    for seed in range(5):
        grade, reached = grading.grade_for(np.random.default_rng(seed), kind, picture, wanted)
        assert reached == pytest.approx(wanted, abs=0.04)
        after = grade.apply(picture)
        assert after.shape == picture.shape and after.dtype == np.float32
        assert after.min() >= -1e-3 and after.max() <= 1 + 1e-3
        assert grade.severity(picture, after) == pytest.approx(reached, abs=1e-4)


def test_a_veil_takes_the_octaves_of_contrast_that_it_says(picture):
    grade = grading.Grade("veil", CONTRAST.parameter_of(0.5), (0.5, 0.5, 0.5))
    lost = np.log2(luma(picture).std() / luma(grade.apply(picture)).std())
    assert float(CONTRAST.severity(lost)) == pytest.approx(0.5, abs=0.02)


def test_dull_takes_chroma_and_no_light(picture):
    after = grading.Grade("dull", DULL.parameter_of(0.4)).apply(picture)
    assert np.abs(luma(after) - luma(picture)).mean() < 2 / 255
    assert np.ptp(after, axis=-1).mean() < 0.75 * np.ptp(picture, axis=-1).mean()


def test_a_grade_follows_its_share(picture):
    share = np.zeros((256, 256), np.float32)
    share[:, 128:] = 1
    for kind in ("veil", "cast", "vivid", "dull"):
        grade, _ = grading.grade_for(np.random.default_rng(1), kind, picture, 0.6)
        after = grade.apply(picture, share)
        assert np.abs(after[:, :128] - picture[:, :128]).max() < 2 / 255
        assert np.abs(after[:, 128:] - picture[:, 128:]).mean() > 3 / 255


def test_monochrome_has_one_channel_and_toned_has_one_hue(picture):
    assert np.ptp(grading.monochrome(picture), axis=-1).max() < 1e-6
    toned = grading.monochrome(picture, (0.8, 1.0, 1.3))
    assert (np.diff(toned, axis=-1) <= 1e-6).all()
