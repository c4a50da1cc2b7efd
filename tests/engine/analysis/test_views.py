"""Sizes of the views, calibration to bytes, and the subject's place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flawmap_engine.analysis.subject import subject_plane
from flawmap_engine.analysis.views import screen_size, screen_view, thumbnail, whole_view
from flawmap_engine.calibration import calibrated, to_bytes
from flawmap_engine.planes import ViewPlanes


@given(st.integers(1, 40000), st.integers(1, 40000))
def test_the_screen_view_is_at_most_2048_px_and_keeps_the_shape(width, height):
    w, h = screen_size(width, height)
    assert max(w, h) == min(2048, max(width, height))
    assert min(w, h) >= 1
    scale = max(w, h) / max(width, height)
    assert abs(w - width * scale) <= 1
    assert abs(h - height * scale) <= 1


def test_small_photos_are_looked_at_as_they_are():
    rgb = np.zeros((2048, 10, 3), np.uint8)
    assert screen_view(rgb) is rgb


@pytest.mark.parametrize("shape", [(3001, 4999), (4100, 300), (9000, 8), (2049, 2049)])
def test_halving_first_keeps_places_and_tones(shape):
    height, width = shape
    rgb = np.zeros((height, width, 3), np.uint8)
    rgb[..., 0] = np.linspace(0, 255, width)[None]
    rgb[..., 1] = np.linspace(0, 255, height)[:, None]
    view = screen_view(rgb)
    assert max(view.shape[:2]) == 2048
    x = (np.arange(view.shape[1]) + 0.5) * width / view.shape[1] - 0.5
    y = (np.arange(view.shape[0]) + 0.5) * height / view.shape[0] - 0.5
    assert np.abs(view[0, :, 0] - 255 * x / max(1, width - 1)).max() <= 2 + 255 / width
    assert np.abs(view[:, 0, 1] - 255 * y / (height - 1)).max() <= 2


@pytest.mark.parametrize("shape", [(1365, 2048), (2048, 1), (7, 5), (500, 500), (40, 2048)])
def test_the_whole_photo_is_shown_at_512_px_in_multiples_of_32(shape):
    rgb = np.full((*shape, 3), 77, np.uint8)
    view = whole_view(rgb)
    assert all(side % 32 == 0 and side >= 32 for side in view.shape[:2])
    assert max(view.shape[:2]) == 512
    assert (view == 77).all()
    assert thumbnail(rgb).shape == (128, 128, 3)


def test_calibration_is_a_line_through_the_table():
    raw = np.array([[[0.0, 0.25, 0.5, 1.0]], [[0.0, 0.25, 0.5, 2.0]]], np.float32)
    severity = calibrated(raw, ("blur", "noise"), {"blur": ((0.0, 0.5), (0.2, 0.6))})
    np.testing.assert_allclose(severity[0, 0], [0.2, 0.4, 0.6, 0.6], rtol=1e-6)
    np.testing.assert_allclose(severity[1, 0], [0.0, 0.25, 0.5, 1.0], rtol=1e-6)


def test_bytes_are_rounded():
    values = np.array([0.0, 0.49 / 255, 0.51 / 255, 1.0], np.float32)
    assert to_bytes(values).tolist() == [0, 0, 1, 255]


def _planes(rows, cols, blur):
    severity = np.zeros((1, rows, cols), np.uint8)
    severity[0] = blur
    return ViewPlanes("screen", ("blur",), severity, np.zeros_like(severity))


def test_the_subject_is_the_sharp_part_near_the_middle(textured):
    screen = textured(480, 640)
    blur = np.full((60, 80), 230)
    blur[20:40, 15:35] = 0
    subject = subject_plane(screen, _planes(60, 80, blur))
    assert subject.shape == (60, 80)
    assert subject.min() >= 0
    assert subject.max() <= 1
    assert subject[30, 28] > 0.8
    assert subject[30, 28] > 3 * subject[30, 60]
    assert subject[30, 60] > subject[2, 78]


def test_a_picture_of_nothing_has_its_subject_in_the_middle():
    subject = subject_plane(np.full((480, 640, 3), 90, np.uint8), _planes(60, 80, 0))
    assert np.unravel_index(subject.argmax(), subject.shape) in {(29, 39), (29, 40), (30, 39)}
    assert subject[30, 40] > 0.95 > subject[0, 0]
