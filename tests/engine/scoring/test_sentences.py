"""Sentences: words that fit the numbers, and templates that any client can fill."""

from __future__ import annotations

import itertools
import string

import pytest

from flawmap_api.geometry import Box
from flawmap_api.words import DISTORTIONS, SUBKINDS
from flawmap_engine.scoring.sentences import (
    PLACES,
    SENTENCES,
    at_1_to_1,
    cannot_tell,
    of_region,
    place_of,
)


def sentence(distortion: str = "blur", subkind: str | None = None, area: float = 0.1234):
    return of_region(
        distortion,
        subkind,
        severity=0.7,
        area=area,
        box=Box(120, 90, 200, 150),
        width=320,
        height=240,
    )


def test_a_region_is_told_with_level_share_and_place() -> None:
    text, sentence_id, args = sentence()
    assert text == "Severe blur over 12 % of the photo, in the middle."
    assert sentence_id == "region.blur"
    assert args == {
        "distortion": "blur",
        "subkind": None,
        "level": "severe",
        "percent": 12,
        "place": "centre",
    }


def test_a_flaw_everywhere_has_no_place() -> None:
    text, sentence_id, _ = sentence("noise", area=0.95)
    assert text == "Severe noise over the whole photo."
    assert sentence_id == "region.noise.whole"
    assert sentence("noise", area=0.0021)[2]["percent"] == 0.2


def test_every_distortion_and_subkind_has_its_sentence() -> None:
    for distortion in DISTORTIONS:
        for subkind, area in itertools.product((None, *SUBKINDS.get(distortion, ())), (0.1, 1.0)):
            text, sentence_id, _ = sentence(distortion, subkind, area)
            assert sentence_id in SENTENCES
            assert text.endswith(".") and "{" not in text and text[0].isupper()
        text, sentence_id, args = at_1_to_1(distortion, 0.3)
        assert "1:1" in text
        assert SENTENCES[sentence_id].format(**args) == text


def test_templates_ask_for_nothing_but_the_arguments() -> None:
    known = {"level", "percent", "place", "distortions"}
    for text in SENTENCES.values():
        assert {field for _, field, _, _ in string.Formatter().parse(text) if field} <= known


@pytest.mark.parametrize(
    ("box", "place"),
    [
        ((0, 0, 300, 300), "centre"),
        ((0, 0, 90, 90), "top_left"),
        ((100, 0, 200, 90), "top"),
        ((210, 0, 300, 90), "top_right"),
        ((0, 120, 80, 180), "left"),
        ((299, 149, 300, 150), "right"),
        ((0, 299, 1, 300), "bottom_left"),
        ((0, 220, 300, 300), "bottom"),
        ((299, 299, 300, 300), "bottom_right"),
    ],
)
def test_a_place_is_where_the_box_has_its_centre(
    box: tuple[int, int, int, int], place: str
) -> None:
    assert place_of(Box(*box), 300, 300) == place
    assert place in PLACES


def test_what_cannot_be_told_is_listed_in_words() -> None:
    assert "blur by" in cannot_tell(["blur"])
    assert "blur, motion blur and noise by" in cannot_tell(["blur", "jitter", "noise"])
