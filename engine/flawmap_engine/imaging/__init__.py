"""Imaging: from a file, or an editor's own pixels, to the picture the networks see.

`open_photo` and `photo_from_pixels` make a `Photo`: upright 8-bit sRGB, transparency, and the
clipping evidence that is lost once colours are converted. Whatever cannot be used leaves as one
of `flawmap_api.errors`, with a sentence: what, why, what to do.
"""

from __future__ import annotations

from flawmap_engine.imaging.files import open_photo
from flawmap_engine.imaging.lineage import settled_lineage
from flawmap_engine.imaging.photo import Photo
from flawmap_engine.imaging.pixels import photo_from_pixels

__all__ = ["Photo", "open_photo", "photo_from_pixels", "settled_lineage"]
