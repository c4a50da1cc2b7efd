"""Rendering: a repair over a document's own numbers, tile by tile.

Numbers come in and numbers of the same kind go out; between them everything is float32. Tiles keep
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
#: A tile takes about 0.1 s: memory stays flat, and a cancel is soon looked at.
_TILE_PIXELS: Final = 160_000
_TILE_WIDTH: Final = 512
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
    on_progress : callable (done, total), called between tiles
    check_cancelled : callable, called between tiles; what it raises ends the repair

    Returns
    -------
    Samples of the box, shape (box.height, box.width[, channels]), same type
    """
    inner = _cut(samples, box)
    if strength <= 0 or method == "none":
        return inner.copy()
    local = _local(method, encoding, strength, _fitted(method, settings, samples, encoding))
    margin = MARGINS[method]
    out = np.empty_like(inner)

    def repair(tile: Box) -> None:
        if check_cancelled:
            check_cancelled()
        seen_box = _grown(tile, margin, samples.shape[1], samples.shape[0])
        seen = encoding.to_perceptual(_cut(samples, seen_box))
        here = _moved(tile, box)
        cut = _moved(tile, seen_box)
        after = _cut(local(seen), cut)
        _cut(out, here)[...] = encoding.to_samples(_cut(seen, cut), after, _cut(inner, here))

    tiles = _tiles(box)
    with ThreadPoolExecutor(max(1, min(threads, len(tiles)))) as pool:
        waiting = {pool.submit(repair, tile) for tile in tiles}
        try:
            while waiting:
                done, waiting = wait(waiting, return_when="FIRST_COMPLETED")
                for future in done:
                    future.result()
                if on_progress:
                    on_progress(len(tiles) - len(waiting), len(tiles))
        except BaseException:
            for future in waiting:
                future.cancel()
            raise
    return out


def _tiles(box: Box) -> list[Box]:
    # Multiples of a block apart: the block grids of all tiles then agree, and no seam can show.
    cols = min(box.width, _TILE_WIDTH)
    rows = max(_LEAST_ROWS, _TILE_PIXELS // cols // 8 * 8)
    return [
        Box(x, y, min(box.x1, x + cols), min(box.y1, y + rows))
        for y in range(box.y0, box.y1, rows)
        for x in range(box.x0, box.x1, cols)
    ]


def _grown(tile: Box, margin: int, width: int, height: int) -> Box:
    # By even numbers to the left and top, for the same reason.
    return Box(
        tile.x0 - min(margin, tile.x0) // 2 * 2,
        tile.y0 - min(margin, tile.y0) // 2 * 2,
        min(width, tile.x1 + margin),
        min(height, tile.y1 + margin),
    )


def _moved(box: Box, origin: Box) -> Box:
    """A box as seen from the corner of another that holds it."""
    x, y = origin.x0, origin.y0
    return Box(box.x0 - x, box.y0 - y, box.x1 - x, box.y1 - y)


def _cut(samples: Samples, box: Box) -> Samples:
    return samples[box.y0 : box.y1, box.x0 : box.x1]


def _local(
    method: str, encoding: Encoding, strength: float, settings: Mapping[str, float]
) -> Local:
    """The method as a function of a tile's perceptual numbers."""
    stops = min(max(settings.get("stops", 0.0), 0.0), 4.0) * strength
    if method == "lighten":
        return partial(tone.lighten, encoding=encoding, stops=stops)
    if method == "darken":
        at_white = min(max(settings.get("at_white", 0.5), 0.0), 1.0)
        return partial(tone.darken, encoding=encoding, stops=stops, at_white=at_white)
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
