"""Selecting: coverages as Krita's selections, and back, with their soft values.

What a script writes into a selection is selected at once, but Krita draws no outline of it: it
keeps the outline of what was selected by rectangles. So rectangles are selected first, strip by
strip, and the exact values are written over them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from krita import Selection

from flawmap_api.geometry import Box
from flawmap_plugin.host import Mask

from .qt import bytes_of, q_bytes

__all__ = ["mask_of", "runs", "selection_of"]

#: Krita unites the rectangles one by one: with twice as many strips it takes four times as long.
_STRIPS: Final = 96
_MOST_RUNS: Final = 400
_INSIDE: Final = bytes(128) + bytes([1]) * 128


def selection_of(mask: Mask, *, outlined: bool = False) -> Any:
    """Krita's selection with the mask's values; `outlined`: to be shown with its outline."""
    selection, box = Selection(), mask.box
    if outlined:
        for x, y, width, height in runs(mask):
            selection.select(x, y, width, height, 255)
    selection.setPixelData(q_bytes(mask.data), box.x0, box.y0, box.width, box.height)
    return selection


def mask_of(selection: Any, width: int, height: int) -> Mask | None:
    """A selection's values within the canvas; None if nothing there is selected."""
    if selection is None:
        return None
    x0, y0 = max(0, selection.x()), max(0, selection.y())
    x1 = min(width, selection.x() + selection.width())
    y1 = min(height, selection.y() + selection.height())
    if x0 >= x1 or y0 >= y1:
        return None
    data = bytes(bytes_of(selection.pixelData(x0, y0, x1 - x0, y1 - y0)))
    return Mask(Box(x0, y0, x1, y1), data)


def runs(mask: Mask) -> Iterator[tuple[int, int, int, int]]:
    """Rectangles (x, y, width, height) that together cover about what is more than half inside."""
    box, count = mask.box, 0
    step = max(1, -(-box.height // _STRIPS))
    for top in range(0, box.height, step):
        high = min(step, box.height - top)
        start = (top + high // 2) * box.width
        row = mask.data[start : start + box.width].translate(_INSIDE)
        for run in re.finditer(b"\1+", row):
            count += 1
            if count > _MOST_RUNS:
                return
            # Strips that only touch would keep the line between them.
            over = min(top, 1)
            yield box.x0 + run.start(), box.y0 + top - over, run.end() - run.start(), high + over
