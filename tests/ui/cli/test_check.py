"""`flawmap check`: lines, documents, exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes import FIRST_SIX, FakeEngine, photo_file, region, report

from flawmap_api import words
from flawmap_api.errors import BadInput, EngineLost
from flawmap_api.policy import Policy, judge, parse_fail_on
from flawmap_api.report import More, OnlyAt1To1, Report

from .conftest import Flawmap

BLURRED = report(
    width=600,
    height=400,
    quality=0.31,
    regions=[
        region("blur", box=(0, 0, 200, 130), area=0.12, severity=0.71, sentence="Out of focus."),
        region("noise", box=(220, 150, 380, 250), area=0.004, severity=0.3, sentence="Grain."),
    ],
)
CUT_OFF = BadInput("b.jpg ends in the middle.", "Copy it again.")


def test_a_clean_photo_is_one_line_and_ends_with_0(
    here: Path, flawmap: Flawmap, fake: FakeEngine
) -> None:
    photo_file(here)
    said = flawmap("check", "a.jpg")
    assert said.lines == ["a.jpg: clean, quality good (0.70)"]
    assert (said.code, said.err) == (0, "")
    assert fake.open_photos == 0
    assert fake.closed


def test_flaws_follow_their_photo_worst_first_and_end_with_1(
    here: Path, flawmap: Flawmap, fake: FakeEngine
) -> None:
    fake.put("a.jpg", BLURRED)
    photo_file(here)
    said = flawmap("check", "a.jpg")
    assert said.lines == [
        "a.jpg: flaws, quality poor (0.31), worst: severe blur on 12.0 %",
        "  !  blur   severe   12.0 %  top left  Out of focus.",
        "     noise  minor     0.4 %  centre    Grain.",
    ]
    assert said.code == 1


def test_one_broken_photo_does_not_stop_the_others_and_2_wins_over_1(
    here: Path, flawmap: Flawmap, fake: FakeEngine
) -> None:
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        photo_file(here, name)
    fake.put("a.jpg", BLURRED)
    fake.put("b.jpg", CUT_OFF)
    said = flawmap("check", "a.jpg", "b.jpg", "c.jpg")
    assert "b.jpg: not judged: b.jpg ends in the middle. Copy it again." in said.lines
    assert "c.jpg: clean, quality good (0.70)" in said.lines
    assert said.lines[-1] == "3 photos: 1 clean, 1 with flaws, 1 not judged"
    assert said.code == 2


def test_an_error_of_ours_is_told_with_the_photo_and_the_others_go_on(
    here: Path, flawmap: Flawmap, fake: FakeEngine
) -> None:
    photo_file(here, "a.jpg")
    photo_file(here, "b.jpg")
    fake.put("a.jpg", ZeroDivisionError("division by zero"))
    said = flawmap("check", "a.jpg", "b.jpg")
    assert "ZeroDivisionError: division by zero" in said.lines[0]
    assert "--debug" in said.lines[0]
    assert "Traceback" not in said.out + said.err
    assert said.lines[1].startswith("b.jpg: clean")
    assert said.code == 2


def test_debug_shows_where(here: Path, flawmap: Flawmap, fake: FakeEngine) -> None:
    fake.put("a.jpg", ZeroDivisionError("division by zero"))
    assert "Traceback" in flawmap("check", photo_file(here), "--debug").err


def test_json_gives_one_document_a_photo_as_the_contract_says(
    here: Path, flawmap: Flawmap, fake: FakeEngine
) -> None:
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        photo_file(here, name)
    fake.put("a.jpg", BLURRED)
    fake.put("b.jpg", CUT_OFF)
    said = flawmap("check", "--json", "a.jpg", "b.jpg", "c.jpg", "gone.jpg")
    flaws, failed, clean, gone = said.documents
    assert flaws["path"] == str(here / "a.jpg")
    assert flaws["verdict"] == "flaws"
    assert flaws["failing"] == [BLURRED.regions[0].id]
    assert flaws["failure"] is None
    assert Report.from_dict(flaws["report"]).regions == BLURRED.regions
    assert failed == {
        "path": str(here / "b.jpg"),
        "verdict": "not_judged",
        "failing": [],
        "report": None,
        "failure": {
            "code": "bad_input",
            "message": "b.jpg ends in the middle.",
            "hint": "Copy it again.",
        },
    }
    assert clean["verdict"] == "clean"
    assert gone["failure"]["code"] == "not_found"
    assert said.err == ""
    assert said.code == 2


def test_a_file_that_is_not_there_needs_no_engine(
    here: Path, flawmap: Flawmap, fake: FakeEngine
) -> None:
    said = flawmap("check", "gone.jpg")
    assert said.lines == [
        "gone.jpg: not judged: There is no file or folder gone.jpg. "
        "Check the spelling and the folder."
    ]
    assert said.code == 2
    assert fake.calls == []


def test_no_engine_is_one_sentence_with_its_last_words_and_2(
    here: Path, flawmap: Flawmap, fake: FakeEngine
) -> None:
    def refuse(method: str, argument: object) -> None:
        raise EngineLost("The engine ended.", "Ask the doctor.", ("line 1", "line 2"))

    fake.before = refuse
    said = flawmap("check", photo_file(here))
    assert said.code == 2
    assert said.out == ""
    assert said.err.splitlines() == [
        "flawmap: The engine ended. Ask the doctor.",
        "    line 1",
        "    line 2",
    ]
    (document,) = flawmap("check", "--json", "a.jpg").documents
    assert document["failure"]["message"] == "The engine ended."


def test_a_photo_that_kills_the_engine_is_named_and_the_others_go_on(
    here: Path, flawmap: Flawmap, fake: FakeEngine
) -> None:
    for name in ("a.jpg", "b.jpg"):
        photo_file(here, name)
    fake.put("a.jpg", EngineLost("The engine was lost twice."))
    said = flawmap("check", ".")
    assert said.lines[0] == "a.jpg: not judged: The engine was lost twice."
    assert said.lines[1].startswith("b.jpg: clean")


def test_an_engine_that_does_not_come_back_is_not_asked_for_every_photo(
    here: Path, flawmap: Flawmap, fake: FakeEngine
) -> None:
    for i in range(5):
        photo_file(here, f"{i}.jpg")

    def gone(method: str, argument: object) -> None:
        if method not in ("connect", "close"):
            raise EngineLost("The engine did not become ready.")

    fake.before = gone
    said = flawmap("check", ".")
    assert said.code == 2
    assert said.lines[:5] == [
        f"{i}.jpg: not judged: The engine did not become ready." for i in range(5)
    ]
    assert [call for call, _ in fake.calls].count("open") == 1


def test_remarks_stand_below_the_regions(here: Path, flawmap: Flawmap, fake: FakeEngine) -> None:
    fine = OnlyAt1To1("blur", 0.4, 0.2, "A little soft at 1:1.", "at_1_to_1.blur", {"percent": 40})
    fake.put(
        "a.jpg",
        report(
            only_at_1_to_1=[fine], more={"noise": More(3, 0.001)}, notes=["First of 12 frames."]
        ),
    )
    assert flawmap("check", photo_file(here)).lines[1:] == [
        "    and 3 smaller regions of noise (0.1 %)",
        "    at 1:1 only: blur on 40.0 %: A little soft at 1:1.",
        "    note: First of 12 frames.",
    ]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], 1),
        (["--fail-on", "extreme"], 0),
        (["--fail-on", "severe"], 1),
        (["--fail-on", "never"], 0),
        (["--fail-on", "blur=never"], 0),
        (["--fail-on", "never,blur=minor"], 1),
        (["--fail-on", "noise=trivial,blur=extreme"], 0),
    ],
)
def test_fail_on_moves_the_bar(
    here: Path, flawmap: Flawmap, fake: FakeEngine, arguments: list[str], code: int
) -> None:
    fake.put("a.jpg", report(regions=[region("blur", severity=0.7, area=0.1)]))
    photo_file(here)
    assert flawmap("check", *arguments, "a.jpg").code == code


@pytest.mark.parametrize("wish", ["", "dreadful", "blurr=severe", "=", "blur=", "blur=none", ","])
def test_a_wrong_fail_on_is_a_sentence_before_any_engine_starts(
    here: Path, flawmap: Flawmap, fake: FakeEngine, wish: str
) -> None:
    said = flawmap("check", "--fail-on", wish, photo_file(here))
    assert said.code == 2
    assert said.err.startswith("flawmap: ")
    assert "moderate" in said.err or "jitter" in said.err
    assert fake.calls == []


@given(
    st.dictionaries(st.sampled_from(FIRST_SIX), st.sampled_from([*words.SEVERITY_LEVELS, "never"])),
    st.sampled_from([None, *words.SEVERITY_LEVELS, "never"]),
    st.booleans(),
)
def test_fail_on_reads_back_what_it_was_written_from(
    levels: dict[str, str], general: str | None, strict: bool
) -> None:
    parts = ([general] if general else []) + [f"{name}={level}" for name, level in levels.items()]
    policy = parse_fail_on(",".join(parts) or Policy().level, strict=strict)
    assert policy == Policy(level=general or "moderate", levels=levels, strict=strict)


@given(st.sampled_from(words.SEVERITY_LEVELS), st.floats(0, 1), st.booleans())
def test_a_higher_bar_never_fails_more(level: str, severity: float, strict: bool) -> None:
    found = report(regions=[region("blur", severity=words.rounded(severity), area=0.1)])
    failing = [
        len(judge(found, parse_fail_on(bar, strict=strict)).failing)
        for bar in (*words.SEVERITY_LEVELS, "never")
    ]
    assert failing == sorted(failing, reverse=True)


def test_strict_fails_what_the_model_calls_intentional_and_nobody_marked(
    here: Path, flawmap: Flawmap, fake: FakeEngine
) -> None:
    wanted = region("blur", intentional=True, sentence="Bokeh.")
    marked = region("noise", intentional=True, mark="intentional", sentence="Film grain.")
    fake.put("a.jpg", report(regions=[wanted, marked]))
    photo_file(here)
    said = flawmap("check", "a.jpg")
    assert said.code == 0
    assert "Bokeh. [probably intentional]" in said.out
    assert "Film grain. [marked intentional]" in said.out
    (document,) = flawmap("check", "--strict", "--json", "a.jpg").documents
    assert document["failing"] == [wanted.id]


def test_strictness_and_view_reach_the_engine(
    here: Path, flawmap: Flawmap, fake: FakeEngine
) -> None:
    fake.put("a.jpg", report(regions=[region("blur", severity=0.3, area=0.1)]))
    photo_file(here)
    (document,) = flawmap(
        "check", "--json", "--view", "pixel", "--strictness", "-1", "a.jpg"
    ).documents
    assert document["report"]["view"] == "pixel"
    assert document["report"]["regions"] == []
    assert flawmap("check", "--strictness", "2", "a.jpg").code == 2


def test_truncated_photos_are_judged_on_demand(
    here: Path, flawmap: Flawmap, fake: FakeEngine
) -> None:
    photo_file(here)
    fake.put("a.jpg", CUT_OFF)
    assert flawmap("check", "a.jpg").code == 2
    assert flawmap("check", "--allow-truncated", "a.jpg").code == 0


def test_an_interrupt_cancels_what_runs_says_what_was_done_and_ends_with_130(
    here: Path, flawmap: Flawmap, fake: FakeEngine
) -> None:
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        photo_file(here, name)

    def interrupt(method: str, argument: object) -> None:
        if method == "analyze" and len([c for c in fake.calls if c[0] == "analyze"]) == 2:
            raise KeyboardInterrupt

    fake.before = interrupt
    said = flawmap("check", "a.jpg", "b.jpg", "c.jpg")
    assert said.code == 130
    assert said.lines == ["a.jpg: clean, quality good (0.70)"]
    assert said.err == "Stopped. 1 of 3 photos were done.\n"
    assert ("cancel", None) in fake.calls
    assert fake.closed
