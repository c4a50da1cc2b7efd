"""Editors: whether GIMP and Krita have the plug-in, and opening photos there with their flaws.

Programs are asked for their versions, which takes a while: all of it happens in threads.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from flawmap_api.errors import FlawmapError, InternalError, NotFound
from flawmap_hosts import System, find_places, open_in, status

from .observable import Observable

__all__ = ["EDITORS", "Editors"]

#: Editors by the name that `flawmap open --in` takes, and what people call them.
EDITORS: Final = {"gimp": "GIMP", "krita": "Krita"}
Post = Callable[[Callable[[], None]], None]


class Editors(Observable):
    """The editors of this machine; tells `editors` when more is known.

    Parameters
    ----------
    post : callable(callable)
        Runs a function on the window's thread.
    system : System, optional
        The machine; this one unless a test has another.

    Attributes
    ----------
    ready : dict of editor to bool
        Absent until it was looked at; True where the plug-in is there and would load.
    told : dict of editor to sentence
        Why it is not ready, with what to do.
    """

    def __init__(self, post: Post, system: System | None = None) -> None:
        super().__init__()
        self._post, self._system = post, system
        self.ready: dict[str, bool] = {}
        self.told: dict[str, str] = {}

    def look(self) -> None:
        """Look for them, in a thread."""
        for host in EDITORS:
            self._start(lambda host=host: self._look(host))  # type: ignore[misc]

    def open(
        self,
        host: str,
        photo: Path,
        done: Callable[[], None],
        failed: Callable[[FlawmapError], None],
    ) -> None:
        """Open a photo there and have its flaws found; `done` or `failed` is called after it."""

        def work() -> None:
            try:
                open_in(host, photo, self._system)
            except FlawmapError as error:
                self._post(lambda error=error: failed(error))  # type: ignore[misc]
            except Exception as error:
                fault = InternalError(f"{EDITORS[host]} was not started: {error}.")
                self._post(lambda: failed(fault))
            else:
                self._post(done)

        self._start(work)

    def _look(self, host: str) -> None:
        try:
            ready, told = _state(host, self._system or System())
        except Exception as error:
            # A look at foreign programs must not end in silence, whatever it meets.
            ready, told = False, str(error)

        def tell() -> None:
            self.ready[host], self.told[host] = ready, told
            self.tell("editors")

        self._post(tell)

    def _start(self, work: Callable[[], None]) -> None:
        threading.Thread(target=work, name="flawmap-editors", daemon=True).start()


def _state(host: str, system: System) -> tuple[bool, str]:
    places = [place for place in find_places(system, host) if place.programs]
    if not places:
        return False, str(NotFound(f"No {EDITORS[host]} was found on this machine."))
    seen = [status(place, system, thorough=False) for place in places]
    if any(each.good for each in seen):
        return True, ""
    return False, f"{seen[0].told} {seen[0].hint}".strip()
