"""Folder names: the file's own name where that is enough, and never two photos in one folder."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flawmap_export import folder_names
from flawmap_export.names import safe_name


def digits(path: str) -> str:
    return hashlib.sha256(os.path.abspath(path).encode()).hexdigest()[:8]


def test_a_name_is_the_files_without_its_ending():
    paths = [Path("/a/IMG_0042.jpg"), Path("b/Küste im Nebel.tar.webp"), Path("/c/.hidden.png")]
    assert folder_names(paths) == ["IMG_0042", "Küste im Nebel.tar", ".hidden"]


def test_all_that_share_a_name_get_the_digits_of_their_absolute_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = folder_names([Path("one/a.jpg"), Path("two/a.png"), Path("b.jpg")])
    assert names == [f"a-{digits('one/a.jpg')}", f"a-{digits('two/a.png')}", "b"]


def test_names_do_not_depend_on_the_order():
    paths = [Path(f"/{folder}/{name}.jpg") for folder in "ab" for name in "xyX"]
    names = dict(zip(paths, folder_names(paths), strict=True))
    assert dict(zip(paths[::-1], folder_names(paths[::-1]), strict=True)) == names


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("photo", "PHOTO"),
        ("straße", "STRASSE"),
        ("é", unicodedata.normalize("NFD", "é")),
        ("a:b", "a?b"),
        ("a.", "a_"),
    ],
)
def test_names_that_some_file_system_takes_for_one_are_told_apart(one, two):
    names = folder_names([Path(f"/x/{one}.jpg"), Path(f"/x/{two}.jpg")])
    assert all(name[-9] == "-" for name in names)


def test_a_photo_that_is_named_twice_is_one_photo(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert folder_names([Path("a.jpg"), tmp_path / "a.jpg", Path("./b/../a.jpg")]) == ["a"] * 3


def test_a_photo_that_is_called_like_anothers_digits_shares_its_name():
    pair = [Path("/x/a.jpg"), Path("/y/a.jpg")]
    third = Path(f"/z/a-{digits('/x/a.jpg')}.jpg")
    names = folder_names([*pair, third])
    assert len(set(names)) == 3


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("CON", "_CON"),
        ("nul.2024", "_nul.2024"),
        ("com1", "_com1"),
        ("COM¹", "_COM¹"),
        ("console", "console"),
        ("com10", "com10"),
        ("a<b>c:d", "a_b_c_d"),
        ('say "hi"?', "say _hi__"),
        ("tab\tline\n", "tab_line_"),
        ("dots...", "dots___"),
        ("space ", "space_"),
        (" . ", "___"),
        ("", "_"),
        ("100 %, ok!", "100 %, ok!"),
    ],
)
def test_names_are_made_safe_for_every_system(stem, name):
    assert safe_name(stem) == name


@pytest.mark.parametrize("stem", ["n" * 251, "寫" * 83, "x" + "é" * 120])
def test_long_names_that_share_stay_short_enough_for_a_disk(stem):
    names = folder_names([Path(f"/a/{stem}.jpg"), Path(f"/b/{stem}.jpg")])
    assert len(set(names)) == 2
    assert all(len(os.fsencode(name)) <= 255 for name in names)
    assert all(name[:20] == stem[:20] for name in names)


def test_a_name_that_is_no_text_is_a_name_all_the_same():
    path = Path(os.fsdecode(b"/a/\xff.jpg"))
    assert folder_names([path]) == [os.fsdecode(b"\xff")]


parts = st.text(st.characters(exclude_characters="/\0", exclude_categories=("Cs",)), min_size=1)


@given(st.lists(st.tuples(st.sampled_from("ab"), parts), max_size=6))
def test_different_photos_have_different_safe_names(files):
    paths = [Path("/", folder, f"{stem}.jpg") for folder, stem in files]
    names = folder_names(paths)
    folded = [unicodedata.normalize("NFC", name).casefold() for name in names]
    assert len(set(folded)) == len({os.path.abspath(path) for path in paths})
    for name in names:
        assert name
        assert not set(name) & set('<>:"/\\|?*\0')
        assert name[-1] not in " ."
