"""Training samples: a crop of a clean photo, damaged in known places, with its labels.

Damages follow one another as in a camera: light, lens, motion, sensor, codec. The severity is
drawn, never the parameter; where a damage cannot be seen the *place* is drawn anew and the
strength is kept. Labels are what people call it (`severity_curves`), the same over the damaged
area; what nobody could see or name is ignored. One seed gives one sample.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from . import degrade
from .degrade import bytes_of, floats_of, luma
from .negatives import fair_negatives, flat_picture, paste_panel
from .optics import blur_kernel, filter_linear, motion_kernel, path_length, spread_of
from .photos import Photo
from .regions import draw_mask
from .severity_curves import BLUR, IMPULSE, JITTER, LOW_LIGHT, NOISE, OVEREXPOSURE
from .words import DISTORTIONS, IGNORE, LABEL_SCALE, STRIDE, VISIBLE

__all__ = [
    "CROP",
    "THUMBNAIL",
    "Sample",
    "draw_severity",
    "make_sample",
]

FloatImage = npt.NDArray[np.float32]
FloatPlane = npt.NDArray[np.float32]
ByteImage = npt.NDArray[np.uint8]

CROP: Final = 256
THUMBNAIL: Final = 128
CELLS: Final = CROP // STRIDE


@dataclass(frozen=True)
class Sample:
    """A damaged crop with its truth.

    crop uint8 (256, 256, 3); label uint8 (6, 32, 32), severity x 250 or IGNORE;
    thumbnail uint8 (128, 128, 3), the whole photo squeezed, with the damage in it.
    """

    crop: ByteImage
    label: npt.NDArray[np.uint8]
    thumbnail: ByteImage


@lru_cache(maxsize=400)
def _whole(photo: Photo) -> ByteImage:
    return np.asarray(
        cv2.resize(photo.pixels, (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA)
    )


def draw_severity(rng: np.random.Generator, ceiling: float = 0.93) -> float:
    """Uniform over 0.05..`ceiling`, with a fifth of it below 0.2."""
    return float(rng.uniform(VISIBLE, 0.2) if rng.random() < 0.2 else rng.uniform(0.2, ceiling))


@dataclass
class _Bench:
    """A sample in the making: crop and thumbnail, the crop's place in it, and the labels so far."""

    rng: np.random.Generator
    x: FloatImage
    thumb: FloatImage
    place: tuple[int, int, int, int]
    shapes: Sequence[ByteImage]
    label: FloatPlane = field(
        default_factory=lambda: np.zeros((len(DISTORTIONS), CELLS, CELLS), np.float32)
    )
    ignore: npt.NDArray[np.bool_] = field(
        default_factory=lambda: np.zeros((len(DISTORTIONS), CELLS, CELLS), bool)
    )
    smears: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros((CELLS, CELLS), bool))

    def masks(self) -> tuple[FloatPlane, FloatPlane]:
        """A mask over the crop and the same over the thumbnail."""
        rng = self.rng
        small = np.zeros((THUMBNAIL, THUMBNAIL), np.float32)
        top, left, h, w = self.place
        kind = rng.random()
        if kind < 0.12:
            return np.ones((CROP, CROP), np.float32), np.ones_like(small)
        if kind < 0.55:
            for _ in range(6):
                canvas = draw_mask(rng, THUMBNAIL * 2, self.shapes)
                window = canvas[2 * top : 2 * (top + h), 2 * left : 2 * (left + w)]
                if float(window.mean()) >= 0.08:
                    mask = cv2.resize(window, (CROP, CROP), interpolation=cv2.INTER_LINEAR)
                    whole = cv2.resize(canvas, (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA)
                    return np.asarray(mask, np.float32), np.asarray(whole, np.float32)
        mask = draw_mask(rng, CROP, self.shapes)
        small[top : top + h, left : left + w] = cv2.resize(
            mask, (w, h), interpolation=cv2.INTER_AREA
        )
        return mask, small

    def write(
        self, name: str, severity: FloatPlane | float, mask: FloatPlane, seen: FloatPlane
    ) -> None:
        """Put one damage's severity (number or plane) into the labels."""
        d = DISTORTIONS.index(name)
        cover = _cells(mask)
        plane = np.full((CROP, CROP), severity, np.float32) if np.isscalar(severity) else severity
        value = _cells(plane * mask) / np.maximum(cover, 1e-3)
        inside, outside = cover >= 0.5, cover < 0.12
        visible = _cells(seen) > 0.3
        taken = inside & visible & (value >= VISIBLE)
        stronger = taken & (value > self.label[d])
        self.label[d][stronger] = value[stronger]
        self.ignore[d] |= (~inside & ~outside) | (inside & ~taken & (self.label[d] == 0))
        self.ignore[d][taken] = False


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
    if only is None and not clean and rng.random() < 0.075:
        return _flat_sample(rng, photos, shapes)
    photo = photos[int(rng.integers(len(photos)))]
    kinds = _draw_kinds(rng, only, clean)
    # Light is judged against what surrounds it: more of the photo in a crop, less detail.
    x, place = _cut(rng, photo, far=bool({"overexposure", "low_light"} & set(kinds)))
    thumb = floats_of(_whole(photo))
    if rng.random() < 0.5:
        # The same scene a little brighter or darker is still a good photo.
        ordinary = degrade.Tone(float(rng.uniform(0, 0.3)), "gain", bool(rng.random() < 0.45))
        x, thumb = ordinary.apply(x), ordinary.apply(thumb)
    if rng.random() < 0.06:
        x = paste_panel(rng, x)
    fair = fair_negatives(
        x, photo.tags, has_bokeh=photo.has_bokeh, grain=photo.grain, deep=photo.deep
    )
    bench = _Bench(rng, x, thumb, place, shapes)
    _damage(bench, kinds)
    return _finish(bench, fair)


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
    bench = _Bench(rng, x, np.asarray(thumb, np.float32), place, shapes)
    if rng.random() < 0.35:
        _noise(bench)
    if rng.random() < 0.2:
        bench.x = degrade.jpeg(bench.x, int(rng.integers(60, 96)))
    return _finish(bench, np.ones((len(DISTORTIONS), CELLS, CELLS), bool))


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
    count = int(rng.choice([0, 1, 2, 3], p=[0.12, 0.5, 0.28, 0.1]))
    chances = np.array([1.1, 1.2, 0.8, 1.3, 1.8, 0.7])
    drawn = set(rng.choice(DISTORTIONS, size=count, replace=False, p=chances / chances.sum()))
    if {"overexposure", "low_light"} <= drawn:
        drawn.discard(str(rng.choice(["overexposure", "low_light"])))
    if {"blur", "jitter"} <= drawn and rng.random() < 0.8:
        drawn.discard(str(rng.choice(["blur", "jitter"])))
    order = ("overexposure", "low_light", "blur", "jitter", "noise", "compression")
    return [k for k in order if k in drawn]


def _damage(bench: _Bench, kinds: Sequence[str]) -> None:
    for kind in kinds:
        if kind in ("overexposure", "low_light"):
            _tone(bench, brighter=kind == "overexposure")
        elif kind in ("blur", "jitter"):
            _unsharp(bench, kind)
        elif kind == "noise":
            _noise(bench)
        else:
            _coding(bench)


def _blend(before: FloatImage, after: FloatImage, mask: FloatPlane) -> FloatImage:
    return np.asarray(before + (after - before) * mask[..., None], np.float32)


def _cells(plane: FloatPlane) -> FloatPlane:
    return np.asarray(cv2.resize(plane, (CELLS, CELLS), interpolation=cv2.INTER_AREA), np.float32)


def _seen(change: FloatPlane, least: float, reach: float) -> FloatPlane:
    """Where a change shows, grown by `reach` px: a flat patch takes its surroundings' answer."""
    shows = (cv2.blur(change, (9, 9)) > least).astype(np.uint8)
    n = 2 * int(min(reach, 40)) + 1
    return np.asarray(cv2.dilate(shows, np.ones((n, n), np.uint8)), np.float32)


def _place(bench: _Bench, seen: FloatPlane) -> tuple[FloatPlane, FloatPlane] | None:
    """Masks that lie where the damage shows; the place is drawn anew, the strength is not."""
    if float(seen.mean()) < 0.06:
        return None
    for _ in range(5):
        mask, small = bench.masks()
        if float((mask * seen).sum()) >= 0.4 * float(mask.sum()):
            return mask, small
    return None


def _tone(bench: _Bench, *, brighter: bool) -> None:
    rng = bench.rng
    wanted = draw_severity(rng)
    if rng.random() < 0.45 and _tone_elsewhere(bench, wanted, brighter):
        return
    name = "overexposure" if brighter else "low_light"
    for _ in range(4):
        mask, small = bench.masks()
        ramp = _ramp(rng) if rng.random() < 0.15 else None
        inside = mask[::4, ::4] > 0.5
        if not inside.any():
            continue
        pixels = bench.x[::4, ::4][inside][:, None, :]
        tone, reached = degrade.tone_for(rng, pixels, wanted, brighter)
        # A region that is white (or black) already cannot show it: look for another one.
        if abs(reached - wanted) < 0.05:
            break
    if reached < VISIBLE:
        return
    before = bench.x
    after = tone.apply(before, 1.0 if ramp is None else ramp)
    bench.x = _blend(before, after, mask)
    bench.thumb = _blend(bench.thumb, tone.apply(bench.thumb), small)
    change = luma(after) - luma(before)
    # Half the region's own answer, half that of 65 px around: a wall and a face differ.
    near = cv2.blur(change * mask, (65, 65)) / np.maximum(cv2.blur(mask, (65, 65)), 0.02)
    mean = float((change * mask).sum() / max(float(mask.sum()), 1e-6))
    share = np.clip(near / (mean if abs(mean) > 1e-4 else 1e-4), 0, 3)
    curve = OVEREXPOSURE if brighter else LOW_LIGHT
    factor = curve.severity(255 * np.abs(mean) * (0.5 + 0.5 * share)) / max(
        float(curve.severity(255 * abs(mean))), 1e-3
    )
    base = (
        reached
        if ramp is None
        else degrade.tone_severity(
            before[mask > 0.5][:, None, :], after[mask > 0.5][:, None, :], brighter
        )
    )
    severity = np.clip(base * factor, 0, 0.98).astype(np.float32)
    if float(small.mean()) > 0.7 and not _looks_wrong(bench.thumb, brighter):
        # All of a bright photo a little darker is just another photo: no eye could tell.
        bench.ignore[DISTORTIONS.index(name)] = True
        return
    bench.write(name, severity, mask, _seen(np.abs(change), 3 / 255, 12))
    if not brighter and rng.random() < 0.45:
        # Little light brings noise: the same sensor, stretched. Its own label is noise.
        _noise(bench, mask=mask, wanted=float(rng.uniform(1.0, 14.0)))


def _tone_elsewhere(bench: _Bench, wanted: float, brighter: bool) -> bool:
    """Spoil the light of another part of the photo; True if there was room for it.

    The context then tells of a flaw, and nothing in the crop is one: white clouds stay clouds.
    """
    rng = bench.rng
    top, left, h, w = bench.place
    for _ in range(4):
        canvas = draw_mask(rng, THUMBNAIL, bench.shapes, kind=str(rng.choice(["shape", "ellipse"])))
        inside = canvas > 0.5
        if canvas[top : top + h, left : left + w].max() > 0.02 or not inside.any():
            continue
        tone, _ = degrade.tone_for(rng, bench.thumb[inside][:, None, :], wanted, brighter)
        bench.thumb = _blend(bench.thumb, tone.apply(bench.thumb), canvas)
        return True
    return False


def _looks_wrong(thumb: FloatImage, brighter: bool) -> bool:
    """Whether a whole photo is too bright or too dark to those who never saw it right."""
    y = luma(thumb)
    if brighter:
        return float(y.mean()) > 0.62 or float((y > 0.97).mean()) > 0.1
    return float(y.mean()) < 0.34


def _ramp(rng: np.random.Generator) -> FloatPlane:
    """An amount that runs over the crop, as in a vignette or a window's light."""
    v, u = np.mgrid[0:CROP, 0:CROP].astype(np.float32) / CROP - 0.5
    if rng.random() < 0.5:
        angle = float(rng.uniform(0, 2 * np.pi))
        t = (u * np.cos(angle) + v * np.sin(angle)) + 0.5
    else:
        cy, cx = rng.uniform(-0.5, 0.5, 2)
        t = np.hypot(u - cx, v - cy)
        t = t if rng.random() < 0.5 else 1 - t
    return np.asarray(np.clip(0.3 + 0.7 * t, 0.2, 1.0), np.float32)


def _unsharp(bench: _Bench, name: str) -> None:
    rng = bench.rng
    if name == "blur":
        wide = rng.random() < 0.25
        spread = (
            float(np.exp(rng.uniform(np.log(4.0), np.log(18.0))))
            if wide
            else BLUR.parameter_of(draw_severity(rng, 0.88))
        )
        kernel = blur_kernel(rng, spread)
        strength, reach = float(BLUR.severity(spread_of(kernel))), spread
    else:
        far = rng.random() < 0.28
        length = (
            float(np.exp(rng.uniform(np.log(12.0), np.log(60.0))))
            if far
            else JITTER.parameter_of(draw_severity(rng, 0.88)) + 1
        )
        kernel = motion_kernel(rng, length)
        length = path_length(kernel)
        strength, reach = float(JITTER.severity(length - 1)), 0.4 * length
    before = bench.x
    after = filter_linear(before, kernel)
    change = np.abs(luma(after) - luma(before))
    seen = _seen(change, 1.1 / 255, 10 + reach)
    placed = _place(bench, seen)
    if placed is None:
        return
    bench.x = _blend(before, after, placed[0])
    bench.write(name, strength, placed[0], seen)


def _noise(bench: _Bench, mask: FloatPlane | None = None, wanted: float | None = None) -> None:
    rng = bench.rng
    before = bench.x
    if wanted is None:
        wanted = (
            float(np.exp(rng.uniform(np.log(0.8), np.log(5.0))))
            if rng.random() < 0.3
            else NOISE.parameter_of(draw_severity(rng, 0.84))
        )
    if mask is None:
        mask = bench.masks()[0]
    curve = NOISE
    if rng.random() < 0.05:
        after, curve = (
            degrade.impulses(rng, before, float(np.exp(rng.uniform(-7.0, -3.2)))),
            IMPULSE,
        )
    else:
        after = np.clip(before + degrade.noise_field(rng, before, wanted), 0, 1)
    after = _blend(before, np.asarray(after, np.float32), mask)
    if rng.random() < 0.5:
        # The camera's own JPEG on top: it takes the faintest part of the noise away.
        quality = int(rng.integers(75, 96))
        before, after = degrade.jpeg(before, quality), degrade.jpeg(after, quality)
    bench.x = after
    error = (after - before) * 255
    grey = luma(error)
    power = grey * grey + 0.15 * ((error - grey[..., None]) ** 2).mean(-1)
    cover = np.maximum(cv2.GaussianBlur(mask, (0, 0), 12), 0.05)
    local = cv2.GaussianBlur(np.asarray(power * mask, np.float32), (0, 0), 12) / cover
    whole = float((power * mask).sum() / max(float(mask.sum()), 1e-6))
    severity = curve.severity(np.sqrt(0.5 * local + 0.5 * whole)).astype(np.float32)
    # Clipped to white or black there is no noise to see.
    bench.write("noise", severity, mask, (local > 0.15 * whole).astype(np.float32))


def _coding(bench: _Bench) -> None:
    rng = bench.rng
    wanted = draw_severity(rng, 0.9)
    coding = degrade.draw_coding(rng, bench.x, wanted)
    before = bench.x
    after = degrade.code(before, coding)
    change = np.abs(luma(after) - luma(before))
    seen = _seen(change, 0.6 / 255, 14)
    placed = _place(bench, seen)
    if placed is None:
        return
    mask = placed[0]
    bench.x = _blend(before, after, mask)
    bench.write("compression", wanted, mask, seen)
    if coding.codec != "jpeg" and wanted > 0.45:
        bench.smears |= _cells(mask) > 0.1


def _finish(bench: _Bench, fair: npt.NDArray[np.bool_]) -> Sample:
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
    return Sample(crop, label, thumb)
