"""Real engine processes for the tests of the wire: with real networks, or with stand-ins."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.engine.server.rawclient import RawClient

STAND_IN = Path(__file__).with_name("standin_engine.py")


def wait_until(condition: Callable[[], Any], seconds: float = 20.0) -> Any:
    """Wait for something to become true, and give it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.005)
    raise TimeoutError(f"not within {seconds} s: {condition}")


class EngineProcess:
    """One engine in a runtime folder of its own; its stage steers the stand-in."""

    def __init__(self, folder: Path, *options: str, real: bool = False, **environment: str) -> None:
        self.folder = folder
        self.stage = folder / "stage"
        self.stage.mkdir(exist_ok=True)
        self.options = options
        self.real = real
        self.environment = environment
        self.process: subprocess.Popen[bytes] | None = None
        self._clients: list[RawClient] = []

    def launch(self) -> EngineProcess:
        """Start the process without waiting for it."""
        program = ["-m", "flawmap_engine"] if self.real else [str(STAND_IN)]
        environment = {**os.environ, "FLAWMAP_TEST_STAGE": str(self.stage), **self.environment}
        with (self.folder / "stderr").open("wb") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, *program, "run", "--runtime-dir", str(self.folder), *self.options],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=stderr,
                stderr=stderr,
            )
        return self

    def start(self) -> EngineProcess:
        """Start the process and wait until it answers."""
        before = self.file.read_bytes() if self.file.exists() else b""
        self.launch()
        wait_until(lambda: self._is_new(before) or self._dead())
        assert self.alive, self.stderr()
        with RawClient(self.connection, "control") as client:
            client.ask("ping")
        return self

    def _is_new(self, before: bytes) -> bool:
        with contextlib.suppress(OSError):
            return self.file.read_bytes() != before
        return False

    def _dead(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def file(self) -> Path:
        return self.folder / "engine.json"

    @property
    def connection(self) -> dict[str, Any]:
        return json.loads(self.file.read_text())

    @property
    def log(self) -> str:
        return (self.folder / "engine.log").read_text()

    @property
    def journal(self) -> list[str]:
        with contextlib.suppress(FileNotFoundError):
            return (self.stage / "journal").read_text().splitlines()
        return []

    @contextlib.contextmanager
    def staged(self, name: str) -> Iterator[None]:
        """Put a mark on the stage (`hold`, `fail`, …) while the block runs."""
        (self.stage / name).touch()
        try:
            yield
        finally:
            (self.stage / name).unlink(missing_ok=True)

    def client(self, socket: str = "work", **keys: Any) -> RawClient:
        client = RawClient(self.connection, socket, **keys)
        self._clients.append(client)
        return client

    def ping(self) -> dict[str, Any]:
        with RawClient(self.connection, "control") as client:
            return client.ask("ping").body

    def ended(self, seconds: float = 20.0) -> int:
        """The exit code, once the process has ended."""
        assert self.process is not None
        return self.process.wait(seconds)

    def stderr(self) -> str:
        """What it has said on stdout and stderr."""
        return (self.folder / "stderr").read_text()

    def close(self) -> None:
        for client in self._clients:
            client.close()
        self._clients.clear()
        if self.process is not None:
            if self.process.poll() is None:
                self.process.kill()
            self.process.wait()


@pytest.fixture(scope="session")
def runtime_folders() -> Iterator[Callable[[], Path]]:
    """Makes private folders outside of pytest's own, whose parents others can read."""
    root = Path(tempfile.mkdtemp(prefix="fm-engines-"))
    count = iter(range(10_000))

    def make() -> Path:
        folder = root / str(next(count))
        folder.mkdir(mode=0o700)
        return folder

    yield make
    shutil.rmtree(root, ignore_errors=True)


@pytest.fixture
def engines(
    runtime_folders: Callable[[], Path],
) -> Iterator[Callable[..., EngineProcess]]:
    """Makes engines (not started) that are killed after the test."""
    made: list[EngineProcess] = []

    def make(*options: str, folder: Path | None = None, **more: Any) -> EngineProcess:
        made.append(EngineProcess(folder or runtime_folders(), *options, **more))
        return made[-1]

    yield make
    for engine in made:
        engine.close()


@pytest.fixture(scope="session")
def shared_engine(runtime_folders: Callable[[], Path]) -> Iterator[EngineProcess]:
    """One stand-in engine for all tests that leave it as it was; it must outlive them."""
    engine = EngineProcess(runtime_folders()).start()
    yield engine
    still_alive = engine.alive
    engine.close()
    assert still_alive, engine.stderr()


@pytest.fixture
def engine(shared_engine: EngineProcess) -> Iterator[EngineProcess]:
    """The shared engine, alive before and after the test."""
    pid = shared_engine.ping()["pid"]
    yield shared_engine
    assert shared_engine.ping()["pid"] == pid
    for client in shared_engine._clients:
        client.close()
    shared_engine._clients.clear()


@pytest.fixture
def client(engine: EngineProcess) -> RawClient:
    """A client of the shared engine."""
    return engine.client()
