"""The client against engines that behave by a script: kills, silence, cancel, event loops."""

from __future__ import annotations

import contextlib
import itertools
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import flawmap_api
from flawmap_api.calls import Session
from flawmap_api.client import EngineClient
from flawmap_api.errors import (
    BadInput,
    Busy,
    Cancelled,
    EngineLost,
    InternalError,
    NotFound,
)
from flawmap_api.messages import Models, Ping
from flawmap_api.results import Progress
from flawmap_api.steps import plain_steps

Script = Callable[..., None]
Connect = Callable[..., EngineClient]

REPORT: dict[str, Any] = {
    "schema": 1,
    "photo": {
        "path": None,
        "file_sha256": None,
        "photo_id": "p",
        "lineage": "l",
        "width": 8,
        "height": 8,
    },
    "view": "screen",
    "grid": {"rows": 1, "cols": 1},
    "quality": 0.5,
    "subject_sharpness": 1.0,
    "distortions": {},
    "regions": [],
    "more": {},
    "only_at_1_to_1": [],
    "engine": {
        "version": "0",
        "protocol": 1,
        "model": "m",
        "model_sha256": "0",
        "device": "cpu",
        "providers": ["CPUExecutionProvider"],
    },
}
OPENED = {"photo_id": "p", "width": 8, "height": 8, "lineage": "l"}
ANSWERS = {
    "open": OPENED,
    "analyze": {"report": REPORT},
    "models": {"models": [{"name": "scripted"}]},
}


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"the scripted engine does not look")
    return path


def test_the_quick_start_works(
    runtime: Path, scripted: Script, connect: Connect, photo: Path
) -> None:
    scripted(answers=ANSWERS)
    heard: list[Progress] = []
    with connect() as engine:
        report = engine.analyze(photo, on_progress=heard.append)
    assert report.quality == 0.5
    assert heard[0] == Progress("tile", 1, 2)


MOMENTS = ("before_accept", "accepted", "progress")
#: Killed or frozen, at which request, and when; a frozen one takes seconds to be given up.
FATES = [
    *itertools.product(["die_on"], ["open", "analyze"], MOMENTS),
    ("stop_on", "open", "before_accept"),
    ("stop_on", "analyze", "accepted"),
    ("stop_on", "analyze", "progress"),
]


@pytest.mark.parametrize(("fate", "request_type", "moment"), FATES)
def test_an_engine_lost_at_any_moment_is_replaced_and_asked_again(
    runtime: Path,
    scripted: Script,
    connect: Connect,
    photo: Path,
    tmp_path: Path,
    moment: str,
    fate: str,
    request_type: str,
) -> None:
    starts = tmp_path / "starts"
    scripted(
        answers=ANSWERS,
        once=str(tmp_path / "once"),
        count_starts=str(starts),
        **{fate: {request_type: moment}},
    )
    try:
        with connect() as engine:
            assert engine.analyze(photo).quality == 0.5
        assert len(starts.read_text().split()) == 2
    finally:
        for pid in starts.read_text().split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)


def test_an_engine_that_dies_again_is_not_started_a_third_time(
    runtime: Path, scripted: Script, connect: Connect, photo: Path, tmp_path: Path
) -> None:
    starts = tmp_path / "starts"
    scripted(answers=ANSWERS, count_starts=str(starts), die_on={"analyze": "accepted"})
    with connect() as engine, pytest.raises(EngineLost, match="lost twice"):
        engine.analyze(photo)
    assert len(starts.read_text().split()) == 2


def test_an_engine_that_cannot_be_started_again_is_told(
    runtime: Path, scripted: Script, connect: Connect, photo: Path
) -> None:
    scripted(answers=ANSWERS, die_on={"analyze": "accepted"})
    with connect() as engine:
        scripted(die_at_start=7)
        with pytest.raises(EngineLost, match="exit code 7"):
            engine.analyze(photo)
        scripted(answers=ANSWERS)
        assert engine.analyze(photo).quality == 0.5


def test_an_engine_that_ended_between_requests_is_replaced_without_a_word(
    runtime: Path, scripted: Script, connect: Connect, photo: Path
) -> None:
    scripted(answers=ANSWERS)
    with connect() as engine:
        first = engine.hello.pid
        engine.shutdown()
        assert engine.analyze(photo).quality == 0.5
        assert engine.hello.pid != first


def test_a_photo_that_the_engine_no_longer_has_is_opened_again(
    runtime: Path, scripted: Script, connect: Connect, photo: Path, tmp_path: Path
) -> None:
    scripted(answers=ANSWERS)
    opens = tmp_path / "opens"
    with connect() as engine:
        opened = engine.open(photo)
        engine.shutdown()
        # This engine goes on saying so: the client opens the photo, asks once more, then tells.
        lost = {"error": {"code": "not_found", "message": "No such photo."}}
        scripted(answers={**ANSWERS, "regions": lost}, log_requests=str(opens))
        with pytest.raises(NotFound, match="No such photo"):
            engine.regions(opened)
    assert opens.read_text().split() == ["hello", "regions", "open", "regions", "bye"]


def test_a_photo_that_changed_on_disk_is_not_taken_for_the_old_one(
    runtime: Path, scripted: Script, connect: Connect, photo: Path
) -> None:
    scripted(answers=ANSWERS)
    with connect() as engine:
        opened = engine.open(photo)
        engine.shutdown()
        lost = {"error": {"code": "not_found", "message": "No such photo."}}
        scripted(answers={"open": {**OPENED, "photo_id": "q"}, "regions": lost})
        with pytest.raises(NotFound, match="changed since it was opened"):
            engine.regions(opened)


@pytest.mark.parametrize(
    ("code", "kind"), [("bad_input", BadInput), ("busy", Busy), ("brand_new", InternalError)]
)
def test_the_engines_errors_arrive_as_ours(
    runtime: Path, scripted: Script, connect: Connect, photo: Path, code: str, kind: type[Exception]
) -> None:
    scripted(answers={"open": {"error": {"code": code, "message": "No.", "hint": "Try."}}})
    with connect() as engine, pytest.raises(kind, match=r"No\. Try\."):
        engine.open(photo)


def test_an_answer_of_the_wrong_shape_is_an_error_of_ours(
    runtime: Path, scripted: Script, connect: Connect, photo: Path
) -> None:
    scripted(answers={"open": {"photo_id": 3}})
    with connect() as engine, pytest.raises(BadInput, match=r"open\.photo_id has to be a text"):
        engine.open(photo)


def test_a_running_request_is_cancelled_from_another_thread(
    runtime: Path, scripted: Script, connect: Connect, photo: Path
) -> None:
    scripted(answers=ANSWERS, stop_on={"analyze": "progress"})
    with connect() as engine:
        pid = engine.hello.pid
        cancel = threading.Timer(0.3, engine.cancel)
        cancel.start()
        try:
            # The engine is frozen: it neither answers nor hears the cancel, and still it ends.
            with pytest.raises(Cancelled):
                engine.analyze(photo)
        finally:
            os.kill(pid, signal.SIGKILL)
            cancel.join()


def test_an_event_loop_polls_a_descriptor_and_is_never_blocked(
    runtime: Path, scripted: Script, connect: Connect
) -> None:
    scripted(answers=ANSWERS)
    with connect() as engine:
        done: list[Any] = []
        call = engine.session.start(plain_steps(Models()), on_done=done.append)
        deadline = time.monotonic() + 10
        while not done and time.monotonic() < deadline:
            select.select([engine.session.fileno()], [], [], 0.2)
            engine.session.poll(0)
        assert done == [call]
        assert call.result().body == ANSWERS["models"]


def test_a_session_is_connected_in_one_thread_and_used_in_another(
    runtime: Path, scripted: Script, road: dict[str, Any]
) -> None:
    scripted(answers=ANSWERS)
    made: list[Session] = []
    thread = threading.Thread(target=lambda: made.append(flawmap_api.connect_session(**road)))
    thread.start()
    thread.join()
    session = made[0]
    assert session.start(plain_steps(Models())).result().body == ANSWERS["models"]
    assert session.control(Ping()).body["pid"] == session.launched.hello.pid
    session.close()


def test_several_requests_may_be_under_way_at_once(
    runtime: Path, scripted: Script, connect: Connect
) -> None:
    scripted(answers=ANSWERS)
    with connect() as engine:
        calls = [engine.session.start(plain_steps(Models())) for _ in range(5)]
        assert [call.result().body for call in calls] == [ANSWERS["models"]] * 5


def test_closing_ends_what_is_under_way(runtime: Path, scripted: Script, connect: Connect) -> None:
    scripted(stop_on={"models": "accepted"})
    engine = connect()
    pid = engine.hello.pid
    call = engine.session.start(plain_steps(Models()))
    os.kill(pid, signal.SIGKILL)
    engine.close()
    with pytest.raises(Cancelled):
        call.result()


def test_a_private_engine_ends_with_its_client(
    runtime: Path, scripted: Script, connect: Connect
) -> None:
    with connect(private=True) as engine:
        launched = engine.session.launched
        assert launched.folder.is_dir()
    assert not launched.alive()
    assert not launched.folder.exists()


def test_a_private_engine_that_was_lost_is_replaced_in_its_own_folder(
    runtime: Path, scripted: Script, connect: Connect, photo: Path
) -> None:
    scripted(answers=ANSWERS)
    with connect(private=True) as engine:
        first = engine.session.launched
        os.kill(first.info.pid, signal.SIGKILL)
        assert engine.analyze(photo).quality == 0.5
        second = engine.session.launched
        assert second.folder == first.folder
    assert not second.alive()
    assert not first.folder.exists()
    assert not any(runtime.iterdir())


@pytest.mark.parametrize("fault", [RuntimeError, KeyboardInterrupt])
def test_a_callback_that_fails_ends_its_request_and_no_other(
    runtime: Path, scripted: Script, connect: Connect, photo: Path, fault: type[BaseException]
) -> None:
    scripted(answers=ANSWERS)

    def fails(_: Progress) -> None:
        raise fault("mine")

    with connect() as engine:
        with pytest.raises(fault, match="mine"):
            engine.analyze(photo, on_progress=fails)
        assert engine.models() == ANSWERS["models"]["models"]
        assert engine.analyze(photo).quality == 0.5


def test_a_forked_child_is_told_to_connect_for_itself(runtime: Path, scripted: Script) -> None:
    scripted(answers=ANSWERS)
    code = (
        "import flawmap_api, os, sys\n"
        "engine = flawmap_api.connect()\n"
        "if os.fork():\n"
        "    sys.exit(os.waitstatus_to_exitcode(os.wait()[1]))\n"
        "try:\n"
        "    engine.models()\n"
        "except flawmap_api.FlawmapError as error:\n"
        "    os._exit(0 if 'another process' in str(error) else 3)\n"
        "os._exit(4)\n"
    )
    command = [sys.executable, "-W", "ignore", "-c", code]
    assert subprocess.run(command, timeout=30, check=False).returncode == 0


def test_a_closed_client_stays_closed(
    runtime: Path, scripted: Script, connect: Connect, photo: Path
) -> None:
    scripted(answers=ANSWERS)
    engine = connect()
    engine.close()
    engine.close()
    with pytest.raises(EngineLost, match="closed"):
        engine.analyze(photo)


def test_what_was_only_analysed_is_not_kept(
    runtime: Path, scripted: Script, connect: Connect, photo: Path
) -> None:
    scripted(answers=ANSWERS)
    with connect() as engine:
        engine.analyze(photo)
        assert not engine.session.book.photos()
        opened = engine.open(photo)
        engine.analyze(photo)
        assert engine.session.book.photos() == {opened.photo_id}


@pytest.mark.parametrize(
    ("source", "said"),
    [(3, "is no photo"), (memoryview(b"abc"), "is no photo"), (object(), "is no photo")],
)
def test_what_is_no_photo_is_refused_before_it_travels(
    runtime: Path, scripted: Script, connect: Connect, source: Any, said: str
) -> None:
    with connect() as engine, pytest.raises(BadInput, match=said):
        engine.open(source)


def test_the_contract_needs_nothing_but_the_standard_library_and_pyzmq(tmp_path: Path) -> None:
    code = (
        "import sys, flawmap_api; assert 'zmq' not in sys.modules\n"
        "flawmap_api.connect\n"
        "ours = [m for m in sys.modules if m.startswith('flawmap') and 'api' not in m]\n"
        "heavy = {'numpy', 'PIL', 'cv2', 'rich', 'platformdirs'} & set(sys.modules)\n"
        "assert not ours and not heavy, (ours, heavy)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)


def test_a_device_that_does_not_exist_is_told_before_anything_starts(runtime: Path) -> None:
    with pytest.raises(BadInput, match="no device 'toaster'"):
        flawmap_api.connect(device="toaster")
    assert not any(runtime.iterdir())
