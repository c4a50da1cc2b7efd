"""Masks: severity and unknown brought to the photo's size first, then compared."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine.masks.made import analyses, blocks, view_of

from flawmap_api.geometry import Box
from flawmap_engine.masks import (
    area_of,
    bring_to,
    cells_of,
    count,
    distortion_mask,
    mask_window,
    share_reaches,
    unknown_area_of,
)
from flawmap_engine.planes import Analysis

one = analyses(names=("blur",))


@given(one)
@settings(max_examples=80, deadline=None)
def test_a_mask_is_where_severity_reaches_the_threshold_and_evidence_is_there(
    drawn: tuple[Analysis, dict[str, int]],
) -> None:
    made, thresholds = drawn
    k = thresholds["blur"]
    severity, unknown = made.screen.of("blur")
    mask = distortion_mask(made.screen, "blur", k, made.width, made.height)
    wanted = (bring_to(severity, made.width, made.height) >= k) & (
        bring_to(unknown, made.width, made.height) < 128
    )
    np.testing.assert_array_equal(mask, np.where(wanted, 255, 0))


@given(one, st.randoms(use_true_random=False))
@settings(max_examples=80, deadline=None)
def test_a_window_of_a_mask_is_the_mask_cropped(
    drawn: tuple[Analysis, dict[str, int]], random: Random
) -> None:
    made, thresholds = drawn
    x0, x1 = sorted(random.sample(range(made.width + 1), 2))
    y0, y1 = sorted(random.sample(range(made.height + 1), 2))
    where = (made.screen, "blur", thresholds["blur"], made.width, made.height)
    np.testing.assert_array_equal(
        mask_window(*where, Box(x0, y0, x1, y1)), distortion_mask(*where)[y0:y1, x0:x1]
    )


@given(one)
@settings(max_examples=60, deadline=None)
def test_areas_count_the_mask_and_cells_add_up_to_them(
    drawn: tuple[Analysis, dict[str, int]],
) -> None:
    made, thresholds = drawn
    where = (made.screen, "blur", thresholds["blur"], made.width, made.height)
    mask = distortion_mask(*where) > 0
    counts = count(*where)
    assert area_of(*where) == counts.area == mask.mean()
    assert counts.pixels.sum() == made.width * made.height
    blind = bring_to(made.screen.of("blur")[1], made.width, made.height) >= 128
    assert unknown_area_of(made.screen, "blur", made.width, made.height) == blind.mean()


@given(one)
@settings(max_examples=60, deadline=None)
def test_raising_the_threshold_never_adds_a_pixel(
    drawn: tuple[Analysis, dict[str, int]],
) -> None:
    made, _ = drawn
    masks = [
        distortion_mask(made.screen, "blur", k, made.width, made.height)
        for k in (1, 40, 128, 200, 255)
    ]
    for lower, higher in pairwise(masks):
        assert (higher <= lower).all()


def test_an_unknown_cell_never_enters_a_mask() -> None:
    severity = np.full((20, 30), 255, np.uint8)
    unknown = blocks(20, 30, (5, 10, 4, 6), value=255)
    planes = view_of({"noise": severity}, {"noise": unknown})
    mask = distortion_mask(planes, "noise", 100, 240, 160)
    # From centre to centre of the unknown cells; beyond them the planes run into each other.
    assert not mask[5 * 8 + 4 : 9 * 8 - 4, 10 * 8 + 4 : 16 * 8 - 4].any()
    assert mask[:, :72].all() and mask[:, 136:].all()
    assert not cells_of(planes, "noise", 100)[5:9, 10:16].any()


@given(one, st.integers(0, 2**32 - 1))
@settings(max_examples=80, deadline=None)
def test_whether_a_part_is_masked_enough_is_told_as_by_counting(
    drawn: tuple[Analysis, dict[str, int]], seed: int
) -> None:
    made, thresholds = drawn
    rng = np.random.default_rng(seed)
    grid = made.screen.grid
    part = rng.random((grid.rows, grid.cols)) < rng.uniform(0.05, 1)
    part[rng.integers(grid.rows), rng.integers(grid.cols)] = True
    where = (made.screen, "blur", thresholds["blur"], made.width, made.height)
    for least in (0.002, 0.1, 0.9):
        counted = count(*where).share_in(part)
        if abs(counted - least) > 1e-4:
            assert share_reaches(*where, part, least) == (counted >= least)
