"""The analysis folder: report, overlay picture and planes, laid out for scripts and for people.

::

    <name>/report.json            docs/report.md says what every field means
           overlay.jpg            at most 2,048 px, with legend
           severity/<distortion>.png, masks/<distortion>.png, unknown/<distortion>.png

Every distortion of the report is there, also where nothing was found. Planes are 8-bit grey PNGs of
the grid's size or the photo's, as they are given. The folder appears whole or not at all.
"""

from __future__ import annotations

import contextlib
import errno
import io
import json
import os
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from flawmap_api.errors import BadInput
from flawmap_api.report import Report

from .findings import Findings
from .overlay import draw_overlay
from .staging import staged_folder

__all__ = ["encode_png", "encode_report", "write_folder"]

_KINDS: Final = {"severity": "severity", "masks": "mask", "unknown": "unknown"}
_FILES: Final = ("report.json", "overlay.jpg")
# What file managers leave in every folder that they show.
_LITTER: Final = frozenset({".DS_Store", "Thumbs.db", "desktop.ini", ".directory"})


def write_folder(findings: Findings, parent: Path, name: str) -> Path:
    """Write the analysis folder of one photo.

    Parameters
    ----------
    findings : Findings
    parent : Path
        The folder in which it shall stand; made if it is not there.
    name : str
        What it shall be called, as `folder_names` gives it.

    Returns
    -------
    Path
        The folder. An older analysis folder of this name has been replaced by it.

    Raises
    ------
    BadInput
        If the folder cannot be written, or something else stands in its place. Then all is as it
        was before.
    """
    if not name or name in (".", "..") or any(c in name for c in "/\\\0"):
        raise BadInput(f"{name!r} cannot be the name of a folder.")
    place = Path(parent) / name
    try:
        place = Path(os.path.abspath(parent)) / name
        with (
            staged_folder(place, _check_ours) as stage,
            contextlib.closing(_files(findings)) as files,
        ):
            for file, data in files:
                stage.add(file, data)
    except OSError as error:
        raise _as_sentence(error, place) from error
    return place


def encode_report(report: Report) -> bytes:
    """`report.json`: UTF-8, indented by one; raises `BadInput` if a number is not finite."""
    document = report.to_dict()
    try:
        try:
            return _dump(document, ensure_ascii=False).encode("utf-8")
        except UnicodeEncodeError:
            # A file name that is no valid text: JSON's own escapes carry it, UTF-8 cannot.
            return _dump(document, ensure_ascii=True).encode("ascii")
    except ValueError as error:
        raise BadInput(f"The report holds a number that JSON cannot write ({error}).") from error


def encode_png(plane: NDArray[np.uint8], *, flat: bool) -> bytes:
    """An 8-bit grey PNG, made for speed.

    Parameters
    ----------
    plane : uint8, shape (rows, cols)
    flat : bool
        Whether it is made of large even areas, as masks are. For these no prediction is the
        fastest (24 MP: 0.04 s, 0.2 MB; Pillow at its fastest takes 0.3 s); smooth severities want
        the difference to the left (0.33 s, 5 MB; Pillow 0.54 s).
    """
    import cv2

    options = [cv2.IMWRITE_PNG_COMPRESSION, 1]
    if hasattr(cv2, "IMWRITE_PNG_FILTER"):  # OpenCV 4.11 and later
        if flat:
            options += [cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_NONE]
            options += [cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE]
        else:
            options += [cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_SUB]
            options += [cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_DEFAULT]
    done, data = cv2.imencode(".png", np.ascontiguousarray(plane), options)
    if not done:
        raise BadInput(f"A plane of {plane.shape} could not be written as PNG.")
    return data.tobytes()


def _files(findings: Findings) -> Generator[tuple[str, bytes], None, None]:
    yield "report.json", encode_report(findings.report)
    picture = io.BytesIO()
    overlay = draw_overlay(findings.photo, findings.report, findings.planes)
    # 4:4:4, because thin coloured lines are what this picture is about.
    overlay.save(picture, "JPEG", quality=88, subsampling=0)
    yield "overlay.jpg", picture.getvalue()
    # Two at a time: the encoder frees the interpreter, and the engine may be at work beside us.
    with ThreadPoolExecutor(max_workers=2) as pool:
        for distortion in findings.planes:
            planes = findings.planes_to_write(distortion)
            jobs = [(getattr(planes, kind), kind != "severity") for kind in _KINDS.values()]
            encoded = pool.map(lambda job: encode_png(job[0], flat=job[1]), jobs)
            for folder, data in zip(_KINDS, encoded, strict=True):
                yield f"{folder}/{distortion}.png", data


def _dump(document: dict[str, Any], *, ensure_ascii: bool) -> str:
    return json.dumps(document, ensure_ascii=ensure_ascii, allow_nan=False, indent=1) + "\n"


def _check_ours(place: Path) -> None:
    """Raise `BadInput` unless `place` is an analysis folder with nothing else in it."""
    hint = "Choose another folder for the output, or move it away."
    if place.is_symlink() or not place.is_dir():
        raise BadInput(f"{place} is in the way: it is no analysis folder of Flawmap.", hint)
    if not _has_report(place):
        raise BadInput(f"{place} is not overwritten: it holds no report of Flawmap's.", hint)
    for path in place.rglob("*"):
        inside = path.relative_to(place)
        if not _is_ours(inside) or path.is_symlink():
            raise BadInput(
                f"{place} is not overwritten: it also holds {inside}, which is not Flawmap's.", hint
            )


def _has_report(place: Path) -> bool:
    # Not read field by field: the report of another version may be replaced too.
    try:
        document = json.loads((place / "report.json").read_bytes())
    except PermissionError:
        raise
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(document, dict) and {"schema", "photo", "regions"} <= document.keys()


def _is_ours(inside: Path) -> bool:
    if inside.name in _LITTER or str(inside) in (*_FILES, *_KINDS):
        return True
    return len(inside.parts) == 2 and inside.parts[0] in _KINDS and inside.suffix == ".png"


def _as_sentence(error: OSError, place: Path) -> BadInput:
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT | errno.EFBIG:
            return BadInput(
                f"There is no space left for {place}; nothing of it was kept.",
                "Make room, or choose another disk with --out. "
                "Planes of the grid's size (--maps grid) need the least.",
            )
        case errno.EROFS | errno.EACCES | errno.EPERM:
            return BadInput(
                f"{place} cannot be written: {_reason(error)}.",
                "Choose a folder of yours, and close programs that have files of it open.",
            )
        case errno.ENAMETOOLONG:
            return BadInput(
                f"{place} cannot be written: the name is too long for this disk.",
                "Rename the photo, or choose an output folder nearer to the root.",
            )
        case errno.ENOTDIR:
            return BadInput(f"{place} cannot be written: a file stands where a folder should.")
        case _:
            return BadInput(f"{place} could not be written: {_reason(error)}.")


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()
