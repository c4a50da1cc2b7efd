"""Rendering: a repair over a document's own numbers, strip by strip.

Numbers come in and numbers of the same kind go out; between them everything is float32. Strips keep
memory flat, let a repair be cancelled, and share out the cores.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from flawmap_api.geometry import Box
from flawmap_engine.imaging.colour import is_srgb, to_srgb

from . import denoise, sharpen, tone
from .encoding import Encoding
from .noise import NoiseModel, measure_noise

__all__ = ["MARGINS", "render"]

Floats = NDArray[np.float32]
Samples = NDArray[Any]
Local = Callable[[Floats], Floats]

#: Pixels around the repaired box that each method has to see.
MARGINS: Final = {
    "denoise": denoise.REACH,
    "deblock": denoise.REACH,
    "deconvolve": sharpen.REACH,
    "sharpen": sharpen.REACH,
    "lighten": 0,
    "darken": 0,
    "dehaze": 0,
    "colour": 0,
    "none": 0,
}
_STRIP_PIXELS: Final = 160_000
_LEAST_ROWS: Final = 64


def render(
    samples: Samples,
    encoding: Encoding,
    box: Box,
    *,
    method: str,
    strength: float,
    settings: Mapping[str, float],
    threads: int = 1,
    on_progress: Callable[[int, int], None] | None = None,
    check_cancelled: Callable[[], None] | None = None,
) -> Samples:
    """Repair a box of a picture.

    Parameters
    ----------
    samples : uint8, uint16, float16 or float32, shape (h, w) or (h, w, channels)
        The box with its surroundings.
    encoding : Encoding
    box : Box
        Within `samples`.
    method : str
        One of `messages.REPAIR_METHODS`.
    strength : float in [0, 1]
        0 gives the same bytes back.
    settings : mapping of str to float
        What a plan measured; values out of range are brought into it.
    threads : int
    on_progress : callable (done, total), called between strips
    check_cancelled : callable, called between strips; what it raises ends the repair

    Returns
    -------
    Samples of the box, shape (box.height, box.width[, channels]), same type
    """
    inner = samples[box.y0 : box.y1, box.x0 : box.x1]
    if strength <= 0 or method == "none":
        return inner.copy()
    local = _local(method, encoding, strength, _fitted(method, settings, samples, encoding))
    margin = MARGINS[method]
    out = np.empty_like(inner)
    # Multiples of a block, and even margins: the block grids of all strips then agree, and no seam
    # can show.
    rows = max(_LEAST_ROWS, _STRIP_PIXELS // max(1, box.width) // 8 * 8)
    strips = [(top, min(box.y1, top + rows)) for top in range(box.y0, box.y1, rows)]
    left = box.x0 - min(margin, box.x0) // 2 * 2
    right = min(samples.shape[1], box.x1 + margin)

    def repair(top: int, bottom: int) -> None:
        if check_cancelled:
            check_cancelled()
        first, last = top - min(margin, top) // 2 * 2, min(samples.shape[0], bottom + margin)
        seen = encoding.to_perceptual(samples[first:last, left:right])
        cut = (slice(top - first, bottom - first), slice(box.x0 - left, box.x1 - left))
        after = local(seen)[cut]
        here = slice(top - box.y0, bottom - box.y0)
        out[here] = encoding.to_samples(seen[cut], after, inner[here])

    with ThreadPoolExecutor(max(1, min(threads, len(strips)))) as pool:
        waiting = {pool.submit(repair, *strip) for strip in strips}
        try:
            while waiting:
                done, waiting = wait(waiting, return_when="FIRST_COMPLETED")
                for future in done:
                    future.result()
                if on_progress:
                    on_progress(len(strips) - len(waiting), len(strips))
        except BaseException:
            for future in waiting:
                future.cancel()
            raise
    return out


def _local(
    method: str, encoding: Encoding, strength: float, settings: Mapping[str, float]
) -> Local:
    """The method as a function of a strip's perceptual numbers."""
    stops = min(max(settings.get("stops", 0.0), 0.0), 4.0) * strength
    if method == "lighten":
        return partial(tone.lighten, encoding=encoding, stops=stops)
    if method == "darken":
        return partial(tone.darken, encoding=encoding, stops=stops)
    full = _full(method, encoding, settings)

    def mixed(seen: Floats) -> Floats:
        after = full(seen)
        return after if strength >= 1 else seen + np.float32(strength) * (after - seen)

    return mixed


def _full(method: str, encoding: Encoding, settings: Mapping[str, float]) -> Local:
    if method in ("denoise", "deblock"):
        return partial(denoise.denoise, noise=NoiseModel.from_settings(settings))
    radius = min(max(settings.get("radius", 0.0), 0.0), sharpen.MOST_RADIUS)
    if method == "deconvolve":
        noise = min(max(settings.get("sigma", 0.0), 0.0), 64.0) / 255
        return partial(sharpen.deconvolve, radius=radius, noise=noise)
    if method == "sharpen":
        amount = min(max(settings.get("amount", 0.5), 0.0), 3.0)
        return partial(sharpen.sharpen, radius=radius, amount=amount)
    if method == "dehaze":
        black, white = settings.get("black", 0.0), settings.get("white", 1.0)
        return partial(tone.dehaze, black=min(max(black, 0), 0.9), white=min(max(white, 0.1), 1))
    return partial(tone.colour, encoding=encoding, settings=settings)


def _fitted(
    method: str, settings: Mapping[str, float], samples: Samples, encoding: Encoding
) -> Mapping[str, float]:
    """Settings that were measured in sRGB, fitted to the document's own numbers.

    Noise of one strength is larger in the numbers of a narrow space than in those of a wide one.
    """
    if method not in ("denoise", "deblock") or not encoding.icc or encoding.channels == "CMYK":
        return settings
    if not encoding.linear and is_srgb(encoding.icc):
        return settings
    ratio = _ratio(samples, encoding)
    return {**settings, **NoiseModel.from_settings(settings).scaled(ratio).to_settings()}


def _ratio(samples: Samples, encoding: Encoding) -> float:
    """Noise in the document's perceptual numbers, as a multiple of that in sRGB."""
    height = samples.shape[0]
    rows = min(height, max(64, 1_000_000 // samples.shape[1]))
    part = samples[(height - rows) // 2 : (height + rows) // 2]
    colour = np.ascontiguousarray(part[..., :3] if part.ndim == 3 and part.shape[2] > 2 else part)
    if colour.ndim == 3 and colour.shape[2] == 2:
        colour = np.ascontiguousarray(colour[..., 0])
    if encoding.channels.startswith("BGR"):
        colour = cv2.cvtColor(colour.astype(_wide(colour)), cv2.COLOR_BGR2RGB)
    colour = colour.astype(_wide(colour))
    space: Any = "Y" if colour.ndim == 2 else "RGB"
    seen, _ = to_srgb(colour, space, encoding.icc, linear=encoding.linear)
    own = measure_noise(encoding.to_perceptual(part))
    theirs = measure_noise(np.asarray(seen / np.float32(255), np.float32))
    if own is None or theirs is None or theirs.sigma < 0.5 or own.sigma <= 0:
        return 1.0
    return float(np.clip(own.sigma / theirs.sigma, 0.2, 3))


def _wide(samples: Samples) -> Any:
    return np.float32 if samples.dtype == np.float16 else samples.dtype
