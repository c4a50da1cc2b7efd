"""Progress: a bar on standard error while somebody waits at a terminal, and nothing otherwise.

The bar comes only when a photo takes long enough to wonder about, so that answers which are there
at once stay quick and quiet.
"""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any

from .console import Console
from .layout import clean

__all__ = ["Progress"]

#: Seconds that a command may take before it shows a bar.
_PATIENCE = 0.3


class Progress:
    """Which photo of how many is being judged, and how far that one is."""

    def __init__(self, console: Console, total: int) -> None:
        self._console = console
        self._total = total
        self._started = time.monotonic()
        self._bar: Any = None
        self._task: Any = None
        self._shown = False
        self._done = 0
        self._name = ""
        self._share = 0.0

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.hide()

    def photo(self, done: int, name: str) -> None:
        """The next photo begins."""
        self._done, self._name, self._share = done, clean(name), 0.0
        self._show("")

    def step(self, progress: Any) -> None:
        """The photo at hand is so far: a `flawmap_api.results.Progress`."""
        stage = str(progress.stage)
        # A stage of one step says nothing about how long the photo takes; and no bar goes back.
        if progress.total > 1:
            self._share = max(self._share, min(1.0, progress.done / progress.total))
            stage = f"{stage} {progress.done}/{progress.total}"
        self._show(stage)

    def hide(self) -> None:
        """Take the bar away before something else is printed."""
        if self._shown:
            self._bar.stop()
            self._shown = False

    def _show(self, stage: str) -> None:
        if not self._console.shows_progress or time.monotonic() - self._started < _PATIENCE:
            return
        if self._bar is None:
            self._make()
        self._bar.update(
            self._task,
            completed=self._done + self._share,
            count=f"{self._done + 1}/{self._total}" if self._total > 1 else "",
            what=f"{self._name} {stage}".strip(),
        )
        if not self._shown:
            self._bar.start()
            self._shown = True

    def _make(self) -> None:
        from rich.console import Console as Painter
        from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar
        from rich.table import Column

        self._bar = Bar(
            TextColumn("{task.fields[count]}", markup=False),
            BarColumn(bar_width=20),
            TextColumn(
                "{task.fields[what]}", markup=False, table_column=Column(no_wrap=True, ratio=1)
            ),
            *([TimeRemainingColumn()] if self._total > 1 else []),
            console=Painter(file=self._console.err, highlight=False),
            transient=True,
        )
        self._task = self._bar.add_task("", total=self._total, count="", what="")
