"""Sentences: what a report says in words, as templates with ids, so that clients can translate.

A sentence is `SENTENCES[id]` filled with `args`; a client that has its own table under the same ids
fills that instead. `args` holds plain numbers and words of the vocabulary, never English phrases.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from flawmap_api.geometry import Box
from flawmap_api.palette import LABELS
from flawmap_api.words import severity_level

__all__ = ["PLACES", "SENTENCES", "Sentence", "at_1_to_1", "cannot_tell", "of_region", "place_of"]

#: (text, id, args)
Sentence = tuple[str, str, dict[str, Any]]

#: From this share of the photo on a flaw is said to be everywhere.
_WHOLE: Final = 0.9

#: What each distortion, or its subkind, is called in a sentence, and what more is said of it. The
#: names are those of the legend, so that a person meets one word for one thing.
_NOUNS: Final = {
    **{distortion: (label, "") for distortion, label in LABELS.items()},
    "blur.defocus": (LABELS["blur"], ": the focus lies elsewhere"),
    "blur.soft": (LABELS["blur"], ": soft rather than out of focus"),
    "jitter.shake": (LABELS["jitter"], ": the camera moved"),
    "jitter.subject": (LABELS["jitter"], ": the subject moved"),
    "overexposure.clipped": (
        LABELS["overexposure"],
        ": all channels are clipped, no detail is left",
    ),
    "overexposure.gamut": (
        LABELS["overexposure"],
        ": some channels are clipped, others hold detail",
    ),
    "overexposure.bright": (LABELS["overexposure"], ": too bright, but nothing is clipped"),
    "colorfulness.cast": ("colour cast", ""),
    "colorfulness.vivid": ("over-saturation", ""),
    "colorfulness.dull": ("lack of colour", ""),
}

#: Place of a box's centre in the 3 × 3 fields of the photo, row by row, and what English says.
PLACES: Final = {
    "top_left": "at the top left",
    "top": "at the top",
    "top_right": "at the top right",
    "left": "on the left",
    "centre": "in the middle",
    "right": "on the right",
    "bottom_left": "at the bottom left",
    "bottom": "at the bottom",
    "bottom_right": "at the bottom right",
}

_LEVELS: Final = {"none": "Hardly visible"}

#: Every sentence by id. Fields: level, percent, place, distortion(s).
SENTENCES: Final = {
    **{
        f"region.{kind}": "{level} " + noun + " over {percent} % of the photo, {place}" + more + "."
        for kind, (noun, more) in _NOUNS.items()
    },
    **{
        f"region.{kind}.whole": "{level} " + noun + " over the whole photo" + more + "."
        for kind, (noun, more) in _NOUNS.items()
    },
    **{
        f"at_1_to_1.{kind}": noun.capitalize() + " over {percent} % of the photo shows at 1:1 only,"
        " not when the photo is seen whole."
        for kind, (noun, _) in _NOUNS.items()
        if "." not in kind
    },
    "cannot_tell": "In over half of the photo there is nothing to judge {distortions} by.",
}


def of_region(
    distortion: str,
    subkind: str | None,
    *,
    severity: float,
    area: float,
    box: Box,
    width: int,
    height: int,
) -> Sentence:
    """The sentence of a region, its id and its arguments.

    Returns
    -------
    text : str
        "Severe blur over 12 % of the photo, in the middle."
    id : str
        `region.<distortion>[.<subkind>][.whole]`, a key of `SENTENCES`.
    args : dict
        distortion, subkind, level (a severity word), percent (whole from 1 on, else
        with one decimal), place (a key of
        `PLACES`).
    """
    kind = distortion if subkind is None else f"{distortion}.{subkind}"
    sentence_id = f"region.{kind}" + (".whole" if area >= _WHOLE else "")
    word, place, percent = severity_level(severity), place_of(box, width, height), _percent(area)
    args: dict[str, Any] = {
        "distortion": distortion,
        "subkind": subkind,
        "level": word,
        "percent": percent,
        "place": place,
    }
    text = SENTENCES[sentence_id].format(
        level=_LEVELS.get(word, word.capitalize()), percent=percent, place=PLACES[place]
    )
    return text, sentence_id, args


def at_1_to_1(distortion: str, area: float) -> Sentence:
    """The line of a flaw that shows at 1:1 only, its id and its arguments."""
    sentence_id, args = f"at_1_to_1.{distortion}", {"percent": _percent(area)}
    return SENTENCES[sentence_id].format(**args), sentence_id, args


def cannot_tell(distortions: Sequence[str]) -> str:
    """The note on distortions that could not be judged in over half of the photo; at least one."""
    nouns = [_NOUNS[name][0] for name in distortions]
    joined = " and ".join([", ".join(nouns[:-1]), nouns[-1]]) if len(nouns) > 1 else nouns[0]
    return SENTENCES["cannot_tell"].format(distortions=joined)


def place_of(box: Box, width: int, height: int) -> str:
    """Which of the photo's 3 × 3 fields holds the box's centre: a key of `PLACES`."""
    column = min(2, 3 * (box.x0 + box.x1) // (2 * width))
    row = min(2, 3 * (box.y0 + box.y1) // (2 * height))
    return list(PLACES)[3 * row + column]


def _percent(area: float) -> float:
    # Rounded up to a whole one, a speck would be told as five times its size.
    return round(100 * area) if area >= 0.01 else max(0.1, round(100 * area, 1))
