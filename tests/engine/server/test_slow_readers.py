"""A client that reads slowly: its answers wait within bounds, and nobody else notices."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator

import pytest
import zmq

from flawmap_api.wire import Block, Message
from flawmap_engine import server
from flawmap_engine.server import Endpoint

from .conftest import wait_until


class Bench:
    """An endpoint without an engine, and a client that reads when it is told to."""

    def __init__(self) -> None:
        self.context = zmq.Context()
        router = self.context.socket(zmq.ROUTER)
        router.setsockopt(zmq.ROUTER_MANDATORY, 1)
        router.sndhwm = 1
        router.bind("inproc://bench")
        self.gone: list[bytes] = []
        self.client = self.context.socket(zmq.DEALER)
        self.client.routing_id = b"slow"
        self.client.rcvhwm = 1
        self.client.connect("inproc://bench")
        self.ticks = threading.Semaphore(0)
        self.endpoint = Endpoint(
            "bench",
            router,
            {},
            on_request=lambda *_: None,
            on_gone=self.gone.append,
            on_tick=self.ticks.release,
        )
        self.endpoint.start()

    def settle(self) -> None:
        """Wait until the endpoint has gone round."""
        while self.ticks.acquire(blocking=False):
            pass
        for _ in range(2):
            assert self.ticks.acquire(timeout=10)

    def read(self, count: int) -> list[tuple[str, str]]:
        got = []
        while len(got) < count and self.client.poll(5000):
            header = json.loads(self.client.recv_multipart()[0])
            got.append((header["id"], header["type"]))
        return got

    def close(self) -> None:
        self.endpoint.close(0.1)
        self.context.destroy(linger=0)


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.close()


def large(number: int, type_: str = "result") -> Message:
    return Message(str(number), type_, {}, {"data": Block("u8", (600,), bytes(600))})


def test_answers_wait_in_their_order(bench: Bench) -> None:
    for number in range(100):
        bench.endpoint.send(b"slow", Message(str(number), "result"))
    bench.settle()
    assert bench.read(100) == [(str(number), "result") for number in range(100)]
    assert bench.gone == []


def test_large_answers_beyond_the_bound_become_busy(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "_MOST_WAITING_BYTES", 2000)
    for number in range(20):
        bench.endpoint.send(b"slow", large(number))
    bench.settle()
    got = bench.read(20)
    assert [id_ for id_, _ in got] == [str(number) for number in range(20)]
    kinds = [kind for _, kind in got]
    assert kinds[0] == "result"
    assert kinds[-1] == "error"
    assert kinds.count("result") <= 3 + 4
    bench.endpoint.send(b"slow", large(20))
    assert bench.read(1) == [("20", "result")]
    assert bench.gone == []


def test_parts_are_left_out_before_answers_are(bench: Bench) -> None:
    for number in range(150):
        bench.endpoint.send(b"slow", Message(str(number), "progress"))
    bench.endpoint.send(b"slow", Message("end", "result"))
    bench.settle()
    got = []
    while not got or got[-1] != ("end", "result"):
        got += bench.read(1)
    assert len(got) < 100
    assert bench.gone == []


def test_a_client_that_never_reads_is_given_up(bench: Bench) -> None:
    for number in range(400):
        bench.endpoint.send(b"slow", Message(str(number), "result"))
    wait_until(lambda: bench.gone)
    assert set(bench.gone) == {b"slow"}


def test_an_answer_for_nobody_is_noticed(bench: Bench) -> None:
    bench.endpoint.send(b"nobody", Message("1", "result"))
    wait_until(lambda: bench.gone == [b"nobody"])


def test_an_answer_that_cannot_be_written_becomes_an_error(bench: Bench) -> None:
    bench.endpoint.send(b"slow", Message("1", "result", {"quality": float("nan")}))
    bench.endpoint.send(b"slow", Message("2", "result", {"quality": object()}))
    bench.endpoint.send(b"slow", Message("3", "result"))
    assert bench.read(3) == [("1", "error"), ("2", "error"), ("3", "result")]
