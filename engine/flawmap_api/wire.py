"""Wire: one message as ZeroMQ frames, and back, with every claim checked before it is believed.

A message is one UTF-8 JSON header frame and any number of binary frames::

    {"id": "…", "type": "analyze", "version": 1, "body": {…},
     "frames": [{"name": "mask", "dtype": "u8", "shape": [600, 800], "parts": 1}]}

Large blocks span several consecutive frames (`parts`). There is no pickle and no other code in it.
"""

from __future__ import annotations

import json
import math
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from .errors import BadInput, FlawmapError, NoMemory, error_from_code
from .messages import DTYPES, PROTOCOL

__all__ = [
    "MAX_FRAME",
    "MAX_FRAMES",
    "SOCKET_LIMIT",
    "Block",
    "Message",
    "WireError",
    "decode",
    "encode",
    "error_in",
    "new_id",
]

#: Largest frame in bytes and most frames of one message.
MAX_FRAME: Final = 4 << 20
MAX_FRAMES: Final = 512
#: What sockets set as their limit: CURVE adds 33 bytes to a frame before the limit is looked at.
SOCKET_LIMIT: Final = MAX_FRAME + 64
_MAX_ID: Final = 64
_MAX_DIMENSIONS: Final = 4
_MAX_NAME: Final = 64


class WireError(BadInput):
    """A message that cannot be read; `request_id` is set where at least that was legible."""

    def __init__(self, message: str, hint: str = "", request_id: str | None = None) -> None:
        super().__init__(message, hint)
        self.request_id = request_id


@dataclass(frozen=True)
class Block:
    """A named array of numbers: little endian, C order.

    Attributes
    ----------
    dtype : "u8" | "u16" | "f16" | "f32"
    shape : tuple of int
    data : bytes-like of exactly prod(shape) · itemsize bytes
    """

    dtype: str
    shape: tuple[int, ...]
    data: bytes | memoryview

    def tobytes(self) -> bytes:
        """The numbers as bytes."""
        return bytes(self.data)


@dataclass(frozen=True)
class Message:
    """One message; `blocks` are its binary parts by name."""

    id: str
    type: str
    body: Mapping[str, Any] = field(default_factory=dict)
    blocks: Mapping[str, Block] = field(default_factory=dict)
    version: int = PROTOCOL


def new_id() -> str:
    """An id that no other request of any client has."""
    return uuid.uuid4().hex


def error_in(message: Message) -> FlawmapError | None:
    """What an `error` message says, as one of our errors; None for any other message."""
    if message.type != "error":
        return None
    body = message.body
    return error_from_code(
        str(body.get("code", "internal")),
        str(body.get("message", "The engine gave no reason.")),
        str(body.get("hint", "")),
    )


def encode(message: Message) -> list[bytes | memoryview]:
    """The frames of a message, header first; blocks over 4 MiB are cut into parts.

    Raises
    ------
    BadInput
        If a block's data does not have the size that its dtype and shape say, or there are over
        512 frames.
    """
    frames: list[bytes | memoryview] = []
    described = []
    for name, block in message.blocks.items():
        view = memoryview(block.data).cast("B")
        if view.nbytes != _nbytes(block.dtype, block.shape):
            raise BadInput(f"Block {name} has {view.nbytes} bytes, its shape says otherwise.")
        parts = [view[i : i + MAX_FRAME] for i in range(0, view.nbytes, MAX_FRAME)] or [view]
        frames += parts
        described.append(
            {
                "name": name,
                "dtype": block.dtype,
                "shape": list(block.shape),
                "parts": len(parts),
            }
        )
    if len(frames) > MAX_FRAMES:
        raise BadInput(
            f"The message needs {len(frames)} binary frames; {MAX_FRAMES} is the most.",
            "Send large pictures through the engine's folder (`via: file`).",
        )
    header = {
        "id": message.id,
        "type": message.type,
        "version": message.version,
        "body": dict(message.body),
        "frames": described,
    }
    # ASCII: a lone surrogate in a person's file name must not break the encoding.
    text = json.dumps(header, allow_nan=False, separators=(",", ":")).encode("ascii")
    return [text, *frames]


def decode(
    frames: Sequence[bytes | memoryview], *, max_bytes: int = MAX_FRAME * MAX_FRAMES
) -> Message:
    """Read a message; the blocks' data are views of the frames, nothing is copied but split blocks.

    Parameters
    ----------
    frames : sequence of bytes-like
        Header frame first.
    max_bytes : int
        Most bytes that the binary frames may have together.

    Raises
    ------
    WireError
        If anything is not as described; with `request_id` if the header's id was legible.
    NoMemory
        If the frames together are over `max_bytes`.
    """
    if not frames:
        raise WireError("The message is empty; it needs at least a header frame.")
    header = _header(frames[0])
    request_id = header.get("id")
    if not isinstance(request_id, str) or not 1 <= len(request_id) <= _MAX_ID:
        raise WireError(f"The header's id has to be a text of 1 to {_MAX_ID} characters.")
    try:
        return _read(header, request_id, frames[1:], max_bytes)
    except WireError as error:
        error.request_id = request_id
        raise


def _header(frame: bytes | memoryview) -> dict[str, Any]:
    def refuse_constant(name: str) -> Any:
        raise ValueError(f"{name} is not JSON")

    try:
        header = json.loads(bytes(frame).decode("utf-8"), parse_constant=refuse_constant)
    except (ValueError, RecursionError) as error:
        raise WireError(f"The header frame is not JSON in UTF-8: {str(error)[:80]}.") from None
    if not isinstance(header, dict):
        raise WireError("The header frame has to be a JSON object.")
    return header


def _read(
    header: dict[str, Any], request_id: str, frames: Sequence[bytes | memoryview], max_bytes: int
) -> Message:
    kind, version = header.get("type"), header.get("version")
    body, described = header.get("body", {}), header.get("frames", [])
    if not isinstance(kind, str) or not 1 <= len(kind) <= _MAX_NAME:
        raise WireError("The header's type has to be a short text.")
    if not isinstance(version, int) or isinstance(version, bool):
        raise WireError("The header's version has to be a whole number.")
    if not isinstance(body, dict):
        raise WireError("The header's body has to be an object.")
    if not isinstance(described, list):
        raise WireError("The header's frames have to be a list.")
    if len(frames) > MAX_FRAMES:
        raise WireError(f"The message has {len(frames)} binary frames; {MAX_FRAMES} is the most.")
    total = sum(memoryview(frame).nbytes for frame in frames)
    if total > max_bytes:
        raise NoMemory(f"The message holds {total} bytes; {max_bytes} is the most here.")
    return Message(request_id, kind, body, _blocks(described, frames), version)


def _blocks(described: list[Any], frames: Sequence[bytes | memoryview]) -> dict[str, Block]:
    blocks: dict[str, Block] = {}
    rest = iter(frames)
    used = 0
    for entry in described:
        name, dtype, shape, parts = _description(entry)
        if name in blocks:
            raise WireError(f"The header describes block {name!r} twice.")
        used += parts
        if used > len(frames):
            raise WireError(f"The header describes more binary frames than the {len(frames)} sent.")
        data = _joined([next(rest) for _ in range(parts)])
        size = _nbytes(dtype, shape)
        if data.nbytes != size:
            raise WireError(f"Block {name!r} should hold {size} bytes and holds {data.nbytes}.")
        blocks[name] = Block(dtype, shape, data)
    if used != len(frames):
        raise WireError(f"The header describes {used} binary frames, {len(frames)} were sent.")
    return blocks


def _description(entry: Any) -> tuple[str, str, tuple[int, ...], int]:
    if not isinstance(entry, dict):
        raise WireError("Each entry of the header's frames has to be an object.")
    name, dtype, shape = entry.get("name"), entry.get("dtype"), entry.get("shape")
    parts = entry.get("parts", 1)
    if not isinstance(name, str) or not 1 <= len(name) <= _MAX_NAME:
        raise WireError("A frame's name has to be a short text.")
    if not isinstance(dtype, str) or dtype not in DTYPES:
        raise WireError(f"Block {name!r} has to be of {', '.join(DTYPES)}.")
    if (
        not isinstance(shape, list)
        or len(shape) > _MAX_DIMENSIONS
        or not all(_is_count(n) for n in shape)
    ):
        raise WireError(f"The shape of block {name!r} has to be at most four whole numbers.")
    if not _is_count(parts) or not 1 <= parts <= MAX_FRAMES:
        raise WireError(f"The parts of block {name!r} have to be 1 to {MAX_FRAMES}.")
    return name, dtype, tuple(shape), parts


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 40


def _nbytes(dtype: str, shape: Iterable[int]) -> int:
    return math.prod(shape) * DTYPES[dtype]


def _joined(parts: list[bytes | memoryview]) -> memoryview:
    if len(parts) == 1:
        return memoryview(parts[0]).cast("B")
    return memoryview(b"".join(parts))
