"""Speech: whole catalogues of what the engine says, with the same keys and placeholders."""

from __future__ import annotations

import string
import subprocess
import sys

import pytest

from flawmap_api.geometry import Box
from flawmap_api.palette import LABELS
from flawmap_api.speech import CATALOGUES, Speech
from flawmap_api.speech_en import TEXTS as ENGLISH
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


def fields(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


@pytest.mark.parametrize("language", sorted(CATALOGUES))
def test_every_catalogue_has_every_key_with_the_same_placeholders(language: str) -> None:
    texts = CATALOGUES[language]
    assert set(texts) == set(ENGLISH)
    assert {key for key, text in texts.items() if fields(text) != fields(ENGLISH[key])} == set()
    assert [key for key, text in texts.items() if not text.strip()] == []


@pytest.mark.parametrize("language", sorted(CATALOGUES))
def test_every_sentence_of_the_engine_is_in_it(language: str) -> None:
    texts = CATALOGUES[language]
    for key, text in {**sentences.SENTENCES, **repairs.SENTENCES}.items():
        assert fields(texts[f"said.{key}"]) == fields(text)


@pytest.mark.parametrize("language", sorted(CATALOGUES))
def test_every_word_of_the_vocabulary_is_in_it(language: str) -> None:
    texts = CATALOGUES[language]
    wanted = [f"flaw.{name}" for name in DISTORTIONS]
    wanted += [f"level.{name}" for name in ("none", *SEVERITY_LEVELS)]
    wanted += [f"quality.{name}" for name in QUALITY_LEVELS]
    wanted += [f"importance.{name}" for name in IMPORTANCE_LEVELS]
    wanted += [f"mark.{name}" for name in VERDICTS]
    wanted += [f"place.{name}" for name in sentences.PLACES]
    assert [key for key in wanted if key not in texts] == []


KINDS = [(d, s) for d in DISTORTIONS for s in (None, *SUBKINDS.get(d, ()))]


@pytest.mark.parametrize(("distortion", "subkind"), KINDS)
@pytest.mark.parametrize("area", [0.001, 0.12, 0.95])
def test_in_english_it_says_what_the_engine_says(
    distortion: str, subkind: str | None, area: float
) -> None:
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
        assert Speech("en").sentence(key, args, "?") == text
    text, key, args = sentences.at_1_to_1(distortion, area)
    assert Speech("en").sentence(key, args, "?") == text


def test_in_english_repairs_say_what_the_engine_says() -> None:
    for key, text in repairs.SENTENCES.items():
        assert ENGLISH[f"said.{key}"] == text


def test_the_remark_on_what_cannot_be_told_is_translated() -> None:
    text = sentences.cannot_tell(["blur", "noise", "jitter"])
    assert Speech("de").note(text).endswith(": Unschärfe, Rauschen, Bewegungsunschärfe.")
    assert Speech("de").note("Something else.") == "Something else."


def test_labels_are_the_palettes() -> None:
    assert {name: Speech("en").label(name) for name in DISTORTIONS} == LABELS


def test_a_sentence_of_a_newer_engine_stays_as_it_came() -> None:
    speech = Speech("de")
    assert speech.sentence("region.moire", {}, "Severe moiré.") == "Severe moiré."
    assert speech.sentence("region.blur", {"level": "severe"}, "Severe blur.") == "Severe blur."
    assert speech.label("moire_pattern") == "moire pattern"
    assert speech.quality("splendid") == "splendid"


def test_one_word_of_two_scales_is_said_in_each_ones_way() -> None:
    speech = Speech("de")
    assert (speech.level("severe"), speech.quality("fair"), speech.importance("normal")) == (
        "stark",
        "mittel",
        "normal",
    )
    assert speech.mark("ignored") == "ignoriert" and speech.mark(None) == ""


@pytest.mark.parametrize(
    ("said", "language"),
    [("de_DE.UTF-8", "de"), ("de", "de"), ("German_Germany", "de"), ("fr_FR", "en"), ("", "en")],
)
def test_the_language_is_found_in_what_systems_say(said: str, language: str) -> None:
    assert Speech(said).language == language


def test_titles_are_made_of_words_and_numbers_of_the_language() -> None:
    assert Speech("en").region_title("blur", 0.7, 0.1234) == "blur · severe · 12 %"
    assert Speech("de").region_title("blur", 0.7, 0.0034) == "Unschärfe · stark · 0,3 %"
    assert Speech("en").region_title("noise", 0.7, 0.0001) == "noise · severe · < 0.1 %"
    assert Speech("de").region_title("noise", 0.7, 0.0001) == "Rauschen · stark · < 0,1 %"


def test_whoever_does_not_speak_does_not_read_it() -> None:
    code = "import sys, flawmap_api; print([m for m in sys.modules if 'speech' in m])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
