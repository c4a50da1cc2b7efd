"""The distortions that today's network knows, in the order of its output planes.

One constant, so that every module of this room and the exported `model.json` agree.
The words themselves belong to `flawmap_api.words`; this is the part of them that is trained.
"""

from __future__ import annotations

from typing import Final

__all__ = ["DISTORTIONS", "FOREGROUND", "IGNORE", "LABEL_SCALE", "STRIDE", "VISIBLE"]

DISTORTIONS: Final = ("blur", "jitter", "noise", "overexposure", "low_light", "compression")

STRIDE: Final = 8
"""Pixels of the view that one output cell covers, along each axis."""

VISIBLE: Final = 0.05
"""Below this severity a damage is nothing that a label could ask for: the cell is ignored."""

FOREGROUND: Final = 0.2
"""From this severity on a cell counts as flawed in masks, thresholds and IoU."""

LABEL_SCALE: Final = 250
"""Labels are kept as bytes: severity times this."""

IGNORE: Final = 255
"""The byte of a cell whose answer nobody knows; it enters no loss and no figure."""
