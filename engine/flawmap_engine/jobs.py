"""Jobs: who is served when. Two lanes, two priorities, cancel, and exactly one answer a request.

The `inference` lane has one thread, which alone runs the networks; the `quick` lane has a few, for
decoding, encoding and whatever stored planes can answer. In a lane interactive jobs come before
bulk ones; a bulk job on the inference lane steps aside between its tiles for an interactive one.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from flawmap_api.errors import BadInput, Busy, Cancelled, FlawmapError, InternalError, NoMemory
from flawmap_api.messages import Request
from flawmap_api.wire import Block, Message

__all__ = ["INFERENCE", "QUICK", "Job", "Jobs", "Reply", "error_message"]

_log = logging.getLogger(__name__)

INFERENCE: Final = "inference"
QUICK: Final = "quick"

#: Unfinished requests of one client and of all, beyond which new ones are told `busy`.
MOST_PER_CLIENT: Final = 64
MOST_JOBS: Final = 256
#: Cancels of requests that have not arrived yet are kept this long (the sockets race).
_EARLY_CANCEL_SECONDS: Final = 10.0
_EARLY_CANCELS: Final = 256

Send = Callable[[bytes, Message], None]


@dataclass(frozen=True)
class Reply:
    """What a handler returns: the body and blocks of the `result`."""

    body: Mapping[str, Any] = field(default_factory=dict)
    blocks: Mapping[str, Block] = field(default_factory=dict)


def error_message(request_id: str, error: FlawmapError) -> Message:
    """The `error` that tells a client what went wrong."""
    body = {"code": error.code, "message": error.message, "hint": error.hint}
    return Message(request_id, "error", body)


class Job:
    """One request on its way: answers go out through it, and it knows whether anybody still waits.

    Exactly one `result` or `error` leaves it, whoever is first: the handler or a cancel.
    """

    def __init__(
        self,
        client: bytes,
        message: Message,
        request: Request,
        *,
        lane: str,
        bulk: bool,
        send: Send,
    ) -> None:
        self.client = client
        self.id = message.id
        self.request = request
        self.blocks = message.blocks
        self.lane = lane
        self.bulk = bulk
        self.running = False
        self._send = send
        self._answered = False
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._last_progress = {"stage": "waiting", "done": 0, "total": 0}
        self._last_sent = time.monotonic()

    @property
    def nbytes(self) -> int:
        """Bytes of the binary blocks that the job holds."""
        return sum(memoryview(block.data).nbytes for block in self.blocks.values())

    @property
    def stopped(self) -> bool:
        """Whether nobody waits for the answer any more."""
        return self._stop.is_set()

    def raise_if_stopped(self) -> None:
        """Raise `Cancelled` if the job was cancelled or its client is gone."""
        if self._stop.is_set():
            raise Cancelled("The request was cancelled.")

    def progress(self, stage: str, done: int, total: int) -> None:
        """Tell how far the job is."""
        self._last_progress = {"stage": stage, "done": done, "total": total}
        self._tell(Message(self.id, "progress", self._last_progress))

    def partial(self, body: Mapping[str, Any], blocks: Mapping[str, Block]) -> None:
        """Send a part of the result before the rest is known."""
        self._tell(Message(self.id, "partial", body, blocks))

    def still_there(self, quiet_seconds: float) -> None:
        """Repeat the last progress if nothing was sent for that long.

        The client sees life, and a send to a client that is gone is how the engine notices.
        """
        if time.monotonic() - self._last_sent >= quiet_seconds:
            self._tell(Message(self.id, "progress", self._last_progress))

    def finish(self, reply: Reply) -> None:
        """Send the result, unless the job was answered already."""
        self._answer(Message(self.id, "result", reply.body, reply.blocks))

    def fail(self, error: FlawmapError) -> None:
        """Send the error, unless the job was answered already."""
        self._answer(error_message(self.id, error))

    def cancel(self, error: FlawmapError | None) -> None:
        """Stop the job: the client is told the error at once, the work ends at its next check.

        Without an error it is told nothing, now or later.
        """
        self._stop.set()
        if error is not None:
            self.fail(error)
        else:
            with self._lock:
                self._answered = True

    def _tell(self, message: Message) -> None:
        with self._lock:
            if not self._answered and not self._stop.is_set():
                self._last_sent = time.monotonic()
                self._send(self.client, message)

    def _answer(self, message: Message) -> None:
        with self._lock:
            if not self._answered:
                self._answered = True
                self._send(self.client, message)


class Jobs:
    """The queue and its threads.

    Parameters
    ----------
    handle : callable
        Runs one job and returns its reply; raises `FlawmapError` where it cannot.
    log_place : str
        Where a person finds the log, for the sentence of an internal error.
    quick_threads : int
        Threads of the quick lane.
    most_bytes : int
        Binary blocks of all unfinished jobs together.
    """

    def __init__(
        self,
        handle: Callable[[Job], Reply],
        *,
        log_place: str,
        quick_threads: int = 2,
        most_bytes: int = 1 << 30,
    ) -> None:
        self._handle = handle
        self._log_place = log_place
        self._most_bytes = most_bytes
        self._lanes = {name: (deque[Job](), deque[Job]()) for name in (INFERENCE, QUICK)}
        self._workers = {INFERENCE: 1, QUICK: max(2, quick_threads)}
        self._bulk_running = dict.fromkeys(self._lanes, 0)
        self._unfinished: dict[tuple[bytes, str], Job] = {}
        self._early_cancels: dict[str, float] = {}
        self._changed = threading.Condition()
        self._closed = False
        self._last_activity = time.monotonic()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Start the lanes' threads."""
        for lane, count in self._workers.items():
            for number in range(count):
                thread = threading.Thread(
                    target=self._work, args=(lane,), name=f"{lane}-{number}", daemon=True
                )
                thread.start()
                self._threads.append(thread)

    def submit(self, job: Job) -> bool:
        """Queue a job; False if the engine is ending and takes none any more.

        Raises
        ------
        Busy
            If the client, or all together, have too much unfinished work.
        BadInput
            If the client uses an id that is still at work.
        Cancelled
            If the request was cancelled before it came.
        """
        with self._changed:
            if self._closed:
                return False
            self._check_room(job)
            self._last_activity = time.monotonic()
            if self._early_cancels.pop(job.id, None) is not None:
                raise Cancelled("The request was cancelled.")
            self._unfinished[job.client, job.id] = job
            self._lanes[job.lane][job.bulk].append(job)
            # All: a waiter of the other lane must not swallow the call.
            self._changed.notify_all()
            return True

    def _check_room(self, job: Job) -> None:
        if (job.client, job.id) in self._unfinished:
            raise BadInput(f"The request id {job.id!r} is still at work; ids are used once.")
        of_client = sum(client == job.client for client, _ in self._unfinished)
        if of_client >= MOST_PER_CLIENT or len(self._unfinished) >= MOST_JOBS:
            raise Busy(
                f"The engine has {len(self._unfinished)} unfinished requests, "
                f"{of_client} of them from this client.",
                "Wait for answers before asking for more.",
            )
        waiting = sum(other.nbytes for other in self._unfinished.values())
        if job.nbytes and waiting + job.nbytes > self._most_bytes:
            raise Busy(
                f"Requests with {waiting >> 20} MiB are waiting already.",
                "Wait for answers before sending more.",
            )

    def cancel(self, request_id: str) -> bool:
        """Stop every job of that request id; False if there is none (yet)."""
        with self._changed:
            found = [job for (_, id_), job in self._unfinished.items() if id_ == request_id]
            if not found:
                self._remember_cancel(request_id)
        for job in found:
            job.cancel(Cancelled("The request was cancelled."))
            self._forget_waiting(job)
        return bool(found)

    def _remember_cancel(self, request_id: str) -> None:
        now = time.monotonic()
        for old, when in list(self._early_cancels.items()):
            if now - when > _EARLY_CANCEL_SECONDS or len(self._early_cancels) >= _EARLY_CANCELS:
                del self._early_cancels[old]
        self._early_cancels[request_id] = now

    def cancel_client(self, client: bytes) -> None:
        """Stop everything of a client that is gone."""
        with self._changed:
            found = [job for (owner, _), job in self._unfinished.items() if owner == client]
        for job in found:
            job.cancel(None)
            self._forget_waiting(job)

    def _forget_waiting(self, job: Job) -> None:
        with self._changed:
            if not job.running:
                for queue in self._lanes[job.lane]:
                    if job in queue:
                        queue.remove(job)
                self._unfinished.pop((job.client, job.id), None)

    def show_life(self, quiet_seconds: float) -> None:
        """Repeat the progress of every unfinished job that has been quiet for so long."""
        with self._changed:
            jobs = list(self._unfinished.values())
        for job in jobs:
            job.still_there(quiet_seconds)

    def counts(self) -> dict[str, int]:
        """Jobs at work and jobs that wait."""
        with self._changed:
            running = sum(job.running for job in self._unfinished.values())
            return {"running": running, "waiting": len(self._unfinished) - running}

    def works_for(self, client: bytes) -> bool:
        """Whether the client waits for an answer."""
        with self._changed:
            return any(owner == client for owner, _ in self._unfinished)

    def idle_seconds(self) -> float:
        """Seconds since the last request came or was finished; 0 while there are any."""
        with self._changed:
            return 0.0 if self._unfinished else time.monotonic() - self._last_activity

    def step_aside(self, job: Job) -> None:
        """Between two tiles of a bulk job: run the interactive jobs that wait for the networks.

        They run in this very thread, so the networks still have one owner.
        """
        if not job.bulk or job.lane != INFERENCE:
            return
        while not job.stopped:
            with self._changed:
                urgent = self._lanes[INFERENCE][False]
                if not urgent:
                    return
                other = urgent.popleft()
                other.running = True
            self._run(other)

    def stop(self) -> None:
        """Take no more jobs, and end those that there are without a word.

        Nobody has cancelled them: their clients ask the next engine.
        """
        with self._changed:
            self._closed = True
            jobs = list(self._unfinished.values())
            self._changed.notify_all()
        for job in jobs:
            job.cancel(None)

    def close(self, seconds: float) -> bool:
        """Stop, and wait for the threads; False if one is still busy after that long."""
        self.stop()
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _work(self, lane: str) -> None:
        while True:
            with self._changed:
                while (job := self._next(lane)) is None:
                    if self._closed:
                        return
                    self._changed.wait()
                job.running = True
                self._bulk_running[lane] += job.bulk
            try:
                self._run(job)
            finally:
                with self._changed:
                    self._bulk_running[lane] -= job.bulk
                    self._changed.notify_all()
            # A thread that waits must not keep the last photo alive.
            del job

    def _next(self, lane: str) -> Job | None:
        interactive, bulk = self._lanes[lane]
        if interactive:
            return interactive.popleft()
        # One thread of several stays free of bulk work, for the next click.
        if bulk and self._bulk_running[lane] < max(1, self._workers[lane] - 1):
            return bulk.popleft()
        return None

    def _run(self, job: Job) -> None:
        try:
            if not job.stopped:
                job.finish(self._handle(job))
        except FlawmapError as error:
            job.fail(error)
        except MemoryError:
            _log.exception("No memory for %s.", job.request.type)
            job.fail(NoMemory("The system has no memory left for this request."))
        except Exception:
            _log.exception("%s failed.", job.request.type)
            job.fail(
                InternalError(
                    f"A fault inside the engine stopped {job.request.type}.",
                    f"The log tells more: {self._log_place}",
                )
            )
        finally:
            with self._changed:
                self._unfinished.pop((job.client, job.id), None)
                self._last_activity = time.monotonic()
