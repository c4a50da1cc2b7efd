"""Matrix profiles: tone curves and primaries read out of an ICC profile.

The working spaces of editors and cameras (sRGB, Adobe RGB, Display P3, ProPhoto, Rec. 2020, and
the linear ones) are of this kind. What is asked of it is small: curves as tables of 65,536
entries and one 3x3 matrix, so that deep pictures keep their depth until the last step. Source of
the layout: ICC.1:2022, sections 7.2, 9.2, 10.6 (curveType), 10.18 (parametricCurveType).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["MatrixProfile", "encode_srgb", "parse_matrix_profile"]

# sRGB's primaries, adapted to D50, as columns: what "rXYZ", "gXYZ", "bXYZ" of its profile say.
_SRGB_D50 = np.array(
    [
        [0.43606567, 0.38514709, 0.14306641],
        [0.22248840, 0.71687317, 0.06060791],
        [0.01391602, 0.09707642, 0.71409607],
    ]
)


@dataclass(frozen=True, slots=True, eq=False)
class MatrixProfile:
    """A profile that is tone curves and, for RGB, a matrix.

    Attributes
    ----------
    curves : tuple of float32 (65536,)
        Code value to linear light 0..1; one for grey, three for RGB.
    to_srgb : float32 (3, 3) or None
        Linear light of this profile to linear light of sRGB; None for grey.
    """

    curves: tuple[NDArray[np.float32], ...]
    to_srgb: NDArray[np.float32] | None


@lru_cache(maxsize=1)
def encode_srgb() -> NDArray[np.uint8]:
    """sRGB's curve as a table: 16-bit linear light to its 8-bit code, uint8 (65536,)."""
    light = np.arange(65536) / 65535
    code = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(code * 255), np.uint8)


@lru_cache(maxsize=8)
def parse_matrix_profile(icc: bytes) -> MatrixProfile | None:
    """Read a matrix profile; None if it is of another kind, or damaged."""
    try:
        return _parse(icc)
    except (struct.error, ValueError, KeyError, OverflowError, np.linalg.LinAlgError):
        return None


def _parse(icc: bytes) -> MatrixProfile | None:
    if icc[36:40] != b"acsp" or icc[20:24] != b"XYZ ":
        return None
    count = min(struct.unpack(">L", icc[128:132])[0], 200)
    tags: dict[bytes, bytes] = {}
    for at in range(132, 132 + 12 * count, 12):
        name, offset, size = struct.unpack(">4sLL", icc[at : at + 12])
        tags[name] = icc[offset : offset + size]
    if b"A2B0" in tags or b"A2B1" in tags:  # tables win over the matrix where there are both
        return None
    if icc[16:20] == b"GRAY":
        return MatrixProfile((_curve(tags[b"kTRC"]),), None)
    if icc[16:20] != b"RGB ":
        return None
    curves = tuple(_curve(tags[name]) for name in (b"rTRC", b"gTRC", b"bTRC"))
    columns = np.stack([_xyz(tags[name]) for name in (b"rXYZ", b"gXYZ", b"bXYZ")], axis=1)
    matrix = np.linalg.solve(_SRGB_D50, columns).astype(np.float32)
    return MatrixProfile(curves, matrix) if np.isfinite(matrix).all() else None


def _xyz(tag: bytes) -> NDArray[np.float64]:
    return np.array(struct.unpack(">3l", tag[8:20])) / 65536


def _curve(tag: bytes) -> NDArray[np.float32]:
    x = np.arange(65536) / 65535
    if tag[:4] == b"para":
        y = _parametric(tag, x)
    elif tag[:4] == b"curv":
        count = struct.unpack(">L", tag[8:12])[0]
        if count == 0:
            y = x
        elif count == 1:
            y = x ** (struct.unpack(">H", tag[12:14])[0] / 256)
        else:
            points = np.frombuffer(tag[12 : 12 + 2 * count], ">u2").astype(np.float64) / 65535
            if len(points) != count:
                raise ValueError("curve is cut short")
            y = np.interp(x, np.linspace(0, 1, count), points)
    else:
        raise ValueError("no curve")
    if not np.isfinite(y).all():
        raise ValueError("curve is not finite")
    return np.clip(y, 0, 1).astype(np.float32)


def _parametric(tag: bytes, x: NDArray[np.float64]) -> NDArray[np.float64]:
    kind = struct.unpack(">H", tag[8:10])[0]
    amount = {0: 1, 1: 3, 2: 4, 3: 5, 4: 7}[kind]
    values = [v / 65536 for v in struct.unpack(f">{amount}l", tag[12 : 12 + 4 * amount])]
    g, a, b, c, d, e, f = values + [0.0] * (7 - amount)
    if kind == 0:
        y = x**g
    elif kind in (1, 2):
        # Y = (aX + b)^g (+ c) from X = -b/a on, below it 0 (or c)
        y = np.where(x >= (-b / a if a else 0), np.maximum(a * x + b, 0) ** g + c, c)
    else:
        y = np.where(x >= d, np.maximum(a * x + b, 0) ** g + e, c * x + f)
    return np.asarray(y, np.float64)
