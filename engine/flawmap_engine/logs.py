"""Logs: one rotating file that only its owner can read. Keys never reach it."""

from __future__ import annotations

import io
import logging
import logging.handlers
import os
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Final

__all__ = ["LEVELS", "start_log"]

LEVELS: Final = ("debug", "info", "warning", "error")
_BYTES: Final = 1 << 20
_OLD_FILES: Final = 2


class _PrivateFile(logging.handlers.RotatingFileHandler):
    """A rotating file whose every generation is 0600, and which follows no link."""

    def _open(self) -> io.TextIOWrapper:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        descriptor = os.open(self.baseFilename, flags, 0o600)
        if hasattr(os, "fchmod"):
            os.fchmod(descriptor, 0o600)
        return open(descriptor, "a", encoding="utf-8", errors="backslashreplace")


def start_log(path: Path, level: str) -> None:
    """Log to a file; exceptions that nobody caught land there too.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    handler = _PrivateFile(path, maxBytes=_BYTES, backupCount=_OLD_FILES, encoding="utf-8")
    handler.setFormatter(
        logging.Formatter("%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s")
    )
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(level.upper())
    # A full disk must not bring tracebacks to a person.
    logging.raiseExceptions = False
    logging.captureWarnings(True)
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_thread


def _log_uncaught(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    logging.getLogger(__name__).critical("Uncaught", exc_info=(kind, error, trace))


def _log_thread(arguments: threading.ExceptHookArgs) -> None:
    error = arguments.exc_value
    if error is not None:
        _log_uncaught(arguments.exc_type, error, arguments.exc_traceback)
