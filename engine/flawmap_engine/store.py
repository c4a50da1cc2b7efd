"""Store: photos and their analyses, as long as the memory budget lets them stay.

Over the budget go, in this order: photos that every client has closed, the pixels of the others
(they can be decoded again), and last the analyses, each time the one longest unused. What a request
is working on never goes.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from flawmap_api.errors import NoMemory, NotFound
from flawmap_api.report import Report

from .memory import more_memory
from .planes import Analysis

if TYPE_CHECKING:
    from .imaging import Photo
    from .masks import RegionShape

__all__ = ["Entry", "FileStamp", "Source", "Store"]

#: A file changed less than this before it was read may change again within the clock's step.
_SETTLED_SECONDS: Final = 0.1
_MOST_PATHS: Final = 100_000
#: Reports a photo: both views at a few places of the strictness slider.
_MOST_REPORTS: Final = 8
_REPORT_BYTES: Final = 40_000

SourceKey = tuple[str | None, str]


@dataclass(frozen=True)
class FileStamp:
    """What tells an unchanged file: size, times and inode."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    device: int

    @classmethod
    def of(cls, path: str) -> FileStamp | None:
        """The stamp of a file now; None if it cannot be looked at."""
        try:
            status = os.stat(path)
        except (OSError, ValueError):
            return None
        return cls(
            status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_dev
        )

    @property
    def settled(self) -> bool:
        """Whether the file is old enough that a later change would show in its times."""
        newest = max(self.mtime_ns, self.ctime_ns if os.name == "posix" else 0)
        return abs(time.time() - newest / 1e9) > _SETTLED_SECONDS


@dataclass(frozen=True)
class Source:
    """Where a photo came from: a file, or pixels of an editor's document.

    Attributes
    ----------
    path, file_sha256 : str or None
    lineage : str
    notes : tuple of str
        What there was to say of the decoding.
    allow_truncated : bool
    stamp : FileStamp or None
    """

    path: str | None
    file_sha256: str | None
    lineage: str
    notes: tuple[str, ...]
    allow_truncated: bool = False
    stamp: FileStamp | None = None

    @property
    def key(self) -> SourceKey:
        """What tells it from others of the same photo: a file's path, or a document's lineage."""
        return (None, self.lineage) if self.path is None else (self.path, "")


@dataclass
class Entry:
    """What is known of one photo; `photo` is None once its pixels had to go."""

    photo_id: str
    width: int
    height: int
    photo: Photo | None
    analysis: Analysis | None = None
    #: Everything that it was opened from, the latest last.
    sources: OrderedDict[SourceKey, Source] = field(default_factory=OrderedDict)
    #: Clients that need it, and how each opened it, the latest last.
    holders: dict[bytes, OrderedDict[SourceKey, Source]] = field(default_factory=dict)
    users: int = 0
    #: Reports that were written from the analysis, by what they were asked with.
    reports: OrderedDict[Hashable, Report] = field(default_factory=OrderedDict)
    #: The shapes of a report's regions, once marks had to be looked for among them.
    shapes: dict[Hashable, tuple[RegionShape, ...]] = field(default_factory=dict)
    #: Bytes that the store's sum holds for the entry.
    counted: int = 0

    @property
    def nbytes(self) -> int:
        """Bytes that the entry holds."""
        photo = self.photo.nbytes if self.photo else 0
        analysis = self.analysis.nbytes if self.analysis else 0
        shapes = sum(shape.cells.nbytes for kept in self.shapes.values() for shape in kept)
        return photo + analysis + shapes + len(self.reports) * _REPORT_BYTES

    def source(self, client: bytes, path: str | None = None, lineage: str | None = None) -> Source:
        """Where the client has the photo from.

        With a path: that file, if anybody has opened it. With a lineage: what the client opened of
        that lineage; two of its documents may look the same. Else the client's own pixels, else the
        file that it opened last. Equal pixels that others opened tell nothing of this client's.
        """
        if path is not None and (file := self.sources.get((path, ""))) is not None:
            return file
        own = list(self.holders.get(client, {}).values()) or list(self.sources.values())
        own = [source for source in own if source.lineage == lineage] or own
        return next((source for source in reversed(own) if source.path is None), own[-1])


class Store:
    """Photos by id and by path, within a budget of bytes.

    Parameters
    ----------
    budget : int
        Bytes that pixels and analyses may hold together.
    """

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._paths: OrderedDict[tuple[str, bool], str] = OrderedDict()
        self._used = 0
        self._lock = threading.RLock()

    @property
    def used(self) -> int:
        """Bytes held now."""
        return self._used

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, photo: Photo, source: Source, client: bytes) -> Entry:
        """Keep a photo, or its pixels again.

        Raises
        ------
        NoMemory
            If the photo alone is over the budget.
        """
        photo_id = photo.photo_id
        with self._lock:
            self._refuse_giant(photo)
            entry = self._entries.get(photo_id)
            if entry is None:
                entry = Entry(photo_id, photo.width, photo.height, photo)
                self._entries[photo_id] = entry
            elif entry.photo is None:
                entry.photo = photo
            self._note(entry, source, client)
            self._make_room(entry)
            return entry

    def _refuse_giant(self, photo: Photo) -> None:
        if photo.nbytes > self.budget:
            raise NoMemory(
                f"The photo ({photo.width}×{photo.height}) needs {_mib(photo.nbytes)} in memory; "
                f"the engine may use {_mib(self.budget)}.",
                more_memory(photo.nbytes * 2),
            )

    def _note(self, entry: Entry, source: Source, client: bytes) -> None:
        for known in (entry.sources, entry.holders.setdefault(client, OrderedDict())):
            known[source.key] = source
            known.move_to_end(source.key)
        self._entries.move_to_end(entry.photo_id)
        if source.path is not None and source.stamp is not None and source.stamp.settled:
            key = (source.path, source.allow_truncated)
            self._paths[key] = entry.photo_id
            self._paths.move_to_end(key)
            if len(self._paths) > _MOST_PATHS:
                self._paths.popitem(last=False)

    def find(self, path: str, allow_truncated: bool, client: bytes) -> tuple[Entry, Source] | None:
        """The photo of an unchanged file, without decoding it; None if it has to be read."""
        stamp = FileStamp.of(path)
        with self._lock:
            photo_id = self._paths.get((path, allow_truncated))
            entry = self._entries.get(photo_id) if photo_id else None
            if entry is None or stamp is None:
                return None
            source = entry.sources.get((path, ""))
            if source is None or source.stamp != stamp:
                del self._paths[path, allow_truncated]
                return None
            self._note(entry, source, client)
            return entry, source

    @contextlib.contextmanager
    def use(self, photo_id: str) -> Iterator[Entry]:
        """A photo that stays while the block runs.

        Raises
        ------
        NotFound
            If the store has no such photo (any more).
        """
        with self._lock:
            entry = self._entries.get(photo_id)
            if entry is None:
                raise NotFound(
                    f"The engine has no photo {photo_id[:16]} (any more).", "Open it again."
                )
            entry.users += 1
            self._entries.move_to_end(photo_id)
        try:
            yield entry
        finally:
            with self._lock:
                entry.users -= 1
                self._make_room(None)

    def has_analysis(self, photo_id: str, *, early: bool = False) -> bool:
        """Whether a photo's planes are there; `early`: those of the screen view will do."""
        entry = self._entries.get(photo_id)
        analysis = entry.analysis if entry is not None else None
        return analysis is not None and (early or analysis.complete)

    def keep_pixels(self, entry: Entry, photo: Photo) -> None:
        """Give an entry the pixels back that had to go."""
        with self._lock:
            entry.photo = photo
            self._make_room(entry)

    def keep_analysis(self, entry: Entry, analysis: Analysis) -> None:
        """Keep what was found out about a photo; never less than is known already."""
        with self._lock:
            known = entry.analysis
            if known is not None and known.complete and not analysis.complete:
                return
            entry.analysis = analysis
            entry.reports.clear()
            entry.shapes.clear()
            self._make_room(entry)

    def keep_report(self, entry: Entry, key: Hashable, report: Report) -> None:
        """Keep a report for whoever asks the same again."""
        with self._lock:
            entry.reports[key] = report
            while len(entry.reports) > _MOST_REPORTS:
                oldest, _ = entry.reports.popitem(last=False)
                entry.shapes.pop(oldest, None)
            self._count(entry)

    def keep_shapes(self, entry: Entry, key: Hashable, shapes: tuple[RegionShape, ...]) -> None:
        """Keep the shapes of a report's regions as long as the report."""
        with self._lock:
            if key in entry.reports:
                entry.shapes[key] = shapes
            self._count(entry)

    def close(self, photo_id: str, client: bytes) -> None:
        """The client needs the photo no more; once nobody does, it is the first to go."""
        with self._lock:
            entry = self._entries.get(photo_id)
            if entry is not None:
                entry.holders.pop(client, None)

    def forget_client(self, client: bytes) -> None:
        """The client is gone: it holds no photo any more."""
        with self._lock:
            for entry in self._entries.values():
                entry.holders.pop(client, None)

    def _make_room(self, changed: Entry | None) -> None:
        """Count the changed entry anew, and drop what is over the budget; never that entry."""
        if changed is not None:
            self._count(changed)
        if self._used <= self.budget:
            return
        free = [e for e in self._entries.values() if not e.users and e is not changed]
        held = [entry for entry in free if entry.holders]
        closed = [entry for entry in free if not entry.holders]
        for drop, entries in ((self._drop, closed), (self._drop_pixels, held), (self._drop, held)):
            for entry in entries:
                if self._used <= self.budget:
                    return
                drop(entry)

    def _drop_pixels(self, entry: Entry) -> None:
        entry.photo = None
        self._count(entry)
        if entry.analysis is None and not any(source.stamp for source in entry.sources.values()):
            # Nothing is left of it, and it cannot be read again.
            self._drop(entry)

    def _drop(self, entry: Entry) -> None:
        # Its path may stay in the index: `find` looks whether the photo is still there.
        if self._entries.pop(entry.photo_id, None) is not None:
            self._used -= entry.counted

    def _count(self, entry: Entry) -> None:
        if entry.photo_id in self._entries:
            self._used += entry.nbytes - entry.counted
            entry.counted = entry.nbytes


def _mib(nbytes: int) -> str:
    return f"{nbytes / (1 << 20):,.0f} MiB"
