"""Frames: messages on a pipe, between a host and its helper process.

A message is its number of frames, then each frame's length and bytes; numbers are four bytes,
highest first. No frames at all is a sign of life.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from .errors import EngineLost
from .wire import MAX_FRAMES, SOCKET_LIMIT

__all__ = ["BEAT_SECONDS", "frames_from", "frames_to"]

Frames = Sequence["bytes | memoryview"]

#: How often the helper process gives a sign of life, at least.
BEAT_SECONDS: Final = 1.0
_NUMBER: Final = 4


def frames_to(stream: Any, frames: Frames) -> None:
    """Write one message to a raw stream; raises `OSError` if nobody reads it any more."""
    pieces: list[bytes | memoryview] = [len(frames).to_bytes(_NUMBER, "big")]
    for frame in frames:
        view = memoryview(frame).cast("B")
        pieces += [view.nbytes.to_bytes(_NUMBER, "big"), view]
    if sum(len(piece) for piece in pieces) <= 1 << 16:
        pieces = [b"".join(pieces)]
    for piece in pieces:
        left = memoryview(piece)
        while left.nbytes:
            left = left[stream.write(left) or 0 :]


def frames_from(stream: Any) -> list[memoryview] | None:
    """Read one message from a raw stream; None at its end, also in the middle of a message.

    Raises
    ------
    EngineLost
        If what it claims is more than a message can be.
    """
    count = _number(stream)
    if count is None:
        return None
    frames = []
    if count > MAX_FRAMES + 1:
        raise EngineLost("The helper process sent something that is no message.")
    for _ in range(count):
        size = _number(stream)
        if size is not None and size > SOCKET_LIMIT:
            raise EngineLost("The helper process sent something that is no message.")
        frame = None if size is None else _exactly(stream, size)
        if frame is None:
            return None
        frames.append(frame)
    return frames


def _number(stream: Any) -> int | None:
    data = _exactly(stream, _NUMBER)
    return None if data is None else int.from_bytes(data, "big")


def _exactly(stream: Any, size: int) -> memoryview | None:
    whole = memoryview(bytearray(size))
    left = whole
    while left.nbytes:
        done = stream.readinto(left)
        if not done:
            return None
        left = left[done:]
    return whole.toreadonly()
