"""Overlay: the photo with its flaws tinted, outlined and numbered, and a legend beside it.

Each pixel of a mask is tinted in the colour of the flaw that is worst there, the more severe the
more opaque; outlines are drawn for every flaw, so that one under another still shows. Where most
flaws cannot be told, thin hatching says so. Numbers are the ranks of the report's regions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from flawmap_api.palette import COLOURS
from flawmap_api.report import Report

from .captions import draw_captions
from .findings import DistortionPlanes
from .legend import LegendPanel, lay_out

__all__ = ["LONGEST_SIDE", "draw_overlay"]

#: No overlay is wider or taller, in pixels.
LONGEST_SIDE: Final = 2048
# Photos smaller than this are shown larger, each pixel as a square, so that captions have room.
_SMALL: Final = 512
# Opacity of a tint at severity 1: the photo has to stay visible under it.
_OPACITY: Final = 0.62
# A line of which this share lies on lines that are there already moves inwards, so many times.
_COVERED: Final = 0.4
_MOST_INSETS: Final = 7
# Behind a photo that is smaller than the legend.
_BACKGROUND: Final = (24, 24, 27)

U8 = NDArray[np.uint8]


def draw_overlay(photo: U8, report: Report, planes: Mapping[str, DistortionPlanes]) -> Image.Image:
    """Draw the overlay picture of one photo.

    Parameters
    ----------
    photo : uint8, shape (height, width, 3)
        Upright sRGB.
    report : Report
        Gives thresholds, regions and the figures of the legend.
    planes : mapping of distortion to DistortionPlanes
        Of any one size; they are brought to the picture's.

    Returns
    -------
    Image
        RGB, at most `LONGEST_SIDE` on its long side, legend included.
    """
    panel, (width, height) = lay_out(photo.shape[1], photo.shape[0], report, LONGEST_SIDE, _SMALL)
    picture = _photo_at(photo, width, height)
    masks, severities = _at_size(report, planes, width, height)
    hatch = _hatched(picture, planes, width, height)
    _tint(picture, masks, severities)
    _outline(picture, masks)
    image = Image.fromarray(picture)
    draw_captions(image, report, masks)
    return _with_panel(image, panel, hatched=hatch)


def _with_panel(image: Image.Image, panel: LegendPanel, *, hatched: bool) -> Image.Image:
    canvas = Image.new("RGB", panel.canvas, _BACKGROUND)
    canvas.paste(image, panel.photo_at)
    panel.draw(canvas, hatched=hatched)
    return canvas


def _photo_at(photo: U8, width: int, height: int) -> U8:
    """A copy of the photo at the picture's size: averaged, or each pixel as a square."""
    import cv2

    if photo.shape[:2] == (height, width):
        return photo.copy()
    larger = width > photo.shape[1] or height > photo.shape[0]
    how = cv2.INTER_NEAREST if larger else cv2.INTER_AREA
    return np.asarray(cv2.resize(photo, (width, height), interpolation=how), dtype=np.uint8)


def _plane_at(plane: U8, width: int, height: int) -> U8:
    """A plane at the picture's size, as the contract brings planes to any size."""
    import cv2

    if plane.shape == (height, width):
        return plane
    return np.asarray(cv2.resize(plane, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def _at_size(
    report: Report, planes: Mapping[str, DistortionPlanes], width: int, height: int
) -> tuple[dict[str, NDArray[np.bool_]], dict[str, U8]]:
    """Masks and severities at the picture's size, of the flaws that are there at all."""
    masks, severities = {}, {}
    for name in (name for name in COLOURS if name in planes):
        if not planes[name].mask.any():
            continue
        severity = _plane_at(planes[name].severity, width, height)
        known = _plane_at(planes[name].unknown, width, height) < 128
        mask = (severity >= round(255 * report.distortions[name].threshold)) & known
        if mask.any():
            masks[name], severities[name] = mask, severity
    return masks, severities


def _tint(
    picture: U8, masks: Mapping[str, NDArray[np.bool_]], severities: Mapping[str, U8]
) -> None:
    """Tint in place: at each pixel the worst flaw's colour, its severity as opacity."""
    if not masks:
        return
    worst = np.zeros(picture.shape[:2], np.uint8)
    whose = np.zeros(picture.shape[:2], np.uint8)
    for i, (name, mask) in enumerate(masks.items()):
        here = mask & (severities[name] > worst)
        np.copyto(worst, severities[name], where=here)
        np.copyto(whose, np.uint8(i), where=here)
    colours = np.array([COLOURS[name] for name in masks], np.uint16)
    opacity = np.array([round(256 * _OPACITY * s / 255) for s in range(256)], np.uint16)
    # A band at a time, so that the wide numbers stay small.
    for top in range(0, len(picture), 64):
        band = slice(top, top + 64)
        alpha = opacity[worst[band]][..., None]
        mixed = (256 - alpha) * picture[band] + alpha * colours[whose[band]] + 128
        picture[band] = mixed >> 8


def _outline(picture: U8, masks: Mapping[str, NDArray[np.bool_]]) -> None:
    """Outline every mask in its colour on a dark edge; a covered line moves inwards."""
    import cv2

    line = max(2, round(max(picture.shape[:2]) / 700))
    kernel = np.ones((2 * line + 3, 2 * line + 3), np.uint8)
    taken = np.zeros(picture.shape[:2], np.uint8)
    for name, mask in masks.items():
        plane = mask.astype(np.uint8)
        contours = _contours(plane)
        for _ in range(_MOST_INSETS):
            if _share_on(taken, contours) < _COVERED:
                break
            smaller = np.asarray(cv2.erode(plane, kernel, borderValue=0), dtype=np.uint8)
            if not smaller.any():
                break
            plane, contours = smaller, _contours(smaller)
        cv2.drawContours(picture, contours, -1, (16, 16, 18), line + 2, cv2.LINE_AA)
        cv2.drawContours(picture, contours, -1, COLOURS[name], line, cv2.LINE_AA)
        # Twice as wide: what is so near would hide half of this line.
        cv2.drawContours(taken, contours, -1, 255, 2 * line + 4)


def _contours(plane: U8) -> list[NDArray[np.int32]]:
    import cv2

    found, _ = cv2.findContours(plane, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    # Specks keep their tint; a ring around each would only hide the photo.
    return [np.asarray(c, dtype=np.int32) for c in found if len(c) >= 24] or [
        np.asarray(c, dtype=np.int32) for c in found
    ]


def _share_on(taken: U8, contours: list[NDArray[np.int32]]) -> float:
    points = np.concatenate([c.reshape(-1, 2) for c in contours])
    return float((taken[points[:, 1], points[:, 0]] > 0).mean())


def _hatched(picture: U8, planes: Mapping[str, DistortionPlanes], width: int, height: int) -> bool:
    """Hatch in place where at least half of the flaws cannot be told; says whether any was."""
    if not planes:
        return False
    votes = np.zeros((height, width), np.uint8)
    for plane in planes.values():
        if plane.unknown.any():
            votes += _plane_at(plane.unknown, width, height) >= 128
    blind = 2 * votes >= len(planes)
    period = max(8, round(max(width, height) / 120))
    rows, cols = np.ogrid[:height, :width]
    lines = ((rows + cols) % period < max(1, period // 9)) & blind
    pixels = picture[lines].astype(np.int16)
    # Lighter on dark and darker on light: discreet on either.
    pixels += np.where(pixels.mean(axis=1, keepdims=True) < 128, 44, -44).astype(np.int16)
    picture[lines] = np.clip(pixels, 0, 255)
    return bool(lines.any())
