"""Disk: writing so that whatever stops it, a file is the old one or the new one.

Only system calls of `os`: tests let the n-th of them fail.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable
from functools import partial
from pathlib import Path

__all__ = [
    "insist",
    "keep",
    "make_folders",
    "read",
    "remove_file",
    "remove_tree",
    "replace",
    "restore",
    "write_new",
]

_BINARY = getattr(os, "O_BINARY", 0)


def read(path: Path) -> bytes | None:
    """What a file holds; None if there is none."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def write_new(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write a file that is not there yet, and see that it has arrived; no half file is left."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, mode)
    try:
        try:
            left = memoryview(data)
            while left:
                left = left[os.write(handle, left) :]
            os.fsync(handle)
        finally:
            os.close(handle)
    except BaseException:
        insist(lambda: remove_file(path))
        raise


def replace(path: Path, data: bytes) -> None:
    """Put a file in place of another at once; a link stays a link, and modes stay as they were."""
    real = Path(os.path.realpath(path))
    try:
        mode = stat.S_IMODE(os.stat(real).st_mode)
    except FileNotFoundError:
        mode = 0o644
    beside = real.with_name(f".{real.name}.flawmap-{os.getpid()}")
    remove_file(beside)
    write_new(beside, data, mode)
    try:
        # What the mask took away when it was created.
        os.chmod(beside, mode)
        os.replace(beside, real)
    except BaseException:
        insist(lambda: remove_file(beside))
        raise


def keep(path: Path, backup: Path) -> None:
    """Give a file a second name, so that going back to it needs no room on the disk."""
    remove_file(backup)
    try:
        os.link(path, backup)
    except OSError:
        # Not every file system can.
        data, mode = path.read_bytes(), stat.S_IMODE(os.stat(path).st_mode)
        write_new(backup, data, mode)


def restore(backup: Path, path: Path) -> None:
    """Go back to what `keep` has kept; the second name is gone then."""
    if os.path.lexists(backup):
        os.replace(backup, path)
    # Of two names of one file the system takes none away.
    remove_file(backup)


def make_folders(folder: Path) -> list[Path]:
    """Make a folder and those above it; returns the ones that were not there, outermost first."""
    made: list[Path] = []
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    try:
        for each in reversed(missing):
            os.mkdir(each)
            made.append(each)
    except BaseException:
        for each in reversed(made):
            insist(partial(os.rmdir, each))
        raise
    return made


def remove_file(path: Path) -> None:
    """Remove a file; it is no matter if it is not there."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def remove_tree(folder: Path) -> None:
    """Remove a folder with all in it; links are removed, never followed."""
    if folder.is_symlink():
        insist(lambda: remove_file(folder))
        return
    try:
        entries = list(os.scandir(folder))
    except (FileNotFoundError, NotADirectoryError):
        remove_file(folder)
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            remove_tree(Path(entry.path))
        else:
            insist(partial(remove_file, Path(entry.path)))
    insist(lambda: os.rmdir(folder))


def insist(step: Callable[[], None]) -> None:
    """Do something that takes back, twice if need be: giving up here leaves a mess."""
    try:
        step()
    except OSError:
        step()
