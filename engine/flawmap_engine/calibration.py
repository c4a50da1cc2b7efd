"""Calibration: from the network's raw numbers to severity on people's scale, and to bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["calibrated", "to_bytes"]

Curve = tuple[Sequence[float], Sequence[float]]


def calibrated(
    raw: NDArray[np.float32], distortions: Sequence[str], curves: Mapping[str, Curve]
) -> NDArray[np.float32]:
    """Severity of each cell.

    Parameters
    ----------
    raw : float32, shape (distortions, rows, cols)
    distortions : sequence of str
        Names along the first axis.
    curves : mapping of distortion to (x, y)
        Piecewise linear; a distortion without one keeps its raw numbers.

    Returns
    -------
    float32, same shape, values in [0, 1]
    """
    severity = np.empty(raw.shape, np.float32)
    for plane, name, out in zip(raw, distortions, severity, strict=True):
        out[...] = np.interp(plane, *curves[name]) if name in curves else plane
    return np.clip(severity, 0, 1, out=severity)


def to_bytes(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """round(255 · value) of numbers in [0, 1]; halves go to the even byte."""
    rounded: NDArray[np.float32] = np.rint(values * np.float32(255))
    return rounded.astype(np.uint8)
