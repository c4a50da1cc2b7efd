"""Calls: running dialogues over one connection, for blocking programs and event loops alike.

`Session` owns the channel. It watches the engine (process and heartbeat), and when the engine is
lost starts it once more, in a thread, and sends what was being asked again.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from ._checked import read
from .connection import ConnectionInfo
from .errors import BadInput, Cancelled, EngineLost, FlawmapError
from .launch import log_tail
from .messages import Bye, Cancel, Request, to_body
from .photobook import PhotoBook
from .results import Progress
from .roads import Link, Reached, StatusCallback, choose
from .steps import Ask, EngineReplaced, Steps
from .wire import Block, Message, error_in, new_id

__all__ = ["Call", "Session", "connect_session"]

T = TypeVar("T")
ProgressCallback = Callable[[Progress], None]
PartialCallback = Callable[[dict[str, Any], dict[str, Block]], None]

#: An engine acknowledges every request at once; silence for so long means that it is gone.
_ACCEPT_SECONDS = 10.0
#: How often the process is looked at, in seconds. With the heartbeats: noticed in 1.5 s.
_WATCH_SECONDS = 0.2


@dataclass(eq=False)
class _Task:
    """What the session keeps of a call: its dialogue, and where its present request stands."""

    steps: Steps[Any]
    on_progress: ProgressCallback | None
    on_partial: PartialCallback | None
    on_done: Callable[[], None] | None = None
    #: What it asked last; there from its first step on.
    ask: Ask = field(init=False)
    id: str = ""
    sent: float = 0.0
    accepted: bool = False
    lost: bool = False
    cancelled: bool = False
    done: bool = False
    value: Any = None
    error: BaseException | None = None


class Call(Generic[T]):
    """A request under way. `done` turns true once `result()` has an answer or an error."""

    def __init__(self, session: Session, task: _Task) -> None:
        self._session = session
        self._task = task

    @property
    def done(self) -> bool:
        """Whether `result()` would return at once."""
        return self._task.done

    def cancel(self) -> None:
        """Ask the engine to stop this request; may be called from any thread."""
        self._task.cancelled = True
        self._session.cancel(self._task.id)

    def abandon(self) -> None:
        """Nobody waits for the answer any more: cancel the request and forget it."""
        if not self._task.done:
            self._session.abandon(self._task, Cancelled("The request was abandoned."))

    def result(self) -> T:
        """The answer; waits for it. Raises the engine's error, `Cancelled` or `EngineLost`."""
        while not self._task.done:
            self._session.poll(0.1)
        if self._task.error is not None:
            raise self._task.error
        value: T = self._task.value
        return value


class Session:
    """One connection to the engine and the calls that run over it.

    Used from one thread at a time; only `cancel` and `control` may be called from others.

    Parameters
    ----------
    launched : Reached
        The engine to speak to first.
    relaunch : callable
        Finds or starts an engine after this one was lost; runs in a thread.
    """

    def __init__(self, launched: Reached, relaunch: Callable[[], Reached]) -> None:
        self.launched = launched
        self.book = PhotoBook()
        self._relaunch = relaunch
        self._calls: dict[str, _Task] = {}
        self._waiting: list[_Task] = []
        self._restart: _Restart | None = None
        self._watched = 0.0
        self._link: Link | None = None
        self._closed = False
        self._process = os.getpid()
        self._connect()

    @property
    def info(self) -> ConnectionInfo:
        """The engine's connection file."""
        return self.launched.info

    def fileno(self) -> int:
        """Descriptor to watch in an event loop: call `poll(0)` when readable, and every 0.2 s.

        It changes when the engine was lost and started anew; -1 while there is none.
        """
        return self._link.fileno() if self._link else -1

    def start(
        self,
        steps: Steps[T],
        *,
        on_progress: ProgressCallback | None = None,
        on_partial: PartialCallback | None = None,
        on_done: Callable[[Call[T]], None] | None = None,
    ) -> Call[T]:
        """Begin a dialogue and return at once."""
        task = _Task(steps, on_progress, on_partial)
        call: Call[T] = Call(self, task)
        if on_done is not None:
            task.on_done = lambda: on_done(call)
        self._advance(task, None)
        return call

    def control(self, request: Request, *, timeout: float = 5.0) -> Message:
        """Ask the engine's control side (`Ping`, `Shutdown`) and wait; from any thread.

        Raises `EngineLost` if it does not answer within `timeout` seconds.
        """
        return self.launched.control(request, timeout=timeout)

    def cancel(self, request_id: str) -> None:
        """Tell the engine to stop a request; from any thread, and without waiting."""
        threading.Thread(
            target=_tell_cancel,
            args=(self.launched, request_id),
            name="flawmap-cancel",
            daemon=True,
        ).start()

    def abandon(self, task: _Task, error: BaseException) -> None:
        """End a call with an error, and the engine's work on it."""
        task.cancelled = True
        self.cancel(task.id)
        self._finish(task, None, error)

    def poll(self, timeout: float = 0.0) -> None:
        """Take in what has come, and look after the engine; waits at most `timeout` seconds."""
        if self._restart is not None:
            self._restart.wait(timeout)
            self._resume()
            return
        try:
            # Looked at first: what was sent before the end is still to be read after it.
            reason = self._lost()
            self._drain(0 if reason else timeout)
        except EngineLost as error:
            reason = error.message
        if reason and self._restart is None:
            self._lose(reason)

    def close(self) -> None:
        """Say bye and close; calls under way end as cancelled, later ones are refused."""
        self._closed = True
        if self._process != os.getpid():
            return
        for task in list(self._calls.values()) + self._waiting:
            self._finish(task, None, Cancelled("The connection was closed."))
        if self._link is not None:
            with contextlib.suppress(EngineLost):
                self._link.send(Message(new_id(), Bye.type))
                # Closing drops what is unsent; the answer shows that the engine has it.
                self._link.receive(0.2)
            self._link.close()
            self._link = None

    def _connect(self) -> None:
        self._link = self.launched.link()
        self.book.folder = self.info.folder

    def _finish(self, task: _Task, value: Any, error: BaseException | None) -> None:
        task.value, task.error, task.done = value, error, True
        self._calls.pop(task.id, None)
        if task in self._waiting:
            self._waiting.remove(task)
        if task.on_done:
            task.on_done()

    def _advance(self, task: _Task, answer: Message | FlawmapError | None) -> None:
        """Send the result (or the error) into the dialogue and ask what it wants to know next."""
        if not isinstance(answer, EngineReplaced):
            task.lost = False
        try:
            if answer is None:
                ask = next(task.steps)
            elif isinstance(answer, FlawmapError):
                ask = task.steps.throw(answer)
            else:
                ask = task.steps.send(answer)
        except StopIteration as end:
            self._finish(task, end.value, None)
        except BaseException as error:
            self._finish(task, None, error)
            if not isinstance(error, Exception):
                raise
        else:
            task.ask = ask
            self._send(task)

    def _send(self, task: _Task) -> None:
        if task.cancelled:
            self._finish(task, None, Cancelled("The request was cancelled."))
            return
        if self._closed or self._process != os.getpid():
            # A fork has no threads of its parent's, so nothing would ever come.
            why = "was closed" if self._closed else "was made by another process"
            self._finish(task, None, EngineLost(f"This connection {why}.", "Connect again."))
            return
        if self._link is None:
            self._waiting.append(task)
            if self._restart is None:
                self._restart = _Restart(self._relaunch)
            return
        ask = task.ask
        self._calls.pop(task.id, None)
        task.id, task.accepted, task.sent = new_id(), False, time.monotonic()
        request = Message(task.id, ask.request.type, to_body(ask.request), ask.blocks)
        try:
            self._link.send(request)
        except EngineLost as error:
            # It ended since the last look: this request was never on its way.
            self._lose(error.message)
            self._send(task)
        else:
            self._calls[task.id] = task

    def _drain(self, timeout: float) -> None:
        wait = timeout
        while self._link is not None:
            message = self._link.receive(wait)
            if message is None:
                return
            wait = 0.0
            self._take(message)

    def _take(self, message: Message) -> None:
        if message.type == "bye":
            # The engine ends itself; the next request starts another one.
            self._lose("it has ended itself")
            return
        task = self._calls.get(message.id)
        if task is None:
            return
        task.accepted = True
        if message.type in ("progress", "partial"):
            try:
                _tell(task, message)
            except EngineLost:
                raise
            except BaseException as error:
                # The caller's own fault: it ends this request, and must not come up in the next.
                self.abandon(task, error)
                if not isinstance(error, Exception):
                    raise
        elif message.type in ("result", "error"):
            self._calls.pop(task.id, None)
            self._advance(task, error_in(message) or message)

    def _lost(self) -> str | None:
        """Why the engine counts as lost, or None."""
        if self._link is None:
            return None
        if reason := self._link.broken():
            return reason
        now = time.monotonic()
        if now - self._watched > _WATCH_SECONDS:
            self._watched = now
            if not self.launched.alive():
                return "its process has ended"
        if any(not c.accepted and now - c.sent > _ACCEPT_SECONDS for c in self._calls.values()):
            return f"it has been silent for {_ACCEPT_SECONDS:.0f} s"
        return None

    def _lose(self, reason: str) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None
        calls, self._calls = list(self._calls.values()), {}
        for task in calls:
            if task.cancelled:
                self._finish(task, None, Cancelled("The request was cancelled."))
            elif task.lost:
                self._finish(task, None, self._why_lost(reason))
            else:
                task.lost = True
                self._send(task)

    def _why_lost(self, reason: str) -> EngineLost:
        return EngineLost(
            f"The engine was lost twice while it worked on this request: {reason}.",
            "`flawmap doctor --bundle report.zip` gathers what is needed to find the cause.",
            log_tail(Path(self.info.log)),
        )

    def _resume(self) -> None:
        """Once a new engine is there, send what was waiting for it."""
        restart = self._restart
        if restart is None or not restart.finished:
            return
        self._restart = None
        waiting, self._waiting = self._waiting, []
        if restart.error is not None:
            for task in waiting:
                self._finish(task, None, restart.error)
            return
        self.launched = restart.value or self.launched
        self._connect()
        for task in waiting:
            if task.ask.bound:
                self._advance(task, EngineReplaced("The engine was replaced."))
            else:
                self._send(task)


class _Restart:
    """A launch in a thread of its own, so that an event loop is never blocked by it."""

    def __init__(self, relaunch: Callable[[], Reached]) -> None:
        self.value: Reached | None = None
        self.error: BaseException | None = None
        self._relaunch = relaunch
        self._thread = threading.Thread(target=self._run, name="flawmap-restart", daemon=True)
        self._thread.start()

    @property
    def finished(self) -> bool:
        return not self._thread.is_alive()

    def wait(self, timeout: float) -> None:
        self._thread.join(timeout)

    def _run(self) -> None:
        try:
            self.value = self._relaunch()
        except Exception as error:
            self.error = error


def connect_session(
    *,
    device: str = "auto",
    runtime_dir: str | Path | None = None,
    start: bool = True,
    adopt_others: bool = True,
    engine_command: Sequence[str] | None = None,
    relay_command: Sequence[str] | None = None,
    on_status: StatusCallback | None = None,
) -> Session:
    """Connect as `client.connect` does, for an event loop: a bare session, which never waits.

    This call itself may take seconds, if an engine has to be started: make it in a thread of its
    own, and use the session it gives in the loop's. An engine of another installation is taken if
    the protocol fits, unless `adopt_others` is False. Parameters and errors: those of `connect`.
    """
    road = choose(
        device=device,
        start=start,
        adopt_others=adopt_others,
        engine_command=engine_command,
        relay_command=relay_command,
        on_status=on_status,
    )
    first = road(Path(runtime_dir) if runtime_dir is not None else None)
    return Session(first, lambda: road(first.folder))


def _tell_cancel(launched: Reached, request_id: str) -> None:
    # If the engine is lost, the watch of the thread that polls sees it and ends the call.
    with contextlib.suppress(EngineLost):
        launched.control(Cancel(request=request_id), timeout=2.0)


def _tell(task: _Task, message: Message) -> None:
    if message.type == "partial" and task.on_partial:
        task.on_partial(dict(message.body), dict(message.blocks))
    elif message.type == "progress" and task.on_progress:
        task.on_progress(_progress(message))


def _progress(message: Message) -> Progress:
    try:
        return read(Progress, dict(message.body), "progress")
    except BadInput as error:
        raise EngineLost(f"The engine's progress cannot be read: {error}") from None
