"""Wording: what the panel calls things, in the person's language.

Engine sentences come as an id with arguments; here they become text. Distortions and levels have
their words in the translation files under the context `words`.
"""

from __future__ import annotations

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

from flawmap_api.palette import LABELS
from flawmap_api.report import Region

__all__ = ["level_word", "mark_word", "name_of", "percent", "title_of"]

# Listed so that the translation tools find them; the texts are the vocabulary's own.
_WORDS = (
    QT_TRANSLATE_NOOP("words", "blur"),
    QT_TRANSLATE_NOOP("words", "motion blur"),
    QT_TRANSLATE_NOOP("words", "noise"),
    QT_TRANSLATE_NOOP("words", "overexposure"),
    QT_TRANSLATE_NOOP("words", "low light"),
    QT_TRANSLATE_NOOP("words", "compression damage"),
    QT_TRANSLATE_NOOP("words", "low contrast"),
    QT_TRANSLATE_NOOP("words", "colour error"),
    QT_TRANSLATE_NOOP("words", "none"),
    QT_TRANSLATE_NOOP("words", "trivial"),
    QT_TRANSLATE_NOOP("words", "minor"),
    QT_TRANSLATE_NOOP("words", "moderate"),
    QT_TRANSLATE_NOOP("words", "severe"),
    QT_TRANSLATE_NOOP("words", "extreme"),
    QT_TRANSLATE_NOOP("words", "bad"),
    QT_TRANSLATE_NOOP("words", "poor"),
    QT_TRANSLATE_NOOP("words", "fair"),
    QT_TRANSLATE_NOOP("words", "good"),
    QT_TRANSLATE_NOOP("words", "excellent"),
    QT_TRANSLATE_NOOP("words", "unimportant"),
    QT_TRANSLATE_NOOP("words", "normal"),
    QT_TRANSLATE_NOOP("words", "important"),
    QT_TRANSLATE_NOOP("words", "essential"),
    QT_TRANSLATE_NOOP("words", "accepted"),
    QT_TRANSLATE_NOOP("words", "ignored"),
    QT_TRANSLATE_NOOP("words", "intentional"),
)


def _word(text: str) -> str:
    return QCoreApplication.translate("words", text)


def name_of(distortion: str) -> str:
    """What people call a distortion."""
    return _word(LABELS.get(distortion, distortion.replace("_", " ")))


def level_word(level: str) -> str:
    """A level's word."""
    return _word(level)


def mark_word(mark: str | None) -> str:
    """A verdict's word; empty for none."""
    return _word(mark) if mark else ""


def percent(share: float) -> str:
    """A share for reading: one decimal below ten per cent."""
    value = 100 * share
    return f"{value:.1f} %" if value < 10 else f"{value:.0f} %"


def title_of(region: Region) -> str:
    """A finding in a line: `blur · severe · 12 %`."""
    parts = (name_of(region.distortion), level_word(region.severity_level), percent(region.area))
    return " · ".join(parts)
