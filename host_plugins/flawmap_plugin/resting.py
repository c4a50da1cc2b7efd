"""Resting: what the engine still looks at once the person is served, and nobody waits for.

Layers come from the screen view; the pixel view follows here, for one document at a time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from flawmap_api.results import OpenedPhoto

from . import asks
from .findings import Findings
from .link import EngineLink, Task

__all__ = ["Resting"]


class Resting:
    """The one background task.

    Parameters
    ----------
    link : EngineLink
    log : Logger
    """

    def __init__(self, link: EngineLink, log: logging.Logger) -> None:
        self._link = link
        self._log = log
        self._photo: OpenedPhoto | None = None
        self._found: Findings | None = None
        self.task: Task | None = None

    def is_wanted(self, found: Findings) -> bool:
        """Whether there is something left to look at that nobody looks at yet.

        What looks at an older picture of the same document is ended.
        """
        if found.photo is not None and found.photo is self._photo:
            return False
        if found is self._found:
            self.stop()
        return found.photo is not None and not found.complete

    def begin(self, found: Findings, then: Callable[[bool], None]) -> None:
        """Look at it, and tell whether the report has all now; a failure is told to nobody."""

        def done(value: Any, error: BaseException | None) -> None:
            self.task = self._photo = self._found = None
            if error is not None:
                self._log.info("The pixel view is left out: %s", error)
            then(error is not None or bool(value))

        self._photo, self._found = found.photo, found
        self.task = self._link.start(lambda _: asks.rest(found), done)

    def stop(self) -> None:
        """End it; what is then still to be looked at is looked at after the next verb."""
        if self.task is not None:
            self.task.cancel()
