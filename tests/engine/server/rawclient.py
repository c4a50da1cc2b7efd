"""A client from the protocol document alone: pyzmq, JSON, the standard library, nothing of ours."""

from __future__ import annotations

import json
import math
import struct
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import zmq

ITEM_BYTES = {"u8": 1, "u16": 2, "f16": 2, "f32": 4}


class Refused(Exception):
    """The engine answered with an error."""

    def __init__(self, body: dict[str, Any]) -> None:
        super().__init__(f"{body['code']}: {body['message']} {body['hint']}".strip())
        self.code = body["code"]
        self.message = body["message"]
        self.hint = body["hint"]


@dataclass
class Answer:
    """One message from the engine."""

    id: str
    type: str
    body: dict[str, Any]
    blocks: dict[str, bytes] = field(default_factory=dict)
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)


@dataclass
class Dialogue:
    """What came for one request, in order."""

    messages: list[Answer]

    @property
    def types(self) -> list[str]:
        return [message.type for message in self.messages]

    @property
    def last(self) -> Answer:
        return self.messages[-1]

    def of(self, type_: str) -> list[Answer]:
        return [message for message in self.messages if message.type == type_]


class RawClient:
    """A DEALER on one of the engine's two sockets."""

    def __init__(self, connection: dict[str, Any], socket: str = "work", **keys: Any) -> None:
        self.connection = connection
        self.folder = Path(connection["folder"])
        self._context = zmq.Context()
        self.socket = self._context.socket(zmq.DEALER)
        self.socket.linger = 0
        if not keys.get("plain"):
            self.socket.curve_serverkey = keys.get("server", connection["server_public"]).encode()
            self.socket.curve_publickey = keys.get("public", connection["client_public"]).encode()
            self.socket.curve_secretkey = keys.get("secret", connection["client_secret"]).encode()
        self.socket.heartbeat_ivl = 300
        self.socket.heartbeat_timeout = 1000
        # A DEALER without a peer would wait for one for ever.
        self.socket.sndtimeo = 1000
        self.socket.connect(connection[socket])

    def __enter__(self) -> RawClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._context.destroy(linger=0)

    def send(
        self,
        type_: str,
        body: dict[str, Any] | None = None,
        blocks: dict[str, tuple[str, list[int], bytes]] | None = None,
        *,
        request_id: str | None = None,
        version: int = 1,
    ) -> str:
        request_id = request_id or uuid.uuid4().hex
        described, frames = [], []
        for name, (dtype, shape, data) in (blocks or {}).items():
            parts = [data[i : i + (4 << 20)] for i in range(0, len(data), 4 << 20)] or [b""]
            described.append({"name": name, "dtype": dtype, "shape": shape, "parts": len(parts)})
            frames += parts
        header = {
            "id": request_id,
            "type": type_,
            "version": version,
            "body": body or {},
            "frames": described,
        }
        self.socket.send_multipart([json.dumps(header).encode(), *frames])
        return request_id

    def receive(self, timeout: float = 10.0) -> Answer | None:
        if not self.socket.poll(int(timeout * 1000)):
            return None
        header, *frames = self.socket.recv_multipart()
        head = json.loads(header)
        blocks, shapes = {}, {}
        for entry in head["frames"]:
            parts, frames = frames[: entry["parts"]], frames[entry["parts"] :]
            data = b"".join(parts)
            assert len(data) == math.prod(entry["shape"]) * ITEM_BYTES[entry["dtype"]]
            blocks[entry["name"]], shapes[entry["name"]] = data, tuple(entry["shape"])
        assert not frames
        return Answer(head["id"], head["type"], head["body"], blocks, shapes)

    def until_answered(self, request_id: str, timeout: float = 30.0) -> Dialogue:
        """Everything of one request up to its result or error."""
        messages, deadline = [], time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            message = self.receive(left)
            if message is not None and message.id == request_id:
                messages.append(message)
                if message.type in ("result", "error"):
                    return Dialogue(messages)
        raise TimeoutError(f"no answer within {timeout} s; came: {messages}")

    def ask(self, type_: str, body: dict[str, Any] | None = None, **more: Any) -> Answer:
        """One request's result; raises `Refused` on an error."""
        last = self.until_answered(self.send(type_, body, **more)).last
        if last.type == "error":
            raise Refused(last.body)
        return last

    def wait_for(self, request_id: str, type_: str, timeout: float = 30.0) -> Answer:
        """The next message of that type for a request."""
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            message = self.receive(left)
            if message is not None and (message.id, message.type) == (request_id, type_):
                return message
        raise TimeoutError(f"no {type_} within {timeout} s")

    def hello(self, protocols: list[int] | None = None, **more: Any) -> Answer:
        body = {"client": "raw", "client_version": "1", "protocols": protocols or [1, 1]}
        return self.ask("hello", body, **more)

    def open_pixels(
        self, data: bytes, width: int, height: int, **layout: Any
    ) -> tuple[Answer, dict[str, Any]]:
        """Open pixels through a file in the engine's folder."""
        layout = {"width": width, "height": height, "dtype": "u8", "channels": "RGB", **layout}
        write = self.ask("open", {"pixels": layout}).body["write"]
        with open(self.folder / write["file"], "r+b") as file:
            file.write(data)
        return self.ask("open", {"pixels": {**layout, "file": write["file"]}}), write


def picture(width: int, height: int, seed: int = 0) -> bytes:
    """8-bit RGB bytes that are not flat, and others for every seed."""
    row = bytes((x * 7 + c * 50) % 256 for x in range(width) for c in range(3))
    data = b"".join(bytes([(y * 5) % 256]) + row[1:] for y in range(height))
    return struct.pack("<I", seed) + data[4:]


def bmp(path: Path, width: int, height: int, seed: int = 0) -> Path:
    """Write a BMP file, the simplest picture that every decoder reads."""
    stride = (width * 3 + 3) // 4 * 4
    rows = picture(width, height, seed)
    body = b"".join(
        rows[y * width * 3 : (y + 1) * width * 3].ljust(stride, b"\0") for y in range(height)
    )
    head = struct.pack("<2sIHHI", b"BM", 54 + len(body), 0, 0, 54)
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, len(body), 2835, 2835, 0, 0)
    path.write_bytes(head + info + body)
    return path
