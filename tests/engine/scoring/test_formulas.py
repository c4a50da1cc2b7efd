"""Formulas: subject, importance, quality and sharpness move the way that people expect."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from tests.engine.masks.made import analyses, analysis_of, blocks, view_of

from flawmap_engine.planes import Analysis
from flawmap_engine.scoring import Ground, standing, subject_sharpness, top_severity

EVERYWHERE = np.ones((30, 40), np.bool_)


def part(row: int, col: int, down: int = 5, across: int = 5) -> np.ndarray:
    return blocks(30, 40, (row, col, down, across)) > 0


def ground_of(blur: np.ndarray, **changes: object) -> Ground:
    planes = view_of({"blur": blur, "noise": blocks(30, 40)})
    return Ground.of(analysis_of(planes, 320, 240, **changes), "screen")


def test_the_whole_photo_is_essential_and_has_the_photo_s_quality() -> None:
    whole = standing(ground_of(blocks(30, 40, (3, 3, 9, 9))), EVERYWHERE, 1.0)
    assert whole.importance == 1.0
    assert whole.quality == pytest.approx(0.61234567)


def test_what_lies_on_the_subject_matters_more_than_a_corner() -> None:
    ground = ground_of(blocks(30, 40))
    middle = standing(ground, part(13, 18), 0.02)
    corner = standing(ground, part(0, 0), 0.02)
    assert middle.subject > 0.9 and corner.subject == 0.0
    assert middle.importance > 0.8 > 0.2 > corner.importance


def test_a_larger_part_matters_more() -> None:
    ground = ground_of(blocks(30, 40))
    shares = [standing(ground, part(0, 0), area).importance for area in (0.01, 0.3, 0.9)]
    assert shares == sorted(shares) and shares[0] < shares[-1]


def test_quality_is_lower_where_the_flaw_is_and_higher_beside_it() -> None:
    ground = ground_of(blocks(30, 40, (0, 0, 30, 20)))
    flawed = standing(ground, part(10, 5), 0.02).quality
    clean = standing(ground, part(10, 30), 0.02).quality
    assert flawed < ground.quality < clean


def test_a_cropped_part_stands_where_the_whole_grid_has_it() -> None:
    ground = ground_of(blocks(30, 40, (8, 9, 10, 10)))
    assert standing(ground, np.ones((5, 5), np.bool_), 0.1, 9, 11) == standing(
        ground, part(9, 11), 0.1
    )


@given(analyses(side=(1, 300)))
@settings(max_examples=50, deadline=None)
def test_every_number_stays_between_0_and_1(drawn: tuple[Analysis, dict[str, int]]) -> None:
    made, _ = drawn
    ground = Ground.of(made, "screen")
    some = made.screen.severity[0] >= np.median(made.screen.severity[0])
    numbers = standing(ground, some, 0.3)
    for value in (numbers.subject, numbers.importance, numbers.quality, subject_sharpness(ground)):
        assert 0 <= value <= 1


def test_the_highest_hundredth_holds_at_least_one_cell() -> None:
    severity = np.array([[10, 255, 20]], np.uint8)
    assert top_severity(severity, np.array([[True, True, True]])) == 1.0
    assert top_severity(severity, np.array([[True, False, True]])) == pytest.approx(20 / 255)
    assert top_severity(severity, np.zeros((1, 3), np.bool_)) == 0.0


def test_a_blurred_background_leaves_the_subject_sharp() -> None:
    background = np.full((30, 40), 200, np.uint8)
    background[8:22, 10:30] = 0
    subject = (background == 0).astype(np.float32)
    assert subject_sharpness(ground_of(background, subject=subject)) == 1.0
    assert subject_sharpness(ground_of(background, subject=1 - subject)) == pytest.approx(
        1 - 200 / 255
    )


def test_what_cannot_be_judged_does_not_count_for_sharpness() -> None:
    blur, jitter = np.full((30, 40), 255, np.uint8), np.full((30, 40), 51, np.uint8)
    unknown = np.full((30, 40), 255, np.uint8)
    half_blind = view_of({"blur": blur, "jitter": jitter}, {"blur": unknown})
    seen = Ground.of(analysis_of(half_blind, 320, 240), "screen")
    assert subject_sharpness(seen) == pytest.approx(0.8)
    blind = view_of({"blur": blur, "jitter": jitter}, {"blur": unknown, "jitter": unknown})
    assert subject_sharpness(Ground.of(analysis_of(blind, 320, 240), "screen")) == 0.5


def test_the_pixel_view_sees_the_same_subject() -> None:
    pixel = view_of({"blur": blocks(90, 120)}, view="pixel")
    made = analysis_of(view_of({"blur": blocks(30, 40)}), 960, 720, pixel)
    fine = Ground.of(made, "pixel").subject
    assert fine.shape == (90, 120)
    np.testing.assert_array_equal(fine[1::3, 1::3], made.subject)
