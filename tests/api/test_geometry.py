"""Boxes and grids: half-open, inside the photo, and never made of anything but whole numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flawmap_api.errors import BadInput
from flawmap_api.geometry import Box, Grid

sides = st.integers(0, 50_000)


@given(sides, sides, st.integers(1, 50_000), st.integers(1, 50_000))
def test_a_box_reads_back_what_it_wrote(x, y, w, h):
    box = Box(x, y, x + w, y + h)
    assert Box.from_list(box.as_list()) == box
    assert (box.width, box.height, box.area) == (w, h, w * h)


@given(
    sides, sides, st.integers(1, 900), st.integers(1, 900), st.integers(1, 900), st.integers(1, 900)
)
def test_a_clipped_box_is_what_both_share(x, y, w, h, width, height):
    box = Box(x % 1000, y % 1000, x % 1000 + w, y % 1000 + h)
    clipped = box.clipped(width, height)
    if clipped is None:
        assert box.x0 >= width or box.y0 >= height
    else:
        assert clipped.within(width, height)
        assert (clipped.x0, clipped.y0) == (box.x0, box.y0)
        assert box.within(width, height) == (clipped == box)


@pytest.mark.parametrize(
    "values",
    [
        [0, 0, 0, 1],
        [0, 0, 1, 0],
        [5, 0, 4, 1],
        [-1, 0, 1, 1],
        [0, 0, 1],
        [0, 0, 1, 1, 1],
        [0, 0, 1.0, 1],
        [False, 0, True, 1],
        ["0", "0", "1", "1"],
        "0011",
        None,
        {"x0": 0},
        7,
    ],
)
def test_what_is_no_box_is_refused_with_a_sentence(values):
    with pytest.raises(BadInput, match="box"):
        Box.from_list(values)


@pytest.mark.parametrize(("rows", "cols"), [(0, 1), (1, 0), (-1, 5), (1.0, 2), (True, 1)])
def test_a_grid_has_at_least_one_cell(rows, cols):
    with pytest.raises(BadInput, match="at least one row"):
        Grid(rows, cols)


@given(st.integers(1, 2048), st.integers(1, 2048))
def test_cells_of_a_view_are_about_eight_pixels_and_cover_all_of_it(width, height):
    grid = Grid.of_view(width, height)
    assert 0 <= 8 * grid.cols - width < 8
    assert 0 <= 8 * grid.rows - height < 8
