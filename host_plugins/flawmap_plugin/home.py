"""Home: where a plug-in's own files lie, and what the installer wrote down about the engine."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Home", "Installation"]


@dataclass(frozen=True)
class Installation:
    """What `installation.json` beside the plug-in says.

    Attributes
    ----------
    version : str
        Of the plug-in.
    engine_command : tuple of str
        How to start the engine; empty: as `flawmap_api` finds it.
    relay_command : tuple of str
        The helper process through which this host speaks; empty: directly.
    road : "direct" | "relay"
    runtime_dir : str
        The engine's runtime folder, where it is not the user's usual one.
    source : str
        The installation of Flawmap that put the plug-in here.
    """

    version: str = ""
    engine_command: tuple[str, ...] = ()
    relay_command: tuple[str, ...] = ()
    road: str = "direct"
    runtime_dir: str = ""
    source: str = ""

    @classmethod
    def read(cls, path: Path) -> Installation:
        """Read the file; without one, or with a damaged one, everything is as usual."""
        try:
            said = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError, RecursionError):
            return cls()
        if not isinstance(said, dict):
            return cls()
        return cls(
            version=_text(said, "version"),
            engine_command=_words(said, "engine_command"),
            relay_command=_words(said, "relay_command") if said.get("road") == "relay" else (),
            road="relay" if said.get("road") == "relay" else "direct",
            runtime_dir=_text(said, "runtime_dir"),
            source=_text(said, "source"),
        )


@dataclass(frozen=True)
class Home:
    """Where the plug-in of one host keeps its settings and its log; outside the plug-in's folder.

    Make one with `Home.of("gimp", plugin_folder)`.
    """

    settings: Path
    log: Path
    installation: Installation = Installation()

    @classmethod
    def of(cls, host: str, plugin_folder: Path | None = None) -> Home:
        """The home of the plug-in in that host, in the system's usual places.

        Parameters
        ----------
        host : str
            "gimp", "krita", or another short word: it becomes part of the files' names.
        plugin_folder : Path, optional
            The installed plug-in, which holds `installation.json`.
        """
        installation = Installation()
        if plugin_folder is not None:
            installation = Installation.read(plugin_folder / "installation.json")
        config, state = _places()
        return cls(config / f"{host}.json", state / f"{host}.log", installation)


def _places() -> tuple[Path, Path]:
    """Folders of settings and of logs."""
    home = Path.home()
    if sys.platform == "win32":
        local = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
        return local / "flawmap" / "plugins", local / "flawmap" / "log"
    if sys.platform == "darwin":
        library = home / "Library"
        return library / "Application Support" / "flawmap" / "plugins", library / "Logs" / "flawmap"
    config = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    state = Path(os.environ.get("XDG_STATE_HOME") or home / ".local" / "state")
    return config / "flawmap" / "plugins", state / "flawmap"


def _text(said: dict[str, Any], name: str) -> str:
    value = said.get(name)
    return value if isinstance(value, str) else ""


def _words(said: dict[str, Any], name: str) -> tuple[str, ...]:
    value = said.get(name)
    good = isinstance(value, list) and all(isinstance(word, str) for word in value)
    return tuple(value) if good and value is not None else ()
