"""The file of marks: whole whatever happens to process, disk or file; and what people are told."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from pathlib import Path

import numpy as np
import pytest

from flawmap_api.errors import BadInput, Busy, NoMemory, Unsupported
from flawmap_engine.marks import Cells, MarkBook, StoredMark, book, state_dir

PlainUser = Callable[[], AbstractContextManager[Path]]


def cells(x: int = 0, width: int = 10) -> Cells:
    return Cells(60, 80, 5, x, np.ones((4, width), np.bool_))


def said(marks: tuple[StoredMark, ...]) -> list[tuple[str, str, int]]:
    return [(mark.distortion, mark.verdict, mark.cells.col) for mark in marks]


@pytest.fixture
def marks(tmp_path: Path) -> MarkBook:
    return MarkBook(tmp_path / "state")


# --------------------------------------------------------------------------- what it keeps


def test_reading_makes_nothing(marks: MarkBook) -> None:
    assert marks.read("/a.jpg").marks == ()
    assert not marks.path.parent.exists()


def test_a_mark_is_there_for_the_next_engine(marks: MarkBook) -> None:
    held = np.zeros((3, 5), np.bool_)
    held[1, 2:] = held[0, 0] = True
    marks.set("/a.jpg", "blur", Cells(30, 40, 7, 9, held), "ignored", "pixel")
    (mark,) = MarkBook(marks.path.parent).read("/a.jpg").marks
    assert (mark.distortion, mark.verdict, mark.view) == ("blur", "ignored", "pixel")
    place = mark.cells
    assert (place.rows, place.cols, place.row, place.col) == (30, 40, 7, 9)
    assert np.array_equal(place.cells, held)


def test_a_second_word_on_a_place_replaces_the_first(marks: MarkBook) -> None:
    marks.set("/a.jpg", "blur", cells(0), "ignored", "screen")
    marks.set("/a.jpg", "blur", cells(40), "accepted", "screen")
    found = marks.set("/a.jpg", "blur", cells(1), "intentional", "pixel")
    assert said(found.marks) == [("blur", "accepted", 40), ("blur", "intentional", 1)]
    assert said(marks.read("/a.jpg").marks) == said(found.marks)


def test_none_takes_back_what_was_said_of_that_place_alone(marks: MarkBook) -> None:
    marks.set("/a.jpg", "blur", cells(0), "ignored", "screen")
    marks.set("/a.jpg", "noise", cells(0), "ignored", "screen")
    assert said(marks.set("/a.jpg", "blur", cells(0), None, "screen").marks) == [
        ("noise", "ignored", 0)
    ]


@pytest.mark.parametrize("lineage", ["/b.jpg", "/fo\udce9.jpg", "xmp.did:8f1c", "写真"])
def test_every_lineage_has_its_own(marks: MarkBook, lineage: str) -> None:
    marks.set("/a.jpg", "blur", cells(), "ignored", "screen")
    marks.set(lineage, "noise", cells(), "accepted", "screen")
    assert said(marks.read(lineage).marks) == [("noise", "accepted", 0)]
    assert marks.clear(lineage).marks == ()
    assert marks.read(lineage).marks == ()
    assert said(marks.read("/a.jpg").marks) == [("blur", "ignored", 0)]


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_the_file_is_its_owners_alone(marks: MarkBook) -> None:
    marks.set("/a.jpg", "blur", cells(), "ignored", "screen")
    assert marks.path.stat().st_mode & 0o777 == 0o600
    assert marks.path.parent.stat().st_mode & 0o777 == 0o700


def test_rows_that_make_no_sense_are_passed_over(marks: MarkBook) -> None:
    marks.set("/a.jpg", "blur", cells(), "ignored", "screen")
    with closing(sqlite3.connect(marks.path)) as file:
        columns = "lineage, distortion, verdict, view, grid_rows, grid_cols, first_row, first_col"
        file.executemany(
            f"INSERT INTO marks ({columns}, height, width, bits, set_at) "
            "VALUES (CAST('/a.jpg' AS BLOB), ?, ?, 'screen', 60, 80, 5, ?, 4, ?, ?, 1.0)",
            [
                ("blur", "wonderful", 0, 2, b"\xff"),
                ("smear", "ignored", 0, 2, b"\xff"),
                ("blur", "ignored", 79, 2, b"\xff"),
                ("blur", "ignored", 0, 9, b"\xff"),
                ("blur", "ignored", 0, 2, b"\x00"),
                ("blur", "ignored", "far", 2, b"\xff"),
            ],
        )
        file.commit()
    assert said(marks.read("/a.jpg").marks) == [("blur", "ignored", 0)]


def test_the_folder_is_the_systems_for_this_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLAWMAP_STATE_DIR", "/elsewhere/marks")
    assert state_dir() == Path("/elsewhere/marks").absolute()
    monkeypatch.delenv("FLAWMAP_STATE_DIR")
    monkeypatch.setenv("XDG_DATA_HOME", "/home/me/data")
    monkeypatch.setenv("LOCALAPPDATA", "/users/me/local")
    ends = {"linux": "data/flawmap", "win32": "local/flawmap/data", "darwin": "Support/flawmap"}
    for system, end in ends.items():
        monkeypatch.setattr(sys, "platform", system)
        assert state_dir().as_posix().endswith(end)


def test_a_user_without_a_home_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("FLAWMAP_STATE_DIR")
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setattr(Path, "home", homeless)
    with pytest.raises(BadInput, match="no home folder"):
        state_dir()


# --------------------------------------------------------------------------- several engines

WRITER = """
import sys
import numpy as np
from pathlib import Path
from flawmap_engine.marks import Cells, MarkBook
book, name, count = MarkBook(Path(sys.argv[1])), sys.argv[2], int(sys.argv[3])
for n in range(count):
    place = Cells(60, 4 * count, 5, 4 * n, np.ones((4, 3), bool))
    book.set("/shared.jpg", name, place, "ignored", "screen")
    print(n, flush=True)
"""


def writer(folder: Path, name: str, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(folder), name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_engines_that_write_at_once_lose_nothing(marks: MarkBook) -> None:
    names = ("blur", "noise", "jitter")
    writers = [writer(marks.path.parent, name, 15) for name in names]
    for one in writers:
        assert one.communicate()[1] is None
        assert one.returncode == 0
    kept = said(marks.read("/shared.jpg").marks)
    assert sorted(kept) == sorted((name, "ignored", 4 * n) for name in names for n in range(15))


@pytest.mark.proof
def test_an_engine_killed_while_it_writes_keeps_what_it_had_said(
    marks: MarkBook, long_form: bool
) -> None:
    dice = random.Random(5)
    for number in range(60 if long_form else 6):
        folder = marks.path.parent / str(number)
        one = writer(folder, "blur", 500)
        assert one.stdout is not None
        wanted = dice.randrange(1, 40)
        told = [one.stdout.readline() for _ in range(wanted)]
        one.send_signal(signal.SIGKILL)
        told += one.stdout.readlines()
        one.wait()
        one.stdout.close()
        found = MarkBook(folder).read("/shared.jpg")
        assert found.notes == ()
        kept = [col // 4 for _, _, col in said(found.marks)]
        # All that was said to be kept, and at most the one that was just being written.
        assert kept in (list(range(len(told))), list(range(len(told) + 1)))
        assert not list(folder.glob("*damaged*"))


def test_a_program_that_does_not_let_go_is_told(
    marks: MarkBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(book, "_PATIENCE", 0.2)
    marks.set("/a.jpg", "blur", cells(), "ignored", "screen")
    with closing(sqlite3.connect(marks.path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(Busy, match="another program"):
            marks.set("/a.jpg", "noise", cells(), "ignored", "screen")
        assert said(marks.read("/a.jpg").marks) == [("blur", "ignored", 0)]
    marks.set("/a.jpg", "noise", cells(), "ignored", "screen")
    assert len(marks.read("/a.jpg").marks) == 2


# --------------------------------------------------------------------------- a full or closed disk

FILLING = """
import os, resource, sys
import numpy as np
from pathlib import Path
from flawmap_api.errors import FlawmapError
from flawmap_engine.marks import Cells, MarkBook
folder, step = Path(sys.argv[1]), int(sys.argv[2])
book = MarkBook(folder)
place = Cells(60, 800, 5, 0, np.ones((50, 700), bool))
book.set("/a.jpg", "blur", place, "ignored", "screen")
refused = kept = 0
for limit in range(0, 80_000, step):
    other = Cells(600, 800, 5, 0, np.ones((500, 700 - (limit // step) % 50), bool))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        book.set("/b.jpg", "noise", other, "accepted", "screen")
        kept += 1
        worked = True
    except FlawmapError as error:
        assert "could not be kept" in str(error), error
        refused += 1
        worked = False
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    fresh = MarkBook(folder)
    found = fresh.read("/a.jpg")
    assert [m.verdict for m in found.marks] == ["ignored"] and not found.notes, (limit, found)
    there = [m.cells.cells.shape[1] for m in fresh.read("/b.jpg").marks]
    if worked:
        assert there == [other.cells.shape[1]], (limit, there)
        book.clear("/b.jpg")
    else:
        assert there == [], (limit, there)
print(refused, kept)
"""


@pytest.mark.proof
@pytest.mark.skipif(sys.platform == "win32", reason="limits of a file's size are POSIX's")
def test_wherever_a_write_fails_the_marks_are_as_they_were(
    marks: MarkBook, long_form: bool
) -> None:
    command = [
        sys.executable,
        "-c",
        FILLING,
        str(marks.path.parent),
        "256" if long_form else "4096",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    refused, kept = (int(word) for word in done.stdout.split())
    assert refused > 2 and kept > 2
    assert not list(marks.path.parent.glob("*damaged*"))


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=160k", "none", str(disk)]
    if os.name != "posix" or os.geteuid() != 0 or subprocess.run(mount, check=False).returncode:
        pytest.skip("only root may make a disk that is small enough")
    try:
        marks = MarkBook(disk / "state")
        marks.set("/a.jpg", "blur", cells(), "ignored", "screen")
        (disk / "ballast").write_bytes(bytes(60 << 10))
        large = Cells(800, 800, 0, 0, np.ones((800, 800), np.bool_))
        with pytest.raises(NoMemory, match="no room is left") as caught:
            marks.set("/a.jpg", "noise", large, "ignored", "screen")
        assert "Make room" in caught.value.hint
        assert said(marks.read("/a.jpg").marks) == [("blur", "ignored", 0)]
        (disk / "ballast").unlink()
        marks.set("/a.jpg", "noise", cells(), "ignored", "screen")
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_folder_that_cannot_be_written_is_read_all_the_same(plain_user: PlainUser) -> None:
    with plain_user() as folder:
        marks = MarkBook(folder / "state")
        marks.set("/a.jpg", "blur", cells(), "ignored", "screen")
        marks.path.parent.chmod(0o500)
        marks.path.chmod(0o400)
        assert said(marks.read("/a.jpg").marks) == [("blur", "ignored", 0)]
        with pytest.raises(BadInput, match="could not be kept") as caught:
            marks.set("/a.jpg", "noise", cells(), "ignored", "screen")
        assert "FLAWMAP_STATE_DIR" in caught.value.hint


def test_a_file_that_cannot_be_read_is_told(plain_user: PlainUser) -> None:
    with plain_user() as folder:
        marks = MarkBook(folder / "state")
        marks.set("/a.jpg", "blur", cells(), "ignored", "screen")
        marks.path.chmod(0)
        with pytest.raises(BadInput, match="could not be read"):
            marks.read("/a.jpg")


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("in the way")
    with pytest.raises(BadInput, match="could not be kept"):
        MarkBook(tmp_path / "state").set("/a.jpg", "blur", cells(), "ignored", "screen")


# --------------------------------------------------------------------------- a damaged file


def many(marks: MarkBook) -> None:
    for n in range(40):
        place = Cells(600, 800, n, n, np.ones((50, 200), np.bool_))
        marks.set(f"/{n}.jpg", "blur", place, "ignored", "screen")


@pytest.mark.parametrize(
    "damage",
    ["header", "emptied", "cut", "page", "text"],
)
@pytest.mark.parametrize("first", ["read", "set"])
def test_a_damaged_file_is_moved_aside_and_said(marks: MarkBook, damage: str, first: str) -> None:
    many(marks)
    whole = marks.path.read_bytes()
    broken = {
        "header": b"\xff" * 100 + whole[100:],
        "emptied": bytes(len(whole)),
        "cut": whole[: len(whole) // 2 + 77],
        "page": whole[:8192] + os.urandom(4096) + whole[12288:],
        "text": b"these are no marks\n" * 500,
    }[damage]
    marks.path.write_bytes(broken)
    other = MarkBook(marks.path.parent)
    if first == "read":
        found = other.read("/1.jpg")
    else:
        found = other.set("/new.jpg", "noise", cells(), "accepted", "screen")
    (note,) = found.notes
    (aside,) = (p for p in marks.path.parent.glob("*damaged*") if p.name[-1].isdigit())
    assert str(aside) in note
    assert aside.read_bytes()[:4096] == broken[:4096]
    # Said once; and it goes on.
    other.set("/new.jpg", "noise", cells(), "accepted", "screen")
    again = MarkBook(marks.path.parent).read("/new.jpg")
    assert said(again.marks) == [("noise", "accepted", 0)] and again.notes == ()


def test_what_can_be_read_of_a_damaged_file_is_kept(marks: MarkBook) -> None:
    many(marks)
    whole = marks.path.read_bytes()
    marks.path.write_bytes(whole[: len(whole) * 3 // 4 // 4096 * 4096])
    (note,) = MarkBook(marks.path.parent).read("/39.jpg").notes
    saved = int(note.rpartition(", and ")[2].split()[0])
    assert 10 <= saved < 40
    kept = [n for n in range(40) if MarkBook(marks.path.parent).read(f"/{n}.jpg").marks]
    assert len(kept) == saved


def test_the_file_of_a_newer_flawmap_is_left_alone(marks: MarkBook) -> None:
    marks.set("/a.jpg", "blur", cells(), "ignored", "screen")
    with closing(sqlite3.connect(marks.path)) as file:
        file.execute("PRAGMA user_version = 2")
    before = marks.path.read_bytes()
    for attempt in (
        lambda: marks.read("/a.jpg"),
        lambda: marks.set("/a.jpg", "noise", cells(), "ignored", "screen"),
    ):
        with pytest.raises(Unsupported, match="newer Flawmap"):
            attempt()
    assert marks.path.read_bytes() == before


def test_an_empty_file_is_one_whose_maker_was_stopped(marks: MarkBook) -> None:
    marks.path.parent.mkdir()
    marks.path.touch()
    assert marks.read("/a.jpg") == book.Found()
    assert len(marks.set("/a.jpg", "blur", cells(), "ignored", "screen").marks) == 1
