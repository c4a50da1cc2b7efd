"""Engine log: where it lies, whether or not an engine lives."""

from __future__ import annotations

from pathlib import Path

from flawmap_api.connection import connection_path, read_connection, runtime_dir

__all__ = ["engine_log", "last_lines"]


def engine_log() -> Path:
    """The log of the engine that the connection file names, else the place of the next one's.

    Raises
    ------
    EngineLost
        If the connection file cannot be trusted.
    """
    folder = runtime_dir()
    info = read_connection(connection_path(folder))
    return Path(info.log) if info is not None and info.log else folder / "engine.log"


def last_lines(path: Path, count: int) -> list[str]:
    """The last lines of a text file, oldest first; empty if there is no such file.

    Raises
    ------
    OSError
        If the file is there and cannot be read.
    """
    try:
        with path.open("rb") as file:
            # A line of a log is short; a megabyte holds more of them than anybody asks for.
            file.seek(0, 2)
            file.seek(max(0, file.tell() - max(1 << 20, 512 * count)))
            text = file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return []
    return text.splitlines()[-count:] if count else []
