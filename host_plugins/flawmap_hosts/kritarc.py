"""Kritarc: the one line of Krita's settings that switches a Python plug-in on.

Bytes in, bytes out: every other line comes back as it was, whatever it holds. KDE's rules: groups
begin with `[name]`, may stand more than once, and of a key that stands twice the last counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Edited", "disable", "enable", "enabled"]

_KEY = b"enable_flawmap"
_GROUP = b"[python]"
_LINE = re.compile(rb"[^\n]*\n|[^\n]+")


@dataclass(frozen=True)
class Edited:
    """The new file, and the bytes that were put in; none if a line of ours stood there already."""

    data: bytes
    added: bytes = b""


def enabled(data: bytes) -> bool:
    """Whether Krita would load the plug-in."""
    lines = _lines(data)
    values = [_value(lines[at]) for at in _ours(lines)]
    return bool(values) and values[-1].lower() in (b"true", b"1", b"yes", b"on")


def enable(data: bytes) -> Edited:
    """Switch the plug-in on; a line that switched it off is changed in its place."""
    lines = _lines(data)
    ours = _ours(lines)
    if ours:
        for at in ours:
            lines[at] = _KEY + b"=true" + _ending(lines[at])
        return Edited(b"".join(lines))
    end = _newline(data)
    for at, line in enumerate(lines):
        if line.strip() == _GROUP:
            added = _KEY + b"=true" + end
            if not line.endswith(b"\n"):
                # The group is the file's last line, and nothing ends it.
                added = end + _KEY + b"=true"
            return Edited(b"".join([*lines[: at + 1], added, *lines[at + 1 :]]), added)
    gap = b"" if not data else end if data.endswith(b"\n") else end + end
    added = gap + _GROUP + end + _KEY + b"=true" + end
    return Edited(data + added, added)


def disable(data: bytes, added: bytes = b"") -> bytes:
    """Take the plug-in's line out, and what `enable` put in with it if that still stands there."""
    if added and data.endswith(added) and _GROUP in added:
        return data[: -len(added)]
    lines = _lines(data)
    ours = set(_ours(lines))
    if not ours:
        return data
    kept = [line for at, line in enumerate(lines) if at not in ours]
    # The line before ours had got its ending from us.
    if added and not added.endswith(b"\n") and kept and max(ours) == len(lines) - 1:
        kept[-1] = kept[-1].rstrip(b"\r\n")
    if _GROUP in added:
        # Krita has written the file anew since; a group that we made and nobody uses goes, too.
        kept = _without_empty_group(kept)
    return b"".join(kept)


def _without_empty_group(lines: list[bytes]) -> list[bytes]:
    for at, line in enumerate(lines):
        if line.strip() != _GROUP:
            continue
        end = next(
            (n for n in range(at + 1, len(lines)) if lines[n].lstrip().startswith(b"[")), len(lines)
        )
        if not any(other.strip() for other in lines[at + 1 : end]):
            return lines[:at] + lines[end:]
    return lines


def _lines(data: bytes) -> list[bytes]:
    return _LINE.findall(data)


def _ours(lines: list[bytes]) -> list[int]:
    """Which lines of the group `[python]` are ours."""
    found, inside = [], False
    for at, line in enumerate(lines):
        bare = line.strip()
        if bare.startswith(b"["):
            inside = bare == _GROUP
        elif inside and bare.partition(b"=")[0].rstrip() == _KEY:
            found.append(at)
    return found


def _value(line: bytes) -> bytes:
    return line.partition(b"=")[2].strip()


def _ending(line: bytes) -> bytes:
    if line.endswith(b"\r\n"):
        return b"\r\n"
    return b"\n" if line.endswith(b"\n") else b""


def _newline(data: bytes) -> bytes:
    return b"\r\n" if b"\r\n" in data else b"\n"
