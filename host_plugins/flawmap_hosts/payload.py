"""Payload: the files of an installed plug-in, and where in this installation they come from.

::

    flawmap/
      flawmap.py | __init__.py      what GIMP | Krita starts
      installation.json             how to start the engine, and by which road to reach it
      vendor/                       flawmap_api, flawmap_plugin, the shell, and pyzmq where it loads
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import Any, Final

import flawmap_api
from flawmap_api.errors import NotFound
from flawmap_api.launch import installation

from .places import Place
from .system import System

__all__ = [
    "ENTRIES",
    "MODULES",
    "desktop_file",
    "engine_command",
    "facts",
    "plugin_files",
    "relay_command",
    "runtime_folder",
    "zmq_files",
]

#: What the host starts, by host.
ENTRIES: Final = {"gimp": "flawmap.py", "krita": "__init__.py"}
#: The module that the entry imports first.
MODULES: Final = {"gimp": "flawmap_gimp.extension", "krita": "flawmap_krita.plugin"}
#: Parts of pyzmq that no plug-in uses: its own tests, sources, and other event loops.
_UNUSED: Final = ("tests", "green", "eventloop", "ssh", "log", "devices")
_SOURCES: Final = (".pyx", ".pxd", ".pyi", ".pxi", ".h", ".c", ".pyc")


def plugin_files(host: str) -> dict[PurePosixPath, Path]:
    """Every file of the plug-in but `installation.json` and pyzmq, by its place in the folder.

    Raises
    ------
    NotFound
        If this installation of Flawmap lacks the plug-in's files.
    """
    shell = _shell(host)
    vendor = PurePosixPath("vendor")
    files = {PurePosixPath(ENTRIES[host]): shell / "entry.py.in"}
    for package in (_room("flawmap_api"), _room("flawmap_plugin"), shell):
        for file in _sources(package):
            inside = file.relative_to(package.parent).as_posix()
            files[vendor / inside] = file
    return files


def desktop_file() -> bytes:
    """What tells Krita of the plug-in."""
    return (_shell("krita") / "flawmap.desktop").read_bytes()


def zmq_files() -> dict[PurePosixPath, Path]:
    """The pyzmq that this Python runs, with its licences; empty if it was not installed by a wheel.

    Its wheel for Python 3.12 and newer fits every later Python of the same system; whether it fits
    the host's is tried, not guessed.
    """
    try:
        distribution = metadata.distribution("pyzmq")
    except metadata.PackageNotFoundError:
        return {}
    found = {}
    for file in distribution.files or ():
        parts = file.parts
        if parts[0] == ".." or file.suffix in _SOURCES or "__pycache__" in parts:
            continue
        if parts[0] == "zmq" and len(parts) > 2 and parts[1] in _UNUSED:
            continue
        found[PurePosixPath("vendor", *parts)] = Path(str(file.locate()))
    return {name: path for name, path in found.items() if path.is_file()}


def facts(place: Place, system: System, road: str, made: Mapping[str, Any]) -> bytes:
    """`installation.json`: what the plug-in has to know, and what removing it has to undo."""
    said = {
        "version": flawmap_api.__version__,
        "host": place.host,
        "road": road,
        "engine_command": engine_command(),
        "relay_command": relay_command(place) if road == "relay" else None,
        "runtime_dir": str(folder) if (folder := runtime_folder(place, system)) else None,
        "source": installation(),
        "made": dict(made),
    }
    return (json.dumps(said, indent=2) + "\n").encode()


def engine_command() -> list[str]:
    """Starts the engine of this installation, whichever Python asks for it."""
    return [sys.executable, "-P", "-m", "flawmap_engine"]


def relay_command(place: Place) -> list[str]:
    """Starts the helper process that speaks to the engine for a host whose Python cannot."""
    command = [sys.executable, "-P", "-m", "flawmap_api.relay"]
    if place.sandbox:
        # Outside the sandbox: the engine's Python is not visible in it, nor are its processes.
        return ["flatpak-spawn", "--host", "--watch-bus", *command]
    return command


def runtime_folder(place: Place, system: System) -> Path | None:
    """The engine's runtime folder where the usual one is hidden from the host; else None."""
    if not place.sandbox:
        return None
    # Both sides see the sandbox's own folders, and under one name.
    return system.home / ".var" / "app" / place.sandbox / "cache" / "flawmap" / "run"


def _room(name: str) -> Path:
    """A package that stands beside this one, or beside `flawmap_api`; it is not imported."""
    here = Path(__file__).resolve().parent.parent
    for folder in (here, Path(flawmap_api.__file__).resolve().parent.parent):
        if (folder / name / "__init__.py").is_file():
            return folder / name
    raise _incomplete(name)


def _shell(host: str) -> Path:
    """The shell's package: in the wheel below this one, in a checkout beside it."""
    here = Path(__file__).resolve().parent
    for folder in (here / "shells", here.parent / host):
        if (folder / f"flawmap_{host}" / "__init__.py").is_file():
            return folder / f"flawmap_{host}"
    raise _incomplete(f"flawmap_{host}")


def _incomplete(name: str) -> NotFound:
    return NotFound(
        f"This installation of Flawmap lacks {name}, which the plug-in is made of.",
        "Install Flawmap again.",
    )


def _sources(package: Path) -> Iterator[Path]:
    apart = ("entry.py.in", "flawmap.desktop", "py.typed")
    for file in sorted(package.rglob("*")):
        cached = "__pycache__" in file.parts or file.suffix == ".pyc"
        if file.is_file() and not cached and file.name not in apart:
            yield file
