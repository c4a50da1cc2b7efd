"""Policy: which findings fail a check; the contract's rules, one by one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flawmap_api import words
from flawmap_api.errors import BadInput
from flawmap_api.geometry import Box, Grid
from flawmap_api.policy import DEFAULT_POLICY, Policy, judge, parse_fail_on
from flawmap_api.report import (
    DistortionSummary,
    EngineInfo,
    More,
    OnlyAt1To1,
    PhotoInfo,
    Region,
    Report,
)

#: Severe, large, part of the subject: fails any check that fails at all.
PLAIN = Region(
    id="blur-00000001",
    distortion="blur",
    box=Box(0, 0, 10, 10),
    area=0.1,
    severity=0.7,
    quality=0.3,
    importance=0.5,
    subject=0.9,
    intentional=False,
    confidence=0.8,
    sentence="The subject is out of focus.",
    sentence_id="blur.subject",
    sentence_args={},
)


def report_of(*regions):
    return Report(
        photo=PhotoInfo("/photo.jpg", "00", "id", "/photo.jpg", 800, 600),
        view="screen",
        grid=Grid(75, 100),
        quality=0.5,
        subject_sharpness=0.5,
        distortions={"blur": DistortionSummary(0.3, 0.1, 0.7, 0.9)},
        regions=regions,
        more={"blur": More(3, 0.02)},
        only_at_1_to_1=(
            OnlyAt1To1(
                "noise", 0.9, 0.4, "Noise shows at 1:1.", "at_1_to_1.noise", {"percent": 90}
            ),
        ),
        engine=EngineInfo("0.1", 1, "m", "00", "cpu", ("CPUExecutionProvider",)),
    )


def fails(region, policy=DEFAULT_POLICY):
    verdict = judge(report_of(region), policy)
    assert verdict.verdict == ("flaws" if verdict.failing else "clean")
    return bool(verdict.failing)


def test_a_photo_without_regions_is_clean_whatever_is_unknown_or_shows_at_1_to_1_only():
    verdict = judge(report_of())
    assert (verdict.verdict, verdict.failing) == ("clean", ())


def test_failing_regions_are_named_in_the_reports_order():
    regions = [replace(PLAIN, id=f"blur-{i}", severity=s) for i, s in enumerate((0.9, 0.1, 0.7))]
    assert judge(report_of(*regions)).failing == ("blur-0", "blur-2")


@pytest.mark.parametrize("level", words.SEVERITY_LEVELS)
def test_the_default_fails_from_moderate_on(level):
    severity = (words.SEVERITY_LEVELS.index(level) + 0.5) / 5
    expected = level in ("moderate", "severe", "extreme")
    assert fails(replace(PLAIN, severity=severity)) == expected


@pytest.mark.parametrize(
    ("area", "subject", "expected"),
    [(0.01, 0.0, True), (0.0099, 0.4999, False), (0.0021, 0.5, True), (0.5, 0.0, True)],
)
def test_a_region_fails_if_it_is_large_or_part_of_the_subject(area, subject, expected):
    assert fails(replace(PLAIN, area=area, subject=subject)) == expected


@pytest.mark.parametrize("mark", ["ignored", "intentional"])
@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("intentional", [False, True])
def test_what_a_person_marked_ignored_or_intentional_never_fails(mark, strict, intentional):
    region = replace(PLAIN, mark=mark, intentional=intentional)
    assert not fails(region, Policy(strict=strict))


@pytest.mark.parametrize("strict", [False, True])
def test_what_a_person_accepted_fails_even_where_the_model_says_intentional(strict):
    assert fails(replace(PLAIN, mark="accepted", intentional=True), Policy(strict=strict))


def test_what_only_the_model_calls_intentional_fails_a_strict_check():
    wanted = replace(PLAIN, intentional=True)
    assert not fails(wanted)
    assert fails(wanted, Policy(strict=True))


def test_strict_does_not_lower_the_level():
    assert not fails(replace(PLAIN, severity=0.3), Policy(strict=True))


def test_a_distortions_own_level_replaces_the_common_one():
    policy = parse_fail_on("severe, blur=minor ,noise=never")
    assert policy == Policy(level="severe", levels={"blur": "minor", "noise": "never"})
    assert fails(replace(PLAIN, severity=0.3), policy)
    assert not fails(replace(PLAIN, distortion="noise", severity=1.0), policy)
    assert not fails(replace(PLAIN, distortion="jitter", severity=0.5), policy)
    assert fails(replace(PLAIN, distortion="jitter", severity=0.7), policy)


def test_one_distortions_level_leaves_the_default_for_the_others():
    assert parse_fail_on("blur=extreme") == Policy(levels={"blur": "extreme"})


def test_never_fails_nothing():
    assert not fails(replace(PLAIN, severity=1.0), parse_fail_on("never"))
    assert parse_fail_on("minor", strict=True).strict


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("awful", "awful"),
        ("", "''"),
        ("blur=", "blur"),
        ("glare=minor", "glare"),
        ("minor,,", "''"),
        ("none", "none"),
        ("blur=minor=severe", "blur=minor"),
    ],
)
def test_a_word_that_is_neither_level_nor_distortion_is_told_with_the_words_there_are(text, named):
    with pytest.raises(BadInput, match=named) as caught:
        parse_fail_on(text)
    assert "moderate" in caught.value.hint or "blur" in caught.value.hint


@given(
    st.floats(0, 1), st.floats(0, 1), st.booleans(), st.sampled_from([None, *words.VERDICTS]),
    st.sampled_from(words.SEVERITY_LEVELS),
)  # fmt: skip
def test_a_lower_level_never_lets_a_region_pass_that_a_higher_one_fails(
    severity, area, intentional, mark, level
):
    region = replace(PLAIN, severity=severity, area=area, intentional=intentional, mark=mark)
    higher = words.SEVERITY_LEVELS[words.SEVERITY_LEVELS.index(level) :]
    failed = [fails(region, Policy(level=each)) for each in higher]
    assert failed == sorted(failed, reverse=True)


@pytest.mark.parametrize("text", ["", " ", "blur=", "blur=severe,blur=minor", "minor,severe"])
def test_an_empty_or_doubled_level_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        parse_fail_on(text)
