"""Scenes for the ROI head: a photo, what was done to it step by step, and what is known of it.

SEAGULL-100w's recipe on photos that may be used: one picture, flaws whose kind, place and strength
are known because they were made, the picture before and after each of them for full-reference
labels. Beside it scenes whose *subject* is known (an outlined object, in its own photo or pasted
into another) and clean photos whose bokeh, darkness or whiteness is wanted. One seed, one scene.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from . import degrade
from .degrade import bytes_of, floats_of, luma
from .full_reference import Comparison, compare
from .optics import blur_kernel, filter_linear, motion_kernel, path_length, spread_of
from .photos import Photo
from .regions import draw_mask
from .severity_curves import BLUR, JITTER, NOISE, Curve

__all__ = [
    "KINDS",
    "Flaw",
    "Outlined",
    "Scene",
    "load_objects",
    "make_scene",
    "small_mask",
    "spoilt_whole",
]

ByteImage = npt.NDArray[np.uint8]
FloatImage = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

#: In the order in which a camera, and who develops its pictures, would do them.
KINDS: Final = (
    "overexposure",
    "low_light",
    "contrast",
    "colorfulness",
    "blur",
    "jitter",
    "noise",
    "compression",
)
_SPECIAL: Final = frozenset({"low-key", "high-key", "night", "muted-colour", "low-contrast"})
_CONTRAST: Final = Curve("log2 of luma sd before / after", 1.0, 0.562, 1.95)
_VIVID: Final = Curve("mean a,b distance", 1.0, 21.8, 2.09)
_DULL: Final = Curve("share of chroma lost", 1.0, 0.55, 1.20)


@dataclass(frozen=True, slots=True)
class Flaw:
    """One damage: its distortion, subkind for colour, severity by the curve, place and effect.

    `mask` is bool at half the picture's size, as the planes of `seen` are.
    """

    distortion: str
    kind: str
    severity: float
    mask: Mask
    seen: Comparison


@dataclass(frozen=True, slots=True)
class Outlined:
    """A photo whose subject somebody outlined."""

    file: Path
    mask: Path


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture and what is known of it.

    Attributes
    ----------
    clean, pixels : uint8, shape (h, w, 3)
        Before any flaw, and after the last.
    flaws : in the order in which they were made
    tags : of the photo; `bokeh` where its softness is known to be wanted
    subject : bool at half size, or None where nobody knows
    rated : whether `clean` is known to be free of flaws
    """

    clean: ByteImage
    pixels: ByteImage
    flaws: tuple[Flaw, ...]
    tags: frozenset[str]
    subject: Mask | None = None
    rated: bool = True


@dataclass
class _Start:
    x: FloatImage
    tags: frozenset[str]
    subject: Mask | None = None
    rated: bool = True
    chance: float = 1.0
    avoid: frozenset[str] = field(default_factory=frozenset)


def load_objects(data: Path, part: str) -> list[Outlined]:
    """Photos with an outlined subject, GrabCut's and Berkeley's; parts by their names' hashes."""
    table = data / "real" / "click_objects" / "labels.csv"
    if not table.exists():
        return []
    with table.open(newline="", encoding="utf-8") as f:
        rows = [r for r in csv.DictReader(f) if r["origin"] in ("grabcut", "berkeley")]
    chosen = []
    for row in rows:
        # One photo is in both sets under the same number.
        number = row["file"].split("_", 1)[1]
        draw = int(hashlib.sha256(number.encode()).hexdigest(), 16) % 100
        of = "dev" if draw < 30 else "tune" if draw < 42 else "train"
        if of == part:
            folder = table.parent
            chosen.append(Outlined(folder / row["file"], folder / row["mask"]))
    return chosen


def make_scene(
    rng: np.random.Generator,
    photos: Sequence[Photo],
    shapes: Sequence[ByteImage],
    objects: Sequence[Outlined],
) -> Scene:
    """Draw one scene: an ordinary photo, one that wants its look, or one with a known subject."""
    draw = rng.random()
    special = [p for p in photos if p.has_bokeh or p.tags & _SPECIAL]
    if objects and draw < 0.16:
        start = _outlined(rng, objects)
    elif objects and draw < 0.25:
        start = _pasted(rng, photos, objects)
    elif special and draw < 0.45:
        start = _of_photo(rng, special[int(rng.integers(len(special)))])
        start.chance = 0.45
    else:
        start = _of_photo(rng, photos[int(rng.integers(len(photos)))])
        start.chance = 0.9
    return _spoilt(rng, start, shapes)


def spoilt_whole(rng: np.random.Generator, pixels: ByteImage, kind: str) -> tuple[ByteImage, float]:
    """All of a picture with one flaw of a drawn strength, and its severity by the curve."""
    x = floats_of(pixels)
    after, severity, _ = _damage(rng, x, np.ones(x.shape[:2], np.float32), kind)
    return bytes_of(after), severity


def small_mask(mask: FloatImage | ByteImage, shape: tuple[int, ...]) -> Mask:
    """A mask of any size and range brought to `shape` (h, w): where it is at least half."""
    plane = np.asarray(mask, np.float32)
    plane = plane / max(float(plane.max()), 1e-6)
    size = (int(shape[1]), int(shape[0]))
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA) >= 0.5)


def _of_photo(rng: np.random.Generator, photo: Photo) -> _Start:
    pixels = photo.pixels
    h, w = pixels.shape[:2]
    keep = float(rng.uniform(0.62, 1.0))
    ch, cw = round(h * keep), round(w * keep)
    top, left = int(rng.integers(0, h - ch + 1)), int(rng.integers(0, w - cw + 1))
    cut = pixels[top : top + ch, left : left + cw]
    if rng.random() < 0.5:
        cut = cut[:, ::-1]
    tags = photo.tags | ({"bokeh"} if photo.has_bokeh else frozenset())
    return _Start(floats_of(_sized(rng, cut)), frozenset(tags))


def _sized(rng: np.random.Generator, pixels: ByteImage) -> ByteImage:
    """At most a drawn long side, both sides even."""
    side = int(rng.choice([448, 576, 704, 832], p=[0.3, 0.3, 0.25, 0.15]))
    h, w = pixels.shape[:2]
    scale = min(1.0, side / max(h, w))
    size = (max(64, round(w * scale) // 2 * 2), max(64, round(h * scale) // 2 * 2))
    return np.ascontiguousarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))


def _read(one: Outlined) -> tuple[ByteImage, ByteImage]:
    data, mask = cv2.imread(str(one.file)), cv2.imread(str(one.mask), cv2.IMREAD_GRAYSCALE)
    if data is None or mask is None:
        raise FileNotFoundError(f"{one.file} or its mask is no picture that OpenCV reads.")
    return np.ascontiguousarray(data[..., ::-1]), np.asarray(mask, np.uint8)


def _outlined(rng: np.random.Generator, objects: Sequence[Outlined]) -> _Start:
    pixels, mask = _read(objects[int(rng.integers(len(objects)))])
    h, w = (v // 2 * 2 for v in pixels.shape[:2])
    pixels, mask = pixels[:h, :w], mask[:h, :w]
    if rng.random() < 0.5:
        pixels, mask = pixels[:, ::-1], mask[:, ::-1]
    subject = small_mask(np.ascontiguousarray(mask), (h // 2, w // 2))
    x = floats_of(np.ascontiguousarray(pixels))
    return _Start(x, frozenset(), subject, rated=False, chance=0.35)


def _pasted(
    rng: np.random.Generator, photos: Sequence[Photo], objects: Sequence[Outlined]
) -> _Start:
    """An object on another photo's ground, half of the time on one that is out of focus."""
    start = _of_photo(rng, photos[int(rng.integers(len(photos)))])
    x, tags = start.x, start.tags
    h, w = x.shape[:2]
    if rng.random() < 0.5:
        x = filter_linear(x, blur_kernel(rng, float(np.exp(rng.uniform(np.log(2), np.log(12))))))
        tags = frozenset({"bokeh", "pasted"})
    pixels, mask = _read(objects[int(rng.integers(len(objects)))])
    ys, xs = np.nonzero(mask > 127)
    pixels = pixels[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1]
    mask = mask[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1]
    high, wide = mask.shape
    scale = float(rng.uniform(0.3, 0.75)) * min(h / high, w / wide)
    size = (max(8, round(wide * scale)), max(8, round(high * scale)))
    pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    mask = np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_AREA), np.uint8)
    top = int(np.clip(rng.normal(0.5, 0.2), 0, 1) * (h - size[1]))
    left = int(np.clip(rng.normal(0.5, 0.25), 0, 1) * (w - size[0]))
    plane = np.zeros((h, w), np.float32)
    plane[top : top + size[1], left : left + size[0]] = mask / 255
    plane = np.asarray(cv2.GaussianBlur(plane, (0, 0), 0.8), np.float32)
    front = np.zeros_like(x)
    front[top : top + size[1], left : left + size[0]] = floats_of(pixels)
    x = np.asarray(x + (front - x) * plane[..., None], np.float32)
    subject = small_mask(plane, (h // 2, w // 2))
    return _Start(x, tags, subject, rated=False, chance=0.25)


def _spoilt(rng: np.random.Generator, start: _Start, shapes: Sequence[ByteImage]) -> Scene:
    x = start.x
    clean = bytes_of(x)
    flaws: list[Flaw] = []
    if rng.random() < start.chance:
        for kind in _draw_kinds(rng):
            before = bytes_of(x)
            mask = _place(rng, x.shape, shapes)
            after, severity, sub = _damage(rng, x, mask, kind)
            x = np.asarray(x + (after - x) * mask[..., None], np.float32)
            small = small_mask(mask, (x.shape[0] // 2, x.shape[1] // 2))
            if small.any():
                seen = compare(before, bytes_of(x))
                flaws.append(Flaw(kind, sub, severity, small, seen))
    if rng.random() < 0.4:
        x = degrade.jpeg(x, int(rng.integers(85, 98)))
    return Scene(clean, bytes_of(x), tuple(flaws), start.tags, start.subject, start.rated)


def _draw_kinds(rng: np.random.Generator) -> list[str]:
    count = int(rng.choice([1, 2, 3], p=[0.6, 0.33, 0.07]))
    weights = np.array([1.2, 1.3, 0.9, 0.9, 1.3, 1.1, 1.1, 1.0])
    drawn = set(rng.choice(KINDS, size=count, replace=False, p=weights / weights.sum()))
    if {"overexposure", "low_light"} <= drawn:
        drawn.discard("low_light")
    if {"blur", "jitter"} <= drawn:
        drawn.discard(str(rng.choice(["blur", "jitter"])))
    return [k for k in KINDS if k in drawn]


def _place(
    rng: np.random.Generator, shape: tuple[int, ...], shapes: Sequence[ByteImage]
) -> FloatImage:
    h, w = shape[:2]
    if rng.random() < 0.3:
        return np.ones((h, w), np.float32)
    drawn = draw_mask(rng, 384, shapes)
    return np.asarray(cv2.resize(drawn, (w, h), interpolation=cv2.INTER_LINEAR), np.float32)


def _damage(
    rng: np.random.Generator, x: FloatImage, mask: FloatImage, kind: str
) -> tuple[FloatImage, float, str]:
    """The picture as if all of it had the flaw, its severity by the curve, and its subkind."""
    wanted = float(rng.uniform(0.08, 0.92))
    if kind in ("overexposure", "low_light"):
        brighter = kind == "overexposure"
        inside = x[mask > 0.5][::17][:, None, :]
        if inside.size == 0:
            inside = x[::8, ::8]
        tone, reached = degrade.tone_for(rng, inside, wanted, brighter)
        if reached < wanted - 0.05:
            # A bright part cannot lose much more: all white would be the search's end, no photo.
            tone, reached = degrade.tone_for(rng, inside, 0.6 * reached, brighter)
        return tone.apply(x), reached, kind
    if kind == "contrast":
        after, reached = _flattened(rng, x, wanted)
        return after, reached, kind
    if kind == "colorfulness":
        return _coloured(rng, x, wanted)
    if kind == "blur":
        spread = (
            float(np.exp(rng.uniform(np.log(4), np.log(16))))
            if rng.random() < 0.2
            else BLUR.parameter_of(min(wanted, 0.9))
        )
        kernel = blur_kernel(rng, spread)
        return filter_linear(x, kernel), float(BLUR.severity(spread_of(kernel))), kind
    if kind == "jitter":
        kernel = motion_kernel(rng, JITTER.parameter_of(min(wanted, 0.9)) + 1)
        reached = float(JITTER.severity(path_length(kernel) - 1))
        return filter_linear(x, kernel), reached, kind
    if kind == "noise":
        wanted = min(wanted, 0.88)
        field_ = degrade.noise_field(rng, x, NOISE.parameter_of(wanted))
        return np.clip(x + field_, 0, 1).astype(np.float32), wanted, kind
    wanted = min(wanted, 0.9)
    return degrade.code(x, degrade.draw_coding(rng, x, wanted)), wanted, kind


def _flattened(rng: np.random.Generator, x: FloatImage, wanted: float) -> tuple[FloatImage, float]:
    """Less contrast: towards the mean, or towards the grey of haze."""
    lost = _CONTRAST.parameter_of(min(wanted, 0.88))
    ratio = float(2.0**-lost)
    level = float(luma(x).mean())
    grey = level if rng.random() < 0.5 else float(rng.uniform(min(max(level, 0.5), 0.8), 0.85))
    return np.asarray(grey + (x - grey) * ratio, np.float32), float(_CONTRAST.severity(lost))


def _coloured(
    rng: np.random.Generator, x: FloatImage, wanted: float
) -> tuple[FloatImage, float, str]:
    """A cast, too much colour, or too little; the amount by halving on a small copy."""
    kind = str(rng.choice(["cast", "vivid", "dull"], p=[0.45, 0.3, 0.25]))
    if kind == "dull":
        share = min(_DULL.parameter_of(min(wanted, 0.62)), 1.0)
        grey = luma(x)[..., None]
        after = np.asarray(grey + (x - grey) * (1 - share), np.float32)
        return after, float(_DULL.severity(share)), kind
    towards = rng.uniform(-1, 1, 3).astype(np.float32)
    towards -= towards.mean()
    towards /= np.abs(towards).max() + 1e-6
    small = np.ascontiguousarray(x[::6, ::6])

    def applied(y: FloatImage, amount: float) -> FloatImage:
        if kind == "cast":
            return np.clip(y * np.exp(amount * towards), 0, 1).astype(np.float32)
        grey = luma(y)[..., None]
        return np.clip(grey + (y - grey) * (1 + 4 * amount), 0, 1).astype(np.float32)

    target = _VIVID.parameter_of(min(wanted, 0.9))
    low, high = 0.0, 1.2
    for _ in range(9):
        middle = (low + high) / 2
        if _distance(small, applied(small, middle)) < target:
            low = middle
        else:
            high = middle
    return applied(x, high), float(_VIVID.severity(_distance(small, applied(small, high)))), kind


def _distance(a: FloatImage, b: FloatImage) -> float:
    ab = [cv2.cvtColor(v, cv2.COLOR_RGB2LAB)[..., 1:] for v in (a, b)]
    return float(np.sqrt(((ab[0] - ab[1]) ** 2).sum(-1)).mean())
