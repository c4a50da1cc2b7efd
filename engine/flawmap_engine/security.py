"""Security: who gets in. Exactly one key is admitted, and nobody while the gate is not up.

CURVE alone proves only the engine to the client; without a ZAP handler it admits every key. So the
order is: gate first (it answers ZAP), then sockets that enforce the gate's domain, then bind.
"""

from __future__ import annotations

import hmac
import logging
import threading
from dataclasses import dataclass
from typing import Final

import zmq
from zmq.utils import z85

from flawmap_api.channel import HEARTBEAT_MS
from flawmap_api.wire import SOCKET_LIMIT

__all__ = ["Gate", "Keys", "bind_router", "new_keys"]

_log = logging.getLogger(__name__)

_DOMAIN: Final = b"flawmap"
_ZAP: Final = "inproc://zeromq.zap.01"

#: Messages of one connection that may wait in the socket, coming in and going out. Few go out: what
#: waits beyond them waits in the server, which counts its bytes.
_WAITING_IN: Final = 256
_WAITING_OUT: Final = 32
_HANDSHAKE_MS: Final = 5000


@dataclass(frozen=True)
class Keys:
    """CURVE keys in Z85, new at each start of the engine."""

    server_public: bytes
    server_secret: bytes
    client_public: bytes
    client_secret: bytes

    def __repr__(self) -> str:
        # Keys must not reach a log by way of a traceback.
        return "Keys(…)"


def new_keys() -> Keys:
    """Two fresh key pairs."""
    server_public, server_secret = zmq.curve_keypair()
    client_public, client_secret = zmq.curve_keypair()
    return Keys(server_public, server_secret, client_public, client_secret)


class Gate:
    """Answers ZAP: the one client key by CURVE gets in, everything else is refused.

    A few lines of our own, because pyzmq's authenticator admits NULL when nothing is configured,
    and brings asyncio, which on Windows wants tornado.

    Parameters
    ----------
    context : zmq.Context
        One gate a context.
    client_public : bytes
        Z85 text of the key that is admitted.
    """

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], client_public: bytes) -> None:
        self._admitted = z85.decode(client_public)
        self._socket = context.socket(zmq.REP)
        self._socket.linger = 0
        # Bound here and not in the thread: whoever comes after this line finds the handler.
        self._socket.bind(_ZAP)
        self._thread = threading.Thread(target=self._answer, name="gate", daemon=True)
        self._thread.start()

    def _answer(self) -> None:
        while True:
            try:
                request = self._socket.recv_multipart()
            except zmq.ContextTerminated:
                self._socket.close()
                return
            except zmq.ZMQError:
                _log.exception("The gate could not read; it goes on.")
                continue
            try:
                self._socket.send_multipart(self._verdict(request))
            except zmq.ContextTerminated:
                self._socket.close()
                return
            except zmq.ZMQError:
                _log.exception("The gate could not answer; it goes on.")

    def _verdict(self, request: list[bytes]) -> list[bytes]:
        version, sequence = ([*request, b"", b""])[:2]
        admitted = (
            version == b"1.0"
            and len(request) == 7
            and request[2] == _DOMAIN
            and request[5] == b"CURVE"
            and hmac.compare_digest(request[6], self._admitted)
        )
        if admitted:
            return [b"1.0", sequence, b"200", b"OK", b"owner", b""]
        _log.warning("A connection without the engine's key was refused.")
        return [b"1.0", sequence, b"400", b"Unknown key", b"", b""]


def bind_router(
    context: zmq.Context[zmq.Socket[bytes]], keys: Keys
) -> tuple[zmq.Socket[bytes], str]:
    """Bind a ROUTER on a free loopback port that only the gate's key can talk to.

    Returns
    -------
    (socket, address)
        The address is `tcp://127.0.0.1:<port>`.
    """
    socket = context.socket(zmq.ROUTER)
    socket.linger = 0
    socket.curve_server = True
    socket.curve_publickey = keys.server_public
    socket.curve_secretkey = keys.server_secret
    socket.zap_domain = _DOMAIN
    # Fail closed: without a handler that knows the domain nobody gets in.
    socket.setsockopt(zmq.ZAP_ENFORCE_DOMAIN, 1)
    # A message to a peer that is gone raises EHOSTUNREACH and does not vanish.
    socket.setsockopt(zmq.ROUTER_MANDATORY, 1)
    socket.setsockopt(zmq.MAXMSGSIZE, SOCKET_LIMIT)
    socket.setsockopt(zmq.HEARTBEAT_IVL, HEARTBEAT_MS[0])
    socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, HEARTBEAT_MS[1])
    socket.setsockopt(zmq.HANDSHAKE_IVL, _HANDSHAKE_MS)
    socket.setsockopt(zmq.SNDHWM, _WAITING_OUT)
    socket.setsockopt(zmq.RCVHWM, _WAITING_IN)
    socket.bind("tcp://127.0.0.1:*")
    return socket, socket.getsockopt_string(zmq.LAST_ENDPOINT)
