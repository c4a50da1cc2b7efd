"""Looking: would the host's own Python load the plug-in? Asked of that Python, nothing guessed.

GIMP starts plug-ins with the `python3` of its search path; Krita carries a Python inside, of the
version that its library names. Both can be run here on Linux. Where no such Python can be run the
answer is that nobody knows, and the plug-in takes the road that needs nothing of it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .payload import MODULES
from .places import Place
from .system import System

__all__ = ["Look", "interpreter", "look"]

#: Runs in the host's Python: what is there, as JSON. Nothing is written (-B).
_QUESTIONS: Final = """
import importlib, json, sys
said = {"python": list(sys.version_info[:2])}
sys.path.insert(0, sys.argv[1])
def loads(*names):
    try:
        for name in names:
            importlib.import_module(name)
    except Exception as error:
        return type(error).__name__ + ": " + str(error)
    return ""
try:
    import zmq
    said["zmq"] = "" if zmq.has("curve") else "it cannot encrypt"
    said["zmq_from"] = zmq.__file__
except Exception as error:
    said["zmq"] = type(error).__name__ + ": " + str(error)
said["core"] = loads("flawmap_api", "flawmap_plugin.desk")
if sys.argv[2] == "gimp":
    try:
        import gi
        gi.require_version("Gimp", "3.0")
        said["toolkit"] = ""
    except Exception as error:
        said["toolkit"] = type(error).__name__ + ": " + str(error)
    said["shell"] = said["toolkit"] or loads(sys.argv[3])
else:
    said["toolkit"] = loads("PyQt5.QtWidgets") and loads("PyQt6.QtWidgets")
    said["shell"] = ""
print(json.dumps(said))
"""
_MISSING: Final = {
    "gimp": (
        "GIMP's Python lacks GIMP's own module ({}).",
        "Install your system's package for it: gir1.2-gimp-3.0 and python3-gi on Debian.",
    ),
    "krita": (
        "Krita's Python lacks PyQt, and without it Krita loads no plug-in at all ({}).",
        "Install your system's package for it: python3-pyqt5 on Debian, for Krita 6 python3-pyqt6.",
    ),
}


@dataclass(frozen=True)
class Look:
    """What the host's Python said.

    Attributes
    ----------
    python : str
        "3.13"; empty if it could not be asked.
    direct : bool
        It loads pyzmq from the plug-in, with encryption.
    problem, hint : str
        Why the plug-in would not load, and what to do; empty if it would.
    """

    python: str = ""
    direct: bool = False
    problem: str = ""
    hint: str = ""


def look(place: Place, plugin: Path, system: System) -> Look:
    """Ask the host's Python about the plug-in in that folder."""
    python = interpreter(place, system)
    if python is None:
        return Look()
    return _asked(python, place.host, plugin, system)


def interpreter(place: Place, system: System) -> Path | None:
    """The Python that will run the plug-in, or one of the same build; None if none can be run."""
    kinds = {program.kind for program in place.programs}
    if not place.programs or kinds - {"system", "app"}:
        # Of an AppImage or a sandbox nobody here can say what is inside.
        return None
    return _of_gimp(place, system) if place.host == "gimp" else _of_krita(place, system)


def _asked(python: Path, host: str, plugin: Path, system: System) -> Look:
    vendor = str(plugin / "vendor")
    command = [str(python), "-B", "-c", _QUESTIONS, vendor, host, MODULES[host]]
    text = system.said_by(command, PYTHONDONTWRITEBYTECODE="1")
    try:
        said = json.loads((text or "").splitlines()[-1])
        version = ".".join(str(number) for number in said["python"])
        old = tuple(said["python"]) < (3, 10)
        zmq, core, toolkit, shell = (str(said[k]) for k in ("zmq", "core", "toolkit", "shell"))
        source = str(said.get("zmq_from", ""))
    except (ValueError, IndexError, KeyError, TypeError):
        return Look(problem=f"{python} could not be asked whether it loads the plug-in.")
    if old:
        return Look(version, problem=f"Its Python {version} is too old: 3.10 is the oldest.")
    if toolkit and system.platform == "linux":
        problem, hint = _MISSING[host]
        return Look(version, problem=problem.format(toolkit), hint=hint)
    # Elsewhere an editor's own modules may be found from within the editor alone.
    if core or (shell and not toolkit):
        return Look(version, problem=f"The plug-in does not load: {core or shell}.")
    # A pyzmq of the system may go with the next update; only the plug-in's own counts.
    return Look(version, direct=not zmq and source.startswith(vendor))


def _of_gimp(place: Place, system: System) -> Path | None:
    program = Path(place.programs[0].command[0])
    # Beside GIMP first: on the search path of who installs there may be an environment's own.
    beside = [program.with_name(name) for name in ("python3", "python.exe", "python3.exe")]
    found = [file for file in beside if file.is_file()]
    if system.platform != "linux":
        # Windows and macOS: GIMP brings its Python along; another one says nothing of it.
        return found[0] if found else None
    found += [file for file in (system.which("python3"), system.below("usr/bin/python3")) if file]
    asked = "import gi; gi.require_version('Gimp', '3.0')"
    good = (file for file in found if system.said_by([file, "-B", "-c", asked]) is not None)
    return next(good, found[0] if found else None)


def _of_krita(place: Place, system: System) -> Path | None:
    if system.platform != "linux":
        return None
    program = Path(place.programs[0].command[0])
    base = program.resolve().parent.parent
    for pattern in ("lib/*/kritaplugins/*pykrita*.so", "lib*/kritaplugins/*pykrita*.so"):
        for library in sorted(base.glob(pattern)):
            try:
                named = re.search(rb"libpython(3\.\d+)", library.read_bytes())
            except OSError:
                continue
            if named:
                name = f"python{named[1].decode()}"
                beside = program.with_name(name)
                return beside if beside.is_file() else system.which(name)
    return None
