"""The head: its probabilities become the contract's numbers, and only where it serves."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from tests.engine.masks.made import SIX, analyses, analysis_of, blocks, view_of
from tests.engine.scoring.test_report import report_of

from flawmap_api.geometry import Box
from flawmap_api.words import DISTORTIONS
from flawmap_engine.scoring import Ground, score_roi
from flawmap_engine.scoring.head import Answers, judge
from flawmap_engine.scoring.roi_numbers import NUMBERS, Part, numbers_of, pooling_of

EVERYTHING = frozenset({"quality", "importance", "subject", "intentional", "severity"})


@dataclass
class Oracle:
    """A head that says the same of every part, and remembers what it was asked."""

    serves: frozenset[str] = EVERYTHING
    channels: int = 5
    heard: frozenset[str] = frozenset(DISTORTIONS)
    present: dict[str, float] = field(default_factory=lambda: dict.fromkeys(DISTORTIONS, 0.5))
    wanted: dict[str, float] = field(default_factory=lambda: {"blur": 0.9})
    quality: tuple[float, ...] = (0.5, 0.5, 0.0, 0.0, 0.0)
    severity: tuple[float, ...] = (0.2, 0.0, 0.4, 0.4, 0.0, 0.0)
    meant: float = 0.95
    asked: list[int] = field(default_factory=list)
    told: list[np.ndarray] = field(default_factory=list)

    def answers(self, maps, pooling, numbers) -> Answers:
        n = len(numbers)
        self.asked.append(n)
        self.told.append(numbers)
        assert maps.dtype == pooling.dtype == numbers.dtype == np.float32
        assert pooling.shape == (n, maps.shape[1] * maps.shape[2])
        return Answers(
            np.tile(np.float32(self.quality), (n, 1)),
            np.tile(np.float32((0, 0, 0, 0, 1)), (n, 1)),
            np.tile(np.float32(self.severity), (n, len(DISTORTIONS), 1)),
            np.full(n, 0.25, np.float32),
            np.full((n, len(DISTORTIONS)), self.meant, np.float32),
        )


def seen():
    """320 × 240 with strong blur in a block, and features by place."""
    planes = view_of({n: blocks(30, 40, *(((6, 10, 10, 12),) if n == "blur" else ())) for n in SIX})
    maps = np.random.default_rng(0).normal(0, 1, (5, 8, 10)).astype(np.float16)
    return analysis_of(planes, 320, 240, maps=maps), dict.fromkeys(SIX, 100)


def test_levels_become_numbers_as_the_papers_have_it():
    made, thresholds = seen()
    score = score_roi(
        made, view="screen", thresholds=thresholds, box=Box(0, 0, 160, 120), head=Oracle()
    )
    assert score.quality == 0.125 and score.importance == 1.0
    ground = Ground.of(made, "screen")
    part = Part(np.ones((5, 6), bool), 0.025, 3, 4)
    # (0.4 · 0.3 + 0.4 · 0.5) / 0.8: given that it is there at all.
    assert judge(made, ground, [part], Oracle())[0].severity["noise"] == pytest.approx(0.4)
    absent = Oracle(severity=(0.6, 0.4, 0, 0, 0, 0))
    assert judge(made, ground, [part], absent)[0].severity["noise"] == 0.0


def test_a_part_never_denies_the_mask_that_lies_on_it():
    made, thresholds = seen()
    denies = Oracle(severity=(1.0, 0, 0, 0, 0, 0))
    options = {"view": "screen", "thresholds": thresholds, "box": Box(64, 32, 128, 96)}
    score = score_roi(made, head=denies, **options)
    assert score.distortions["blur"].severity == pytest.approx(230 / 255, abs=1e-4)
    assert score.distortions["noise"].severity == 0.0
    plain = score_roi(made, head=None, **options)
    assert score.distortions == plain.distortions


def test_a_region_keeps_the_severity_of_its_own_planes():
    made, thresholds = seen()
    report = report_of(made, thresholds)
    (region,) = report.regions
    score = score_roi(made, view="screen", thresholds=thresholds, region=region.id, head=Oracle())
    assert score.distortions["blur"].severity == pytest.approx(230 / 255, abs=1e-4)


def test_where_nothing_is_known_the_head_is_not_believed():
    blind = {n: np.full((30, 40), 255, np.uint8) for n in SIX}
    planes = view_of({n: blocks(30, 40) for n in SIX}, blind)
    maps = np.zeros((5, 8, 10), np.float16)
    made = analysis_of(planes, 320, 240, maps=maps)
    score = score_roi(
        made,
        view="screen",
        thresholds=dict.fromkeys(SIX, 100),
        box=Box(0, 0, 160, 120),
        head=Oracle(),
    )
    assert {d.severity for d in score.distortions.values()} == {0.0}
    assert {d.unknown for d in score.distortions.values()} == {1.0}


def test_it_is_told_of_no_plane_that_it_was_not_trained_with():
    made, _ = seen()
    ground = Ground.of(made, "screen")
    part = Part(np.ones((10, 12), bool), 0.1, 6, 10)
    deaf = Oracle(heard=frozenset({"noise"}))
    judge(made, ground, [part], deaf)
    told = dict(zip(NUMBERS, deaf.told[0][0].tolist(), strict=True))
    assert told["blur.there"] == told["blur.inside mean"] == 0 and told["noise.there"] == 1


def test_it_serves_what_it_serves():
    made, _ = seen()
    ground = Ground.of(made, "screen")
    part = Part(np.ones((5, 6), bool), 0.025, 3, 4)
    (plain,) = judge(made, ground, [part], None)
    (silent,) = judge(made, ground, [part], Oracle(serves=frozenset()))
    assert silent == plain
    (some,) = judge(made, ground, [part], Oracle(serves=frozenset({"subject"})))
    assert some.subject == 0.25 and some.quality == plain.quality and not some.severity


def test_all_of_the_photo_is_the_photo():
    made, thresholds = seen()
    whole = score_roi(
        made, view="screen", thresholds=thresholds, box=Box(0, 0, 320, 240), head=Oracle()
    )
    report = report_of(made, thresholds, head=Oracle())
    assert whole.quality == report.quality and whole.importance == 1.0
    assert {n: d.severity for n, d in whole.distortions.items()} == {
        n: d.severity for n, d in report.distortions.items()
    }


def test_an_analysis_without_features_by_place_is_left_to_the_formulas():
    made, _ = seen()
    bare = analysis_of(made.screen, 320, 240)
    oracle = Oracle()
    part = Part(np.ones((5, 6), bool), 0.025, 3, 4)
    ground = Ground.of(bare, "screen")
    assert judge(bare, ground, [part], oracle) == judge(bare, ground, [part], None)
    assert not oracle.asked


def test_a_report_asks_once_and_marks_what_was_meant():
    made, thresholds = seen()
    oracle = Oracle()
    report = report_of(made, thresholds, head=oracle)
    assert oracle.asked == [1]
    (region,) = report.regions
    assert region.distortion == "blur" and region.intentional and region.quality == 0.125
    assert not report_of(made, thresholds, head=Oracle(meant=0.85)).regions[0].intentional
    assert not report_of(made, thresholds, head=Oracle(wanted={})).regions[0].intentional


@given(analyses(side=(8, 200)))
@settings(max_examples=25, deadline=None)
def test_the_numbers_of_any_part_are_finite_and_of_one_length(drawn):
    made, _ = drawn
    ground = Ground.of(made, "screen")
    rows, cols = ground.subject.shape
    rng = np.random.default_rng(rows * cols)
    cells = rng.random((rows, cols)) > 0.6
    cells[0, 0] = True
    parts = [Part(cells, float(cells.mean())), Part(np.ones((1, 1), bool), 0.01, rows - 1, 0)]
    numbers = numbers_of(made, ground, parts)
    assert numbers.shape == (2, len(NUMBERS)) and np.isfinite(numbers).all()
    pooling = pooling_of(made, (rows, cols), parts)
    np.testing.assert_allclose(pooling.sum(1), 1, atol=1e-5)


def test_a_crop_of_the_grid_and_the_grid_are_one_part():
    made, _ = seen()
    ground = Ground.of(made, "screen")
    cells = np.zeros((30, 40), bool)
    cells[6:12, 10:20] = True
    whole, crop = Part(cells, 0.05), Part(cells[6:12, 10:20], 0.05, 6, 10)
    a, b = numbers_of(made, ground, [whole, crop])
    np.testing.assert_allclose(a, b, atol=1e-6)
    a, b = pooling_of(made, (30, 40), [whole, crop])
    np.testing.assert_array_equal(a, b)


def test_what_lies_inside_and_what_around_is_told_apart():
    made, _ = seen()
    ground = Ground.of(made, "screen")
    inside = Part(np.ones((10, 12), bool), 0.1, 6, 10)
    told = dict(zip(NUMBERS, numbers_of(made, ground, [inside])[0].tolist(), strict=True))
    assert told["blur.inside mean"] == pytest.approx(230 / 255) and told["blur.rest mean"] == 0
    assert told["noise.inside mean"] == 0 and told["contrast.there"] == 0
    assert told["blur.there"] == 1 and told["x0"] == 0.25 and told["touches left"] == 0
