"""What the opinion head is told beside the whole photo's features.

The local view: seven numbers of each distortion's screen plane.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from flawmap_engine.planes import ViewPlanes

__all__ = ["PER_DISTORTION", "opinion_numbers"]

_UNKNOWN_FROM: Final = 128
_VISIBLE: Final = 51
_PLAIN: Final = 128

#: How many numbers a distortion has.
PER_DISTORTION: Final = 7


def opinion_numbers(
    planes: ViewPlanes, subject: NDArray[np.float32], heard: Sequence[str]
) -> NDArray[np.float32]:
    """Numbers of some distortions, in their order.

    Parameters
    ----------
    planes : ViewPlanes
        Of the screen view; holds all of `heard`.
    subject : float32, shape (rows, cols)
    heard : sequence of distortions

    Returns
    -------
    float32, shape (7 · len(heard),)
        Over known cells: mean, 90th and 10th percentile, mean of the worst hundredth, shares from
        0.2 and from 0.5 on, and the mean weighted by subject; zeros where nothing is known.
    """
    numbers: list[float] = []
    for name in heard:
        severity, unknown = planes.of(name)
        known = unknown < _UNKNOWN_FROM
        values = severity[known]
        if values.size == 0:
            numbers += [0.0] * PER_DISTORTION
            continue
        worst = max(1, values.size // 100)
        weight = subject[known].astype(np.float64)
        total = max(float(weight.sum()), 1e-6)
        high, low = np.percentile(values, (90, 10))
        numbers += [
            float(values.mean()) / 255,
            float(high) / 255,
            float(low) / 255,
            float(np.partition(values, values.size - worst)[-worst:].mean()) / 255,
            float((values >= _VISIBLE).mean()),
            float((values >= _PLAIN).mean()),
            float((values * weight).sum()) / total / 255,
        ]
    return np.asarray(numbers, np.float32)
