"""The helper process between a host without pyzmq and the engine: what only this road can do wrong.

What is the same on both roads is tried on both, in test_client.py.
"""

from __future__ import annotations

import contextlib
import io
import os
import select
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.api.conftest import RELAY
from tests.api.test_client import ANSWERS

import flawmap_api
from flawmap_api import pipes
from flawmap_api.calls import Session
from flawmap_api.connection import process_start, read_connection
from flawmap_api.errors import BadInput, Cancelled, EngineLost, NotFound, VersionMismatch
from flawmap_api.frames import frames_from, frames_to
from flawmap_api.messages import Models
from flawmap_api.pipes import Pipe
from flawmap_api.steps import plain_steps
from flawmap_api.wire import MAX_FRAME, Block, Message

Script = Callable[..., None]


@pytest.fixture
def session(runtime: Path, scripted: Script) -> Any:
    scripted(answers=ANSWERS)
    made = flawmap_api.connect_session(relay_command=RELAY)
    yield made
    made.close()


def relay_of(session: Session) -> subprocess.Popen[bytes]:
    pipe = session.launched.link()
    assert isinstance(pipe, Pipe)
    return pipe._process


def wait_until(fact: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline
        time.sleep(0.02)


# --------------------------------------------------------------------------- what goes over a pipe

FRAMES = st.lists(st.binary(max_size=300), max_size=8)


class Trickle(io.RawIOBase):
    """A pipe that gives and takes a few bytes at a time."""

    def __init__(self, data: bytes = b"") -> None:
        self.data = bytearray(data)

    def readinto(self, buffer: Any) -> int:
        part = self.data[: min(7, len(buffer))]
        del self.data[: len(part)]
        buffer[: len(part)] = part
        return len(part)

    def write(self, data: Any) -> int:
        part = bytes(data[:7])
        self.data += part
        return len(part)


@given(st.lists(FRAMES, max_size=4))
def test_messages_come_out_of_a_pipe_as_they_went_in(messages: list[list[bytes]]) -> None:
    pipe = Trickle()
    for frames in messages:
        frames_to(pipe, frames)
    assert [[bytes(f) for f in frames_from(pipe) or ()] for _ in messages] == messages
    assert frames_from(pipe) is None


@given(FRAMES.filter(bool), st.data())
def test_a_pipe_that_ends_in_the_middle_has_ended(frames: list[bytes], data: Any) -> None:
    whole = Trickle()
    frames_to(whole, frames)
    cut = data.draw(st.integers(0, len(whole.data) - 1))
    assert frames_from(Trickle(bytes(whole.data[:cut]))) is None


@given(st.binary(max_size=64))
def test_whatever_comes_is_never_believed_to_be_huge(data: bytes) -> None:
    try:
        frames = frames_from(Trickle(data))
    except EngineLost:
        return
    assert frames is None or sum(len(frame) for frame in frames) <= len(data)


# --------------------------------------------------------------------------- the helper process


def test_a_host_needs_no_pyzmq(runtime: Path, scripted: Script, tmp_path: Path) -> None:
    scripted(answers=ANSWERS)
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(b"the scripted engine does not look")
    (tmp_path / "zmq.py").write_text("raise ImportError('this wheel is for another Python')\n")
    code = (
        "import sys, flawmap_api, flawmap_api.pipes\n"
        "with flawmap_api.connect(relay_command=sys.argv[2:]) as engine:\n"
        "    print(engine.analyze(sys.argv[1]).quality_level, engine.status()['pid'] > 0)\n"
        "assert 'zmq' not in sys.modules\n"
    )
    # The folder with the broken wheel comes first for the host, and is not seen by the helper (-P).
    done = subprocess.run(
        [sys.executable, "-c", code, photo, *RELAY],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.split() == ["fair", "True"]


@pytest.mark.parametrize("moment", ["at_rest", "under_way"])
def test_a_helper_that_is_killed_is_replaced_and_the_engine_kept(
    session: Session, scripted: Script, tmp_path: Path, moment: str
) -> None:
    engine, first = session.info.pid, relay_of(session)
    call = session.start(plain_steps(Models()))
    if moment == "at_rest":
        call.result()
    first.kill()
    call = call if moment == "under_way" else session.start(plain_steps(Models()))
    assert call.result().body == ANSWERS["models"]
    assert session.info.pid == engine
    if moment == "at_rest":
        assert relay_of(session) is not first


def test_a_helper_that_hangs_is_ended_and_replaced(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipes, "_SILENT_SECONDS", 0.5)
    first = relay_of(session)
    first.send_signal(signal.SIGSTOP)
    assert session.start(plain_steps(Models())).result().body == ANSWERS["models"]
    assert relay_of(session) is not first
    wait_until(lambda: first.poll() is not None)


def test_a_helper_ends_with_its_host(runtime: Path, scripted: Script) -> None:
    scripted(answers=ANSWERS)
    code = (
        "import sys, os, flawmap_api\n"
        "session = flawmap_api.connect_session(relay_command=sys.argv[1:])\n"
        "print(session.launched.link()._process.pid, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *RELAY], capture_output=True, text=True, check=False
    )
    pid = int(done.stdout)
    wait_until(lambda: process_start(pid) is None)


def test_a_helper_ends_with_its_session(session: Session) -> None:
    helper = relay_of(session)
    session.close()
    wait_until(lambda: helper.poll() is not None)
    assert session.fileno() == -1


def test_cancel_goes_over_the_pipe(session: Session, scripted: Script, tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    with contextlib.suppress(EngineLost):
        # Its end may overtake its answer.
        session.control(flawmap_api.messages.Shutdown("now"))
    scripted(answers=ANSWERS, log_requests=str(heard))
    call = session.start(plain_steps(Models()))
    call.cancel()
    with pytest.raises(Cancelled):
        call.result()
    # The next one is told to the engine while it works on it, or just after.
    call = session.start(plain_steps(Models()))
    wait_until(lambda: (session.poll(0.05), call.done)[1])
    session.cancel("some request")
    wait_until(lambda: "cancel" in heard.read_text().split())


def test_an_event_loop_is_woken_by_the_end_of_the_helper(session: Session) -> None:
    session.start(plain_steps(Models())).result()
    relay_of(session).kill()
    assert select.select([session.fileno()], [], [], 10)[0]
    session.poll(0)
    assert session.start(plain_steps(Models())).result().body == ANSWERS["models"]


def test_a_descriptor_rests_while_there_is_nothing(session: Session) -> None:
    session.start(plain_steps(Models())).result()
    session.poll(0.2)
    assert not select.select([session.fileno()], [], [], 0)[0]


def test_a_large_message_goes_both_ways(runtime: Path) -> None:
    # A helper that says back what it hears.
    code = (
        "import os\n"
        "from flawmap_api.frames import frames_from, frames_to\n"
        "here, there = os.fdopen(0, 'rb', buffering=0), os.fdopen(1, 'wb', buffering=0)\n"
        "while (frames := frames_from(here)) is not None:\n"
        "    frames_to(there, frames)\n"
    )
    pipe = Pipe([sys.executable, "-c", code])
    data = os.urandom(3 * MAX_FRAME + 5)
    try:
        for _ in range(2):
            pipe.send(Message("1", "partial", {"a": 1}, {"p": Block("u8", (len(data),), data)}))
        for _ in range(2):
            back = pipe.receive(20)
            assert back is not None
            assert back.blocks["p"].tobytes() == data
    finally:
        pipe.close()


def test_a_host_that_does_not_look_gets_everything_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pipes, "_MOST_WAITING", 10)
    monkeypatch.setattr(pipes, "_SILENT_SECONDS", 0.2)
    code = (
        "import os, time\n"
        "from flawmap_api.frames import frames_to\n"
        "from flawmap_api.wire import Message, encode\n"
        "there = os.fdopen(1, 'wb', buffering=0)\n"
        "for n in range(50):\n"
        "    frames_to(there, encode(Message(str(n), 'progress')))\n"
        "os.read(0, 1)\n"
    )
    pipe = Pipe([sys.executable, "-c", code])
    try:
        wait_until(lambda: len(pipe._inbox) == 10)
        time.sleep(0.5)
        assert pipe.broken() is None
        assert [message.id for n in range(50) if (message := pipe.receive(10))] == [
            str(n) for n in range(50)
        ]
    finally:
        pipe.close()


# --------------------------------------------------------------------------- what is told


def test_what_is_waited_for_is_told_on_the_hosts_side(runtime: Path, scripted: Script) -> None:
    said: list[str] = []
    flawmap_api.connect_session(relay_command=RELAY, on_status=said.append).close()
    assert said == ["Starting the engine …"]


def test_an_engine_that_dies_at_start_is_told_with_its_last_words(
    runtime: Path, scripted: Script
) -> None:
    scripted(die_at_start=5)
    with pytest.raises(EngineLost, match="exit code 5") as caught:
        flawmap_api.connect_session(relay_command=RELAY)
    assert caught.value.log_tail == ("the graphics driver is missing",)


def test_an_engine_of_another_protocol_is_told(runtime: Path, scripted: Script) -> None:
    scripted(protocols=[2, 3], version="9.9.9")
    with pytest.raises(VersionMismatch, match="Update this program"):
        flawmap_api.connect_session(relay_command=RELAY)


def test_without_leave_to_start_it_says_that_none_runs(runtime: Path, scripted: Script) -> None:
    with pytest.raises(NotFound, match="No engine is running"):
        flawmap_api.connect_session(relay_command=RELAY, start=False)


def test_a_device_that_does_not_exist_is_told_before_anything_starts(runtime: Path) -> None:
    with pytest.raises(BadInput, match="no device 'toaster'"):
        flawmap_api.connect_session(relay_command=("/nowhere/python",), device="toaster")


@pytest.mark.parametrize("command", [("/nowhere/python", "-m", "flawmap_api.relay"), ()])
def test_a_helper_that_is_not_there_is_told(runtime: Path, command: tuple[str, ...]) -> None:
    with pytest.raises(EngineLost, match="helper process of the engine could not be started"):
        flawmap_api.connect_session(relay_command=command)


def test_a_python_without_flawmap_is_told_in_its_own_words(runtime: Path) -> None:
    command = (sys.executable, "-I", "-S", "-m", "flawmap_api.relay")
    with pytest.raises(EngineLost, match="No module named") as caught:
        flawmap_api.connect_session(relay_command=command)
    assert "flawmap plugins update" in caught.value.hint


def test_a_program_that_is_no_helper_is_told(runtime: Path) -> None:
    echo = shutil.which("echo")
    assert echo is not None
    with pytest.raises(EngineLost, match=r"could not work: .* no message"):
        flawmap_api.connect_session(relay_command=(echo, "hello, this is no helper process"))


def test_the_hosts_side_holds_no_keys(session: Session, runtime: Path) -> None:
    written = read_connection(runtime / "engine.json")
    assert written is not None and written.client_secret
    assert session.info.client_secret == ""
    assert session.info.folder == written.folder


def test_questions_from_other_threads_get_their_own_answers(session: Session) -> None:
    answers: list[int] = []

    def ask() -> None:
        for _ in range(10):
            answers.append(session.control(flawmap_api.messages.Ping()).body["pid"])

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    calls = [session.start(plain_steps(Models())) for _ in range(20)]
    assert all(call.result().body == ANSWERS["models"] for call in calls)
    for thread in threads:
        thread.join()
    assert answers == [session.info.pid] * 40
