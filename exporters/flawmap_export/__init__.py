"""Flawmap's exporters: from a report and its planes to files that other programs open.

One module a format, one registry (`FORMATS`). Nothing here knows a model, the engine or the wire.
"""

from .findings import DistortionPlanes, Findings
from .folder import write_folder
from .formats import FORMATS, Format, format_named
from .gather import gather
from .names import folder_names
from .original import Original, read_original
from .overlay import draw_overlay
from .repaired import write_repaired

__all__ = [
    "FORMATS",
    "DistortionPlanes",
    "Findings",
    "Format",
    "Original",
    "draw_overlay",
    "folder_names",
    "format_named",
    "gather",
    "read_original",
    "write_folder",
    "write_repaired",
]
