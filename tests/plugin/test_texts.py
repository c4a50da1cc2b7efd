"""Texts: two whole catalogues with the same keys and placeholders."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

import flawmap_plugin
from flawmap_api.errors import BadInput, EngineLost, InternalError
from flawmap_api.messages import REPAIR_METHODS
from flawmap_api.words import DISTORTIONS, VERDICTS
from flawmap_plugin.texts import CATALOGUES, Texts

ENGLISH = CATALOGUES["en"]
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
def test_every_word_of_the_vocabulary_is_in_it(language):
    texts = CATALOGUES[language]
    wanted = [f"ui.mark.{name}" for name in VERDICTS]
    wanted += [f"flaw.{name}" for name in DISTORTIONS]
    wanted += [f"method.{name}" for name in REPAIR_METHODS]
    assert [key for key in wanted if key not in texts] == []


def test_every_key_that_is_used_is_in_the_catalogue():
    used = set()
    for path in [*SOURCES, *SHELLS]:
        used |= set(
            re.findall(r"""\b(?:texts|say|_offer)\(\s*"([\w.]+)["]""", path.read_text("utf-8"))
        )
    assert {key for key in used if "." in key} - set(ENGLISH) == set()


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
