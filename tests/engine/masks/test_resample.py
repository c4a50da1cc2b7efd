"""Resampling: planes at the photo's size, whole or a window of it, are one and the same picture."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flawmap_api.geometry import Box
from flawmap_engine.masks import bring_to, bring_window, cell_edges, cell_of, counting_size

seeds = st.integers(0, 2**32 - 1)


@given(seeds)
@settings(max_examples=200, deadline=None)
def test_a_window_is_bit_equal_to_the_whole_picture_cropped(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows, cols = (int(n) for n in np.exp(rng.uniform(0, np.log(120), 2)))
    height, width = (int(n) for n in np.exp(rng.uniform(0, np.log(900), 2)))
    plane = rng.integers(0, 256, (rows, cols), dtype=np.uint8)
    x0, x1 = sorted(rng.choice(width + 1, 2, replace=False).tolist())
    y0, y1 = sorted(rng.choice(height + 1, 2, replace=False).tolist())
    whole = cv2.resize(plane, (width, height), interpolation=cv2.INTER_LINEAR)
    window = bring_window(plane, width, height, Box(x0, y0, x1, y1))
    np.testing.assert_array_equal(window, whole[y0:y1, x0:x1])


@pytest.mark.parametrize(
    ("rows", "cols", "width", "height"),
    [(500, 750, 6000, 4000), (171, 256, 6000, 4000), (64, 4096, 2048, 32), (9, 2500, 20000, 71)],
)
def test_a_window_of_a_large_photo_is_bit_equal_too(
    rows: int, cols: int, width: int, height: int
) -> None:
    rng = np.random.default_rng(5)
    plane = rng.integers(0, 256, (rows, cols), dtype=np.uint8)
    whole = bring_to(plane, width, height)
    for box in (
        Box(0, 0, width // 3, height // 3),
        Box(width // 2, 0, width, max(1, height // 4)),
        Box(width - 7, height - 5, width, height),
        Box(width // 2, 0, width // 2 + 1, height),
    ):
        window = bring_window(plane, width, height, box)
        np.testing.assert_array_equal(window, whole[box.y0 : box.y1, box.x0 : box.x1])


def test_planes_grow_bilinearly_around_half_pixel_centres() -> None:
    ramp = np.array([[0, 80, 160]], np.uint8)
    np.testing.assert_array_equal(
        bring_to(ramp, 12, 1)[0], [0, 0, 10, 30, 50, 70, 90, 110, 130, 150, 160, 160]
    )


@given(st.integers(1, 300), st.integers(1, 3000))
@settings(max_examples=100, deadline=None)
def test_each_pixel_lies_in_the_cell_that_holds_its_centre(cells: int, pixels: int) -> None:
    edges, own = cell_edges(cells, pixels), cell_of(0, pixels, cells, pixels)
    assert edges[0] == 0 and edges[-1] == pixels
    np.testing.assert_array_equal(np.repeat(np.arange(cells), np.diff(edges)), own)
    centres = (np.arange(pixels) + 0.5) * cells / pixels
    assert (own <= centres + 1e-9).all() and (centres < own + 1 + 1e-9).all()


@pytest.mark.parametrize(
    ("size", "counted"),
    [((6000, 4000), (2048, 1365)), ((2048, 2048), (2048, 2048)), ((1, 20000), (1, 2048))],
)
def test_areas_are_counted_on_at_most_2048_px(
    size: tuple[int, int], counted: tuple[int, int]
) -> None:
    assert counting_size(*size) == counted
