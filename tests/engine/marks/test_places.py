"""Where a mark lies: overlap between grids of any size, and whose verdict a region takes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from flawmap_api.geometry import Box, Grid
from flawmap_engine.marks import Cells, StoredMark, overlap, verdicts
from flawmap_engine.masks import RegionShape


def cells(rows: int, cols: int, y0: int, x0: int, y1: int, x1: int) -> Cells:
    return Cells(rows, cols, y0, x0, np.ones((y1 - y0, x1 - x0), np.bool_))


@st.composite
def places(draw: st.DrawFn) -> Cells:
    rows, cols = draw(st.integers(1, 12)), draw(st.integers(1, 12))
    height, width = draw(st.integers(1, rows)), draw(st.integers(1, cols))
    bits = draw(st.lists(st.booleans(), min_size=height * width, max_size=height * width))
    held = np.array(bits, np.bool_).reshape(height, width)
    if not held.any():
        held[0, 0] = True
    row, col = draw(st.integers(0, rows - height)), draw(st.integers(0, cols - width))
    return Cells(rows, cols, row, col, held)


def slow_overlap(one: Cells, other: Cells) -> float:
    """The same by counting every piece of the common refinement."""
    down, across = np.lcm(one.rows, other.rows), np.lcm(one.cols, other.cols)

    def painted(place: Cells) -> NDArray[np.bool_]:
        whole = np.zeros((place.rows, place.cols), np.bool_)
        h, w = place.cells.shape
        whole[place.row : place.row + h, place.col : place.col + w] = place.cells
        return whole.repeat(down // place.rows, 0).repeat(across // place.cols, 1)

    a, b = painted(one), painted(other)
    return float((a & b).sum() / (a | b).sum())


@given(places(), places())
def test_the_overlap_is_that_of_the_parts_of_the_photo(one: Cells, other: Cells) -> None:
    assert overlap(one, other) == pytest.approx(slow_overlap(one, other), abs=1e-12)
    assert overlap(one, other) == pytest.approx(overlap(other, one), abs=1e-12)


@given(places())
def test_a_place_is_itself_at_every_size(place: Cells) -> None:
    twice = Cells(
        2 * place.rows,
        3 * place.cols,
        2 * place.row,
        3 * place.col,
        place.cells.repeat(2, 0).repeat(3, 1),
    )
    assert overlap(place, place) == overlap(place, twice) == 1.0
    assert twice.area == pytest.approx(place.area)


@given(places(), st.integers(1, 300), st.integers(1, 300))
def test_bounds_lie_inside_the_photo_and_hold_every_cell(
    place: Cells, width: int, height: int
) -> None:
    x0, y0, x1, y1 = place.bounds(width, height)
    down, across = place.cells.shape
    assert 0 <= x0 < x1 <= width and 0 <= y0 < y1 <= height
    assert x0 <= place.col * width / place.cols
    assert x1 >= (place.col + across) * width / place.cols
    assert y0 <= place.row * height / place.rows
    assert y1 >= (place.row + down) * height / place.rows


def shape(name: str, place: Cells) -> RegionShape:
    distortion = name.partition("-")[0]
    grid = Grid(place.rows, place.cols)
    box = Box(*place.bounds(800, 600))
    return RegionShape(distortion, name, grid, place.row, place.col, place.cells, box, 0.1, 0.7)


def mark(distortion: str, verdict: str, place: Cells, number: int = 1) -> StoredMark:
    return StoredMark(number, distortion, verdict, "screen", place, float(number))


def test_a_mark_follows_where_at_least_half_is_shared() -> None:
    region = shape("blur-1", cells(60, 80, 0, 0, 10, 20))
    half = mark("blur", "ignored", cells(60, 80, 0, 0, 10, 10))
    assert verdicts([region], [half]) == {"blur-1": "ignored"}
    less = mark("blur", "ignored", cells(60, 80, 0, 0, 10, 9))
    assert verdicts([region], [less]) == {}


def test_a_mark_speaks_of_its_own_distortion_alone() -> None:
    place = cells(60, 80, 0, 0, 10, 20)
    assert verdicts([shape("noise-1", place)], [mark("blur", "ignored", place)]) == {}


def test_the_best_overlap_wins_and_of_equals_the_latest() -> None:
    region = shape("blur-1", cells(60, 80, 0, 0, 10, 20))
    near = mark("blur", "ignored", cells(60, 80, 0, 0, 10, 15), 9)
    exact = mark("blur", "intentional", cells(120, 160, 0, 0, 20, 40), 3)
    assert verdicts([region], [near, exact]) == {"blur-1": "intentional"}
    later = replace(exact, id=4, set_at=4.0, verdict="accepted")
    assert verdicts([region], [later, near, exact]) == {"blur-1": "accepted"}
