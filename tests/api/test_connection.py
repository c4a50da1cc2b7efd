"""The connection file: only its owner reads it, and it is whole or not there."""

from __future__ import annotations

import dataclasses
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from flawmap_api.connection import (
    ConnectionInfo,
    connection_path,
    locked,
    process_is,
    process_start,
    read_connection,
    remove_connection,
    runtime_dir,
    secure_folder,
    write_connection,
)
from flawmap_api.errors import Busy, EngineLost

INFO = ConnectionInfo(
    work="tcp://127.0.0.1:1",
    control="tcp://127.0.0.1:2",
    server_public="s" * 40,
    client_public="c" * 40,
    client_secret="x" * 40,
    pid=4711,
    started=1.0,
    protocols=[1, 1],
    version="0.1.0",
    installation="here",
    device="auto",
    folder="there",
    log="log",
    models={"default": "0" * 64},
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return secure_folder(tmp_path / "run")


def test_what_is_written_is_read_again_and_only_its_owner_may(folder: Path) -> None:
    path = connection_path(folder)
    write_connection(INFO, path)
    assert read_connection(path) == INFO
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert os.listdir(folder) == ["engine.json"]


def test_keys_do_not_show_in_a_log() -> None:
    assert INFO.client_secret not in repr(INFO)


def test_no_file_and_a_damaged_file_are_no_engine(folder: Path) -> None:
    path = connection_path(folder)
    assert read_connection(path) is None
    for text in (b"", b"{", b"[]", b'{"pid": "x"}', b"[" * 90_000, b"\xff"):
        path.write_bytes(text)
        path.chmod(0o600)
        assert read_connection(path) is None


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_file_that_others_can_read_is_refused(folder: Path, mode: int) -> None:
    path = connection_path(folder)
    write_connection(INFO, path)
    path.chmod(mode)
    with pytest.raises(EngineLost, match="Others can read"):
        read_connection(path)


def test_a_folder_that_others_can_enter_is_refused(folder: Path) -> None:
    path = connection_path(folder)
    write_connection(INFO, path)
    folder.chmod(0o755)
    with pytest.raises(EngineLost, match="Others can read the folder"):
        read_connection(path)
    with pytest.raises(EngineLost, match="Others can read the folder"):
        secure_folder(folder)


def test_a_link_in_the_files_or_folders_place_is_refused(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.json"
    write_connection(INFO, elsewhere)
    connection_path(folder).symlink_to(elsewhere)
    with pytest.raises(EngineLost, match="cannot be read"):
        read_connection(connection_path(folder))
    link = tmp_path / "link"
    link.symlink_to(folder)
    with pytest.raises(EngineLost, match="may be a link"):
        secure_folder(link)


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away"
)
def test_another_users_file_is_refused(folder: Path) -> None:
    path = connection_path(folder)
    write_connection(INFO, path)
    os.chown(path, 12345, 12345)
    with pytest.raises(EngineLost, match="another user"):
        read_connection(path)


def test_a_fifo_in_the_files_place_does_not_hang(folder: Path) -> None:
    os.mkfifo(connection_path(folder), 0o600)
    with pytest.raises(EngineLost, match="not a file"):
        read_connection(connection_path(folder))


@pytest.mark.parametrize("call", ["open", "fsync", "replace"])
def test_a_failing_disk_leaves_the_old_file_and_nothing_else(
    folder: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    path = connection_path(folder)
    write_connection(INFO, path)
    before = path.read_bytes()

    def fails(*_: Any, **__: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, call, fails)
    with pytest.raises(OSError, match="No space left"):
        write_connection(dataclasses.replace(INFO, pid=1), path)
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert os.listdir(folder) == ["engine.json"]


def test_an_engine_removes_its_own_file_but_not_its_successors(folder: Path) -> None:
    path = connection_path(folder)
    write_connection(INFO, path)
    remove_connection(path, pid=1)
    assert path.exists()
    remove_connection(path, pid=INFO.pid)
    assert not path.exists()
    remove_connection(path, pid=INFO.pid)


def test_a_process_is_told_by_its_start_time_too() -> None:
    started = process_start(os.getpid())
    assert started is not None
    assert process_is(os.getpid(), started)
    assert not process_is(os.getpid(), started - 1)


def test_a_dead_process_and_a_zombie_are_dead() -> None:
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert process_start(process.pid) is None
    process.wait()
    assert process_start(process.pid) is None


def test_a_lock_is_held_by_one_and_freed_when_its_holder_dies(folder: Path) -> None:
    path = folder / "lock"
    code = (
        "import sys, pathlib\n"
        "from flawmap_api.connection import locked\n"
        "with locked(pathlib.Path(sys.argv[1])):\n"
        "    print('held', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(Busy), locked(path, timeout=0.1):
            pass
        holder.kill()
    with locked(path, timeout=5):
        pass


def test_a_folder_in_a_files_place_is_told_with_what_to_do(folder: Path) -> None:
    connection_path(folder).mkdir(mode=0o700)
    with pytest.raises(EngineLost, match="not a file"):
        read_connection(connection_path(folder))
    (folder / "engine.lock").mkdir()
    with pytest.raises(EngineLost, match="lock file"), locked(folder / "engine.lock"):
        pass


def test_the_runtime_folder_can_be_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FLAWMAP_RUNTIME_DIR", str(tmp_path))
    assert runtime_dir() == tmp_path


def test_without_a_system_runtime_folder_the_cache_is_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("FLAWMAP_RUNTIME_DIR", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert runtime_dir() == tmp_path / "flawmap" / "run"
