"""Channel: one encrypted DEALER socket to the engine, and what its monitor saw.

Nothing here blocks but `exchange`, a request on a channel of its own with a deadline. pyzmq is
imported as a channel is made: a host that reaches the engine over pipes may not have it at all.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .connection import ConnectionInfo
from .errors import EngineLost, FlawmapError
from .messages import Request, to_body
from .wire import SOCKET_LIMIT, Message, decode, encode, error_in, new_id

if TYPE_CHECKING:
    import zmq

__all__ = ["HEARTBEAT_MS", "Channel", "exchange", "read_answer"]

#: Interval and time-out of the heartbeats, in milliseconds, the same at both ends.
HEARTBEAT_MS = (300, 1000)


class Channel:
    """A DEALER that speaks CURVE with the keys of the connection file.

    Parameters
    ----------
    info : ConnectionInfo
        Keys and addresses.
    address : str
        `info.work` or `info.control`.
    """

    def __init__(self, info: ConnectionInfo, address: str) -> None:
        import zmq

        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        try:
            self._open(info, address)
        except BaseException:
            self._context.destroy(linger=0)
            raise

    def _open(self, info: ConnectionInfo, address: str) -> None:
        import zmq

        self._again, self._no_wait = zmq.Again, zmq.NOBLOCK
        self._descriptor = zmq.FD
        self._reasons: dict[int, str] = {
            zmq.EVENT_HANDSHAKE_FAILED_AUTH: "it refused this client's key",
            zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL: "it does not hold the key of its file",
            zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL: "something else listens at its address",
        }
        socket = self._socket = self._context.socket(zmq.DEALER)
        socket.linger = 0
        socket.curve_serverkey = info.server_public.encode()
        socket.curve_publickey = info.client_public.encode()
        socket.curve_secretkey = info.client_secret.encode()
        socket.setsockopt(zmq.MAXMSGSIZE, SOCKET_LIMIT)
        socket.setsockopt(zmq.HEARTBEAT_IVL, HEARTBEAT_MS[0])
        socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, HEARTBEAT_MS[1])
        # A lost engine is started anew by the client, at another port: never reconnect by oneself.
        socket.setsockopt(zmq.RECONNECT_IVL, -1)
        self._monitor = socket.get_monitor_socket(
            zmq.EVENT_DISCONNECTED
            | zmq.EVENT_CLOSED
            | zmq.EVENT_CONNECT_RETRIED
            | zmq.EVENT_HANDSHAKE_FAILED_AUTH
            | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
            | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
        )
        self._broken: str | None = None
        socket.connect(address)

    def fileno(self) -> int:
        """Descriptor that becomes readable when something may have come (edge-triggered)."""
        return int(self._socket.getsockopt(self._descriptor))

    def send(self, message: Message) -> None:
        """Queue a message; that it was queued proves nothing, the engine's `accepted` does.

        Raises `EngineLost` if the connection is gone.
        """
        self.send_frames(encode(message))

    def send_frames(self, frames: Sequence[bytes | memoryview]) -> None:
        """Queue a message that is encoded already; raises as `send`."""
        try:
            # Without a peer a DEALER would wait for one, and this one never connects again.
            self._socket.send_multipart(frames, flags=self._no_wait, copy=True)
        except self._again:
            raise EngineLost("The engine is gone: the connection broke.") from None

    def receive(self, timeout: float = 0.0) -> Message | None:
        """The next message, or None if none came within `timeout` seconds."""
        frames = self.receive_frames(timeout)
        return None if frames is None else read_answer(frames)

    def receive_frames(self, timeout: float = 0.0) -> list[memoryview] | None:
        """The next message as it came, or None if none came within `timeout` seconds."""
        if not self._socket.poll(int(timeout * 1000)):
            return None
        return [frame.buffer for frame in self._socket.recv_multipart(copy=False)]

    def broken(self) -> str | None:
        """Why the connection is gone, as half a sentence; None while it stands."""
        while self._broken is None and self._monitor.poll(0):
            # By hand: zmq.utils.monitor would import asyncio, 60 ms at every start.
            event = int.from_bytes(self._monitor.recv_multipart()[0][:2], sys.byteorder)
            self._broken = self._reasons.get(event, "the connection broke")
        return self._broken

    def close(self) -> None:
        """Close the socket; unsent messages are dropped."""
        self._socket.disable_monitor()
        self._monitor.close(linger=0)
        self._context.destroy(linger=0)


def exchange(info: ConnectionInfo, address: str, request: Request, *, timeout: float) -> Message:
    """Ask one thing on a channel of its own and wait for the result.

    May be called from any thread. Raises `EngineLost` if no answer came within `timeout` seconds,
    and the engine's own error if it answered with one.
    """
    channel = Channel(info, address)
    request_id = new_id()
    deadline = time.monotonic() + timeout
    try:
        channel.send(Message(request_id, request.type, to_body(request)))
        while (left := deadline - time.monotonic()) > 0:
            # Looked at first: what was sent before the end is still to be read after it.
            reason = channel.broken()
            message = channel.receive(0 if reason else min(left, 0.05))
            if message is not None and message.id == request_id:
                if error := error_in(message):
                    raise error
                if message.type == "result":
                    return message
            if message is None and reason:
                raise EngineLost(f"The engine (process {info.pid}) is gone: {reason}.")
    finally:
        channel.close()
    raise EngineLost(f"The engine (process {info.pid}) did not answer within {timeout:.1f} s.")


def read_answer(frames: Sequence[bytes | memoryview]) -> Message:
    """Read what an engine sent; raises `EngineLost` if it is not of our protocol."""
    try:
        return decode(frames)
    except FlawmapError as error:
        raise EngineLost(
            f"The engine answered with something that is not Flawmap's protocol: {error}"
        ) from None
