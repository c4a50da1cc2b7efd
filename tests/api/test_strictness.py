"""Strictness: one slider, the same thresholds in every client."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from flawmap_api import words
from flawmap_api.strictness import thresholds_at

points = st.dictionaries(st.sampled_from(words.DISTORTIONS), st.integers(1, 255), min_size=1)
slider = st.floats(-1, 1)


@given(points)
def test_the_middle_leaves_the_models_own_thresholds(operating_points):
    assert thresholds_at(operating_points) == operating_points


@given(points, slider, slider)
def test_a_stricter_slider_never_raises_a_threshold(operating_points, a, b):
    lenient, strict = sorted((a, b))
    lower = thresholds_at(operating_points, strict)
    upper = thresholds_at(operating_points, lenient)
    assert all(lower[name] <= upper[name] for name in operating_points)


@given(points, slider)
def test_thresholds_stay_comparable_with_8_bit_planes(operating_points, strictness):
    moved = thresholds_at(operating_points, strictness)
    assert list(moved) == list(operating_points)
    assert all(isinstance(k, int) and 1 <= k <= 255 for k in moved.values())


def test_the_ends_of_the_slider_halve_and_double():
    assert thresholds_at({"blur": 60}, 1.0) == {"blur": 30}
    assert thresholds_at({"blur": 60}, -1.0) == {"blur": 120}
    assert thresholds_at({"blur": 200}, -1.0) == {"blur": 255}


def test_a_persons_own_threshold_wins_over_the_slider():
    moved = thresholds_at({"blur": 60, "noise": 80}, 1.0, {"blur": 0.5, "contrast": 0.1})
    assert moved == {"blur": 128, "noise": 40}
