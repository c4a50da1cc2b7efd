"""What goes wrong in a sample, one function a distortion: light, veil, colour, sensor, codec.

Each draws a severity, makes the damage that people would call that, puts it where it shows, and
writes what it did into the labels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import numpy.typing as npt

from . import degrade
from .bench import CROP, Bench, blend, cells_of, seen_by
from .degrade import draw_severity, luma
from .grading import chroma_distance, grade_for
from .regions import draw_mask
from .severity_curves import CONTRAST, IMPULSE, LOW_LIGHT, NOISE, OVEREXPOSURE, VIVID
from .unsharpness import defocus, shake
from .words import VISIBLE

__all__ = ["add_noise", "compress", "damage", "expose", "tint", "veil"]

FloatImage = npt.NDArray[np.float32]
FloatPlane = npt.NDArray[np.float32]


def damage(bench: Bench, kinds: Sequence[str]) -> None:
    """Do these damages, in this order."""
    for kind in kinds:
        if kind in ("overexposure", "low_light"):
            expose(bench, brighter=kind == "overexposure")
        elif kind == "noise":
            add_noise(bench)
        else:
            _OTHERS[kind](bench)


def expose(bench: Bench, *, brighter: bool) -> None:
    """Too much or too little light, in a part with a hard or a soft rim, or in all of the photo."""
    rng = bench.rng
    wanted = draw_severity(rng)
    if rng.random() < 0.4 and _tone_elsewhere(bench, wanted, brighter):
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
    base = (
        reached
        if ramp is None
        else degrade.tone_severity(
            before[mask > 0.5][:, None, :], after[mask > 0.5][:, None, :], brighter
        )
    )
    soft = rng.random() < 0.3 and 0.02 < float(mask.mean()) < 0.98
    if soft:
        mask, small = _soft_rim(bench, mask, small)
    bench.x = blend(before, after, mask)
    bench.thumb = blend(bench.thumb, tone.apply(bench.thumb), small)
    change = luma(after) - luma(before)
    # Half the region's own answer, half that of 65 px around: a wall and a face differ.
    near = cv2.blur(change * mask, (65, 65)) / np.maximum(cv2.blur(mask, (65, 65)), 0.02)
    mean = float((change * mask).sum() / max(float(mask.sum()), 1e-6))
    share = np.clip(near / (mean if abs(mean) > 1e-4 else 1e-4), 0, 3)
    curve = OVEREXPOSURE if brighter else LOW_LIGHT
    factor = curve.severity(255 * np.abs(mean) * (0.5 + 0.5 * share)) / max(
        float(curve.severity(255 * abs(mean))), 1e-3
    )
    severity = np.clip(base * factor, 0, 0.98).astype(np.float32)
    if float(small.mean()) > 0.7 and not _looks_wrong(bench.thumb, brighter):
        # All of a bright photo a little darker is just another photo: no eye could tell.
        bench.doubt(name, np.ones_like(mask))
        return
    if soft:
        # At a soft rim the flaw fades as the light does.
        faded = curve.severity(curve.half * mask) / float(curve.severity(curve.half))
        severity, mask = (severity * faded).astype(np.float32), (mask > 0.02).astype(np.float32)
    bench.write(name, severity, mask, seen_by(np.abs(change), 3 / 255, 12))
    if not brighter and rng.random() < 0.45:
        # Little light brings noise: the same sensor, stretched. Its own label is noise.
        add_noise(bench, mask=mask, wanted=float(rng.uniform(1.0, 14.0)))


def _soft_rim(bench: Bench, mask: FloatPlane, small: FloatPlane) -> tuple[FloatPlane, FloatPlane]:
    """The masks with a rim as wide as a shadow's."""
    width = float(np.exp(bench.rng.uniform(np.log(6.0), np.log(34.0))))
    mask = np.asarray(cv2.GaussianBlur(mask, (0, 0), width), np.float32)
    top, left, h, w = bench.place
    out = np.asarray(cv2.GaussianBlur(small, (0, 0), max(0.3, width * w / CROP)), np.float32)
    out[top : top + h, left : left + w] = cv2.resize(mask, (w, h), interpolation=cv2.INTER_AREA)
    return mask, out


def _tone_elsewhere(bench: Bench, wanted: float, brighter: bool) -> bool:
    """Spoil the light of another part of the photo; True if there was room for it.

    The context then tells of a flaw, and nothing in the crop is one: white clouds stay clouds.
    """
    rng = bench.rng

    def spoil(pixels: FloatImage) -> Callable[[FloatImage], FloatImage]:
        return degrade.tone_for(rng, pixels, wanted, brighter)[0].apply

    return _elsewhere(bench, spoil)


def _elsewhere(
    bench: Bench, spoil: Callable[[FloatImage], Callable[[FloatImage], FloatImage]]
) -> bool:
    rng = bench.rng
    top, left, h, w = bench.place
    size = bench.thumb.shape[0]
    for _ in range(4):
        canvas = draw_mask(rng, size, bench.shapes, kind=str(rng.choice(["shape", "ellipse"])))
        inside = canvas > 0.5
        if canvas[top : top + h, left : left + w].max() > 0.02 or not inside.any():
            continue
        apply = spoil(bench.thumb[inside][:, None, :])
        bench.thumb = blend(bench.thumb, apply(bench.thumb), canvas)
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


def veil(bench: Bench) -> None:
    """Too little contrast: a fade, lifted blacks, or haze that grows with depth."""
    rng = bench.rng
    wanted = draw_severity(rng, 0.88)

    def spoil(pixels: FloatImage) -> Callable[[FloatImage], FloatImage]:
        return grade_for(rng, "veil", pixels, wanted)[0].apply

    if rng.random() < 0.2 and _elsewhere(bench, spoil):
        return
    before = bench.x
    mask, small = bench.masks()
    inside = mask[::4, ::4] > 0.5
    if not inside.any():
        return
    grade, severity = grade_for(rng, "veil", before[::4, ::4][inside][:, None, :], wanted)
    share = _ramp(rng) if rng.random() < 0.25 else np.ones((CROP, CROP), np.float32)
    after = grade.apply(before, share)
    bench.x = blend(before, after, mask)
    bench.thumb = blend(bench.thumb, grade.apply(bench.thumb), small)
    lost = _detail(before) - _detail(after)
    moved = float(((luma(after) - luma(before)) * mask).sum() / max(float(mask.sum()), 1e-6))
    if abs(moved) > 10 / 255:
        bench.doubt("overexposure" if moved > 0 else "low_light", mask)
    if float(small.mean()) > 0.7 and _tonal_range(bench.thumb) > 0.62:
        bench.doubt("contrast", np.ones_like(mask))
        return
    plane = CONTRAST.severity(grade.amount * share).astype(np.float32)
    bench.write("contrast", plane if severity else 0.0, mask, seen_by(np.abs(lost), 1.6 / 255, 16))


def _detail(x: FloatImage) -> FloatPlane:
    y = luma(x)
    return np.asarray(y - cv2.blur(y, (33, 33)), np.float32)


def _tonal_range(thumb: FloatImage) -> float:
    low, high = np.percentile(luma(thumb), (2, 98))
    return float(high - low)


def tint(bench: Bench) -> None:
    """Wrong colour: a cast, too much of it, too little of it."""
    rng = bench.rng
    kind = str(rng.choice(["cast", "vivid", "dull"], p=[0.4, 0.3, 0.3]))
    wanted = draw_severity(rng, 0.85)

    def spoil(pixels: FloatImage) -> Callable[[FloatImage], FloatImage]:
        return grade_for(rng, kind, pixels, wanted)[0].apply

    if rng.random() < 0.2 and _elsewhere(bench, spoil):
        return
    before = bench.x
    mask, small = bench.masks()
    inside = mask[::4, ::4] > 0.5
    if not inside.any():
        return
    grade, severity = grade_for(rng, kind, before[::4, ::4][inside][:, None, :], wanted)
    if severity < VISIBLE:
        return
    after = grade.apply(before)
    bench.x = blend(before, after, mask)
    bench.thumb = blend(bench.thumb, grade.apply(bench.thumb), small)
    change = chroma_distance(before, after)
    seen = seen_by(change, 2.5, 16)
    if float(small.mean()) > 0.7 and not _colour_looks_wrong(bench.thumb, kind):
        bench.doubt("colorfulness", np.ones_like(mask))
        return
    plane = np.full((CROP, CROP), severity, np.float32)
    if kind != "dull":
        near = cv2.blur(change * mask, (65, 65)) / np.maximum(cv2.blur(mask, (65, 65)), 0.02)
        mean = float((change * mask).sum() / max(float(mask.sum()), 1e-6))
        plane = VIVID.severity(0.5 * near + 0.5 * mean).astype(np.float32)
    bench.write("colorfulness", plane, mask, seen)


def _colour_looks_wrong(thumb: FloatImage, kind: str) -> bool:
    """Whether a whole photo's colour is wrong to those who never saw it right."""
    lab = cv2.cvtColor(np.ascontiguousarray(thumb), cv2.COLOR_RGB2Lab)
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    if kind == "cast":
        return float(np.hypot(lab[..., 1].mean(), lab[..., 2].mean())) > 13
    return float(chroma.mean()) > 38 if kind == "vivid" else float(chroma.mean()) < 6.5


def add_noise(bench: Bench, mask: FloatPlane | None = None, wanted: float | None = None) -> None:
    """Noise of a sensor or of impulses, half of it under the camera's own JPEG."""
    rng = bench.rng
    before = bench.x
    if wanted is None:
        wanted = (
            float(np.exp(rng.uniform(np.log(0.8), np.log(6.0))))
            if rng.random() < 0.42
            else NOISE.parameter_of(draw_severity(rng, 0.84))
        )
    if mask is None:
        mask = bench.masks()[0]
    curve, camera = NOISE, False
    if rng.random() < 0.04:
        after, curve = (
            degrade.impulses(rng, before, float(np.exp(rng.uniform(-7.0, -3.2)))),
            IMPULSE,
        )
    else:
        camera = rng.random() < 0.45
        make = degrade.camera_noise if camera else degrade.noise_field
        after = np.clip(before + make(rng, before, wanted), 0, 1)
    after = blend(before, np.asarray(after, np.float32), mask)
    if rng.random() < (0.75 if camera else 0.45):
        # The camera's own JPEG on top: it takes the faintest part of the noise away.
        quality = int(rng.integers(75, 98))
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


def compress(bench: Bench) -> None:
    """A coder's loss."""
    rng = bench.rng
    wanted = draw_severity(rng, 0.9)
    coding = degrade.draw_coding(rng, bench.x, wanted)
    before = bench.x
    after = degrade.code(before, coding)
    change = np.abs(luma(after) - luma(before))
    seen = seen_by(change, 0.6 / 255, 14)
    placed = bench.place_where(seen)
    if placed is None:
        return
    mask = placed[0]
    bench.x = blend(before, after, mask)
    bench.write("compression", wanted, mask, seen)
    if coding.codec != "jpeg" and wanted > 0.45:
        bench.smears |= cells_of(mask) > 0.1


_OTHERS: dict[str, Callable[[Bench], None]] = {
    "blur": defocus,
    "jitter": shake,
    "compression": compress,
    "contrast": veil,
    "colorfulness": tint,
}
