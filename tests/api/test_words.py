"""Words: one number, one word, the same in every client."""

from __future__ import annotations

import math

import pytest

from flawmap_api import words

BORDERED = {
    words.quality_level: words.QUALITY_LEVELS,
    words.importance_level: words.IMPORTANCE_LEVELS,
}


@pytest.mark.parametrize("level", BORDERED, ids=lambda level: level.__name__)
def test_every_written_number_has_the_word_that_the_contract_gives_it(level):
    for i in range(10_001):
        value = i / 10_000
        assert level(value) == BORDERED[level][max(0, math.ceil(5 * value) - 1)], value


def test_every_written_severity_has_its_word_and_none_below_five_hundredths():
    for i in range(10_001):
        value = i / 10_000
        wanted = words.SEVERITY_LEVELS[max(0, math.ceil(5 * value) - 1)]
        assert words.severity_level(value) == ("none" if value < 0.05 else wanted), value


@pytest.mark.parametrize(
    ("value", "word"),
    [
        (0.0, "none"),
        (0.04994, "none"),
        (0.04996, "trivial"),  # written as 0.05
        (0.05, "trivial"),
        (0.2, "trivial"),
        (0.20004, "trivial"),  # written as 0.2
        (0.2001, "minor"),
        (0.1 + 0.2 + 0.3, "moderate"),  # a little over 0.6 as a float
        (0.8, "severe"),
        (0.8001, "extreme"),
        (1.0, "extreme"),
    ],
)
def test_the_word_is_taken_of_the_number_as_it_is_written(value, word):
    assert words.severity_level(value) == word


def test_the_middle_of_each_fifth_comes_back_as_its_own_word():
    for i, word in enumerate(words.SEVERITY_LEVELS):
        assert words.severity_level((i + 0.5) / 5) == word


def test_rounding_keeps_numbers_between_0_and_1_with_four_decimals():
    assert words.rounded(0.123456) == 0.1235
    assert words.rounded(-0.1) == 0.0
    assert words.rounded(1.00001) == 1.0


def test_severity_words_are_ranked_from_none_to_extreme():
    ranks = [words.severity_of_level(word) for word in ("none", *words.SEVERITY_LEVELS)]
    assert ranks == [-1, 0, 1, 2, 3, 4]
    with pytest.raises(ValueError):
        words.severity_of_level("awful")


def test_subkinds_belong_to_distortions():
    assert set(words.SUBKINDS) <= set(words.DISTORTIONS)
    assert len(set(words.DISTORTIONS)) == 8
