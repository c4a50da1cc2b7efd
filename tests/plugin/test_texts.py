"""Texts: two whole catalogues with the same keys and placeholders, and the engine's sentences."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

import flawmap_plugin
from flawmap_api.errors import BadInput, EngineLost, InternalError
from flawmap_api.geometry import Box
from flawmap_api.messages import REPAIR_METHODS
from flawmap_api.palette import LABELS
from flawmap_api.words import (
    DISTORTIONS,
    IMPORTANCE_LEVELS,
    QUALITY_LEVELS,
    SEVERITY_LEVELS,
    SUBKINDS,
    VERDICTS,
)
from flawmap_engine.repair import sentences as repairs
from flawmap_engine.scoring import sentences
from flawmap_plugin.catalogue_en import TEXTS as ENGLISH
from flawmap_plugin.texts import CATALOGUES, Texts

SOURCES = sorted(Path(flawmap_plugin.__file__).parent.glob("*.py"))
SHELLS = sorted(Path(flawmap_plugin.__file__).parents[1].glob("*/flawmap_*/**/*.py"))


def fields(text):
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


@pytest.mark.parametrize("language", sorted(CATALOGUES))
def test_every_catalogue_has_every_key_with_the_same_placeholders(language):
    texts = CATALOGUES[language]
    assert set(texts) == set(ENGLISH)
    assert {key for key, text in texts.items() if fields(text) != fields(ENGLISH[key])} == set()
    assert [key for key, text in texts.items() if not text.strip()] == []


@pytest.mark.parametrize("language", sorted(CATALOGUES))
def test_every_sentence_of_the_engine_is_in_it(language):
    texts = CATALOGUES[language]
    for key, text in {**sentences.SENTENCES, **repairs.SENTENCES}.items():
        assert fields(texts[f"said.{key}"]) == fields(text)


@pytest.mark.parametrize("language", sorted(CATALOGUES))
def test_every_word_of_the_vocabulary_is_in_it(language):
    texts = CATALOGUES[language]
    wanted = [f"flaw.{name}" for name in DISTORTIONS]
    wanted += [f"level.{name}" for name in ("none", *SEVERITY_LEVELS)]
    wanted += [f"quality.{name}" for name in QUALITY_LEVELS]
    wanted += [f"importance.{name}" for name in IMPORTANCE_LEVELS]
    wanted += [f"mark.{name}" for name in VERDICTS] + [f"ui.mark.{name}" for name in VERDICTS]
    wanted += [f"place.{name}" for name in sentences.PLACES]
    wanted += [f"method.{name}" for name in REPAIR_METHODS]
    assert [key for key in wanted if key not in texts] == []


KINDS = [(d, s) for d in DISTORTIONS for s in (None, *SUBKINDS.get(d, ()))]


@pytest.mark.parametrize(("distortion", "subkind"), KINDS)
@pytest.mark.parametrize("area", [0.001, 0.12, 0.95])
def test_in_english_it_says_what_the_engine_says(distortion, subkind, area):
    for severity in (0.01, 0.5, 0.9):
        text, key, args = sentences.of_region(
            distortion,
            subkind,
            severity=severity,
            area=area,
            box=Box(0, 0, 10, 10),
            width=100,
            height=100,
        )
        assert Texts("en").sentence(key, args, "?") == text
    text, key, args = sentences.at_1_to_1(distortion, area)
    assert Texts("en").sentence(key, args, "?") == text


def test_in_english_repairs_say_what_the_engine_says():
    for key, text in repairs.SENTENCES.items():
        assert ENGLISH[f"said.{key}"] == text


def test_the_remark_on_what_cannot_be_told_is_translated():
    text = sentences.cannot_tell(["blur", "noise", "jitter"])
    assert Texts("de").note(text).endswith(": Unschärfe, Rauschen, Bewegungsunschärfe.")
    assert Texts("de").note("Something else.") == "Something else."


def test_labels_are_the_palettes():
    assert {name: Texts("en").label(name) for name in DISTORTIONS} == LABELS


def test_a_sentence_of_a_newer_engine_stays_as_it_came():
    texts = Texts("de")
    assert texts.sentence("region.moire", {}, "Severe moiré.") == "Severe moiré."
    assert texts.sentence("region.blur", {"level": "severe"}, "Severe blur.") == "Severe blur."
    assert texts.label("moire_pattern") == "moire pattern"


def test_every_key_that_is_used_is_in_the_catalogue():
    used = set()
    for path in [*SOURCES, *SHELLS]:
        used |= set(
            re.findall(r"""\b(?:texts|say|_offer)\(\s*"([\w.]+)["]""", path.read_text("utf-8"))
        )
    assert {key for key in used if "." in key} - set(ENGLISH) == set()


@pytest.mark.parametrize(
    ("said", "language"),
    [("de_DE.UTF-8", "de"), ("de", "de"), ("German_Germany", "de"), ("fr_FR", "en"), ("", "en")],
)
def test_the_language_is_found_in_what_systems_say(said, language):
    assert Texts(said).language == language


def test_the_setting_wins_over_the_host():
    assert Texts.chosen("en", "de_DE").language == "en"
    assert Texts.chosen("auto", "de_DE").language == "de"


@pytest.mark.parametrize("language", sorted(CATALOGUES))
@pytest.mark.parametrize(
    "error", [EngineLost("It went away."), BadInput("Too small."), InternalError("x"), OSError(5)]
)
def test_every_error_becomes_a_sentence(language, error):
    text, hint = Texts(language).error(error)
    assert text and (hint or isinstance(error, BadInput))


def test_titles_are_made_of_words_and_numbers_of_the_language():
    assert Texts("en").region_title("blur", 0.7, 0.1234) == "blur · severe · 12 %"
    assert Texts("de").region_title("blur", 0.7, 0.0034) == "Unschärfe · stark · 0,3 %"
    assert Texts("en").region_title("noise", 0.7, 0.0001) == "noise · severe · < 0.1 %"
