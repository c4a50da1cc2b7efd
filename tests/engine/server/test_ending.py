"""An engine that ends while it is wanted: clients ask the next one, and nobody notices."""

from __future__ import annotations

import os
import shlex
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

import numpy as np
import pytest

from flawmap_api import EngineClient, Report, connect

from .conftest import STAND_IN, EngineProcess, wait_until
from .rawclient import picture
from .test_jobs_over_the_wire import new_photo

PHOTO = np.frombuffer(picture(64, 48, 77), np.uint8).reshape(48, 64, 3)

Asked = Callable[[EngineClient], Report]


@pytest.fixture
def engine(engines: Callable[..., EngineProcess], monkeypatch: pytest.MonkeyPatch) -> EngineProcess:
    """A stand-in engine of the test's own; clients that start another get a stand-in, too."""
    first = engines()
    monkeypatch.setenv("FLAWMAP_ENGINE", shlex.join([sys.executable, str(STAND_IN)]))
    monkeypatch.setenv("FLAWMAP_TEST_STAGE", str(first.stage))
    return first.start()


def in_background(engine: EngineProcess, ask: Asked) -> Future[tuple[Report, int]]:
    """What a client of its own gets, and from which process."""
    answer: Future[tuple[Report, int]] = Future()

    def work() -> None:
        try:
            with connect(runtime_dir=engine.folder) as client:
                report = ask(client)
                answer.set_result((report, client.hello.pid or 0))
                client.shutdown()
        except BaseException as error:
            answer.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    return answer


def shutdown(engine: EngineProcess) -> None:
    with connect(runtime_dir=engine.folder, start=False) as other:
        other.shutdown("now")


def terminate(engine: EngineProcess) -> None:
    os.kill(engine.pid, signal.SIGTERM)


@pytest.mark.parametrize("end", [shutdown, terminate])
def test_an_analysis_under_way_is_answered_by_the_next_engine(
    engine: EngineProcess, end: Callable[[EngineProcess], None]
) -> None:
    begun = threading.Event()
    with engine.staged("hold"):
        answer = in_background(
            engine, lambda client: client.analyze(PHOTO, on_progress=lambda _: begun.set())
        )
        assert begun.wait(30)
        end(engine)
        assert engine.ended() == 0
    report, pid = answer.result(60)
    assert report.photo.width == 64
    assert pid != engine.pid


def test_a_client_that_waits_its_turn_is_answered_by_the_next_engine(
    engine: EngineProcess,
) -> None:
    with engine.staged("hold"):
        before = engine.client()
        running = before.send("analyze", {"photo_id": new_photo(before)})
        before.wait_for(running, "progress")
        answer = in_background(engine, lambda client: client.analyze(PHOTO))
        wait_until(lambda: engine.ping()["jobs"] == {"running": 1, "waiting": 1})
        terminate(engine)
        assert engine.ended() == 0
    report, pid = answer.result(60)
    assert report.photo.width == 64
    assert pid != engine.pid


def test_a_batch_does_not_notice_that_its_engine_ends(
    engine: EngineProcess, tmp_path: Path
) -> None:
    from PIL import Image

    paths = []
    for number in range(12):
        paths.append(tmp_path / f"{number}.png")
        Image.fromarray(np.full((24, 32, 3), 20 * number, np.uint8)).save(paths[-1])
    seen: list[int] = []

    def all_of_them(client: EngineClient) -> Report:
        for number, path in enumerate(paths):
            if number == 5:
                terminate(engine)
            report = client.analyze(path)
            seen.append(number)
        return report

    answer = in_background(engine, all_of_them)
    answer.result(60)
    assert seen == list(range(12))
    assert engine.ended() == 0
