"""Reports: what a view says, and that it keeps what the contract promises of every number."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Generator, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from tests.engine.masks.made import SIX, analyses, analysis_of, blocks, view_of

from flawmap_api import words
from flawmap_api.geometry import Box
from flawmap_api.messages import LayersRender
from flawmap_api.report import EngineInfo, PhotoInfo, Report
from flawmap_engine.masks import layers, region_mask, region_of
from flawmap_engine.planes import Analysis
from flawmap_engine.scoring import MAX_REGIONS, build_report, rank

ENGINE = EngineInfo("0.1.0", 1, "model", "0" * 64, "cpu", ("CPUExecutionProvider",))
CONFIDENCE = {name: {"x": [0.0, 0.5, 1.0], "y": [0.2, 0.6, 0.9]} for name in SIX}


def report_of(
    made: Analysis, thresholds: dict[str, int], view: str = "screen", **more: object
) -> Report:
    photo = PhotoInfo("/photos/a.jpg", "f" * 64, "p" * 64, "l", made.width, made.height)
    arguments = {"confidence": CONFIDENCE, "engine": ENGINE} | more
    return build_report(photo, made, view=view, thresholds=thresholds, **arguments)  # type: ignore[arg-type]


def word(kind: str, value: float) -> str:
    five = {
        "quality": "bad poor fair good excellent",
        "importance": "unimportant minor normal important essential",
        "severity": "trivial minor moderate severe extreme",
    }[kind].split()
    if kind == "severity" and value < 0.05:
        return "none"
    return five[max(0, math.ceil(round(5 * value, 9)) - 1)]


def broken(made: Analysis, report: Report) -> Iterator[str]:
    """A sentence for each promise of the contract that the report breaks beside its planes."""
    j = json.loads(json.dumps(report.to_dict()))
    masks = {}
    for name, d in j["distortions"].items():
        masks[name] = yield from _broken_planes(made, j["view"], name, d)
    if not 0 <= j["quality"] <= 1 or j["quality_level"] != word("quality", j["quality"]):
        yield "quality"
    if not 0 <= j["subject_sharpness"] <= 1:
        yield "subject_sharpness"
    if len({g["id"] for g in j["regions"]}) != len(j["regions"]):
        yield "two regions have one id"
    if len(j["regions"]) > 24:
        yield "more than 24 regions"
    weights = []
    for g in j["regions"]:
        yield from _broken_region(made, report, g, masks[g["distortion"]])
        weights.append(
            -g["importance"] * (0.5 + 0.5 * g["subject"]) * g["severity"] * math.sqrt(g["area"])
        )
    if weights != sorted(weights):
        yield "regions are not ranked worst first"
    for name in masks:
        of_it = [g for g in j["regions"] if g["distortion"] == name]
        left = j["more"].get(name, {"count": 0, "area": 0})
        if len(of_it) > 8:
            yield f"more than 8 regions of {name}"
        if sum(g["area"] for g in of_it) + left["area"] > j["distortions"][name]["area"] + 0.005:
            yield f"regions of {name} are larger than its mask"


def _broken_planes(
    made: Analysis, view: str, name: str, d: dict[str, Any]
) -> Generator[str, None, np.ndarray]:
    """Broken promises of one distortion; returns its mask at the photo's size."""
    k = round(255 * d["threshold"])
    if abs(255 * d["threshold"] - k) > 1e-6:
        yield f"threshold of {name} is not k/255 in full"
    planes = {}
    for plane in ("severity", "mask", "unknown"):
        ask = LayersRender(photo_id="0", plane=plane, view=view, distortions=[name])
        planes[plane] = next(layers(made, ask, {name: k})).data
    mask: np.ndarray = planes["mask"] > 127
    if (((planes["severity"] >= k) & (planes["unknown"] < 128)) != mask).any():
        yield f"mask of {name} is not severity >= {k} and known"
    if abs(mask.mean() - d["area"]) > 0.006:
        yield f"area of {name} is {d['area']}, the mask has {mask.mean()}"
    if abs((planes["unknown"] >= 128).mean() - d["unknown_area"]) > 0.01:
        yield f"unknown_area of {name}"
    if d["severity_level"] != word("severity", d["severity"]):
        yield f"severity {d['severity']} of {name} is called {d['severity_level']}"
    if d["area"] < 0.002 and d["severity"] != 0:
        yield f"{name} has a severity on an area of {d['area']}"
    numbers = (d["area"], d["severity"], d["unknown_area"])
    if any(not 0 <= v <= 1 or round(v, 4) != v for v in numbers):
        yield f"a number of {name} is not rounded"
    return mask


def _broken_region(
    made: Analysis, report: Report, g: dict[str, Any], mask: np.ndarray
) -> Iterator[str]:
    box = Box.from_list(g["box"])
    if not box.within(made.width, made.height):
        yield f"box of {g['id']}"
        return
    if not re.fullmatch(g["distortion"] + "-[0-9a-f]{8}", str(g["id"])):
        yield f"id {g['id']}"
    for name in ("area", "severity", "quality", "importance", "subject", "confidence"):
        if not 0 <= g[name] <= 1 or round(g[name], 4) != g[name]:
            yield f"{name} of {g['id']}"
    for name in ("quality", "importance", "severity"):
        if g[f"{name}_level"] != word(name, g[name]):
            yield f"{name}_level of {g['id']}"
    thresholds = {n: round(255 * d.threshold) for n, d in report.distortions.items()}
    shape = region_of(made, report.view, thresholds, str(g["id"]))
    k = thresholds[shape.distortion]
    own = region_mask(made.planes(report.view), k, shape, made.width, made.height) > 0
    if (own & ~mask[box.y0 : box.y1, box.x0 : box.x1]).any() or not own.any():
        yield f"{g['id']} lies outside its distortion's mask"
    if abs(own.sum() / (made.width * made.height) - g["area"]) > 0.006:
        yield f"area of {g['id']}"


@given(analyses())
@settings(max_examples=60, deadline=None)
def test_every_report_keeps_the_contract(drawn: tuple[Analysis, dict[str, int]]) -> None:
    made, thresholds = drawn
    report = report_of(made, thresholds)
    assert list(broken(made, report)) == []
    assert Report.from_dict(report.to_dict()) == report


@given(analyses(names=("blur", "overexposure"), side=(1500, 3200)))
@settings(max_examples=6, deadline=None)
def test_reports_of_large_photos_keep_it_in_both_views(
    drawn: tuple[Analysis, dict[str, int]],
) -> None:
    made, thresholds = drawn
    for view in words.VIEWS:
        assert list(broken(made, report_of(made, thresholds, view))) == []


def many_flaws() -> tuple[Analysis, dict[str, int]]:
    """Six distortions with ten regions each."""
    rng = np.random.default_rng(1)
    severity = {}
    for name in SIX:
        hot = [(r, c, 6, 6) for r in (2, 22) for c in range(2, 100, 20)]
        plane = blocks(40, 104, *hot)
        severity[name] = np.where(plane > 0, rng.integers(150, 256, plane.shape), 0).astype(
            np.uint8
        )
    return analysis_of(view_of(severity), 832, 320), dict.fromkeys(SIX, 100)


def test_the_worst_24_regions_stand_and_the_others_are_counted() -> None:
    made, thresholds = many_flaws()
    report = report_of(made, thresholds)
    assert len(report.regions) == MAX_REGIONS
    assert sum(m.count for m in report.more.values()) == 60 - MAX_REGIONS
    every = sum(d.area for d in report.distortions.values())
    counted = sum(m.area for m in report.more.values()) + sum(r.area for r in report.regions)
    assert counted == pytest.approx(every, abs=0.01)
    assert list(report.regions) == sorted(report.regions, key=rank)


def test_equal_arguments_give_equal_reports() -> None:
    made, thresholds = many_flaws()
    assert report_of(made, thresholds).to_dict() == report_of(made, thresholds).to_dict()


def test_a_clean_photo_has_neither_regions_nor_more() -> None:
    made = analysis_of(view_of({name: blocks(30, 40) for name in SIX}), 320, 240)
    report = report_of(made, dict.fromkeys(SIX, 128))
    assert report.regions == () and report.more == {} and report.only_at_1_to_1 == ()
    assert all((d.area, d.severity) == (0, 0) for d in report.distortions.values())
    assert report.quality == 0.6123 and report.subject_sharpness == 1.0
    assert report.notes == ()


def test_a_distortion_that_the_engine_does_not_have_is_absent() -> None:
    made = analysis_of(view_of({"noise": blocks(30, 40)}), 320, 240)
    assert list(report_of(made, {"noise": 77, "blur": 9}).distortions) == ["noise"]
    assert report_of(made, {"noise": 77}).distortions["noise"].threshold == 77 / 255


def one_region(distortion: str = "blur", **changes: object) -> tuple[Analysis, dict[str, int]]:
    severity = {"blur": blocks(30, 40), "overexposure": blocks(30, 40)}
    severity[distortion] = blocks(30, 40, (12, 16, 6, 8), value=153)
    return analysis_of(view_of(severity), 320, 240, **changes), dict.fromkeys(severity, 100)


def test_severity_of_a_photo_is_the_mean_of_its_highest_hundredth() -> None:
    plane = np.zeros((20, 50), np.uint8)
    plane[:5] = 102
    plane[0, :10] = 255
    made = analysis_of(view_of({"noise": plane}), 400, 160)
    assert report_of(made, {"noise": 100}).distortions["noise"].severity == 1.0
    plane[0, 5:10] = 0
    made = analysis_of(view_of({"noise": plane}), 400, 160)
    assert report_of(made, {"noise": 100}).distortions["noise"].severity == 0.7
    unknown = np.zeros_like(plane)
    unknown[0] = 255
    blind = analysis_of(view_of({"noise": plane}, {"noise": unknown}), 400, 160)
    assert report_of(blind, {"noise": 100}).distortions["noise"].severity == 0.4


def test_severity_of_a_photo_is_zero_where_hardly_anything_is_masked() -> None:
    made = analysis_of(view_of({"noise": blocks(100, 100, (4, 4, 4, 4))}), 800, 800)
    summary = report_of(made, {"noise": 100}).distortions["noise"]
    assert 0 < summary.area < 0.002 and summary.severity == 0


def test_confidence_is_read_from_the_model_s_table() -> None:
    made, thresholds = one_region()
    (region,) = report_of(made, thresholds).regions
    assert region.severity == 0.6
    assert region.confidence == pytest.approx(0.66)
    pair = {"blur": ((0.0, 1.0), (0.1, 0.3))}
    assert report_of(made, thresholds, confidence=pair).regions[0].confidence == 0.22
    assert report_of(made, thresholds, confidence={}).regions[0].confidence == 0.5


@pytest.mark.parametrize(
    ("clipped", "gamut", "subkind"),
    [(0, 0, "bright"), (200, 30, "clipped"), (30, 200, "gamut"), (128, 128, "clipped")],
)
def test_overexposure_says_what_the_photo_s_numbers_lost(
    clipped: int, gamut: int, subkind: str
) -> None:
    # Lost under the region alone; the rest of the photo says the opposite.
    lost = {
        "clipped": blocks(30, 40, (12, 16, 6, 8), value=clipped) | blocks(30, 40, (0, 0, 9, 40)),
        "gamut": blocks(30, 40, (12, 16, 6, 8), value=gamut) | blocks(30, 40, (20, 0, 9, 40)),
    }
    made, thresholds = one_region("overexposure", **lost)
    (region,) = report_of(made, thresholds).regions
    assert region.subkind == subkind
    assert region.sentence_id == f"region.overexposure.{subkind}"
    blur, thresholds = one_region("blur", **lost)
    assert report_of(blur, thresholds).regions[0].subkind is None


def two_views(screen: np.ndarray, pixel: np.ndarray) -> Analysis:
    return analysis_of(
        view_of({"blur": screen}), 4096, 3072, view_of({"blur": pixel}, view="pixel")
    )


def test_a_flaw_at_1_to_1_only_is_one_line_and_never_more_than_minor() -> None:
    made = two_views(blocks(192, 256), blocks(384, 512, (0, 0, 384, 256)))
    report = report_of(made, {"blur": 100})
    assert report.regions == () and report.distortions["blur"].area == 0
    (line,) = report.only_at_1_to_1
    assert line.distortion == "blur" and line.area == pytest.approx(0.5, abs=0.005)
    assert line.severity == 0.4 and words.severity_level(line.severity) == "minor"
    assert line.sentence.startswith("Blur over 50 % of the photo shows at 1:1 only")
    (region,) = report_of(made, {"blur": 100}, "pixel").regions
    assert region.severity == 0.902
    assert report_of(made, {"blur": 100}, "pixel").only_at_1_to_1 == ()


def test_what_the_screen_view_shows_too_is_not_told_twice() -> None:
    both = two_views(blocks(192, 256, (0, 0, 192, 128)), blocks(384, 512, (0, 0, 384, 256)))
    assert report_of(both, {"blur": 100}).only_at_1_to_1 == ()
    partly = two_views(blocks(192, 256, (0, 0, 192, 64)), blocks(384, 512, (0, 0, 384, 256)))
    (line,) = report_of(partly, {"blur": 100}).only_at_1_to_1
    assert line.area == pytest.approx(0.25, abs=0.01)
    speck = two_views(blocks(192, 256), blocks(384, 512, (0, 0, 30, 30)))
    assert report_of(speck, {"blur": 100}).only_at_1_to_1 == ()


def test_a_photo_without_evidence_says_that_it_cannot_tell() -> None:
    blind = {"blur": np.full((30, 40), 255, np.uint8)}
    made = analysis_of(view_of({"blur": blocks(30, 40, (0, 0, 20, 20))}, blind), 320, 240)
    report = report_of(made, {"blur": 100}, notes=("First of 3 frames.",))
    assert report.distortions["blur"].unknown_area == 1.0
    assert report.distortions["blur"].severity == 0 and report.regions == ()
    assert report.notes[0] == "First of 3 frames."
    assert "nothing to judge blur by" in report.notes[1]
