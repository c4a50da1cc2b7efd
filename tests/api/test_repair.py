"""Repairs on the client's side: plans are read with care, pixels travel in two steps."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from flawmap_api.errors import BadInput, EngineLost
from flawmap_api.geometry import Box
from flawmap_api.messages import REQUESTS, PixelSource, RepairRender, parse_request, to_body
from flawmap_api.messages import RepairPlan as PlanRequest
from flawmap_api.photobook import PhotoBook
from flawmap_api.repair import Expectation, HostFilter, Limit, RepairPlan
from flawmap_api.sources import PixelData
from flawmap_api.steps import EngineReplaced, repair_plan_steps, repair_render_steps
from flawmap_api.wire import Message

PLAN = RepairPlan(
    photo_id="21e8",
    view="pixel",
    region="noise-0a1b2c3d",
    distortion="noise",
    subkind=None,
    box=Box(2, 1, 6, 4),
    margin=1,
    around=Box(1, 0, 7, 5),
    method="denoise",
    possible=True,
    strength=0.75,
    settings={"sigma": 9.5},
    sentence="Takes out noise.",
    sentence_id="repair.denoise",
    sentence_args={"sigma": 9.5},
    limits=(Limit("Detail is lost.", "limit.detail"),),
    expect=Expectation(0.6),
    host_filters={"gimp": HostFilter("gegl:denoise-dct", {"sigma": 9.5})},
)
SEEN = PixelData(PixelSource(6, 5, "u8", "RGB"), memoryview(bytes(range(90))), b"profile")


def test_a_plan_survives_the_wire():
    assert RepairPlan.from_dict(json.loads(json.dumps(PLAN.to_dict()))) == PLAN


def test_a_newer_engine_may_say_more():
    assert RepairPlan.from_dict({**PLAN.to_dict(), "mood": "hopeful"}) == PLAN


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("box", [1, 2, 3]),
        ("settings", {"sigma": "strong"}),
        ("settings", {"sigma": float("nan")}),
        ("limits", [{"sentence": 3}]),
        ("possible", 1),
        ("expect", {"severity_after": 0.1}),
        ("host_filters", {"gimp": {"settings": {}}}),
    ],
)
def test_a_field_that_cannot_be_is_named(field, value):
    with pytest.raises(BadInput, match=f"plan.{field}"):
        RepairPlan.from_dict({**PLAN.to_dict(), field: value})


def test_a_missing_field_is_named():
    body = PLAN.to_dict()
    del body["method"]
    with pytest.raises(BadInput, match=r"plan\.method is missing"):
        RepairPlan.from_dict(body)


def test_requests_survive_the_wire():
    for request in (
        PlanRequest("21e8", region="blur-1"),
        PlanRequest("21e8", box=Box(0, 0, 4, 4), distortion="blur", strictness=0.5),
        RepairRender("denoise", PLAN.box, PLAN.around, SEEN.layout, 0.5, {"sigma": 1.0}, "file"),
    ):
        body = json.loads(json.dumps(to_body(request)))
        assert parse_request(request.type, body, REQUESTS) == request


def test_a_plan_is_asked_for_and_read():
    steps = repair_plan_steps(PhotoBook(), PlanRequest("21e8", region=PLAN.region))
    ask = next(steps)
    assert ask.request == PlanRequest("21e8", region=PLAN.region)
    with pytest.raises(StopIteration) as end:
        steps.send(Message("1", "result", {"plan": PLAN.to_dict()}))
    assert end.value.value == PLAN


def test_pixels_are_written_rendered_and_read(tmp_path):
    steps = dialogue(tmp_path)
    first = next(steps)
    assert first.request == RepairRender(
        "denoise", PLAN.box, PLAN.around, SEEN.layout, 0.75, PLAN.settings, "file"
    )
    assert dict(first.blocks) == {}
    second = steps.send(give_file(tmp_path, "in"))
    assert (tmp_path / "in").read_bytes() == bytes(range(90))
    assert second.bound
    assert second.request.pixels.file == "in"
    assert second.blocks["icc"].tobytes() == b"profile"
    (tmp_path / "out").write_bytes(bytes(range(36)))
    with pytest.raises(StopIteration) as end:
        steps.send(result("out"))
    made = end.value.value
    assert (made.box, made.strength, made.unchanged) == (PLAN.box, 0.75, False)
    assert bytes(made.pixels.data) == bytes(range(36))
    assert made.pixels.layout == PixelSource(4, 3, "u8", "RGB")
    assert made.pixels.icc == b"profile"


def test_a_new_engine_is_given_the_pixels_again(tmp_path):
    steps = dialogue(tmp_path)
    next(steps)
    steps.send(give_file(tmp_path, "in"))
    again = steps.throw(EngineReplaced("The engine was replaced."))
    assert again.request.pixels.file is None
    third = steps.send(give_file(tmp_path, "other"))
    assert third.request.pixels.file == "other"
    assert (tmp_path / "other").read_bytes() == bytes(range(90))


def test_an_answer_that_is_too_short_is_not_taken(tmp_path):
    steps = dialogue(tmp_path)
    next(steps)
    steps.send(give_file(tmp_path, "in"))
    (tmp_path / "out").write_bytes(b"short")
    with pytest.raises(EngineLost, match="5 bytes of 36"):
        steps.send(result("out"))


def test_a_file_outside_the_folder_is_refused(tmp_path):
    steps = dialogue(tmp_path)
    next(steps)
    with pytest.raises(EngineLost, match="outside its folder"):
        steps.send(Message("1", "result", {"write": {"file": "../in", "bytes": 90}}))


def test_reading_plans_needs_no_numpy():
    before = set(sys.modules)
    RepairPlan.from_dict(PLAN.to_dict())
    assert "numpy" not in set(sys.modules) - before


def dialogue(folder: Path):
    book = PhotoBook()
    book.folder = str(folder)
    return repair_render_steps(book, PLAN, SEEN)


def give_file(folder: Path, name: str) -> Message:
    (folder / name).write_bytes(bytes(90))
    return Message("1", "result", {"write": {"file": name, "bytes": 90}})


def result(name: str) -> Message:
    body = {"box": PLAN.box.as_list(), "unchanged": False, "file": name, "bytes": 36}
    return Message("2", "result", body)
