"""Wording: what the engine says, in the language that the window speaks.

The words are `flawmap_api.speech`'s, as in every other program; which language is `language`'s to
decide, and Qt keeps it.
"""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QLocale

from flawmap_api.report import Region
from flawmap_api.speech import Speech

__all__ = ["name_of", "speech", "title_of"]


@cache
def _in(language: str) -> Speech:
    return Speech(language)


def speech() -> Speech:
    """The engine's words in the window's language."""
    return _in(QLocale().name()[:2])


def name_of(distortion: str) -> str:
    """What people call a distortion."""
    return speech().label(distortion)


def title_of(region: Region) -> str:
    """A finding in a line: `blur · severe · 12 %`."""
    return speech().region_title(region.distortion, region.severity, region.area)
