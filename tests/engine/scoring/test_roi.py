"""ROI: what is marked, by box, point, region or mask, is scored from its own cells."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine.masks.made import analyses, analysis_of, blocks, view_of
from tests.engine.scoring.test_report import report_of

from flawmap_api.errors import BadInput, NotFound
from flawmap_api.geometry import Box
from flawmap_api.roi import RoiDistortion, RoiScore
from flawmap_engine.masks import find_regions, region_of
from flawmap_engine.planes import Analysis
from flawmap_engine.scoring import score_roi, top_severity


def flawed() -> tuple[Analysis, dict[str, int]]:
    """320 × 240 with noise of 0.8 on cells (6..15, 10..21) and blur nowhere."""
    planes = view_of(
        {"noise": blocks(30, 40, (6, 10, 10, 12), value=204), "blur": blocks(30, 40, value=0)}
    )
    return analysis_of(planes, 320, 240), {"noise": 100, "blur": 100}


def score(made: Analysis, thresholds: dict[str, int], **part: object) -> RoiScore:
    return score_roi(made, view="screen", thresholds=thresholds, **part)  # type: ignore[arg-type]


@given(analyses(side=(8, 400)))
@settings(max_examples=40, deadline=None)
def test_a_box_of_the_whole_photo_is_the_photo(drawn: tuple[Analysis, dict[str, int]]) -> None:
    made, thresholds = drawn
    report = report_of(made, thresholds)
    whole = score(made, thresholds, box=Box(0, 0, made.width, made.height))
    assert whole.quality == report.quality and whole.importance == 1.0
    assert {n: d.severity for n, d in whole.distortions.items()} == {
        n: d.severity for n, d in report.distortions.items()
    }
    everything = np.full((made.height, made.width), 255, np.uint8)
    masked = score(made, thresholds, mask=everything)
    assert masked.distortions == whole.distortions
    assert masked.to_dict()["mask"] == [0, 0, made.width, made.height]


@given(analyses(names=("blur",), side=(20, 400)))
@settings(max_examples=40, deadline=None)
def test_a_region_is_scored_by_its_own_cells(drawn: tuple[Analysis, dict[str, int]]) -> None:
    made, thresholds = drawn
    for region in report_of(made, thresholds).regions:
        found = score(made, thresholds, region=region.id)
        cells = region_of(made, "screen", thresholds, region.id).on_grid()
        wanted = round(top_severity(made.screen.of("blur")[0], cells), 4)
        assert found.distortions["blur"] == RoiDistortion(wanted, 0.0)
        assert found.how == f"region {region.id}" and found.box == region.box
        assert (found.importance, found.quality) == (region.importance, region.quality)


def test_a_box_is_scored_by_what_it_holds() -> None:
    made, thresholds = flawed()
    inside = score(made, thresholds, box=Box(90, 60, 150, 100))
    beside = score(made, thresholds, box=Box(240, 160, 320, 240))
    assert inside.how == "box" and inside.box == Box(90, 60, 150, 100)
    assert inside.distortions["noise"].severity == 0.8
    assert inside.distortions["noise"].severity_level == "severe"
    assert inside.distortions["blur"].severity == beside.distortions["noise"].severity == 0
    assert inside.quality < beside.quality and inside.importance > beside.importance


def test_a_part_smaller_than_a_cell_has_the_cells_that_it_touches() -> None:
    made, thresholds = flawed()
    tiny = score(made, thresholds, box=Box(121, 81, 123, 82))
    assert tiny.distortions["noise"].severity == 0.8
    lasso = np.zeros((240, 320), np.uint8)
    lasso[90, 100:140] = 255
    thin = score(made, thresholds, mask=lasso)
    assert thin.distortions["noise"].severity == 0.8
    assert thin.masked and thin.box == Box(100, 90, 140, 91)


def test_a_mask_is_scored_by_the_cells_that_it_covers() -> None:
    made, thresholds = flawed()
    mask = np.full((240, 320), 255, np.uint8)
    mask[40:136, 72:184] = 0
    assert score(made, thresholds, mask=mask).distortions["noise"].severity == 0
    assert score(made, thresholds, mask=255 - mask).distortions["noise"].severity == 0.8


def test_a_point_means_the_region_under_it() -> None:
    made, thresholds = flawed()
    (shape,), _ = find_regions(made.screen, 100, "noise", 320, 240)
    assert score(made, thresholds, point=(120, 90)) == score(made, thresholds, region=shape.id)


@given(st.integers(0, 319), st.integers(0, 239))
@settings(max_examples=60, deadline=None)
def test_a_point_in_no_region_is_a_box_of_a_tenth_around_it_and_says_so(x: int, y: int) -> None:
    made, _ = flawed()
    found = score(made, {"noise": 255, "blur": 255}, point=(x, y))
    assert found.how.startswith("box of a tenth") and "around the point" in found.how
    box = found.box
    assert box.x0 <= x < box.x1 and box.y0 <= y < box.y1 and box.within(320, 240)
    assert box.width <= 33 and box.height <= 25
    if 16 <= x < 303 and 12 <= y < 227:
        assert (box.width, box.height) == (33, 25)


def test_unknown_cells_count_for_nothing_but_their_share() -> None:
    planes = view_of(
        {"noise": np.full((30, 40), 204, np.uint8)}, {"noise": blocks(30, 40, (0, 0, 30, 20))}
    )
    made = analysis_of(planes, 320, 240)
    half = score(made, {"noise": 100}, box=Box(80, 0, 240, 240)).distortions["noise"]
    assert (half.severity, half.unknown) == (0.8, 0.5)
    blind = score(made, {"noise": 100}, box=Box(0, 0, 120, 240)).distortions["noise"]
    assert (blind.severity, blind.unknown) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ({"box": Box(300, 10, 330, 20)}, "reaches outside the photo, which is 320 × 240"),
        ({"box": Box(400, 300, 500, 400)}, "reaches outside"),
        ({"point": (320, 10)}, "lies outside the photo, which is 320 × 240"),
        ({"point": (5, -1)}, "lies outside"),
        ({"mask": np.zeros((240, 320), np.uint8)}, "mask is empty"),
        ({"mask": np.full((240, 321), 255, np.uint8)}, "mask is 321 × 240 of uint8; the photo"),
        ({"mask": np.full((240, 320, 3), 255, np.uint8)}, "mask is 3 × 320 × 240"),
        ({"mask": np.ones((240, 320), np.float32)}, "of float32"),
        ({}, "one of box, point, region or mask"),
        ({"point": (1, 1), "region": "noise-00000000"}, "one of box, point, region or mask"),
    ],
)
def test_a_part_that_is_none_gets_a_sentence(part: dict[str, object], message: str) -> None:
    made, thresholds = flawed()
    with pytest.raises(BadInput, match=message):
        score(made, thresholds, **part)


def test_an_id_of_no_region_is_not_found() -> None:
    made, thresholds = flawed()
    with pytest.raises(NotFound, match="no region"):
        score(made, thresholds, region="noise-00000000")


def test_a_score_reads_what_it_writes() -> None:
    made, thresholds = flawed()
    for part in ({"box": Box(0, 0, 99, 77)}, {"mask": np.full((240, 320), 255, np.uint8)}):
        found = score(made, thresholds, **part)
        data = found.to_dict()
        assert RoiScore.from_dict(data) == found
        assert data["quality_level"] == found.quality_level
        assert set(data["distortions"]["noise"]) == {"severity", "severity_level", "unknown"}
    for wrong in (None, [], {"view": "screen"}, {**data, "mask": [1, 2, 3]}):
        with pytest.raises(BadInput):
            RoiScore.from_dict(wrong)
