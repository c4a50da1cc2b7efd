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

__all__ = ["Caption", "Rect", "caption_font", "draw_captions", "place_captions", "text_width"]

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

# Words may cover this share of the picture in all; further captions are numbers only.
_WORDS_SHARE: Final = 0.10
# Between a small region and its caption, in pixels: room for the outline.
_GAP: Final = 5
_PLATE: Final = (18, 18, 20, 228)
_INK: Final = (250, 250, 250, 255)
_DIM_INK: Final = (190, 190, 190, 255)
_EDGE: Final = (16, 16, 18, 255)


class Rect(NamedTuple):
    """Half-open rectangle in pixels of the picture."""

    x0: int
    y0: int
    x1: int
    y1: int

    def overlaps(self, other: Rect) -> bool:
        """Whether both share a pixel."""
        return (
            self.x0 < other.x1 and other.x0 < self.x1 and self.y0 < other.y1 and other.y0 < self.y1
        )

    def holds(self, x: int, y: int) -> bool:
        """Whether the pixel is in it."""
        return self.x0 <= x < self.x1 and self.y0 <= y < self.y1


class Caption(NamedTuple):
    """What is written where: plate, a pixel deep in the region, the region's box, words, region."""

    rect: Rect
    spot: tuple[int, int]
    box: Rect
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
    size = _text_size(image.size)
    captions = place_captions(image.size, report, masks)
    pen, font = ImageDraw.Draw(image, "RGBA"), caption_font(size)
    # All lines before all plates: no line crosses words.
    for caption in captions:
        _draw_line(pen, caption)
    for caption in captions:
        _draw_plate(pen, caption, font, size)


def place_captions(
    picture: tuple[int, int], report: Report, masks: Mapping[str, NDArray[np.bool_]]
) -> list[Caption]:
    """Find a place for each caption on a picture of (width, height), worst region first.

    None overlaps another or leaves the picture; a region for which not even its number finds room
    has none.
    """
    size = _text_size(picture)
    font, pad = caption_font(size), _pad(size)
    words_left = _WORDS_SHARE * picture[0] * picture[1]
    captions: list[Caption] = []
    for number, region in enumerate(report.regions, 1):
        box = _box_in(region, report, *picture)
        spot = _spot(box, masks.get(region.distortion), *picture)
        for text in (_words(number, region), str(number)):
            w, h = text_width(text, font) + 2 * pad + _bar(size), size + 2 * pad
            if text != str(number) and w * h > words_left:
                continue
            rect = _free_place(spot, box, (w, h), picture, [c.rect for c in captions])
            if rect is not None:
                words_left -= w * h if text != str(number) else 0
                captions.append(Caption(rect, spot, box, text, region))
                break
    return captions


def _text_size(picture: tuple[int, int]) -> int:
    return min(24, max(11, round(max(picture) / 82)))


def _pad(size: int) -> int:
    return max(3, size // 4)


def _words(number: int, region: Region) -> str:
    label = LABELS.get(region.distortion, region.distortion.replace("_", " "))
    text = f"{number}  {label} · {region.severity_level}"
    if region.mark is not None:
        return f"{text} · {'wanted' if region.mark == 'intentional' else region.mark}"
    return f"{text} · likely wanted" if region.intentional else text


def _box_in(region: Region, report: Report, width: int, height: int) -> Rect:
    """The region's box in pixels of the picture, at least one."""
    sx, sy = width / report.photo.width, height / report.photo.height
    box = region.box
    x0, y0 = min(width - 1, int(box.x0 * sx)), min(height - 1, int(box.y0 * sy))
    x1, y1 = min(width, math.ceil(box.x1 * sx)), min(height, math.ceil(box.y1 * sy))
    return Rect(x0, y0, max(x0 + 1, x1), max(y0 + 1, y1))


def _spot(box: Rect, mask: NDArray[np.bool_] | None, width: int, height: int) -> tuple[int, int]:
    """A picture pixel deep inside the region."""
    import cv2

    centre = (box.x0 + box.x1) // 2, (box.y0 + box.y1) // 2
    if mask is None:
        return centre
    step = max(1, max(box.x1 - box.x0, box.y1 - box.y0) // 200)
    inside = np.ascontiguousarray(mask[box.y0 : box.y1 : step, box.x0 : box.x1 : step], np.uint8)
    if not inside.any():
        return centre
    depth = np.asarray(cv2.distanceTransform(np.pad(inside, 1), cv2.DIST_L2, 3))[1:-1, 1:-1]
    row, col = np.unravel_index(int(depth.argmax()), depth.shape)
    return min(width - 1, box.x0 + int(col) * step), min(height - 1, box.y0 + int(row) * step)


def _free_place(
    spot: tuple[int, int],
    box: Rect,
    size: tuple[int, int],
    picture: tuple[int, int],
    placed: list[Rect],
) -> Rect | None:
    w, h = size
    if w > picture[0] or h > picture[1]:
        return None
    reach = max(3 * h, min(picture) // 3)
    for cx, cy in (*_beside(box, w, h, picture), *_around(*spot, w, h, reach)):
        # Pushed inside the picture rather than given up.
        x0 = min(max(0, round(cx - w / 2)), picture[0] - w)
        y0 = min(max(0, round(cy - h / 2)), picture[1] - h)
        rect = Rect(x0, y0, x0 + w, y0 + h)
        if not any(rect.overlaps(other) for other in placed):
            return rect
    return None


def _beside(box: Rect, w: int, h: int, picture: tuple[int, int]) -> Iterator[tuple[float, float]]:
    """Places that leave a small region in sight: above, below, right and left of its box."""
    across, down = box.x1 - box.x0, box.y1 - box.y0
    if across * down > 4 * w * h:
        return
    cx, cy = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    gap = _GAP
    if box.y0 >= h + gap:
        yield cx, box.y0 - gap - h / 2
    if box.y1 + gap + h <= picture[1]:
        yield cx, box.y1 + gap + h / 2
    if box.x1 + gap + w <= picture[0]:
        yield box.x1 + gap + w / 2, cy
    if box.x0 >= w + gap:
        yield box.x0 - gap - w / 2, cy


def _around(x: int, y: int, w: int, h: int, reach: int) -> Iterator[tuple[float, float]]:
    """The spot itself, then places on growing rings around it."""
    yield x, y
    for ring in range(1, max(2, reach // h)):
        for turn in range(8 + 4 * ring):
            angle = 2 * math.pi * turn / (8 + 4 * ring) - math.pi / 2
            yield x + math.cos(angle) * (w / 2 + ring * h), y + math.sin(angle) * 1.2 * ring * h


def _bar(size: int) -> int:
    """Width of the coloured bar at the left of a caption."""
    return max(7, size // 3 + 2)


def _colour(region: Region) -> tuple[int, int, int]:
    return COLOURS.get(region.distortion, (200, 200, 200))


def _draw_line(pen: ImageDraw.ImageDraw, caption: Caption) -> None:
    rect, (x, y), colour = caption.rect, caption.spot, _colour(caption.region)
    if rect.holds(x, y) or _touches(rect, caption.box):
        return
    near = min(max(x, rect.x0), rect.x1), min(max(y, rect.y0), rect.y1)
    pen.line([near, (x, y)], fill=_EDGE, width=4)
    pen.line([near, (x, y)], fill=colour, width=2)
    pen.ellipse([x - 4, y - 4, x + 4, y + 4], fill=colour, outline=_EDGE)


def _touches(rect: Rect, box: Rect) -> bool:
    """Whether the plate stands right beside the box, so that no line is needed."""
    outside = not rect.overlaps(box)
    near = Rect(box.x0 - _GAP - 1, box.y0 - _GAP - 1, box.x1 + _GAP + 1, box.y1 + _GAP + 1)
    return outside and rect.overlaps(near)


def _draw_plate(pen: ImageDraw.ImageDraw, caption: Caption, font: Font, size: int) -> None:
    rect, region = caption.rect, caption.region
    pen.rectangle([rect.x0, rect.y0, rect.x1 - 1, rect.y1 - 1], fill=_PLATE)
    # The bar stands off the edge, so that it does not run into a tint of its own colour.
    bar = [rect.x0 + 2, rect.y0 + 2, rect.x0 + _bar(size), rect.y1 - 3]
    pen.rectangle(bar, fill=_colour(region))
    dim = region.intentional or region.mark in ("ignored", "intentional")
    pen.text(
        (rect.x0 + _bar(size) + _pad(size), (rect.y0 + rect.y1) / 2),
        caption.text,
        fill=_DIM_INK if dim else _INK,
        font=font,
        anchor="lm",
    )
