"""Patching: a photo of which one rectangle has new pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from flawmap_api.errors import BadInput
from flawmap_api.geometry import Box

from .imaging import Photo
from .imaging.clipping import clipping_planes

__all__ = ["patched"]

_Plane = NDArray[np.uint8]


def patched(before: Photo, box: Box, patch: Photo) -> Photo:
    """The photo with the pixels of `patch` in `box`.

    Parameters
    ----------
    before : Photo
    box : Box
        Where the patch lies; as large as the patch.
    patch : Photo
        The rectangle's new pixels, taken in as a photo of its own.

    Raises
    ------
    BadInput
        If the box does not lie inside the photo.

    Notes
    -----
    Clipping is looked for before colours are converted, so for a cell that the rectangle covers in
    part the two findings are mixed by area. Where the 8-bit pixels tell the same as the document's
    own numbers did (8-bit sRGB without transparency) it is looked for again, exactly.
    """
    if not box.within(before.width, before.height):
        raise BadInput(
            f"The box {box.as_list()} is not inside the photo "
            f"({before.width}×{before.height} pixels)."
        )
    place = slice(box.y0, box.y1), slice(box.x0, box.x1)
    rgb = before.rgb.copy()
    rgb[place] = patch.rgb
    alpha = _patched_alpha(before, place, patch)
    if _tells_its_clipping(before) and _tells_its_clipping(patch):
        clipped, gamut = clipping_planes(rgb, alpha)
    else:
        clipped = _mixed(before.clipped, patch.clipped, before, box)
        gamut = _mixed(before.gamut, patch.gamut, before, box)
    return Photo(rgb, alpha, clipped, gamut, before.notes, before.lineage)


def _patched_alpha(before: Photo, place: tuple[slice, slice], patch: Photo) -> _Plane | None:
    if before.alpha is None and patch.alpha is None:
        return None
    shape = before.rgb.shape[:2]
    alpha = np.full(shape, 255, np.uint8) if before.alpha is None else before.alpha.copy()
    alpha[place] = 255 if patch.alpha is None else patch.alpha
    return None if alpha.min() == 255 else alpha


def _tells_its_clipping(photo: Photo) -> bool:
    clipped, gamut = clipping_planes(photo.rgb, photo.alpha)
    return np.array_equal(clipped, photo.clipped) and np.array_equal(gamut, photo.gamut)


def _mixed(whole: _Plane, part: _Plane, photo: Photo, box: Box) -> _Plane:
    """Shares of the photo's cells, those under the box taken from the patch's cells."""
    rows = _cells(photo.height, whole.shape[0])
    cols = _cells(photo.width, whole.shape[1])
    # Whole cells, so that the means below are over all of their pixels.
    first_row, last_row = rows[box.y0], rows[box.y1 - 1]
    first_col, last_col = cols[box.x0], cols[box.x1 - 1]
    ys = np.flatnonzero((rows >= first_row) & (rows <= last_row))
    xs = np.flatnonzero((cols >= first_col) & (cols <= last_col))
    pixels = whole[rows[ys][:, None], cols[xs][None]].astype(np.float32)
    of_patch = part[
        _cells(box.height, part.shape[0])[:, None], _cells(box.width, part.shape[1])[None]
    ]
    pixels[box.y0 - ys[0] : box.y1 - ys[0], box.x0 - xs[0] : box.x1 - xs[0]] = of_patch
    row_starts, row_counts = np.unique(rows[ys], return_index=True, return_counts=True)[1:]
    col_starts, col_counts = np.unique(cols[xs], return_index=True, return_counts=True)[1:]
    sums = np.add.reduceat(np.add.reduceat(pixels, row_starts, axis=0), col_starts, axis=1)
    means = sums / (row_counts[:, None] * col_counts[None])
    mixed = whole.copy()
    mixed[first_row : last_row + 1, first_col : last_col + 1] = np.rint(means)
    return mixed


def _cells(length: int, cells: int) -> NDArray[np.intp]:
    """The cell of each pixel along one axis."""
    return (2 * np.arange(length, dtype=np.intp) + 1) * cells // (2 * length)
