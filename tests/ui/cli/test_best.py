"""`flawmap best`: the order of a burst, and the reasons."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from tests.fakes import FakeEngine, photo_file, region, report

from flawmap_api.errors import BadInput
from flawmap_api.inputs import Input
from flawmap_cli.batch import Outcome
from flawmap_cli.best import rank

from .conftest import Flawmap


def test_the_sharpest_subject_is_kept_and_the_others_lose_for_a_reason(
    here: Path, flawmap: Flawmap, fake: FakeEngine
) -> None:
    for name in ("a.jpg", "b.jpg", "c.jpg", "d.jpg"):
        photo_file(here, name)
    shaken = region("jitter", severity=0.7, subject=0.9)
    fake.put("a.jpg", report(subject_sharpness=0.41, quality=0.8, regions=[shaken]))
    fake.put("b.jpg", report(subject_sharpness=0.902, quality=0.71))
    fake.put("c.jpg", report(subject_sharpness=0.899, quality=0.6, regions=[region("noise")]))
    fake.put("d.jpg", BadInput("d.jpg is empty."))
    said = flawmap("best", ".")
    assert said.lines == [
        "keep  b.jpg  sharpness 0.90  quality good (0.71)  "
        "as sharp as the next, with the better quality",
        "drop  c.jpg  sharpness 0.90  quality fair (0.60)  "
        "as sharp, quality 0.60 against 0.71 (severe noise)",
        "drop  a.jpg  sharpness 0.41  quality good (0.80)  "
        "subject less sharp, 0.41 against 0.90 (severe jitter)",
        "d.jpg: not judged: d.jpg is empty.",
    ]
    assert said.code == 2


def test_json_ranks_and_names_what_could_not_be_judged(
    here: Path, flawmap: Flawmap, fake: FakeEngine
) -> None:
    for name in ("a.jpg", "b.jpg"):
        photo_file(here, name)
    fake.put("b.jpg", BadInput("b.jpg is empty."))
    first, failed = flawmap("best", "--json", "a.jpg", "b.jpg").documents
    assert (first["path"], first["place"], first["keep"]) == (str(here / "a.jpg"), 1, True)
    assert first["reason"] == "the only frame, nothing to compare it with"
    assert (failed["place"], failed["keep"], failed["failure"]["code"]) == (
        None,
        False,
        "bad_input",
    )


def test_keep_says_how_many(here: Path, flawmap: Flawmap) -> None:
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        photo_file(here, name)
    said = flawmap("best", "--keep", "2", ".")
    assert [line[:4] for line in said.lines] == ["keep", "keep", "drop"]
    assert said.code == 0


@given(
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 10_000)), max_size=8),
    st.integers(1, 3),
)
def test_no_dropped_frame_is_visibly_sharper_than_a_kept_one(
    values: list[tuple[int, int]], keep: int
) -> None:
    outcomes = [
        Outcome(
            Input(str(i), f"/{i}"),
            report(subject_sharpness=sharpness / 10_000, quality=quality / 10_000),
        )
        for i, (sharpness, quality) in enumerate(values)
    ]
    ranked = rank(outcomes, keep=keep)
    assert sorted(r.outcome.item.name for r in ranked) == sorted(o.item.name for o in outcomes)
    assert [r.place for r in ranked] == list(range(1, len(values) + 1))
    assert sum(r.keep for r in ranked) == min(keep, len(values))
    sharpness = [r.outcome.value.subject_sharpness for r in ranked if r.outcome.value]
    assert all(a >= b - 0.0101 for a, b in pairwise(sharpness))
