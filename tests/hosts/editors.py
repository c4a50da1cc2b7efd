"""GIMP and Krita, run by tests: scripts go in, what they answer comes back.

A script is a function of the tests (its source is what travels, so it imports what it needs and
closes over nothing), called with the given keyword arguments; or a text, in which they are names,
and which sets `value` or calls `answer(…)`. Arguments and answers are what JSON can carry. Where
the function is a generator, or the text defines one named `steps`, what it yields is waited for
while the editor goes on: a number of seconds, or a callable until it gives something true.

    def layers(photo):
        from gi.repository import Gimp, Gio
        image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path(photo))
        return [layer.get_name() for layer in image.get_layers()]

    assert gimp.console(layers, photo=str(photo)) == ["photo.png"]

In GIMP's scripts `Gimp`, `Gegl`, `Gio`, `GLib` and `pdb(name, **arguments)` are there; in Krita's
`krita` (the instance), `QtCore`, `QtWidgets`, all of libkis, and what `krita_driver.py` offers.
"""

from __future__ import annotations

import contextlib
import inspect
import itertools
import json
import os
import shutil
import signal
import subprocess
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from tests.hosts.chroot import Session

__all__ = ["EditorFailed", "Gimp", "GimpWindow", "Krita", "KritaWindow", "Screen", "Script"]

Script = Callable[..., Any] | str

_GIMP = "gimp-3.0"
_CONSOLE = "gimp-console-3.0"

#: Around every script: arguments in, and one generator, `steps`, that returns the answer.
_FRAME = """\
import inspect, json, os, sys, time, traceback
GIVEN = json.loads({given!r})
globals().update(GIVEN)
value = None
def answer(it=None):
    global value
    value = it
{prelude}
{script}
_own = globals().get("steps")
def steps():
    result = _script() if "_script" in globals() else _own() if _own else value
    if inspect.isgenerator(result):
        result = yield from result
    return value if result is None else result
"""

_GIMP_PRELUDE = '''
import gi
gi.require_version("Gimp", "3.0"); gi.require_version("Gegl", "0.4")
from gi.repository import Gegl, Gimp, Gio, GLib
def pdb(name, **arguments):
    """Run a procedure; its results after the status, which must be success."""
    procedure = Gimp.get_pdb().lookup_procedure(name)
    if procedure is None:
        raise LookupError("There is no procedure " + name)
    config = procedure.create_config()
    for key, value in arguments.items():
        if isinstance(value, (list, tuple)) and all(isinstance(v, Gimp.Item) for v in value):
            config.set_core_object_array(key, list(value))
        else:
            config.set_property(key, value)
    result = procedure.run(config)
    status = result.index(0)
    if status != Gimp.PDBStatusType.SUCCESS:
        raise RuntimeError(name + ": " + str(Gimp.get_pdb().get_last_error()))
    return [result.index(i) for i in range(1, result.length())]
'''

_KRITA_PRELUDE = """
from krita import *
from krita import Krita
try:
    from PyQt6 import QtCore, QtGui, QtWidgets
except ImportError:
    from PyQt5 import QtCore, QtGui, QtWidgets
krita = Krita.instance()
"""

#: GIMP has no driver: its scripts are processes of their own, and may sleep. The answer is renamed
#: into its place, so it is never half a file.
_GIMP_RUN = """\
import json, os, time, traceback
def _run(source, out):
    try:
        scope = {"__name__": "flawmap_test_script"}
        exec(compile(source, "script", "exec"), scope)
        steps = scope["steps"]()
        while True:
            try:
                until = next(steps)
            except StopIteration as end:
                said = {"value": end.value}
                break
            if callable(until):
                deadline = time.monotonic() + 120
                while not until():
                    if time.monotonic() > deadline:
                        raise TimeoutError("waited 120 s")
                    time.sleep(0.03)
            else:
                time.sleep(until or 0)
        text = json.dumps(said)
    except BaseException:
        text = json.dumps({"error": traceback.format_exc()})
    with open(out + ".part", "w", encoding="utf-8") as file:
        file.write(text)
    os.rename(out + ".part", out)
"""


class EditorFailed(Exception):
    """A script raised, or the editor ended or went silent; with all that it said."""


def _framed(script: Script, given: Mapping[str, Any], prelude: str) -> str:
    if callable(script):
        source = textwrap.dedent(inspect.getsource(script))
        source += f"\ndef _script():\n    return {script.__name__}(**GIVEN)\n"
    else:
        source = textwrap.dedent(script)
    return _FRAME.format(given=json.dumps(given), prelude=prelude, script=source)


def _answer(out: Path, log: Path) -> Any:
    said = json.loads(out.read_text("utf-8"))
    out.unlink()
    if "error" in said:
        raise EditorFailed(f"The script raised:\n{said['error']}\n{_tail(log)}")
    return said["value"]


def _tail(log: Path) -> str:
    with contextlib.suppress(OSError):
        return "The editor said:\n" + log.read_text("utf-8", "replace")[-3000:]
    return ""


# ---------------------------------------------------------------------------- a screen


class Screen:
    """An X server that nobody sees, with a window manager: 1600 × 1000 pixels."""

    def __init__(self, session: Session) -> None:
        self.session = session
        log = session.folder / "screen.log"
        where = session.folder / "display"
        # The server picks a free number and writes it; no abstract socket, so nobody else's counts.
        server = "exec Xvfb -displayfd 3 -screen 0 1600x1000x24 -nolisten tcp -nolisten local"
        self._server = session.start("sh", "-c", f"{server} 3>{where}", log=log)
        _until(lambda: where.exists() and where.read_text().endswith("\n"), 30, "Xvfb", log)
        self.display = f":{where.read_text().strip()}"
        self._manager = session.start("openbox", environment={"DISPLAY": self.display}, log=log)
        _until(lambda: self.tool("xprop", "-root", "_NET_SUPPORTING_WM_CHECK"), 30, "openbox", log)

    def tool(self, *words: str, timeout: float = 30) -> str:
        """Run `xdotool`, `xprop`, … on this screen; what it printed, empty if it failed."""
        done = self.session.run(
            *words, environment={"DISPLAY": self.display}, timeout=timeout, check=False
        )
        return "" if done.returncode or "not found" in done.stdout else done.stdout

    def windows(self, name: str) -> list[str]:
        """Ids of the visible windows whose title holds `name` (a regular expression)."""
        return self.tool("xdotool", "search", "--onlyvisible", "--name", name).split()

    def wait_for(self, name: str, timeout: float = 60) -> str:
        """The id of a window of that title, once it is there."""
        _until(lambda: bool(self.windows(name)), timeout, f"window {name!r}")
        return self.windows(name)[0]

    def key(self, *keys: str, window: str | None = None, pause: float = 0.3) -> None:
        """Press keys (`ctrl+z`, `Return`) one after another, in a window if one is named."""
        if window:
            self.tool("xdotool", "windowactivate", "--sync", window)
        for one in keys:
            self.tool("xdotool", "key", one)
            time.sleep(pause)

    def picture(self, path: Path) -> Path:
        """A PNG of the whole screen; `path` lies in the session's folder."""
        self.session.run(
            "scrot", "-o", path, environment={"DISPLAY": self.display, "HOME": "/root"}
        )
        return path

    def close(self) -> None:
        """End manager and server."""
        # The programs behind nsenter and chroot are the same processes: all of them exec.
        for process in (self._manager, self._server):
            process.terminate()
            process.wait(10)


def _until(what: Callable[[], object], timeout: float, name: str, log: Path | None = None) -> None:
    deadline = time.monotonic() + timeout
    while not what():
        if time.monotonic() > deadline:
            raise EditorFailed(f"{name}: not there in {timeout:.0f} s. {_tail(log) if log else ''}")
        time.sleep(0.1)


# ---------------------------------------------------------------------------- an editor


class _Editor:
    """What both have in common: a home, an environment, a place for scripts and answers."""

    name = ""

    def __init__(self, session: Session, home: Path, variables: Mapping[str, str]) -> None:
        self.session = session
        self.home = home
        self.log = home / f"{self.name}.log"
        self.work = home / "work"
        self.work.mkdir(exist_ok=True)
        runtime = home / "xdg"
        runtime.mkdir(mode=0o700, exist_ok=True)
        self.variables = {
            "HOME": str(home),
            "XDG_RUNTIME_DIR": str(runtime),
            "GEGL_THREADS": "2",
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "NO_AT_BRIDGE": "1",
            **variables,
        }
        self._numbers = itertools.count(1)

    def flawmap(self, *words: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run the installed `flawmap` as the person whose home this is."""
        return self.session.run(
            "/opt/flawmap/bin/flawmap", *words, environment=self.variables, check=check
        )

    def _next(self) -> Path:
        return self.work / f"{next(self._numbers):03d}"

    @contextlib.contextmanager
    def _bus(self) -> Iterator[dict[str, str]]:
        """A session bus of its own, as a desktop has one."""
        address = f"unix:path={self.variables['XDG_RUNTIME_DIR']}/bus"
        bus = self.session.start(
            "dbus-daemon",
            "--session",
            f"--address={address}",
            "--nofork",
            "--nopidfile",
            environment=self.variables,
            log=self.log,
        )
        socket = Path(self.variables["XDG_RUNTIME_DIR"], "bus")
        try:
            _until(socket.exists, 20, "session bus", self.log)
            yield {**self.variables, "DBUS_SESSION_BUS_ADDRESS": address}
        finally:
            _end(bus)
            socket.unlink(missing_ok=True)


class _Process(Protocol):
    """What a window has to know of its editor's process."""

    returncode: int

    @property
    def pid(self) -> int: ...

    def poll(self) -> int | None: ...


class _Window:
    """An editor that runs in a window, as a person sees it."""

    def __init__(self, editor: _Editor, screen: Screen, process: _Process) -> None:
        self.editor = editor
        self.screen = screen
        self.process = process

    @property
    def pid(self) -> int:
        """The editor's own process."""
        return self.process.pid

    def picture(self, path: Path | None = None) -> Path:
        """A PNG of the screen."""
        return self.screen.picture(path or self.editor.home / "screen.png")

    def memory(self) -> dict[str, int]:
        """`VmRSS`, `VmHWM` … of the editor's process, in bytes."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        pairs = (line.split() for line in lines if line.startswith("Vm"))
        return {name.rstrip(":"): int(value) * 1024 for name, value, _ in pairs}

    def _wait(self, out: Path, timeout: float) -> Any:
        deadline = time.monotonic() + timeout
        while not out.exists():
            if self.process.poll() is not None:
                code = self.process.returncode
                raise EditorFailed(f"The editor ended ({code}). {_tail(self.editor.log)}")
            if time.monotonic() > deadline:
                with contextlib.suppress(Exception):
                    self.picture(self.editor.session.folder / "timeout.png")
                raise EditorFailed(f"No answer in {timeout:.0f} s. {_tail(self.editor.log)}")
            time.sleep(0.02)
        return _answer(out, self.editor.log)


def _end(process: subprocess.Popen[bytes], timeout: float = 20) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Gimp(_Editor):
    """GIMP with a home of its own, in which the plug-in is installed."""

    name = "gimp"

    @property
    def plug_ins(self) -> Path:
        """The folder of the person's plug-ins."""
        return self.home / ".config/GIMP/3.0/plug-ins"

    def console(self, script: Script, *, timeout: float = 150, **given: Any) -> Any:
        """Run a script in GIMP without windows, from start to end."""
        place, out = self.lay(script, given)
        with self._bus() as environment:
            process = self.session.start(
                _CONSOLE,
                *("-i", "-d", "-f", "--quit", "--batch-interpreter=python-fu-eval", "-b"),
                place,
                environment=environment,
                log=self.log,
            )
            try:
                process.wait(timeout)
            except subprocess.TimeoutExpired:
                raise EditorFailed(f"No end in {timeout:.0f} s. {_tail(self.log)}") from None
            finally:
                _end(process)
        if not out.exists():
            raise EditorFailed(f"GIMP ended ({process.returncode}). {_tail(self.log)}")
        return _answer(out, self.log)

    def lay(self, script: Script, given: Mapping[str, Any]) -> tuple[str, Path]:
        """Write a script where GIMP can read it: what runs it, and where its answer will be."""
        place = self._next()
        out = place.with_suffix(".json")
        source = _framed(script, given, _GIMP_PRELUDE)
        text = f"{_GIMP_RUN}\n_run({source!r}, {str(out)!r})\n"
        file = place.with_suffix(".py")
        file.write_text(text, "utf-8")
        return f"exec(open({str(file)!r}, encoding='utf-8').read())", out

    @contextlib.contextmanager
    def window(
        self, screen: Screen, *photos: Path, timeout: float = 90, **variables: str
    ) -> Iterator[GimpWindow]:
        """GIMP in a window, with photos opened in it; ends with the block."""
        with self._bus() as bus:
            environment = {**bus, "DISPLAY": screen.display, **variables}
            process = self.session.start(
                _GIMP, "--no-splash", *photos, environment=environment, log=self.log
            )
            window = GimpWindow(self, screen, process, environment)
            try:
                window.ready(len(photos), timeout)
                yield window
            finally:
                _end(process)

    @contextlib.contextmanager
    def started_by_others(self, screen: Screen) -> Iterator[GimpWindow]:
        """A desktop on which something else starts GIMP, within the block."""
        with self._bus() as bus:
            environment = {**bus, "DISPLAY": screen.display}
            process = _Elsewhere(self.session, _GIMP)
            try:
                yield GimpWindow(self, screen, process, environment)
            finally:
                process.end()


class _Elsewhere:
    """The process of a GIMP that somebody else has started; it stands for a `Popen`."""

    def __init__(self, session: Session, name: str) -> None:
        self._session, self._name = session, name
        self._pid = 0
        self.returncode = -1

    @property
    def pid(self) -> int:
        """Its number; 0 before it is there."""
        return self._pid or next(iter(self._session.pids(self._name)), 0)

    def poll(self) -> int | None:
        """None while it runs, or has not begun to."""
        self._pid = self.pid
        return self.returncode if self._pid and self._pid not in self._session.pids() else None

    def end(self) -> None:
        """End it, if it is there."""
        if self.poll() is None and self._pid:
            os.kill(self._pid, signal.SIGTERM)
            with contextlib.suppress(EditorFailed):
                _until(lambda: self.poll() is not None, 20, self._name)
                return
            os.kill(self._pid, signal.SIGKILL)


class GimpWindow(_Window):
    """A running GIMP; scripts are handed to it over the bus, one after another."""

    def __init__(
        self,
        gimp: Gimp,
        screen: Screen,
        process: _Process,
        environment: Mapping[str, str],
    ) -> None:
        super().__init__(gimp, screen, process)
        self.gimp = gimp
        self.environment = environment

    def ready(self, photos: int, timeout: float) -> None:
        """Wait until it takes scripts and has opened so many photos."""
        # Before it has its name on the bus, the same call would start a second GIMP.
        words = (
            "dbus-send --session --print-reply --dest=org.freedesktop.DBus /org/freedesktop/DBus"
        )
        asked = f"{words} org.freedesktop.DBus.NameHasOwner string:org.gimp.GIMP.UI"

        def owned() -> bool:
            if self.process.poll() is not None:
                raise EditorFailed(f"GIMP ended at its start. {_tail(self.editor.log)}")
            done = self.editor.session.run(
                *asked.split(), environment=self.environment, check=False
            )
            return "boolean true" in done.stdout

        _until(owned, timeout, "GIMP", self.editor.log)
        deadline = time.monotonic() + timeout
        while len(self.run(_images)) < photos:
            if time.monotonic() > deadline:
                raise EditorFailed(f"The photo was not opened. {_tail(self.editor.log)}")
            time.sleep(0.2)

    def run(self, script: Script, *, timeout: float = 60, **given: Any) -> Any:
        """Run a script in the running GIMP."""
        place, out = self.gimp.lay(script, given)
        self.gimp.session.run(
            *(_GIMP, "--batch-interpreter=python-fu-eval", "-b", place),
            environment=self.environment,
            timeout=timeout,
            check=False,
        )
        return self._wait(out, timeout)


def _images():
    from gi.repository import Gimp

    return [image.get_name() for image in Gimp.get_images()]


_DESKTOP = """\
[Desktop Entry]
Type=Service
ServiceTypes=Krita/PythonPlugin
X-KDE-Library=flawmap_driver
X-Python-2-Compatible=false
Name=Driver of the tests
Comment=Does what the tests ask for
"""


class Krita(_Editor):
    """Krita with a home of its own, in which the plug-in is installed and enabled."""

    name = "krita"

    @property
    def pykrita(self) -> Path:
        """The folder of the person's Python plug-ins."""
        return self.home / ".local/share/krita/pykrita"

    @property
    def kritarc(self) -> Path:
        """The file that says which of them are on."""
        return self.home / ".config/kritarc"

    def add_driver(self) -> None:
        """Install what runs the tests' scripts in this home's Krita."""
        folder = self.pykrita / "flawmap_driver"
        folder.mkdir(parents=True)
        shutil.copy(Path(__file__).with_name("krita_driver.py"), folder / "__init__.py")
        (self.pykrita / "flawmap_driver.desktop").write_text(_DESKTOP, "utf-8")

    @contextlib.contextmanager
    def window(
        self, screen: Screen, *photos: Path, timeout: float = 150, **variables: str
    ) -> Iterator[KritaWindow]:
        """Krita in a window, with photos opened in it; ends with the block."""
        mailbox = self.home / "mailbox"
        shutil.rmtree(mailbox, ignore_errors=True)
        mailbox.mkdir()
        with self._bus() as bus:
            environment = {
                **bus,
                "DISPLAY": screen.display,
                "FLAWMAP_TEST_MAILBOX": str(mailbox),
                **variables,
            }
            process = self.session.start(
                "krita", "--nosplash", *photos, environment=environment, log=self.log
            )
            window = KritaWindow(self, screen, process, mailbox)
            try:
                deadline = time.monotonic() + timeout
                while len(window.run(_documents, timeout=timeout)) < len(photos):
                    if time.monotonic() > deadline:
                        raise EditorFailed(f"The photo was not opened. {_tail(self.log)}")
                    time.sleep(0.2)
                yield window
            finally:
                _end(process)


def _documents():
    from krita import Krita

    return [document.fileName() for document in Krita.instance().documents()]


class KritaWindow(_Window):
    """A running Krita; scripts are laid into a folder that the driver looks at."""

    def __init__(
        self, krita: Krita, screen: Screen, process: subprocess.Popen[bytes], mailbox: Path
    ) -> None:
        super().__init__(krita, screen, process)
        self._mailbox = mailbox
        self._count = 0

    def run(self, script: Script, *, timeout: float = 60, **given: Any) -> Any:
        """Run a script on the running Krita's main thread."""
        self._count += 1
        out = self._mailbox / f"{self._count}.json"
        draft = self._mailbox / f"{self._count}.draft"
        draft.write_text(_framed(script, given, _KRITA_PRELUDE), "utf-8")
        draft.rename(self._mailbox / f"{self._count}.py")
        return self._wait(out, timeout)
