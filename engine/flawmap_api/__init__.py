"""Flawmap's contract and client: what every program that speaks to the engine carries.

::

    with flawmap_api.connect() as engine:
        report = engine.analyze("photo.jpg")

Standard library and pyzmq only; pyzmq is imported when connecting, not before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._version import __version__
from .errors import FlawmapError
from .geometry import Box, Grid
from .policy import Policy, judge
from .report import Report

if TYPE_CHECKING:
    from .calls import connect_session
    from .client import EngineClient, connect

__all__ = [
    "Box",
    "EngineClient",
    "FlawmapError",
    "Grid",
    "Policy",
    "Report",
    "__version__",
    "connect",
    "connect_session",
    "judge",
]


def __getattr__(name: str) -> Any:
    # The client has much to import; whoever only reads reports does not pay for it.
    if name == "connect_session":
        from .calls import connect_session

        return connect_session
    if name in ("connect", "EngineClient"):
        from . import client

        return getattr(client, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
