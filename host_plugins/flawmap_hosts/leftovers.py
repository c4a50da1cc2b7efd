"""Leftovers: files that a plug-in, or the host on its behalf, has written outside its folder."""

from __future__ import annotations

from pathlib import Path

from .places import Place
from .system import System

__all__ = ["other_files", "shared_folders"]


def other_files(place: Place, system: System, *, last: bool) -> list[Path]:
    """What goes with the plug-in when it is removed.

    Parameters
    ----------
    last : bool
        No other place of this host has it: settings and log, which all of them share, go too.
    """
    found: list[Path] = []
    if place.host == "gimp":
        # GIMP keeps the last values of every procedure.
        found += sorted((place.settings / "plug-in-settings").glob("flawmap-*"))
    if last:
        settings, log = _folders(system)
        found += [settings / f"{place.host}.json"]
        found += sorted(log.glob(f"{place.host}.log*"))
    return [path for path in found if path.is_file()]


def shared_folders(system: System) -> list[Path]:
    """Folders that go once nothing is left in them, inner ones first."""
    settings, log = _folders(system)
    return [settings, settings.parent, log]


def _folders(system: System) -> tuple[Path, Path]:
    """Where plug-ins keep their settings and their logs, as `flawmap_plugin.home` has it."""
    if system.platform == "win32":
        local = system.folder("LOCALAPPDATA", "AppData", "Local") / "flawmap"
        return local / "plugins", local / "log"
    if system.platform == "darwin":
        library = system.home / "Library"
        return library / "Application Support" / "flawmap" / "plugins", library / "Logs" / "flawmap"
    return (
        system.folder("XDG_CONFIG_HOME", ".config") / "flawmap" / "plugins",
        system.folder("XDG_STATE_HOME", ".local", "state") / "flawmap",
    )
