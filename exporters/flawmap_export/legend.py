"""Legend: a panel below or beside the photo that says what the colours mean and how much there is.

The panel and the photo share one canvas whose long side is bounded, so they are laid out together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageDraw

from flawmap_api.palette import legend
from flawmap_api.report import DistortionSummary, Report

from .captions import Font, caption_font, text_width

__all__ = ["LegendPanel", "lay_out"]

_INK: Final = (236, 236, 238)
_DIM: Final = (160, 160, 165)
_PANEL: Final = (36, 36, 40)
_NARROWEST: Final = 480
# Below this share of a photo a flaw is no finding (the contract's smallest region).
_TRACE: Final = 0.002


@dataclass(frozen=True, slots=True)
class _Entry:
    """One line: a swatch (or none) and a text."""

    colour: tuple[int, int, int] | None
    text: str
    dim: bool = False


@dataclass(frozen=True, slots=True)
class LegendPanel:
    """Where photo and panel stand on the canvas, and what the panel says."""

    canvas: tuple[int, int]
    photo_at: tuple[int, int]
    box: tuple[int, int, int, int]
    columns: int
    column_width: int
    text_size: int
    heading: tuple[str, ...]
    entries: tuple[_Entry, ...]
    notes: tuple[str, ...]

    def draw(self, canvas: Image.Image, *, hatched: bool) -> None:
        """Draw the panel; the hatching is explained where there is some."""
        pen, font = ImageDraw.Draw(canvas), caption_font(self.text_size)
        x0, y0, x1, y1 = self.box
        pen.rectangle([x0, y0, x1 - 1, y1 - 1], fill=_PANEL)
        line, pad = _line(self.text_size), self.text_size
        y = y0 + pad
        for text in self.heading:
            pen.text((x0 + pad, y + line / 2), text, fill=_INK, font=font, anchor="lm")
            y += line
        y += line // 3
        for i, entry in enumerate(self.entries):
            x = x0 + pad + (i % self.columns) * self.column_width
            _draw_entry(pen, entry, x, y + line * (i // self.columns), self.text_size, font)
        y += line * -(-len(self.entries) // self.columns) + line // 3
        for text in self.notes:
            if text.startswith(_HATCHED) and not hatched:
                continue
            pen.text((x0 + pad, y + line / 2), text, fill=_DIM, font=font, anchor="lm")
            y += line


_HATCHED: Final = "Hatched"


def lay_out(
    width: int, height: int, report: Report, longest: int, smallest: int
) -> tuple[LegendPanel, tuple[int, int]]:
    """Lay out a photo of `width` × `height` and its panel on one canvas.

    Parameters
    ----------
    longest : int
        Bound of the canvas's long side.
    smallest : int
        Photos whose long side is below are enlarged by a whole factor to reach it.

    Returns
    -------
    panel : LegendPanel
    size : (width, height)
        At which the photo is to be drawn.
    """
    long_side = max(width, height)
    factor = float(-(-smallest // long_side)) if long_side < smallest else 1.0
    factor = min(factor, longest / long_side)
    beside = height > 1.15 * width
    while True:
        shown = max(1, round(width * factor)), max(1, round(height * factor))
        panel = (_beside if beside else _below)(shown, report)
        over = max(panel.canvas) / longest
        if over <= 1:
            return panel, shown
        factor *= min(0.995, max(0.9, 1 / over))


def _below(shown: tuple[int, int], report: Report) -> LegendPanel:
    width = max(shown[0], _NARROWEST)
    size = _text_size(max(shown))
    font, pad = caption_font(size), size
    entries, room = _entries(report), width - 2 * pad
    column = max(_entry_width(e, size, font) for e in entries) + 2 * size if entries else room
    columns = max(1, min(len(entries), room // column))
    if columns > 1:
        # As many rows as needed, but no fuller than they have to be: 4 + 4 rather than 7 + 1.
        columns = -(-len(entries) // -(-len(entries) // columns))
        column = room // columns if room // columns < 1.6 * column else int(1.6 * column)
    heading, notes = _wrapped(_heading(report), room, font), _wrapped(_notes(report), room, font)
    tall = _height(len(heading), -(-len(entries) // columns), len(notes), size)
    return LegendPanel(
        canvas=(width, shown[1] + tall),
        photo_at=((width - shown[0]) // 2, 0),
        box=(0, shown[1], width, shown[1] + tall),
        columns=columns,
        column_width=column,
        text_size=size,
        heading=heading,
        entries=entries,
        notes=notes,
    )


def _beside(shown: tuple[int, int], report: Report) -> LegendPanel:
    size = _text_size(max(shown))
    font, pad = caption_font(size), size
    entries = _entries(report)
    column = max([_entry_width(e, size, font) for e in entries] + [14 * size])
    heading, notes = (
        _wrapped(_heading(report), column, font),
        _wrapped(_notes(report), column, font),
    )
    tall = max(shown[1], _height(len(heading), len(entries), len(notes), size))
    return LegendPanel(
        canvas=(shown[0] + column + 2 * pad, tall),
        photo_at=(0, (tall - shown[1]) // 2),
        box=(shown[0], 0, shown[0] + column + 2 * pad, tall),
        columns=1,
        column_width=column,
        text_size=size,
        heading=heading,
        entries=entries,
        notes=notes,
    )


def _text_size(long_side: int) -> int:
    return min(26, max(13, round(long_side / 78)))


def _line(size: int) -> int:
    return round(1.45 * size)


def _height(heading: int, rows: int, notes: int, size: int) -> int:
    line = _line(size)
    return 2 * size + line * (heading + rows + notes) + 2 * (line // 3)


def _entry_width(entry: _Entry, size: int, font: Font) -> int:
    return round(1.7 * size) + text_width(entry.text, font)


def _draw_entry(
    pen: ImageDraw.ImageDraw, entry: _Entry, x: int, y: int, size: int, font: Font
) -> None:
    middle = y + _line(size) / 2
    if entry.colour is not None:
        half = size / 2
        pen.rectangle(
            [x, middle - half, x + size, middle + half], fill=entry.colour, outline=(210, 210, 214)
        )
    pen.text(
        (x + round(1.7 * size), middle),
        entry.text,
        fill=_DIM if entry.dim else _INK,
        font=font,
        anchor="lm",
    )


def _percent(share: float) -> str:
    if 0 < share < 0.001:
        return "< 0.1 %"
    return f"{100 * share:.1f} %" if share < 0.1 else f"{100 * share:.0f} %"


def _entries(report: Report) -> tuple[_Entry, ...]:
    return tuple(
        _Entry(each.colour, f"{each.label}: {_amount(found)}", dim=found.area < _TRACE)
        for each in legend(report.distortions)
        for found in [report.distortions[each.distortion]]
    )


def _amount(found: DistortionSummary) -> str:
    if found.area < _TRACE:
        text = "a trace" if found.area else "none"
    else:
        text = f"{_percent(found.area)}, {found.severity_level} ({found.severity:.2f})"
    if found.unknown_area >= 0.01:
        text += f", cannot tell {_percent(found.unknown_area)}"
    return text


def _heading(report: Report) -> list[str]:
    seen = "seen whole" if report.view == "screen" else "at 1:1"
    quality = f"quality {report.quality_level} ({report.quality:.2f}), {seen}"
    count = len(report.regions)
    if count:
        more = sum(more.count for more in report.more.values())
        found = f"{count} region{'s' * (count > 1)}" + (f" and {more} smaller" if more else "")
    elif any(d.area >= _TRACE for d in report.distortions.values()):
        found = "Only scattered traces of flaws"
    elif report.failures:
        found = "No flaws found in what could be judged"
    else:
        found = "No flaws found"
    return [f"{found} · {quality}"]


def _notes(report: Report) -> list[str]:
    notes = []
    if report.only_at_1_to_1:
        names = legend(o.distortion for o in report.only_at_1_to_1)
        notes.append(f"Only at 1:1: {', '.join(each.label for each in names)}")
    if any(d.unknown_area > 0 for d in report.distortions.values()):
        notes.append(f"{_HATCHED}: no evidence for half of the flaws or more")
    if report.failures:
        parts = ", ".join(failure.part for failure in report.failures)
        notes.append(f"Could not be judged: {parts}")
    return notes


def _wrapped(texts: Iterable[str], room: int, font: Font) -> tuple[str, ...]:
    lines = []
    for text in texts:
        line = ""
        for word in text.split():
            longer = f"{line} {word}".strip()
            if line and text_width(longer, font) > room:
                lines.append(line)
                longer = word
            line = longer
        lines.append(line)
    return tuple(lines)
