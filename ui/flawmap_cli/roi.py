"""`flawmap roi`: quality, importance and flaws of a part that you mark: box, point or mask."""

from __future__ import annotations

import os
import traceback
from argparse import Namespace
from typing import TYPE_CHECKING, Final

from flawmap_api.errors import BadInput
from flawmap_api.geometry import Box
from flawmap_api.inputs import Input, find_photos

from . import render
from .batch import Options, connected, failure_of, speaking
from .console import Console
from .layout import Span, clean
from .progress import Progress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from flawmap_api.roi import RoiScore

__all__ = ["mask_of_file", "run"]

#: EXIF's tag for how a picture lies.
_ORIENTATION: Final = 0x0112


def run(arguments: Namespace, console: Console, options: Options) -> int:
    """Score the part; returns 0, or 2 if it could not be judged."""
    item = find_photos([arguments.photo])[0]
    try:
        score = _score(item, arguments, console, options)
    except Exception as error:
        if not console.json_lines:
            raise
        if options.debug:
            traceback.print_exc()
        console.document({"path": item.path, "failure": failure_of(speaking(error))})
        return 2
    if console.json_lines:
        console.document({"path": item.path, **score.to_dict(), "failure": None})
    else:
        _print(console, item.name, score)
    return 0


def _score(item: Input, arguments: Namespace, console: Console, options: Options) -> RoiScore:
    if item.error is not None:
        raise item.error
    if os.path.isdir(arguments.photo):
        raise BadInput(f"{arguments.photo} is a folder.", "Name one photo.")
    # A box that cannot be one is told before an engine is started for it.
    box = None if arguments.box is None else Box(*arguments.box)
    with connected(console, options) as client, Progress(console, 1) as progress:
        progress.photo(0, item.name)
        photo = client.open(item.path, allow_truncated=arguments.allow_truncated)
        mask = None
        if arguments.mask is not None:
            mask = mask_of_file(arguments.mask, photo.width, photo.height)
        # The score comes from the planes of an analysis; a photo that has one answers at once.
        client.analyze(photo, view=arguments.view, on_progress=progress.step)
        point = None if arguments.point is None else (arguments.point[0], arguments.point[1])
        score = client.roi_score(photo, box=box, point=point, mask=mask, view=arguments.view)
        client.close_photo(photo)
    return score


def mask_of_file(path: str, width: int, height: int) -> NDArray[np.uint8]:
    """Read a mask picture: white (128 and more) is inside; what is transparent is outside.

    Returns
    -------
    uint8, shape (height, width), 0 and 255

    Raises
    ------
    BadInput
        If it is no picture, not of the photo's size, or empty.
    """
    import numpy as np

    if not os.path.isfile(path):
        # Looked at first: opening a pipe would wait for somebody to write into it.
        kind = "is no file" if os.path.lexists(path) else "is not there"
        raise BadInput(f"The mask {path!r} {kind}.", "Check the spelling and the folder.")
    try:
        grey, alpha = _mask_pixels(path, width, height)
    except PermissionError:
        raise BadInput(f"The mask {path} may not be read.", "Check its permissions.") from None
    except (OSError, SyntaxError, ValueError) as error:
        raise BadInput(
            f"The mask {path} cannot be read: {error}.", "Save it as an 8-bit grey PNG."
        ) from None
    # Saved from true and false: 1 is its white.
    inside = grey >= (1 if grey.max() == 1 else 128)
    if alpha is not None:
        inside &= alpha >= 128
    if not inside.any():
        raise BadInput(
            f"The mask {path} is empty: no pixel of it is white.", "White marks the part."
        )
    return inside.view(np.uint8) * np.uint8(255)


def _mask_pixels(
    path: str, width: int, height: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
    """Grey and, where the picture has it, alpha of a mask of the photo's size, upright."""
    import numpy as np
    from PIL import Image, ImageOps

    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        # Pillow's own limit is lifted: no pixel is read before the size is known to be the photo's.
        with Image.open(path) as picture:
            lies = picture.getexif().get(_ORIENTATION, 1) in (5, 6, 7, 8)
            size = picture.size[::-1] if lies else picture.size
            if size != (width, height):
                raise BadInput(
                    f"The mask {path} is {size[0]} x {size[1]} pixels, the photo "
                    f"{width} x {height} (upright).",
                    "Draw the mask on the upright photo at its full size.",
                )
            ImageOps.exif_transpose(picture, in_place=True)
            if not picture.has_transparency_data:
                return np.asarray(picture.convert("L")), None
            both = picture.convert("LA")
    finally:
        Image.MAX_IMAGE_PIXELS = limit
    return np.asarray(both.getchannel(0)), np.asarray(both.getchannel(1))


def _print(console: Console, name: str, score: RoiScore) -> None:
    where = f"{score.how}, {score.box.as_list()}, {score.view} view"
    console.line(Span(clean(name), "name"), f": {clean(where)}")
    rows = [
        [Span("quality", "dim"), Span(score.quality_level), Span(f"{score.quality:.2f}")],
        [Span("importance", "dim"), Span(score.importance_level), Span(f"{score.importance:.2f}")],
    ]
    worst_first = sorted(score.distortions.items(), key=lambda item: -item[1].severity)
    for distortion, found in worst_first:
        level = found.severity_level
        unknown = f"cannot tell on {render.percent(found.unknown)} of it" if found.unknown else ""
        style = "dim" if level == "none" else render.level_style(level)
        rows.append(
            [
                Span(distortion),
                Span(level, style),
                Span(f"{found.severity:.2f}"),
                Span(unknown, "dim"),
            ]
        )
    console.table(rows)
