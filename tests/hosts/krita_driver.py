"""Runs inside Krita: a second plug-in, for tests only, that does what a test asks.

A test writes `<n>.py` into the folder named by `FLAWMAP_TEST_MAILBOX`; this plug-in runs it on
Krita's main loop and answers with `<n>.json`: `{"value": …}` or `{"error": traceback}`.

A script sets `value`, or defines a generator function `steps`: what it yields is waited for while
Krita's main loop goes on (a number of seconds, or a callable until it gives something true), and
what it returns is the value. `state` is a dict that lives on from script to script.
"""

from __future__ import annotations

import json
import os
import time
import traceback
from collections.abc import Generator
from pathlib import Path
from typing import Any

from krita import Extension, Krita

try:
    from PyQt6.QtCore import QTimer
except ImportError:
    from PyQt5.QtCore import QTimer

_PATIENCE = 120.0


class _Running:
    """A script whose `steps` go on."""

    def __init__(self, name: str, steps: Generator[Any, Any, Any]) -> None:
        self.name = name
        self.steps = steps
        self.until: Any = None
        self.since = time.monotonic()

    def ready(self) -> bool:
        waited = time.monotonic() - self.since
        if self.until is None:
            return True
        if callable(self.until):
            if waited > _PATIENCE:
                raise TimeoutError(f"waited {waited:.0f} s for {self.until}")
            return bool(self.until())
        return waited >= float(self.until)

    def advance(self) -> None:
        self.until = next(self.steps)
        self.since = time.monotonic()


class Driver(Extension):
    """Looks into the mailbox twenty times a second."""

    def setup(self) -> None:
        folder = os.environ.get("FLAWMAP_TEST_MAILBOX")
        if not folder:
            return
        self.folder = Path(folder)
        self.state: dict[str, Any] = {}
        self.running: _Running | None = None
        self.timer = QTimer(self)
        self.timer.timeout.connect(self.look)
        self.timer.start(20)

    def createActions(self, window: Any) -> None:  # noqa: N802 - Krita's name
        if os.environ.get("FLAWMAP_TEST_MAILBOX"):
            (self.folder / "ready").write_text("ready", encoding="utf-8")

    def look(self) -> None:
        if self.running is not None:
            self.go_on(self.running)
            return
        waiting = sorted(self.folder.glob("*.py"), key=lambda path: int(path.stem))
        if waiting:
            path = waiting[0]
            source = path.read_text(encoding="utf-8")
            path.unlink()
            self.start(path.stem, source)

    def start(self, name: str, source: str) -> None:
        names: dict[str, Any] = {
            "krita": Krita.instance(),
            "state": self.state,
            "driver": self,
            "__name__": "flawmap_test_script",
        }
        try:
            exec(compile(source, f"script {name}", "exec"), names)
        except BaseException:
            self.answer(name, {"error": traceback.format_exc()})
            return
        if "steps" not in names:
            self.answer(name, {"value": names.get("value")})
            return
        self.running = _Running(name, names["steps"]())
        self.go_on(self.running)

    def go_on(self, running: _Running) -> None:
        # A nested event loop (a modal dialog) calls `look` again while a step is running.
        if running.steps.gi_running:
            return
        try:
            while running.ready():
                running.advance()
                if running.until is not None:
                    return
        except StopIteration as end:
            self.running = None
            self.answer(running.name, {"value": end.value})
        except BaseException:
            self.running = None
            self.answer(running.name, {"error": traceback.format_exc()})

    def answer(self, name: str, what: dict[str, Any]) -> None:
        draft = self.folder / f"{name}.tmp"
        draft.write_text(json.dumps(what, default=repr), encoding="utf-8")
        draft.rename(self.folder / f"{name}.json")


Krita.instance().addExtension(Driver(Krita.instance()))
