"""Server: one ROUTER and the thread that moves its bytes. Messages in, answers out, nothing else.

The thread never works for a request, so it always answers at once; and nothing that a client sends
or does, or fails to do, ends it.
"""

from __future__ import annotations

import contextlib
import logging
import socket as sockets
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import zmq

from flawmap_api.errors import Busy, FlawmapError, InternalError, NoMemory, VersionMismatch
from flawmap_api.messages import PROTOCOL_RANGE, Request, parse_request
from flawmap_api.wire import MAX_FRAME, MAX_FRAMES, Message, WireError, decode, encode

from .jobs import error_message

__all__ = ["MAX_HEADER", "Endpoint", "check_version"]

_log = logging.getLogger(__name__)

#: Most bytes of a header frame; a report is the largest thing in one and needs a tenth of it.
MAX_HEADER: Final = 1 << 20
#: What may wait for a client that does not read. Beyond the bytes, large answers become `busy`;
#: beyond the number, everything is dropped.
_MOST_WAITING: Final = 256
_MOST_WAITING_BYTES: Final = 512 << 20
#: How often a full connection is tried again, and how often the house is kept.
_RETRY_MS: Final = 10
_TICK_MS: Final = 250
#: Messages taken in a row before answers get their turn.
_BATCH: Final = 64


@dataclass
class _Mailbox:
    """Answers that wait for a client that reads slowly."""

    messages: deque[Message] = field(default_factory=deque)
    nbytes: int = 0


def check_version(message: Message) -> None:
    """Refuse a message of a protocol that this engine does not serve, saying what to update."""
    low, high = PROTOCOL_RANGE
    if message.type == "hello" or low <= message.version <= high:
        return
    newer = message.version > high
    raise VersionMismatch(
        f"The message is of protocol {message.version}, this engine speaks {low} to {high}.",
        f"Update {'Flawmap, whose engine is older' if newer else 'this program or plug-in'}.",
    )


def _nbytes(message: Message) -> int:
    return sum(memoryview(block.data).nbytes for block in message.blocks.values())


def _legible_id(frames: list[memoryview]) -> str | None:
    try:
        return decode(frames[:1]).id
    except WireError as error:
        return error.request_id
    except (MemoryError, RecursionError):
        return None


class Endpoint:
    """One ROUTER in its own thread.

    Parameters
    ----------
    name : str
        For the thread and the log.
    socket : zmq.Socket
        A bound ROUTER; the thread owns it from `start` on.
    known : dict of type to request class
        What may be asked here.
    on_request : callable (client, message, request)
        Called in the server's thread, so it has to be quick; `FlawmapError` becomes the answer.
    on_gone : callable (client)
        A client is gone, or has not read its answers for too long.
    on_tick : callable
        Called a few times a second.
    most_bytes : int
        Most bytes of one message's binary frames.
    """

    def __init__(
        self,
        name: str,
        socket: zmq.Socket[bytes],
        known: dict[str, type[Request]],
        *,
        on_request: Callable[[bytes, Message, Request], None],
        on_gone: Callable[[bytes], None] = lambda _: None,
        on_tick: Callable[[], None] = lambda: None,
        most_bytes: int = 0,
    ) -> None:
        self._name = name
        self._socket = socket
        self._known = known
        self._on_request = on_request
        self._on_gone = on_gone
        self._on_tick = on_tick
        self._most_bytes = most_bytes
        self._outbox: deque[tuple[bytes, Message]] = deque()
        self._mailboxes: dict[bytes, _Mailbox] = {}
        self._bell, self._bell_rope = sockets.socketpair()
        self._bell.setblocking(False)
        self._bell_rope.setblocking(False)
        self._closing: float | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def send(self, client: bytes, message: Message) -> None:
        """Put an answer on its way; may be called from any thread, never blocks."""
        self._outbox.append((client, message))
        with contextlib.suppress(BlockingIOError, OSError):
            # A full bell rings already.
            self._bell_rope.send(b"!")

    def close(self, seconds: float) -> None:
        """Send what waits, for at most so long, then end the thread and close the socket."""
        self._closing = time.monotonic() + seconds
        with contextlib.suppress(BlockingIOError, OSError):
            self._bell_rope.send(b"!")
        if self._thread.is_alive():
            self._thread.join(seconds + 1)

    # ------------------------------------------------------------------ the thread

    def _run(self) -> None:
        poller = zmq.Poller()
        poller.register(self._socket, zmq.POLLIN)
        poller.register(self._bell, zmq.POLLIN)
        next_tick = 0.0
        while True:
            try:
                events = dict(poller.poll(_RETRY_MS if self._mailboxes else _TICK_MS))
                self._send_all()
                if self._closing is not None:
                    if self._is_time_to_end():
                        break
                    continue
                if self._socket in events:
                    self._take_all()
                if time.monotonic() >= next_tick:
                    next_tick = time.monotonic() + _TICK_MS / 1000
                    self._on_tick()
            except zmq.ContextTerminated:
                break
            except Exception:
                # Nothing that a client does may end this thread.
                _log.exception("The %s thread met a fault and goes on.", self._name)
                time.sleep(0.01)
        self._socket.close(linger=500)
        self._bell.close()
        self._bell_rope.close()

    def _is_time_to_end(self) -> bool:
        nothing_left = not self._outbox and not self._mailboxes
        return nothing_left or time.monotonic() > (self._closing or 0.0)

    def _take_all(self) -> None:
        for _ in range(_BATCH):
            try:
                client = self._socket.recv(zmq.NOBLOCK)
            except zmq.Again:
                return
            self._take(client)
            self._send_all()

    def _take(self, client: bytes) -> None:
        request_id = ""
        try:
            frames = self._frames()
            message = decode(frames, max_bytes=self._most_bytes)
            request_id = message.id
            self._send(client, Message(request_id, "accepted"))
            check_version(message)
            request = parse_request(message.type, message.body, self._known)
            self._on_request(client, message, request)
        except FlawmapError as error:
            if isinstance(error, WireError) and error.request_id:
                request_id = error.request_id
            self._send(client, error_message(request_id, error))
        except (MemoryError, RecursionError):
            depth = NoMemory("The message is too large or too deep to be read.")
            self._send(client, error_message(request_id, depth))
        except zmq.ZMQError:
            raise
        except Exception:
            _log.exception("A message on the %s socket could not be taken.", self._name)
            fault = InternalError("A fault inside the engine stopped this request.")
            self._send(client, error_message(request_id, fault))

    def _frames(self) -> list[memoryview]:
        """The frames of the message whose sender was just read; every limit is looked at first."""
        frames: list[memoryview] = []
        nbytes, more = 0, bool(self._socket.getsockopt(zmq.RCVMORE))
        refusal: str | None = None
        while more:
            # The rest of a refused message has to be taken off the socket, but is not kept.
            frame = self._socket.recv(copy=False)
            more = frame.more
            if refusal is None:
                nbytes += len(frame) if frames else 0
                refusal = self._refusal(len(frames), len(frame), nbytes)
            if refusal is None:
                frames.append(frame.buffer)
        if refusal is not None:
            raise WireError(refusal, request_id=_legible_id(frames))
        return frames

    def _refusal(self, number: int, size: int, nbytes: int) -> str | None:
        if number == 0 and size > MAX_HEADER:
            return f"The header frame has {size} bytes; {MAX_HEADER} is the most."
        if size > MAX_FRAME:
            return f"A frame has {size} bytes; {MAX_FRAME} is the most."
        if number > MAX_FRAMES:
            return f"The message has over {MAX_FRAMES} binary frames."
        if nbytes > self._most_bytes:
            return f"The message holds over {self._most_bytes} bytes in binary frames."
        return None

    # ------------------------------------------------------------------ answers

    def _send_all(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._bell.recv(4096):
                pass
        while self._outbox:
            self._send(*self._outbox.popleft())
        for client in list(self._mailboxes):
            self._empty(client)

    def _send(self, client: bytes, message: Message) -> None:
        box = self._mailboxes.get(client)
        if box is not None:
            self._keep(client, box, message)
        elif not self._sent(client, message):
            self._keep(client, self._mailboxes.setdefault(client, _Mailbox()), message)

    def _sent(self, client: bytes, message: Message) -> bool:
        """Whether the message is on its way or its client gone; False if it has to wait."""
        try:
            frames = encode(message)
        except FlawmapError as error:
            frames = encode(error_message(message.id, error))
        except (ValueError, TypeError):
            _log.exception("An answer could not be written.")
            fault = InternalError("A fault inside the engine spoiled the answer.")
            frames = encode(error_message(message.id, fault))
        try:
            self._socket.send_multipart([client, *frames], zmq.NOBLOCK, copy=False)
        except zmq.Again:
            return False
        except zmq.ZMQError as error:
            if error.errno != zmq.EHOSTUNREACH:
                raise
            self._gone(client)
        return True

    def _keep(self, client: bytes, box: _Mailbox, message: Message) -> None:
        size = _nbytes(message)
        crowded = len(box.messages) > _MOST_WAITING // 4 or box.nbytes + size > _MOST_WAITING_BYTES
        if crowded and message.type in ("progress", "partial"):
            return
        if size and box.messages and box.nbytes + size > _MOST_WAITING_BYTES:
            reason = Busy(f"{box.nbytes >> 20} MiB of answers wait to be read.", "Read them first.")
            message, size = error_message(message.id, reason), 0
        box.messages.append(message)
        box.nbytes += size
        if len(box.messages) > _MOST_WAITING:
            _log.warning("A client does not read its answers; they are dropped.")
            self._gone(client)

    def _empty(self, client: bytes) -> None:
        box = self._mailboxes[client]
        while box.messages:
            if not self._sent(client, box.messages[0]):
                return
            if self._mailboxes.get(client) is not box:
                return
            box.nbytes -= _nbytes(box.messages.popleft())
        del self._mailboxes[client]

    def _gone(self, client: bytes) -> None:
        self._mailboxes.pop(client, None)
        self._on_gone(client)
