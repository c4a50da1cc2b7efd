"""Formats: the one table of what findings can be written as.

A new format is one module with a function like `write_folder`, and one line here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from flawmap_api.errors import Unsupported

from .findings import Findings
from .folder import write_folder

__all__ = ["FORMATS", "Format", "format_named"]


@dataclass(frozen=True, slots=True)
class Format:
    """One way to write findings.

    Attributes
    ----------
    name : str
        What a person types.
    description : str
        One line for a list of formats.
    extension : str
        What a file of this format ends with, with its dot; empty for a folder.
    write : callable (findings, parent, name) -> Path
        Writes it as `parent/name`, the extension added; whole or not at all.
    """

    name: str
    description: str
    extension: str
    write: Callable[[Findings, Path, str], Path]


FORMATS: Final = MappingProxyType(
    {
        each.name: each
        for each in (
            Format("folder", "report, overlay picture, planes and masks", "", write_folder),
        )
    }
)


def format_named(name: str) -> Format:
    """The format of that name; raises `Unsupported`, naming those there are."""
    if name not in FORMATS:
        raise Unsupported(
            f"Flawmap cannot write {name[:40]!r}.", f"It can write {', '.join(FORMATS)}."
        )
    return FORMATS[name]
