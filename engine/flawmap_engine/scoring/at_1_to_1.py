"""At 1:1 only: flaws that a person sees in the pixels and not in the photo as a whole."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from flawmap_api.report import OnlyAt1To1
from flawmap_api.words import rounded
from flawmap_engine.masks import UNKNOWN_FROM, cell_of, cells_of, counting_size, distortion_mask
from flawmap_engine.planes import Analysis

from .formulas import top_severity
from .sentences import at_1_to_1

__all__ = ["CAP", "MIN_AREA_AT_1_TO_1", "only_at_1_to_1"]

#: Such a flaw is never more than `minor`.
CAP = 0.4
#: From this share of the photo on it gets a line.
MIN_AREA_AT_1_TO_1 = 0.01


def only_at_1_to_1(analysis: Analysis, thresholds: Mapping[str, int]) -> tuple[OnlyAt1To1, ...]:
    """Flaws whose mask in the pixel view lies where the screen view has none.

    Parameters
    ----------
    analysis : Analysis
    thresholds : mapping of distortion to k, 1..255

    Returns
    -------
    tuple of OnlyAt1To1
        In the planes' order; empty where both views are the same. `area` counts pixels of the pixel
        view's mask that are more than a cell away from the screen view's (the two grids never end
        on the same line); `severity` is that of the pixel view's cells there, at most 0.4.
    """
    if analysis.pixel is analysis.screen or (
        analysis.pixel.grid == analysis.screen.grid
        and np.array_equal(analysis.pixel.severity, analysis.screen.severity)
    ):
        return ()
    found = (_line(analysis, name, thresholds[name]) for name in analysis.pixel.distortions)
    return tuple(line for line in found if line is not None)


def _line(analysis: Analysis, name: str, k: int) -> OnlyAt1To1 | None:
    if _new_cells(analysis, name, k) < MIN_AREA_AT_1_TO_1 / 2:
        return None
    width, height = counting_size(analysis.width, analysis.height)
    fine = distortion_mask(analysis.pixel, name, k, width, height)
    if name in analysis.screen.distortions:
        seen = distortion_mask(analysis.screen, name, k, width, height)
        grid = analysis.screen.grid
        reach = (2 * -(-width // grid.cols) + 1, 2 * -(-height // grid.rows) + 1)
        near = cv2.dilate(seen, cv2.getStructuringElement(cv2.MORPH_RECT, reach))
        fine = np.asarray(cv2.subtract(fine, near), np.uint8)
    area = rounded(cv2.countNonZero(fine) / fine.size)
    if area < MIN_AREA_AT_1_TO_1:
        return None
    severity, unknown = analysis.pixel.of(name)
    rows, cols = severity.shape
    middle = (
        (2 * np.arange(rows) + 1) * height // (2 * rows),
        (2 * np.arange(cols) + 1) * width // (2 * cols),
    )
    there = (fine[np.ix_(*middle)] != 0) & (unknown < UNKNOWN_FROM)
    strength = rounded(min(CAP, top_severity(severity, there)))
    return OnlyAt1To1(name, area, strength, *at_1_to_1(name, area))


def _new_cells(analysis: Analysis, name: str, k: int) -> float:
    """Share of the photo in cells of the pixel view's mask where the screen view has none near.

    A first look that spares most photos the count by pixels; the two differ by edges alone.
    """
    fine = cells_of(analysis.pixel, name, k)
    if name in analysis.screen.distortions and fine.any():
        seen = cells_of(analysis.screen, name, k)
        near = cv2.dilate(seen.view(np.uint8), np.ones((3, 3), np.uint8)).view(np.bool_)
        (rows, cols), (from_rows, from_cols) = fine.shape, seen.shape
        fine &= ~near[np.ix_(cell_of(0, rows, from_rows, rows), cell_of(0, cols, from_cols, cols))]
    return float(fine.mean())
