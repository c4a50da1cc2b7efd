"""Training samples: a crop of a clean photo, damaged in known places, with its labels.

Damages follow one another as in a camera: light, lens, motion, sensor, grading, codec. The
severity is drawn, never the parameter; where a damage cannot be seen the *place* is drawn anew and
the strength is kept. Labels are what people call it (`severity_curves`), the same over the damaged
area; what nobody could see or name is ignored. One seed gives one sample.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

import cv2
import numpy as np
import numpy.typing as npt

from . import degrade
from .bench import CELLS, CROP, THUMBNAIL, Bench
from .damages import add_noise, damage
from .degrade import bytes_of, draw_severity, floats_of, luma
from .grading import Grade, monochrome, steepen
from .negatives import fair_negatives, flat_picture, natural_bokeh, paste_panel
from .photos import Photo
from .severity_curves import BLUR
from .words import DISTORTIONS, IGNORE, LABEL_SCALE

__all__ = [
    "CROP",
    "THUMBNAIL",
    "Sample",
    "draw_severity",
    "make_sample",
]

FloatImage = npt.NDArray[np.float32]
ByteImage = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Sample:
    """A damaged crop with its truth.

    crop uint8 (256, 256, 3); label uint8 (8, 32, 32), severity x 250 or IGNORE; unknown uint8
    (8, 32, 32), 1 where a flaw would not show, 0 where it would, else IGNORE; thumbnail uint8
    (128, 128, 3), the whole photo squeezed, with the damage in it.
    """

    crop: ByteImage
    label: npt.NDArray[np.uint8]
    unknown: npt.NDArray[np.uint8]
    thumbnail: ByteImage


@lru_cache(maxsize=500)
def _whole(photo: Photo) -> ByteImage:
    return np.asarray(
        cv2.resize(photo.pixels, (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA)
    )


@lru_cache(maxsize=200)
def _soft_photo(photo: Photo) -> npt.NDArray[np.float32]:
    """Share of each pixel of the thumbnail that is the photo's own soft background."""
    h, w = (v // 8 * 8 for v in photo.pixels.shape[:2])
    soft = natural_bokeh(floats_of(photo.pixels[:h, :w])).astype(np.float32)
    return np.asarray(cv2.resize(soft, (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_LINEAR))


def _soft_cells(photo: Photo, place: tuple[int, int, int, int]) -> npt.NDArray[np.bool_]:
    top, left, h, w = place
    window = _soft_photo(photo)[top : top + h, left : left + w]
    return np.asarray(cv2.resize(window, (CELLS, CELLS), interpolation=cv2.INTER_LINEAR) > 0.8)


def make_sample(
    rng: np.random.Generator,
    photos: Sequence[Photo],
    shapes: Sequence[ByteImage],
    *,
    only: str | None = None,
    clean: bool = False,
) -> Sample:
    """Draw one sample.

    Parameters
    ----------
    rng : numpy Generator
        All that is random comes from here.
    photos, shapes : what to cut from and what to damage.
    only : a distortion, to damage with that one alone.
    clean : no damage at all (negatives only).
    """
    if only is None and not clean and rng.random() < 0.07:
        return _flat_sample(rng, photos, shapes)
    photo = photos[int(rng.integers(len(photos)))]
    kinds = _draw_kinds(rng, only, clean)
    # Light and colour are judged against what surrounds them: more of the photo, less detail.
    far = {"overexposure", "low_light", "contrast", "colorfulness"}
    x, place = _cut(rng, photo, far=bool(far & set(kinds)))
    thumb = floats_of(_whole(photo))
    fair = fair_negatives(
        x, photo.tags, has_bokeh=photo.has_bokeh, grain=photo.grain, deep=photo.deep
    )
    soft = _soft_cells(photo, place) if photo.has_bokeh else np.zeros((CELLS, CELLS), bool)
    bench = Bench(rng, x, thumb, place, shapes)
    _vary(bench, only)
    if rng.random() < 0.05:
        bench.x = paste_panel(rng, bench.x)
        soft[:] = False
    if bench.grey:
        kinds = [k for k in kinds if k != "colorfulness"]
        fair[DISTORTIONS.index("colorfulness")] = True
    if soft.any():
        _tell_bokeh(bench, soft, float(place[3] * photo.pixels.shape[1] / THUMBNAIL / CROP))
    damage(bench, kinds)
    return _finish(bench, fair)


def _vary(bench: Bench, only: str | None) -> None:
    """The same scene as another good photo of it: light, contrast, colour, black and white."""
    rng = bench.rng
    steps: list[Callable[[FloatImage], FloatImage]] = []
    if rng.random() < 0.5:
        tone = degrade.Tone(float(rng.uniform(0, 0.3)), "gain", bool(rng.random() < 0.45))
        steps.append(partial(tone.apply, share=1.0))
    if rng.random() < 0.25:
        octaves, pivot = float(rng.uniform(0, 0.5)), float(luma(bench.thumb).mean())
        steps.append(partial(steepen, octaves=octaves, pivot=pivot))
    if rng.random() < 0.3:
        vivid = bool(rng.random() < 0.5)
        colour = Grade("vivid" if vivid else "dull", float(rng.uniform(0, 0.2 if vivid else 0.1)))
        steps.append(partial(colour.apply, share=1.0))
    if only != "colorfulness" and rng.random() < 0.06:
        r, b = (rng.uniform(0.0, 0.35), rng.uniform(0.0, 0.5)) if rng.random() < 0.4 else (0, 0)
        exponents = (1 - float(r), 1.0, 1 + float(b))
        steps.append(partial(monochrome, tone=exponents))
        bench.grey = True
    for step in steps:
        bench.x, bench.thumb = step(bench.x), step(bench.thumb)


def _tell_bokeh(bench: Bench, soft: npt.NDArray[np.bool_], reduced: float) -> None:
    """A real soft background is blur, and no motion; how strong, its missing octaves tell."""
    d, j = DISTORTIONS.index("blur"), DISTORTIONS.index("jitter")
    bench.label[d][soft] = float(BLUR.severity(7.0 / max(reduced, 1.0)))
    bench.unknown[d][soft] = 0
    bench.unknown[j][soft] = 0


def _flat_sample(
    rng: np.random.Generator, photos: Sequence[Photo], shapes: Sequence[ByteImage]
) -> Sample:
    x = flat_picture(rng, CROP)
    if rng.random() < 0.5:
        place, thumb = (0, 0, THUMBNAIL, THUMBNAIL), cv2.resize(x, (THUMBNAIL, THUMBNAIL))
    else:
        photo = photos[int(rng.integers(len(photos)))]
        _, place = _cut(rng, photo)
        thumb = floats_of(_whole(photo))
    bench = Bench(rng, x, np.asarray(thumb, np.float32), place, shapes)
    for name in ("blur", "jitter"):
        bench.unknown[DISTORTIONS.index(name)] = 1
    if rng.random() < 0.35:
        add_noise(bench)
    if rng.random() < 0.2:
        bench.x = degrade.jpeg(bench.x, int(rng.integers(60, 96)))
    fair = np.ones((len(DISTORTIONS), CELLS, CELLS), bool)
    # A flat field has no contrast, and whether its colour is right nobody can say.
    fair[DISTORTIONS.index("contrast")] = False
    fair[DISTORTIONS.index("colorfulness")] = float(np.ptp(x[::16, ::16], axis=-1).max()) < 0.04
    return _finish(bench, fair)


def _cut(
    rng: np.random.Generator, photo: Photo, *, far: bool = False
) -> tuple[FloatImage, tuple[int, int, int, int]]:
    """A crop at a drawn scale, never enlarged, and its place in the thumbnail (top, left, h, w)."""
    pixels = photo.pixels
    height, width = pixels.shape[:2]
    smallest = max(CROP / min(height, width), 0.35)
    chances = (0.2, 0.2, 0.3, 0.3) if far else (0.55, 0.2, 0.15, 0.1)
    scale = max(smallest, float(rng.choice([1.0, 0.75, 0.55, 0.4], p=chances)))
    side = min(round(CROP / scale), min(height, width))
    top, left = int(rng.integers(0, height - side + 1)), int(rng.integers(0, width - side + 1))
    window = pixels[top : top + side, left : left + side]
    if side != CROP:
        how = cv2.INTER_AREA if rng.random() < 0.5 else cv2.INTER_LANCZOS4
        if how == cv2.INTER_LANCZOS4 and side > 1.3 * CROP:
            window = np.asarray(cv2.GaussianBlur(window, (0, 0), 0.42 * side / CROP), np.uint8)
        window = np.asarray(cv2.resize(window, (CROP, CROP), interpolation=how), np.uint8)
    h = max(1, round(side * THUMBNAIL / height))
    w = max(1, round(side * THUMBNAIL / width))
    y0 = min(round(top * THUMBNAIL / height), THUMBNAIL - h)
    x0 = min(round(left * THUMBNAIL / width), THUMBNAIL - w)
    return floats_of(window), (y0, x0, h, w)


def _draw_kinds(rng: np.random.Generator, only: str | None, clean: bool) -> list[str]:
    """Which damages, in the order in which a camera would do them."""
    if clean:
        return []
    if only is not None:
        return [only]
    count = int(rng.choice([0, 1, 2, 3], p=[0.12, 0.47, 0.29, 0.12]))
    chances = np.array([1.3, 1.2, 0.9, 1.2, 1.6, 0.7, 1.2, 1.2])
    drawn = set(rng.choice(DISTORTIONS, size=count, replace=False, p=chances / chances.sum()))
    if {"overexposure", "low_light"} <= drawn:
        drawn.discard(str(rng.choice(["overexposure", "low_light"])))
    if {"blur", "jitter"} <= drawn and rng.random() < 0.8:
        drawn.discard(str(rng.choice(["blur", "jitter"])))
    if "contrast" in drawn and drawn & {"overexposure", "low_light"} and rng.random() < 0.7:
        drawn.discard("contrast")
    order = (
        "contrast", "overexposure", "low_light", "blur", "jitter", "noise", "colorfulness",
        "compression",
    )  # fmt: skip
    return [k for k in order if k in drawn]


def _finish(bench: Bench, fair: npt.NDArray[np.bool_]) -> Sample:
    """Settle what one damage hides of another, put the crop into the thumbnail, write bytes."""
    rng = bench.rng
    s = {name: bench.label[i] for i, name in enumerate(DISTORTIONS)}
    ignore = bench.ignore | (~fair & (bench.label == 0))
    off = {name: ignore[i] for i, name in enumerate(DISTORTIONS)}
    hidden = (s["noise"] > 0.4) | (s["compression"] > 0.5)
    lost = (s["overexposure"] > 0.5) | (s["low_light"] > 0.7)
    for name in ("blur", "jitter"):
        off[name] |= hidden & (s[name] > 0) & (s[name] < 0.5)
        off[name] |= lost & (s[name] < 0.5)
    off["noise"] |= (s["compression"] > 0.35) & (s["noise"] > 0)
    off["blur"] |= bench.smears & (s["blur"] == 0)
    both = (s["blur"] > 0) & (s["jitter"] > 0)
    off["jitter"] |= both & (s["jitter"] < s["blur"] + 0.1)
    off["blur"] |= both & (s["blur"] < s["jitter"] + 0.1)
    # What is white, black, faded or much noise has lost its contrast and its colour on the way.
    off["contrast"] |= ((s["overexposure"] > 0.3) | (s["low_light"] > 0.3)) & (s["contrast"] < 0.5)
    off["colorfulness"] |= (s["overexposure"] > 0.4) | (s["low_light"] > 0.5)
    off["colorfulness"] |= (s["contrast"] > 0.4) & (s["colorfulness"] == 0)
    wide = cv2.dilate(np.maximum(s["blur"], s["jitter"]), np.ones((3, 3)))
    off["contrast"] |= (wide > 0.6) & (s["contrast"] < 0.4)
    if rng.random() < 0.55:
        bench.x = degrade.jpeg(
            bench.x, int(rng.integers(84, 98)), fine_chroma=bool(rng.random() < 0.4)
        )
    top, left, h, w = bench.place
    crop = bytes_of(bench.x)
    thumb = bytes_of(bench.thumb)
    thumb[top : top + h, left : left + w] = cv2.resize(crop, (w, h), interpolation=cv2.INTER_AREA)
    label = np.minimum(np.rint(bench.label * LABEL_SCALE), LABEL_SCALE).astype(np.uint8)
    label[ignore] = IGNORE
    unknown = bench.unknown
    # Where a flaw was found, or is hidden by another, no more is said about what could be.
    unknown[(label > 0) & (label != IGNORE)] = 0
    return Sample(crop, label, unknown, thumb)
