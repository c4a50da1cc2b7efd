"""`hello`, `bye` and `models`: who is there, and what the engine has."""

from __future__ import annotations

import importlib.util
from typing import Any

from flawmap_api.errors import VersionMismatch
from flawmap_api.messages import PROTOCOL_RANGE, REQUESTS, Bye, Hello, Models
from flawmap_api.words import VIEWS

from .. import __version__
from ..jobs import Reply
from .context import Context

__all__ = ["bye", "hello", "models"]

_MARKS = ("marks.get", "marks.set")


def hello(request: Hello, context: Context) -> Reply:
    """Agree on a protocol, and say what this engine is and has."""
    protocol = _common_protocol(request)
    engine, card = context.engine, context.engine.networks.card
    model = {
        "name": card.name,
        "version": card.version,
        "sha256": card.sha256,
        "thresholds": dict(card.thresholds),
    }
    return Reply(
        {
            "engine_version": __version__,
            "protocol": protocol,
            "protocols": list(PROTOCOL_RANGE),
            "features": [name for name in REQUESTS if engine.keeps_marks or name not in _MARKS],
            "distortions": list(card.distortions),
            "views": list(VIEWS),
            "device": engine.device(),
            "model": model,
            "models": {card.name: card.sha256},
            "pid": engine.pid,
            "started": engine.started,
            "installation": engine.installation,
            "memory": engine.memory(),
            "threads": engine.threads,
            "extras": {"raw": _has("rawpy"), "heif": _has("pi_heif")},
        }
    )


def bye(request: Bye, context: Context) -> Reply:
    """Forget the client: what it held may go first, its pixel files go now."""
    del request
    context.store.forget_client(context.client)
    context.files.forget_client(context.client)
    return Reply()


def models(request: Models, context: Context) -> Reply:
    """List the models with their hashes."""
    del request
    card = context.engine.networks.card
    flaws: dict[str, Any] = {
        "name": card.name,
        "kind": "flaws",
        "version": card.version,
        "sha256": card.sha256,
        "file": str(card.path),
        "licence": getattr(card, "licence", "Apache-2.0"),
        "distortions": list(card.distortions),
    }
    return Reply({"models": [flaws]})


def _common_protocol(request: Hello) -> int:
    (their_low, their_high), (low, high) = request.protocols, PROTOCOL_RANGE
    protocol = min(high, their_high)
    if protocol >= max(low, their_low):
        return protocol
    engine_is_older = their_low > high
    who = f"{request.client[:40]} {request.client_version[:20]}".strip() or "This program"
    raise VersionMismatch(
        f"{who} speaks protocol {their_low} to {their_high}, the engine (Flawmap {__version__}) "
        f"{low} to {high}.",
        "Update Flawmap, whose engine is older." if engine_is_older else f"Update {who}.",
    )


def _has(module: str) -> bool:
    return importlib.util.find_spec(module) is not None
