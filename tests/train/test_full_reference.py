"""Full-reference measures: equal pictures are equal, more damage is worse, parts see themselves."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from tests.train.conftest import textured

from flawmap_train.full_reference import (
    compare,
    gmsd,
    haarpsi,
    mdsi,
    part_severity,
    saliency,
    vsi,
    vsi_map,
)


def blurred(picture: np.ndarray, sigma: float) -> np.ndarray:
    return cv2.GaussianBlur(picture, (0, 0), sigma)


def test_a_picture_is_like_itself():
    x = textured(1)
    assert gmsd(x, x) == pytest.approx(0, abs=1e-6)
    assert mdsi(x, x) == pytest.approx(0, abs=1e-3)
    assert haarpsi(x, x) == pytest.approx(1, abs=1e-4)
    assert vsi(x, x) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    "measure", [gmsd, mdsi, lambda a, b: -haarpsi(a, b), lambda a, b: -vsi(a, b)]
)
def test_more_blur_is_worse(measure):
    x = textured(2)
    worse = [measure(x, blurred(x, s)) for s in (0.7, 1.5, 3.0)]
    assert worse == sorted(worse) and worse[0] < worse[-1]


@pytest.mark.parametrize(
    ("kind", "spoil"),
    [
        ("blur", lambda x, v: blurred(x, v)),
        ("noise", lambda x, v: _noisy(x, 6 * v)),
        ("contrast", lambda x, v: np.uint8(128 + (x - 128.0) / (1 + v))),
        ("dull", lambda x, v: _greyed(x, min(1.0, v / 3))),
        ("low_light", lambda x, v: np.uint8(x / (1 + v))),
    ],
)
def test_each_kind_of_flaw_has_a_severity_that_rises(kind, spoil):
    x = textured(3)
    said = [part_severity(compare(x, spoil(x, v)), kind) for v in (0.5, 1.0, 2.0)]
    assert 0 <= said[0] < said[1] < said[2] <= 1


def test_a_part_is_judged_by_its_own_pixels():
    x = textured(4)
    y = x.copy()
    y[:, 208:] = blurred(x, 3)[:, 208:]
    seen = compare(x, y)
    left = np.zeros(seen.gradient.shape, bool)
    left[:, :100] = True
    right = np.zeros_like(left)
    right[:, 108:] = True
    assert part_severity(seen, "blur", left) < 0.02
    assert part_severity(seen, "blur", right) > 0.5


def test_what_vsi_loses_lies_where_the_damage_is():
    x = textured(5)
    y = x.copy()
    y[:160] = blurred(x, 2)[:160]
    similarity, weight = vsi_map(x, y)
    lost = (1 - similarity) * weight
    assert lost[:75].sum() > 20 * max(lost[88:].sum(), 1e-9)


def test_something_coloured_on_grey_is_salient():
    x = np.full((256, 320, 3), 128, np.uint8)
    x[100:150, 140:190] = (200, 40, 30)
    s = saliency(x)
    assert s.shape == (128, 160) and s.min() > 0
    assert s[55:70, 75:90].mean() > 3 * s[:20].mean()


def _noisy(x: np.ndarray, sd: float) -> np.ndarray:
    noise = np.random.default_rng(0).normal(0, sd, x.shape)
    return np.clip(x + noise, 0, 255).astype(np.uint8)


def _greyed(x: np.ndarray, share: float) -> np.ndarray:
    grey = x.mean(-1, keepdims=True)
    return np.uint8(grey + (x - grey) * (1 - share))
