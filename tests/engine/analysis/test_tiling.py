"""Tiles cover every cell once, see far enough around it, and depend on the size alone."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from flawmap_api.geometry import Box, Grid
from flawmap_engine.analysis.tiling import Axis, tiles_of

sides = st.integers(1, 9000)


@given(sides, sides)
@example(1, 20000)
@example(1152, 1153)
@example(6000, 4000)
@example(11900, 8400)
def test_every_cell_is_answered_once(width, height):
    grid = Grid.of_view(width, height)
    counts = np.zeros((grid.rows, grid.cols), int)
    for tile in tiles_of(width, height):
        counts[tile.rows.first : tile.rows.last, tile.cols.first : tile.cols.last] += 1
    assert (counts == 1).all()


@given(sides, sides)
@example(1, 20000)
@example(2049, 5)
def test_tiles_are_alike_and_small_and_start_on_multiples_of_32(width, height):
    tiles = tiles_of(width, height)
    shapes = {(t.rows.stop - t.rows.start, t.cols.stop - t.cols.start) for t in tiles}
    assert len(shapes) == 1
    for tile in tiles:
        for span, length in ((tile.rows, height), (tile.cols, width)):
            assert span.start % 32 == 0
            assert (span.stop - span.start) % 32 == 0
            assert span.stop - span.start <= 1152
            assert span.start >= 0
            assert span.stop < length + 32
            assert span.first < span.last


@given(sides)
@example(20000)
def test_a_cell_sees_the_halo_around_it_unless_the_photo_ends(width):
    cells = Grid.of_view(width, 8).cols
    for tile in tiles_of(width, 8):
        left = tile.cols.first * width // cells
        right = -(-tile.cols.last * width // cells)
        assert tile.cols.start == 0 or left - tile.cols.start >= 64 - 8
        assert tile.cols.stop >= width or tile.cols.stop - right >= 64 - 8


@given(st.integers(1, 5000))
def test_a_grid_cell_is_the_mean_of_what_it_covers(length):
    cells = -(-length // 8)
    axis = Axis(length, cells)
    for tile in tiles_of(8, length):
        span = tile.rows
        first, second, share = axis.overlaps(span)
        for cell, one, two, part in zip(
            range(span.first, span.last), first, second, share, strict=True
        ):
            low, high = Fraction(cell * length, cells), Fraction((cell + 1) * length, cells)
            network = span.start // 8 + int(one)
            assert 8 * network <= low < 8 * network + 8
            beyond = max(Fraction(0), high - (8 * network + 8)) / (high - low)
            assert abs(float(beyond) - part) < 1e-6
            assert part == 0 or two == one + 1


def test_multiples_of_eight_need_no_resampling():
    for tile in tiles_of(6000, 4000):
        _, _, share = Axis(6000, 750).overlaps(tile.cols)
        assert not share.any()


def test_a_tile_knows_what_it_sees():
    tiles = tiles_of(3000, 100)
    seen = [t for t in tiles if t.touches(Box(0, 0, 10, 10))]
    assert seen == tiles[:1]
    last = [t for t in tiles if t.touches(Box(2990, 90, 3000, 100))]
    assert last == tiles[-1:]
    edge = tiles[0].cols.stop
    assert not tiles[0].touches(Box(edge, 0, edge + 5, 5))
    assert tiles[0].touches(Box(edge - 1, 0, edge + 5, 5))
