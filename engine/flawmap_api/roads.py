"""Roads: the ways on which a client reaches an engine, and what is the same on each of them.

The direct road is a ZeroMQ socket of the client's own (`launch`). Where a host's Python cannot load
pyzmq, a helper process in the engine's own Python has the socket, and the client speaks to it over
pipes (`relayed`). `Session` gets its link from here, so nothing else knows the difference.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from .connection import ConnectionInfo
from .errors import BadInput
from .messages import Request
from .results import HelloInfo
from .wire import Message
from .words import DEVICES

__all__ = ["Link", "Reached", "Road", "StatusCallback", "choose"]

StatusCallback = Callable[[str], None]


class Link(Protocol):
    """Messages to and from an engine; used from one thread."""

    def fileno(self) -> int:
        """Descriptor that becomes readable when something may have come; drain the link then."""

    def send(self, message: Message) -> None:
        """Queue a message, never waiting; raises `EngineLost` if the link is gone."""

    def receive(self, timeout: float = 0.0) -> Message | None:
        """The next message, or None if none came within `timeout` seconds."""

    def broken(self) -> str | None:
        """Why the link is gone, as half a sentence; None while it stands."""

    def close(self) -> None:
        """Drop the link; a second call does nothing."""


class Reached(Protocol):
    """A ready engine and the way to it."""

    @property
    def info(self) -> ConnectionInfo:
        """What is known of it; its keys only where this process uses them."""

    @property
    def hello(self) -> HelloInfo:
        """What it said of itself."""

    @property
    def folder(self) -> Path:
        """Its runtime folder."""

    @property
    def private(self) -> bool:
        """Whether it was started for this client alone."""

    @property
    def folder_is_made(self) -> bool:
        """Whether its folder was, too, and is to be removed with it."""

    def alive(self) -> bool:
        """Whether its process still runs."""

    def link(self) -> Link:
        """The link to its work socket."""

    def control(self, request: Request, *, timeout: float) -> Message:
        """Ask its control socket and wait for the result; from any thread.

        Raises `EngineLost` if there is none within `timeout` seconds.
        """


#: Finds or starts an engine: in that runtime folder, or (None) in this user's.
Road = Callable[[Path | None], Reached]


def choose(
    *,
    device: str = "auto",
    private: bool = False,
    start: bool = True,
    adopt_others: bool = False,
    engine_command: Sequence[str] | None = None,
    relay_command: Sequence[str] | None = None,
    on_status: StatusCallback | None = None,
) -> Road:
    """The road for these wishes; they are those of `client.connect`.

    Raises
    ------
    BadInput
        If there is no such device.
    """
    if device not in DEVICES:
        raise BadInput(f"There is no device {device!r}.", f"Devices are {', '.join(DEVICES)}.")

    def direct(folder: Path | None) -> Reached:
        from .launch import launch

        return launch(
            device=device,
            folder=folder,
            private=private,
            start=start,
            adopt_others=adopt_others,
            engine_command=engine_command,
            on_status=on_status,
        )

    def relayed(folder: Path | None) -> Reached:
        from .relayed import reach

        return reach(
            relay_command or (),
            device=device,
            folder=folder,
            private=private,
            start=start,
            adopt_others=adopt_others,
            engine_command=engine_command,
            on_status=on_status,
        )

    return direct if relay_command is None else relayed
