"""Console: where the command line writes, in words that every terminal and pipe can take.

Findings go to standard output, everything else to standard error. A pipe gets whole lines without
colour; a terminal gets colour and lines that fit. Characters that the console's encoding lacks are
replaced, never raised.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import json
import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TextIO, cast

from flawmap_api.errors import FlawmapError

from . import layout
from .layout import Line, Span

__all__ = ["Console", "OutputLost"]

_STAND_INS: Final = {
    "…": "...",
    "–": "-",
    "—": "-",
    "×": "x",
    "≤": "<=",
    "≥": ">=",
    "’": "'",
    "‘": "'",
    "“": '"',
    "”": '"',
    "\u00a0": " ",
}
_STYLES: Final = {
    "good": "green",
    "warn": "yellow",
    "bad": "bold red",
    "name": "bold",
    "dim": "dim",
    "": "",
}


def _stand_in(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return "".join(_STAND_INS.get(c, "?") for c in text), error.end


codecs.register_error("flawmap.stand_in", _stand_in)


class OutputLost(Exception):
    """Standard output cannot take what was found: closed by its reader, or on a full disk."""

    def __init__(self, error: OSError) -> None:
        super().__init__(str(error))
        self.closed = isinstance(error, BrokenPipeError)
        self.reason = error.strerror or str(error)


class _Nowhere(io.TextIOBase):
    """Stands in for a stream that the program was started without (`>&-`)."""

    def write(self, text: str) -> int:
        return len(text)


class Console:
    """Standard output and standard error of one command.

    Parameters
    ----------
    json_lines : bool
        Print one JSON document a line on standard output and nothing else there.

    What prints findings (`line`, `table`, `document`) raises `OutputLost` where they cannot go out.
    """

    def __init__(
        self, *, json_lines: bool = False, out: TextIO | None = None, err: TextIO | None = None
    ) -> None:
        self.json_lines = json_lines
        self.out: TextIO = out or sys.stdout or cast(TextIO, _Nowhere())
        self.err: TextIO = err or sys.stderr or cast(TextIO, _Nowhere())
        for stream in (self.out, self.err):
            reconfigure = getattr(stream, "reconfigure", None)
            if reconfigure is not None:
                reconfigure(errors="flawmap.stand_in")
        self._painters: dict[int, Any] = {}

    @property
    def width(self) -> int | None:
        """Columns of the terminal that shows the findings; None for a pipe or file: no wrapping."""
        return max(40, shutil.get_terminal_size().columns) if self.out.isatty() else None

    @property
    def shows_progress(self) -> bool:
        """Whether somebody looks at standard error."""
        return self.err.isatty() and os.environ.get("TERM") != "dumb"

    def line(self, *spans: Span | str) -> None:
        """Print one line of findings, wrapped to the terminal where there is one."""
        self._find(layout.wrapped(_spans(spans), self.width))

    def table(self, rows: Iterable[Sequence[Span | str]], *, indent: int = 2) -> None:
        """Print rows in columns; the last column takes what room is left."""
        self._find(layout.columns([_spans(row) for row in rows], self.width, indent=indent))

    def document(self, document: Mapping[str, Any]) -> None:
        """Print one JSON document on a line of its own, in ASCII."""
        text = json.dumps(document, allow_nan=False, separators=(",", ":"))
        self._find([[Span(text)]], plain=True)

    def say(self, *spans: Span | str) -> None:
        """Tell something that is no finding, on standard error."""
        width = max(40, shutil.get_terminal_size().columns) if self.err.isatty() else None
        # Where standard error is lost too, there is nobody left to tell.
        with contextlib.suppress(OSError):
            for line in layout.wrapped(_spans(spans), width):
                self._write(self.err, line)
            self.err.flush()

    def complain(self, error: FlawmapError) -> None:
        """Tell what went wrong: the sentence, what to do, and the engine's last words if any."""
        self.say(Span("flawmap: ", "bad"), f"{error.message} {error.hint}".strip())
        for text in getattr(error, "log_tail", ()):
            self.say(Span(f"    {text}", "dim"))

    def _find(self, lines: Iterable[Line], *, plain: bool = False) -> None:
        try:
            for line in lines:
                self._write(self.out, line, plain=plain)
            # A reader at the other end of a pipe shall see each photo when it is done.
            self.out.flush()
        except OSError as error:
            raise OutputLost(error) from None

    def _write(self, stream: TextIO, line: Line, *, plain: bool = False) -> None:
        text = "".join(span.text for span in line).rstrip()
        if plain or not stream.isatty() or os.environ.get("NO_COLOR"):
            stream.write(text + "\n")
            return
        from rich.text import Text

        painted = Text.assemble(*((span.text, _STYLES[span.style]) for span in line))
        painted.rstrip()
        self._painter(stream).print(painted, soft_wrap=True)

    def _painter(self, stream: TextIO) -> Any:
        if id(stream) not in self._painters:
            from rich.console import Console as Painter

            self._painters[id(stream)] = Painter(file=stream, highlight=False, markup=False)
        return self._painters[id(stream)]


def _spans(parts: Iterable[Span | str]) -> list[Span]:
    return [part if isinstance(part, Span) else Span(part) for part in parts]
