"""Fixtures: an editor in memory, a desk in it, and real engines of the tests' own."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.plugin.memory_host import MemoryDocument, MemoryHost, PhotoLayer

import flawmap_api
from flawmap_api.calls import Session
from flawmap_api.connection import connection_path, process_is, read_connection
from flawmap_cli.demo import demo_photo
from flawmap_plugin.desk import Desk
from flawmap_plugin.home import Home
from flawmap_plugin.state import State

SCRIPTED = Path(__file__).parents[1] / "engines" / "scripted.py"

#: What an editor starts in the engine's own Python, where its own cannot load pyzmq.
RELAY = (sys.executable, "-P", "-m", "flawmap_api.relay")

Photo = NDArray[np.uint8]


class Driven(Desk):
    """A desk whose verbs are waited for, as a person waits."""

    host: MemoryHost

    def wait(self, until: Callable[[], bool] | None = None) -> None:
        """Let the editor's loop run until the verb has ended."""
        self.host.run(until or (lambda: not self.busy))

    def now(self, verb: str, *args: Any, **kwargs: Any) -> None:
        """Run a verb to its end."""
        getattr(self, verb)(*args, **kwargs)
        self.wait()

    def during(self, when: str, what: Callable[[], None]) -> None:
        """Find to the end; do something once it says that it does so, or shows "progress"."""
        left = [what]

        def look(state: State) -> None:
            progress = when == "progress" and state.progress is not None
            if left and (progress or state.doing.startswith(when)):
                left.pop()()

        watch = self.observe(look)
        self.now("find")
        watch.stop()
        assert not left, f"It never said {when!r}."

    @property
    def said(self) -> str:
        """The message's text."""
        return self.state.message.text if self.state.message else ""


def engine_process(folder: Path) -> int | None:
    """Process id of the engine of a runtime folder, if it lives."""
    info = read_connection(connection_path(folder))
    return info.pid if info is not None and process_is(info.pid, info.started) else None


def kill_engine(folder: Path) -> None:
    """Kill the engine of a runtime folder, if there is one."""
    if (pid := engine_process(folder)) is not None:
        os.kill(pid, signal.SIGKILL)


@pytest.fixture(scope="session")
def clean() -> Photo:
    """A sharp photo, 640 × 480."""
    return np.ascontiguousarray(demo_photo()[200:680, 400:1040])


@pytest.fixture(scope="session")
def marked(clean: Photo) -> Photo:
    """The same with strong noise in x 80-240, y 288-416, and blown light at the top right."""
    photo = clean.copy()
    dice = np.random.default_rng(3)
    part = photo[288:416, 80:240]
    photo[288:416, 80:240] = np.clip(part + dice.normal(0, 25, part.shape), 0, 255)
    photo[40:160, 420:600] = 255
    return photo


def document_of(pixels: NDArray[Any], **more: Any) -> MemoryDocument:
    """A document of one layer that fills the canvas."""
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    size = pixels.shape[1], pixels.shape[0]
    return MemoryDocument([PhotoLayer("Background", pixels)], size, **more)


@pytest.fixture(scope="session")
def shared_folder() -> Iterator[Path]:
    """Runtime folder of one real engine for the tests that only ask it."""
    with tempfile.TemporaryDirectory(prefix="fm-") as folder:
        yield Path(folder)
        kill_engine(Path(folder))


@pytest.fixture
def own_folder() -> Iterator[Path]:
    """Runtime folder of an engine that a test may harm."""
    with tempfile.TemporaryDirectory(prefix="fm-") as folder:
        yield Path(folder)
        kill_engine(Path(folder))


@pytest.fixture(scope="session", autouse=True)
def _marks_of_the_tests_own() -> Iterator[None]:
    with tempfile.TemporaryDirectory(prefix="fm-") as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("FLAWMAP_STATE_DIR", folder)
        yield


def connector_to(folder: Path, **wishes: Any) -> Callable[[], Session]:
    """A connection to the engine of a folder, as `EngineLink` wants it."""
    return lambda: flawmap_api.connect_session(runtime_dir=folder, **wishes)


@pytest.fixture
def make_desk(tmp_path: Path) -> Iterator[Callable[..., Driven]]:
    """Make a desk in a host; it is closed at the end."""
    made: list[Driven] = []

    def make(host: MemoryHost, connect: Callable[[], Session], name: str = "memory") -> Driven:
        home = Home(tmp_path / "config" / f"{name}.json", tmp_path / "state" / f"{name}.log")
        desk = Driven(host, home, connect)
        desk.host = host
        made.append(desk)
        return desk

    yield make
    for desk in made:
        desk.close()


@pytest.fixture
def host() -> MemoryHost:
    """An editor without documents."""
    return MemoryHost()


@pytest.fixture
def desk(host: MemoryHost, make_desk: Callable[..., Driven], shared_folder: Path) -> Driven:
    """A desk in `host` with the shared engine."""
    return make_desk(host, connector_to(shared_folder))


@pytest.fixture
def document(host: MemoryHost, marked: Photo) -> MemoryDocument:
    """The marked photo, open in front."""
    made = document_of(marked)
    host.show(made)
    return made


@pytest.fixture(scope="session")
def client(shared_folder: Path) -> Iterator[flawmap_api.EngineClient]:
    """The shared engine, asked directly: what the desk's layers are compared with."""
    with flawmap_api.connect(runtime_dir=shared_folder, adopt_others=True) as engine:
        yield engine
