"""Fixtures: runtime folders of a test's own, and scripted engines in them."""

from __future__ import annotations

import functools
import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import flawmap_api
from flawmap_api.client import EngineClient
from flawmap_api.connection import connection_path, process_is, read_connection

SCRIPTED = Path(__file__).parents[1] / "engines" / "scripted.py"


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A private runtime folder; whatever engine still runs in it at the end is killed."""
    # Not tmp_path: its parents may be readable by others, and names there grow long.
    with tempfile.TemporaryDirectory(prefix="fm-") as folder:
        monkeypatch.setenv("FLAWMAP_RUNTIME_DIR", folder)
        yield Path(folder)
        kill_engine(Path(folder))


@pytest.fixture
def scripted(runtime: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Say how the next engine of this test behaves (see tests/engines/scripted.py)."""
    monkeypatch.setenv("FLAWMAP_ENGINE", f"{sys.executable} {SCRIPTED}")

    def script(**behaviour: Any) -> None:
        monkeypatch.setenv("FLAWMAP_SCRIPT", json.dumps(behaviour))

    script()
    return script


#: What an editor starts in the engine's own Python, where its own cannot load pyzmq.
RELAY = (sys.executable, "-P", "-m", "flawmap_api.relay")


@pytest.fixture(params=["sockets", "pipes"])
def road(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What `connect` is told so that the engine is reached directly, or by a helper process."""
    return {"relay_command": RELAY} if request.param == "pipes" else {}


@pytest.fixture
def connect(road: dict[str, Any]) -> Callable[..., EngineClient]:
    """`flawmap_api.connect`, on both roads."""
    return functools.partial(flawmap_api.connect, **road)


def kill_engine(folder: Path) -> None:
    """Kill -9 the engine of a runtime folder, if one runs."""
    info = read_connection(connection_path(folder))
    if info is not None and process_is(info.pid, info.started):
        os.kill(info.pid, signal.SIGKILL)
