"""Regions: the pieces that a person would point at, as the contract defines them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.engine.masks.made import analyses, blocks, view_of

from flawmap_api.geometry import Grid
from flawmap_api.report import More
from flawmap_engine.masks import (
    MAX_PER_DISTORTION,
    MIN_AREA,
    cells_of,
    distortion_mask,
    find_regions,
    region_coverage,
    region_mask,
    softened,
)
from flawmap_engine.planes import Analysis, ViewPlanes

Bits = NDArray[np.bool_]


def pieces_by_definition(cells: Bits) -> list[list[tuple[int, int]]]:
    """Groups of cells with at most one empty cell between neighbours, by walking."""
    left = {(int(r), int(c)) for r, c in np.argwhere(cells)}
    found = []
    while left:
        group, open_ = [], [left.pop()]
        while open_:
            r, c = open_.pop()
            group.append((r, c))
            near = {(r + i, c + j) for i in range(-2, 3) for j in range(-2, 3)} & left
            left -= near
            open_ += near
        found.append(sorted(group))
    return found


def owner_by_definition(
    mask: Bits, groups: list[list[tuple[int, int]]], rows: int, cols: int
) -> NDArray[np.int64]:
    """For each mask pixel the group whose cell is among its own and the 8 around, nearest first."""
    height, width = mask.shape
    of_cell = {cell: number for number, group in enumerate(groups) for cell in group}
    owner = np.full(mask.shape, -1, np.int64)
    for y, x in np.argwhere(mask):
        fy, fx = (y + 0.5) * rows / height, (x + 0.5) * cols / width
        r, c = int(fy), int(fx)
        near = [
            ((fy - i - 0.5) ** 2 + (fx - j - 0.5) ** 2, i, j)
            for i in range(r - 1, r + 2)
            for j in range(c - 1, c + 2)
            if (i, j) in of_cell
        ]
        if near:
            owner[y, x] = of_cell[min(near)[1:]]
    return owner


@given(analyses(names=("blur",), side=(1, 220)))
@settings(max_examples=40, deadline=None)
def test_regions_are_those_of_the_contract_pixel_by_pixel(
    drawn: tuple[Analysis, dict[str, int]],
) -> None:
    made, thresholds = drawn
    k, size = thresholds["blur"], (made.width, made.height)
    planes, grid = made.screen, made.screen.grid
    mask = distortion_mask(planes, "blur", k, *size) > 0
    groups = pieces_by_definition(cells_of(planes, "blur", k))
    owner = owner_by_definition(mask, groups, grid.rows, grid.cols)
    wanted = {}
    for number, group in enumerate(groups):
        own = owner == number
        if own.mean() >= MIN_AREA:
            severity = planes.of("blur")[0][tuple(np.array(group).T)]
            wanted[group[0]] = (own, np.percentile(severity, 95) / 255)
    shapes, more = find_regions(planes, k, "blur", *size)
    assert len(shapes) + more.count == len(wanted)
    for shape in shapes:
        first = tuple(int(v) for v in np.argwhere(shape.on_grid())[0])
        own, severity = wanted[first]  # type: ignore[index]
        box = shape.box
        whole = np.zeros_like(own)
        whole[box.y0 : box.y1, box.x0 : box.x1] = region_mask(planes, k, shape, *size) > 0
        np.testing.assert_array_equal(whole, own)
        assert shape.area == pytest.approx(own.mean(), abs=6e-5)
        assert shape.severity == pytest.approx(severity, abs=6e-5)


@given(analyses(names=("blur",), side=(8, 500)))
@settings(max_examples=60, deadline=None)
def test_a_box_is_the_bounds_of_the_coverage_that_is_over_zero(
    drawn: tuple[Analysis, dict[str, int]],
) -> None:
    made, thresholds = drawn
    k, size = thresholds["blur"], (made.width, made.height)
    for shape in find_regions(made.screen, k, "blur", *size)[0]:
        coverage = region_coverage(made.screen, k, shape, *size)
        assert coverage.shape == (shape.box.height, shape.box.width)
        assert shape.box.within(*size)
        for side in (coverage[0], coverage[-1], coverage[:, 0], coverage[:, -1]):
            assert side.any()
        mask = region_mask(made.screen, k, shape, *size) > 0
        assert (coverage[mask] > 0).all()


@pytest.mark.parametrize("rim_only", [False, True])
def test_bounds_found_from_the_rim_are_those_of_the_whole_mask(
    rim_only: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flawmap_engine.masks.regions._SMALL", 0 if rim_only else 1 << 40)
    y, x = np.mgrid[0:50, 0:70]
    ring = np.abs(np.hypot(y - 25, x - 35) - 18) < 3
    planes = view_of({"blur": np.where(ring, 200, 90).astype(np.uint8)})
    (shape,), _ = find_regions(planes, 150, "blur", 1403, 997)
    mask = distortion_mask(planes, "blur", 150, 1403, 997) > 0
    ys, xs = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    # Cells are 20 px: the filter reaches 10 px beyond the mask.
    assert shape.box.as_list() == [xs[0] - 10, ys[0] - 9, xs[-1] + 11, ys[-1] + 10]


def one_plane(plane: NDArray[np.uint8]) -> ViewPlanes:
    return view_of({"noise": plane})


def test_a_plane_of_zeros_has_no_regions() -> None:
    assert find_regions(one_plane(blocks(20, 30)), 1, "noise", 240, 160) == ([], More(0, 0.0))


@pytest.mark.parametrize(("gap", "regions"), [(0, 1), (1, 1), (2, 2), (3, 2)])
@pytest.mark.parametrize("diagonal", [False, True])
def test_pieces_with_at_most_one_empty_cell_between_are_one(
    gap: int, regions: int, diagonal: bool
) -> None:
    second = (5 + (4 + gap) * diagonal, 6 + 4 + gap, 4, 4)
    plane = blocks(30, 40, (5, 6, 4, 4), second)
    assert len(find_regions(one_plane(plane), 100, "noise", 320, 240)[0]) == regions


def test_specks_under_two_thousandths_of_the_photo_are_dropped() -> None:
    plane = blocks(100, 100, (10, 10, 3, 3), (50, 50, 6, 6))
    shapes, more = find_regions(one_plane(plane), 100, "noise", 800, 800)
    assert [(s.row, s.col) for s in shapes] == [(50, 50)]
    assert more.count == 0


def test_eight_regions_stand_and_the_rest_is_counted() -> None:
    hot = [(r, c, 6, 6) for r in (2, 22, 42) for c in (2, 22, 42, 62)]
    plane = blocks(60, 80, *hot)
    shapes, more = find_regions(one_plane(plane), 100, "noise", 640, 480)
    assert len(shapes) == MAX_PER_DISTORTION and more.count == 4
    everything = distortion_mask(one_plane(plane), "noise", 100, 640, 480) > 0
    assert sum(s.area for s in shapes) + more.area == pytest.approx(everything.mean(), abs=1e-3)


def test_flipping_the_plane_flips_the_boxes() -> None:
    rng = np.random.default_rng(3)
    plane = np.where(rng.random((40, 50)) < 0.02, 255, 0).astype(np.uint8)
    plane[5:12, 6:20] = 180
    plane[20:33, 30:41] = 220
    width, height = 400, 320
    shapes, _ = find_regions(one_plane(plane), 128, "noise", width, height)
    flipped, _ = find_regions(one_plane(plane[:, ::-1].copy()), 128, "noise", width, height)
    turned, _ = find_regions(one_plane(plane[::-1].copy()), 128, "noise", width, height)
    boxes = sorted(s.box.as_list() for s in shapes)
    assert len(boxes) >= 2
    assert boxes == sorted(
        [width - s.box.x1, s.box.y0, width - s.box.x0, s.box.y1] for s in flipped
    )
    assert boxes == sorted(
        [s.box.x0, height - s.box.y1, s.box.x1, height - s.box.y0] for s in turned
    )


def test_equal_planes_give_equal_ids_and_other_ones_others() -> None:
    plane = blocks(30, 40, (5, 6, 8, 9), (20, 25, 7, 7))
    shapes, _ = find_regions(one_plane(plane), 100, "noise", 320, 240)
    again, _ = find_regions(one_plane(plane.copy()), 100, "noise", 320, 240)
    assert [s.id for s in shapes] == [s.id for s in again]
    assert len({s.id for s in shapes}) == 2
    name, _, digest = shapes[0].id.rpartition("-")
    assert name == "noise" and len(digest) == 8 and int(digest, 16) >= 0
    moved, _ = find_regions(one_plane(np.roll(plane, 1, axis=1)), 100, "noise", 320, 240)
    assert not {s.id for s in shapes} & {s.id for s in moved}
    other, _ = find_regions(view_of({"blur": plane}), 100, "blur", 320, 240)
    assert {s.id[-8:] for s in other}.isdisjoint(s.id[-8:] for s in shapes)


def test_a_flaw_that_reaches_the_edge_is_covered_in_full_there() -> None:
    planes = one_plane(blocks(30, 40, (0, 0, 30, 12)))
    (shape,), _ = find_regions(planes, 100, "noise", 920, 690)
    coverage = region_coverage(planes, 100, shape, 920, 690)
    assert shape.box.as_list()[:2] == [0, 0] and shape.box.y1 == 690
    assert (coverage[:, :200] == 255).all()
    edge = coverage[345].astype(int)
    assert (np.diff(edge) <= 0).all() and edge[-1] > 0


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_coverage_is_the_share_of_the_mask_one_cell_around_rounded_up(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows, cols = (int(n) for n in rng.integers(1, 30, 2))
    height, width = (int(n * rng.uniform(1, 60)) for n in (rows, cols))
    mask = np.where(rng.random((height, width)) < rng.choice([0.002, 0.5]), 255, 0).astype(np.uint8)
    down, across = (2 * (n // (2 * cells)) + 1 for n, cells in ((height, rows), (width, cols)))
    padded = np.pad(mask // 255, ((down // 2,) * 2, (across // 2,) * 2), mode="edge")
    sums = np.pad(padded.astype(np.int64).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    inside = sums[down:, across:] - sums[:-down, across:] - sums[down:, :-across]
    inside += sums[:-down, :-across]
    wanted = -(-255 * inside // (down * across))
    np.testing.assert_array_equal(softened(mask, Grid(rows, cols), width, height), wanted)
