"""Photos: the strip's list – what was opened, how far each is, what was found, and their order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from flawmap_api.errors import FlawmapError
from flawmap_api.policy import DEFAULT_POLICY, Policy, Verdict, judge
from flawmap_api.report import Region, Report
from flawmap_api.results import OpenedPhoto, Progress

from .observable import Observable

__all__ = ["FLAGS", "ORDERS", "Photo", "PhotoList", "Stamp", "worst_region"]

#: How the list may be sorted: what is asked of each photo; those not judged yet come last.
ORDERS: Final = ("opened", "name", "quality", "worst flaw", "sharpness")
#: What the person says of a photo, apart from anything that Flawmap found.
FLAGS: Final = ("", "pick", "reject")


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells an unchanged file from a changed one."""

    mtime_ns: int
    size: int

    @classmethod
    def of(cls, path: Path) -> Stamp | None:
        """The stamp of a file now; None if it is gone."""
        try:
            status = path.stat()
        except OSError:
            return None
        return cls(status.st_mtime_ns, status.st_size)


@dataclass(eq=False, slots=True)
class Photo:
    """One photo of the list.

    Attributes
    ----------
    path : Path
        Absolute; it is the photo's identity in this window.
    name : str
        What the strip calls it.
    state : "waiting" | "working" | "done" | "failed" | "gone"
    progress : float in [0, 1]
    opened, report : what the engine gave, as far as it has
    thumbnail : bytes
        A small JPEG; empty until there is one.
    verdict : Verdict or None
        Under the window's policy, marks included.
    failure : FlawmapError or None
        Why it could not be judged.
    before : Report or None
        What was found before the file changed on disk.
    flag : str
        The person's own, one of `FLAGS`.
    """

    path: Path
    name: str
    number: int
    state: str = "waiting"
    progress: float = 0.0
    opened: OpenedPhoto | None = None
    report: Report | None = None
    verdict: Verdict | None = None
    thumbnail: bytes = b""
    failure: FlawmapError | None = None
    before: Report | None = None
    stamp: Stamp | None = None
    flag: str = ""


def worst_region(report: Report) -> Region | None:
    """The region that matters most: reports list them worst first; a person's marks count."""
    for region in report.regions:
        if region.mark in ("ignored", "intentional"):
            continue
        if region.intentional and region.mark != "accepted":
            continue
        return region
    return None


class PhotoList(Observable):
    """The photos of the window, each once, in the order that was asked for.

    Topics: `list` (photos came, went, or stand in another order), `photo` (detail: the photo that
    has changed), `current`.
    """

    def __init__(self, policy: Policy = DEFAULT_POLICY) -> None:
        super().__init__()
        self.policy = policy
        self.order, self.kind = "opened", "all"
        self.shown: list[Photo] = []
        self.current: Photo | None = None
        self._by_path: dict[Path, Photo] = {}
        self._only: Callable[[Photo], bool] | None = None
        self._count = 0

    def __len__(self) -> int:
        return len(self._by_path)

    def all(self) -> Sequence[Photo]:
        """Every photo, in the order of their coming."""
        return tuple(self._by_path.values())

    def get(self, path: Path) -> Photo | None:
        """The photo of that file, if it is in the list."""
        return self._by_path.get(path)

    def add(self, found: Iterable[tuple[Path, str]]) -> list[Photo]:
        """Add photos by path and name; those that are there already stay as they are.

        Returns
        -------
        list of Photo
            The new ones.
        """
        new = []
        for path, name in found:
            if path not in self._by_path:
                self._count += 1
                photo = Photo(path, name, self._count, stamp=Stamp.of(path))
                self._by_path[path] = photo
                new.append(photo)
        if new:
            self._arrange()
        return new

    def remove(self, photos: Iterable[Photo]) -> None:
        """Take photos out of the list; their files stay where they are."""
        gone = {photo.path for photo in photos}
        if self.current is not None and self.current.path in gone:
            self.select(self._neighbour(gone))
        for path in gone:
            self._by_path.pop(path, None)
        self._arrange()

    def _neighbour(self, gone: set[Path]) -> Photo | None:
        if self.current not in self.shown:
            return None
        at = self.shown.index(self.current)
        after = [p for p in self.shown[at:] + self.shown[:at][::-1] if p.path not in gone]
        return after[0] if after else None

    def select(self, photo: Photo | None) -> None:
        """Make a photo the one that the canvas shows."""
        if photo is not self.current:
            self.current = photo
            self.tell("current", photo)

    def step(self, by: int) -> Photo | None:
        """Select the next (+1) or previous (−1) shown photo; stays at the ends."""
        if not self.shown:
            return None
        at = self.shown.index(self.current) if self.current in self.shown else -by
        self.select(self.shown[min(max(at + by, 0), len(self.shown) - 1)])
        return self.current

    def sort(self, order: str) -> None:
        """Put the list into one of `ORDERS`."""
        self.order = order
        self._arrange()

    def show_only(self, kind: str) -> None:
        """Show only the photos of one of `KINDS`."""
        self.kind = kind
        self._only = KINDS[kind]
        self._arrange()

    @property
    def hidden(self) -> int:
        """How many photos the filter leaves out."""
        return len(self._by_path) - len(self.shown)

    def advance(self, photo: Photo, progress: Progress) -> None:
        """Tell how far the engine is with a photo."""
        photo.progress = progress.done / max(1, progress.total)
        self.changed(photo)

    def changed(self, photo: Photo, *, rearrange: bool = False) -> None:
        """Tell that something of a photo is new; its verdict follows its report."""
        photo.verdict = judge(photo.report, self.policy) if photo.report else None
        self.tell("photo", photo)
        if rearrange and (self.order not in ("opened", "name") or self._only):
            self._arrange()

    def set_policy(self, policy: Policy) -> None:
        """Judge every photo by another policy."""
        self.policy = policy
        for photo in self._by_path.values():
            if photo.report is not None:
                self.changed(photo)
        self._arrange()

    def set_flag(self, photos: Iterable[Photo], flag: str) -> None:
        """Give photos the person's own flag."""
        for photo in photos:
            photo.flag = flag
            self.changed(photo, rearrange=False)
        if self._only:
            self._arrange()

    def _arrange(self) -> None:
        photos = [p for p in self._by_path.values() if self._only is None or self._only(p)]
        self.shown = sorted(photos, key=_KEYS[self.order])
        self.tell("list")


def _clean(photo: Photo) -> bool:
    return photo.verdict is not None and photo.verdict.verdict == "clean"


def _flawed(photo: Photo) -> bool:
    return photo.verdict is not None and photo.verdict.verdict == "flaws"


#: What the list can be narrowed to; "all" shows every photo.
KINDS: Final[dict[str, Callable[[Photo], bool] | None]] = {
    "all": None,
    "flaws": _flawed,
    "clean": _clean,
    "not judged": lambda photo: photo.failure is not None or photo.report is None,
    "picked": lambda photo: photo.flag == "pick",
    "rejected": lambda photo: photo.flag == "reject",
}


def _judged(photo: Photo, value: Callable[[Report], float]) -> tuple[bool, float, int]:
    if photo.report is None:
        return True, 0.0, photo.number
    return False, value(photo.report), photo.number


def _worst(report: Report) -> float:
    worst = worst_region(report)
    return -worst.severity if worst else 0.0


_KEYS: Final[dict[str, Callable[[Photo], Any]]] = {
    "opened": lambda photo: photo.number,
    "name": lambda photo: (photo.path.name.casefold(), photo.number),
    "quality": lambda photo: _judged(photo, lambda report: report.quality),
    "worst flaw": lambda photo: _judged(photo, _worst),
    "sharpness": lambda photo: _judged(photo, lambda report: report.subject_sharpness),
}
