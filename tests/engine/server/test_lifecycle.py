"""How an engine starts and ends, and what it leaves behind."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import zmq

from .conftest import EngineProcess, wait_until
from .rawclient import RawClient, Refused

Engines = Callable[..., EngineProcess]


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name not in ("stage", "stderr"))


def new_photo(client: RawClient) -> str:
    return str(client.open_pixels(bytes(range(192)), 8, 8)[0].body["photo_id"])


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(engines: Engines, end: signal.Signals) -> None:
    engine = engines().start()
    client = engine.client()
    client.hello()
    engine.process.send_signal(end)
    assert engine.ended() == 0
    goodbye = client.receive(1)
    assert goodbye is not None
    assert (goodbye.type, goodbye.id) == ("bye", "")
    assert leftovers(engine.folder) == ["engine.log"]
    assert engine.stderr() == ""


def test_a_signal_ends_it_in_the_middle_of_an_analysis(engines: Engines) -> None:
    engine = engines().start()
    client = engine.client()
    photo = new_photo(client)
    with engine.staged("hold"):
        request = client.send("analyze", {"photo_id": photo})
        client.wait_for(request, "progress")
        engine.process.terminate()
        assert engine.ended() == 0
    # Nobody cancelled it, so nothing says so: its client asks the next engine.
    came = []
    with contextlib.suppress(zmq.ZMQError):
        while (message := client.receive(0.2)) is not None:
            came.append((message.type, message.id))
    assert came[-1] == ("bye", "")
    assert not any(type_ in ("result", "error") for type_, _ in came)
    assert leftovers(engine.folder) == ["engine.log"]


def test_shutdown_now_ends_it(engines: Engines) -> None:
    engine = engines().start()
    assert engine.client("control").ask("shutdown").body == {}
    assert engine.ended() == 0
    assert not engine.file.exists()


def test_shutdown_once_idle_lets_jobs_finish(engines: Engines) -> None:
    engine = engines().start()
    client = engine.client()
    photo = new_photo(client)
    with engine.staged("hold"):
        request = client.send("analyze", {"photo_id": photo})
        client.wait_for(request, "progress")
        engine.client("control").ask("shutdown", {"when": "idle"})
        client.wait_for(request, "progress")
        assert engine.alive
    assert client.until_answered(request).last.type == "result"
    assert engine.ended() == 0


def test_it_ends_when_nobody_asks_for_anything(engines: Engines) -> None:
    engine = engines("--idle-timeout", "0.5").start()
    client = engine.client()
    client.hello()
    # Pings ask whether it lives; they do not keep it alive.
    with RawClient(engine.connection, "control") as control, contextlib.suppress(zmq.Again):
        while engine.alive:
            control.send("ping")
            control.receive(0.1)
    assert engine.ended() == 0
    while (message := client.receive(1)) is not None and message.type != "bye":
        pass
    assert message is not None
    assert not engine.file.exists()
    assert "nobody asked" in engine.log


def test_it_ends_with_its_parent(engines: Engines) -> None:
    parent = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        engine = engines("--parent", str(parent.pid)).start()
        assert engine.alive
    finally:
        parent.kill()
        parent.wait()
    assert engine.ended() == 0
    assert "parent" in engine.log


def test_it_does_not_start_for_a_parent_that_is_dead(engines: Engines) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    engine = engines("--parent", str(gone.pid)).launch()
    assert engine.ended() == 0


def test_an_engine_whose_networks_were_replaced_ends_once_idle(
    engines: Engines, tmp_path: Path
) -> None:
    from flawmap_engine.inference.weights import weights_folder

    weights = Path(shutil.copytree(weights_folder(), tmp_path / "weights"))
    engine = engines(FLAWMAP_WEIGHTS=str(weights)).start()
    card = json.loads((weights / "model.json").read_text())
    (weights / "model.json").write_text(json.dumps({**card, "version": "another"}))
    assert engine.ended() == 0
    assert "its networks were replaced" in engine.log


def test_an_engine_whose_place_was_taken_ends_once_idle(engines: Engines) -> None:
    first = engines().start()
    client = first.client()
    photo = new_photo(client)
    with first.staged("hold"):
        request = client.send("analyze", {"photo_id": photo})
        client.wait_for(request, "progress")
        second = engines(folder=first.folder).start()
        assert second.connection["pid"] == second.pid
        assert first.alive
    assert client.until_answered(request).last.type == "result"
    assert first.ended() == 0
    assert "taken its place" in first.log
    assert second.connection["pid"] == second.pid
    with RawClient(second.connection) as other:
        other.hello()


def test_what_a_killed_engine_left_is_cleaned_by_the_next(engines: Engines) -> None:
    first = engines().start()
    first.client().ask("open", {"pixels": {"width": 64, "height": 64}})
    first.process.kill()
    first.ended()
    folder = Path(first.connection["folder"])
    assert len(list(folder.iterdir())) == 1
    second = engines(folder=first.folder).start()
    assert not folder.exists()
    assert Path(second.connection["folder"]).is_dir()
    with RawClient(second.connection) as client:
        client.hello()


def test_the_connection_file_tells_all_that_a_client_needs(engine: EngineProcess) -> None:
    from flawmap_api.connection import process_start, read_connection
    from flawmap_api.launch import installation

    connection = engine.connection
    assert connection["pid"] == engine.pid
    assert connection["started"] == process_start(engine.pid)
    assert connection["protocols"] == [1, 1]
    assert connection["installation"] == installation()
    assert connection["device"] == "auto"
    assert Path(connection["log"]).is_file()
    assert Path(connection["folder"]).parent == engine.folder
    assert read_connection(engine.file) is not None


def test_it_answers_before_its_networks_are_loaded(engines: Engines) -> None:
    engine = engines()
    with engine.staged("hold-loading"):
        engine.start()
        client = engine.client()
        hello = client.send("hello", {"client": "a", "client_version": "", "protocols": [1, 1]})
        client.wait_for(hello, "accepted")
        photo = new_photo(client)
        assert engine.ping()["device"]["device"] == ""
    assert client.until_answered(hello).last.body["device"]["device"] == "cpu"
    client.ask("analyze", {"photo_id": photo})


def test_networks_that_cannot_be_loaded_end_it_with_a_sentence(engines: Engines) -> None:
    engine = engines()
    with engine.staged("no-networks"):
        engine.start()
        with pytest.raises((Refused, TimeoutError)) as refused:
            engine.client().hello()
        assert engine.ended() == 3
    if isinstance(refused.value, Refused):
        assert refused.value.message == "The networks are not there, says the stand-in."
    assert engine.stderr() == (
        "flawmap engine: The networks are not there, says the stand-in. Put them there.\n"
    )
    assert "says the stand-in" in engine.log
    assert not engine.file.exists()


WITHOUT_ONNXRUNTIME = """
import sys
sys.modules["onnxruntime"] = None
from flawmap_engine.lifecycle import main
sys.exit(main(sys.argv[1:]))
"""


def test_without_onnxruntime_one_sentence_says_what_to_install(runtime_folders: object) -> None:
    folder = runtime_folders()  # type: ignore[operator]
    ended = subprocess.run(
        [sys.executable, "-c", WITHOUT_ONNXRUNTIME, "run", "--runtime-dir", str(folder)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 3
    (line,) = ended.stderr.splitlines()
    assert "flawmap[cpu]" in line
    assert "Traceback" not in (ended.stdout + ended.stderr)
    assert leftovers(folder) == ["engine.log"]


def test_a_bad_option_is_told_in_one_sentence(engines: Engines) -> None:
    engine = engines(FLAWMAP_THREADS="many").launch()
    assert engine.ended() == 3
    assert engine.stderr().startswith("flawmap engine: FLAWMAP_THREADS")
    assert len(engine.stderr().splitlines()) == 1


@pytest.mark.skipif(os.name != "posix", reason="links are POSIX")
def test_a_link_in_place_of_the_log_is_not_followed(engines: Engines, tmp_path: Path) -> None:
    engine = engines()
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (engine.folder / "engine.log").symlink_to(victim)
    engine.launch()
    assert engine.ended() == 3
    assert "log cannot be written" in engine.stderr()
    assert victim.read_text() == "precious"


def test_two_engines_in_one_folder_never_share_keys(engines: Engines) -> None:
    first = engines().start()
    old = first.connection
    second = engines(folder=first.folder).start()
    assert json.dumps(old["client_secret"]) not in second.file.read_text()
    wait_until(lambda: not first.alive)


def test_a_device_that_is_not_there_ends_it_with_a_sentence(engines: Engines) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this machine may have that device")
    engine = engines("--device", "cuda", real=True).launch()
    assert engine.ended() == 3
    (line,) = engine.stderr().splitlines()
    assert line.startswith("flawmap engine: ")
    assert "cuda" in line.lower()
    assert leftovers(engine.folder) == ["engine.log"]


def test_the_thread_budget_is_what_was_asked_for(engines: Engines) -> None:
    assert engines("--threads", "3").start().client().hello().body["threads"] == 3
    assert engines(FLAWMAP_THREADS="2").start().client().hello().body["threads"] == 2
