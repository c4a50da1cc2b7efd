"""Captions: a number with a few words on each region, placed so that none hides another.

Where there is no room for the words, the number stands alone; a caption beside its region has a
line to it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from flawmap_api.palette import COLOURS, LABELS
from flawmap_api.report import Region, Report

__all__ = ["caption_font", "draw_captions", "text_width"]

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

# Words may cover this share of the picture in all; further captions are numbers only.
_WORDS_SHARE: Final = 0.10
_PLATE: Final = (18, 18, 20, 228)
_INK: Final = (250, 250, 250, 255)
_DIM_INK: Final = (190, 190, 190, 255)
_EDGE: Final = (16, 16, 18, 255)


class _Rect(NamedTuple):
    x0: int
    y0: int
    x1: int
    y1: int

    def overlaps(self, other: _Rect) -> bool:
        return (
            self.x0 < other.x1 and other.x0 < self.x1 and self.y0 < other.y1 and other.y0 < self.y1
        )

    def holds(self, x: int, y: int) -> bool:
        return self.x0 <= x < self.x1 and self.y0 <= y < self.y1


class _Caption(NamedTuple):
    rect: _Rect
    spot: tuple[int, int]
    text: str
    region: Region


def caption_font(size: int) -> Font:
    """The font that comes inside Pillow, at `size` pixels; it knows Latin letters only."""
    return ImageFont.load_default(size)


def text_width(text: str, font: Font) -> int:
    """Width of one line in pixels."""
    return math.ceil(font.getlength(text))


def draw_captions(
    image: Image.Image, report: Report, masks: Mapping[str, NDArray[np.bool_]]
) -> None:
    """Write the caption of every region on the picture, in place, worst first.

    Parameters
    ----------
    image : Image
        RGB, the photo at any size.
    report : Report
        Its regions' boxes are in photo pixels.
    masks : mapping of distortion to bool, shape (height, width) of `image`
        Used to find where a region really is inside its box.
    """
    width, height = image.size
    size = min(24, max(11, round(max(width, height) / 82)))
    font = caption_font(size)
    pen = ImageDraw.Draw(image, "RGBA")
    pad = max(3, size // 4)
    words_left = _WORDS_SHARE * width * height
    captions: list[_Caption] = []
    for number, region in enumerate(report.regions, 1):
        spot = _spot(region, masks.get(region.distortion), report, width, height)
        for text in (_words(number, region), str(number)):
            w, h = text_width(text, font) + 2 * pad + _bar(size), size + 2 * pad
            if text != str(number) and w * h > words_left:
                continue
            rect = _free_place(spot, (w, h), image.size, [c.rect for c in captions])
            if rect is not None:
                words_left -= w * h if text != str(number) else 0
                captions.append(_Caption(rect, spot, text, region))
                break
    # All lines before all plates: no line crosses words.
    for caption in captions:
        _draw_line(pen, caption)
    for caption in captions:
        _draw_plate(pen, caption, font, size, pad)


def _words(number: int, region: Region) -> str:
    label = LABELS.get(region.distortion, region.distortion.replace("_", " "))
    text = f"{number}  {label} · {region.severity_level}"
    if region.mark is not None:
        return f"{text} · {'wanted' if region.mark == 'intentional' else region.mark}"
    return f"{text} · likely wanted" if region.intentional else text


def _spot(
    region: Region, mask: NDArray[np.bool_] | None, report: Report, width: int, height: int
) -> tuple[int, int]:
    """A picture pixel deep inside the region."""
    import cv2

    sx, sy = width / report.photo.width, height / report.photo.height
    box = region.box
    x0, y0 = min(width - 1, int(box.x0 * sx)), min(height - 1, int(box.y0 * sy))
    x1, y1 = max(x0 + 1, math.ceil(box.x1 * sx)), max(y0 + 1, math.ceil(box.y1 * sy))
    centre = min(width - 1, (x0 + x1) // 2), min(height - 1, (y0 + y1) // 2)
    if mask is None:
        return centre
    step = max(1, max(x1 - x0, y1 - y0) // 200)
    inside = np.ascontiguousarray(mask[y0:y1:step, x0:x1:step], dtype=np.uint8)
    if not inside.any():
        return centre
    depth = np.asarray(cv2.distanceTransform(np.pad(inside, 1), cv2.DIST_L2, 3))[1:-1, 1:-1]
    row, col = np.unravel_index(int(depth.argmax()), depth.shape)
    return min(width - 1, x0 + int(col) * step), min(height - 1, y0 + int(row) * step)


def _free_place(
    spot: tuple[int, int], size: tuple[int, int], picture: tuple[int, int], placed: list[_Rect]
) -> _Rect | None:
    w, h = size
    if w > picture[0] or h > picture[1]:
        return None
    for cx, cy in _around(*spot, w, h, max(3 * h, min(picture) // 3)):
        # Pushed inside the picture rather than given up.
        x0 = min(max(0, round(cx - w / 2)), picture[0] - w)
        y0 = min(max(0, round(cy - h / 2)), picture[1] - h)
        rect = _Rect(x0, y0, x0 + w, y0 + h)
        if not any(rect.overlaps(other) for other in placed):
            return rect
    return None


def _around(x: int, y: int, w: int, h: int, reach: int) -> Iterator[tuple[float, float]]:
    """The spot itself, then places on growing rings around it."""
    yield x, y
    for ring in range(1, max(2, reach // h)):
        for turn in range(8 + 4 * ring):
            angle = 2 * math.pi * turn / (8 + 4 * ring) - math.pi / 2
            yield x + math.cos(angle) * (w / 2 + ring * h), y + math.sin(angle) * 1.2 * ring * h


def _bar(size: int) -> int:
    """Width of the coloured bar at the left of a caption."""
    return max(5, size // 3)


def _colour(region: Region) -> tuple[int, int, int]:
    return COLOURS.get(region.distortion, (200, 200, 200))


def _draw_line(pen: ImageDraw.ImageDraw, caption: _Caption) -> None:
    rect, (x, y), colour = caption.rect, caption.spot, _colour(caption.region)
    if rect.holds(x, y):
        return
    near = min(max(x, rect.x0), rect.x1), min(max(y, rect.y0), rect.y1)
    pen.line([near, (x, y)], fill=_EDGE, width=4)
    pen.line([near, (x, y)], fill=colour, width=2)
    pen.ellipse([x - 4, y - 4, x + 4, y + 4], fill=colour, outline=_EDGE)


def _draw_plate(
    pen: ImageDraw.ImageDraw, caption: _Caption, font: Font, size: int, pad: int
) -> None:
    rect, region = caption.rect, caption.region
    pen.rectangle([rect.x0, rect.y0, rect.x1 - 1, rect.y1 - 1], fill=_PLATE)
    pen.rectangle([rect.x0, rect.y0, rect.x0 + _bar(size) - 1, rect.y1 - 1], fill=_colour(region))
    dim = region.intentional or region.mark in ("ignored", "intentional")
    pen.text(
        (rect.x0 + _bar(size) + pad, (rect.y0 + rect.y1) / 2),
        caption.text,
        fill=_DIM_INK if dim else _INK,
        font=font,
        anchor="lm",
    )
