"""Profiles: from the name of a colour profile to its bytes, where the system has the file.

Krita's plug-in interface gives only a profile's name. Its own profiles, and those that people
install, are files in a few known folders; each carries its name inside. A profile that came
embedded in a photo is in none of them: then the pixels are converted instead.
"""

from __future__ import annotations

import contextlib
import os
import struct
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

__all__ = ["ProfileShelf", "profile_folders", "profile_name"]

#: Larger files are no matrix profiles, but tables of printers: not worth the way to the engine.
_MOST_BYTES = 4 * 1024 * 1024
_MOST_FILES = 2000


class ProfileShelf:
    """Profiles by name, read when first asked for one.

    Parameters
    ----------
    folders : iterable of Path
        Where to look; folders that are not there are passed over.
    """

    def __init__(self, folders: Iterable[Path]) -> None:
        self._folders = tuple(folders)
        self._files: dict[str, Path] | None = None

    def find(self, name: str) -> bytes:
        """The profile of that name, or b"" if there is no file of it."""
        if self._files is None:
            self._files = {}
            for path in self._candidates():
                if said := _name_in(path):
                    self._files.setdefault(said, path)
        path_of = self._files.get(name)
        if path_of is None:
            return b""
        with contextlib.suppress(OSError):
            return path_of.read_bytes()
        return b""

    def _candidates(self) -> Iterator[Path]:
        count = 0
        for folder in self._folders:
            for place, _, names in os.walk(folder):
                for name in sorted(names):
                    if name.lower().endswith((".icc", ".icm")) and count < _MOST_FILES:
                        count += 1
                        yield Path(place, name)


def profile_folders(program: Path | None = None) -> tuple[Path, ...]:
    """Where this system keeps colour profiles; `program` is the folder of Krita's executable."""
    home = Path.home()
    folders = [program.parent / "share" / "color" / "icc"] if program is not None else []
    if sys.platform == "win32":
        windows = Path(os.environ.get("SYSTEMROOT", r"C:\Windows"))
        roaming = Path(os.environ.get("APPDATA", home / "AppData" / "Roaming"))
        folders += [roaming / "krita" / "color" / "icc"]
        folders += [windows / "System32" / "spool" / "drivers" / "color"]
    elif sys.platform == "darwin":
        folders += [home / "Library" / "ColorSync" / "Profiles"]
        folders += [Path("/Library/ColorSync/Profiles"), Path("/System/Library/ColorSync/Profiles")]
    else:
        own = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
        shared = os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
        folders += [own / "color" / "icc", own / "icc", home / ".color" / "icc"]
        folders += [Path(place, "color", "icc") for place in shared.split(":") if place]
    return tuple(dict.fromkeys(folders))


def _name_in(path: Path) -> str:
    try:
        if path.stat().st_size > _MOST_BYTES:
            return ""
        return profile_name(path.read_bytes())
    except OSError:
        return ""


def profile_name(icc: bytes) -> str:
    """What a profile calls itself (its description tag); empty if it is no profile."""
    if len(icc) < 132 or icc[36:40] != b"acsp":
        return ""
    try:
        (count,) = struct.unpack_from(">I", icc, 128)
        for at in range(132, 132 + 12 * min(count, 200), 12):
            tag, offset, size = struct.unpack_from(">4sII", icc, at)
            if tag == b"desc":
                return _text(icc[offset : offset + size])
    except struct.error:
        pass
    return ""


def _text(tag: bytes) -> str:
    kind = tag[:4]
    if kind == b"desc":
        (length,) = struct.unpack_from(">I", tag, 8)
        return tag[12 : 12 + length].split(b"\0", 1)[0].decode("latin-1")
    if kind == b"mluc":
        length, offset = struct.unpack_from(">II", tag, 20)
        return tag[offset : offset + length].decode("utf-16-be", "replace").rstrip("\0")
    return ""
