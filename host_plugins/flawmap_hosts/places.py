"""Places: where GIMP and Krita look for a person's plug-ins, and which programs look there.

A place is a folder, not a program: a GIMP of the system and one of an AppImage read the same one,
and get the same plug-in. Folders are the documented ones of each system.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from .finding import gimp_programs, krita_programs, numbers
from .system import System

__all__ = ["HOSTS", "Place", "Program", "find_places"]

HOSTS: Final = ("gimp", "krita")
#: The oldest that the plug-ins were made for.
_OLDEST: Final = {"gimp": (3, 0), "krita": (5, 2)}
_NAMES: Final = {"gimp": "GIMP", "krita": "Krita"}
#: What the sandboxes of Flathub are called.
_FLATPAKS: Final = {"gimp": "org.gimp.GIMP", "krita": "org.kde.krita"}


@dataclass(frozen=True)
class Program:
    """One installed editor: how it came here, how to start it, and its version ("" if unknown)."""

    kind: str
    command: tuple[str, ...]
    version: str = ""


@dataclass(frozen=True)
class Place:
    """A folder that an editor reads plug-ins from.

    Attributes
    ----------
    host : "gimp" | "krita"
    folder : Path
        `plug-ins` or `pykrita`; the plug-in is its subfolder `flawmap`.
    settings : Path
        GIMP's folder of settings, or Krita's `kritarc`.
    programs : tuple of Program
        Those that read it; empty if only an old plug-in of ours is left there.
    sandbox : str
        Name of the Flatpak whose programs see their own part of the system only; else empty.
    problem : str
        Why no plug-in of ours can work there; empty if one can.
    """

    host: str
    folder: Path
    settings: Path
    programs: tuple[Program, ...] = ()
    sandbox: str = ""
    problem: str = ""

    @property
    def name(self) -> str:
        """As people call it: `GIMP 3.0.4`, `Krita (Flatpak)`."""
        versions = sorted({program.version for program in self.programs if program.version})
        name = " ".join([_NAMES[self.host], *versions[-1:]])
        return f"{name} (Flatpak)" if self.sandbox else name

    @property
    def plugin(self) -> Path:
        """The folder of our plug-in."""
        return self.folder / "flawmap"

    @property
    def resources(self) -> Path:
        """The folder that holds `folder` and what belongs to it."""
        return self.folder.parent


def find_places(system: System | None = None, host: str | None = None) -> list[Place]:
    """Every place of a program that is here, or of a plug-in of ours that was left behind."""
    system = system or System()
    found: dict[Path, Place] = {}
    for each in HOSTS if host is None else (host,):
        for place in _of_gimp(system) if each == "gimp" else _of_krita(system):
            known = found.get(place.folder)
            found[place.folder] = (
                place
                if known is None
                else replace(
                    known,
                    programs=(*known.programs, *place.programs),
                    # One that can use it is enough.
                    problem=known.problem and place.problem,
                )
            )
    return list(found.values())


def _of_gimp(system: System) -> Iterator[Place]:
    own = _gimp_settings(system)
    for kind, command, version in gimp_programs(system):
        settings, sandbox = own, ""
        if kind == "flatpak":
            sandbox = _FLATPAKS["gimp"]
            if not own.is_dir():
                # Flathub's GIMP takes the usual folder where there is one, else the sandbox's own.
                settings = system.home / ".var" / "app" / sandbox / "config" / "GIMP"
        major, minor = numbers(version) or _OLDEST["gimp"]
        folder = settings / f"{major}.{minor}"
        if (named := system.variable("GIMP3_DIRECTORY")) and not sandbox:
            folder = Path(named)
        program = Program(kind, command, version)
        problem = _too_old("gimp", version)
        yield Place("gimp", folder / "plug-ins", folder, (program,), sandbox, problem)
    for settings in (own, system.home / ".var/app" / _FLATPAKS["gimp"] / "config/GIMP"):
        sandbox = "" if settings == own else _FLATPAKS["gimp"]
        for folder in sorted(settings.glob("3.*")):
            if _left_behind(folder / "plug-ins"):
                yield Place("gimp", folder / "plug-ins", folder, (), sandbox)


def _of_krita(system: System) -> Iterator[Place]:
    own = _krita_folders(system)
    base = system.home / ".var" / "app" / _FLATPAKS["krita"]
    boxed = (base / "data" / "krita", base / "config" / "kritarc")
    for kind, command, version in krita_programs(system):
        sandbox = _FLATPAKS["krita"] if kind == "flatpak" else ""
        resources, settings = boxed if sandbox else own
        program = Program(kind, command, version)
        problem = _too_old("krita", version)
        yield Place("krita", resources / "pykrita", settings, (program,), sandbox, problem)
    for (resources, settings), sandbox in ((own, ""), (boxed, _FLATPAKS["krita"])):
        if _left_behind(resources / "pykrita"):
            yield Place("krita", resources / "pykrita", settings, (), sandbox)


def _gimp_settings(system: System) -> Path:
    if system.platform == "win32":
        return system.folder("APPDATA", "AppData", "Roaming") / "GIMP"
    if system.platform == "darwin":
        return system.home / "Library" / "Application Support" / "GIMP"
    return system.folder("XDG_CONFIG_HOME", ".config") / "GIMP"


def _krita_folders(system: System) -> tuple[Path, Path]:
    """Krita's folder of resources and its file of settings."""
    if system.platform == "win32":
        roaming = system.folder("APPDATA", "AppData", "Roaming")
        return roaming / "krita", system.folder("LOCALAPPDATA", "AppData", "Local") / "kritarc"
    if system.platform == "darwin":
        library = system.home / "Library"
        return library / "Application Support" / "krita", library / "Preferences" / "kritarc"
    return (
        system.folder("XDG_DATA_HOME", ".local", "share") / "krita",
        system.folder("XDG_CONFIG_HOME", ".config") / "kritarc",
    )


def _too_old(host: str, version: str) -> str:
    have, need = numbers(version), _OLDEST[host]
    if have is None or have >= need:
        return ""
    return (
        f"{_NAMES[host]} {version} is too old: Flawmap's plug-in needs "
        f"{_NAMES[host]} {need[0]}.{need[1]} or newer."
    )


def _left_behind(folder: Path) -> bool:
    return (folder / "flawmap").is_dir() or (folder / ".flawmap-incomplete").exists()
