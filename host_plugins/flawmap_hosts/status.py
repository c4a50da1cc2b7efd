"""Status: what is installed at a place, whether it would load, and why not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import flawmap_api

from . import disk, kritarc
from .installing import MARK, at_work, made_by
from .looking import look
from .payload import ENTRIES
from .places import Place
from .system import System

__all__ = ["Status", "status"]


@dataclass(frozen=True)
class Status:
    """One place, looked at.

    Attributes
    ----------
    place : Place
    state : "absent" | "current" | "older" | "newer" | "incomplete" | "broken" | "unusable"
        `older` and `newer` than this Flawmap; `unusable`: no plug-in can work there.
    version, road : str
        Of the installed plug-in; empty without one.
    enabled : bool
        The host will load it.
    told : str
        All of it in a sentence.
    hint : str
        What to do, if there is something to do.
    """

    place: Place
    state: str
    version: str = ""
    road: str = ""
    enabled: bool = False
    told: str = ""
    hint: str = ""

    @property
    def good(self) -> bool:
        """Whether the plug-in is there and would load."""
        return self.state in ("current", "older", "newer") and self.enabled


def status(place: Place, system: System | None = None, *, thorough: bool = True) -> Status:
    """Look at a place.

    Parameters
    ----------
    thorough : bool
        Ask the host's Python whether it loads what is there.
    """
    system = system or System()
    install = f"flawmap plugins install {place.host}"
    if (place.folder / MARK).exists():
        if at_work(place):
            told, hint = "It is being installed or removed just now.", "Wait until that is done."
            return Status(place, "incomplete", told=told, hint=hint)
        told = "Its installation was interrupted."
        return Status(place, "incomplete", told=told, hint=f"Run `{install}` again.")
    if not place.plugin.is_dir():
        if place.problem:
            return Status(place, "unusable", told=place.problem)
        return Status(place, "absent", told="The plug-in is not installed.", hint=f"`{install}`")
    said = made_by(place)
    version, road = str(said.get("version") or ""), str(said.get("road") or "")
    problem, seen_by = _broken(place, said), "is installed"
    if not problem and thorough and place.programs:
        seen = look(place, place.plugin, system)
        problem = seen.problem
        if seen.python:
            seen_by = f"loads in its Python {seen.python}"
        if not problem and seen.python and road == "direct" and not seen.direct:
            problem = f"Its Python {seen.python} no longer loads the plug-in's pyzmq."
    if problem:
        return Status(place, "broken", version, road, told=problem, hint=f"Run `{install}` again.")
    state = _compared(version)
    on = place.host == "gimp" or kritarc.enabled(disk.read(place.settings) or b"")
    way = "directly" if road == "direct" else "through a helper process"
    told = f"Plug-in {version} {seen_by}, and reaches the engine {way}."
    hint = ""
    if not on:
        told = f"Plug-in {version} is installed, but switched off."
        hint = f"`{install}`, or Settings > Configure Krita > Python Plugin Manager."
    elif state == "older":
        hint = f"`flawmap plugins update` brings {flawmap_api.__version__}."
    elif not place.programs:
        told, hint = f"Plug-in {version}, but no program reads it.", "`flawmap plugins remove`"
    return Status(place, state, version, road, on, told, hint)


def _broken(place: Place, said: dict[str, object]) -> str:
    entry = place.plugin / ENTRIES[place.host]
    if not said.get("version"):
        return "installation.json is missing or damaged."
    if not entry.is_file():
        return f"{entry.name} is missing."
    if place.host == "krita" and not (place.folder / "flawmap.desktop").is_file():
        return "flawmap.desktop is missing."
    command = said.get("engine_command")
    program = command[0] if isinstance(command, list) and command else ""
    if not isinstance(program, str) or not Path(program).exists():
        return "The Flawmap that it belongs to is gone, so it cannot start the engine."
    return ""


def _compared(version: str) -> str:
    theirs, ours = _numbers(version), _numbers(flawmap_api.__version__)
    if theirs == ours:
        return "current" if version == flawmap_api.__version__ else "older"
    return "older" if theirs < ours else "newer"


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)[:3]]
