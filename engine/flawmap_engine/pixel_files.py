"""Pixel files: pictures travel through files in a private folder, their names in messages.

The engine makes and sizes each file and hands its name out; a client fills it, or reads what the
engine wrote. What a client wrote is read with `readinto` into memory of the engine's own, never
mapped: a file that is cut short under a mapping would kill the process.
"""

from __future__ import annotations

import contextlib
import io
import os
import secrets
import shutil
import stat
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from flawmap_api.connection import process_is, process_start, secure_folder
from flawmap_api.errors import BadInput, NoMemory

__all__ = ["PixelFiles", "remove_leftovers"]

#: Files that one client may hold at once, in each direction, and that all may hold.
_MOST_PER_CLIENT: Final = 4
_MOST_FILES: Final = 64
#: Room that is left to others on the disk.
_SPARE_BYTES: Final = 64 << 20
_PREFIX: Final = "pixels-"
_FILL: Final = "Fill the file that the engine made; do not replace it."
_NOFOLLOW: Final = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


def remove_leftovers(runtime_folder: Path) -> list[Path]:
    """Delete the pixel folders of engines that are dead; gives what was deleted."""
    removed = []
    for folder in runtime_folder.glob(f"{_PREFIX}*"):
        pid, _, started = folder.name.removeprefix(_PREFIX).partition("-")
        with contextlib.suppress(ValueError):
            if process_is(int(pid), float(started)):
                continue
            if folder.is_symlink():
                folder.unlink()
            else:
                shutil.rmtree(folder, ignore_errors=True)
            removed.append(folder)
    return removed


def _check(status: os.stat_result, nbytes: int) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise BadInput("The pixel file is not a plain file any more.", _FILL)
    if hasattr(os, "getuid") and status.st_uid != os.getuid():
        raise BadInput("The pixel file belongs to another user.", _FILL)
    if status.st_size != nbytes:
        raise BadInput(
            f"The pixel file holds {status.st_size} bytes; {nbytes} were agreed.",
            "Fill the file that the engine made, without changing its size.",
        )


def _fill(file: io.FileIO, view: memoryview) -> None:
    filled = 0
    while filled < view.nbytes:
        count = file.readinto(view[filled:])
        if not count:
            raise BadInput(
                f"The pixel file was cut short while it was read, at byte {filled}.",
                "Leave the file alone until the engine has answered.",
            )
        filled += count


@dataclass
class _File:
    name: str
    client: bytes
    nbytes: int
    incoming: bool
    #: Handed out and not filled yet: it must not be handed out again.
    waiting: bool = False
    used: float = field(default_factory=time.monotonic)


class PixelFiles:
    """The private folder `pixels-<pid>-<start>` and what lies in it.

    Parameters
    ----------
    runtime_folder : Path
        Where the folder is made, 0700.
    """

    def __init__(self, runtime_folder: Path) -> None:
        started = process_start(os.getpid()) or 0.0
        self.folder = runtime_folder / f"{_PREFIX}{os.getpid()}-{started:.0f}"
        secure_folder(self.folder)
        self._files: dict[str, _File] = {}
        self._lock = threading.Lock()

    def hand_out(self, client: bytes, nbytes: int) -> str:
        """Name of a file of exactly `nbytes` that the client is to fill.

        Raises
        ------
        NoMemory
            If the disk has no room for it.
        """
        with self._lock:
            file = self._free(client, nbytes, incoming=True) or self._make(client, nbytes, True)
            file.waiting, file.used = True, time.monotonic()
            return file.name

    def take(self, client: bytes, name: str, nbytes: int) -> NDArray[np.uint8]:
        """What the client wrote into a file that was handed out to it.

        Raises
        ------
        BadInput
            If the name was not handed out to this client, or the file is a link, not a plain file
            of our own, or not exactly as long as it was made.
        """
        with self._lock:
            file = self._files.get(name)
            if file is None or file.client != client or not file.incoming:
                raise BadInput(
                    f"The engine has not handed out a pixel file {name[:80]!r} to this client.",
                    "Ask for one first: the same request without `file`.",
                )
            if file.nbytes != nbytes:
                raise BadInput(
                    f"The pixel file was made for {file.nbytes} bytes; the request needs {nbytes}.",
                    "Ask for a file of the right size: the same request without `file`.",
                )
            file.waiting, file.used = False, time.monotonic()
        try:
            return self._read(name, nbytes)
        except BadInput:
            # What lies there is not what the engine made: it is never handed out again.
            self._forget(file)
            raise

    def _read(self, name: str, nbytes: int) -> NDArray[np.uint8]:
        try:
            # O_NONBLOCK: a pipe that waits at this name must not hold the engine.
            flags = os.O_RDONLY | _NOFOLLOW | getattr(os, "O_NONBLOCK", 0)
            descriptor = os.open(self.folder / name, flags)
        except OSError as error:
            raise BadInput(
                f"The pixel file cannot be read: {error.strerror or error}.",
                _FILL,
            ) from None
        try:
            _check(os.fstat(descriptor), nbytes)
            # Not zeroed first: every byte is overwritten.
            data = np.empty(nbytes, np.uint8)
            with open(descriptor, "rb", buffering=0, closefd=False) as file:
                _fill(file, data.data)
            return data
        finally:
            os.close(descriptor)

    def give(self, client: bytes, parts: Iterable[memoryview]) -> tuple[str, int]:
        """Write data for the client to read before its next request of this kind.

        Returns
        -------
        (name, bytes)
        """
        views = [part.cast("B") for part in parts]
        nbytes = sum(view.nbytes for view in views)
        with self._lock:
            file = self._free(client, nbytes, incoming=False) or self._make(client, nbytes, False)
            file.used = time.monotonic()
        try:
            descriptor = os.open(self.folder / file.name, os.O_WRONLY | _NOFOLLOW)
            with open(descriptor, "wb", buffering=0) as out:
                for view in views:
                    done = 0
                    while done < view.nbytes:
                        done += out.write(view[done:]) or 0
        except OSError as error:
            self._forget(file)
            raise NoMemory(
                f"The answer could not be written to {self.folder}: {error.strerror or error}.",
                "Make room there, or set FLAWMAP_RUNTIME_DIR to a folder with room.",
            ) from None
        return file.name, nbytes

    def forget_client(self, client: bytes) -> None:
        """Delete the files of a client that is gone."""
        with self._lock:
            files = [file for file in self._files.values() if file.client == client]
        for file in files:
            self._forget(file)

    def close(self) -> None:
        """Delete the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _free(self, client: bytes, nbytes: int, *, incoming: bool) -> _File | None:
        for file in self._files.values():
            fits = (file.client, file.nbytes, file.incoming) == (client, nbytes, incoming)
            if fits and not file.waiting and self._is_whole(file):
                return file
        return None

    def _is_whole(self, file: _File) -> bool:
        with contextlib.suppress(OSError):
            status = os.lstat(self.folder / file.name)
            return stat.S_ISREG(status.st_mode) and status.st_size == file.nbytes
        return False

    def _make(self, client: bytes, nbytes: int, incoming: bool) -> _File:
        self._drop_oldest(client, incoming)
        if not self.folder.is_dir():
            # Somebody has cleaned the runtime folder; what lay there is lost, the rest goes on.
            secure_folder(self.folder)
        free = shutil.disk_usage(self.folder).free
        if nbytes + _SPARE_BYTES > free:
            raise NoMemory(
                f"The pixels need {nbytes >> 20} MiB in {self.folder}, which has "
                f"{free >> 20} MiB left.",
                "Make room there, or set FLAWMAP_RUNTIME_DIR to a folder with room.",
            )
        file = _File(secrets.token_hex(16), client, nbytes, incoming)
        path = self.folder / file.name
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | _NOFOLLOW, 0o600)
            try:
                # Really reserved: a client that maps a hole on a full disk would die of it.
                if hasattr(os, "posix_fallocate") and nbytes:
                    os.posix_fallocate(descriptor, 0, nbytes)
                else:
                    os.truncate(descriptor, nbytes)
            finally:
                os.close(descriptor)
        except OSError as error:
            with contextlib.suppress(OSError):
                path.unlink()
            raise NoMemory(
                f"No room for {nbytes >> 20} MiB of pixels in {self.folder}: "
                f"{error.strerror or error}.",
                "Make room there, or set FLAWMAP_RUNTIME_DIR to a folder with room.",
            ) from None
        self._files[file.name] = file
        return file

    def _drop_oldest(self, client: bytes, incoming: bool) -> None:
        by_age = sorted(self._files.values(), key=lambda file: file.used)
        mine = [f for f in by_age if f.client == client and f.incoming == incoming]
        too_many = mine[: len(mine) - _MOST_PER_CLIENT + 1] if len(mine) >= _MOST_PER_CLIENT else []
        if not too_many and len(by_age) >= _MOST_FILES:
            too_many = by_age[:1]
        for file in too_many:
            self._remove(file)

    def _forget(self, file: _File) -> None:
        with self._lock:
            self._remove(file)

    def _remove(self, file: _File) -> None:
        self._files.pop(file.name, None)
        with contextlib.suppress(OSError):
            (self.folder / file.name).unlink()
