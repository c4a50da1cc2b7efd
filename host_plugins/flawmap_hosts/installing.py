"""Installing: a plug-in gets to its place as a whole, or everything is as it was.

The new folder is written beside the old one and takes its name at the end. A hidden mark lies in
the host's folder as long as work is going on: if it is found later, somebody pulled the plug, and
what the mark speaks of is put right before anything else.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, Final

import flawmap_api
from flawmap_api.connection import process_is, process_start
from flawmap_api.errors import BadInput, Busy, FlawmapError, Unsupported

from . import disk, kritarc
from .leftovers import other_files, shared_folders
from .looking import Look, interpreter, look
from .payload import ENTRIES, desktop_file, facts, plugin_files, runtime_folder, zmq_files
from .places import Place
from .system import System

__all__ = ["MARK", "Outcome", "at_work", "install", "made_by", "remove", "tidy"]

MARK: Final = ".flawmap-incomplete"
_NEW: Final = ".flawmap-new"
_OLD: Final = ".flawmap-old"


@dataclass(frozen=True)
class Outcome:
    """What came of it.

    Attributes
    ----------
    place : Place
    version : str
        Of the plug-in that is there now; empty after a removal.
    road : "direct" | "relay" | ""
    look : Look
        What the host's Python said of it.
    advice : tuple of str
        What the person has to do yet, as sentences.
    """

    place: Place
    version: str = ""
    road: str = ""
    look: Look = field(default_factory=Look)
    advice: tuple[str, ...] = ()


def install(place: Place, system: System | None = None, *, road: str = "auto") -> Outcome:
    """Install the plug-in there, or put a fresh one in place of what is there.

    Parameters
    ----------
    place : Place
    system : System, optional
    road : "auto" | "relay"
        `relay`: through the helper process even where the host's Python loads pyzmq.

    Raises
    ------
    Unsupported
        If the plug-in would not load there; nothing has changed then.
    BadInput
        If something could not be written; nothing has changed then.
    """
    system = system or System()
    if place.problem:
        raise Unsupported(place.problem, "Install a newer one.")
    # Found out before anything is touched.
    files = plugin_files(place.host)
    with _work(place, "installed") as work:
        made = work.made_before()
        seen, chosen = _stage(work, place, system, road, files)
        if place.host == "krita":
            made["kritarc"] = _switch_on(work, place, str(made["kritarc"]))
            work.put(place.folder / "flawmap.desktop", desktop_file())
        made["folders"] = [*made["folders"], *work.folders]
        disk.write_new(work.new / "installation.json", facts(place, system, chosen, made))
        work.swap()
    return Outcome(place, flawmap_api.__version__, chosen, seen, tuple(_advice(place, system)))


def remove(place: Place, system: System | None = None, *, last: bool = True) -> Outcome:
    """Remove the plug-in and whatever it left, and nothing else.

    Parameters
    ----------
    last : bool
        No other place of this host has the plug-in: what all of them share goes with it.

    Raises
    ------
    BadInput
        If something could not be removed; the plug-in is there as before then.
    """
    system = system or System()
    with _work(place, "removed") as work:
        made = work.made_before()
        if place.host == "krita":
            data = disk.read(place.settings)
            if data is not None:
                rest = kritarc.disable(data, str(made["kritarc"]).encode())
                if not rest and made["kritarc"]:
                    work.put(place.settings, None)
                elif rest != data:
                    work.put(place.settings, rest)
            work.put(place.folder / "flawmap.desktop", None)
        for file in other_files(place, system, last=last):
            work.put(file, None)
        work.swap(empty=True)
    folders = sorted(map(Path, made["folders"]), key=lambda path: -len(path.parts))
    for folder in [*folders, *shared_folders(system)]:
        # Folders that were not there before; whoever has put something into them keeps them.
        with contextlib.suppress(OSError):
            os.rmdir(folder)
    return Outcome(place)


def tidy(place: Place) -> None:
    """Put right what an interrupted run left: the old plug-in is there again, or the new one whole.

    Raises
    ------
    BadInput
        If that is not possible.
    Busy
        If that run is not interrupted, but goes on.
    """
    if not (place.folder / MARK).exists():
        return
    if at_work(place):
        raise Busy(
            f"{place.name}: another `flawmap plugins` is at work there.", "Wait until it is done."
        )
    with _told(place, "put right"):
        old = place.folder / _OLD
        if old.exists():
            # The old one had been moved away; whether the new one was whole nobody knows.
            disk.remove_tree(place.plugin)
            os.rename(old, place.plugin)
        disk.remove_tree(place.folder / _NEW)
        for file in (place.settings, place.folder / "flawmap.desktop"):
            # Each is whole, before or after; the plug-in's folder decides which plug-in it is.
            disk.remove_file(_backup(Path(os.path.realpath(file))))
        disk.remove_file(place.folder / MARK)


def at_work(place: Place) -> bool:
    """Whether a living process is installing or removing there just now."""
    try:
        said = json.loads((place.folder / MARK).read_text("utf-8"))
        pid, started = int(said["pid"]), float(said["started"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False
    # This process has not come here twice: what it finds of itself was left by another of its pid.
    return pid != os.getpid() and process_is(pid, started)


def made_by(place: Place) -> dict[str, Any]:
    """What the installed plug-in's `installation.json` says; empty without one."""
    try:
        said = json.loads((place.plugin / "installation.json").read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


# ---------------------------------------------------------------------------- inside


class _Work:
    """Steps that know their way back."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.new = place.folder / _NEW
        self.folders: list[str] = []
        self._back: list[Callable[[], None]] = []
        self._rubbish = [place.folder / _OLD, place.folder / _NEW]

    def begin(self) -> None:
        for folder in disk.make_folders(self.place.folder):
            self._made(folder)
        mark = self.place.folder / MARK
        said = {"pid": os.getpid(), "started": process_start(os.getpid())}
        disk.write_new(mark, json.dumps(said).encode())
        self._back.append(partial(disk.remove_file, mark))
        self._back.append(partial(disk.remove_tree, self.new))

    def made_before(self) -> dict[str, Any]:
        """What earlier installations have made, so that a removal still undoes it."""
        made = made_by(self.place).get("made")
        made = made if isinstance(made, dict) else {}
        folders = made.get("folders")
        return {
            "folders": [str(f) for f in folders] if isinstance(folders, list) else [],
            "kritarc": str(made.get("kritarc") or ""),
        }

    def put(self, path: Path, data: bytes | None) -> None:
        """Write a file in place of another, or remove it (None)."""
        # A link stays a link: what it leads to is changed.
        path = Path(os.path.realpath(path))
        before = disk.read(path)
        if data == before:
            return
        if before is None:
            for folder in disk.make_folders(path.parent):
                self._made(folder)
            self._back.append(partial(disk.remove_file, path))
        else:
            backup = _backup(path)
            disk.keep(path, backup)
            self._rubbish.append(backup)
            self._back.append(partial(disk.restore, backup, path))
        if data is None:
            os.unlink(path)
        else:
            disk.replace(path, data)

    def _made(self, folder: Path) -> None:
        self.folders.append(str(folder))
        self._back.append(partial(os.rmdir, folder))

    def swap(self, *, empty: bool = False) -> None:
        """Give the new folder its name; or leave none (`empty`)."""
        plugin, old = self.place.plugin, self.place.folder / _OLD
        if os.path.lexists(plugin):
            os.rename(plugin, old)
            self._back.append(lambda: os.rename(old, plugin))
        if not empty:
            os.rename(self.new, plugin)
            self._back.append(lambda: disk.remove_tree(plugin))

    def finish(self) -> None:
        """From here on there is no way back."""
        os.unlink(self.place.folder / MARK)
        self._back.clear()
        # What is left over now is rubbish: it goes at once, or with the next run.
        for rubbish in self._rubbish:
            with contextlib.suppress(OSError):
                disk.remove_tree(rubbish)

    def undo(self) -> list[OSError]:
        """Go all the way back; what could not be undone."""
        failed = []
        for step in reversed(self._back):
            try:
                disk.insist(step)
            except OSError as error:
                failed.append(error)
        return failed


@contextlib.contextmanager
def _work(place: Place, what: str) -> Iterator[_Work]:
    """A run of steps that all happen, or none."""
    tidy(place)
    work = _Work(place)
    with _told(place, what):
        try:
            # Of a run that ended after its last step, but before it had cleaned up.
            disk.remove_tree(place.folder / _NEW)
            disk.remove_tree(place.folder / _OLD)
            work.begin()
            yield work
            work.finish()
        except BaseException as error:
            failed = work.undo()
            if failed and isinstance(error, Exception):
                raise BadInput(
                    f"{place.name}: the plug-in could not be {what} ({_reason(error)}), and not "
                    f"everything could be put back ({_reason(failed[0])}).",
                    "Make room or mend the permissions, then run `flawmap plugins install` again.",
                ) from error
            raise


@contextlib.contextmanager
def _told(place: Place, what: str) -> Iterator[None]:
    try:
        yield
    except FlawmapError:
        raise
    except OSError as error:
        raise BadInput(
            f"{place.name}: the plug-in could not be {what}: {_reason(error)}. "
            "Everything is as it was.",
            "Mend that, then try again.",
        ) from error


def _backup(path: Path) -> Path:
    return path.with_name(f".{path.name}.flawmap-old")


def _reason(error: BaseException) -> str:
    if isinstance(error, OSError):
        where = f" ({error.filename})" if error.filename else ""
        return f"{error.strerror or error}{where}"
    return getattr(error, "message", "") or str(error)


def _stage(
    work: _Work, place: Place, system: System, road: str, files: dict[PurePosixPath, Path]
) -> tuple[Look, str]:
    """Write the new folder and look whether the host's Python loads it; look and road."""
    os.mkdir(work.new)
    native = zmq_files() if road == "auto" and not place.sandbox else {}
    python = interpreter(place, system)
    for name, source in {**files, **native}.items():
        data = source.read_bytes()
        target = work.new / name
        disk.make_folders(target.parent)
        # GIMP runs its plug-in as a program.
        program = place.host == "gimp" and str(name) == ENTRIES["gimp"]
        if program and python is not None and system.platform != "win32":
            # The very Python that is looked at here, whatever search path GIMP is started with.
            data = b"#!" + os.fsencode(python) + b"\n" + data.partition(b"\n")[2]
        disk.write_new(target, data, 0o755 if program else 0o644)
    seen = look(place, work.new, system)
    if seen.problem:
        raise Unsupported(f"{place.name}: {seen.problem}", seen.hint)
    if seen.direct:
        return seen, "direct"
    # A library that does not load, or that nobody could try, is only in the way.
    for part in {name.parts[1] for name in native}:
        disk.remove_tree(work.new / "vendor" / part)
    return seen, "relay"


def _switch_on(work: _Work, place: Place, added_before: str) -> str:
    """Have Krita load the plug-in; what was put into its settings for that."""
    data = disk.read(place.settings) or b""
    if kritarc.enabled(data):
        return added_before
    edited = kritarc.enable(data)
    work.put(place.settings, edited.data)
    return edited.added.decode("ascii") or added_before


def _advice(place: Place, system: System) -> Iterator[str]:
    name = "GIMP" if place.host == "gimp" else "Krita"
    if place.sandbox:
        folder = runtime_folder(place, system)
        yield (
            f"{name} runs in a sandbox and may not start programs outside it. Allow it once: "
            f"flatpak override --user --talk-name=org.freedesktop.Flatpak {place.sandbox}"
        )
        yield f"Its engine has a folder that both sides see: {folder}"
    yield f"Restart {name} if it is running."
