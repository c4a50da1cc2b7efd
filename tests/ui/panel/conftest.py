"""The panel over a stand-in engine without a screen, and over a real engine with real widgets."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QLocale, QTranslator
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from tests.fakes import FakeEngine
from tests.ui.panel.helpers import Loop, write_photo

from flawmap_hosts import System
from flawmap_panel.app import Panel
from flawmap_panel.model.settings import load, save
from flawmap_panel.model.workspace import Workspace

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture
def loop() -> Loop:
    """Runs what the workspace posts."""
    return Loop()


@pytest.fixture
def fake() -> FakeEngine:
    """The engine of this test."""
    return FakeEngine()


@pytest.fixture
def workspace(loop: Loop, fake: FakeEngine) -> Iterator[Workspace]:
    """A workspace over the fake engine."""
    made = Workspace(loop, connect=fake.connect)
    yield made
    made.close()


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    """Three photos in a folder."""
    folder = tmp_path / "photos"
    folder.mkdir()
    return [write_photo(folder / f"{name}.png") for name in ("a", "b", "c")]


@pytest.fixture
def window_over(qtbot: QtBot, fake: FakeEngine, tmp_path: Path) -> Iterator[Callable[..., Panel]]:
    """Makes shown windows over the fake engine; settings are kept from one to the next."""
    made: list[Panel] = []
    file = tmp_path / "settings" / "panel.json"

    def make(*, system: System | None = None, **settings: Any) -> Panel:
        if settings or not file.exists():
            save(replace(load(file)[0], **settings), file)
        panel = Panel(file, connect=fake.connect, system=system or System("linux", tmp_path, {}))
        made.append(panel)
        # A test that fails half way must not leave a question open.
        qtbot.addWidget(panel.window, before_close_func=lambda _: panel.workspace.repair.forget())
        panel.window.show()
        return panel

    yield make
    for panel in made:
        panel.close()
    app = QApplication.instance()
    for translator in app.findChildren(QTranslator) if app else ():
        QApplication.removeTranslator(translator)
        translator.deleteLater()
    QLocale.setDefault(QLocale.c())


@pytest.fixture
def wait(qtbot: QtBot) -> Callable[[Callable[[], Any]], None]:
    """Let the window live until something holds."""
    return lambda true: qtbot.waitUntil(lambda: bool(true()), timeout=30_000)
