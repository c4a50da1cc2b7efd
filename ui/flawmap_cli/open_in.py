"""`flawmap open`: a photo in GIMP or Krita, with its flaws as layers. Ends with 0, or 2."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from flawmap_hosts import open_in

from .batch import Options
from .console import Console
from .layout import clean

__all__ = ["run"]


def run(arguments: Namespace, console: Console, options: Options) -> int:
    """Hand the photo to the editor and return; the editor goes on by itself."""
    del options
    photo = Path(arguments.photo)
    place = open_in(arguments.editor, photo)
    if console.json_lines:
        console.document({"path": str(photo.absolute()), "host": place.host, "name": place.name})
    else:
        console.line(f"{clean(place.name)} opens {clean(str(photo))} and looks for its flaws.")
    return 0
