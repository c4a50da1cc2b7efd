"""Opening: a photo in an editor, with its flaws as layers, from outside the editor.

GIMP takes a call of one of its procedures on its command line, and passes it on to the GIMP that
runs already. Krita takes a photo's path; what is to be done with it lies in a hand-off file that
the plug-in looks for.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from flawmap_api.connection import runtime_dir, secure_folder
from flawmap_api.errors import BadInput, NotFound

from . import disk
from .payload import runtime_folder
from .places import Place, find_places
from .status import status
from .system import System

__all__ = ["open_in"]

#: Runs in GIMP. Its own plug-ins start beside it: the procedure may be a moment late.
_CALL = """
import time
from gi.repository import Gimp
for _ in range(200):
    procedure = Gimp.get_pdb().lookup_procedure("flawmap-open-photo")
    if procedure is not None:
        config = procedure.create_config()
        config.set_property("path", {path!r})
        procedure.run(config)
        break
    time.sleep(0.1)
"""


def open_in(host: str, photo: Path, system: System | None = None) -> Place:
    """Open a photo in GIMP or Krita and have its flaws found; the editor goes on by itself.

    Raises
    ------
    NotFound
        If there is no such photo, no such editor, or no plug-in in it.
    """
    system = system or System()
    photo = photo.absolute()
    if not photo.is_file():
        raise NotFound(f"There is no photo {photo}.", "Check the path.")
    place = _ready(host, system)
    command = place.programs[0].command
    if host == "gimp":
        call = " ".join(f"exec({_CALL.format(path=str(photo))!r})".splitlines())
        # GIMP opens the photo itself, under its name; the procedure waits for it to be there.
        words = [str(photo), "--batch-interpreter=python-fu-eval", "--batch", call]
        _start([*command, *words], system)
        return place
    folder = secure_folder(runtime_folder(place, system) or runtime_dir())
    wish = {"path": str(photo), "created": time.time()}
    try:
        disk.replace(folder / "handoff.json", json.dumps(wish).encode())
    except OSError as error:
        raise BadInput(f"{folder} cannot be written: {error.strerror or error}.") from None
    # The plug-in opens the photo itself. A second Krita would only ask the running one to come up.
    _start([*command, "--nosplash"], system)
    return place


def _ready(host: str, system: System) -> Place:
    places = [place for place in find_places(system, host) if place.programs]
    if not places:
        raise NotFound(
            f"No {'GIMP' if host == 'gimp' else 'Krita'} was found on this machine.",
            "`flawmap plugins list` shows what was.",
        )
    for place in places:
        if status(place, system, thorough=False).good:
            return place
    raise NotFound(
        f"{places[0].name} does not have Flawmap's plug-in yet.",
        f"Run `flawmap plugins install {host}`.",
    )


def _start(command: Sequence[str], system: System) -> None:
    try:
        process = subprocess.Popen(
            list(command),
            env=dict(system.variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            creationflags=getattr(subprocess, "DETACHED_PROCESS", 0),
        )
        # The editor is meant to outlive this program; Popen would warn that it still runs.
        process.returncode = 0
    except OSError as error:
        raise NotFound(
            f"{command[0]} could not be started: {error.strerror or error}.",
            "Start it yourself, then try again.",
        ) from None
