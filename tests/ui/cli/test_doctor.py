"""`flawmap doctor` and `flawmap engine`, as far as no real engine is needed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import zmq
from tests.fakes import FakeEngine

from flawmap_api.connection import (
    ConnectionInfo,
    connection_path,
    process_start,
    write_connection,
)
from flawmap_api.errors import EngineLost
from flawmap_cli.bundle import write_bundle
from flawmap_cli.doctor import Finding, onnxruntime_finding
from flawmap_cli.engine_log import last_lines

from .conftest import Flawmap


@pytest.fixture
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A runtime folder of the test's own, without an engine."""
    folder = tmp_path / "run"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("FLAWMAP_RUNTIME_DIR", str(folder))
    return folder


def stale_connection(folder: Path) -> ConnectionInfo:
    info = ConnectionInfo(
        work="tcp://127.0.0.1:1",
        control="tcp://127.0.0.1:2",
        server_public="S" * 40,
        client_public="P" * 40,
        client_secret="X" * 40,
        pid=1 << 22,
        started=1.0,
        protocols=[1, 1],
        version="0.1.0",
        installation="/nowhere",
        device="auto",
        folder=str(folder),
        log=str(folder / "engine.log"),
    )
    write_connection(info, connection_path(folder))
    return info


def test_a_healthy_installation_ends_with_0(flawmap: Flawmap, runtime: Path) -> None:
    said = flawmap("doctor")
    assert said.code == 0
    text = said.out
    for what in ("numpy", "pyzmq", "onnxruntime", "runtime folder", "engine", "device", "SHA-256"):
        assert what in text
    assert "FakeExecutionProvider" in text
    assert "problem" not in text


def test_json_lists_every_look(flawmap: Flawmap, runtime: Path) -> None:
    (document,) = flawmap("doctor", "--json").documents
    states = {finding["what"]: finding["state"] for finding in document["findings"]}
    assert states["engine"] == "ok"
    assert document["problems"] == 0


def test_an_engine_that_cannot_start_is_a_problem_with_its_last_words(
    flawmap: Flawmap, fake: FakeEngine, runtime: Path
) -> None:
    def refuse(method: str, argument: object) -> None:
        raise EngineLost("The engine ended while it was starting.", "", ("ImportError: no zmq",))

    fake.before = refuse
    said = flawmap("doctor")
    assert said.code == 1
    assert "The engine ended while it was starting." in said.out
    assert "ImportError: no zmq" in said.out
    assert said.lines[-1] == "1 problem found."


def test_without_start_no_engine_is_asked(
    flawmap: Flawmap, fake: FakeEngine, runtime: Path
) -> None:
    said = flawmap("doctor", "--no-start")
    assert said.code == 0
    assert "none runs" in said.out
    assert fake.calls == []


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_a_runtime_folder_that_others_can_read_is_a_problem(
    flawmap: Flawmap, runtime: Path
) -> None:
    runtime.chmod(0o755)
    said = flawmap("doctor")
    assert said.code == 1
    assert f"Others can read the folder {runtime}" in said.out and "FLAWMAP_RUNTIME_DIR" in said.out


@pytest.mark.parametrize(
    ("installed", "state", "words"),
    [
        ({"onnxruntime": "1.20"}, "ok", "onnxruntime 1.20"),
        ({"onnxruntime-gpu": "1.20"}, "ok", "onnxruntime-gpu 1.20"),
        ({}, "problem", "flawmap[cpu]"),
        (
            {"onnxruntime": "1.20", "onnxruntime-gpu": "1.21"},
            "problem",
            "pip uninstall onnxruntime onnxruntime-gpu",
        ),
    ],
)
def test_two_onnxruntimes_are_told_apart_from_one(
    installed: dict[str, str], state: str, words: str
) -> None:
    finding = onnxruntime_finding(installed)
    assert finding.state == state
    assert words in f"{finding.found} {finding.hint}"


def test_a_bundle_holds_findings_and_logs_and_neither_keys_nor_the_home_folder(
    flawmap: Flawmap, runtime: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/margarethe")
    monkeypatch.setenv("LOGNAME", "margarethe")
    info = stale_connection(runtime)
    (runtime / "engine.log").write_text(
        f"opened /home/margarethe/Photos/a.jpg for margarethe with {info.client_secret}\n"
    )
    (runtime / "photo.pixels").write_bytes(b"secret pixels")
    said = flawmap("doctor", "--bundle", runtime.parent / "report.zip")
    assert said.code == 0
    with zipfile.ZipFile(runtime.parent / "report.zip") as bundle:
        texts = {name: bundle.read(name).decode() for name in bundle.namelist()}
    assert set(texts) == {"doctor.txt", "doctor.json", "logs/engine.log"}
    assert texts["logs/engine.log"] == "opened ~/Photos/a.jpg for [user] with [key]\n"
    assert json.loads(texts["doctor.json"])[0]["what"] == "flawmap"
    everything = "".join(texts.values())
    for secret in (info.client_secret, info.client_public, info.server_public, "margarethe"):
        assert secret not in everything
    assert "secret pixels" not in everything


def test_a_bundle_that_cannot_be_written_is_a_sentence_and_leaves_nothing(
    flawmap: Flawmap, runtime: Path
) -> None:
    target = runtime.parent / "nowhere" / "report.zip"
    said = flawmap("doctor", "--bundle", target)
    assert said.code == 2
    assert "could not be written" in said.err
    assert not target.parent.exists()


def test_a_bundle_that_fails_half_way_leaves_the_old_one(
    runtime: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = write_bundle(runtime.parent / "report.zip", [Finding("old", "one")])
    old = target.read_bytes()

    def refuse(source: object, destination: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(Exception, match="No space left"):
        write_bundle(target, [Finding("a", "b")])
    assert target.read_bytes() == old
    assert [p.name for p in runtime.parent.iterdir() if p.suffix in (".zip", ".tmp")] == [
        "report.zip"
    ]


def test_a_bundle_never_takes_the_place_of_what_is_no_bundle(
    flawmap: Flawmap, fake: FakeEngine, tmp_path: Path
) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(b"a photo, for all we know")
    for name in (photo, tmp_path):
        said = flawmap("doctor", "--bundle", str(name))
        assert said.code == 2
        assert "is there already and is no zip" in said.err
    assert photo.read_bytes() == b"a photo, for all we know"


def test_status_without_an_engine_says_so_and_ends_with_1(
    flawmap: Flawmap, fake: FakeEngine, runtime: Path
) -> None:
    said = flawmap("engine", "status")
    assert (said.code, said.out) == (1, "No engine is running. The next command starts one.\n")
    assert flawmap("engine", "status", "--json").documents == [{"running": False}]
    assert flawmap("engine", "stop").code == 0
    assert fake.calls == []


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_an_engine_that_does_not_answer_is_told_and_stopped(
    flawmap: Flawmap, fake: FakeEngine, runtime: Path
) -> None:
    sleeper = subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    with sleeper:
        started = process_start(sleeper.pid)
        assert started is not None
        public, secret = (key.decode() for key in zmq.curve_keypair())
        info = replace(
            stale_connection(runtime),
            server_public=public,
            client_public=public,
            client_secret=secret,
            pid=sleeper.pid,
            started=started,
        )
        write_connection(info, connection_path(runtime))
        try:
            said = flawmap("engine", "status")
            assert said.code == 2
            assert f"The engine (process {sleeper.pid}) runs, but does not answer." in said.err
            # A child of ours is "there" until somebody waits for it.
            threading.Thread(target=sleeper.wait, daemon=True).start()
            said = flawmap("engine", "stop")
            assert (said.code, said.out) == (0, f"The engine (process {sleeper.pid}) has ended.\n")
            assert sleeper.wait() == -signal.SIGKILL
        finally:
            sleeper.kill()
    assert fake.calls == []


def test_start_tells_what_really_runs(flawmap: Flawmap, runtime: Path) -> None:
    said = flawmap("engine", "start")
    assert said.code == 0
    assert "  device    cpu (FakeExecutionProvider): there is no GPU" in said.lines
    (document,) = flawmap("engine", "start", "--json").documents
    assert document["running"] is True
    assert document["providers"] == ["FakeExecutionProvider"]


def test_the_device_that_was_asked_for_reaches_the_engine(
    flawmap: Flawmap, fake: FakeEngine, runtime: Path
) -> None:
    flawmap("engine", "start", "--device", "cuda")
    assert fake.calls[0][1]["device"] == "cuda"


def test_logs_are_shown_from_their_end(flawmap: Flawmap, runtime: Path) -> None:
    said = flawmap("engine", "logs")
    assert said.code == 2
    assert "There is no log" in said.err
    (runtime / "engine.log").write_text("".join(f"line {i}\n" for i in range(100)))
    said = flawmap("engine", "logs", "-n", "2")
    assert (said.code, said.lines) == (0, ["line 98", "line 99"])
    assert said.err.strip() == str(runtime / "engine.log")
    (document,) = flawmap("engine", "logs", "-n", "1", "--json").documents
    assert document == {"log": str(runtime / "engine.log"), "lines": ["line 99"]}


def test_the_end_of_a_huge_log_is_read_without_the_rest(tmp_path: Path) -> None:
    log = tmp_path / "engine.log"
    log.write_bytes(b"x" * (3 << 20) + b"\nlast\n")
    assert last_lines(log, 1) == ["last"]
    assert last_lines(tmp_path / "gone.log", 5) == []
