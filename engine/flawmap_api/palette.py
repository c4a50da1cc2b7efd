"""Palette: one colour and one short name for each distortion, the same in every client.

The eight colours were searched for, not picked: under normal sight and under simulated protanopia,
deuteranopia and tritanopia (Machado et al. 2009, full severity) any two differ by at least 18 in
CIEDE2000 and 22 in CIE Lab, where the eight of Okabe and Ito reach 10.9 in CIEDE2000. All lie
between L* 40 and 88, so that a tint shows on white and on black. Low light has a bright colour and
overexposure a dark one, because they are drawn on dark and on white.

None comes near what editors paint for clipping and gamut (`CLIP_COLOURS`): a flaw must never be
taken for the host's own warning.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from .words import DISTORTIONS

__all__ = ["CLIP_COLOURS", "COLOURS", "LABELS", "LegendEntry", "css", "legend"]

#: Colour of each distortion, sRGB 0..255.
COLOURS: Final[dict[str, tuple[int, int, int]]] = {
    "blur": (0xAA, 0x66, 0xFF),  # violet
    "jitter": (0xFF, 0x77, 0xAA),  # pink
    "noise": (0x99, 0x99, 0x00),  # olive
    "overexposure": (0x88, 0x55, 0x00),  # brown
    "low_light": (0x44, 0xDD, 0xFF),  # sky
    "compression": (0x11, 0x88, 0x66),  # green
    "contrast": (0x66, 0x55, 0x99),  # indigo
    "colorfulness": (0xEE, 0xDD, 0x88),  # sand
}

#: What editors paint over clipped or out-of-gamut pixels: the pure primaries and secondaries that
#: most use, and darktable's purple and green. No colour of ours is within 12 of one (CIEDE2000).
CLIP_COLOURS: Final[dict[str, tuple[int, int, int]]] = {
    "red": (255, 0, 0),
    "green": (0, 255, 0),
    "blue": (0, 0, 255),
    "cyan": (0, 255, 255),
    "magenta": (255, 0, 255),
    "yellow": (255, 255, 0),
    "purple": (0x5F, 0x6F, 0xEF),
    "light green": (0x83, 0xEF, 0x5F),
}

#: What people call each distortion, in legends and sentences (GLOSSARY: Flaws). English; clients
#: translate by the distortion's own word.
LABELS: Final[dict[str, str]] = {
    "blur": "blur",
    "jitter": "motion blur",
    "noise": "noise",
    "overexposure": "overexposure",
    "low_light": "low light",
    "compression": "compression damage",
    "contrast": "low contrast",
    "colorfulness": "colour error",
}


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """One line of a legend: what to draw, and what to write beside it."""

    distortion: str
    label: str
    colour: tuple[int, int, int]
    css: str


def css(distortion: str) -> str:
    """The colour as `#rrggbb`; raises `KeyError` for a word that is no distortion."""
    return "#{:02x}{:02x}{:02x}".format(*COLOURS[distortion])


def legend(distortions: Iterable[str]) -> tuple[LegendEntry, ...]:
    """Legend of these distortions, in the vocabulary's order, each once.

    A word that is no distortion of this version is passed over: a newer engine may know more.
    """
    wanted = set(distortions)
    return tuple(
        LegendEntry(name, LABELS[name], COLOURS[name], css(name))
        for name in DISTORTIONS
        if name in wanted
    )
