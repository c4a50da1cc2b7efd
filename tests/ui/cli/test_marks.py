"""`flawmap marks` and `flawmap mark`: listing, deciding, taking back; and `check` heeds it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fakes import FakeEngine, photo_file, region, report

from .conftest import Flawmap


@pytest.fixture
def photo(here: Path, fake: FakeEngine) -> Path:
    found = [
        region("blur", box=(0, 0, 100, 80), severity=0.71),
        region("noise", box=(200, 100, 320, 240), severity=0.5),
    ]
    fake.put("a.jpg", report(width=320, height=240, regions=found))
    return photo_file(here)


def names(fake: FakeEngine) -> list[str]:
    return [method for method, _ in fake.calls]


def test_regions_are_listed_with_number_id_and_mark(photo: Path, flawmap: Flawmap) -> None:
    said = flawmap("marks", "a.jpg")
    assert said.code == 0
    assert said.lines[0] == "a.jpg: 0 marks, screen view"
    assert said.lines[1].split()[:3] == ["1", region("blur", box=(0, 0, 100, 80)).id, "severe"]
    assert "top left" in said.lines[1]
    assert said.lines[2].split()[0] == "2"


@pytest.mark.parametrize("name", ["1", region("blur", box=(0, 0, 100, 80)).id])
def test_a_marked_region_fails_no_check_until_the_mark_is_taken_back(
    photo: Path, flawmap: Flawmap, fake: FakeEngine, name: str
) -> None:
    other = "noise=never"
    assert flawmap("check", "a.jpg", "--fail-on", f"moderate,{other}").code == 1
    said = flawmap("mark", "a.jpg", name, "ignored")
    assert said.code == 0
    assert said.lines[0] == "a.jpg: 1 mark, screen view"
    assert said.lines[1].endswith("ignored")
    assert flawmap("check", "a.jpg", "--fail-on", f"moderate,{other}").code == 0
    assert "[marked ignored]" in flawmap("check", "a.jpg").out
    assert flawmap("mark", "a.jpg", name, "--clear").lines[0] == "a.jpg: 0 marks, screen view"
    assert flawmap("check", "a.jpg", "--fail-on", f"moderate,{other}").code == 1
    assert fake.open_photos == 0


def test_all_marks_are_taken_back_at_once(photo: Path, flawmap: Flawmap) -> None:
    flawmap("mark", "a.jpg", "1", "ignored")
    flawmap("mark", "a.jpg", "2", "accepted")
    assert flawmap("marks", "a.jpg").lines[0] == "a.jpg: 2 marks, screen view"
    assert flawmap("mark", "a.jpg", "--clear").lines[0] == "a.jpg: 0 marks, screen view"


def test_a_mark_that_no_region_answers_to_is_listed_below(
    photo: Path, flawmap: Flawmap, fake: FakeEngine
) -> None:
    flawmap("mark", "a.jpg", "1", "intentional")
    fake.put("a.jpg", report(width=320, height=240, regions=[]))
    said = flawmap("marks", "a.jpg")
    assert said.lines[0] == "a.jpg: 1 mark, screen view"
    assert "intentional since" in said.lines[1] and "blur, top left" in said.lines[1]


def test_json_is_one_document(photo: Path, flawmap: Flawmap) -> None:
    (document,) = flawmap("mark", "--json", "a.jpg", "2", "accepted").documents
    assert document["path"] == document["lineage"] == str(photo)
    assert document["view"] == "screen"
    assert [r["mark"] for r in document["regions"]] == [None, "accepted"]
    assert document["regions"][0]["box"] == [0, 0, 100, 80]
    (mark,) = document["marks"]
    assert (mark["distortion"], mark["verdict"]) == ("noise", "accepted")
    assert document["failure"] is None


@pytest.mark.parametrize("name", ["3", "0", "blur-00000000", "-1x"])
def test_a_region_that_is_not_there_is_told(photo: Path, flawmap: Flawmap, name: str) -> None:
    said = flawmap("mark", "a.jpg", "--", name, "ignored")
    assert said.code == 2
    assert f"has no region {name!r}" in said.err
    (document,) = flawmap("mark", "--json", "a.jpg", "--", name, "ignored").documents
    assert document["failure"]["code"] == "not_found"


@pytest.mark.parametrize(
    "words", [("1",), (), ("1", "ignored", "--clear"), ("1", "wonderful")], ids=str
)
def test_words_that_say_nothing_are_told_before_an_engine_is_asked(
    photo: Path, flawmap: Flawmap, fake: FakeEngine, words: tuple[str, ...]
) -> None:
    assert flawmap("mark", "a.jpg", *words).code == 2
    assert names(fake) == []


def test_a_photo_that_is_not_there_is_told(photo: Path, flawmap: Flawmap) -> None:
    assert flawmap("marks", "nowhere.jpg").code == 2
    (document,) = flawmap("marks", "--json", "nowhere.jpg").documents
    assert document["failure"]["code"] == "not_found"
    assert flawmap("marks", ".").code == 2
