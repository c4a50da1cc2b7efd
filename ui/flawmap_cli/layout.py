"""Layout: words into lines and columns, counted in terminal cells.

Pure functions; nothing here knows a stream, a colour or a terminal.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

__all__ = ["Line", "Span", "cells", "clean", "columns", "wrapped"]

#: Narrowest last column that is still beside the others; under it, it goes below them.
_LEAST = 24


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a line with one style: good, warn, bad, name, dim or none."""

    text: str
    style: str = ""


Line = list[Span]


def clean(text: str) -> str:
    """The text without what could steer a terminal: control characters and broken ones become `?`.

    File names may hold anything; one with an escape sequence in it must not colour the screen.
    """
    return "".join(c if c.isprintable() else "?" for c in text)


def cells(text: str) -> int:
    """Terminal cells that the text takes: two for wide letters, none for combining marks."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def wrapped(line: Sequence[Span], width: int | None, *, hanging: int = 4) -> Iterator[Line]:
    """Break a line at spaces so that each piece fits `width`; what follows is indented.

    A word that is longer than a line stays whole: a path that is cut can neither be read nor
    copied. With `width` None there is one line.
    """
    if width is None or sum(cells(span.text) for span in line) < width:
        yield list(line)
        return
    current: Line = []
    used, spaces, empty = 0, "", True
    for span in line:
        # A number and its "%" stay together.
        for word in re.findall(r" +(?!%)|(?:[^ ]| (?=%))+", span.text):
            if word.startswith(" "):
                spaces += word
                continue
            if not empty and used + len(spaces) + cells(word) >= width and spaces:
                yield current
                current, used, spaces = [Span(" " * hanging)], hanging, ""
            current.append(Span(spaces + word, span.style))
            used, spaces, empty = used + len(spaces) + cells(word), "", False
    if current:
        yield current


def columns(
    rows: Sequence[Sequence[Span]], width: int | None, *, indent: int = 2, gap: int = 2
) -> Iterator[Line]:
    """Lay rows out in columns as wide as their widest cell; the last column wraps in its place.

    Where the terminal leaves the last column less than a readable width, it goes below its row.
    """
    if not rows:
        return
    count = max(len(row) for row in rows)
    widths = [
        max((cells(row[i].text) for row in rows if i < len(row)), default=0)
        for i in range(count - 1)
    ]
    # The last column of a full row starts here; shorter rows end where their cells end.
    start = indent + sum(w + gap for w in widths)
    beside = width is None or width - start >= _LEAST
    for row in rows:
        line = [Span(" " * indent)]
        for i, span in enumerate(row[: count - 1]):
            last = i == len(row) - 1
            line += [span, Span("" if last else " " * (widths[i] - cells(span.text) + gap))]
        if len(row) < count or not row[-1].text:
            yield line
        elif beside:
            yield from wrapped([*line, row[-1]], width, hanging=start)
        else:
            yield line
            yield from wrapped([Span(" " * (indent + 4)), row[-1]], width, hanging=indent + 4)
