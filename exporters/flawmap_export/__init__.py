"""Flawmap's exporters: from a report and its planes to files that other programs open.

One module a format, one registry (`FORMATS`). Nothing here knows a model, the engine or the wire.
"""

from .findings import DistortionPlanes, Findings
from .folder import write_folder
from .formats import FORMATS, Format, format_named
from .gather import gather
from .names import folder_names
from .overlay import draw_overlay

__all__ = [
    "FORMATS",
    "DistortionPlanes",
    "Findings",
    "Format",
    "draw_overlay",
    "folder_names",
    "format_named",
    "gather",
    "write_folder",
]
