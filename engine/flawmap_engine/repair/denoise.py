"""Denoising: shrinking what is no larger than the noise, in overlapping blocks of cosines.

Each 8 × 8 block of each of several shifts of the block grid is taken apart into its 64 cosines;
those that stay under the noise are dropped, and the blocks' overlaps are averaged. A second pass
weighs every cosine by what the first found of the picture (Wiener). The same with a block grid's
own steps in place of noise takes blocks and ringing off a coded picture.

Source: Yu, Sapiro: DCT image denoising (IPOL 2011); the second pass as in BM3D (Dabov et al. 2007).
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .noise import BLOCK, NoiseModel, cosines, from_opponent, product, to_opponent

__all__ = ["REACH", "denoise"]

Floats = NDArray[np.float32]

#: Pixels around that a pixel's answer depends on.
REACH: Final = 2 * BLOCK
#: Shifts of the block grid, both ways: 4 looks at each pixel; the second pass takes 16 at its grey.
#: 16 everywhere is 0.07 dB better and takes nearly twice as long.
_STEP: Final = 4
_FINE_STEP: Final = 2
_HARD: Final = 2.7


def denoise(picture: Floats, noise: NoiseModel) -> Floats:
    """Take noise out of a picture.

    Parameters
    ----------
    picture : float32, shape (h, w, 1 or 3), perceptual numbers, 1 is white
    noise : NoiseModel

    Returns
    -------
    float32, same shape
    """
    height, width, channels = picture.shape
    pad = BLOCK
    bottom, right = pad + (-height) % BLOCK, pad + (-width) % BLOCK
    framed = cv2.copyMakeBorder(picture, pad, bottom, pad, right, cv2.BORDER_REFLECT_101)
    planes = to_opponent(np.asarray(framed, np.float32).reshape(*framed.shape[:2], channels))
    brightness = cv2.blur(planes[0], (BLOCK, BLOCK)) / np.float32(3**0.5)
    done = []
    for number, plane in enumerate(planes):
        level = noise.level(brightness, chroma=number > 0)
        bands = noise.bands(chroma=number > 0)
        first = _pass(plane, level, bands, _shifts(_STEP), None)
        fine = _shifts(_STEP if number else _FINE_STEP)
        done.append(_pass(plane, level, bands, fine, first))
    clean = from_opponent(done)
    return np.ascontiguousarray(clean[pad : pad + height, pad : pad + width])


def _shifts(step: int) -> list[tuple[int, int]]:
    return [(y, x) for y in range(0, BLOCK, step) for x in range(0, BLOCK, step)]


def _pass(
    plane: Floats,
    level: Floats,
    bands: Floats,
    shifts: list[tuple[int, int]],
    guide: Floats | None,
) -> Floats:
    """One look at all shifts: hard thresholds without a guide, Wiener weights with one."""
    total = np.zeros_like(plane)
    weight = np.zeros_like(plane)
    basis = cosines()
    back = np.ascontiguousarray(basis.T)
    for y, x in shifts:
        rows = slice(y, y + (plane.shape[0] - y) // BLOCK * BLOCK)
        cols = slice(x, x + (plane.shape[1] - x) // BLOCK * BLOCK)
        coefs = product(_blocks(plane[rows, cols]), basis)
        sigma = level[rows, cols][BLOCK // 2 :: BLOCK, BLOCK // 2 :: BLOCK].reshape(-1, 1) * bands
        if guide is None:
            keep = np.abs(coefs) > np.float32(_HARD) * sigma
            keep[:, 0] = True
            coefs *= keep
            trust = np.asarray(1 / np.count_nonzero(keep, axis=1), np.float32)
        else:
            seen = product(_blocks(guide[rows, cols]), basis)
            seen *= seen
            gain = seen / (seen + sigma * sigma + np.float32(1e-12))
            gain[:, 0] = 1
            coefs *= gain
            trust = np.asarray(1 / np.maximum(np.einsum("ij,ij->i", gain, gain), 1), np.float32)
        coefs *= trust[:, None]
        _add(total[rows, cols], product(coefs, back))
        spread = np.repeat(trust[:, None], BLOCK * BLOCK, axis=1)
        _add(weight[rows, cols], spread)
    # The frame's rim is in no block of some shifts; it is cut off afterwards.
    return np.asarray(total / np.maximum(weight, np.float32(1e-9)), np.float32)


def _blocks(plane: Floats) -> Floats:
    """Blocks as rows of 64, shape (n, 64)."""
    h, w = plane.shape
    cut = plane.reshape(h // BLOCK, BLOCK, w // BLOCK, BLOCK).swapaxes(1, 2)
    return np.ascontiguousarray(cut).reshape(-1, BLOCK * BLOCK)


def _add(plane: Floats, blocks: Floats) -> None:
    h, w = plane.shape
    cut = blocks.reshape(h // BLOCK, w // BLOCK, BLOCK, BLOCK).swapaxes(1, 2)
    plane += cut.reshape(h, w)
