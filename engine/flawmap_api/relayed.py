"""Relayed: an engine that a helper process found or started, and that is spoken to over its pipes.

The other half of `launch`, for a host whose Python cannot load pyzmq.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from . import errors
from ._checked import read
from .connection import ConnectionInfo
from .errors import EngineLost, FlawmapError
from .launch import no_common_protocol, shares_protocol
from .messages import Request
from .pipes import Pipe
from .results import HelloInfo
from .roads import StatusCallback
from .wire import Message, new_id

__all__ = ["Relayed", "reach"]

#: What the helper may take to start: Python's own start, and what `launch` may wait.
_START_SECONDS: Final = 60.0


@dataclass(frozen=True)
class Relayed:
    """A ready engine that a helper process speaks to; `info` holds no keys."""

    info: ConnectionInfo
    hello: HelloInfo
    folder: Path
    private: bool
    folder_is_made: bool
    pipe: Pipe

    def alive(self) -> bool:
        """Whether engine and helper process are there, as far as the helper has told."""
        return self.pipe.broken() is None

    def link(self) -> Pipe:
        """The pipes themselves."""
        return self.pipe

    def control(self, request: Request, *, timeout: float) -> Message:
        """Ask the engine's control address by way of the helper; from any thread."""
        return self.pipe.exchange(request, timeout=timeout)


def reach(
    command: Sequence[str],
    *,
    device: str,
    folder: Path | None,
    private: bool,
    start: bool,
    adopt_others: bool,
    engine_command: Sequence[str] | None,
    on_status: StatusCallback | None,
) -> Relayed:
    """Start a helper process that finds or starts an engine; `launch.launch` from afar.

    Raises
    ------
    EngineLost
        Also if the helper process itself cannot run; with its last lines.
    """
    wishes = {
        "device": device,
        "folder": None if folder is None else str(folder),
        "private": private,
        "start": start,
        "adopt_others": adopt_others,
        "engine_command": None if engine_command is None else list(engine_command),
    }
    pipe = Pipe(command)
    try:
        with contextlib.suppress(EngineLost):
            # If it has ended already, its last words are told below.
            pipe.send(Message(new_id(), "relay.connect", wishes))
        ready = _ready(pipe, on_status)
        try:
            info = read(ConnectionInfo, ready.get("info"), "info")
            hello = read(HelloInfo, ready.get("hello"), "hello")
        except FlawmapError as error:
            raise EngineLost(f"The helper process cannot be understood: {error}") from None
        if not shares_protocol(info):
            raise no_common_protocol(info)
        place = Path(str(ready.get("folder")))
        return Relayed(info, hello, place, private, bool(ready.get("folder_is_made")), pipe)
    except BaseException:
        pipe.close()
        raise


def _ready(pipe: Pipe, on_status: StatusCallback | None) -> dict[str, Any]:
    deadline = time.monotonic() + _START_SECONDS
    while (left := deadline - time.monotonic()) > 0:
        reason = pipe.broken()
        message = pipe.receive(0 if reason else min(left, 1.0))
        if message is None:
            if reason:
                raise EngineLost(
                    f"The engine's helper process could not work: {reason}.",
                    "Install the plug-in again: `flawmap plugins update`.",
                    pipe.last_words(),
                )
        elif message.type == "relay.ready":
            return dict(message.body)
        elif message.type == "relay.failed":
            raise _told(dict(message.body))
        elif message.type == "relay.status" and on_status:
            on_status(str(message.body.get("text")))
    raise EngineLost(f"The engine's helper process did not start within {_START_SECONDS:.0f} s.")


def _told(body: dict[str, Any]) -> FlawmapError:
    """The error that `launch` raised in the helper process."""
    message, hint = str(body.get("message", "")), str(body.get("hint", ""))
    kind = getattr(errors, str(body.get("kind")), EngineLost)
    if isinstance(kind, type) and issubclass(kind, FlawmapError) and kind is not EngineLost:
        return kind(message, hint)
    return EngineLost(message, hint, tuple(str(line) for line in body.get("log_tail", ())))
