"""Marks as a client sees them: what is asked, what comes back, and what an older engine says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.api.test_client import ANSWERS, OPENED

import flawmap_api
from flawmap_api.errors import BadInput, Unsupported
from flawmap_api.geometry import Box
from flawmap_api.marks import Mark, Marks
from flawmap_api.messages import REQUESTS, MarksGet, MarksSet, parse_request, to_body
from flawmap_api.photobook import PhotoBook
from flawmap_api.results import OpenedPhoto
from flawmap_api.steps import marks_steps
from flawmap_api.wire import Message

Script = Callable[..., None]

MARK: dict[str, Any] = {
    "distortion": "blur",
    "verdict": "ignored",
    "view": "screen",
    "box": [0, 0, 8, 4],
    "area": 0.5,
    "set_at": 12.0,
}


def test_marks_are_read_field_by_field() -> None:
    read = Marks.from_dict({"marks": [MARK], "mark": MARK, "lineage": "l", "notes": ["Moved."]})
    mark = Mark("blur", "ignored", "screen", Box(0, 0, 8, 4), 0.5, 12.0)
    assert read == Marks((mark,), mark, "l", ("Moved.",))
    with pytest.raises(BadInput, match=r"marks\.marks\[0\]\.area has to be a number"):
        Marks.from_dict({"marks": [{**MARK, "area": "half"}]})


@pytest.mark.parametrize(
    "wrong",
    [
        {"region": "blur-1", "verdict": "wonderful"},
        {"verdict": "ignored"},
        {},
        {"region": "blur-1", "all": True},
        {"all": True, "verdict": "ignored"},
        {"region": "blur-1", "view": "sideways"},
        {"region": "blur-1", "lineage": 7},
    ],
    ids=str,
)
def test_what_marks_set_cannot_mean_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        parse_request("marks.set", {"photo_id": "p", **wrong}, REQUESTS)


@pytest.mark.parametrize(
    "request_",
    [
        MarksGet("p"),
        MarksGet("p", "/a.jpg"),
        MarksSet("p", "blur-1", "accepted", strictness=0.5, lineage="l"),
        MarksSet("p", "blur-1"),
        MarksSet("p", all=True),
    ],
    ids=str,
)
def test_a_request_arrives_as_it_was_sent(request_: MarksGet | MarksSet) -> None:
    assert parse_request(request_.type, to_body(request_), REQUESTS) == request_


def test_the_dialogue_asks_once_and_reads_the_answer() -> None:
    steps = marks_steps(PhotoBook(), MarksGet("p", "l"))
    assert next(steps).request == MarksGet("p", "l")
    with pytest.raises(StopIteration) as end:
        steps.send(Message("1", "result", {"marks": [MARK], "lineage": "l"}))
    assert end.value.value.marks[0].verdict == "ignored"


def test_reports_are_asked_for_under_the_photos_own_lineage(
    runtime: Path, scripted: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted(answers=ANSWERS)
    photo = OpenedPhoto(**OPENED)
    with flawmap_api.connect() as engine:
        asked: list[Any] = []
        start = engine.session.start

        def listening(steps: Any, **options: Any) -> Any:
            def heard() -> Any:
                answer = None
                while True:
                    try:
                        ask = next(steps) if answer is None else steps.send(answer)
                    except StopIteration as end:
                        return end.value
                    asked.append(ask.request)
                    answer = yield ask

            return start(heard(), **options)

        monkeypatch.setattr(engine.session, "start", listening)
        engine.analyze(photo)
        engine.set_mark(photo, "blur-1", "ignored")
        engine.marks(photo)
        engine.clear_marks(photo)
    assert {request.lineage for request in asked} == {"l"}
    assert len(asked) == 4


def test_an_engine_that_keeps_no_marks_says_so(runtime: Path, scripted: Script) -> None:
    old = {"error": {"code": "unsupported", "message": "This engine has no request 'marks.get'."}}
    scripted(answers={**ANSWERS, "marks.get": old})
    with flawmap_api.connect() as engine:
        assert "marks.get" not in engine.hello.features
        with pytest.raises(Unsupported):
            engine.marks(OpenedPhoto(**OPENED))
