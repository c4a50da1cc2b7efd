"""Cancel, two priorities, clients that die, faults inside: one request never harms another."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import time
import uuid

import pytest

from .conftest import EngineProcess, wait_until
from .rawclient import Answer, RawClient, Refused, picture

_seeds = itertools.count(10_000)


def new_photo(client: RawClient) -> str:
    """A photo that no analysis has seen."""
    opened, _ = client.open_pixels(picture(64, 48, next(_seeds)), 64, 48)
    return str(opened.body["photo_id"])


def journal_of(engine: EngineProcess, photo_id: str) -> list[str]:
    return [line for line in engine.journal if photo_id[:8] in line]


def test_a_running_analysis_is_cancelled_while_its_tile_is_held(engine: EngineProcess) -> None:
    client, control = engine.client(), engine.client("control")
    photo = new_photo(client)
    with engine.staged("hold"):
        request = client.send("analyze", {"photo_id": photo})
        client.wait_for(request, "progress")
        wait_until(lambda: journal_of(engine, photo)[-1:] == [f"tile {photo[:8]}"])
        assert control.ask("cancel", {"request": request}).body == {"found": True}
        # No clock: the tile is held until the end of this block.
        dialogue = client.until_answered(request)
        assert dialogue.last.body["code"] == "cancelled"
        # The worker is free again although the tile was held: the next job gets its turn.
        wait_until(lambda: engine.ping()["jobs"] == {"running": 0, "waiting": 0})
    assert f"end {photo[:8]}" not in engine.journal


def test_a_cancelled_request_that_waits_is_never_begun(engine: EngineProcess) -> None:
    client, control = engine.client(), engine.client("control")
    first, second = new_photo(client), new_photo(client)
    with engine.staged("hold"):
        running = client.send("analyze", {"photo_id": first})
        client.wait_for(running, "progress")
        waiting = client.send("analyze", {"photo_id": second})
        client.wait_for(waiting, "accepted")
        wait_until(lambda: engine.ping()["jobs"]["waiting"] == 1)
        assert control.ask("cancel", {"request": waiting}).body["found"]
        assert client.until_answered(waiting).last.body["code"] == "cancelled"
    assert client.until_answered(running).last.type == "result"
    assert journal_of(engine, second) == []


def test_a_cancel_that_overtakes_its_request_still_counts(engine: EngineProcess) -> None:
    client, control = engine.client(), engine.client("control")
    request = uuid.uuid4().hex
    assert control.ask("cancel", {"request": request}).body == {"found": False}
    client.send("models", request_id=request)
    assert client.until_answered(request).last.body["code"] == "cancelled"


def test_nothing_follows_the_answer_to_a_cancelled_request(engine: EngineProcess) -> None:
    client, control = engine.client(), engine.client("control")
    photo = new_photo(client)
    with engine.staged("hold"):
        request = client.send("analyze", {"photo_id": photo, "planes": True})
        client.wait_for(request, "progress")
        control.ask("cancel", {"request": request})
        client.until_answered(request)
    wait_until(lambda: engine.ping()["jobs"]["running"] == 0)
    assert client.receive(0.2) is None


def test_a_person_passes_a_batch_between_two_tiles(engine: EngineProcess) -> None:
    client = engine.client()
    batch, more, click = new_photo(client), new_photo(client), new_photo(client)
    with engine.staged("hold"):
        first = client.send("analyze", {"photo_id": batch, "bulk": True})
        client.wait_for(first, "progress")
        second = client.send("analyze", {"photo_id": more, "bulk": True})
        urgent = client.send("analyze", {"photo_id": click})
        # The click begins while the batch's photo is still held in the middle of its tiles.
        wait_until(lambda: journal_of(engine, click))
        assert f"end {batch[:8]}" not in engine.journal
    order = []
    while len(order) < 3:
        answer = client.receive(10)
        assert answer is not None
        order += [answer.id] if answer.type == "result" else []
    assert order == [urgent, first, second]


def test_requests_of_equal_rank_are_served_in_their_order(engine: EngineProcess) -> None:
    client = engine.client()
    photos = [new_photo(client) for _ in range(4)]
    with engine.staged("hold"):
        requests = [client.send("analyze", {"photo_id": photo}) for photo in photos]
        for request in requests:
            client.wait_for(request, "accepted")
    results: list[str] = []
    while len(results) < 4:
        answer = client.receive(10)
        assert answer is not None
        results += [answer.id] if answer.type == "result" else []
    assert results == requests


def test_stored_planes_answer_while_an_analysis_runs(engine: EngineProcess) -> None:
    client = engine.client()
    known, other = new_photo(client), new_photo(client)
    client.ask("analyze", {"photo_id": known})
    with engine.staged("hold"):
        running = client.send("analyze", {"photo_id": other})
        client.wait_for(running, "progress")
        client.ask("regions", {"photo_id": known, "strictness": 0.5})
        client.ask("roi.score", {"photo_id": known, "box": [0, 0, 32, 24]})
        client.ask("layers.render", {"photo_id": known, "plane": "mask", "distortions": ["blur"]})
        client.ask("pixels", {"photo_id": other, "scale": 0.5})
        client.ask("analyze", {"photo_id": known, "view": "pixel"})
        client.hello()
        new_photo(client)
        assert engine.ping()["jobs"]["running"] == 1
    client.until_answered(running)


def test_a_job_that_waits_long_shows_life(engine: EngineProcess) -> None:
    client = engine.client()
    photo = new_photo(client)
    with engine.staged("hold"):
        request = client.send("analyze", {"photo_id": photo})
        client.wait_for(request, "progress")
        again = [client.wait_for(request, "progress", 5).body for _ in range(2)]
    assert again[0] == again[1]
    client.until_answered(request)


DYING_CLIENT = """
import json, sys
sys.path.insert(0, sys.argv[1])
from tests.engine.server.rawclient import RawClient
client = RawClient(json.load(open(sys.argv[2])))
request = client.send("analyze", {"photo_id": sys.argv[3]})
client.wait_for(request, "progress")
print("running", flush=True)
client.receive(600)
client.receive(600)
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "frozen"])
def test_the_jobs_of_a_client_that_dies_end(
    engine: EngineProcess, repository: os.PathLike[str], end: signal.Signals
) -> None:
    photo = new_photo(engine.client())
    with engine.staged("hold"):
        arguments = [str(repository), str(engine.file), photo]
        dying = subprocess.Popen(
            [sys.executable, "-c", DYING_CLIENT, *arguments], stdout=subprocess.PIPE
        )
        try:
            assert dying.stdout is not None
            assert dying.stdout.readline() == b"running\n"
            dying.send_signal(end)
            wait_until(lambda: engine.ping()["jobs"]["running"] == 0)
            assert f"end {photo[:8]}" not in engine.journal
        finally:
            dying.kill()
            dying.communicate()


def test_a_fault_inside_is_told_and_the_engine_goes_on(engine: EngineProcess) -> None:
    client = engine.client()
    photo = new_photo(client)
    with engine.staged("fail"), pytest.raises(Refused) as refused:
        client.ask("analyze", {"photo_id": photo})
    assert refused.value.code == "internal"
    assert str(engine.folder / "engine.log") in refused.value.hint
    assert "ZeroDivisionError" not in str(refused.value)
    assert "ZeroDivisionError: the stand-in was told to fail" in engine.log
    assert client.ask("analyze", {"photo_id": photo}).body["photo_id"] == photo


def test_no_memory_is_told_and_the_engine_goes_on(engine: EngineProcess) -> None:
    client = engine.client()
    photo = new_photo(client)
    with engine.staged("no-memory"), pytest.raises(Refused) as refused:
        client.ask("analyze", {"photo_id": photo})
    assert refused.value.code == "no_memory"
    assert client.ask("analyze", {"photo_id": photo})


def test_control_answers_while_work_is_busy(engine: EngineProcess) -> None:
    client = engine.client()
    photo = new_photo(client)
    with engine.staged("hold"):
        request = client.send("analyze", {"photo_id": photo})
        client.wait_for(request, "progress")
        state = engine.ping()
        assert state["jobs"] == {"running": 1, "waiting": 0}
        assert state["idle_s"] == 0
        assert state["memory"]["rss"] > 0
    client.until_answered(request)


def test_each_request_ends_in_exactly_one_answer(engine: EngineProcess) -> None:
    client, control = engine.client(), engine.client("control")
    photos = [new_photo(client) for _ in range(6)]
    requests = [client.send("analyze", {"photo_id": photo, "planes": True}) for photo in photos]
    for request in requests[::2]:
        control.send("cancel", {"request": request})
    ends: dict[str, list[Answer]] = {request: [] for request in requests}
    deadline = time.monotonic() + 20
    while not all(ends.values()) and time.monotonic() < deadline:
        answer = client.receive(1)
        if answer is not None and answer.type in ("result", "error"):
            ends[answer.id].append(answer)
    while (answer := client.receive(0.2)) is not None:
        assert answer.type not in ("result", "error")
    assert [len(answers) for answers in ends.values()] == [1] * 6
    assert all(ends[request][0].type == "result" for request in requests[1::2])
