"""Planning: from a region's own pixels to what could be done about it, how strongly, and how well.

Pure: the photo's pixels, the region's place and its coverage come in; a `Proposal` goes out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from flawmap_api.geometry import Box
from flawmap_api.repair import HostFilter, Limit

from . import measure
from .noise import measure_noise
from .rendering import MARGINS
from .sentences import limit, sentence
from .sharpen import MOST_RADIUS

__all__ = ["Part", "Proposal", "propose"]

Bytes = NDArray[np.uint8]

#: Coverage from which a pixel counts as the region's.
_INSIDE: Final = 128
#: Photo pixels around the box that are looked at to compare.
_AROUND: Final = 48
#: A region's mask goes by cells of about 8 px.
_RIM: Final = 8
#: Luma sigma (of 255) that people give a severity for, in pixels of the view.
_SEVERITY_AT: Final = (0.0, 0.2, 0.4, 0.6, 0.8, 0.9)
_SIGMA_AT: Final = (1.5, 5.2, 8.9, 14.3, 26.6, 60.0)
#: What is measured has to lie within these multiples of it: a part may reach over what is clean,
#: and a texture everywhere looks like noise.
_LEAST_NOISE: Final = 0.3
_MOST_NOISE: Final = 1.6
#: Below this luma sigma noise is told as faint.
_FAINT: Final = 1.5
#: Side and number of the squares that a large part is measured by.
_SQUARE: Final = 512
_MOST_SQUARES: Final = 12
#: What a sharp edge of a camera's photo measures; a blur is what comes on top of it.
_SHARP: Final = 0.55


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A part of a photo with its surroundings.

    Attributes
    ----------
    rgb : uint8, shape (h, w, 3)
        sRGB pixels of the part and of up to 48 px around it; of a large part, squares of it.
    inside : bool, shape (h, w)
        The part's own pixels.
    """

    rgb: Bytes
    inside: NDArray[np.bool_]

    @classmethod
    def of(cls, rgb: Bytes, box: Box, coverage: Bytes | None = None) -> Part:
        """Cut a box, or the region with that coverage, out of a photo."""
        height, width = rgb.shape[:2]
        x0, y0 = max(0, box.x0 - _AROUND), max(0, box.y0 - _AROUND)
        x1, y1 = min(width, box.x1 + _AROUND), min(height, box.y1 + _AROUND)
        inside = np.zeros((y1 - y0, x1 - x0), np.bool_)
        place = inside[box.y0 - y0 : box.y1 - y0, box.x0 - x0 : box.x1 - x0]
        place[...] = True if coverage is None else coverage >= _INSIDE
        if not place.any():
            place[...] = True
        return cls(*_sampled(rgb[y0:y1, x0:x1], inside))

    @property
    def core(self) -> NDArray[np.bool_]:
        """The part without its rim, where it may reach over what is clean; all of a small one."""
        size = 2 * _RIM + 1
        core = cv2.erode(self.inside.view(np.uint8), np.ones((size, size), np.uint8))
        inner = np.asarray(core, np.uint8).view(np.bool_)
        return inner if int(inner.sum()) >= 0.4 * int(self.inside.sum()) else self.inside


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a plan says of the repair itself; the fields are those of `RepairPlan`."""

    method: str
    strength: float
    settings: dict[str, float]
    words: tuple[str, str, dict[str, Any]]
    limits: tuple[Limit, ...] = ()
    host_filters: dict[str, HostFilter] = field(default_factory=dict)
    subkind: str | None = None

    @property
    def margin(self) -> int:
        """How many pixels around its box the repair has to see."""
        return MARGINS[self.method]


def _sampled(rgb: Bytes, inside: NDArray[np.bool_]) -> tuple[Bytes, NDArray[np.bool_]]:
    """At most 3 megapixels to measure: the squares that hold most of the part, one below another.

    Of equally full squares those are taken that lie evenly over the part.
    """
    height, width = inside.shape
    if inside.size <= _MOST_SQUARES * _SQUARE * _SQUARE or min(height, width) < _SQUARE:
        return rgb, inside
    corners = [
        (y, x)
        for y in range(0, height - _SQUARE + 1, _SQUARE)
        for x in range(0, width - _SQUARE + 1, _SQUARE)
    ]
    squares = [(slice(y, y + _SQUARE), slice(x, x + _SQUARE)) for y, x in corners]
    held = np.array([np.count_nonzero(inside[square]) for square in squares])
    good = np.flatnonzero(held >= min(0.9 * _SQUARE * _SQUARE, np.sort(held)[-_MOST_SQUARES:][0]))
    chosen = good[np.linspace(0, len(good) - 1, min(len(good), _MOST_SQUARES)).astype(int)]
    return (
        np.concatenate([rgb[squares[i]] for i in chosen]),
        np.concatenate([inside[squares[i]] for i in chosen]),
    )


def propose(part: Part, distortion: str, severity: float, scale: float = 1.0) -> Proposal:
    """What could be done about a distortion of a part.

    Parameters
    ----------
    part : Part
    distortion : str
        One of the vocabulary.
    severity : float in [0, 1]
        As it was judged there.
    scale : float, 1 or more
        Photo pixels to one of the view that it was judged in.
    """
    if distortion == "noise":
        return _noise(part, severity, scale)
    return _PLANNERS[distortion](part, severity)


def _noise(part: Part, severity: float, scale: float) -> Proposal:
    seen = float(np.interp(severity, _SEVERITY_AT, _SIGMA_AT))
    least = _LEAST_NOISE * seen if severity > _SEVERITY_AT[1] else 0.0
    model = measure_noise(_floats(part.rgb), part.core, least=least)
    if model is None:
        return _nothing("repair.none.unmeasurable")
    # Making the photo smaller for the view has averaged fine noise away.
    most = (3 + _MOST_NOISE * seen) * scale
    if model.sigma > most:
        model = model.scaled(most / model.sigma)
    sigma = round(model.sigma, 1)
    if sigma < 0.6:
        return _nothing("repair.none.fine")
    settings = {"sigma": sigma, **model.to_settings()}
    limits = (limit("limit.detail"),) if sigma > 12 else ()
    filters = {
        "gimp": HostFilter("gegl:denoise-dct", {"patch-size": "8x8", "sigma": max(1.0, sigma)}),
        "krita": HostFilter("waveletnoisereducer", {"threshold": round(min(30, 1 + sigma), 1)}),
    }
    words = sentence("repair.denoise" if sigma >= _FAINT else "repair.denoise.faint", sigma=sigma)
    return Proposal("denoise", 1.0, settings, words, limits, filters)


def _blur(part: Part, severity: float) -> Proposal:
    del severity
    model = measure_noise(_floats(part.rgb), part.inside)
    sigma = model.sigma if model else 0.0
    seen = measure.blur_radius(part.rgb, part.inside, sigma)
    if seen is None:
        return _nothing("repair.none.unmeasurable")
    radius = round(float(np.sqrt(max(seen**2 - _SHARP**2, 0.0))), 2)
    if radius < 0.3:
        return _nothing("repair.none.fine")
    filters = {
        "gimp": HostFilter("gegl:unsharp-mask", {"std-dev": max(0.5, radius), "scale": 1.0}),
        "krita": HostFilter("unsharp", {"halfSize": max(0.5, radius), "amount": 1.0}),
    }
    if radius <= MOST_RADIUS:
        settings = {"radius": radius, "sigma": round(sigma, 2)}
        words = sentence("repair.deconvolve", radius=radius)
        limits = (limit("limit.blur", radius=radius),) if radius > 1.6 else ()
        return Proposal("deconvolve", 1.0, settings, words, limits, filters)
    if radius > 8:
        return _nothing("repair.none.blur", radius=radius)
    settings = {"radius": MOST_RADIUS, "amount": 0.6}
    words = sentence("repair.sharpen", radius=radius)
    return Proposal("sharpen", 0.7, settings, words, (limit("limit.blur", radius=radius),), filters)


def _jitter(part: Part, severity: float) -> Proposal:
    if severity > 0.6:
        return _nothing("repair.none.jitter", limits=(limit("limit.jitter"),))
    del part
    settings = {"radius": 1.5, "amount": 0.5}
    filters = {
        "gimp": HostFilter("gegl:unsharp-mask", {"std-dev": 1.5, "scale": 0.5}),
        "krita": HostFilter("unsharp", {"halfSize": 1.5, "amount": 0.5}),
    }
    words = sentence("repair.sharpen", radius=1.5)
    return Proposal("sharpen", 0.6, settings, words, (limit("limit.jitter"),), filters)


def _low_light(part: Part, severity: float) -> Proposal:
    seen = measure.tones(part.rgb, part.inside)
    apart = measure.stops_apart(part.rgb, part.inside, ~part.inside)
    by_tone = float(np.log2(0.16 / max(seen.middle, 0.004)))
    by_severity = 0.6 + 2.2 * severity
    found = [by_tone, by_severity] if apart is None else [by_tone, by_severity, max(apart, 0.3)]
    stops = round(float(np.clip(np.median(found), 0.2, 2.5)), 2)
    limits = [limit("limit.noise")] if stops > 1 else []
    if seen.crushed > 0.01:
        limits.append(limit("limit.black", percent=_percent(seen.crushed)))
    filters = {"gimp": HostFilter("gegl:exposure", {"exposure": stops})}
    words = sentence("repair.lighten", stops=round(0.8 * stops, 2))
    # A region reaches over what was dark before; too little light looks less wrong than too much.
    return Proposal("lighten", 0.8, {"stops": stops}, words, tuple(limits), filters)


def _overexposure(part: Part, severity: float) -> Proposal:
    seen = measure.tones(part.rgb, part.inside)
    limits = []
    if seen.clipped > 0.01:
        limits.append(limit("limit.clipped", percent=_percent(seen.clipped)))
    if seen.gamut > 0.01:
        limits.append(limit("limit.gamut", percent=_percent(seen.gamut)))
    if seen.clipped > 0.9:
        return _nothing("repair.none.clipped", limits=tuple(limits))
    apart = measure.stops_apart(part.rgb, part.inside, ~part.inside)
    by_severity = 0.3 + 1.7 * severity
    found = by_severity if apart is None else (by_severity + max(-apart, 0.2)) / 2
    # The more is burnt, the less can the rest be darkened without tearing away from it.
    found *= float(np.interp(seen.clipped, [0.05, 0.5], [1.0, 0.5]))
    stops = round(float(np.clip(found, 0.2, 2.0)), 2)
    filters = {"gimp": HostFilter("gegl:exposure", {"exposure": -stops})}
    words = sentence("repair.darken", stops=stops)
    # A few burnt pixels may follow the rest; a large burnt part would become flat grey.
    at_white = float(np.interp(seen.clipped, [0.01, 0.15], [0.7, 0.2]))
    settings = {"stops": stops, "at_white": round(at_white, 3)}
    return Proposal("darken", 1.0, settings, words, tuple(limits), filters)


def _compression(part: Part, severity: float) -> Proposal:
    del part
    settings = {"sigma": round(2 + 3 * severity, 1)}
    return Proposal(
        "deblock", 1.0, settings, sentence("repair.deblock"), (limit("limit.compression"),)
    )


def _contrast(part: Part, severity: float) -> Proposal:
    del severity
    seen = measure.tones(part.rgb, part.inside)
    if seen.white - seen.black > 0.85:
        return _nothing("repair.none.fine")
    # Not all the way: a haze that is taken off to the last step looks torn.
    black, white = 0.75 * seen.black, 1 - 0.75 * (1 - seen.white)
    settings = {"black": round(black, 4), "white": round(white, 4)}
    filters = {
        "gimp": HostFilter("gegl:levels", {"in-low": black, "in-high": white}),
        "krita": HostFilter(
            "levels", {"blackvalue": round(255 * black), "whitevalue": round(255 * white)}
        ),
    }
    words = sentence("repair.dehaze")
    return Proposal("dehaze", 0.8, settings, words, (limit("limit.haze"),), filters)


def _colorfulness(part: Part, severity: float) -> Proposal:
    del severity
    seen = measure.tones(part.rgb, part.inside)
    r, g, b = measure.grey_gains(part.rgb, part.inside)
    limits = (limit("limit.colour"),)
    cast = max(r, g, b) / min(r, g, b)
    settings = {"gain_r": round(r, 4), "gain_g": round(g, 4), "gain_b": round(b, 4)}
    if cast > 1.12:
        return Proposal("colour", 0.8, settings, sentence("repair.colour.cast"), limits)
    aim = float(np.clip(0.3 / max(seen.spread, 0.02), 0.5, 1.6))
    if abs(aim - 1) < 0.1:
        return _nothing("repair.none.fine", limits=limits)
    kind = "dull" if aim > 1 else "vivid"
    words = sentence(f"repair.colour.{kind}", percent=round(100 * aim))
    return Proposal("colour", 0.8, {"saturation": round(aim, 2)}, words, limits)


def _nothing(id_: str, *, limits: tuple[Limit, ...] = (), **args: Any) -> Proposal:
    return Proposal("none", 0.0, {}, sentence(id_, **args), limits)


def _floats(rgb: Bytes) -> NDArray[np.float32]:
    return np.asarray(rgb / np.float32(255), np.float32)


def _percent(share: float) -> int:
    return max(1, round(100 * share))


_PLANNERS: Final[Mapping[str, Callable[[Part, float], Proposal]]] = {
    "blur": _blur,
    "jitter": _jitter,
    "overexposure": _overexposure,
    "low_light": _low_light,
    "compression": _compression,
    "contrast": _contrast,
    "colorfulness": _colorfulness,
}
