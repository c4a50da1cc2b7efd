"""The one line in Krita's settings: switched on and off, and every other byte as it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flawmap_hosts.kritarc import disable, enable, enabled

line = st.one_of(
    st.binary(max_size=12).filter(lambda data: b"\n" not in data),
    st.sampled_from(
        [
            b"[python]",
            b"[ python ]",
            b"[python][$i]",
            b"[theme]",
            b"enable_comics_project=true",
            b"enable_flawmap2=true",
            b"xenable_flawmap=true",
            b"Theme=Krita dark",
            b"",
            b"# enable_flawmap=true",
        ]
    ),
)
ours = st.sampled_from(
    [
        b"enable_flawmap=true",
        b"enable_flawmap=false",
        b"  enable_flawmap = FALSE",
        b"enable_flawmap=",
    ]
)


@st.composite
def files(draw, with_ours: bool = False) -> bytes:
    lines = draw(st.lists(st.one_of(line, ours) if with_ours else line, max_size=12))
    end = draw(st.sampled_from([b"\n", b"\r\n"]))
    last = draw(st.booleans()) and bool(lines)
    return end.join(lines) + (end if last else b"")


def speaks_of_us(one: bytes) -> bool:
    return one.strip().partition(b"=")[0].rstrip() == b"enable_flawmap"


def others(data: bytes) -> list[bytes]:
    return [one for one in data.splitlines() if not speaks_of_us(one)]


@given(files())
def test_what_was_switched_on_is_switched_off_byte_for_byte(before):
    done = enable(before)
    assert enabled(done.data)
    assert disable(done.data, done.added) == before


@given(files(with_ours=True))
def test_no_other_line_is_touched(before):
    done = enable(before)
    assert enabled(done.data)
    kept = others(done.data)
    # Only a group's head may have come in, with an empty line before it.
    for one in others(before):
        kept.remove(one)
    assert set(kept) <= {b"[python]", b""}
    off = disable(done.data, done.added)
    assert not enabled(off)


@given(files(with_ours=True))
def test_twice_is_once(before):
    once = enable(before).data
    assert enable(once).data == once
    off = disable(once)
    assert disable(off) == off


@given(files(), files())
def test_what_krita_writes_in_between_stays(before, later):
    done = enable(before)
    later = b"\n[later]\n" + later.replace(b"[python]", b"[other]")
    off = disable(done.data + later, done.added)
    assert not enabled(off)
    assert b"".join(off.split()).endswith(b"".join(later.split()))


@pytest.mark.parametrize(
    ("before", "on"),
    [
        (b"", False),
        (b"[python]\nenable_flawmap=true\n", True),
        (b"[python]\nenable_flawmap=true\nenable_flawmap=false\n", False),
        (b"[python]\n[theme]\nenable_flawmap=true\n", False),
        (b"[python]\r\nenable_flawmap=true\r\n", True),
        (b"enable_flawmap=true\n", False),
    ],
)
def test_it_reads_as_kde_does(before, on):
    assert enabled(before) is on


def test_a_line_that_switched_it_off_is_changed_in_its_place():
    before = b"[python]\nenable_a=true\nenable_flawmap=false\nenable_z=true\n"
    assert enable(before).data == b"[python]\nenable_a=true\nenable_flawmap=true\nenable_z=true\n"


def test_a_group_that_only_we_needed_goes_with_us_after_krita_has_written_the_file():
    done = enable(b"[theme]\nTheme=dark\n")
    # Krita sorts its groups.
    written = b"[python]\nenable_flawmap=true\n\n[theme]\nTheme=dark\n"
    assert disable(written, done.added) == b"[theme]\nTheme=dark\n"
