"""Observable: state that tells whoever watches which part of it has changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["Observable"]

Watcher = Callable[[Any], None]


class Observable:
    """Base of the panel's state objects.

    Watchers are called in the order in which they came, on the thread that changes the state: the
    window's own. A watcher may stop itself, or add others, while it is called.
    """

    def __init__(self) -> None:
        self._watchers: list[tuple[frozenset[str], Watcher]] = []

    def watch(self, watcher: Watcher, *topics: str) -> Callable[[], None]:
        """Have `watcher(detail)` called when one of the topics (none: any) has changed.

        Returns
        -------
        callable
            Stops the watching.
        """
        entry = (frozenset(topics), watcher)
        self._watchers.append(entry)

        def stop() -> None:
            if entry in self._watchers:
                self._watchers.remove(entry)

        return stop

    def tell(self, topic: str, detail: Any = None) -> None:
        """Call those who watch the topic."""
        for topics, watcher in tuple(self._watchers):
            if not topics or topic in topics:
                watcher(detail)
