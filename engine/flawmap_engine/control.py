"""Control: the second socket, answered by its own thread while the work socket is busy.

`ping`, `cancel` and `shutdown`; each is answered on the spot.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import zmq

from flawmap_api.errors import Unsupported
from flawmap_api.messages import CONTROL_REQUESTS, Cancel, Ping, Request, Shutdown
from flawmap_api.wire import Message

from .jobs import Jobs
from .server import Endpoint

__all__ = ["Control"]


class Control:
    """The control socket.

    Parameters
    ----------
    socket : zmq.Socket
        A bound ROUTER.
    jobs : Jobs
        What `cancel` stops.
    state : callable
        What `ping` tells.
    shutdown : callable (when)
        Ends the engine: "now", or "idle".
    """

    def __init__(
        self,
        socket: zmq.Socket[bytes],
        jobs: Jobs,
        state: Callable[[], dict[str, Any]],
        shutdown: Callable[[str], None],
    ) -> None:
        self._jobs = jobs
        self._state = state
        self._shutdown = shutdown
        self.endpoint = Endpoint("control", socket, CONTROL_REQUESTS, on_request=self._answer)

    def _answer(self, client: bytes, message: Message, request: Request) -> None:
        body: dict[str, Any] = {}
        if isinstance(request, Ping):
            body = self._state()
        elif isinstance(request, Cancel):
            body = {"found": self._jobs.cancel(request.request)}
        elif isinstance(request, Shutdown):
            self._shutdown(request.when)
        else:
            raise Unsupported(f"The control socket has no request {message.type!r}.")
        self.endpoint.send(client, Message(message.id, "result", body))
