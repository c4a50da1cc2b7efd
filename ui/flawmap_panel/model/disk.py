"""Disk: notices that photos on disk change, vanish, or come into a watched folder.

Times are looked at, in a thread, every second or so: it works on every disk and network share, and
a thousand files take a few milliseconds.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from flawmap_api.inputs import find_photos

from .photos import Stamp

__all__ = ["Changes", "DiskWatch", "compare"]


@dataclass(frozen=True, slots=True)
class Changes:
    """What is different on disk: stamps of changed files, files that are gone, and new ones."""

    changed: dict[Path, Stamp] = field(default_factory=dict)
    gone: tuple[Path, ...] = ()
    new: tuple[tuple[Path, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changed or self.gone or self.new)


def compare(known: dict[Path, Stamp | None], folders: Iterable[Path]) -> Changes:
    """Look at the disk once.

    Parameters
    ----------
    known : dict of path to its last stamp
        None for one that was gone already.
    folders : iterable of Path
        Whose new photos count.
    """
    changed: dict[Path, Stamp] = {}
    gone = []
    for path, stamp in known.items():
        now = Stamp.of(path)
        if now is None and stamp is not None:
            gone.append(path)
        elif now is not None and now != stamp:
            changed[path] = now
    new = []
    for item in find_photos(map(str, folders)):
        path = Path(item.path)
        if item.error is None and path not in known:
            new.append((path, item.name))
    return Changes(changed, tuple(gone), tuple(new))


class DiskWatch:
    """Compares again and again; a file counts as changed once it has stayed the same for a turn.

    Parameters
    ----------
    post : callable(callable)
        Runs a function on the window's thread.
    ask : callable() -> (dict, folders)
        What is known now; called on the window's thread.
    tell : callable(Changes)
        Called on the window's thread when there is something to tell.
    seconds : float
        Between two looks.
    """

    def __init__(
        self,
        post: Callable[[Callable[[], None]], None],
        ask: Callable[[], tuple[dict[Path, Stamp | None], list[Path]]],
        tell: Callable[[Changes], None],
        *,
        seconds: float = 1.0,
    ) -> None:
        self._post, self._ask, self._tell = post, ask, tell
        self._seconds = seconds
        self._known: dict[Path, Stamp | None] = {}
        self._folders: list[Path] = []
        self._fresh = threading.Event()
        self._ended = threading.Event()
        self._settling: dict[Path, Stamp] = {}
        self._thread = threading.Thread(target=self._run, name="flawmap-disk", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the watching."""
        self._ended.set()
        self._fresh.set()
        self._thread.join(2)

    def _run(self) -> None:
        while not self._ended.wait(self._seconds):
            self._fresh.clear()
            self._post(self._collect)
            self._fresh.wait()
            if self._ended.is_set():
                return
            found = self._settled(compare(self._known, self._folders))
            if found:
                self._post(lambda found=found: self._tell(found))  # type: ignore[misc]

    def _collect(self) -> None:
        self._known, self._folders = self._ask()
        self._fresh.set()

    def _settled(self, found: Changes) -> Changes:
        """Only what looks as it did a turn ago: a file that is being written is not judged yet."""
        stamps = dict(found.changed)
        for path, _ in found.new:
            if (stamp := Stamp.of(path)) is not None:
                stamps[path] = stamp
        quiet = {path for path, stamp in stamps.items() if self._settling.get(path) == stamp}
        self._settling = stamps
        return Changes(
            {path: stamp for path, stamp in found.changed.items() if path in quiet},
            found.gone,
            tuple(pair for pair in found.new if pair[0] in quiet),
        )
