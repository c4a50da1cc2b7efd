"""From what was typed to the photos that are meant."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flawmap_api.errors import BadInput, NotFound
from flawmap_api.inputs import SUFFIXES, find_photos

Limited = Callable[[], AbstractContextManager[Path]]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that the test stands in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def names(*arguments: str) -> list[str]:
    found = find_photos(arguments)
    assert all(item.error is None for item in found), found
    return [item.name for item in found]


def test_a_file_is_taken_whatever_its_name(here: Path) -> None:
    touch(here, "no_ending", "notes.txt")
    assert names("no_ending", "notes.txt") == ["no_ending", "notes.txt"]


def test_a_folder_gives_the_photos_in_it_and_below_in_the_order_of_their_numbers(
    here: Path,
) -> None:
    touch(here, "d/IMG_10.JPG", "d/IMG_9.jpg", "d/readme.txt", "d/sub/a.dng", "d/B.png")
    found = names("d")
    assert [Path(name).as_posix() for name in found] == [
        "d/B.png",
        "d/IMG_9.jpg",
        "d/IMG_10.JPG",
        "d/sub/a.dng",
    ]


def test_the_working_folder_gives_plain_names(here: Path) -> None:
    touch(here, "a.jpg")
    assert names(".") == ["a.jpg"]


def test_hidden_files_and_folders_are_other_programs_business(here: Path) -> None:
    touch(here, "a.jpg", "._a.jpg", ".thumbs/a.jpg")
    assert names(".") == ["a.jpg"]


def test_what_analyze_has_written_is_no_photo(here: Path) -> None:
    touch(here, "a.jpg", "out/a/report.json", "out/a/overlay.jpg", "out/a/masks/blur.png")
    assert names(".") == ["a.jpg"]


def test_a_pattern_that_the_shell_left_alone_is_expanded(here: Path) -> None:
    touch(here, "a.jpg", "b.jpg", "c.png", "deep/er/d.jpg")
    assert names("*.jpg") == ["a.jpg", "b.jpg"]
    found = names("**/*.jpg")
    assert [Path(name).as_posix() for name in found] == ["a.jpg", "b.jpg", "deep/er/d.jpg"]


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(here: Path) -> None:
    touch(here, "IMG[1].jpg", "IMG1.jpg")
    assert names("IMG[1].jpg") == ["IMG[1].jpg"]


def test_each_photo_comes_once(here: Path) -> None:
    touch(here, "d/a.jpg", "d/b.jpg")
    found = find_photos(["d/a.jpg", "d", os.path.abspath("d/a.jpg"), "d/*.jpg"])
    assert [Path(item.path).name for item in found] == ["a.jpg", "b.jpg"]


@pytest.mark.parametrize(
    ("argument", "kind", "words"),
    [
        ("gone.jpg", NotFound, "There is no file or folder gone.jpg."),
        ("*.xyz", NotFound, "Nothing matches *.xyz."),
        ("empty", BadInput, "The folder empty holds no photos."),
        ("", BadInput, "An empty name is no photo."),
    ],
)
def test_what_is_no_photo_keeps_its_place_with_the_reason(
    here: Path, argument: str, kind: type[Exception], words: str
) -> None:
    (here / "empty").mkdir()
    touch(here, "a.jpg")
    first, second = find_photos([argument, "a.jpg"])
    assert isinstance(first.error, kind)
    assert first.error.message == words
    assert second.error is None


def test_a_folder_that_cannot_be_read_is_named(plain_user: Limited) -> None:
    with plain_user() as folder:
        locked = folder / "locked"
        locked.mkdir(mode=0)
        (item,) = find_photos([str(locked)])
    assert item.error is not None
    assert str(locked) in item.error.message


def test_a_folder_that_loops_through_a_link_ends(here: Path) -> None:
    touch(here, "d/a.jpg")
    os.symlink(here / "d", here / "d" / "again", target_is_directory=True)
    assert len(find_photos(["d"])) == 1


@given(
    st.lists(st.text(max_size=30), max_size=6),
    st.lists(
        st.sampled_from(["a.jpg", "b.txt", "sub/c.png", "sub", ".", "*", "[ab].*"]), max_size=4
    ),
)
def test_no_argument_raises_and_no_photo_comes_twice(
    tmp_path_factory: pytest.TempPathFactory, wild: list[str], known: list[str]
) -> None:
    folder = tmp_path_factory.getbasetemp() / "inputs"
    touch(folder, "a.jpg", "b.txt", "sub/c.png")
    # Only names below the folder: the rest of the machine is none of this test's business.
    arguments = [os.path.join(folder, part.replace("..", "").lstrip("/~")) for part in wild + known]
    found = find_photos(arguments)
    paths = [item.path for item in found]
    assert len(set(paths)) == len(paths)
    assert all(os.path.isabs(path) for path in paths)
    assert all(item.error is not None or os.path.isfile(item.path) for item in found)


def test_endings_are_compared_without_case(here: Path) -> None:
    for i, suffix in enumerate(sorted(SUFFIXES)):
        touch(here, f"{i}{suffix.upper()}")
    assert len(names(".")) == len(SUFFIXES)


def test_two_stars_search_folders_below_and_never_run_in_circles(tmp_path, monkeypatch):
    (tmp_path / "a" / "b").mkdir(parents=True)
    for name in ("one.jpg", "a/two.jpg", "a/b/three.png", "a/notes.txt"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "a" / "loop").symlink_to(".")
    (tmp_path / "a" / "other").symlink_to(".")
    monkeypatch.chdir(tmp_path)
    assert [i.name for i in find_photos(["**"])] == ["one.jpg", "a/two.jpg", "a/b/three.png"]
    assert [i.name for i in find_photos(["a/**/*.png"])] == ["a/b/three.png"]
    assert [i.name for i in find_photos(["**/b/*"])] == ["a/b/three.png"]
