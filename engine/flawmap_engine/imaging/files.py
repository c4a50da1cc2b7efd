"""Files: from a path to a `Photo`, or to a sentence that says why not.

What happens in which order: look at the file without opening what could block; sniff its kind;
refuse by the header what is cut short or would not fit; decode with the one reader of that kind;
assemble. Whatever a decoder raises leaves here as one of our errors.
"""

from __future__ import annotations

import contextlib
import logging
import os
import stat
from collections.abc import Iterator
from typing import BinaryIO

from PIL import Image

from flawmap_api.errors import BadInput, FlawmapError, NoMemory
from flawmap_engine.imaging.assemble import assemble
from flawmap_engine.imaging.deep_files import decode_png, decode_tiff
from flawmap_engine.imaging.jpeg_header import read_jpeg_header
from flawmap_engine.imaging.metadata import document_id
from flawmap_engine.imaging.optional_codecs import decode_heif, decode_raw
from flawmap_engine.imaging.photo import Photo
from flawmap_engine.imaging.picture import Picture
from flawmap_engine.imaging.pillow_codec import TruncatedPicture, decode_with_pillow
from flawmap_engine.imaging.refusals import damaged, stops, unreadable
from flawmap_engine.imaging.sniffing import HEAD_BYTES, Kind, kind_of
from flawmap_engine.imaging.tiff_header import read_tiff

__all__ = ["open_photo", "opened", "path_as_text"]

_log = logging.getLogger(__name__)


def open_photo(
    path: str | os.PathLike[str],
    *,
    allow_truncated: bool = False,
    memory_limit: int | None = None,
) -> Photo:
    """Open a photo by path.

    Parameters
    ----------
    path : str or path-like
    allow_truncated : bool
        Take what decodes of a file that is cut short or damaged; the rest is transparent, and a
        note says so.
    memory_limit : int or None
        Bytes that decoding may take at its peak; None is 1.8 GB. Looked at before decoding.

    Raises
    ------
    BadInput
        No such file, a folder, not readable, empty, no picture, damaged, truncated, too small.
    Unsupported
        A kind of picture that Flawmap does not read, or not without an extra.
    NoMemory
        It would need more than the limit; the sentence says how much.
    """
    full = os.path.abspath(os.fspath(path))
    name = _printable(os.path.basename(full) or full)
    with opened(full, name) as (file, size):
        kind = kind_of(file.read(HEAD_BYTES), name, size)
        try:
            picture = _decode(file, kind, name, size, allow_truncated, memory_limit)
            return assemble(
                picture, name=name, lineage=document_id(picture.xmp) or path_as_text(full)
            )
        except FlawmapError:
            raise
        except TruncatedPicture as error:
            raise stops(file, kind, name, size, error) from error
        except (MemoryError, Image.DecompressionBombError) as error:
            raise NoMemory(
                f"{name} needs more memory than there is to decode it.", "Pass a smaller copy."
            ) from error
        except Exception as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise unreadable(
                    _printable(full), name, error
                ) from error  # the disk's fault, not the file's
            # Decoders raise nearly everything on damaged files; which it was goes to the log.
            _log.info("%s does not decode", name, exc_info=True)
            raise damaged(file, kind, name, size, error) from error


def path_as_text(full: str) -> str:
    """An absolute path as text that can travel; one that is not Unicode stays one file's own."""
    return full.encode("utf-8", "backslashreplace").decode()


def _printable(text: str) -> str:
    """A name as it may stand in a sentence: on one line, and in UTF-8."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


@contextlib.contextmanager
def opened(full: str, name: str) -> Iterator[tuple[BinaryIO, int]]:
    """Open a regular file for reading; never wait for a pipe or device."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        mode = os.stat(full).st_mode
        if stat.S_ISDIR(mode):
            raise BadInput(f"{name} is a folder, not a photo.", "Pass the photos that are in it.")
        if not stat.S_ISREG(mode):
            raise BadInput(
                f"{name} is a pipe, socket or device, not a file.", "Save the photo as a file."
            )
        descriptor = os.open(full, flags | getattr(os, "O_BINARY", 0))
    except ValueError as error:
        what = "a zero character" if "\0" in full else "half of a character"
        raise BadInput(f"A file name cannot hold {what}.", "Check the path.") from error
    except OSError as error:
        raise unreadable(_printable(full), name, error) from error
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):  # exchanged between the look and the opening
            raise BadInput(f"{name} is not a regular file.", "Save the photo as a file.")
        try:
            yield file, status.st_size
        except OSError as error:
            raise unreadable(_printable(full), name, error) from error


def _decode(
    file: BinaryIO,
    kind: Kind,
    name: str,
    size: int,
    allow_truncated: bool,
    limit: int | None,
) -> Picture:
    if kind == "raw":
        header = read_tiff(file, size)
        if header is not None and header.needed > size and not allow_truncated:
            raise TruncatedPicture(0.0, broken=False)  # LibRaw would develop what is not there
        return decode_raw(file, name, memory_limit=limit)
    if kind == "heif":
        return decode_heif(file, name, memory_limit=limit)
    if kind in ("png", "tiff"):
        decode = decode_png if kind == "png" else decode_tiff
        return decode(file, name, size, allow_truncated=allow_truncated, memory_limit=limit)
    coefficients = 0.0
    if kind == "jpeg":
        jpeg = read_jpeg_header(file, name)
        if jpeg.progressive:  # keeps those of all components until the end, 16 bits each
            coefficients = 2.0 * jpeg.components
    return decode_with_pillow(
        file,
        kind,
        name,
        memory_limit=limit,
        allow_truncated=allow_truncated,
        extra_bytes_per_pixel=coefficients,
    )
