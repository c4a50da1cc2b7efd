"""Telling: messages for a person, out of keys of the catalogue and of errors."""

from __future__ import annotations

from flawmap_api.errors import BadInput, Cancelled, NotFound, Unsupported

from .asks import Gone, Stale
from .state import Message
from .texts import Texts

__all__ = ["message_of", "offer"]


def offer(texts: Texts, kind: str, key: str, action: str, region: str = "") -> Message:
    """A message with a button; its hint is the key's own."""
    label = texts(f"action.{action}")
    return Message(kind, texts(key), texts(f"{key}.hint"), action, label, region)


def message_of(error: BaseException, texts: Texts, text: str = "") -> Message:
    """What went wrong, and what to do; `text` says it better than the error itself."""
    if isinstance(error, Cancelled):
        return Message("info", texts("message.cancelled"))
    if isinstance(error, (Stale, Gone)):
        key = "message.stale" if isinstance(error, Stale) else "message.gone"
        return offer(texts, "warning", key, "find")
    said, hint = texts.error(error)
    if isinstance(error, (BadInput, NotFound, Unsupported)):
        # The person can do something about it; nobody else has to hear of it.
        return Message("warning", text or said, hint)
    label = texts("action.copy_diagnostics")
    return Message("error", text or said, hint, "copy_diagnostics", label)
