"""Kernels carry as much light as they get, and are as wide as they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flawmap_train import optics
from flawmap_train.severity_curves import disc_spread


@given(st.integers(0, 2**32 - 1), st.floats(0.5, 20))
@settings(max_examples=40, deadline=None)
def test_a_kernel_keeps_the_light_and_is_nowhere_negative(seed, size):
    rng = np.random.default_rng(seed)
    for kernel in (optics.blur_kernel(rng, size), optics.motion_kernel(rng, size + 1)):
        assert kernel.sum() == pytest.approx(1, abs=1e-4)
        assert kernel.min() >= 0
        assert kernel.shape[0] % 2 == 1 and kernel.shape[0] == kernel.shape[1]


@pytest.mark.parametrize("radius", [1.0, 2.0, 4.0, 9.0, 18.0])
def test_a_disc_spreads_as_its_formula_says(radius):
    assert optics.spread_of(optics.disc_kernel(radius)) == pytest.approx(
        disc_spread(radius), rel=0.1
    )


@pytest.mark.parametrize("spread", [1.2, 2.5, 6.0])
def test_a_bell_spreads_by_twice_its_sigma(spread):
    assert optics.spread_of(optics.gaussian_kernel(spread)) == pytest.approx(spread, rel=0.05)


@pytest.mark.parametrize("length", [4.0, 10.0, 30.0, 60.0])
@pytest.mark.parametrize("angle", [0.0, 0.7, 1.57])
def test_the_length_of_a_straight_path_is_read_back(length, angle):
    kernel = optics.straight_path(length, angle)
    assert optics.path_length(kernel) == pytest.approx(length, rel=0.12)


def test_an_aperture_with_blades_lets_through_what_a_disc_does():
    assert optics.spread_of(optics.polygon_kernel(6.0, 6, 0.3)) == pytest.approx(
        optics.spread_of(optics.disc_kernel(6.0)), rel=0.04
    )


def test_there_and_back_through_linear_light_changes_nothing_visible():
    x = np.linspace(0, 1, 256, dtype=np.float32)[None, :, None].repeat(3, 2)
    assert np.abs(optics.to_srgb(optics.to_linear(x)) - x).max() < 0.5 / 255


def test_a_flat_picture_stays_flat_under_any_kernel():
    x = np.full((32, 32, 3), 0.4, np.float32)
    assert np.abs(optics.filter_linear(x, optics.disc_kernel(5.0)) - x).max() < 1 / 255
