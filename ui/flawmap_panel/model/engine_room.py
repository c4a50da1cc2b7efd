"""Engine room: a thread that speaks to the engine, so that the window never waits.

Work is a function of the client; its answer, its error and its progress come back through `post`,
which runs things on the window's own thread. The newest request of a `key` takes the place of those
that wait, which is what a slider needs.
"""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import flawmap_api
from flawmap_api.client import EngineClient
from flawmap_api.errors import Cancelled, EngineLost, FlawmapError, InternalError
from flawmap_api.results import HelloInfo, Progress

from .observable import Observable

__all__ = ["EngineRoom", "Ticket"]

T = TypeVar("T")
Post = Callable[[Callable[[], None]], None]
Work = Callable[[EngineClient, Callable[[Progress], None]], T]


def _ignore(_: Any) -> None:
    return None


@dataclass(order=True)
class Ticket:
    """One piece of work: waiting, under way, done, or dropped."""

    rank: tuple[int, int]
    work: Work[Any] = field(compare=False, repr=False)
    then: Callable[[Any], None] = field(compare=False, repr=False)
    failed: Callable[[FlawmapError], None] = field(compare=False, repr=False)
    progress: Callable[[Progress], None] = field(compare=False, repr=False, default=_ignore)
    key: str = field(compare=False, default="")
    dropped: bool = field(compare=False, default=False)


class EngineRoom(Observable):
    """The window's way to the engine.

    Tells the topic `state` when `state`, `hello`, `error` or `status` change.

    Parameters
    ----------
    post : callable(callable)
        Runs a function on the window's thread, soon; callable from any thread.
    bulk : bool
        What is asked here lets a person's requests pass, between two tiles.
    device : str
        Where the networks must run.
    connect : callable, optional
        Makes the client; `flawmap_api.connect` unless a test has another.

    Attributes
    ----------
    state : "idle" | "connecting" | "ready" | "lost"
    hello : HelloInfo or None
        What the engine said of itself.
    error : FlawmapError or None
        Why it is lost.
    status : str
        What is being waited for, in words.
    """

    def __init__(
        self,
        post: Post,
        *,
        bulk: bool = False,
        device: str = "auto",
        connect: Callable[..., EngineClient] | None = None,
    ) -> None:
        super().__init__()
        self.state = "idle"
        self.hello: HelloInfo | None = None
        self.error: FlawmapError | None = None
        self.status = ""
        self.device = device
        self._bulk = bulk
        self._connect = connect or flawmap_api.connect
        self._post = post
        self._waiting: list[Ticket] = []
        self._numbers = itertools.count()
        self._wake = threading.Condition()
        self._running: Ticket | None = None
        self._client: EngineClient | None = None
        self._reconnect = False
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="flawmap-engine-room", daemon=True)
        self._thread.start()

    def ask(
        self,
        work: Work[T],
        then: Callable[[T], None],
        failed: Callable[[FlawmapError], None] = _ignore,
        *,
        progress: Callable[[Progress], None] = _ignore,
        key: str = "",
        urgency: int = 0,
    ) -> Ticket:
        """Have some work done.

        Parameters
        ----------
        work : callable(client, on_progress) -> T
            Runs in the room's thread.
        then, failed : callable
            Called on the window's thread with the answer, or with the error; neither once the
            ticket was dropped.
        key : str
            What still waits under the same key is dropped.
        urgency : int
            Higher goes first; equal ones in their order.
        """
        ticket = Ticket((-urgency, next(self._numbers)), work, then, failed, progress, key)
        with self._wake:
            if key:
                for other in self._waiting:
                    other.dropped |= other.key == key
            heapq.heappush(self._waiting, ticket)
            self._wake.notify()
        return ticket

    def drop(self, ticket: Ticket) -> None:
        """Nobody needs this any more: it is not begun, or stopped, and calls nothing."""
        with self._wake:
            ticket.dropped = True
            if self._running is ticket and self._client is not None:
                self._client.cancel()

    def drop_all(self) -> None:
        """Drop everything that waits or runs."""
        with self._wake:
            for ticket in self._waiting:
                ticket.dropped = True
            if self._running is not None:
                self._running.dropped = True
                if self._client is not None:
                    self._client.cancel()

    @property
    def busy(self) -> bool:
        """Whether anything waits or runs."""
        with self._wake:
            return self._running is not None or any(not t.dropped for t in self._waiting)

    def restart(self, device: str | None = None) -> None:
        """Connect anew at the next request: to the engine of another device, or after a loss."""
        with self._wake:
            self.device = device or self.device
            self._reconnect = True
        self._set("idle")

    def close(self, timeout: float = 3.0) -> None:
        """Drop what waits, say bye, and end the thread."""
        self.drop_all()
        with self._wake:
            self._closed = True
            self._wake.notify()
        self._thread.join(timeout)

    def _run(self) -> None:
        while (ticket := self._next()) is not None:
            try:
                answer = ticket.work(self._connected(), self._teller(ticket))
            except FlawmapError as error:
                self._fail(ticket, error)
            except Exception as error:
                # A fault of the work's own: told like any other, so that no window hangs on it.
                self._fail(ticket, InternalError(f"{type(error).__name__}: {error}"))
            else:
                self._deliver(ticket, ticket.then, answer)
            with self._wake:
                self._running = None
        if self._client is not None:
            self._client.close()

    def _next(self) -> Ticket | None:
        with self._wake:
            while True:
                while self._waiting:
                    ticket = heapq.heappop(self._waiting)
                    if not ticket.dropped:
                        self._running = ticket
                        return ticket
                if self._closed:
                    return None
                self._wake.wait()

    def _connected(self) -> EngineClient:
        if self._client is not None and self._reconnect:
            self._client.close()
            self._client = None
        self._reconnect = False
        if self._client is None:
            self._set("connecting")
            self._client = self._connect(
                device=self.device,
                bulk=self._bulk,
                on_status=lambda text: self._set("connecting", status=text),
            )
            self._set("ready", hello=self._client.hello)
        return self._client

    def _fail(self, ticket: Ticket, error: FlawmapError) -> None:
        if isinstance(error, EngineLost) or self._client is None:
            if self._client is not None:
                self._client.close()
                self._client = None
            self._set("lost", error=error)
        if not isinstance(error, Cancelled) or not ticket.dropped:
            self._deliver(ticket, ticket.failed, error)

    def _teller(self, ticket: Ticket) -> Callable[[Progress], None]:
        return lambda progress: self._deliver(ticket, ticket.progress, progress)

    def _deliver(self, ticket: Ticket, call: Callable[[Any], None], value: Any) -> None:
        def deliver() -> None:
            # Dropped in the meantime: on the window's thread, so nothing comes after a drop.
            if not ticket.dropped:
                call(value)

        self._post(deliver)

    def _set(
        self,
        state: str,
        *,
        hello: HelloInfo | None = None,
        error: FlawmapError | None = None,
        status: str = "",
    ) -> None:
        def apply() -> None:
            self.state, self.error, self.status = state, error, status
            self.hello = hello or self.hello
            self.tell("state")

        self._post(apply)
