"""Source: what the panel draws beside the desk's state."""

from __future__ import annotations

from typing import Any, Protocol

__all__ = ["Source"]


class Source(Protocol):
    """Open documents and small pictures."""

    def documents(self) -> list[tuple[str, str]]:
        """Key and title of every open document."""

    def size(self) -> tuple[int, int]:
        """Of the active document's canvas; (0, 0) where none is open."""

    def thumbnail(self, width: int, height: int) -> Any:
        """A pixbuf of the active document of about that size, or None."""
