"""Launch: one living engine, ready when it answers, and a sentence when there is none."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from flawmap_api.connection import connection_path, process_is, read_connection
from flawmap_api.errors import BadInput, EngineLost, NotFound, VersionMismatch
from flawmap_api.launch import Launched, find_engine, foreign_environment, launch

Script = Callable[..., None]


def starts(counter: Path) -> int:
    return len(counter.read_text().split()) if counter.exists() else 0


def test_an_engine_is_started_once_and_then_found(
    runtime: Path, scripted: Script, tmp_path: Path
) -> None:
    scripted(count_starts=str(tmp_path / "starts"))
    assert find_engine(runtime) is None
    first = launch()
    assert launch().info == first.info
    assert find_engine(runtime) == first.info
    assert starts(tmp_path / "starts") == 1


def test_two_launches_at_once_end_in_one_engine(
    runtime: Path, scripted: Script, tmp_path: Path
) -> None:
    scripted(count_starts=str(tmp_path / "starts"), start_after=0.3)
    code = "from flawmap_api.launch import launch; print(launch().info.pid)"
    programs = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) for _ in range(3)
    ]
    pids = {program.communicate()[0] for program in programs}
    assert len(pids) == 1
    assert starts(tmp_path / "starts") == 1


def test_without_leave_to_start_it_says_that_none_runs(runtime: Path, scripted: Script) -> None:
    with pytest.raises(NotFound, match="No engine is running"):
        launch(start=False)


def test_a_slow_engine_is_waited_for(runtime: Path, scripted: Script) -> None:
    scripted(start_after=1.0)
    said: list[str] = []
    assert launch(on_status=said.append).alive()
    assert said == ["Starting the engine …"]


def test_an_engine_that_dies_at_start_is_told_with_its_last_words(
    runtime: Path, scripted: Script
) -> None:
    scripted(die_at_start=5)
    with pytest.raises(EngineLost, match="exit code 5") as caught:
        launch()
    assert caught.value.log_tail == ("the graphics driver is missing",)
    assert "the graphics driver is missing" in str(caught.value)


@pytest.mark.parametrize("behaviour", [{"never_ready": True}, {"silent": True}])
def test_an_engine_that_never_answers_is_ended_and_told(
    runtime: Path, scripted: Script, tmp_path: Path, behaviour: dict[str, bool]
) -> None:
    counter = tmp_path / "starts"
    scripted(count_starts=str(counter), ignore_sigterm=True, **behaviour)
    with pytest.raises(EngineLost, match=r"did not (become ready|answer)"):
        launch(timeout=1.5)
    (pid,) = counter.read_text().split()
    assert not Path(f"/proc/{pid}").exists()


def test_an_engine_that_answers_with_garbage_is_told(runtime: Path, scripted: Script) -> None:
    scripted(garbage=True)
    with pytest.raises(EngineLost, match="not Flawmap's protocol"):
        launch()


@pytest.mark.parametrize(
    ("protocols", "update"), [([0, 0], "Update the engine"), ([2, 3], "Update this program")]
)
def test_an_engine_of_another_protocol_is_told_plainly_to_an_editor(
    runtime: Path, scripted: Script, protocols: list[int], update: str
) -> None:
    scripted(protocols=protocols, version="9.9.9")
    launch()
    with pytest.raises(VersionMismatch, match=update):
        launch(adopt_others=True)


def test_a_program_replaces_an_engine_of_another_version(runtime: Path, scripted: Script) -> None:
    scripted(version="0.0.1")
    old = launch()
    scripted()
    new = launch()
    assert new.info.pid != old.info.pid
    wait_until(lambda: not old.alive())


def test_an_editor_takes_an_engine_of_another_version(runtime: Path, scripted: Script) -> None:
    scripted(version="0.0.1", protocols=[0, 5])
    old = launch()
    assert launch(adopt_others=True).info == old.info


def test_a_device_that_the_living_engine_does_not_use_is_not_taken_for_it(
    runtime: Path, scripted: Script
) -> None:
    first = launch()
    with pytest.raises(BadInput, match="uses cpu, not cuda"):
        launch(device="cuda", start=False)
    assert launch(device="cpu").info == first.info


@pytest.mark.parametrize("fate", [signal.SIGKILL, signal.SIGSTOP])
def test_a_dead_or_frozen_engine_is_replaced(runtime: Path, scripted: Script, fate: int) -> None:
    old = launch()
    os.kill(old.info.pid, fate)
    try:
        new = launch()
        assert new.info.pid != old.info.pid
        assert read_connection(connection_path(runtime)) == new.info
    finally:
        if process_is(old.info.pid, old.info.started):
            os.kill(old.info.pid, signal.SIGKILL)


def test_a_private_engine_has_a_folder_of_its_own(runtime: Path, scripted: Script) -> None:
    shared = launch()
    own = launch(private=True)
    try:
        assert own.info.pid != shared.info.pid
        assert own.folder != runtime
        assert own.folder_is_made
        assert find_engine(runtime) == shared.info
    finally:
        os.kill(own.info.pid, signal.SIGKILL)


def test_a_program_that_is_not_there_is_told(
    runtime: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLAWMAP_ENGINE", "/nowhere/flawmap-engine")
    with pytest.raises(EngineLost, match="could not be started: No such file"):
        launch()


def test_an_open_runtime_folder_is_refused_before_anything_starts(
    runtime: Path, scripted: Script, tmp_path: Path
) -> None:
    scripted(count_starts=str(tmp_path / "starts"))
    runtime.chmod(0o755)
    with pytest.raises(EngineLost, match="Others can read the folder"):
        launch()
    assert starts(tmp_path / "starts") == 0
    runtime.chmod(0o700)


def wait_until(fact: Callable[[], bool], seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_launched_engine_knows_when_it_died(runtime: Path, scripted: Script) -> None:
    launched: Launched = launch()
    assert launched.alive()
    os.kill(launched.info.pid, signal.SIGKILL)
    wait_until(lambda: not launched.alive())


def test_a_relative_runtime_folder_is_the_one_that_the_engine_uses(
    runtime: Path, scripted: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(runtime.parent)
    monkeypatch.setenv("FLAWMAP_RUNTIME_DIR", runtime.name)
    assert launch().folder == runtime
    assert find_engine(runtime) is not None


def test_a_command_that_no_shell_could_split_is_told(
    runtime: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLAWMAP_ENGINE", '"unclosed')
    with pytest.raises(BadInput, match="FLAWMAP_ENGINE is no command line"):
        launch()


def test_an_engine_that_is_killed_while_it_starts_is_started_again(
    runtime: Path, scripted: Script, tmp_path: Path
) -> None:
    scripted(
        count_starts=str(tmp_path / "starts"),
        once=str(tmp_path / "once"),
        die_on={"hello": "accepted"},
    )
    assert launch().alive()
    assert starts(tmp_path / "starts") == 2


def test_an_editor_names_the_python_of_the_engine(
    runtime: Path, scripted: Script, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    command = shlex.split(os.environ["FLAWMAP_ENGINE"])
    monkeypatch.delenv("FLAWMAP_ENGINE")
    monkeypatch.setattr(sys, "executable", "/usr/bin/gimp")
    scripted_launch = launch(engine_command=command)
    assert scripted_launch.alive()


def test_the_users_own_command_wins_over_an_editors(runtime: Path, scripted: Script) -> None:
    assert launch(engine_command=["/nowhere/flawmap-engine"]).alive()


def test_what_an_appimage_set_for_itself_is_not_handed_on(
    runtime: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = runtime / "image"
    monkeypatch.setenv("APPDIR", str(image))
    monkeypatch.setenv("PYTHONHOME", str(image / "usr"))
    monkeypatch.setenv("LD_LIBRARY_PATH", f"{image}/usr/lib{os.pathsep}/opt/mine")
    told = foreign_environment()
    assert "PYTHONHOME" not in told
    assert told["LD_LIBRARY_PATH"] == "/opt/mine"
    monkeypatch.delenv("APPDIR")
    assert foreign_environment() == dict(os.environ)
