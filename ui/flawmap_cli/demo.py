"""The demo photo and its damage: six known flaws, planted by a seeded recipe that says what it did.

Functions over arrays, so that the same recipe serves `flawmap demo`, its tests and anybody who
wants to see what the engine makes of known damage in a photo of theirs. No engine, no printing.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from flawmap_api.errors import BadInput
from flawmap_cli.demo_damage import RECIPE

__all__ = [
    "SEED",
    "Agreement",
    "PlantedFlaw",
    "agreement",
    "demo_credit",
    "demo_credit_line",
    "demo_photo",
    "plant",
    "told",
]

Photo = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.uint8]
_Plane = npt.NDArray[np.float32]
_Image = npt.NDArray[np.float32]

SEED: Final = 7
"""The seed of `flawmap demo`."""

_LARGEST, _SMALLEST = 0.055, 0.04  # area of one flaw, as a share of the photo
_GAP = 48.0  # free pixels between two flaws: more than the engine looks around
_FEATHER = 2.5  # sd of a flaw's soft edge
_LATTICE = 16
_TRIES = 48


@dataclass(frozen=True, slots=True)
class PlantedFlaw:
    """What was done to one place of the photo.

    `parameter` says it in words; `box` is half-open in photo pixels, `area` a share of the photo;
    both are counted where at least half of the damage is mixed in.
    """

    distortion: str
    parameter: str
    box: tuple[int, int, int, int]
    area: float


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far found masks agree with planted ones.

    `iou` is intersection over union per planted distortion (0 where nothing was found);
    `rest_flagged` the share of the undamaged pixels that any found mask covers.
    """

    iou: dict[str, float]
    rest_flagged: float


def demo_photo() -> Photo:
    """The clean photo that ships with Flawmap, uint8 (800, 1200, 3), sRGB."""
    data = (resources.files("flawmap_cli") / "data" / "demo.webp").read_bytes()
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"), np.uint8)


def demo_credit() -> str:
    """Who took the demo photo, where it comes from, and its licence."""
    return (resources.files("flawmap_cli") / "data" / "demo-credit.txt").read_text("utf-8")


def demo_credit_line() -> str:
    """What it shows and whose it is, in one line."""
    # The first paragraph names the file, the second begins with this.
    return demo_credit().partition("\n\n")[2].splitlines()[0]


def plant(
    photo: npt.ArrayLike, seed: int = SEED
) -> tuple[Photo, dict[str, Mask], list[PlantedFlaw]]:
    """Damage six places of a photo, each in its own way; the same seed does the same.

    A place is taken where its damage changes the photo most, so that there is something to find:
    blur in a plain sky is no flaw that anybody could know of.

    Parameters
    ----------
    photo : uint8, shape (height, width, 3), sRGB, at least 320 px on both sides
    seed : int
        Shapes, path and grain come from it.

    Returns
    -------
    damaged : uint8, shape (height, width, 3)
    masks : dict of uint8, shape (height, width)
        How much of each damage is mixed in, 255 = all of it; a pixel is damaged from 128 on.
    planted : list of PlantedFlaw, in the order of the vocabulary

    Raises
    ------
    BadInput
        If the photo has another shape or is too small to hold six flaws apart.
    """
    clean = np.asarray(photo)
    if (
        clean.dtype != np.uint8
        or clean.ndim != 3
        or clean.shape[2] != 3
        or min(clean.shape[:2]) < 320
    ):
        raise BadInput(
            "The recipe needs an 8-bit RGB photo of at least 320 px on both sides, "
            f"not {clean.dtype} of shape {clean.shape}."
        )
    rng = np.random.default_rng(seed)
    before = np.asarray(clean, np.float32) / np.float32(255)
    damaged = {name: damage(before, rng) for name, (_, damage) in RECIPE.items()}
    blobs, places = _laid_out(before, damaged, rng)

    after, masks, planted = before, {}, []
    for name, (parameter, _) in RECIPE.items():
        alpha = _pasted(blobs[name], places[name], (clean.shape[0], clean.shape[1]))
        after = after + alpha[..., None] * (damaged[name] - before)
        mask = np.rint(alpha * 255).astype(np.uint8)
        rows, cols = np.nonzero(mask >= 128)
        box = (int(cols.min()), int(rows.min()), int(cols.max()) + 1, int(rows.max()) + 1)
        masks[name] = mask
        planted.append(PlantedFlaw(name, parameter, box, round(rows.size / mask.size, 4)))
    return np.rint(after.clip(0, 1) * 255).astype(np.uint8), masks, planted


def told(planted: Sequence[PlantedFlaw]) -> list[str]:
    """One line a flaw: what, how much, where, how large."""
    return [
        f"{flaw.distortion:<13} {flaw.parameter:<38} box {list(flaw.box)}, "
        f"{100 * flaw.area:.1f} % of the photo"
        for flaw in planted
    ]


def agreement(
    found: Mapping[str, npt.ArrayLike], planted: Mapping[str, npt.ArrayLike]
) -> Agreement:
    """Compare found masks with planted ones.

    Parameters
    ----------
    found, planted : mapping of distortion to uint8 mask of the photo's shape
        A pixel belongs to a mask from 128 on. Found masks of distortions that were not planted
        count towards `rest_flagged` only.
    """
    wanted = {name: np.asarray(mask) >= 128 for name, mask in planted.items()}
    masks = {name: np.asarray(mask) >= 128 for name, mask in found.items()}
    iou = {}
    for name, want in wanted.items():
        got = masks.get(name, np.zeros_like(want))
        union = int((want | got).sum())
        iou[name] = round(float((want & got).sum()) / union, 4) if union else 1.0
    rest = ~np.any(list(wanted.values()), axis=0)
    flagged = np.any([mask & rest for mask in masks.values()], axis=0) if masks else ~rest & rest
    return Agreement(iou, round(float(flagged.sum()) / max(1, int(rest.sum())), 4))


# ---------------------------------------------------------------------------- where they go


def _blob(rng: np.random.Generator, area: float) -> _Plane:
    """A soft-edged shape of about `area` pixels, alpha 0..1, as an odd-sided square."""
    angle = np.linspace(-np.pi, np.pi, 721)
    outline = np.ones_like(angle)
    for wave in (2, 3, 4):
        outline += rng.uniform(0.02, 0.3 / wave) * np.cos(wave * angle + rng.uniform(0, 2 * np.pi))
    outline *= np.sqrt(area / (0.5 * np.mean(outline[:-1] ** 2) * 2 * np.pi))
    reach = int(np.ceil(outline.max() + 4 * _FEATHER))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float64)
    inside = np.hypot(x, y) <= np.interp(np.arctan2(y, x), angle, outline)
    alpha = cv2.GaussianBlur(inside.astype(np.float32), (0, 0), _FEATHER)
    return np.asarray(alpha, np.float32)


def _laid_out(
    before: _Image, damaged: Mapping[str, _Image], rng: np.random.Generator
) -> tuple[dict[str, _Plane], dict[str, tuple[int, int]]]:
    """Give every flaw a shape and a centre (row, column), apart from each other.

    The best of a few dozen greedy rounds by how much the damages show; where six of the wanted
    size do not fit, smaller ones are tried.
    """
    height, width = before.shape[:2]
    share = _LARGEST
    while True:
        blobs = {
            name: _blob(rng, height * width * rng.uniform(0.85, 1.0) * share) for name in damaged
        }
        best: tuple[float, dict[str, tuple[int, int]]] = (-1.0, {})
        shows = {name: _shows(before, damaged[name], blobs[name]) for name in damaged}
        for _ in range(_TRIES):
            order = [str(name) for name in rng.permutation(list(damaged))]
            best = max(best, _greedy(order, blobs, shows), key=lambda one: one[0])
        if best[1]:
            return blobs, best[1]
        if share < _SMALLEST / 4:
            raise BadInput(f"Six flaws do not fit apart into {width} x {height} px.")
        share *= 0.85


def _shows(before: _Image, after: _Image, blob: _Plane) -> _Plane:
    """Per lattice point: how plainly the damage would show; below 0 where it cannot lie."""
    gray = [cv2.cvtColor(x, cv2.COLOR_RGB2GRAY) * 255 for x in (before, after)]
    change = np.minimum(np.abs(gray[1] - gray[0]) / 90, 1)
    texture = np.minimum(cv2.blur(np.abs(cv2.Laplacian(gray[0], cv2.CV_32F)), (15, 15)) / 12, 1)
    reach = blob.shape[0] // 2
    side = 2 * int(0.8 * reach) + 1
    mean = cv2.blur(np.asarray(change + texture, np.float32), (side, side))
    score = np.full_like(mean, -1)
    inner = np.s_[reach:-reach, reach:-reach]
    score[inner] = mean[inner]
    return np.asarray(score[::_LATTICE, ::_LATTICE], np.float32)


def _greedy(
    order: Sequence[str], blobs: Mapping[str, _Plane], shows: Mapping[str, _Plane]
) -> tuple[float, dict[str, tuple[int, int]]]:
    total, places = 0.0, dict[str, tuple[int, int]]()
    for name in order:
        score = shows[name].copy()
        y, x = np.mgrid[: score.shape[0], : score.shape[1]] * _LATTICE
        for other, (row, col) in places.items():
            apart = (blobs[name].shape[0] + blobs[other].shape[0]) / 2 - 8 * _FEATHER + _GAP
            score[np.hypot(y - row, x - col) < apart] = -1
        at = int(score.argmax())
        if score.flat[at] < 0:
            return -1.0, {}
        total += float(score.flat[at])
        places[name] = (at // score.shape[1] * _LATTICE, at % score.shape[1] * _LATTICE)
    return total, {name: places[name] for name in shows}


def _pasted(blob: _Plane, centre: tuple[int, int], shape: tuple[int, int]) -> _Plane:
    plane = np.zeros(shape, np.float32)
    reach = blob.shape[0] // 2
    row, col = centre
    plane[row - reach : row + reach + 1, col - reach : col + reach + 1] = blob
    return plane
