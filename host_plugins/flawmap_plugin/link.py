"""Link: the only place that talks to the engine, and it never waits.

Connecting (which may start an engine) happens in a thread at the first request; its outcome is
looked for by a timer, so that nothing of the host's is ever touched outside its main thread. From
then on the host's loop drives the session: when its descriptor is readable, and by a timer while
anything is under way.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from flawmap_api.errors import Cancelled, FlawmapError
from flawmap_api.results import HelloInfo, Progress

from .home import Installation
from .host import Host, Watch

if TYPE_CHECKING:
    from flawmap_api.calls import Call, Session
    from flawmap_api.photobook import PhotoBook
    from flawmap_api.steps import Steps

__all__ = ["Connect", "EngineLink", "Outcome", "Task", "connector"]

T = TypeVar("T")
OnStatus = Callable[[str], None]
#: Finds or starts an engine; called in a thread. Tests give their own.
Connect = Callable[[], "Session"]

#: How often to look while something is under way, and while nothing is, in seconds.
_BUSY_SECONDS = 0.03
_IDLE_SECONDS = 1.0


class Outcome(Protocol):
    """Called once when a task has ended: with its value, or with what went wrong."""

    def __call__(self, value: Any, error: BaseException | None) -> None:
        """One of the two is None."""


@dataclass(eq=False)
class Task:
    """Something that was asked of the engine and is not answered yet."""

    steps: Callable[[PhotoBook], Steps[Any]]
    on_done: Outcome
    on_progress: Callable[[Progress], None] | None = None
    call: Call[Any] | None = field(default=None, repr=False)
    done: bool = False

    def cancel(self) -> None:
        """End it at once, as cancelled; the engine is told, and nobody waits for it."""
        if self.done:
            return
        if self.call is not None:
            self.call.abandon()
        self.finish(None, Cancelled("The request was cancelled."))

    def finish(self, value: Any, error: BaseException | None) -> None:
        """Tell the outcome, once."""
        if not self.done:
            self.done = True
            self.on_done(value, error)


def connector(installation: Installation) -> Connect:
    """The way to the engine that the installer wrote down."""

    def connect() -> Session:
        import flawmap_api

        wishes: dict[str, Any] = {}
        if installation.relay_command:
            wishes["relay_command"] = installation.relay_command
        return flawmap_api.connect_session(
            runtime_dir=installation.runtime_dir or None,
            engine_command=installation.engine_command or None,
            **wishes,
        )

    return connect


class EngineLink:
    """The engine, as the desk sees it.

    Parameters
    ----------
    host : Host
        Whose loop drives it.
    connect : callable
        Gives a `Session`; runs in a thread.
    on_change : callable
        Called on the main thread whenever `phase` or `hello` may have changed.
    log : Logger
    """

    def __init__(
        self,
        host: Host,
        connect: Connect,
        *,
        on_change: Callable[[], None],
        log: logging.Logger,
    ) -> None:
        self._host = host
        self._connect = connect
        self._on_change = on_change
        self._log = log
        self._session: Session | None = None
        self._connecting: _Connecting | None = None
        self._queue: list[Task] = []
        self._under_way: set[Task] = set()
        self._tick: Watch | None = None
        self._pace = 0.0
        self._readable: tuple[int, Watch] | None = None
        self.error: BaseException | None = None
        self._closed = False

    @property
    def phase(self) -> str:
        """ "none" (never asked for), "starting", "ready", "asleep" (it ended), "failed"."""
        if self._connecting is not None:
            return "starting"
        if self._session is None:
            return "failed" if self.error is not None else "none"
        if self._session.fileno() >= 0:
            return "ready"
        return "starting" if self._under_way else "asleep"

    @property
    def hello(self) -> HelloInfo | None:
        """What the engine said of itself; None before the first connection."""
        return None if self._session is None else self._session.launched.hello

    @property
    def log_path(self) -> str:
        """The engine's log file; empty before the first connection."""
        return "" if self._session is None else self._session.info.log

    def has(self, feature: str) -> bool:
        """Whether the engine has that request; before the first connection nobody says no."""
        hello = self.hello
        return hello is None or feature in hello.features

    def start(
        self,
        steps: Callable[[PhotoBook], Steps[T]],
        on_done: Outcome,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> Task:
        """Run a dialogue with the engine and return at once.

        Parameters
        ----------
        steps : callable (book)
            Makes the dialogue (`flawmap_api.steps`); its text runs on the host's main thread, so it
            may use the host between two questions.
        on_done : callable (value, error)
            Called once, on the main thread, never before `start` has returned.
        """
        task = Task(steps, on_done, on_progress)
        self._queue.append(task)
        # Later, not now: the caller has time to show that it is at work, and to keep the task.
        self._host.later(0.0, self._begin)
        return task

    def close(self) -> None:
        """Leave the engine; what is under way ends as cancelled."""
        self._closed = True
        for task in [*self._queue, *self._under_way]:
            task.cancel()
        self._queue.clear()
        for watch in (self._tick, self._readable and self._readable[1]):
            if watch is not None:
                watch.stop()
        self._tick = self._readable = None
        if self._connecting is not None:
            # The thread goes on; what it brings is closed there.
            self._connecting.unwanted = True
        elif self._session is not None:
            self._session.close()

    # ------------------------------------------------------------------------ inside

    def _begin(self) -> None:
        self._queue = [task for task in self._queue if not task.done]
        if self._closed or not self._queue:
            return
        if self._session is None:
            if self._connecting is None:
                self._log.info("Connecting to the engine")
                self._connecting = _Connecting(self._connect)
                self._on_change()
        else:
            queue, self._queue = self._queue, []
            # An engine that ended meanwhile is noticed now, so that nothing is sent into the void.
            self._session.poll(0)
            for task in queue:
                self._send(task, self._session)
        self._keep_pace()

    def _send(self, task: Task, session: Session) -> None:
        self._under_way.add(task)

        def ended(call: Call[Any]) -> None:
            self._under_way.discard(task)
            value, error = None, None
            try:
                value = call.result()
            except BaseException as problem:
                error = problem
            if isinstance(error, FlawmapError) and not isinstance(error, Cancelled):
                self._log.warning("%s: %s", type(error).__name__, error)
            # Not from inside the session: an outcome may start the next request.
            self._host.later(0.0, lambda: task.finish(value, error))

        task.call = session.start(
            task.steps(session.book), on_progress=task.on_progress, on_done=ended
        )

    def _look(self) -> None:
        if self._closed:
            return
        if self._connecting is not None:
            self._take_connection(self._connecting)
        if self._session is not None:
            before = self._session.fileno()
            try:
                self._session.poll(0)
            except Exception:
                self._log.exception("The session failed")
            if before != self._session.fileno():
                self._on_change()
        self._keep_pace()

    def _take_connection(self, connecting: _Connecting) -> None:
        if connecting.running:
            return
        self._connecting = None
        self.error = connecting.error
        if connecting.session is not None:
            self._session = connecting.session
            hello = self._session.launched.hello
            self._log.info("Engine %s, process %d", hello.engine_version, hello.pid)
            self._begin()
        else:
            self._log.error("No engine", exc_info=connecting.error)
            queue, self._queue = self._queue, []
            for task in queue:
                task.finish(None, connecting.error)
        self._on_change()

    def _keep_pace(self) -> None:
        """Watch the present descriptor, and look often while somebody waits."""
        descriptor = -1 if self._session is None else self._session.fileno()
        if self._readable is not None and self._readable[0] != descriptor:
            self._readable[1].stop()
            self._readable = None
        if self._readable is None and descriptor >= 0:
            self._readable = descriptor, self._host.readable(descriptor, self._look)
        busy = bool(self._under_way) or self._connecting is not None
        pace = _BUSY_SECONDS if busy else _IDLE_SECONDS
        if self._tick is None or pace != self._pace:
            if self._tick is not None:
                self._tick.stop()
            self._pace, self._tick = pace, self._host.every(pace, self._look)


class _Connecting:
    """A connection being made in a thread of its own."""

    def __init__(self, connect: Connect) -> None:
        self.session: Session | None = None
        self.error: BaseException | None = None
        self.unwanted = False
        self._connect = connect
        self._thread = threading.Thread(target=self._run, name="flawmap-connect", daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        try:
            session = self._connect()
        except Exception as error:
            self.error = error
            return
        if self.unwanted:
            session.close()
        else:
            self.session = session
