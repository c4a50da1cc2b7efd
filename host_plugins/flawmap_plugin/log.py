"""Log: the plug-in's own file, with full tracebacks and a bounded size."""

from __future__ import annotations

import logging
import logging.handlers
import sys
from pathlib import Path

__all__ = ["open_log"]

_MOST_BYTES = 512 * 1024


class _Quiet(logging.handlers.RotatingFileHandler):
    """Where the disk is full, nothing is printed into the editor's terminal at every line."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        del record


def open_log(path: Path) -> logging.Logger:
    """The plug-in's logger, writing to `path` (and, when that is full, keeping one older file).

    A log that cannot be written does not stop the work: lines then go nowhere.
    """
    log = logging.getLogger("flawmap_plugin")
    log.setLevel(logging.INFO)
    log.propagate = False
    for old in list(log.handlers):
        log.removeHandler(old)
        old.close()
    handler: logging.Handler = logging.NullHandler()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # delay: a folder that cannot be written to is met at the first line, and swallowed there.
        handler = _Quiet(path, maxBytes=_MOST_BYTES, backupCount=1, encoding="utf-8", delay=True)
    except OSError:
        pass
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log.addHandler(handler)
    log.info("Python %s", sys.version.split()[0])
    return log
