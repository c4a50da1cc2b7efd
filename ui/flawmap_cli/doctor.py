"""`flawmap doctor`: looks for what keeps Flawmap from working, and packs it for a bug report.

Every look is a row: fine, worth knowing, or a problem. Ends with 0, or 1 if there is a problem.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import flawmap_api
from flawmap_api.connection import runtime_dir, secure_folder
from flawmap_api.errors import FlawmapError

from .batch import Options, connected, speaking
from .console import Console
from .engine_log import engine_log, last_lines
from .layout import Span, clean

__all__ = ["Finding", "examine", "onnxruntime_finding", "run"]

#: What Flawmap is made of; the extras are worth a row only where they are there.
_PACKAGES: Final = ("numpy", "Pillow", "pyzmq", "rich", "opencv-python-headless")
_EXTRAS: Final = ("rawpy", "pi-heif", "PySide6-Essentials", "torch", "psd-tools")
_RUNTIMES: Final = ("onnxruntime", "onnxruntime-gpu", "onnxruntime-directml")
#: What changes how Flawmap works from outside, as docs/cli.md lists it.
_VARIABLES: Final = (
    "FLAWMAP_RUNTIME_DIR",
    "FLAWMAP_STATE_DIR",
    "FLAWMAP_ENGINE",
    "FLAWMAP_THREADS",
    "FLAWMAP_WEIGHTS",
    "FLAWMAP_MEMORY",
)
#: Free space under which pixels may not find room to travel, in bytes.
_LITTLE_SPACE: Final = 1 << 30


@dataclass(frozen=True, slots=True)
class Finding:
    """One look: what was looked at, what is there, and whether it is all right.

    `state` is `ok`, `note` or `problem`; `hint` says what to do about a problem.
    """

    what: str
    found: str
    state: str = "ok"
    hint: str = ""
    details: dict[str, Any] = field(default_factory=dict)


def run(arguments: Namespace, console: Console, options: Options) -> int:
    """Look at everything and say what was found; returns the exit code."""
    findings = list(examine(console, options, start=not arguments.no_start))
    problems = [finding for finding in findings if finding.state == "problem"]
    bundle = None
    if arguments.bundle is not None:
        from .bundle import write_bundle

        bundle = write_bundle(Path(arguments.bundle), findings)
    if console.json_lines:
        document = {
            "findings": [
                {
                    "what": f.what,
                    "found": f.found,
                    "state": f.state,
                    "hint": f.hint,
                    **({"details": f.details} if f.details else {}),
                }
                for f in findings
            ],
            "problems": len(problems),
            "bundle": None if bundle is None else str(bundle),
        }
        console.document(document)
        return 1 if problems else 0
    styles = {"ok": "good", "note": "warn", "problem": "bad"}
    console.table(
        [
            [
                Span(finding.state, styles[finding.state]),
                Span(finding.what, "name"),
                Span(clean(f"{finding.found} {finding.hint}".strip())),
            ]
            for finding in findings
        ],
        indent=0,
    )
    if problems:
        console.line(f"{len(problems)} problem{'' if len(problems) == 1 else 's'} found.")
    if bundle is not None:
        console.line(f"Written for a bug report, without photos and keys: {clean(str(bundle))}")
    return 1 if problems else 0


def examine(console: Console, options: Options, *, start: bool) -> Iterator[Finding]:
    """Look at the program, its packages, folders, editors and engine, in this order."""
    where = Path(flawmap_api.__file__).parent.parent
    yield Finding("flawmap", f"{flawmap_api.__version__} in {where}")
    yield Finding(
        "python", f"{platform.python_version()} ({sys.executable}), {platform.platform()}"
    )
    for name in _PACKAGES:
        yield _package(name)
    for name in _EXTRAS:
        if (version := _version(name)) is not None:
            yield Finding(name, version)
    yield onnxruntime_finding({name: v for name in _RUNTIMES if (v := _version(name))})
    yield from _folders()
    yield from _editors()
    yield from _engine(console, options, start)


def onnxruntime_finding(installed: dict[str, str]) -> Finding:
    """What to make of the onnxruntime packages that are installed, by name and version."""
    told = ", ".join(f"{name} {version}" for name, version in installed.items())
    if not installed:
        hint = 'Install it: pip install "flawmap[cpu]", or "flawmap[gpu]" for an NVIDIA card.'
        return Finding("onnxruntime", "missing: the engine cannot start.", "problem", hint)
    if len(installed) > 1:
        # Both unpack into one folder; which files won depends on the order of installing.
        hint = f"Uninstall all of them, then install one: pip uninstall {' '.join(installed)}"
        return Finding("onnxruntime", f"{told} overwrite each other.", "problem", hint)
    return Finding("onnxruntime", told)


def _package(name: str) -> Finding:
    version = _version(name)
    if version is None:
        return Finding(name, "missing.", "problem", "Install Flawmap again.")
    return Finding(name, version)


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _folders() -> Iterator[Finding]:
    folder = runtime_dir()
    try:
        secure_folder(folder)
    except FlawmapError as error:
        yield Finding("runtime folder", error.message, "problem", error.hint)
        return
    free = shutil.disk_usage(folder).free
    told = f"{folder}, {free / (1 << 30):.1f} GiB free"
    if free < _LITTLE_SPACE:
        hint = "Pixels travel through this folder: free some space."
        yield Finding("runtime folder", f"{told}.", "problem", hint)
    else:
        yield Finding("runtime folder", told)
    for name in _VARIABLES:
        if value := os.environ.get(name):
            yield Finding(name, value, "note")


def _editors() -> Iterator[Finding]:
    """A row for each editor: would the plug-in load, and why not."""
    from flawmap_hosts import System, find_places, status

    system = System()
    for place in find_places(system):
        try:
            now = status(place, system)
        except Exception as error:
            spoken = speaking(error)
            yield Finding(f"plug-in {place.host}", spoken.message, "problem", spoken.hint)
            continue
        told = f"{place.name}: {now.told}"
        # Nobody has to have the plug-in; one that is there has to work.
        wrong = now.state in ("broken", "incomplete")
        state = "problem" if wrong else "ok" if now.good else "note"
        yield Finding(f"plug-in {place.host}", told, state, now.hint)


def _engine(console: Console, options: Options, start: bool) -> Iterator[Finding]:
    from flawmap_api.launch import find_engine

    try:
        living = find_engine()
        if living is None and not start:
            yield Finding("engine", "none runs.", "note", "It was not asked for (--no-start).")
            return
        with connected(console, options, start=start) as client:
            yield from _of_client(client, started=living is None)
    except Exception as error:
        spoken = speaking(error)
        yield Finding("engine", spoken.message, "problem", spoken.hint)
        tail = getattr(spoken, "log_tail", ()) or last_lines(engine_log(), 8)
        for line in tail:
            yield Finding("log", line, "note")


def _of_client(client: Any, *, started: bool) -> Iterator[Finding]:
    hello = client.hello
    how = "started for this look" if started else "was running"
    yield Finding(
        "engine",
        f"Flawmap {hello.engine_version}, protocol {hello.protocol}, process {hello.pid}, {how}",
        details=dict(client.status()),
    )
    device = hello.device
    told = f"{device.device} ({', '.join(device.providers)}): {device.reason}"
    yield Finding("device", told)
    for model in client.models():
        name = str(model.get("name", "?"))
        digest = str(model.get("sha256", "?"))
        yield Finding(f"model {name}", f"SHA-256 {digest}", details=dict(model))
    yield Finding("judges", ", ".join(hello.distortions))
    yield Finding("log", str(engine_log()))
