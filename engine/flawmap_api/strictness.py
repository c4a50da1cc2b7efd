"""Strictness: one slider that moves every threshold, the same in every client."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["thresholds_at"]


def thresholds_at(
    operating_points: Mapping[str, int],
    strictness: float = 0.0,
    overrides: Mapping[str, float] | None = None,
) -> dict[str, int]:
    """Thresholds for a strictness between -1 (lenient) and 1 (strict).

    Parameters
    ----------
    operating_points : mapping of distortion to k, 1..255
        The model's own operating points.
    strictness : float in [-1, 1]
        k is multiplied by 2^(-strictness): at 1 half the severity is enough, at -1 it takes twice
        as much.
    overrides : mapping of distortion to a threshold in (0, 1], optional
        A person's own thresholds; they win over the strictness.

    Returns
    -------
    dict of distortion to k, 1..255
        In the order of `operating_points`. A k is compared with the 8-bit severity plane.
    """
    factor = 2.0 ** -float(strictness)
    moved = {name: min(255, max(1, round(k * factor))) for name, k in operating_points.items()}
    for name, value in (overrides or {}).items():
        if name in moved:
            moved[name] = min(255, max(1, round(255 * value)))
    return moved
