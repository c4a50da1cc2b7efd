"""The report: what is written is read back, what is broken is named, what is shown is escaped."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flawmap_api import words
from flawmap_api.errors import BadInput
from flawmap_api.geometry import Box, Grid
from flawmap_api.report import (
    SCHEMA,
    DistortionSummary,
    EngineInfo,
    Failure,
    More,
    OnlyAt1To1,
    PhotoInfo,
    Region,
    Report,
)

share = st.integers(0, 10_000).map(lambda i: i / 10_000)
text = st.text(max_size=12)
distortion = st.sampled_from(words.DISTORTIONS)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**50), 2**50) | st.floats(0, 1) | text,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(text, inner, max_size=2),
    max_leaves=4,
)
boxes = st.builds(
    lambda x, y, w, h: Box(x, y, x + w, y + h),
    *[st.integers(0, 9999)] * 2,
    *[st.integers(1, 99)] * 2,
)
regions = st.builds(
    Region,
    id=text,
    distortion=distortion,
    box=boxes,
    area=share,
    severity=share,
    quality=share,
    importance=share,
    subject=share,
    intentional=st.booleans(),
    confidence=share,
    sentence=text,
    sentence_id=text,
    sentence_args=st.dictionaries(text, json_values, max_size=2),
    subkind=st.none() | text,
    mark=st.none() | st.sampled_from(words.VERDICTS),
)
summaries = st.builds(DistortionSummary, st.floats(0.004, 1), share, share, share)
reports = st.builds(
    Report,
    photo=st.builds(
        PhotoInfo,
        path=st.none() | text,
        file_sha256=st.none() | text,
        photo_id=text,
        lineage=text,
        width=st.integers(1, 10**6),
        height=st.integers(1, 10**6),
    ),
    view=st.sampled_from(words.VIEWS),
    grid=st.builds(Grid, st.integers(1, 999), st.integers(1, 999)),
    quality=share,
    subject_sharpness=share,
    distortions=st.dictionaries(distortion, summaries, max_size=3),
    regions=st.lists(regions, max_size=2).map(tuple),
    more=st.dictionaries(distortion, st.builds(More, st.integers(1, 99), share), max_size=2),
    only_at_1_to_1=st.lists(
        st.builds(OnlyAt1To1, distortion, share, share, text, text, st.just({})), max_size=2
    ).map(tuple),
    engine=st.builds(
        EngineInfo,
        version=text,
        protocol=st.integers(1, 9),
        model=text,
        model_sha256=text,
        device=text,
        providers=st.lists(text, max_size=2).map(tuple),
    ),
    failures=st.lists(st.builds(Failure, text, text, text), max_size=2).map(tuple),
    notes=st.lists(text, max_size=2).map(tuple),
)

FULL = Report(
    photo=PhotoInfo("/a/photo.jpg", "ab" * 32, "cd" * 32, "/a/photo.jpg", 800, 600),
    view="screen",
    grid=Grid(75, 100),
    quality=0.62,
    subject_sharpness=0.7,
    distortions={"blur": DistortionSummary(77 / 255, 0.12, 0.7, 0.25)},
    regions=(
        Region(
            id="blur-01234567",
            distortion="blur",
            box=Box(10, 20, 300, 400),
            area=0.12,
            severity=0.7,
            quality=0.3,
            importance=0.5,
            subject=0.9,
            intentional=False,
            confidence=0.8,
            sentence="The subject is out of focus.",
            sentence_id="blur.defocus.subject",
            sentence_args={"share": 0.12},
            subkind="defocus",
            mark="accepted",
        ),
    ),
    more={"blur": More(2, 0.01)},
    only_at_1_to_1=(
        OnlyAt1To1("noise", 0.4, 0.3, "Noise shows at 1:1.", "at_1_to_1.noise", {"percent": 40}),
    ),
    engine=EngineInfo("0.1.0", 1, "lite0", "ef" * 32, "cpu", ("CPUExecutionProvider",)),
    failures=(Failure("contrast", "no_memory", "It did not fit."),),
    notes=("First of 3 frames.",),
)

#: Levels follow from the numbers beside them, and a reader does not believe them.
DERIVED = {"quality_level", "importance_level", "severity_level"}
#: Fields that came after others had been written without them.
LATER = {"subkind", "mark", "failures", "notes"}


def fields_of(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every field, at every depth; a box is one, and `sentence_args` is free inside."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        yield (*path, key)
        if isinstance(inner, dict | list) and key not in ("box", "sentence_args"):
            yield from fields_of(inner, (*path, key))


def named(path: tuple[Any, ...]) -> str:
    return "report" + "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path)


def changed(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    document = copy.deepcopy(FULL.to_dict())
    place = document
    for step in path[:-1]:
        place = place[step]
    if value is changed:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return document


ALL_FIELDS = [path for path in fields_of(FULL.to_dict()) if path[-1] not in DERIVED]
CLASS_FIELDS = [
    path for path in ALL_FIELDS if isinstance(path[-1], str) and path[-2:-1] != ("distortions",)
]


@given(reports)
@settings(max_examples=60, deadline=None)
def test_a_report_comes_back_from_its_json(report):
    document = report.to_dict()
    assert Report.from_dict(json.loads(json.dumps(document, allow_nan=False))) == report
    assert Report.from_dict(document).to_dict() == document


@pytest.mark.parametrize(
    "path", [p for p in CLASS_FIELDS if p[-1] not in LATER and p != ("more", "blur")], ids=named
)
def test_a_missing_field_is_named(path):
    with pytest.raises(BadInput) as caught:
        Report.from_dict(changed(path, changed))
    assert str(caught.value).startswith(f"{named(path)} is missing")


@pytest.mark.parametrize("path", ALL_FIELDS, ids=named)
def test_a_field_of_another_type_is_named(path):
    # No field of a report may be this: neither text, number, flag, list, object nor null.
    with pytest.raises(BadInput) as caught:
        Report.from_dict(changed(path, object()))
    assert str(caught.value).startswith(named(path))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("quality",), "0.5"),
        (("quality",), True),
        (("quality",), float("nan")),
        (("quality",), float("inf")),
        (("quality",), 10**400),
        (("quality",), None),
        (("photo", "width"), 800.0),
        (("photo", "width"), True),
        (("photo", "path"), 7),
        (("grid", "rows"), "75"),
        (("regions", 0, "box"), [1, 2, 3]),
        (("regions", 0, "box"), [5, 5, 5, 9]),
        (("regions", 0, "box"), [0, 0, 1.5, 2]),
        (("regions", 0, "intentional"), 1),
        (("regions", 0, "sentence_args"), []),
        (("regions",), {"0": {}}),
        (("distortions",), []),
        (("distortions", "blur"), None),
        (("engine", "providers"), "CPUExecutionProvider"),
        (("engine", "providers", 0), 1),
        (("notes",), "text"),
        (("schema",), "1"),
    ],
)
def test_near_misses_are_named_too(path, value):
    with pytest.raises(BadInput) as caught:
        Report.from_dict(changed(path, value))
    assert str(caught.value).startswith(named(path))


def test_an_impossible_grid_is_named():
    with pytest.raises(BadInput, match=r"^report\.grid: .* at least one row"):
        Report.from_dict(changed(("grid", "rows"), 0))


@pytest.mark.parametrize("document", [None, [], "report", 3])
def test_what_is_no_object_is_refused(document):
    with pytest.raises(BadInput, match=r"^report has to be an object"):
        Report.from_dict(document)


@pytest.mark.parametrize("path", [("view",), ("regions", 0, "box")], ids=named)
def test_the_refusal_stays_short_whatever_was_sent(path):
    with pytest.raises(BadInput) as caught:
        Report.from_dict(changed(path, list(range(1_000_000))))
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("schema", [0, SCHEMA + 1])
def test_a_report_of_another_schema_is_refused_with_what_to_do(schema):
    with pytest.raises(BadInput, match=r"^report\.schema") as caught:
        Report.from_dict(changed(("schema",), schema))
    assert caught.value.hint


def test_what_a_newer_version_adds_is_passed_over():
    document = FULL.to_dict() | {"mood": "calm"}
    document["regions"][0]["sharpness"] = 0.5
    assert Report.from_dict(document) == FULL


@pytest.mark.parametrize("field", sorted(LATER))
def test_later_fields_may_be_absent(field):
    document = FULL.to_dict()
    (document if field in document else document["regions"][0]).pop(field)
    Report.from_dict(document)


def test_levels_are_taken_from_the_numbers_not_from_the_text():
    document = changed(("quality_level",), "excellent")
    assert Report.from_dict(document).quality_level == "good"


def test_a_copy_of_the_photo_keeps_the_findings_under_its_own_path():
    copied = FULL.with_photo(path="/b/copy.jpg")
    assert copied.photo.path == "/b/copy.jpg"
    assert replace(copied, photo=FULL.photo) == FULL
    assert FULL.photo.path == "/a/photo.jpg"


def test_a_region_is_found_by_its_id():
    assert FULL.region("blur-01234567") is FULL.regions[0]
    assert FULL.region("blur-76543210") is None


def test_a_notebook_shows_a_report_as_a_table_and_never_as_markup():
    evil = "<script>alert('x')</script>"
    region = replace(FULL.regions[0], distortion=evil, sentence=evil)
    report = replace(FULL, view=evil, regions=(region,)).with_photo(path=f"/{evil}.jpg")
    shown = report._repr_html_()
    assert "<script" not in shown
    assert shown.count("&lt;script&gt;") == 4
    assert "severe" in shown


def test_a_notebook_shows_a_clean_photo_and_one_without_a_path():
    shown = replace(FULL, regions=()).with_photo(path=None)._repr_html_()
    assert "No flaws found" in shown
    assert FULL.photo.photo_id[:12] in shown
