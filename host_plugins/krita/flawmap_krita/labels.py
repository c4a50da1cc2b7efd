"""Labels: which of Krita's eight colour labels comes nearest to a colour of the palette."""

from __future__ import annotations

from typing import Final

__all__ = ["label_of"]

#: Krita's label colours by their number; 0 is "no label".
_LABELS: Final[dict[int, tuple[int, int, int]]] = {
    1: (91, 173, 220),  # blue
    2: (151, 202, 63),  # green
    3: (247, 229, 61),  # yellow
    4: (255, 170, 63),  # orange
    5: (177, 102, 63),  # brown
    6: (238, 50, 51),  # red
    7: (191, 106, 209),  # purple
    8: (118, 119, 114),  # grey
}


def label_of(colour: str) -> int:
    """Number of the label nearest to `#rrggbb`; 0 for an empty text."""
    if not colour:
        return 0
    wanted = tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))
    # Red and green count more than blue, roughly as the eye has it.
    return min(
        _LABELS,
        key=lambda label: sum(
            weight * (a - b) ** 2
            for weight, a, b in zip((3, 4, 2), wanted, _LABELS[label], strict=True)
        ),
    )
