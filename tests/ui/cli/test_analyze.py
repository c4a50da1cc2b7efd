"""`flawmap analyze`: folders, names, failures, on the fake engine and the real exporter."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.fakes import FakeEngine, photo_file, region, report

from flawmap_api.errors import BadInput

from .conftest import Flawmap

FLAWED = report(width=320, height=240, regions=[region("blur", box=(0, 0, 160, 120), area=0.25)])


@pytest.fixture
def photo(here: Path, fake: FakeEngine) -> Path:
    fake.put("a.jpg", FLAWED)
    return photo_file(here, "a.jpg", (320, 240))


@pytest.mark.parametrize(("maps", "size"), [("grid", (40, 30)), ("full", (320, 240))])
def test_it_writes_the_folder_of_the_contract(
    photo: Path, here: Path, flawmap: Flawmap, maps: str, size: tuple[int, int]
) -> None:
    said = flawmap("analyze", photo, "--out", "out", "--maps", maps)
    assert said.code == 0
    assert said.lines[-1] == "1 photo analysed"
    folder = here / "out" / "a"
    document = json.loads((folder / "report.json").read_text("utf-8"))
    assert document["photo"]["path"] == str(photo)
    assert (folder / "overlay.jpg").is_file()
    for kind in ("severity", "masks", "unknown"):
        assert sorted(p.stem for p in (folder / kind).iterdir()) == sorted(document["distortions"])
    with Image.open(folder / "masks" / "blur.png") as picture:
        mask = np.asarray(picture)
    assert mask.shape[::-1] == size
    assert (mask[: size[1] // 2, : size[0] // 2] == 255).all()
    assert mask.mean() == pytest.approx(255 / 4, rel=0.02)


def test_each_failure_is_named_and_the_others_are_written(
    photo: Path, here: Path, flawmap: Flawmap, fake: FakeEngine
) -> None:
    photo_file(here, "b.jpg")
    photo_file(here, "c.jpg")
    fake.put("b.jpg", BadInput("b.jpg is empty.", "Copy it again."))
    said = flawmap("analyze", "a.jpg", "b.jpg", "c.jpg", "gone.jpg", "--out", "out")
    assert said.code == 2
    assert sorted(p.name for p in (here / "out").iterdir()) == ["a", "c"]
    assert said.lines[-3:] == [
        "4 photos: 2 analysed, 2 not:",
        "  b.jpg: not judged: b.jpg is empty. Copy it again.",
        "  gone.jpg: not judged: There is no file or folder gone.jpg. "
        "Check the spelling and the folder.",
    ]


def test_json_names_folder_or_failure(
    photo: Path, here: Path, flawmap: Flawmap, fake: FakeEngine
) -> None:
    done, gone = flawmap("analyze", "--json", photo, "gone.jpg", "--out", "out").documents
    assert done == {"path": str(photo), "folder": str(here / "out" / "a"), "failure": None}
    assert gone["path"] == str(here / "gone.jpg")
    assert gone["folder"] is None
    assert gone["failure"]["code"] == "not_found"


def test_a_second_run_replaces_its_own_folder_and_no_other(
    photo: Path, here: Path, flawmap: Flawmap
) -> None:
    (here / "out" / "a").mkdir(parents=True)
    (here / "out" / "a" / "diary.txt").write_text("mine")
    said = flawmap("analyze", photo, "--out", "out")
    assert said.code == 2
    assert (here / "out" / "a" / "diary.txt").read_text() == "mine"
    (here / "out" / "a" / "diary.txt").unlink()
    (here / "out" / "a").rmdir()
    assert flawmap("analyze", photo, "--out", "out").code == 0
    (here / "out" / "a" / "overlay.jpg").unlink()
    assert flawmap("analyze", photo, "--out", "out").code == 0
    assert (here / "out" / "a" / "overlay.jpg").is_file()


def test_two_photos_of_one_stem_both_get_a_longer_name(here: Path, flawmap: Flawmap) -> None:
    for name in ("x/a.jpg", "y/a.jpg", "b.jpg"):
        photo_file(here, name)
    assert flawmap("analyze", ".", "--out", "out").code == 0
    names = sorted(p.name for p in (here / "out").iterdir())
    assert names[-1] == "b"
    assert all(name.startswith("a-") and len(name) == 10 for name in names[:2])


def test_a_second_run_over_the_same_folder_does_not_analyse_its_own_pictures(
    photo: Path, here: Path, flawmap: Flawmap
) -> None:
    for _ in range(2):
        said = flawmap("analyze", ".", "--out", "out")
        assert said.lines[-1] == "1 photo analysed"


def test_an_out_that_is_a_file_is_a_sentence_before_anything_is_judged(
    photo: Path, flawmap: Flawmap, fake: FakeEngine
) -> None:
    said = flawmap("analyze", photo, "--out", photo)
    assert said.code == 2
    assert "is a file" in said.err
    assert fake.calls == []


def test_photos_are_let_go_of_one_by_one(
    here: Path, flawmap: Flawmap, fake: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = 0

    def count(method: str, argument: object) -> None:
        nonlocal most
        most = max(most, fake.open_photos)

    fake.before = count
    for i in range(12):
        photo_file(here, f"{i}.jpg")
    assert flawmap("analyze", ".", "--out", "out").code == 0
    assert most == 1
