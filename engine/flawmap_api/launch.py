"""Launch: find the living engine of this user, or start one, and wait until it answers.

Ready means: it answered `hello` on its socket. No line of log text is ever waited for. A lock file
makes two launches at once end in one engine; a stale connection file is replaced under that lock.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from . import _version
from ._checked import read
from .channel import Channel, exchange
from .connection import (
    ConnectionInfo,
    connection_path,
    locked,
    process_is,
    read_connection,
    runtime_dir,
    secure_folder,
)
from .errors import BadInput, EngineLost, FlawmapError, NotFound, VersionMismatch
from .messages import PROTOCOL_RANGE, Hello, Ping, Request, Shutdown
from .results import HelloInfo
from .roads import StatusCallback
from .wire import Message

__all__ = [
    "Launched",
    "find_engine",
    "foreign_environment",
    "greet",
    "installation",
    "launch",
    "log_tail",
    "no_common_protocol",
    "shares_protocol",
]

#: How long a living engine may take to say that it is there, and a new one to become ready.
_PING_SECONDS: Final = 2.0
_START_SECONDS: Final = 30.0
#: Engines that this process started; polled so that a dead one does not stay as a zombie.
_children: list[subprocess.Popen[bytes]] = []


@dataclass(frozen=True)
class Launched:
    """A ready engine: how to reach it, what it said, and where it lives.

    `private`: it was started for this client alone; `folder_is_made`: its folder too, and is to be
    removed with it.
    """

    info: ConnectionInfo
    hello: HelloInfo
    folder: Path
    private: bool = False
    folder_is_made: bool = False

    def alive(self) -> bool:
        """Whether its process still runs."""
        _reap()
        return process_is(self.info.pid, self.info.started)

    def link(self) -> Channel:
        """A socket to its work address."""
        return Channel(self.info, self.info.work)

    def control(self, request: Request, *, timeout: float) -> Message:
        """Ask its control address, on a socket of its own; from any thread."""
        return exchange(self.info, self.info.control, request, timeout=timeout)


class _Killed(EngineLost):
    """The engine was killed while it was starting."""


def installation() -> str:
    """The folder that this copy of Flawmap is imported from; it names the installation."""
    return str(Path(__file__).resolve().parent.parent)


def find_engine(folder: Path | None = None) -> ConnectionInfo | None:
    """The living engine of a runtime folder (default: this user's), or None.

    Its process lives and answered `ping`.
    """
    folder = folder or runtime_dir()
    if not folder.is_dir():
        return None
    info = read_connection(connection_path(folder))
    _reap()
    if info is None or not process_is(info.pid, info.started):
        return None
    try:
        exchange(info, info.control, Ping(), timeout=_PING_SECONDS)
    except EngineLost:
        return None
    return info


def launch(
    *,
    device: str = "auto",
    folder: Path | None = None,
    private: bool = False,
    start: bool = True,
    adopt_others: bool = False,
    timeout: float = _START_SECONDS,
    engine_command: Sequence[str] | None = None,
    on_status: StatusCallback | None = None,
) -> Launched:
    """Find a living engine that fits or start one.

    Parameters
    ----------
    device : "auto" | "cpu" | "cuda" | "coreml" | "directml"
        An engine on another device than the one asked for does not fit.
    folder : Path, optional
        Runtime folder; default `connection.runtime_dir()`.
    private : bool
        Start an engine of one's own, in a folder of its own unless `folder` is given. It ends with
        this process.
    start : bool
        False: raise `NotFound` instead of starting one.
    adopt_others : bool
        Take a living engine of another installation or version if the protocol fits (editors do);
        otherwise that engine is asked to end once idle, and one's own is started.
    timeout : float
        Seconds that a new engine may take to answer.
    engine_command : sequence of str, optional
        What starts an engine where `sys.executable` is not its Python (in an editor it is the
        editor's). FLAWMAP_ENGINE goes before it; the default is `python -P -m flawmap_engine`.

    Raises
    ------
    EngineLost
        If the engine ended at its start or did not answer in time; with its log's last lines.
    VersionMismatch
        If engine and client have no protocol in common.
    NotFound
        If `start` is False and none runs.
    """
    made = private and folder is None
    folder = Path(tempfile.mkdtemp(prefix="flawmap-")) if made else folder or runtime_dir()
    folder = secure_folder(folder.absolute())
    try:
        with locked(folder / "engine.lock", timeout=timeout + 10):
            found = None if private else _fitting(folder, device, adopt_others, start)
            if found is not None:
                return found
            if not start:
                raise NotFound("No engine is running.", "Start one with `flawmap engine start`.")
            if on_status:
                on_status("Starting the engine …")
            command = _command(engine_command, folder, device, private)
            try:
                info, hello = _start(command, folder, timeout)
            except _Killed:
                # Somebody else's doing, not a fault of its start: it may well start now.
                info, hello = _start(command, folder, timeout)
            return Launched(info, hello, folder, private, made)
    except BaseException:
        if made:
            shutil.rmtree(folder, ignore_errors=True)
        raise


def greet(info: ConnectionInfo, *, timeout: float = 10.0) -> HelloInfo:
    """Say hello on the work socket and read what the engine says of itself."""
    message = Hello("flawmap_api", _version.__version__, list(PROTOCOL_RANGE))
    answer = exchange(info, info.work, message, timeout=timeout)
    return read(HelloInfo, dict(answer.body), "hello")


def shares_protocol(info: ConnectionInfo) -> bool:
    """Whether that engine speaks a protocol that this package speaks."""
    low, high = [*info.protocols, 0, 0][:2]
    return low <= PROTOCOL_RANGE[1] and PROTOCOL_RANGE[0] <= high


def no_common_protocol(info: ConnectionInfo) -> VersionMismatch:
    """The error for an engine with which this package shares no protocol."""
    low, high = [*info.protocols, 0, 0][:2]
    older = high < PROTOCOL_RANGE[0]
    return VersionMismatch(
        f"The running engine (Flawmap {info.version}) speaks protocol {low} to {high}, this "
        f"program (Flawmap {_version.__version__}) {PROTOCOL_RANGE[0]} to {PROTOCOL_RANGE[1]}.",
        f"Update {'the engine' if older else 'this program or plug-in'}.",
    )


def log_tail(*logs: Path, lines: int = 8) -> tuple[str, ...]:
    """The last lines of the first log that has any."""
    for log in logs:
        with contextlib.suppress(OSError):
            text = log.read_bytes()[-8192:].decode("utf-8", "replace").strip()
            if text:
                return tuple(text.splitlines()[-lines:])
    return ()


def _fitting(folder: Path, device: str, adopt_others: bool, start: bool) -> Launched | None:
    info = find_engine(folder)
    if info is None:
        return None
    ours = info.version == _version.__version__ and info.installation == installation()
    shared = shares_protocol(info)
    if not shared and not start:
        raise no_common_protocol(info)
    if (ours or (adopt_others or not start)) and shared:
        try:
            hello = greet(info)
        except EngineLost:
            # It ended between the two questions.
            return None
        if device in ("auto", hello.device.requested, hello.device.device):
            return Launched(info, hello, folder)
        if not start:
            raise BadInput(f"The running engine uses {hello.device.device}, not {device}.")
    elif adopt_others:
        raise no_common_protocol(info)
    with contextlib.suppress(FlawmapError):
        exchange(info, info.control, Shutdown(when="idle"), timeout=_PING_SECONDS)
    return None


def foreign_environment() -> dict[str, str]:
    """The environment for a program that is no part of the host which this code runs in.

    An AppImage points its own programs to its own libraries and modules; another Python breaks on
    them.
    """
    environment = dict(os.environ)
    if image := environment.get("APPDIR"):
        for name in ("LD_LIBRARY_PATH", "PYTHONHOME", "PYTHONPATH"):
            parts = environment.pop(name, "").split(os.pathsep)
            kept = [part for part in parts if part and not Path(part).is_relative_to(image)]
            if kept:
                environment[name] = os.pathsep.join(kept)
    return environment


def _command(given: Sequence[str] | None, folder: Path, device: str, private: bool) -> list[str]:
    own = os.environ.get("FLAWMAP_ENGINE")
    # -P: a folder named flawmap_engine where the user happens to stand must not be run.
    default = [sys.executable, "-P", "-m", "flawmap_engine"]
    try:
        start = shlex.split(own) if own else list(given or default)
    except ValueError as error:
        raise BadInput(f"FLAWMAP_ENGINE is no command line: {error}.") from None
    command = [*start, "run", "--runtime-dir", str(folder), "--device", device]
    return [*command, "--parent", str(os.getpid())] if private else command


def _start(command: list[str], folder: Path, timeout: float) -> tuple[ConnectionInfo, HelloInfo]:
    path = connection_path(folder)
    before = read_connection(path)
    said = folder / "engine.start.log"
    descriptor = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            cwd=folder,
            env=foreign_environment(),
            start_new_session=True,
            # Windows: no console window beside a program that has none.
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except OSError as error:
        raise EngineLost(
            f"The engine could not be started: {error.strerror or error}.",
            "Check FLAWMAP_ENGINE, or install Flawmap again.",
        ) from None
    finally:
        os.close(descriptor)
    _children.append(process)
    try:
        return _ready(process, path, before, timeout)
    except BaseException as error:
        killed = (process.poll() or 0) < 0
        # Never leave a half-started engine behind; one that ignores SIGTERM is killed.
        _end(process)
        if isinstance(error, EngineLost) and not error.log_tail:
            error.log_tail = log_tail(said, folder / "engine.log")
            if killed:
                raise _Killed(error.message, error.hint, error.log_tail) from None
        raise


def _ready(
    process: subprocess.Popen[bytes], path: Path, before: ConnectionInfo | None, timeout: float
) -> tuple[ConnectionInfo, HelloInfo]:
    deadline = time.monotonic() + timeout
    while (left := deadline - time.monotonic()) > 0:
        if process.poll() is not None:
            raise EngineLost(
                f"The engine ended while it was starting (exit code {process.returncode}).",
                "`flawmap doctor` looks for the cause.",
            )
        info = read_connection(path)
        if info is not None and info != before and process_is(info.pid, info.started):
            return info, greet(info, timeout=left)
        time.sleep(0.01)
    raise EngineLost(
        f"The engine did not become ready within {timeout:.0f} s.",
        "`flawmap doctor` looks for the cause.",
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(2)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@atexit.register
def _leave_running() -> None:
    for process in _children:
        # The engine is meant to outlive this program; Popen would warn that it still runs.
        process.returncode = 0


def _reap() -> None:
    for process in list(_children):
        if process.poll() is not None:
            _children.remove(process)
