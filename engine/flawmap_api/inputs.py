"""Inputs: from what a person typed to the photos that are meant.

A file is taken as it is, whatever its name; a folder gives the photos in it and below it; a pattern
that the shell has left alone is expanded here. Each photo comes once, in the order in which it was
named, and what names no photo keeps its place in the row with the reason.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Final

from .errors import BadInput, FlawmapError, NotFound

__all__ = ["SUFFIXES", "Input", "find_photos"]

#: Endings by which a folder's photos are known (a file that is named itself needs none of them).
SUFFIXES: Final = frozenset(
    {
        *(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".webp", ".avif", ".gif"),
        *(".tif", ".tiff", ".bmp", ".dib", ".jp2", ".jxl", ".ppm", ".pgm", ".pnm"),
        # The engine needs an extra for these; without it its answer names the extra.
        *(".heic", ".heif", ".hif"),
        *(".arw", ".cr2", ".cr3", ".crw", ".dng", ".nef", ".nrw", ".orf", ".pef", ".raf", ".rw2"),
        ".srw",
    }
)


@dataclass(frozen=True, slots=True)
class Input:
    """One photo to look at, or one thing that a person named and that is none.

    Attributes
    ----------
    name : str
        As the person would call it: what was typed, or the path below the folder that was typed.
    path : str
        Absolute.
    error : FlawmapError or None
        Why there is nothing to look at.
    """

    name: str
    path: str
    error: FlawmapError | None = None


def find_photos(arguments: Iterable[str]) -> list[Input]:
    """Every photo that the arguments mean, once each.

    Parameters
    ----------
    arguments : iterable of str
        Files, folders and patterns (`*`, `?`, `[…]`, `**`), in any mix.

    Returns
    -------
    list of Input
        Never raises for an argument: what is not there, or holds no photo, is one with an error.
    """
    seen: set[str] = set()
    found = []
    for argument in arguments:
        for item in _of_argument(argument):
            key = os.path.normcase(item.path)
            if key not in seen:
                seen.add(key)
                found.append(item)
    return found


def _of_argument(argument: str) -> Iterator[Input]:
    if not argument or "\0" in argument:
        yield _nothing(argument, BadInput("An empty name is no photo.", "Name a file or folder."))
        return
    # A file may really be called "IMG[1].jpg": what exists is never a pattern.
    if os.path.lexists(argument):
        yield from _of_path(argument)
        return
    if argument.startswith("~") and os.path.lexists(os.path.expanduser(argument)):
        yield from _of_path(os.path.expanduser(argument))
        return
    if glob.has_magic(argument):
        empty = True
        for item in _of_pattern(argument):
            empty = False
            yield item
        if empty:
            message = f"Nothing matches {argument}."
            yield _nothing(argument, NotFound(message, "Check the pattern and the folder."))
        return
    yield _nothing(
        argument,
        NotFound(f"There is no file or folder {argument}.", "Check the spelling and the folder."),
    )


def _of_pattern(pattern: str) -> Iterator[Input]:
    head, below, tail = pattern.partition("**")
    if not below:
        for match in sorted(glob.glob(pattern), key=_natural):
            yield from _of_path(match)
        return
    # Not glob's own "**": it follows links in circles, for ever. A folder's search does not.
    for folder in sorted(glob.glob(head), key=_natural) if head else ["."]:
        for item in _of_folder(folder):
            if PurePath(item.path).match(tail.lstrip("/" + os.sep) or "*"):
                yield item


def _of_path(path: str) -> Iterator[Input]:
    if not os.path.isdir(path):
        yield Input(path, os.path.abspath(path))
        return
    empty = True
    for item in _of_folder(path):
        empty = False
        yield item
    if empty:
        message = f"The folder {path} holds no photos."
        hint = "Folders are searched for the usual photo endings; name a file to have it judged."
        yield _nothing(path, BadInput(message, hint))


def _of_folder(folder: str) -> Iterator[Input]:
    problems: list[OSError] = []
    for here, below, names in os.walk(folder, onerror=problems.append):
        # What `analyze` wrote is about photos, it is none: its overlays and masks are left out.
        below[:] = sorted(
            (d for d in below if not d.startswith(".") and not _is_analysis(Path(here, d))),
            key=_natural,
        )
        for name in sorted(names, key=_natural):
            # Hidden files are other programs' (macOS puts a "._IMG.jpg" beside each photo).
            if os.path.splitext(name)[1].lower() in SUFFIXES and not name.startswith("."):
                path = os.path.normpath(os.path.join(here, name))
                yield Input(path, os.path.abspath(path))
    for problem in problems:
        name = str(problem.filename or folder)
        message = f"The folder {name} cannot be read: {problem.strerror or problem}."
        yield _nothing(name, BadInput(message))


def _is_analysis(folder: Path) -> bool:
    return (folder / "report.json").is_file() and (folder / "masks").is_dir()


def _nothing(name: str, error: FlawmapError) -> Input:
    return Input(name, os.path.abspath(name.replace("\0", "")) if name else "", error)


def _natural(name: str) -> tuple[list[tuple[int, int, str]], str]:
    """Sort key in which IMG_9 comes before IMG_10; case decides last."""
    parts = [
        (0, int(part), "") if part.isdecimal() and part.isascii() else (1, 0, part.lower())
        for part in re.split(r"([0-9]+)", name)
        if part
    ]
    return parts, name
