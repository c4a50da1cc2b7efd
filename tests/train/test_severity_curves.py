"""The curves say what people said: the published table, monotone, and invertible."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flawmap_train import severity_curves as curves

# Parameters at which people call it 0.2, 0.4, 0.6, 0.8.
TABLE = {
    "blur": (1.20, 1.78, 2.50, 3.9),
    "jitter": (1.29, 2.40, 4.07, 8.2),
    "noise": (5.2, 9.0, 14.3, 27.0),
    "noise, impulses": (2.0, 5.2, 11.7, 31.0),
    "overexposure": (30.0, 45.0, 63.0, 95.0),
    "low_light": (27.0, 42.0, 60.0, 92.0),
    "low_light, stops": (0.67, 1.10, 1.65, 2.7),
    "compression, JPEG": (2.1, 3.4, 5.1, 8.4),
    "compression, JPEG 2000": (46.0, 77.0, 120.0, 218.0),
    "contrast": (0.28, 0.46, 0.69, 1.14),
    "colorfulness, vivid, cast": (11.0, 18.0, 26.0, 42.0),
    "colorfulness, dull": (0.17, 0.39, 0.77, 1.745),
}


@pytest.mark.parametrize("name", TABLE)
def test_the_curve_passes_where_people_put_it(name):
    for severity, x in zip((0.2, 0.4, 0.6, 0.8), TABLE[name], strict=True):
        assert curves.CURVES[name].parameter_of(severity) == pytest.approx(x, rel=0.03)
        assert float(curves.CURVES[name].severity(x)) == pytest.approx(severity, abs=0.012)


@given(
    st.sampled_from(sorted(curves.CURVES)),
    st.floats(0, 500),
    st.floats(0, 500),
)
def test_more_is_never_less_severe_and_stays_on_the_scale(name, a, b):
    low, high = sorted((a, b))
    curve = curves.CURVES[name]
    assert 0 <= curve.severity(low) <= curve.severity(high) < 1


@given(st.sampled_from(sorted(curves.CURVES)), st.floats(0.01, 0.94))
def test_the_parameter_of_a_severity_gives_that_severity(name, severity):
    curve = curves.CURVES[name]
    assert float(curve.severity(curve.parameter_of(severity))) == pytest.approx(severity, abs=1e-9)


def test_a_severity_that_the_curve_never_reaches_is_refused():
    with pytest.raises(ValueError, match=r"runs from 0 to 0\.95"):
        curves.BLUR.parameter_of(0.95)


@pytest.mark.parametrize(
    ("radius", "severity"), [(0.96, 0.2), (1.55, 0.4), (2.32, 0.6), (4.0, 0.8)]
)
def test_a_disc_is_as_severe_as_people_say(radius, severity):
    assert float(curves.BLUR.severity(curves.disc_spread(radius))) == pytest.approx(
        severity, abs=0.04
    )


@given(st.integers(1, 99))
def test_jpeg_quality_and_its_scale_are_inverse(quality):
    assert curves.jpeg_quality(curves.jpeg_scale(quality)) == pytest.approx(quality)


def test_jpeg_scales_fall_with_quality():
    assert (np.diff([curves.jpeg_scale(q) for q in range(1, 101)]) < 0).all()


def test_the_printed_table_names_every_curve():
    text = curves.table()
    assert all(name in text for name in curves.CURVES)
