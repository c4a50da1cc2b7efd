"""`flawmap panel`: the window, as a program of its own beside the command line."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from argparse import Namespace

from flawmap_api.errors import Unsupported

from .batch import Options
from .console import Console

__all__ = ["run"]


def run(arguments: Namespace, console: Console, options: Options) -> int:
    """Show the window with the photos that were named; returns when it is closed."""
    del console
    if importlib.util.find_spec("PySide6") is None:
        raise Unsupported(
            "The panel needs Qt, which is not installed.",
            'Install it with: pip install "flawmap[panel]"',
        )
    command = [sys.executable, "-P", "-m", "flawmap_panel", "--device", options.device]
    return subprocess.call([*command, "--", *arguments.photos])
