"""Lines and columns: nothing is lost, nothing is too wide, nothing steers the terminal."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flawmap_api.geometry import Box
from flawmap_cli import layout, render
from flawmap_cli.console import Console
from flawmap_cli.layout import Span

texts = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs")), max_size=60)


def plain(line: layout.Line) -> str:
    return "".join(span.text for span in line)


@given(st.lists(texts, min_size=1, max_size=4), st.integers(30, 100))
def test_wrapping_keeps_every_word_in_order(parts: list[str], width: int) -> None:
    lines = list(layout.wrapped([Span(part) for part in parts], width))
    assert "".join("".join(map(plain, lines)).split(" ")) == "".join("".join(parts).split(" "))


def test_a_number_and_its_percent_sign_stay_together() -> None:
    for width in range(40, 60):
        lines = layout.wrapped(
            [Span("Severe blur over 41 % of the photo, and 3 % at the top.")], width
        )
        assert not any(plain(line).strip().startswith("%") for line in lines)


@given(st.lists(st.text("abcdefgh", min_size=1, max_size=12), max_size=30), st.integers(40, 100))
def test_no_line_is_wider_than_the_terminal(words: list[str], width: int) -> None:
    for line in layout.wrapped([Span(" ".join(words))], width):
        assert layout.cells(plain(line)) < width


def test_a_pipe_gets_whole_lines() -> None:
    long = "word " * 100
    assert [plain(line) for line in layout.wrapped([Span(long)], None)] == [long]


def test_columns_stand_below_each_other_and_the_last_wraps_in_its_place() -> None:
    rows = [
        [Span("blur"), Span("severe"), Span("one two three four five six seven eight")],
        [Span("low_light"), Span("minor"), Span("short")],
    ]
    assert [plain(line).rstrip() for line in layout.columns(rows, 50)] == [
        "  blur       severe  one two three four five six",
        "                     seven eight",
        "  low_light  minor   short",
    ]


def test_a_narrow_terminal_puts_the_last_column_below() -> None:
    rows = [[Span("a" * 20), Span("b" * 10), Span("the sentence")]]
    assert [plain(line).rstrip() for line in layout.columns(rows, 48)] == [
        "  " + "a" * 20 + "  " + "b" * 10,
        "      the sentence",
    ]


def test_wide_letters_take_two_cells() -> None:
    assert layout.cells("写真.jpg") == 8
    rows = [[Span("写真"), Span("x")], [Span("ab"), Span("y")]]
    assert [plain(line) for line in layout.columns(rows, None)] == ["  写真  x", "  ab    y"]


def test_a_name_cannot_steer_the_terminal() -> None:
    assert layout.clean("a\x1b[31m\nb\udcff.jpg") == "a?[31m?b?.jpg"


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437", "utf-8"])
def test_a_console_of_any_encoding_gets_a_line(encoding: str) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding)
    console = Console(out=stream, err=stream)
    console.line("写真 – 3 × 2 ≥ 0.8 … \udcff")
    stream.flush()
    line = raw.getvalue().decode(encoding).rstrip("\r\n")
    if encoding == "ascii":
        assert line == "?? - 3 x 2 >= 0.8 ... ?"
    assert "3" in line


@pytest.mark.parametrize(
    ("box", "words"),
    [
        ((0, 0, 100, 100), "top left"),
        ((250, 150, 350, 250), "centre"),
        ((0, 0, 600, 80), "top"),
        ((500, 0, 600, 400), "right"),
        ((0, 0, 600, 400), "centre"),
        ((250, 350, 350, 400), "bottom"),
        ((599, 399, 600, 400), "bottom right"),
    ],
)
def test_a_place_is_said_in_words(box: tuple[int, int, int, int], words: str) -> None:
    assert render.place(Box(*box), 600, 400) == words


@given(
    st.tuples(st.integers(0, 98), st.integers(0, 98), st.integers(1, 99), st.integers(1, 99)),
)
def test_mirroring_a_box_mirrors_its_place(numbers: tuple[int, int, int, int]) -> None:
    x0, y0, dx, dy = numbers
    box = Box(x0, y0, min(99, x0 + dx), min(99, y0 + dy))
    mirrored = Box(99 - box.x1, box.y0, 99 - box.x0, box.y1)
    there = render.place(box, 99, 99).replace("left", "L").replace("right", "left")
    centre_on_an_edge = (box.x0 + box.x1) % 66 == 0
    if not centre_on_an_edge:
        assert render.place(mirrored, 99, 99) == there.replace("L", "right")


def test_a_share_is_never_said_to_be_nothing_while_it_is_something() -> None:
    assert render.percent(0.0) == "0.0 %"
    assert render.percent(0.0001) == "<0.1 %"
    assert render.percent(0.123) == "12.3 %"
