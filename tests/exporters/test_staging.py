"""Proof 9 for the folder writer: the n-th step fails, for every n, and nothing half is left.

The steps are those that the writer asks of the system; a stand-in for its `os` counts them and
refuses one, all from one on, or "dies" there: from then on nothing is done at all.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from tests.exporters.made import contents, findings

from flawmap_api.errors import BadInput
from flawmap_export import staging, write_folder
from flawmap_export.staging import staged_folder

TAKES_SPACE = ("mkdir", "write", "fsync")
STEPS = (*TAKES_SPACE, "open", "rename", "unlink", "rmdir", "listdir")

OLD, NEW = findings(40, 32, distortions=("blur",)), findings(40, 32, distortions=("noise",), seed=1)


class Died(BaseException):
    """The program ends here: no step after it is done."""


class Counted:
    """`os`, with its steps counted and some of them refused."""

    def __init__(self, refuse: Callable[[int, str], BaseException | None]) -> None:
        self.steps = 0
        self.refused: list[str] = []
        self._refuse = refuse

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        if name not in STEPS:
            return real

        def step(*args: Any, **kwargs: Any) -> Any:
            self.steps += 1
            if error := self._refuse(self.steps, name):
                self.refused.append(name)
                raise error
            # Whether a disk keeps what it was told to keep no test can see; the waiting adds up.
            return None if name == "fsync" else real(*args, **kwargs)

        return step


def error_of(step: str) -> OSError:
    code = errno.ENOSPC if step in TAKES_SPACE else errno.EIO
    return OSError(code, os.strerror(code))


def only(n: int) -> Callable[[int, str], BaseException | None]:
    return lambda i, step: error_of(step) if i == n else None


def full_from(n: int) -> Callable[[int, str], BaseException | None]:
    return lambda i, step: error_of(step) if i >= n and step in TAKES_SPACE else None


def dead_from(n: int) -> Callable[[int, str], BaseException | None]:
    return lambda i, step: Died() if i >= n else None


def every_n(
    monkeypatch: pytest.MonkeyPatch,
    root: Path,
    refuse: Callable[[int], Callable[[int, str], BaseException | None]],
    *,
    replacing: bool,
) -> Iterator[tuple[Path, BaseException | None, Counted]]:
    """Write once for every n; yields the place, what was raised, and the counting stand-in."""
    old = write_folder(OLD, root, "old")
    for n in count(1):
        place = root / str(n) / "photo"
        place.parent.mkdir()
        if replacing:
            shutil.copytree(old, place)
        counted = Counted(refuse(n))
        raised: BaseException | None = None
        with monkeypatch.context() as patch:
            patch.setattr(staging, "os", counted)
            patch.setattr(staging.time, "sleep", lambda _: None)
            try:
                write_folder(NEW, place.parent, "photo")
            except (BadInput, Died) as error:
                raised = error
        if not counted.refused:
            assert raised is None
            assert n > 20
            return
        yield place, raised, counted


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> dict[str, dict[str, bytes]]:
    """What the old and the new folder hold when all goes well."""
    root = tmp_path_factory.mktemp("whole")
    return {
        name: contents(write_folder(made, root, name))
        for name, made in (("old", OLD), ("new", NEW))
    }


@pytest.mark.proof
@pytest.mark.parametrize("replacing", [False, True], ids=["fresh", "replacing"])
@pytest.mark.parametrize("refuse", [only, full_from], ids=["one_step", "disk_full"])
def test_whatever_step_fails_the_old_folder_stays_or_the_new_one_is_whole(
    tmp_path, monkeypatch, whole, refuse, replacing
):
    for place, raised, counted in every_n(monkeypatch, tmp_path, refuse, replacing=replacing):
        step = f"{counted.refused} as step {place.parent.name}"
        assert isinstance(raised, BadInput | None), step
        if raised is None:  # the step did not matter, or a second try did it
            expected = whole["new"]
        else:
            assert re.search(r"no space left|could not be written", raised.message), step
            assert str(place) in raised.message
            expected = whole["old"] if replacing else None
        assert (contents(place) if place.exists() else None) == expected, step
        assert [p.name for p in place.parent.iterdir()] in ([], ["photo"]), step


@pytest.mark.proof
@pytest.mark.parametrize("replacing", [False, True], ids=["fresh", "replacing"])
def test_a_program_that_dies_leaves_no_half_folder_and_the_next_one_cleans_up(
    tmp_path, monkeypatch, whole, replacing
):
    for place, raised, counted in every_n(monkeypatch, tmp_path, dead_from, replacing=replacing):
        step = f"{counted.refused[0]} as step {place.parent.name}"
        assert isinstance(raised, Died), step
        aside = [p for p in place.parent.iterdir() if ".old-" in p.name]
        if place.exists():
            assert contents(place) in (whole["old"], whole["new"]), step
        elif replacing:  # died between the two renames
            assert [contents(p) for p in aside] == [whole["old"]], step
        with monkeypatch.context() as patch:
            patch.setattr(staging.time, "sleep", lambda _: None)
            # A next one that fails as well, before it changes anything: the old one is back.
            patch.setattr(staging, "os", Counted(full_from(1)))
            with pytest.raises(BadInput):
                write_folder(NEW, place.parent, "photo")
        if replacing:
            assert contents(place) in (whole["old"], whole["new"]), step
        with monkeypatch.context() as patch:
            patch.setattr(staging, "os", Counted(lambda *_: None))
            write_folder(NEW, place.parent, "photo")
        assert contents(place) == whole["new"], step
        assert [p.name for p in place.parent.iterdir()] == ["photo"], step


def allow(_: Path) -> None:
    """Whatever stands there may be replaced."""


def test_folders_above_that_were_made_for_nothing_go_again(tmp_path, monkeypatch):
    monkeypatch.setattr(staging, "os", Counted(lambda i, s: error_of(s) if s == "write" else None))
    with pytest.raises(BadInput):
        write_folder(NEW, tmp_path / "a" / "b", "photo")
    assert list(tmp_path.iterdir()) == []


def test_what_may_not_be_replaced_is_told_before_anything_is_written(tmp_path, monkeypatch):
    (tmp_path / "photo").mkdir()
    monkeypatch.setattr(staging, "os", Counted(lambda i, s: Died() if s == "mkdir" else None))
    with pytest.raises(BadInput, match="not overwritten"):
        write_folder(NEW, tmp_path, "photo")


def test_an_error_of_the_caller_leaves_all_as_it_was(tmp_path):
    def interrupted() -> None:
        with staged_folder(tmp_path / "photo", allow) as stage:
            stage.add("a/b.txt", b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_the_folder_is_not_seen_before_it_is_whole(tmp_path):
    with staged_folder(tmp_path / "photo", allow) as stage:
        stage.add("a/b.txt", b"text")
        assert not (tmp_path / "photo").exists()
    assert contents(tmp_path / "photo") == {"a/b.txt": b"text"}


def test_a_folder_that_another_program_is_writing_is_no_leftover(tmp_path):
    with staged_folder(tmp_path / "photo", allow) as slow:
        slow.add("slow.txt", b"1")
        with staged_folder(tmp_path / "photo", allow) as quick:
            quick.add("quick.txt", b"2")
        assert contents(tmp_path / "photo") == {"quick.txt": b"2"}
        slow.add("slower.txt", b"3")
    assert contents(tmp_path / "photo") == {"slow.txt": b"1", "slower.txt": b"3"}
    assert [p.name for p in tmp_path.iterdir()] == ["photo"]


def test_many_writers_of_one_folder_end_with_one_whole_folder(tmp_path):
    errors: list[BaseException] = []

    def write(writer: int) -> None:
        try:
            for turn in range(5):
                with staged_folder(tmp_path / "photo", allow) as stage:
                    stage.add("a.txt", f"{writer} {turn}".encode())
                    stage.add("b/c.txt", f"{writer} {turn}".encode())
        except OSError as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(set(contents(tmp_path / "photo").values())) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["photo"]


def test_names_like_a_leftovers_are_left_alone(tmp_path):
    others = [".photo.tmp-notes", ".photo2.tmp-01234567", ".photo.tmp-012345678"]
    for name in others:
        (tmp_path / name).mkdir()
    (tmp_path / ".photo.tmp-01234567").write_text("a file of somebody's")
    (tmp_path / ".photo.tmp-89abcdef").symlink_to(tmp_path / others[0])
    with staged_folder(tmp_path / "photo", allow) as stage:
        stage.add("a.txt", b"1")
    assert len(list(tmp_path.iterdir())) == 6
