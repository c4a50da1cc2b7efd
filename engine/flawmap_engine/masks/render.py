"""Rendering: planes as ready bytes for hosts that have no numpy (`layers.render`).

Of distortions, for the whole photo or at the grid's size; of regions, cropped to their boxes.
`layers` makes one after the other, so that a caller who sends each on holds one at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from flawmap_api.errors import Unsupported
from flawmap_api.geometry import Box
from flawmap_api.messages import LayersRender
from flawmap_engine.planes import Analysis, ViewPlanes

from .coverage import region_coverage, region_mask, softened
from .lookup import region_of
from .mask import cells_of, distortion_mask
from .regions import RegionShape
from .resample import bring_to, bring_window

__all__ = ["Layer", "layers", "tint"]

BytePlane = NDArray[np.uint8]

# Rows per step: what a step needs stays in the processor's cache.
_BAND = 64


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One rendered plane.

    Attributes
    ----------
    name : str
        The distortion, or the region's id.
    distortion : str
    box : Box
        Where it lies in the photo.
    data : uint8, shape (h, w), or (h, w, 4) for a tint
        C-contiguous; of the box's size, or of the grid's where that was asked for.
    """

    name: str
    distortion: str
    box: Box
    data: BytePlane


def layers(
    analysis: Analysis, request: LayersRender, thresholds: Mapping[str, int]
) -> Iterator[Layer]:
    """Make the layers of a request one after the other.

    Parameters
    ----------
    analysis : Analysis
    request : LayersRender
        Which plane, of what, at which size and in which channel layout.
    thresholds : mapping of distortion to k, 1..255

    Raises
    ------
    Unsupported
        If the analysis has no planes of a distortion.
    NotFound
        If no region of this view and these thresholds has the id.
    """
    planes = analysis.planes(request.view)
    for name in request.distortions:
        if name not in planes.distortions:
            raise Unsupported(
                f"This engine does not judge {name}.",
                f"It judges {', '.join(planes.distortions)}.",
            )
    found = [region_of(analysis, request.view, thresholds, name) for name in request.regions]
    whole = Box(0, 0, analysis.width, analysis.height)
    for name in request.distortions:
        k = thresholds[name]
        if request.size == "grid":
            data = _on_grid(planes, name, k, request.plane)
        else:
            data = _of_photo(planes, name, k, analysis, request)
        yield Layer(name, name, whole, np.ascontiguousarray(data))
    for region in found:
        data = _of_region(planes, region, thresholds[region.distortion], analysis, request)
        yield Layer(region.id, region.distortion, region.box, np.ascontiguousarray(data))


def tint(
    coverage: BytePlane, severity: BytePlane, colour: tuple[int, int, int], channels: str = "RGBA"
) -> BytePlane:
    """A distortion's colour, as opaque as it is strong there.

    Parameters
    ----------
    coverage, severity : uint8, shape (h, w)
    colour : (red, green, blue), 0..255
    channels : "RGBA" or "BGRA"

    Returns
    -------
    uint8, shape (h, w, 4)
        Colour, not premultiplied, with alpha `(coverage · severity + 127) // 255`.
    """
    out = np.empty((*coverage.shape, 4), np.uint8)
    first, second, third = colour if channels == "RGBA" else colour[::-1]
    # A pixel is one number, alpha in its highest byte: four times as fast as byte by byte.
    plain, pixels = np.uint32(first | second << 8 | third << 16), out.view("<u4")[..., 0]
    for start in range(0, len(out), _BAND):
        some = slice(start, start + _BAND)
        # Rounded, which is the formula: no product of two bytes lies half between multiples of 255.
        alpha = cv2.multiply(coverage[some], severity[some], scale=1 / 255)
        np.left_shift(alpha, np.uint32(24), out=pixels[some], casting="unsafe", dtype=np.uint32)
        pixels[some] |= plain
    return out


def _on_grid(planes: ViewPlanes, name: str, k: int, plane: str) -> BytePlane:
    severity, unknown = planes.of(name)
    if plane == "mask":
        return cells_of(planes, name, k).astype(np.uint8) * np.uint8(255)
    return severity if plane == "severity" else unknown


def _of_photo(
    planes: ViewPlanes, name: str, k: int, analysis: Analysis, request: LayersRender
) -> BytePlane:
    width, height = analysis.width, analysis.height
    severity, unknown = planes.of(name)
    if request.plane == "unknown":
        return bring_to(unknown, width, height)
    if request.plane == "severity":
        return bring_to(severity, width, height)
    if request.plane == "mask":
        return distortion_mask(planes, name, k, width, height)
    # Nothing keeps the mask: on a large photo every plane counts.
    coverage = softened(distortion_mask(planes, name, k, width, height), planes.grid, width, height)
    return tint(coverage, bring_to(severity, width, height), _colour(name), request.channels)


def _of_region(
    planes: ViewPlanes, region: RegionShape, k: int, analysis: Analysis, request: LayersRender
) -> BytePlane:
    width, height = analysis.width, analysis.height
    severity, unknown = planes.of(region.distortion)
    if request.plane == "mask":
        return region_mask(planes, k, region, width, height)
    if request.plane == "unknown":
        return bring_window(unknown, width, height, region.box)
    if request.plane == "severity":
        return bring_window(severity, width, height, region.box)
    coverage = region_coverage(planes, k, region, width, height)
    if request.plane == "coverage":
        return coverage
    strength = bring_window(severity, width, height, region.box)
    return tint(coverage, strength, _colour(region.distortion), request.channels)


def _colour(distortion: str) -> tuple[int, int, int]:
    from flawmap_api.palette import COLOURS

    return COLOURS[distortion]
