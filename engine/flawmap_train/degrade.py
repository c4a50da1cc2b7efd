"""What goes wrong with a picture: one function a distortion, each with its own physical parameter.

Pictures are float32 sRGB in [0, 1], shape (h, w, 3). A function returns the picture as if all of
it were damaged; where the damage lies is `synthesis`'s business. Everything is drawn from the
generator that is handed in: one seed, one picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from .optics import to_linear, to_srgb
from .severity_curves import JPEG, JPEG2000, LOW_LIGHT, LOW_LIGHT_STOPS, OVEREXPOSURE, jpeg_quality
from .words import VISIBLE

__all__ = [
    "Coding",
    "Tone",
    "bytes_of",
    "camera_noise",
    "code",
    "darken",
    "draw_coding",
    "draw_severity",
    "floats_of",
    "impulses",
    "jpeg",
    "luma",
    "noise_field",
    "overexpose",
    "tone_for",
    "tone_severity",
]

FloatImage = npt.NDArray[np.float32]
FloatPlane = npt.NDArray[np.float32]

_LUMA: Final = np.array([0.299, 0.587, 0.114], np.float32)


def luma(x: FloatImage) -> FloatPlane:
    """Rec. 601 luma of an sRGB picture, float32 in the picture's own range."""
    return np.asarray(x @ _LUMA, np.float32)


def bytes_of(x: FloatImage) -> npt.NDArray[np.uint8]:
    """A picture as uint8."""
    return np.asarray(np.clip(x * 255 + 0.5, 0, 255), np.uint8)


def floats_of(x: npt.NDArray[np.uint8]) -> FloatImage:
    """A uint8 picture as float32 in [0, 1]."""
    return np.asarray(x / np.float32(255), np.float32)


def draw_severity(rng: np.random.Generator, ceiling: float = 0.93) -> float:
    """Uniform over 0.05..`ceiling`, with a fifth of it below 0.2."""
    return float(rng.uniform(VISIBLE, 0.2) if rng.random() < 0.2 else rng.uniform(0.2, ceiling))


# --- tone -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tone:
    """A wrong exposure: `amount` in stops (of either sign's own function) and its `style`."""

    amount: float
    style: str
    brighter: bool

    def apply(self, x: FloatImage, share: float | FloatPlane = 1.0) -> FloatImage:
        """The picture so exposed; `share` scales the amount, pixel by pixel if an array."""
        stops = np.asarray(self.amount * np.asarray(share, np.float32), np.float32)
        if stops.ndim == 2:
            stops = stops[..., None]
        return overexpose(x, stops, self.style) if self.brighter else darken(x, stops, self.style)


def overexpose(x: FloatImage, stops: FloatPlane | float, style: str) -> FloatImage:
    """Too much light by `stops`.

    `gain` clips hard, `shoulder` rolls off as film does, `push` lifts the display values.
    """
    if style == "push":
        return np.asarray(np.clip(x * (1 + 0.22 * stops) + 0.05 * stops, 0, 1), np.float32)
    light = to_linear(x) * np.exp2(stops, dtype=np.float32)
    if style == "shoulder":
        knee = np.float32(0.6)
        light = np.where(
            light > knee, 1 - (1 - knee) * np.exp(-(light - knee) / (1 - knee) * 1.6), light
        )
    return to_srgb(np.asarray(light, np.float32))


def darken(x: FloatImage, stops: FloatPlane | float, style: str) -> FloatImage:
    """Too little light by `stops`.

    `gain` in linear light, `crush` with a black level on top, `gamma` bends the display values.
    """
    if style == "gamma":
        return np.asarray(np.clip(x, 1e-4, 1) ** (1 + 0.42 * stops), np.float32)
    light = to_linear(x) * np.exp2(-np.asarray(stops, np.float32))
    if style == "crush":
        light = np.maximum(light - 0.004 * np.minimum(stops, 1.0), 0)
    return to_srgb(np.asarray(light, np.float32))


def tone_severity(before: FloatImage, after: FloatImage, brighter: bool) -> float:
    """Severity of a region's change of exposure; pictures or lists of pixels, sRGB 0..1."""
    change = float(luma(after).mean() - luma(before).mean()) * 255
    if brighter:
        return float(OVEREXPOSURE.severity(change))
    lost = float(to_linear(before).mean() + 1e-4) / float(to_linear(after).mean() + 1e-4)
    fall, stops = LOW_LIGHT.severity(-change), LOW_LIGHT_STOPS.severity(np.log2(max(lost, 1.0)))
    return float(0.5 * (fall + stops))


def tone_for(
    rng: np.random.Generator, pixels: FloatImage, severity: float, brighter: bool
) -> tuple[Tone, float]:
    """The exposure error that gives these pixels a wanted severity, and the severity it does give.

    Parameters
    ----------
    pixels : float32, shape (n, 1, 3) or (h, w, 3)
        The region's own pixels (a sample is enough).
    severity : wanted, 0..1
    brighter : overexposure if true, low light if not.

    Notes
    -----
    A region that is bright already cannot be overexposed by much: the second number says how far
    it got. Found by halving; the severity rises with the amount.
    """
    styles = ("gain", "shoulder", "push") if brighter else ("gain", "crush", "gamma")
    style = str(rng.choice(styles, p=(0.55, 0.25, 0.2)))
    low, high = 0.0, 5.0
    for _ in range(8):
        middle = (low + high) / 2
        if tone_severity(pixels, Tone(middle, style, brighter).apply(pixels), brighter) < severity:
            low = middle
        else:
            high = middle
    tone = Tone((low + high) / 2, style, brighter)
    return tone, tone_severity(pixels, tone.apply(pixels), brighter)


# --- noise ------------------------------------------------------------------------------------


def noise_field(rng: np.random.Generator, x: FloatImage, luma_sd: float) -> FloatImage:
    """What a sensor adds to the display values: float32 like `x`, luma sd about `luma_sd` / 255.

    Poisson-Gaussian in linear light seen through the tone curve, or white on display values; with
    chroma from none to blotches, and in part smoothed by a camera's denoising.
    """
    h, w = x.shape[:2]
    fine = rng.standard_normal((h, w), dtype=np.float32)
    if rng.random() < 0.4:
        fine = _smooth(fine, float(rng.uniform(0.45, 1.3)))
    kind = rng.random()
    if kind < 0.3:
        colour = np.zeros((h, w, 3), np.float32)
    else:
        colour = rng.standard_normal((h, w, 3), dtype=np.float32)
        if kind > 0.62:
            colour = _smooth(colour, float(np.exp(rng.uniform(0.0, 1.4))))
            colour /= colour.std() + 1e-6
        colour -= luma(colour)[..., None]
        colour *= float(rng.uniform(0.4, 1.6))
    if rng.random() < 0.7:
        light = np.maximum(to_linear(x).mean(-1), 0.002)
        photon = float(np.exp(rng.uniform(np.log(0.3), np.log(8.0))))
        slope = np.minimum(0.44 * light**-0.583, 8.0)
        level = np.sqrt(photon * light + 0.12) * slope
        level /= np.sqrt((level * level).mean()) + 1e-6
        level = np.minimum(level, 3.0)
    else:
        level = np.ones((h, w), np.float32)
    fine *= level / (np.sqrt(((fine * level) ** 2).mean()) + 1e-6)
    return np.asarray((fine[..., None] + colour * level[..., None]) * (luma_sd / 255), np.float32)


_AROUND_RED: Final = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]], np.float32) / 4
_AROUND_GREEN: Final = np.array([[0, 1, 0], [1, 4, 1], [0, 1, 0]], np.float32) / 4


def camera_noise(rng: np.random.Generator, x: FloatImage, luma_sd: float) -> FloatImage:
    """What is left of a sensor's noise when the camera has done with it, as `noise_field`.

    Photon noise at the places of a Bayer mosaic, filled in between, white-balanced, mixed by a
    colour matrix and bent by the tone curve; then a denoiser that spares edges, one that leaves
    blotches of colour, and sharpening.
    """
    h, w = x.shape[:2]
    light = np.maximum(to_linear(x), 0.002)
    photon = float(np.exp(rng.uniform(np.log(0.5), np.log(10.0))))
    field = rng.standard_normal((h, w, 3), dtype=np.float32) * np.sqrt(photon * light + 0.1)
    oy, ox = (int(v) for v in rng.integers(0, 2, 2))
    mosaic = np.zeros((h, w, 3), np.float32)
    mosaic[oy::2, ox::2, 0] = 1
    mosaic[1 - oy :: 2, 1 - ox :: 2, 2] = 1
    mosaic[..., 1] = 1 - mosaic[..., 0] - mosaic[..., 2]
    for c, kernel in enumerate((_AROUND_RED, _AROUND_GREEN, _AROUND_RED)):
        plane = np.ascontiguousarray(field[..., c] * mosaic[..., c])
        field[..., c] = cv2.filter2D(plane, -1, kernel, borderType=cv2.BORDER_REFLECT_101)
    field *= np.array([rng.uniform(1.3, 2.3), 1.0, rng.uniform(1.3, 2.3)], np.float32)
    mix = float(rng.uniform(0.1, 0.4))
    matrix = np.full((3, 3), -mix, np.float32) + np.eye(3, dtype=np.float32) * (1 + 3 * mix)
    field = field @ matrix.T
    field *= np.minimum(0.44 * light.mean(-1) ** -0.583, 8.0)[..., None]
    grey = luma(field)
    colour = field - grey[..., None]
    scale = luma_sd / 255 / (float(grey.std()) + 1e-6)
    grey, colour = grey * scale, colour * scale
    if rng.random() < 0.65:
        # A denoiser keeps what looks like an edge, noise among it.
        clean = luma(x)
        strength = float(rng.uniform(1.0, 3.5)) * luma_sd / 255
        reach = float(rng.uniform(0.8, 2.2))
        noisy = np.asarray(clean + grey * float(rng.uniform(1.2, 2.5)), np.float32)
        kept = cv2.bilateralFilter(noisy, 5, strength, reach) - cv2.bilateralFilter(
            clean, 5, strength, reach
        )
        grey = np.asarray(kept + grey * float(rng.uniform(0.0, 0.4)), np.float32)
    if rng.random() < 0.75:
        blotches = _smooth(colour, float(np.exp(rng.uniform(0.2, 1.7))))
        colour = blotches * float(rng.uniform(0.5, 2.5)) + colour * float(rng.uniform(0.0, 0.3))
    if rng.random() < 0.4:
        grey = grey + (grey - _smooth(grey, 1.0)) * float(rng.uniform(0.3, 1.2))
    grey = grey * (luma_sd / 255 / (float(grey.std()) + 1e-6))
    return np.asarray(grey[..., None] + colour, np.float32)


def _smooth(x: FloatImage, sigma: float) -> FloatImage:
    return np.asarray(cv2.GaussianBlur(x, (0, 0), sigma), np.float32)


def impulses(rng: np.random.Generator, x: FloatImage, share: float) -> FloatImage:
    """Dead and hot samples: `share` of them set to 0 or 1."""
    u = rng.random(x.shape, dtype=np.float32)
    return np.asarray(np.where(u < share / 2, 0, np.where(u < share, 1, x)), np.float32)


# --- coding -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Coding:
    """A lossy coder: `codec` jpeg, webp or jpeg2000, its setting, and the shift of its grid."""

    codec: str
    setting: float
    shift: tuple[int, int]


def jpeg(x: FloatImage, quality: int, *, fine_chroma: bool = False) -> FloatImage:
    """A JPEG round trip at `quality` 1..100."""
    sampling = (
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444
        if fine_chroma
        else cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420
    )
    return _round_trip(
        x,
        ".jpg",
        [cv2.IMWRITE_JPEG_QUALITY, int(quality), cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling],
    )


def draw_coding(rng: np.random.Generator, x: FloatImage, severity: float) -> Coding:
    """A coder whose loss people would call `severity`."""
    kind = rng.random()
    shift = (0, 0) if rng.random() < 0.5 else (int(rng.integers(8)), int(rng.integers(8)))
    quality = jpeg_quality(JPEG.parameter_of(min(severity, 0.95)))
    if kind < 0.76:
        return Coding("jpeg", quality, shift)
    if kind < 0.9:
        return Coding("webp", _webp_like(x, quality), shift)
    return Coding("jpeg2000", JPEG2000.parameter_of(min(severity, 0.9)), shift)


def code(x: FloatImage, coding: Coding) -> FloatImage:
    """The picture after the coder's round trip."""
    dy, dx = coding.shift
    padded = np.asarray(
        cv2.copyMakeBorder(x, dy, (-dy) % 8, dx, (-dx) % 8, cv2.BORDER_REFLECT_101), np.float32
    )
    if coding.codec == "jpeg":
        y = jpeg(padded, round(coding.setting), fine_chroma=False)
    elif coding.codec == "webp":
        y = _round_trip(padded, ".webp", [cv2.IMWRITE_WEBP_QUALITY, max(1, round(coding.setting))])
    else:
        y = _round_trip(
            padded,
            ".jp2",
            [cv2.IMWRITE_JPEG2000_COMPRESSION_X1000, max(1, round(1000 / coding.setting))],
        )
    return y[dy : dy + x.shape[0], dx : dx + x.shape[1]]


def _webp_like(x: FloatImage, quality: float) -> float:
    """The WebP quality whose luma error equals that of a JPEG of `quality`."""
    error = _error(x, jpeg(x, round(quality)))
    low, high = 1.0, 95.0
    for _ in range(5):
        middle = (low + high) / 2
        y = _round_trip(x, ".webp", [cv2.IMWRITE_WEBP_QUALITY, round(middle)])
        if _error(x, y) > error:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _error(x: FloatImage, y: FloatImage) -> float:
    return float(np.sqrt(((luma(x) - luma(y)) ** 2).mean()))


def _round_trip(x: FloatImage, ending: str, settings: list[int]) -> FloatImage:
    done, data = cv2.imencode(ending, bytes_of(x)[..., ::-1], settings)
    if not done:
        raise RuntimeError(f"OpenCV could not write {ending}.")
    back = cv2.imdecode(data, cv2.IMREAD_COLOR)
    if back is None:
        raise RuntimeError(f"OpenCV could not read back the {ending} that it wrote.")
    return floats_of(np.asarray(back, np.uint8)[..., ::-1])
