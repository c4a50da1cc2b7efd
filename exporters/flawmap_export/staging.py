"""Staging: a folder or file appears whole at its place, or not at all.

The folder is written beside its place under a hidden name, brought to the disk, and renamed into
place. An older folder there is first renamed aside and deleted last; whatever fails, it is put
back. So an error means that all is as before, and no error that the new folder is there.

Hidden names are `.<name>.tmp-<8 hex>` (being written) and `.<name>.old-<8 hex>` (the older one,
for the moment between the two renames). Those of a program that died are cleaned up, or put back,
when the same place is written next.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

__all__ = ["Stage", "staged_file", "staged_folder"]

T = TypeVar("T")

# Where folders cannot be locked (Windows), a leftover is one when it is this old, in seconds.
_STALE_AFTER = 3600.0
# How long another writer's renames may take, in seconds.
_PATIENCE = 10.0


class Stage:
    """The hidden folder while it is being written; every file reaches the disk before it counts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._folders = [folder]

    def add(self, name: str, data: bytes) -> None:
        """Write one file; `name` may lead through one folder, as in `masks/blur.png`.

        Raises
        ------
        OSError
            As the system gives it.
        """
        path = self._folder / name
        if path.parent not in self._folders:
            os.mkdir(path.parent)
            self._folders.append(path.parent)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o666)
        try:
            left = memoryview(data)
            while left:
                left = left[os.write(handle, left) :]
            os.fsync(handle)
        finally:
            os.close(handle)

    def seal(self) -> None:
        """Bring the folders themselves to the disk, the inner ones first."""
        for folder in reversed(self._folders):
            _sync_folder(folder)


_BINARY = getattr(os, "O_BINARY", 0)


@contextlib.contextmanager
def staged_folder(place: Path, may_replace: Callable[[Path], None]) -> Iterator[Stage]:
    """Write a folder that appears at `place` when the block ends well.

    Parameters
    ----------
    place : Path
        Where it shall stand; the folder above is made if it is not there.
    may_replace : callable
        Called with `place` if something stands there; raises what the user shall be told if it
        must not be replaced.

    Yields
    ------
    Stage
        To add files to.

    Raises
    ------
    OSError
        As the system gives it; then all is as it was before.
    """
    parent = place.parent
    made = _make_parents(parent)
    folder: Path | None = None
    with contextlib.ExitStack() as held:
        try:
            with _lock(parent):
                _clean(place)
                if os.path.lexists(place):
                    may_replace(place)
                folder = parent / f"{_hidden(place.name)}.tmp-{secrets.token_hex(4)}"
                os.mkdir(folder)
                held.enter_context(_lock(folder))
            stage = Stage(folder)
            yield stage
            stage.seal()
            with _lock(parent):
                _swap(folder, place, may_replace)
        except BaseException:
            if folder is not None:
                _remove(folder)
            for created in reversed(made):
                with contextlib.suppress(OSError):  # another photo's folder is in it by now
                    os.rmdir(created)
            raise


def staged_file(place: Path, data: bytes) -> None:
    """Write a file that appears whole at `place`, in place of an older one.

    Raises
    ------
    OSError
        As the system gives it; then all is as it was before.
    """
    parent = place.parent
    _clean_files(place)
    hidden = f"{_hidden(place.name)}.new-{secrets.token_hex(4)}"
    stage = Stage(parent)
    try:
        stage.add(hidden, data)
        os.replace(parent / hidden, place)
    except BaseException:
        with contextlib.suppress(OSError):
            _insist(functools.partial(os.unlink, parent / hidden))
        raise
    # It stands; should the disk not say so now, it will later.
    with contextlib.suppress(OSError):
        _sync_folder(parent)


def _clean_files(place: Path) -> None:
    """Delete what a program that died has left for this file, once it is an hour old."""
    pattern = re.compile(re.escape(_hidden(place.name)) + r"\.new-[0-9a-f]{8}")
    for name in sorted(os.listdir(place.parent)):
        path = place.parent / name
        if pattern.fullmatch(name) and time.time() - path.lstat().st_mtime > _STALE_AFTER:
            with contextlib.suppress(OSError):
                os.unlink(path)


def _swap(folder: Path, place: Path, may_replace: Callable[[Path], None]) -> None:
    """Rename `folder` to `place`, an older one aside; on an error both are as before."""
    old: Path | None = None
    if os.path.lexists(place):
        may_replace(place)
        old = place.parent / folder.name.replace(".tmp-", ".old-")
        os.rename(place, old)
    try:
        os.rename(folder, place)
        try:
            _sync_folder(place.parent)
        except BaseException:
            _insist(functools.partial(os.rename, place, folder))
            raise
    except BaseException:
        if old is not None:
            _insist(functools.partial(os.rename, old, place))
        raise
    # From here on the new one counts. An older one that will not go now goes the next time.
    if old is not None:
        _remove(old)


def _clean(place: Path) -> None:
    """Put back or delete what a program that died has left for this place."""
    pattern = re.compile(re.escape(_hidden(place.name)) + r"\.(tmp|old)-[0-9a-f]{8}")
    left = [
        (match[1], place.parent / name)
        for name in sorted(os.listdir(place.parent))
        if (match := pattern.fullmatch(name))
    ]
    for kind, path in left:
        if path.is_symlink() or not path.is_dir() or _in_use(path):
            continue
        if kind == "old" and not os.path.lexists(place):
            os.rename(path, place)
        else:
            _remove(path)


def _hidden(name: str) -> str:
    # The name with its ending must not be longer than a file system takes.
    if len(os.fsencode(name)) > 200:
        digest = hashlib.sha256(os.fsencode(name)).hexdigest()[:16]
        name = name[:40] + "~" + digest
    return f".{name}"


def _make_parents(folder: Path) -> list[Path]:
    """Make `folder` and what is missing above it; gives what was made, outermost first."""
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    made: list[Path] = []
    try:
        for each in reversed(missing):
            with contextlib.suppress(FileExistsError):
                os.mkdir(each)
                made.append(each)
    except OSError:
        for each in reversed(made):
            with contextlib.suppress(OSError):
                os.rmdir(each)
        raise
    return made


def _remove(path: Path) -> None:
    """Delete a folder of ours, as far as it goes; links in it are deleted, not followed."""
    with contextlib.suppress(OSError):
        # Somebody may have write-protected it meanwhile.
        os.chmod(path, 0o700)
    with contextlib.suppress(OSError):
        for name in _insist(functools.partial(os.listdir, path)):
            inner = path / name
            if inner.is_dir() and not inner.is_symlink():
                _remove(inner)
            else:
                with contextlib.suppress(OSError):
                    _insist(functools.partial(os.unlink, inner))
    with contextlib.suppress(OSError):
        _insist(functools.partial(os.rmdir, path))


def _insist(act: Callable[[], T]) -> T:
    # What puts things back must not give up at the first error.
    try:
        return act()
    except OSError:
        time.sleep(0.02)
        return act()


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # a folder cannot be opened there, and renames are journalled
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder, which ends with us however we end.

    That of the folder above orders the writers that clean up and rename there; that of a hidden
    folder says that somebody is writing it. Where there are no such locks (Windows, some network
    disks), or one is not let go, nothing is waited for: the renames decide.
    """
    if os.name == "nt":
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        for _ in range(round(_PATIENCE / 0.02)):
            if _try_lock(handle):
                break
            time.sleep(0.02)
        yield
    finally:
        os.close(handle)


def _in_use(folder: Path) -> bool:
    """Whether somebody who is alive writes this hidden folder."""
    if os.name == "nt":
        return time.time() - folder.stat().st_mtime < _STALE_AFTER
    handle = os.open(folder, os.O_RDONLY)
    try:
        return not _try_lock(handle)
    finally:
        os.close(handle)


def _try_lock(handle: int) -> bool:
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # this disk has no locks
        return True
    return True
