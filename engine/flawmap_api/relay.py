"""Relay: the helper process between a host and the engine, run by the engine's own Python.

::

    python -P -m flawmap_api.relay

It has the sockets that a host's Python cannot have: it finds or starts the engine as the host
wishes, passes messages on as they are, and tells when the engine is lost. It ends with its standard
input. `pipes` is the host's side.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import queue
import select
import socket
import threading
import time
from pathlib import Path
from typing import Any

from ._checked import read
from .channel import Channel
from .errors import EngineLost, FlawmapError, InternalError
from .frames import BEAT_SECONDS, frames_from, frames_to
from .launch import Launched, launch
from .messages import CONTROL_REQUESTS
from .wire import Message, decode, encode, new_id

__all__ = ["main"]

Frames = list[memoryview]

_WATCH_SECONDS = 0.2


@dataclasses.dataclass(frozen=True)
class _Wishes:
    device: str = "auto"
    folder: str | None = None
    private: bool = False
    start: bool = True
    adopt_others: bool = False
    engine_command: list[str] | None = None


class _Host:
    """The other end of the pipes: what it said waits in `inbox`, None once it has gone."""

    def __init__(self) -> None:
        self._in = os.fdopen(os.dup(0), "rb", buffering=0)
        # Whatever a library prints must not come between the frames.
        self._out = os.fdopen(os.dup(1), "wb", buffering=0)
        os.dup2(2, 1)
        self.inbox: queue.SimpleQueue[Frames | None] = queue.SimpleQueue()
        self._bell, self._rope = socket.socketpair()
        self._bell.setblocking(False)
        self._beat = time.monotonic()
        threading.Thread(target=self._listen, name="flawmap-relay-in", daemon=True).start()

    def fileno(self) -> int:
        """Readable once something came."""
        return self._bell.fileno()

    def taken(self) -> Frames | None:
        """What it said next; raises `queue.Empty` if nothing waits."""
        with contextlib.suppress(BlockingIOError):
            self._bell.recv(4096)
        return self.inbox.get_nowait()

    def tell(self, type_: str, **body: Any) -> None:
        """Say something of the relay's own."""
        self.pass_on(encode(Message(new_id(), type_, body)))

    def pass_on(self, frames: Any) -> None:
        """Give it a message; ends the process if nobody reads any more."""
        try:
            frames_to(self._out, frames)
        except OSError:
            os._exit(0)
        self._beat = time.monotonic()

    def beat(self) -> None:
        """Give a sign of life, now and then."""
        if time.monotonic() - self._beat > BEAT_SECONDS / 2:
            self.pass_on([])

    def _listen(self) -> None:
        frames: Frames | None = []
        while frames is not None:
            try:
                frames = frames_from(self._in)
            except (OSError, EngineLost):
                frames = None
            self.inbox.put(frames)
            with contextlib.suppress(OSError):
                self._rope.send(b"!")


def main() -> None:
    """Serve one host until it goes or the engine does."""
    host = _Host()
    first = host.inbox.get()
    if first is not None:
        launched = _launched(host, first)
        if launched is not None:
            _serve(host, launched)
    # Not sys.exit: the thread that reads may still be in the middle of it.
    os._exit(0)


def _launched(host: _Host, first: Frames) -> Launched | None:
    try:
        wishes = read(_Wishes, dict(decode(first).body), "relay.connect")
        return launch(
            device=wishes.device,
            folder=None if wishes.folder is None else Path(wishes.folder),
            private=wishes.private,
            start=wishes.start,
            adopt_others=wishes.adopt_others,
            engine_command=wishes.engine_command,
            on_status=lambda text: host.tell("relay.status", text=text),
        )
    except Exception as error:
        told = error if isinstance(error, FlawmapError) else InternalError(f"{error!r}")
        host.tell(
            "relay.failed",
            kind=_kind(told),
            message=told.message,
            hint=told.hint,
            log_tail=list(getattr(told, "log_tail", ())),
        )
        return None


def _kind(error: FlawmapError) -> str:
    return "EngineLost" if isinstance(error, EngineLost) else type(error).__name__


def _serve(host: _Host, launched: Launched) -> None:
    info = launched.info
    links = {"work": launched.link(), "control": Channel(info, info.control)}
    # The host needs no keys: it could not use them.
    public = dataclasses.replace(info, server_public="", client_public="", client_secret="")
    host.tell(
        "relay.ready",
        info=dataclasses.asdict(public),
        hello=dataclasses.asdict(launched.hello),
        folder=str(launched.folder),
        folder_is_made=launched.folder_is_made,
    )
    watched, reason = time.monotonic(), None
    while reason is None:
        # Looked at first: what was sent before the end is still to be passed on.
        reason = next((why for link in links.values() if (why := link.broken())), None)
        if time.monotonic() - watched > _WATCH_SECONDS:
            watched = time.monotonic()
            reason = reason or (None if launched.alive() else "its process has ended")
        if _from_engine(host, links):
            continue
        try:
            if not _from_host(host, links):
                return
        except EngineLost as error:
            reason = error.message
        host.beat()
    host.tell("relay.lost", reason=reason)


def _from_engine(host: _Host, links: dict[str, Channel]) -> bool:
    any_came = False
    for link in links.values():
        while (frames := link.receive_frames()) is not None:
            host.pass_on(frames)
            any_came = True
    return any_came


def _from_host(host: _Host, links: dict[str, Channel]) -> bool:
    """Pass on what the host says, waiting a little for it; False once it has gone."""
    descriptors = [host.fileno(), *(link.fileno() for link in links.values())]
    select.select(descriptors, [], [], _WATCH_SECONDS)
    while True:
        try:
            frames = host.taken()
        except queue.Empty:
            return True
        if frames is None:
            return False
        links["control" if _type_of(frames) in CONTROL_REQUESTS else "work"].send_frames(frames)


def _type_of(frames: Frames) -> str:
    try:
        return str(json.loads(bytes(frames[0])).get("type"))
    except (ValueError, AttributeError, IndexError):
        return ""


if __name__ == "__main__":
    main()
