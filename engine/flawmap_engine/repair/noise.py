"""Noise: how strong it is, at which brightness and how fine, measured where a picture is flattest.

Blocks of 8 × 8 are taken apart into their cosines. Half of the cosines choose the flattest blocks,
the other half tell how much there is; then the halves change places. So the choice does not make
the noise look smaller than it is.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = [
    "BLOCK",
    "NoiseModel",
    "cosines",
    "from_opponent",
    "measure_noise",
    "product",
    "to_opponent",
]

Floats = NDArray[np.float32]

BLOCK: Final = 8
#: Brightness (mean of the channels) at which levels are told; between them they are interpolated.
_AT: Final = (0.05, 0.2, 0.35, 0.5, 0.7, 0.95)
#: Bands of u + v, the cosines' two frequencies: coarse to fine.
_BAND_ENDS: Final = (2, 5, 8, 14)
_FLATTEST: Final = 0.05
#: Shares of flat blocks that are left out, one after the other, where too little noise is found.
_SKIPPED: Final = (0.0, 0.1, 0.2, 0.35, 0.5)
#: Share of a block's pixels that may be cut off: as few as there are enough blocks for.
_CUT: Final = (0.3, 1.0)
#: How much stronger or weaker noise may be at one brightness than where the picture is flattest.
_UNEVEN: Final = 5
_LEAST_BLOCKS: Final = 24
_MOST_BLOCKS: Final = 30_000
#: Root mean square over median-based sigma: 1 for noise (measured: up to 1.25), 1.4 to 3 for
#: undamaged photos' flattest blocks.
_TAIL_AT: Final = (1.2, 1.8)
_TAIL_BELIEF: Final = (1.0, 0.25)
_SHADING: Final = 1.15
#: Noise of a camera's own denoising, of 0.7 px, has 4.7 times as much in its coarse structures.
_MOST_FACTORS: Final = (5.0, 5.0, 2.5, 1.0)


@dataclass(frozen=True, slots=True)
class NoiseModel:
    """Standard deviations in perceptual numbers, 1 is white.

    Attributes
    ----------
    luma, chroma : 6 floats
        Of the grey axis and of each of the two colour axes, at six steps of brightness.
    luma_bands, chroma_bands : 4 floats
        How much more (or less) of it there is in coarse to fine structures; white noise: 1.
    """

    luma: tuple[float, ...]
    chroma: tuple[float, ...]
    luma_bands: tuple[float, ...] = (1.0,) * 4
    chroma_bands: tuple[float, ...] = (1.0,) * 4

    @classmethod
    def plain(cls, sigma: float) -> NoiseModel:
        """White noise, the same everywhere."""
        return cls((sigma,) * len(_AT), (sigma,) * len(_AT))

    def level(self, brightness: Floats, *, chroma: bool) -> Floats:
        """Sigma at each pixel's brightness."""
        values = self.chroma if chroma else self.luma
        table = np.interp(np.arange(257) / 256, _AT, values).astype(np.float32)
        index = np.clip(brightness * 256 + 0.5, 0, 256).astype(np.int16)
        return np.asarray(table[index], np.float32)

    def bands(self, *, chroma: bool) -> Floats:
        """Factor of each of the 64 cosines."""
        values = self.chroma_bands if chroma else self.luma_bands
        return np.asarray(values, np.float32)[_band_of()]

    @property
    def sigma(self) -> float:
        """Luma's standard deviation at middle brightness, on the scale of 255."""
        fine = float(np.mean(self.luma))
        spread = float(np.sqrt(np.mean(self.bands(chroma=False)[1:] ** 2)))
        return 255 * fine * spread / float(np.sqrt(3))

    def scaled(self, factor: float) -> NoiseModel:
        """The same noise, so many times as strong."""
        return NoiseModel(
            tuple(factor * v for v in self.luma),
            tuple(factor * v for v in self.chroma),
            self.luma_bands,
            self.chroma_bands,
        )

    def to_settings(self) -> dict[str, float]:
        """As a plan's flat settings."""
        return {
            f"{name}_{number}": round(float(value), 6)
            for name in ("luma", "chroma", "luma_bands", "chroma_bands")
            for number, value in enumerate(getattr(self, name))
        }

    @classmethod
    def from_settings(cls, settings: Mapping[str, float]) -> NoiseModel:
        """Read what `to_settings` wrote; what is missing is filled from `sigma` (0..255)."""
        plain = settings.get("sigma", 0.0) / 255 * float(np.sqrt(3))

        def values(name: str, count: int, default: float) -> tuple[float, ...]:
            found = (settings.get(f"{name}_{number}", default) for number in range(count))
            return tuple(min(max(float(v), 0.0), 10.0) for v in found)

        return cls(
            values("luma", len(_AT), plain),
            values("chroma", len(_AT), plain),
            values("luma_bands", len(_BAND_ENDS), 1.0),
            values("chroma_bands", len(_BAND_ENDS), 1.0),
        )


def measure_noise(
    picture: Floats, inside: NDArray[np.bool_] | None = None, *, least: float = 0.0
) -> NoiseModel | None:
    """Measure the noise of a picture, or of a part of it.

    Parameters
    ----------
    picture : float32, shape (h, w, 1 or 3), perceptual numbers, 1 is white
    inside : bool, shape (h, w), optional
        Where to look; default: everywhere.
    least : float
        Luma sigma (of 255) that has to be there: a part may reach over what is clean, whose blocks
        are the flattest of all. If no blocks show as much, the flattest tell.

    Returns
    -------
    NoiseModel, or None where too little of the part can be looked at (small, or clipped)
    """
    height, width = (size // BLOCK * BLOCK for size in picture.shape[:2])
    if height == 0 or width == 0:
        return None
    picture = picture[:height, :width]
    planes = to_opponent(picture)
    chosen = _usable(picture, None if inside is None else inside[:height, :width])
    index = np.flatnonzero(chosen)
    if len(index) < _LEAST_BLOCKS:
        return None
    index = index[:: max(1, len(index) // _MOST_BLOCKS)]
    brightness = (planes[0] / _ROOT).reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK)
    brightness = brightness.mean(axis=(1, 3)).ravel()[index]
    power = [np.square(product(_blocks(plane)[index], cosines())) for plane in planes]
    models = (_model(power, brightness, skip) for skip in _SKIPPED)
    first = next(models)
    if first.sigma >= least:
        return first
    return next((model for model in models if model.sigma >= least), first)


def _model(power: Sequence[Floats], brightness: Floats, skip: float) -> NoiseModel:
    luma = chroma = _levels(power[0], brightness, skip)
    if len(power) == 3:
        chroma = _levels(np.asarray((power[1] + power[2]) / 2, np.float32), brightness, skip)
    return NoiseModel(luma[0], chroma[0], luma[1], chroma[1])


def to_opponent(picture: Floats) -> list[Floats]:
    """Grey axis and two colour axes, orthonormal: white noise keeps its strength on each.

    A grey picture has the grey axis alone, as if it had three equal channels.
    """
    if picture.shape[2] == 1:
        return [picture[..., 0] * _ROOT]
    turned = cv2.transform(picture, _OPPONENT)
    return [np.ascontiguousarray(plane) for plane in cv2.split(turned)]


def from_opponent(planes: Sequence[Floats]) -> Floats:
    """Back from `to_opponent`: float32, shape (h, w, channels)."""
    if len(planes) == 1:
        return planes[0][..., None] / _ROOT
    return np.asarray(cv2.transform(cv2.merge(list(planes)), _OPPONENT.T), np.float32)


def product(rows: Floats, basis: Floats) -> Floats:
    """Matrix product in this very thread.

    NumPy's goes to a BLAS with threads of its own, which wait for each other at full speed: where
    tiles are repaired side by side on a busy machine that was 20 times slower.
    """
    return np.asarray(cv2.gemm(rows, basis, 1, _NOTHING, 0), np.float32)


@lru_cache(maxsize=1)
def cosines() -> Floats:
    """Rows of 64 pixels to rows of 64 cosines: float32 (64, 64), orthonormal."""
    n = np.arange(BLOCK)
    one = np.cos(np.pi * (n[:, None] + 0.5) * n[None] / BLOCK) * np.sqrt(2 / BLOCK)
    one[:, 0] /= np.sqrt(2)
    return np.asarray(np.kron(one, one), np.float32)


_ROOT: Final = np.float32(3**0.5)
_NOTHING: Final = np.empty((0, 0), np.float32)
_OPPONENT: Final = np.array(
    [
        [3**-0.5, 3**-0.5, 3**-0.5],
        [2**-0.5, 0, -(2**-0.5)],
        [6**-0.5, -2 * 6**-0.5, 6**-0.5],
    ],
    np.float32,
)


@lru_cache(maxsize=1)
def _band_of() -> NDArray[np.intp]:
    n = np.arange(BLOCK)
    return np.searchsorted(_BAND_ENDS, (n[:, None] + n[None]).ravel())


def _usable(picture: Floats, inside: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
    """Blocks that lie inside and are hardly cut off, shape (blocks,)."""
    rows, cols = picture.shape[0] // BLOCK, picture.shape[1] // BLOCK
    cut = np.asarray(((picture <= 0.004) | (picture >= 0.996)).any(axis=2))
    share = cut.reshape(rows, BLOCK, cols, BLOCK).mean(axis=(1, 3))
    whole: NDArray[np.bool_] = np.ones((rows, cols), np.bool_)
    if inside is not None:
        whole = np.asarray(inside.reshape(rows, BLOCK, cols, BLOCK).all(axis=(1, 3)))
    # What is cut off makes the noise look smaller; where all is, a little is better than nothing.
    for most in _CUT:
        good = whole & (share <= most)
        if int(good.sum()) >= max(_LEAST_BLOCKS, 0.1 * int(whole.sum())):
            break
    return np.asarray(good).ravel()


def _levels(
    power: Floats, brightness: Floats, skip: float
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Sigma at each step of brightness, and the bands' factors."""
    last = len(_BAND_ENDS) - 1
    flat = _flattest(power, skip)
    bands = np.array([_sigma(_take(flat, band)) for band in range(last + 1)])
    # The coarsest holds the picture's own shading; noise has no more of it than of the next one.
    bands[0] = min(bands[0], _SHADING * bands[1])
    base = max(float(bands[last]), 1e-5)
    at, found = [], []
    edges = [0.0, *((a + b) / 2 for a, b in itertools.pairwise(_AT)), 2.0]
    for (low, high), centre in zip(itertools.pairwise(edges), _AT, strict=True):
        some = power[(brightness >= low) & (brightness < high)]
        if len(some) >= _LEAST_BLOCKS:
            at.append(centre)
            found.append(_sigma(_take(_flattest(some, skip), last)))
    levels = np.interp(_AT, at, found) if at else np.full(len(_AT), base)
    levels = np.clip(levels, base / _UNEVEN, base * _UNEVEN)
    factors = np.clip(bands / base, 0.2, _MOST_FACTORS)
    return tuple(float(v) for v in levels), tuple(float(v) for v in factors)


def _flattest(power: Floats, skip: float) -> list[Floats]:
    """Rows of the flattest blocks with the cosines that did not choose them; the others are NaN.

    A share `skip` of blocks that are still flatter is left out.
    """
    halves = _halves()
    count = min(len(power), max(_LEAST_BLOCKS // 2, round(_FLATTEST * len(power))))
    first = min(round(skip * len(power)), len(power) - count)
    chosen = []
    for choose, tell in (halves, halves[::-1]):
        energy = power[:, choose].sum(axis=1)
        rows = power[np.argsort(energy)[first : first + count]]
        chosen.append(np.where(tell, rows, np.float32(np.nan)))
    return chosen


def _take(flat: list[Floats], band: int) -> Floats:
    here = _band_of() == band
    return np.concatenate([rows[:, here].ravel() for rows in flat])


def _sigma(power: Floats) -> float:
    """Standard deviation of the noise in what has these squares.

    The median tells it, since what a picture has in its cosines is rare and large, and noise is
    neither. Where the mean is far over what the median says, it is a picture's texture that was
    found, and less of it is believed.
    """
    known = power[~np.isnan(power)]
    if known.size == 0:
        return 0.0
    sigma = float(np.sqrt(np.median(known))) / 0.6745
    tail = float(np.sqrt(known.mean())) / max(sigma, 1e-9)
    return sigma * float(np.interp(tail, _TAIL_AT, _TAIL_BELIEF))


@lru_cache(maxsize=1)
def _halves() -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """The cosines of odd and of even u + v, without the mean."""
    n = np.arange(BLOCK)
    odd = ((n[:, None] + n[None]) % 2 == 1).ravel()
    even = ~odd
    even[0] = False
    return odd, even


def _blocks(plane: Floats) -> Floats:
    h, w = plane.shape
    cut = plane.reshape(h // BLOCK, BLOCK, w // BLOCK, BLOCK).swapaxes(1, 2)
    return np.ascontiguousarray(cut).reshape(-1, BLOCK * BLOCK)
