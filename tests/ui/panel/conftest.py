"""The panel over a stand-in engine without a screen, and over a real engine with real widgets."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fakes import FakeEngine
from tests.ui.panel.helpers import Loop, write_photo

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
