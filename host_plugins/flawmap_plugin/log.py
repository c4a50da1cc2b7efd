"""Log: the plug-in's own file, with full tracebacks and a bounded size."""

from __future__ import annotations

import logging
import logging.handlers
import sys
from pathlib import Path

__all__ = ["open_log"]

_MOST_BYTES = 512 * 1024


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
        # delay: the file is opened at the first line, so that a quiet start leaves none behind.
        handler = logging.handlers.RotatingFileHandler(
            path, maxBytes=_MOST_BYTES, backupCount=1, encoding="utf-8", delay=True
        )
    except OSError:
        pass
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    # Where the disk is full, logging must not print into the editor's terminal at every line.
    handler.handleError = lambda record: None  # type: ignore[method-assign]
    log.addHandler(handler)
    log.info("Python %s", sys.version.split()[0])
    return log
