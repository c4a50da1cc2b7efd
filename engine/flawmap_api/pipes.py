"""Pipes: the way to the engine for a host whose Python cannot load pyzmq.

A helper process (`relay`) in the engine's own Python has the sockets; this is the host's end of its
standard input and output. The wire's own frames go over them, and the link looks like `Channel`.
Nothing here waits for a pipe but two threads: one reads, one writes.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import queue
import socket
import subprocess
import tempfile
import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import Final

from .channel import read_answer
from .errors import EngineLost
from .frames import BEAT_SECONDS, frames_from, frames_to
from .launch import foreign_environment
from .messages import Request, to_body
from .wire import Message, encode, error_in, new_id

__all__ = ["Pipe"]

Frames = Sequence["bytes | memoryview"]

#: The silence that means that the helper process hangs.
_SILENT_SECONDS: Final = 10.0
#: A host that does not look stops the reading here, as a socket's own mark would.
_MOST_WAITING: Final = 1000


class Pipe:
    """Both pipes of a running helper process, as a link.

    Parameters
    ----------
    command : sequence of str
        Starts `python -m flawmap_api.relay` in the engine's Python.

    Raises
    ------
    EngineLost
        If it cannot be started.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the pipe
        try:
            self._process = subprocess.Popen(
                list(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._said,
                # Raw: a buffer's lock, held by a thread that reads, would stop the host at its end.
                bufsize=0,
                env=foreign_environment(),
                start_new_session=True,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except (OSError, ValueError, IndexError) as error:
            self._said.close()
            raise EngineLost(
                f"The helper process of the engine could not be started: {error}.",
                "Install the plug-in again: `flawmap plugins update`.",
            ) from None
        _running.append(self._process)
        self._changed = threading.Condition()
        self._inbox: deque[Message] = deque()
        self._awaited: dict[str, Message | None] = {}
        self._broken: str | None = None
        self._closed = False
        self._heard, self._silent_at = time.monotonic(), 0.0
        # A pair of sockets, not a pipe: event loops of Windows can watch nothing else.
        self._bell, self._rope = socket.socketpair()
        self._bell.setblocking(False)
        self._rope.setblocking(False)
        self._outbox: queue.SimpleQueue[Frames | None] = queue.SimpleQueue()
        for work, name in ((self._read, "read"), (self._write, "write")):
            threading.Thread(target=work, name=f"flawmap-pipe-{name}", daemon=True).start()

    def fileno(self) -> int:
        """Descriptor that is readable while something waits to be received; -1 once closed."""
        return self._bell.fileno()

    def send(self, message: Message) -> None:
        """Queue a message for the writing thread; raises `EngineLost` if the helper is gone."""
        if reason := self.broken():
            raise EngineLost(f"The engine is gone: {reason}.")
        self._outbox.put(encode(message))

    def receive(self, timeout: float = 0.0) -> Message | None:
        """The next message, or None if none came within `timeout` seconds."""
        with self._changed:
            if timeout > 0:
                self._changed.wait_for(self._anything, timeout)
            message = self._inbox.popleft() if self._inbox else None
            if not self._inbox and not self._broken:
                self._silence_bell()
            self._changed.notify_all()
            return message

    def broken(self) -> str | None:
        """Why the engine cannot be reached, as half a sentence; None while it can."""
        with self._changed:
            now = time.monotonic()
            full = len(self._inbox) >= _MOST_WAITING
            if self._broken is None and not full and now - self._heard > _SILENT_SECONDS:
                # A second look: this process itself may have slept, and has yet to read.
                self._silent_at = self._silent_at or now
                if now - self._silent_at > BEAT_SECONDS:
                    self._broken = "its helper process has gone silent"
            return self._broken

    def exchange(self, request: Request, *, timeout: float) -> Message:
        """Ask one thing and wait for its result; from any thread. Raises as `channel.exchange`."""
        request_id = new_id()
        with self._changed:
            self._awaited[request_id] = None
        try:
            self.send(Message(request_id, request.type, to_body(request)))
            with self._changed:
                self._changed.wait_for(
                    lambda: self._broken or self._awaited[request_id] is not None, timeout
                )
                answer = self._awaited[request_id]
        finally:
            with self._changed:
                self._awaited.pop(request_id, None)
        if answer is None:
            reason = self.broken() or f"no answer came within {timeout:.1f} s"
            raise EngineLost(f"The engine is gone: {reason}.")
        if error := error_in(answer):
            raise error
        return answer

    def close(self) -> None:
        """End the helper process, once what was sent has gone out; it is not waited for."""
        with self._changed:
            if self._closed:
                return
            self._closed = True
            self._broken = self._broken or "the connection was closed"
            self._bell.close()
            self._rope.close()
            self._changed.notify_all()
        self._outbox.put(None)
        threading.Thread(target=self._bury, name="flawmap-pipe-end", daemon=True).start()

    def last_words(self) -> tuple[str, ...]:
        """The last lines that the helper process wrote to its standard error."""
        with contextlib.suppress(OSError, ValueError):
            size = self._said.seek(0, os.SEEK_END)
            self._said.seek(max(0, size - 4096))
            text = self._said.read().decode("utf-8", "replace").strip()
            return tuple(text.splitlines()[-8:])
        return ()

    def _anything(self) -> bool:
        return bool(self._inbox) or self._broken is not None

    def _read(self) -> None:
        reason, stream = "its helper process has ended", self._process.stdout
        try:
            while stream is not None and (frames := frames_from(stream)) is not None:
                if frames:
                    self._take(read_answer(frames))
                else:
                    self._alive()
        except OSError:
            pass
        except EngineLost as error:
            reason = error.message.rstrip(".")
        if stream is not None:
            stream.close()
        with self._changed:
            self._broken = self._broken or reason
            self._ring()

    def _alive(self) -> None:
        with self._changed:
            self._heard, self._silent_at = time.monotonic(), 0.0

    def _take(self, message: Message) -> None:
        self._alive()
        with self._changed:
            if message.type == "relay.lost":
                self._broken = self._broken or str(message.body.get("reason"))
            elif message.id in self._awaited:
                if message.type in ("result", "error"):
                    self._awaited[message.id] = message
            else:
                self._changed.wait_for(lambda: self._closed or len(self._inbox) < _MOST_WAITING)
                self._inbox.append(message)
                self._heard = time.monotonic()
            self._ring()

    def _ring(self) -> None:
        """Wake whoever waits, in a thread or an event loop; the lock is held."""
        self._changed.notify_all()
        if not self._closed and self._anything():
            with contextlib.suppress(OSError):
                self._rope.send(b"!")

    def _silence_bell(self) -> None:
        with contextlib.suppress(OSError):
            while self._bell.recv(4096):
                pass

    def _write(self) -> None:
        stream = self._process.stdin
        try:
            while stream is not None and (frames := self._outbox.get()) is not None:
                frames_to(stream, frames)
        except OSError:
            # The reading thread sees the end, and what was still said before it.
            pass
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()

    def _bury(self) -> None:
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._said.close()
        if self._process in _running:
            _running.remove(self._process)


#: Helper processes of this process.
_running: list[subprocess.Popen[bytes]] = []


@atexit.register
def _leave() -> None:
    for process in _running:
        # They end as their pipe does; Popen would warn that they still run.
        process.returncode = 0
