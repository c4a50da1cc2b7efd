"""Tint: what an overlay looks like – colours and opacity from grid planes, for any part of a photo.

Pure functions over arrays. Grid planes come to a picture's pixels bilinearly with half-pixel
centres, as everywhere in Flawmap; here straight to the screen's size, which no engine could know.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flawmap_api.geometry import Box
from flawmap_api.palette import COLOURS

__all__ = ["Sampled", "outlines", "sample", "tint"]

U8 = NDArray[np.uint8]
_UNKNOWN_FROM = 128
_LINE = 3


@dataclass(frozen=True, slots=True, eq=False)
class Sampled:
    """Planes brought to the size of a part of the screen.

    Attributes
    ----------
    box : Box
        Which part of the photo.
    severity : dict of distortion to uint8, shape (height, width)
        0 where it is unknown, so that no threshold reaches it.
    """

    box: Box
    severity: dict[str, U8]


def sample(
    severity: Mapping[str, U8],
    unknown: Mapping[str, U8],
    photo: tuple[int, int],
    box: Box,
    size: tuple[int, int],
) -> Sampled:
    """Bring grid planes to a part of the photo, drawn at some size.

    Parameters
    ----------
    severity, unknown : mapping of distortion to uint8, shape (rows, cols)
    photo : (width, height), px
    box : Box
        The part, in photo pixels.
    size : (width, height), px
        Of what comes out.
    """
    import cv2

    width, height = size
    out = {}
    for name, plane in severity.items():
        rows, cols = plane.shape
        # Centre of output pixel i ↔ photo ↔ grid, each with half-pixel centres.
        sx = box.width / width * cols / photo[0]
        sy = box.height / height * rows / photo[1]
        tx = box.x0 * cols / photo[0] + 0.5 * sx - 0.5
        ty = box.y0 * rows / photo[1] + 0.5 * sy - 0.5
        to_grid = np.array([[sx, 0, tx], [0, sy, ty]], np.float64)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        drawn, blind = (
            np.asarray(
                cv2.warpAffine(each, to_grid, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
            )
            for each in (plane, unknown[name])
        )
        drawn[blind >= _UNKNOWN_FROM] = 0
        out[name] = drawn.astype(np.uint8, copy=False)
    return Sampled(box, out)


def tint(
    sampled: Sampled,
    thresholds: Mapping[str, int],
    *,
    hidden: frozenset[str] = frozenset(),
    opacity: float = 0.6,
    style: str = "fill",
) -> U8:
    """Draw the overlay: each pixel in the colour of the flaw that is worst there.

    Parameters
    ----------
    sampled : Sampled
    thresholds : mapping of distortion to k, 1..255
    hidden : frozenset of str
        Distortions that are left out.
    opacity : float in [0, 1]
        Of a severity of 1 (fill), or of every line (contour).
    style : "fill" | "contour"

    Returns
    -------
    uint8, shape (height, width, 4)
        Blue, green, red, alpha; premultiplied, as Qt's ARGB32_Premultiplied lies in memory on a
        little-endian machine.
    """
    import cv2

    planes = {
        name: plane
        for name, plane in sampled.severity.items()
        if name not in hidden and name in thresholds and name in COLOURS
    }
    first = next(iter(sampled.severity.values()))
    worst = np.zeros_like(first)
    which = np.zeros_like(first)
    for number, (name, plane) in enumerate(planes.items(), start=1):
        shown = _reached(plane, thresholds[name], cv2.THRESH_TOZERO)
        if style == "contour":
            shown = _edges(shown)
        np.putmask(which, shown > worst, number)
        cv2.max(worst, shown, dst=worst)
    # One table of every flaw at every severity: a look-up a pixel instead of seven passes.
    code = which.astype(np.uint16) << 8 | worst
    table = _colours(tuple(planes), opacity, flat=style == "contour")
    return np.take(table, code).view(np.uint8).reshape(*first.shape, 4)


def _colours(names: tuple[str, ...], opacity: float, *, flat: bool) -> NDArray[np.uint32]:
    """Premultiplied blue, green, red, alpha of 256 severities, after one another for each flaw."""
    severity = np.where(np.arange(256) > 0, 255, 0) if flat else np.arange(256)
    alpha = np.rint(severity * opacity)[:, None]
    table = np.zeros((len(names) + 1, 256, 4), np.uint8)
    for number, name in enumerate(names, start=1):
        table[number, :, :3] = np.rint(alpha * COLOURS[name][::-1] / 255)
        table[number, :, 3:] = alpha
    return table.reshape(-1, 4).view(np.uint32)[:, 0]


def _edges(shown: U8) -> U8:
    import cv2

    mask = _reached(shown, 1, cv2.THRESH_BINARY)
    core = cv2.erode(mask, np.ones((_LINE, _LINE), np.uint8), borderValue=0)
    return np.asarray(cv2.subtract(mask, core), np.uint8)


def outlines(sampled: Sampled, distortion: str, threshold: int) -> list[NDArray[np.float64]]:
    """Outlines of a distortion's mask.

    Returns
    -------
    list of float64, shape (n, 2)
        Closed lines of x and y in photo pixels, along the outer pixels' centres.
    """
    import cv2

    plane = sampled.severity.get(distortion)
    if plane is None:
        return []
    mask = _reached(plane, threshold, cv2.THRESH_BINARY)
    found, _ = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    box = sampled.box
    scale = np.array([box.width / mask.shape[1], box.height / mask.shape[0]])
    lines = (np.asarray(line, np.float64)[:, 0] for line in found if len(line) >= 3)
    return [(line + 0.5) * scale + (box.x0, box.y0) for line in lines]


def _reached(plane: U8, k: int, how: int) -> U8:
    import cv2

    return np.asarray(cv2.threshold(plane, k - 1, 255, how)[1], np.uint8)
