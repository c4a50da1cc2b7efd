"""Application: gate, sockets, jobs, store and handlers, put together and taken apart again."""

from __future__ import annotations

import contextlib
import functools
import os
import threading
import time
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import zmq

from flawmap_api.messages import REQUESTS, Request
from flawmap_api.wire import Message

from .control import Control
from .handlers import Engine, handle, lane_of
from .jobs import Job, Jobs
from .pixel_files import PixelFiles
from .security import Gate, Keys, bind_router, new_keys
from .server import Endpoint
from .store import Store

if TYPE_CHECKING:
    from .inference import Networks

__all__ = ["Application"]

#: A job is never quiet for longer: its client sees life, and one that is gone is noticed.
_QUIET_SECONDS: Final = 1.0
_MOST_CLIENTS: Final = 1024


class Application:
    """A working engine without a process around it.

    Parameters
    ----------
    runtime_folder : Path
        Where pixel files travel.
    loading : Future of Networks
        May still be loading.
    device : str
        What was asked for.
    threads, memory : int
        Budgets of the process.
    log : Path
    on_shutdown : callable (when)
        Called from the control thread with "now" or "idle".
    """

    def __init__(
        self,
        runtime_folder: Path,
        loading: Future[Networks],
        *,
        device: str,
        threads: int,
        memory: int,
        log: Path,
        on_shutdown: Any,
    ) -> None:
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self.keys: Keys = new_keys()
        # The gate stands before anything can be connected to.
        self._gate = Gate(self._context, self.keys.client_public)
        work, self.work_address = bind_router(self._context, self.keys)
        control, self.control_address = bind_router(self._context, self.keys)
        self.engine = Engine(
            store=Store(memory),
            files=PixelFiles(runtime_folder),
            loading=loading,
            requested_device=device,
            threads=threads,
            log=log,
        )
        self.jobs = Jobs(
            functools.partial(handle, self.engine, self._step_aside),
            log_place=str(log),
            quick_threads=threads,
            most_bytes=memory,
        )
        self._clients: dict[bytes, float] = {}
        self._server = Endpoint(
            "work",
            work,
            REQUESTS,
            on_request=self._accept,
            on_gone=self._forget,
            on_tick=lambda: self.jobs.show_life(_QUIET_SECONDS),
            most_bytes=memory,
        )
        self._control = Control(control, self.jobs, self.state, on_shutdown)

    def start(self) -> None:
        """Begin to answer."""
        self.jobs.start()
        self._server.start()
        self._control.endpoint.start()

    def close(self, seconds: float = 1.0) -> bool:
        """Say bye to every client, then end what runs and let the last answers out.

        From here on a client hears nothing but `bye`, so none takes the engine's end for an answer.

        Returns
        -------
        bool
            False if a thread is still computing; the process should then end without waiting.
        """
        self.jobs.stop()
        for client in list(self._clients):
            self._say_bye(client)
        ended = self.jobs.close(seconds)
        self._server.close(seconds)
        self._control.endpoint.close(seconds)
        self.engine.files.close()
        if ended:
            closing = threading.Thread(target=self._context.term, daemon=True)
            closing.start()
            closing.join(seconds + 1)
        return ended

    def state(self) -> dict[str, Any]:
        """What `ping` tells."""
        engine = self.engine
        return {
            "pid": engine.pid,
            "uptime_s": round(time.monotonic() - engine.born, 3),
            "idle_s": round(self.jobs.idle_seconds(), 3),
            "jobs": self.jobs.counts(),
            "photos": len(engine.store),
            "memory": {**engine.memory(), "rss": _resident_bytes()},
            "device": engine.device(),
        }

    def _accept(self, client: bytes, message: Message, request: Request) -> None:
        self._clients.pop(client, None)
        self._clients[client] = time.monotonic()
        if len(self._clients) > _MOST_CLIENTS:
            # Most were short commands that are long gone; one that waits for an answer is not.
            idle = next((c for c in self._clients if not self.jobs.works_for(c)), client)
            self._forget(idle)
        job = Job(
            client,
            message,
            request,
            lane=lane_of(request, message.blocks, self.engine),
            bulk=bool(getattr(request, "bulk", False)),
            send=self._server.send,
        )
        if not self.jobs.submit(job):
            self._say_bye(client)

    def _say_bye(self, client: bytes) -> None:
        self._server.send(client, Message("", "bye"))

    def _forget(self, client: bytes) -> None:
        self._clients.pop(client, None)
        self.jobs.cancel_client(client)
        self.engine.store.forget_client(client)
        self.engine.files.forget_client(client)

    def _step_aside(self, job: Job) -> None:
        self.jobs.step_aside(job)


def _resident_bytes() -> int:
    with contextlib.suppress(OSError, ValueError, IndexError):
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    with contextlib.suppress(ImportError):
        import resource
        import sys

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
    return 0
