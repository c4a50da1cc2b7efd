"""Mailbox: how menu entries reach the one process that holds panel and engine.

GIMP starts a process for each entry that is chosen; it lays a letter into a folder and ends. The
entries could be procedures of the lasting process itself, but GIMP may call one of those while that
process sends or fetches pixels, takes its answer for a tile, and kills it.

Standard library alone: every chosen entry pays for what is imported here.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

__all__ = ["Mailbox", "folder_of", "post", "reader_lives", "shown", "taken"]

_READER = "reader.pid"
_SHOWN = "state.json"
_LETTER = ".letter"


def folder_of(runtime: str, gimp: int) -> Path:
    """The folder of the GIMP with that process number, in the user's private runtime folder."""
    return Path(runtime) / "flawmap-gimp" / str(gimp)


def post(folder: Path, letter: dict[str, Any]) -> Path:
    """Lay a letter into the folder; returns its place, which is empty once it was read."""
    _make(folder)
    place = folder / f"{time.time_ns()}-{os.getpid()}{_LETTER}"
    _write(place, json.dumps(letter))
    return place


def taken(place: Path, seconds: float) -> bool:
    """Wait until a letter was read and what it asks for was begun; False if it still lies there."""
    deadline = time.monotonic() + seconds
    while place.exists():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def reader_lives(folder: Path) -> bool:
    """Whether somebody reads the letters of this folder."""
    try:
        return _lives(int((folder / _READER).read_text("ascii")))
    except (OSError, ValueError):
        return False


def shown(folder: Path) -> str:
    """The last state that was shown there, as JSON; `{}` before the first."""
    try:
        return (folder / _SHOWN).read_text("utf-8")
    except OSError:
        return "{}"


class Mailbox:
    """The reader's side of a folder.

    Making one says that somebody reads here, and clears what ended GIMPs have left.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        _make(folder)
        _clear(folder)
        _write(folder / _READER, str(os.getpid()))

    def read(self) -> list[tuple[Path, dict[str, Any]]]:
        """Letters that lie there, the oldest first; `done` takes one away."""
        found = []
        for place in sorted(self.folder.glob(f"*{_LETTER}")):
            try:
                letter = json.loads(place.read_text("utf-8"))
            except (OSError, ValueError):
                self.done(place)
                continue
            found.append((place, letter if isinstance(letter, dict) else {}))
        return found

    def done(self, place: Path) -> None:
        """What a letter asks for was begun."""
        with contextlib.suppress(OSError):
            place.unlink()

    def show(self, state: str) -> None:
        """Let those who ask read this."""
        with contextlib.suppress(OSError):
            _write(self.folder / _SHOWN, state)

    def close(self) -> None:
        """Nobody reads here any more."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _make(folder: Path) -> None:
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)


def _write(place: Path, text: str) -> None:
    draft = place.with_suffix(f".{os.getpid()}.draft")
    draft.write_text(text, "utf-8")
    os.replace(draft, place)


def _clear(folder: Path) -> None:
    """Remove the folders of GIMPs that have ended."""
    for other in folder.parent.iterdir():
        ended = other.name.isdecimal() and not _lives(int(other.name))
        if ended and other != folder:
            shutil.rmtree(other, ignore_errors=True)


def _lives(process: int) -> bool:
    if os.name != "posix":
        # os.kill would end it there. A letter that nobody takes tells as much, only later.
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
