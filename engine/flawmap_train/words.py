"""The distortions that are trained, in the order of the network's output planes.

The vocabulary is `flawmap_api.words`; here is the part of it that is trained, and how labels are
written. One constant each, so that every module of this room and `model.json` agree.
"""

from __future__ import annotations

from typing import Final

from flawmap_api import words

__all__ = ["DISTORTIONS", "FOREGROUND", "IGNORE", "LABEL_SCALE", "STRIDE", "VISIBLE"]

DISTORTIONS: Final = words.DISTORTIONS
"""All that are trained; `model.json` says which of them a shipped network serves."""

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
