"""Rows: the table of marks, and a mark as one of its rows."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from flawmap_api.errors import Unsupported
from flawmap_api.words import DISTORTIONS, VERDICTS, VIEWS

from .places import Cells, StoredMark

__all__ = [
    "add",
    "check_version",
    "of_lineage",
    "peek",
    "prepare",
    "remove",
    "remove_all",
    "saved_from",
]

#: Version of the table, in the file's `user_version`.
_VERSION: Final = 1
_TABLE: Final = """
CREATE TABLE IF NOT EXISTS marks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    lineage BLOB NOT NULL,
    distortion TEXT NOT NULL,
    verdict TEXT NOT NULL,
    view TEXT NOT NULL,
    grid_rows INTEGER NOT NULL,
    grid_cols INTEGER NOT NULL,
    first_row INTEGER NOT NULL,
    first_col INTEGER NOT NULL,
    height INTEGER NOT NULL,
    width INTEGER NOT NULL,
    bits BLOB NOT NULL,
    set_at REAL NOT NULL
)
"""
_INDEX: Final = "CREATE INDEX IF NOT EXISTS marks_of_lineage ON marks (lineage)"
_COLUMNS: Final = (
    "id, lineage, distortion, verdict, view, grid_rows, grid_cols, first_row, first_col, "
    "height, width, bits, set_at"
)
_MOST_CELLS: Final = 1 << 24


def prepare(file: sqlite3.Connection) -> None:
    """Make the table if it is not there."""
    file.execute("PRAGMA journal_mode = WAL")
    file.execute("PRAGMA synchronous = FULL")
    if _version(file) == 0:
        file.execute("BEGIN IMMEDIATE")
        file.execute(_TABLE)
        file.execute(_INDEX)
        file.execute(f"PRAGMA user_version = {_VERSION}")
        file.execute("COMMIT")


def peek(file: sqlite3.Connection) -> None:
    """Read something, so that a file which cannot be read is told at once."""
    file.execute("SELECT count(*) FROM sqlite_master").fetchone()


def check_version(file: sqlite3.Connection, path: Path) -> None:
    """Refuse the file of a newer Flawmap, which may mean something else by its columns."""
    if (version := _version(file)) > _VERSION:
        raise Unsupported(
            f"The marks in {path} were written by a newer Flawmap (version {version} of the file).",
            "Update Flawmap.",
        )


def _version(file: sqlite3.Connection) -> int:
    return int(file.execute("PRAGMA user_version").fetchone()[0])


def of_lineage(file: sqlite3.Connection, lineage: str) -> tuple[StoredMark, ...]:
    """The marks of a lineage, the latest last."""
    if _version(file) == 0:
        # Its maker was stopped before the table was there.
        return ()
    found = file.execute(
        f"SELECT {_COLUMNS} FROM marks WHERE lineage = ? ORDER BY id", (_key(lineage),)
    )
    return tuple(mark for row in found if (mark := _mark(row)) is not None)


def add(file: sqlite3.Connection, lineage: str, mark: StoredMark) -> None:
    """Add a mark; its id is given by the file."""
    place = mark.cells
    height, width = place.cells.shape
    values = (
        _key(lineage),
        mark.distortion,
        mark.verdict,
        mark.view,
        place.rows,
        place.cols,
        place.row,
        place.col,
        height,
        width,
        np.packbits(place.cells).tobytes(),
        mark.set_at,
    )
    names = _COLUMNS.partition(", ")[2]
    file.execute(f"INSERT INTO marks ({names}) VALUES ({', '.join('?' * len(values))})", values)


def remove(file: sqlite3.Connection, mark_id: int) -> None:
    """Remove one mark."""
    file.execute("DELETE FROM marks WHERE id = ?", (mark_id,))


def remove_all(file: sqlite3.Connection, lineage: str) -> None:
    """Remove the marks of a lineage."""
    file.execute("DELETE FROM marks WHERE lineage = ?", (_key(lineage),))


def saved_from(path: Path) -> list[tuple[str, StoredMark]]:
    """What can still be read of a damaged file, with its lineages, the latest last."""
    saved: dict[int, tuple[str, StoredMark]] = {}
    # From both ends, each time as far as the first page that is broken.
    for order in ("ASC", "DESC"):
        with contextlib.suppress(sqlite3.Error):
            address = f"{path.as_uri()}?mode=ro"
            with contextlib.closing(sqlite3.connect(address, uri=True, timeout=1.0)) as file:
                # Else a file that is shorter than it says would not be looked into at all.
                file.execute("PRAGMA writable_schema = ON")
                for row in file.execute(
                    f"SELECT {_COLUMNS} FROM marks NOT INDEXED ORDER BY id {order}"
                ):
                    if (mark := _mark(row)) is not None and isinstance(row[1], bytes):
                        saved[mark.id] = (row[1].decode("utf-8", "surrogatepass"), mark)
    return [saved[number] for number in sorted(saved)]


def _key(lineage: str) -> bytes:
    # Paths may hold lone surrogates, which SQLite's text cannot.
    return lineage.encode("utf-8", "surrogatepass")


def _mark(row: Sequence[Any]) -> StoredMark | None:
    """A row as a mark; None if a hand or a fault has made nonsense of it."""
    identifier, _, distortion, verdict, view, *numbers, bits, set_at = row
    if not all(isinstance(n, int) for n in numbers) or not isinstance(set_at, float):
        return None
    rows, cols, row_, col, height, width = numbers
    fits = 0 <= row_ < row_ + height <= rows and 0 <= col < col + width <= cols
    known = distortion in DISTORTIONS and verdict in VERDICTS and view in VIEWS
    if not (fits and known) or rows * cols > _MOST_CELLS or not isinstance(bits, bytes):
        return None
    if len(bits) != (height * width + 7) // 8:
        return None
    cells = np.unpackbits(np.frombuffer(bits, np.uint8), count=height * width)
    place = Cells(rows, cols, row_, col, cells.reshape(height, width).astype(np.bool_))
    return StoredMark(identifier, distortion, verdict, view, place, set_at) if cells.any() else None
