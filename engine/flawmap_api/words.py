"""Words: the distortions, views and levels that every room speaks (GLOSSARY.md explains them)."""

from __future__ import annotations

import math
from typing import Final

__all__ = [
    "DEVICES",
    "DISTORTIONS",
    "IMPORTANCE_LEVELS",
    "QUALITY_LEVELS",
    "SEVERITY_LEVELS",
    "SUBKINDS",
    "VERDICTS",
    "VIEWS",
    "importance_level",
    "quality_level",
    "rounded",
    "severity_level",
    "severity_of_level",
]

#: All distortions of the vocabulary, in the order in which planes and tables list them.
DISTORTIONS: Final = (
    "blur",
    "jitter",
    "noise",
    "overexposure",
    "low_light",
    "compression",
    "contrast",
    "colorfulness",
)

#: What a region's `subkind` may say, where more is known than the distortion.
SUBKINDS: Final = {
    "blur": ("defocus", "soft"),
    "jitter": ("shake", "subject"),
    "overexposure": ("clipped", "gamut", "bright"),
    "colorfulness": ("cast", "vivid", "dull"),
}

#: Where the networks may be asked to run; "auto" goes from the fastest to the CPU.
DEVICES: Final = ("auto", "cpu", "cuda", "coreml", "directml")

#: At which size a flaw is judged: seen whole (long side 2,048 px), or at 1:1.
VIEWS: Final = ("screen", "pixel")

#: What a person may say of a region.
VERDICTS: Final = ("accepted", "ignored", "intentional")

QUALITY_LEVELS: Final = ("bad", "poor", "fair", "good", "excellent")
IMPORTANCE_LEVELS: Final = ("unimportant", "minor", "normal", "important", "essential")
#: "none" stands for everything under 0.05 and comes before the five.
SEVERITY_LEVELS: Final = ("trivial", "minor", "moderate", "severe", "extreme")


def rounded(value: float) -> float:
    """Round a 0..1 number to the four decimals in which it is written and named."""
    return round(min(1.0, max(0.0, float(value))), 4)


def _word(value: float, words: tuple[str, ...]) -> str:
    # In ten-thousandths, so that no border depends on how a decimal is kept as a float.
    return words[max(0, math.ceil(round(rounded(value) * 10_000) / 2_000) - 1)]


def quality_level(value: float) -> str:
    """Word for a quality in 0..1: bad, poor, fair, good, excellent."""
    return _word(value, QUALITY_LEVELS)


def importance_level(value: float) -> str:
    """Word for an importance in 0..1: unimportant, minor, normal, important, essential."""
    return _word(value, IMPORTANCE_LEVELS)


def severity_level(value: float) -> str:
    """Word for a severity in 0..1: none (under 0.05), trivial, minor, moderate, severe, extreme."""
    return "none" if rounded(value) < 0.05 else _word(value, SEVERITY_LEVELS)


def severity_of_level(word: str) -> int:
    """Rank of a severity word, "none" is -1 and "extreme" 4.

    Raises
    ------
    ValueError
        If the word is not a severity level.
    """
    return -1 if word == "none" else SEVERITY_LEVELS.index(word)
