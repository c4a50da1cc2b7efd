"""Lifecycle: how the engine process starts, watches itself and ends.

It ends by itself: after a time without requests, when its caller has died (`--parent`), when
another engine took its place in the connection file, on SIGTERM, or when a client asks it to.
Whatever it leaves behind when it is killed, the next start deletes.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import signal
import sys
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from flawmap_api.connection import (
    ConnectionInfo,
    connection_path,
    process_start,
    remove_connection,
    runtime_dir,
    secure_folder,
    write_connection,
)
from flawmap_api.errors import FlawmapError
from flawmap_api.messages import PROTOCOL_RANGE
from flawmap_api.words import DEVICES

from . import __version__
from .application import Application
from .logs import LEVELS, start_log
from .memory import memory_budget
from .pixel_files import remove_leftovers

if TYPE_CHECKING:
    from .inference import Networks

__all__ = ["FAILED", "Options", "end_process", "main", "run"]

_log = logging.getLogger(__name__)

#: Exit code of an engine that could not start.
FAILED: Final = 3
_WATCH_SECONDS: Final = 0.25
#: "Once idle" means no jobs, and nobody who asked within this time.
_CALM_SECONDS: Final = 1.0
_EXIT_SECONDS: Final = 2.0


@dataclass(frozen=True)
class Options:
    """How to run.

    Attributes
    ----------
    folder : Path
        Runtime folder.
    device : str
    threads : int or None
        None: FLAWMAP_THREADS, else the processors.
    memory : int
        Bytes for photos and analyses. 0: FLAWMAP_MEMORY, else what the machine allows.
    idle_seconds : float
        After so long without a request the engine ends; 0 means never.
    parent : int or None
        A process to end with.
    log_level : str
    """

    folder: Path
    device: str = "auto"
    threads: int | None = None
    memory: int = 0
    idle_seconds: float = 1800.0
    parent: int | None = None
    log_level: str = "info"


def main(arguments: list[str] | None = None) -> int:
    """Entry of `python -m flawmap_engine`; gives the exit code."""
    return run(_options(arguments))


def end_process(code: int) -> NoReturn:
    """End this process with that code, and soon.

    Python waits for the threads of pools when it ends; one that hangs (on a dead network disk, say)
    must not keep the process.
    """
    last_resort = threading.Timer(_EXIT_SECONDS, os._exit, (code,))
    last_resort.daemon = True
    last_resort.start()
    raise SystemExit(code)


def run(options: Options) -> int:
    """Be an engine until something ends it.

    Returns
    -------
    int
        0, or 3 if it could not start; the reason is then on stderr, in one sentence.
    """
    try:
        folder = secure_folder(options.folder)
        log = folder / "engine.log"
        start_log(log, options.log_level)
    except FlawmapError as error:
        return _refuse(error)
    except OSError as error:
        return _refuse(f"The log cannot be written: {error}.")
    try:
        return _Process(options, folder, log).run()
    except FlawmapError as error:
        return _refuse(error)
    except Exception as error:
        _log.exception("The engine could not start.")
        return _refuse(f"The engine could not start ({error}). The log tells more: {log}")


def _refuse(reason: FlawmapError | str) -> int:
    _log.error("%s", reason)
    print(f"flawmap engine: {reason}", file=sys.stderr, flush=True)
    return FAILED


class _Process:
    def __init__(self, options: Options, folder: Path, log: Path) -> None:
        self._options = options
        self._log = log
        self._path = connection_path(folder)
        self._ending = threading.Event()
        self._when_idle = False
        self._parent_start = process_start(options.parent) if options.parent else None
        self._loading: Future[Networks] = Future()
        from .inference.replaced import WeightsWatch
        from .inference.threads import thread_budget

        self._weights = WeightsWatch()
        self._listen_to_signals()
        self._threads = thread_budget(options.threads)
        threading.Thread(target=self._load, name="loading", daemon=True).start()
        for leftover in remove_leftovers(folder):
            _log.info("Deleted %s, which a dead engine had left.", leftover.name)
        self._app = Application(
            folder,
            self._loading,
            device=options.device,
            threads=self._threads,
            memory=memory_budget(options.memory),
            log=log,
            on_shutdown=self._asked_to_end,
        )

    def run(self) -> int:
        try:
            reason = self._serve()
        finally:
            remove_connection(self._path, os.getpid())
            ended = self._app.close()
        failure = self._loading.exception() if self._loading.done() else None
        _log.info("The engine ends: %s.", reason)
        code = 0 if failure is None else _refuse(_sentence(failure, self._log))
        logging.shutdown()
        if not ended:
            # A thread still computes, and nothing it does is wanted: do not tear it down in pieces.
            sys.stderr.flush()
            os._exit(code)
        return code

    def _serve(self) -> str:
        """Answer until there is a reason to end, and give it."""
        self._app.start()
        write_connection(self._connection(), self._path)
        own_file = _identity(self._path)
        _log.info(
            "Engine %s runs: process %d, device %s, %d threads.",
            __version__,
            os.getpid(),
            self._options.device,
            self._threads,
        )
        return self._watch(own_file)

    def _watch(self, own_file: tuple[int, int] | None) -> str:
        """Wait until there is a reason to end, and give it."""
        while not self._ending.wait(_WATCH_SECONDS):
            idle = self._app.jobs.idle_seconds()
            if self._loading.done() and self._loading.exception() and idle > _WATCH_SECONDS:
                return "its networks cannot be loaded"
            if self._options.parent and not self._parent_lives():
                return "its parent has ended"
            if self._options.idle_seconds and idle > self._options.idle_seconds:
                return f"nobody asked for anything for {idle:.0f} s"
            if idle > _CALM_SECONDS:
                if self._when_idle:
                    return "it was asked to end once idle"
                if _identity(self._path) != own_file:
                    return "another engine has taken its place"
                if self._weights.changed():
                    return "its networks were replaced"
        return "it was told to"

    def _parent_lives(self) -> bool:
        started = process_start(self._options.parent or 0)
        return started is not None and started == self._parent_start

    def _asked_to_end(self, when: str) -> None:
        if when == "now":
            self._ending.set()
        else:
            self._when_idle = True

    def _listen_to_signals(self) -> None:
        for name in ("SIGTERM", "SIGINT", "SIGBREAK"):
            if (number := getattr(signal, name, None)) is not None:
                signal.signal(number, lambda *_: self._ending.set())
        if hasattr(signal, "SIGHUP"):
            # The terminal that started it may go; the engine serves others.
            signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def _load(self) -> None:
        try:
            from .inference import Networks

            networks = Networks.load(device=self._options.device, threads=self._threads)
        except BaseException as error:
            if not isinstance(error, FlawmapError):
                _log.exception("The networks cannot be loaded.")
            self._loading.set_exception(error)
        else:
            _log.info("Networks: %s %s.", networks.card.name, networks.device)
            self._loading.set_result(networks)

    def _connection(self) -> ConnectionInfo:
        app, keys = self._app, self._app.keys
        return ConnectionInfo(
            work=app.work_address,
            control=app.control_address,
            server_public=keys.server_public.decode(),
            client_public=keys.client_public.decode(),
            client_secret=keys.client_secret.decode(),
            pid=app.engine.pid,
            started=app.engine.started,
            protocols=list(PROTOCOL_RANGE),
            version=__version__,
            installation=app.engine.installation,
            device=self._options.device,
            folder=str(app.engine.files.folder),
            log=str(self._log),
            models=self._weights.models,
        )


def _sentence(failure: BaseException, log: Path) -> FlawmapError | str:
    if isinstance(failure, FlawmapError):
        return failure
    return f"The networks cannot be loaded ({failure}). The log tells more: {log}"


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file lies there; None if there is none."""
    with contextlib.suppress(OSError):
        status = os.stat(path)
        return status.st_ino, status.st_mtime_ns
    return None


def _options(arguments: list[str] | None) -> Options:
    parser = argparse.ArgumentParser(
        prog="python -m flawmap_engine", description="The engine process of Flawmap."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("run", help="be an engine until something ends it")
    command.add_argument("--runtime-dir", type=Path, default=None, metavar="DIR")
    command.add_argument("--device", choices=DEVICES, default="auto")
    command.add_argument("--threads", type=_positive, default=None, metavar="N")
    command.add_argument("--memory", type=_positive, default=0, metavar="BYTES")
    command.add_argument("--idle-timeout", type=float, default=1800.0, metavar="SECONDS")
    command.add_argument("--parent", type=_positive, default=None, metavar="PID")
    command.add_argument("--log-level", choices=LEVELS, default="info")
    chosen: Any = parser.parse_args(arguments)
    return Options(
        folder=(chosen.runtime_dir or runtime_dir()).absolute(),
        device=chosen.device,
        threads=chosen.threads,
        memory=chosen.memory,
        idle_seconds=chosen.idle_timeout,
        parent=chosen.parent,
        log_level=chosen.log_level,
    )


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("has to be at least 1")
    return value
