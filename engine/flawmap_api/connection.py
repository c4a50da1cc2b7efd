"""The connection file: how a client of the same user finds the engine and proves who it is.

JSON, mode 0600, in the runtime folder (0700). It holds the only client key that the engine admits,
so a file or folder that others can read is refused, never repaired in silence. Standard library
only.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import stat
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ._checked import read
from .errors import BadInput, Busy, EngineLost

__all__ = [
    "ConnectionInfo",
    "connection_path",
    "locked",
    "process_is",
    "process_start",
    "read_connection",
    "remove_connection",
    "runtime_dir",
    "secure_folder",
    "write_connection",
]

_POSIX = os.name == "posix"
_DELETE = "Delete it; the next engine writes a new one."
_OTHER_FOLDER = "Set FLAWMAP_RUNTIME_DIR to a folder of your own that nobody else can enter."


@dataclass(frozen=True)
class ConnectionInfo:
    """What the file says.

    Attributes
    ----------
    work, control : str
        Addresses, `tcp://127.0.0.1:…`.
    server_public, client_public, client_secret : str
        CURVE keys (Z85), new at each start of the engine.
    pid, started : int, float
        Process id and its start time in the system's own unit; together they name one process.
    protocols : [oldest, newest]
        What the engine serves.
    version, installation : str
        Package version and the folder that it was imported from.
    models : dict of name to SHA-256
    device : str
        The device that was asked for.
    folder, log : str
        Where pixels travel, and the log file.
    """

    work: str
    control: str
    server_public: str
    client_public: str
    client_secret: str
    pid: int
    started: float
    protocols: list[int]
    version: str
    installation: str
    device: str
    folder: str
    log: str
    models: dict[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        # Keys must not reach a log by way of a traceback or a debug print.
        return f"ConnectionInfo(pid={self.pid}, work={self.work!r}, version={self.version!r})"


def runtime_dir() -> Path:
    """This user's folder of the connection file: `FLAWMAP_RUNTIME_DIR`, else the system's place."""
    if chosen := os.environ.get("FLAWMAP_RUNTIME_DIR"):
        return Path(chosen).absolute()
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
        return Path(base) / "flawmap" / "run"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "flawmap" / "run"
    base = os.environ.get("XDG_RUNTIME_DIR", "")
    if base and Path(base).is_dir():
        return Path(base) / "flawmap"
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache) / "flawmap" / "run"


def connection_path(folder: Path) -> Path:
    """Where the connection file lies in a runtime folder."""
    return folder / "engine.json"


def secure_folder(folder: Path) -> Path:
    """Make the folder 0700 if it is not there; refuse one that others own or can enter.

    Raises
    ------
    EngineLost
        If the folder belongs to somebody else, is a link, is open to others, or cannot be made.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = os.lstat(folder)
    except OSError as error:
        raise EngineLost(
            f"The runtime folder {folder} cannot be used: {error.strerror or error}.",
            "Set FLAWMAP_RUNTIME_DIR to a folder of your own.",
        ) from None
    _refuse_open(folder, status, stat.S_ISDIR(status.st_mode), "folder", _OTHER_FOLDER)
    return folder


def _refuse_open(
    path: Path, status: os.stat_result, right_kind: bool, kind: str, cure: str
) -> None:
    if not right_kind:
        raise EngineLost(f"{path} is not a {kind} of its own; it may be a link.", "Remove it.")
    if not _POSIX:
        return
    if status.st_uid != os.getuid():
        raise EngineLost(f"The {kind} {path} belongs to another user.", cure)
    if status.st_mode & 0o077:
        raise EngineLost(
            f"Others can read the {kind} {path}, and it guards the engine's key.", cure
        )


def write_connection(info: ConnectionInfo, path: Path) -> None:
    """Write the file beside its place, 0600, and rename it there: never half a file.

    Raises
    ------
    OSError
        If writing, syncing or renaming fails; the old file is then as it was, nothing is left over.
    """
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    text = json.dumps(dataclasses.asdict(info), indent=1).encode()
    with contextlib.suppress(FileNotFoundError):
        os.unlink(temporary)
    try:
        # O_EXCL: a link that waits at this name is refused, and 0600 holds from the first byte.
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def read_connection(path: Path) -> ConnectionInfo | None:
    """Read the file; None if there is none or it is damaged (the next engine replaces it).

    Raises
    ------
    EngineLost
        If others own or can read the file or its folder.
    """
    try:
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise EngineLost(
            f"The connection file {path} cannot be read: {error.strerror or error}.", "Remove it."
        ) from None
    try:
        status = os.fstat(descriptor)
        _refuse_open(path, status, stat.S_ISREG(status.st_mode), "file", _DELETE)
        folder = path.parent
        _refuse_open(folder, os.stat(folder), True, "folder", _OTHER_FOLDER)
        text = os.read(descriptor, 1 << 20)
    finally:
        os.close(descriptor)
    try:
        return read(ConnectionInfo, json.loads(text), "connection file")
    except (ValueError, RecursionError, BadInput):
        return None


def remove_connection(path: Path, pid: int) -> None:
    """Remove the file if it is still that of process `pid`; a newer engine may have replaced it."""
    with contextlib.suppress(EngineLost, OSError):
        info = read_connection(path)
        if info is not None and info.pid == pid:
            os.unlink(path)


def process_start(pid: int) -> float | None:
    """Start time of a living process in the system's own unit; None if it is dead.

    Where the system does not tell (no /proc), 0.0 stands for "alive".
    """
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            # The second field may hold spaces and brackets: count from its last bracket.
            values = file.read().rpartition(b")")[2].split()
    except FileNotFoundError:
        return None if os.path.isdir("/proc/self") else _alive(pid)
    except OSError:
        return None
    state, started = values[0], values[19]
    return None if state in (b"Z", b"X") else float(started)


def _alive(pid: int) -> float | None:
    if sys.platform == "win32":
        import ctypes

        kernel = ctypes.windll.kernel32
        handle = kernel.OpenProcess(0x1000, False, pid)
        if not handle:
            return None
        code = ctypes.c_ulong()
        kernel.GetExitCodeProcess(handle, ctypes.byref(code))
        kernel.CloseHandle(handle)
        return 0.0 if code.value == 259 else None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except OSError:
        pass
    return 0.0


def process_is(pid: int, started: float) -> bool:
    """Whether process `pid` lives and is the one that started then."""
    return process_start(pid) == started


@contextlib.contextmanager
def locked(path: Path, *, timeout: float = 30.0) -> Iterator[None]:
    """Hold an exclusive lock on a file; the system frees it if the holder dies.

    Raises
    ------
    Busy
        If somebody else still holds it after `timeout` seconds.
    EngineLost
        If the file cannot be opened.
    """
    try:
        file: Any = open(path, "a+b")  # noqa: SIM115 - closed below, with the lock
    except OSError as error:
        raise EngineLost(
            f"The lock file {path} cannot be opened: {error.strerror or error}.", "Delete it."
        ) from None
    try:
        deadline = time.monotonic() + timeout
        while not _try_lock(file):
            if time.monotonic() > deadline:
                raise Busy(
                    f"Another program has been starting the engine for {timeout:.0f} s ({path}).",
                    "Wait, or end it.",
                )
            time.sleep(0.02)
        yield
    finally:
        file.close()


def _try_lock(file: Any) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
