"""The connection file: the n-th write, sync or rename may fail, and nothing is lost (proof 9)."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flawmap_api.connection import ConnectionInfo, read_connection, write_connection

CALLS = ("open", "write", "fsync", "replace")


def info(pid: int) -> ConnectionInfo:
    return ConnectionInfo(
        work="tcp://127.0.0.1:1",
        control="tcp://127.0.0.1:2",
        server_public="s" * 40,
        client_public="c" * 40,
        client_secret="x" * 40,
        pid=pid,
        started=1.0,
        protocols=[1, 1],
        version="0",
        installation="/",
        device="auto",
        folder="/",
        log="/log",
    )


class Failing:
    """Makes the n-th of the system calls that write fail."""

    def __init__(self, patch: pytest.MonkeyPatch, n: int) -> None:
        self.left = n
        self.failed = ""
        for name in ("open", "fsync", "replace"):
            patch.setattr(os, name, self._watched(name, getattr(os, name)))

    def _watched(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            self.left -= 1
            if self.left == 0:
                self.failed = name
                raise OSError(28, "No space left on device")
            return real(*arguments, **named)

        return call


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    return tmp_path


@pytest.mark.parametrize("before", [True, False], ids=["a file before", "no file before"])
def test_whatever_fails_the_old_file_is_whole_and_nothing_is_left(
    folder: Path, before: bool
) -> None:
    path = folder / "engine.json"
    if before:
        write_connection(info(1), path)
    failed = []
    for n in range(1, 20):
        with pytest.MonkeyPatch.context() as patch:
            failing = Failing(patch, n)
            try:
                write_connection(info(2), path)
            except OSError:
                failed.append(failing.failed)
            else:
                break
        found = read_connection(path)
        assert (found.pid if found else None) == (1 if before else None)
        assert [p.name for p in folder.iterdir()] == (["engine.json"] if before else [])
    assert failed == ["open", "fsync", "replace"]
    found = read_connection(path)
    assert found is not None
    assert found.pid == 2


def test_a_disk_that_is_full_in_the_middle_of_the_file_leaves_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("needs /dev/full")
    path = folder / "engine.json"
    write_connection(info(1), path)
    real = os.open

    def on_a_full_disk(name: Any, flags: int, *mode: int) -> int:
        return real(full if str(name).endswith(".tmp") else name, flags & ~os.O_EXCL, *mode)

    monkeypatch.setattr(os, "open", on_a_full_disk)
    with pytest.raises(OSError, match="No space left"):
        write_connection(info(2), path)
    monkeypatch.undo()
    found = read_connection(path)
    assert found is not None
    assert found.pid == 1
    assert [p.name for p in folder.iterdir()] == ["engine.json"]


def test_an_engine_that_cannot_write_it_says_so_and_leaves_nothing(engines: Any) -> None:
    engine = engines()
    # A folder in the file's place: renaming a file over it fails on every system.
    engine.file.mkdir()
    (engine.file / "kept").touch()
    engine.launch()
    assert engine.ended() == 3
    (line,) = engine.stderr().splitlines()
    assert line.startswith("flawmap engine: The engine could not start")
    assert (engine.file / "kept").exists()
    left = {path.name for path in engine.folder.iterdir()} - {"stage", "stderr", "engine.log"}
    assert left == {"engine.json"}
