"""Lineage: whose marks a photo has, told from its file without decoding it.

An editor's document that came from a file has that file's lineage: the XMP DocumentID that opening
the file by path would find, else its absolute path.
"""

from __future__ import annotations

import logging
import os
from typing import BinaryIO

from flawmap_api.errors import FlawmapError
from flawmap_engine.imaging.files import opened, path_as_text
from flawmap_engine.imaging.metadata import document_id
from flawmap_engine.imaging.optional_codecs import heif_xmp
from flawmap_engine.imaging.pillow_codec import xmp_with_pillow
from flawmap_engine.imaging.png_parts import png_xmp
from flawmap_engine.imaging.sniffing import HEAD_BYTES, kind_of
from flawmap_engine.imaging.tiff_header import XMP, read_tiff

__all__ = ["file_lineage", "settled_lineage"]

_log = logging.getLogger(__name__)


def settled_lineage(given: str) -> str:
    """A client's word for a lineage: the path of a photo's file becomes the file's own lineage."""
    return file_lineage(given) if os.path.isabs(given) and "\0" not in given else given


def file_lineage(path: str) -> str:
    """The XMP DocumentID of a file, else its absolute path, whether or not the file is a photo."""
    full = os.path.abspath(path)
    try:
        name = os.path.basename(full)
        with opened(full, name) as (file, size):
            return document_id(_xmp(file, name, size)) or path_as_text(full)
    except FlawmapError:
        pass
    except Exception:
        # Parsers raise nearly everything on damaged files; a lineage is not worth an error.
        _log.info("The header of %s cannot be read", path_as_text(full), exc_info=True)
    return path_as_text(full)


def _xmp(file: BinaryIO, name: str, size: int) -> bytes:
    kind = kind_of(file.read(HEAD_BYTES), name, size)
    file.seek(0)
    if kind == "png":
        return png_xmp(file)
    if kind == "tiff":
        header = read_tiff(file, size)
        return b"" if header is None or header.is_raw else header.blobs.get(XMP, b"")
    if kind == "heif":
        return heif_xmp(file)
    return b"" if kind == "raw" else xmp_with_pillow(file, kind)
