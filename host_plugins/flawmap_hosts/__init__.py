"""Editors on this machine: finding them, installing, updating and removing the plug-ins.

It copies the plug-ins and never runs them, but for one look by the editor's own interpreter whether
they would load. `flawmap plugins …`, `flawmap open … --in …` and `flawmap doctor` are made of it.
"""

from .installing import Outcome, install, remove
from .opening import open_in
from .places import HOSTS, Place, Program, find_places
from .status import Status, status
from .system import System

__all__ = [
    "HOSTS",
    "Outcome",
    "Place",
    "Program",
    "Status",
    "System",
    "find_places",
    "install",
    "open_in",
    "remove",
    "status",
]
