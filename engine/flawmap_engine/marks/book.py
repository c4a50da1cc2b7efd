"""Book: the marks of all photos in one SQLite file, which several engines may use at once.

Each call opens the file and closes it again, so nothing is held that another engine, a backup or a
person's hand could be in the way of. A write is one transaction: it is there as a whole or not at
all, whatever happens to the process or the disk. A file that is damaged is moved aside, never
deleted, and what can still be read of it goes into a new one.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from flawmap_api.connection import locked
from flawmap_api.errors import BadInput, Busy, EngineLost, FlawmapError, NoMemory

from . import rows
from .places import SAME, Cells, StoredMark, overlap

__all__ = ["Found", "MarkBook", "state_dir"]

_log = logging.getLogger(__name__)

Work = Callable[[sqlite3.Connection], tuple[StoredMark, ...]]

#: How long a call waits for another program that is writing, in seconds.
_PATIENCE: Final = 5.0
_NO_WRITING: Final = ("SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PERM", "SQLITE_IOERR")
_CURE: Final = "Make it writable, or set FLAWMAP_STATE_DIR to a folder that is."


def state_dir() -> Path:
    """This user's folder for what is to last: `FLAWMAP_STATE_DIR`, else the system's place.

    Raises
    ------
    BadInput
        If the user has no home folder either.
    """
    if chosen := os.environ.get("FLAWMAP_STATE_DIR"):
        return Path(chosen).absolute()
    try:
        if sys.platform == "win32":
            base = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
            return Path(base) / "flawmap" / "data"
        if sys.platform == "darwin":
            return Path.home() / "Library" / "Application Support" / "flawmap"
        base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
        return Path(base).absolute() / "flawmap"
    except RuntimeError:
        raise BadInput(
            "Marks have no place: this user has no home folder.",
            "Set FLAWMAP_STATE_DIR to a folder for them.",
        ) from None


@dataclass(frozen=True)
class Found:
    """Marks of a lineage, the latest last, and what a person should know of their file."""

    marks: tuple[StoredMark, ...] = ()
    notes: tuple[str, ...] = ()


class _DamagedError(sqlite3.DatabaseError):
    """The file can be opened, and its pages do not hold together."""


class MarkBook:
    """The marks of this user.

    Parameters
    ----------
    folder : Path, optional
        Where the file lies; default `state_dir()`. It is made with the first mark.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.path = (folder or state_dir()) / "marks.sqlite3"
        #: Files that this process has looked through, by device and inode.
        self._sound: set[tuple[int, int]] = set()

    def read(self, lineage: str) -> Found:
        """The marks of a lineage.

        Raises
        ------
        FlawmapError
            If the file is there and cannot be read; the sentence says why.
        """
        try:
            if not os.path.lexists(self.path):
                return Found()
            return self._done(lambda file: rows.of_lineage(file, lineage), writing=False)
        except OSError as error:
            raise self._told(error, "read") from None

    def set(
        self, lineage: str, distortion: str, cells: Cells, verdict: str | None, view: str
    ) -> Found:
        """Keep a verdict on a region in place of the one before; None takes that back.

        Returns
        -------
        Found
            All marks of the lineage as they are now; the new one is the last.

        Raises
        ------
        FlawmapError
            If it cannot be kept; the marks are then as they were.
        """

        def change(file: sqlite3.Connection) -> tuple[StoredMark, ...]:
            for mark in rows.of_lineage(file, lineage):
                if mark.distortion == distortion and overlap(cells, mark.cells) >= SAME:
                    rows.remove(file, mark.id)
            if verdict is not None:
                mark = StoredMark(0, distortion, verdict, view, cells, time.time())
                rows.add(file, lineage, mark)
            return rows.of_lineage(file, lineage)

        return self._written(change)

    def clear(self, lineage: str) -> Found:
        """Take back every mark of a lineage; raises as `set`."""

        def change(file: sqlite3.Connection) -> tuple[StoredMark, ...]:
            rows.remove_all(file, lineage)
            return ()

        return self._written(change)

    def _written(self, change: Work) -> Found:
        def work(file: sqlite3.Connection) -> tuple[StoredMark, ...]:
            with _transaction(file):
                return change(file)

        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._alone():
                return self._done(work, writing=True)
        except OSError as error:
            raise self._told(error, "kept") from None

    def _done(self, work: Work, *, writing: bool) -> Found:
        """Do it; if the file turns out to be damaged, once more with another one."""
        what = "kept" if writing else "read"
        try:
            return Found(self._once(work, writing))
        except sqlite3.Error as error:
            if not _is_damage(error):
                raise self._told(error, what) from None
        try:
            with contextlib.nullcontext() if writing else self._alone():
                notes = self._replaced()
            return Found(self._once(work, writing), notes)
        except (sqlite3.Error, OSError) as error:
            raise self._told(error, what) from None

    def _once(self, work: Work, writing: bool) -> tuple[StoredMark, ...]:
        with contextlib.closing(self._to_write() if writing else self._to_read()) as file:
            self._look_through(file)
            rows.check_version(file, self.path)
            return work(file)

    def _to_write(self) -> sqlite3.Connection:
        if not self.path.exists():
            # Nobody else's business: its rows name the paths of photos.
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        return _connected(self.path, "rw", rows.prepare)

    def _to_read(self) -> sqlite3.Connection:
        for mode in ("rw", "ro"):
            try:
                return _connected(self.path, mode, rows.peek)
            except sqlite3.OperationalError as error:
                if not _is(error, *_NO_WRITING):
                    raise
        # A folder that nothing can be written into: nobody writes, so nothing need be guarded.
        return _connected(self.path, "ro&immutable=1", rows.peek)

    def _look_through(self, file: sqlite3.Connection) -> None:
        """Look once at every page, so that damage is found before it hides a mark."""
        status = os.stat(self.path)
        key = (status.st_dev, status.st_ino)
        if key not in self._sound:
            if file.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                raise _DamagedError("The file of marks is damaged.")
            self._sound.add(key)

    def _replaced(self) -> tuple[str, ...]:
        """Move a damaged file aside and put what can be read of it into a new one."""
        self._sound.clear()
        with contextlib.suppress(sqlite3.Error, FlawmapError):
            # Another engine may have done it meanwhile.
            self._once(lambda _: (), True)
            return ()
        saved = rows.saved_from(self.path)
        stem, number = f"{self.path.name}.damaged-{time.strftime('%Y%m%d')}", 1
        while (aside := self.path.with_name(f"{stem}-{number}")).exists():
            number += 1
        os.rename(self.path, aside)
        for part in ("-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                os.rename(f"{self.path}{part}", f"{aside}{part}")
        with contextlib.closing(self._to_write()) as file, _transaction(file):
            for lineage, mark in saved:
                rows.add(file, lineage, mark)
        kept = f"{len(saved)} marks could be read and are kept" if saved else "a new one is begun"
        note = f"The file of marks was damaged; it lies now at {aside}, and {kept}."
        _log.warning("%s", note)
        return (note,)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other engines from making, changing or moving the file meanwhile."""
        with contextlib.ExitStack() as stack:
            try:
                lock = locked(self.path.with_name("marks.lock"), timeout=_PATIENCE)
                stack.enter_context(lock)
            except Busy:
                raise Busy(
                    f"Another program has been writing marks for {_PATIENCE:.0f} s.", "Try again."
                ) from None
            except EngineLost as error:
                raise BadInput(f"The mark could not be kept: {error.message}", _CURE) from None
            yield

    def _told(self, error: Exception, what: str) -> FlawmapError:
        """The sentence for what the system or SQLite refused; `what` is "kept" or "read"."""
        subject = "The mark could not be kept" if what == "kept" else "The marks could not be read"
        if _is(error, "SQLITE_FULL") or getattr(error, "errno", None) == errno.ENOSPC:
            return NoMemory(
                f"{subject}: no room is left on the disk of {self.path.parent}.",
                "Make room there and try again.",
            )
        if _is(error, "SQLITE_BUSY", "SQLITE_LOCKED"):
            return Busy(f"{subject}: another program is using {self.path}.", "Try again.")
        reason = getattr(error, "strerror", None) or str(error)
        return BadInput(f"{subject}: {self.path}: {reason}.", _CURE)


@contextlib.contextmanager
def _transaction(file: sqlite3.Connection) -> Iterator[None]:
    # Immediate: whoever reads first and writes then would be turned away by another writer.
    file.execute("BEGIN IMMEDIATE")
    try:
        yield
        file.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            file.execute("ROLLBACK")
        raise


def _connected(
    path: Path, mode: str, first: Callable[[sqlite3.Connection], None]
) -> sqlite3.Connection:
    """An open file, after something was done with it: SQLite looks at a file no sooner."""
    address = f"{path.as_uri()}?mode={mode}"
    file = sqlite3.connect(address, timeout=_PATIENCE, isolation_level=None, uri=True)
    try:
        first(file)
    except BaseException:
        file.close()
        raise
    return file


def _is(error: Exception, *names: str) -> bool:
    return (getattr(error, "sqlite_errorname", None) or "").startswith(names)


def _is_damage(error: Exception) -> bool:
    return isinstance(error, _DamagedError) or _is(error, "SQLITE_CORRUPT", "SQLITE_NOTADB")
