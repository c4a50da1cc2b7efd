"""Made-up machines: a home, programs that say their version, a Python that answers for them."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from flawmap_hosts import Place, System, find_places

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the made-up programs are scripts")


@dataclass
class Machine:
    """A person's machine below one folder."""

    root: Path
    platform: str = "linux"
    variables: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.home.mkdir(parents=True)
        self.bin.mkdir(parents=True)

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def bin(self) -> Path:
        return self.root / "usr/bin"

    @property
    def system(self) -> System:
        variables = {"PATH": f"{self.bin}", **self.variables}
        return System(self.platform, self.home, variables, self.root)

    def program(self, name: str, says: str = "", code: int = 0, folder: Path | None = None) -> Path:
        """A program that prints something and ends."""
        path = (folder or self.bin) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\nprintf '%s\\n' {shlex.quote(says)}\nexit {code}\n")
        path.chmod(0o755)
        return path

    def gimp(self, version: str = "3.0.4") -> None:
        self.program("gimp", f"GNU Image Manipulation Program version {version}")
        self.python("python3")

    def krita(self, version: str = "5.2.9", python: str = "3.13") -> None:
        self.program("krita", code=1)
        self.program("kritarunner", f"kritarunner {version}")
        library = self.root / "usr/lib/x86_64-linux-gnu/kritaplugins/kritapykrita.so"
        library.parent.mkdir(parents=True, exist_ok=True)
        library.write_bytes(b"\x7fELF\0" + f"libpython{python}.so.1.0".encode() + b"\0")
        self.python(f"python{python}")

    def python(
        self,
        name: str,
        *,
        zmq: bool = True,
        toolkit: str = "",
        old: bool = False,
        folder: Path | None = None,
    ) -> None:
        """An editor's Python: it answers the installer's questions as told here."""
        said = {
            "python": [3, 9] if old else [3, 13],
            "zmq": "" if zmq else "ImportError: wrong ABI",
            "core": "",
            "toolkit": toolkit,
            "shell": "",
        }
        path = (folder or self.bin) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            f"#!{sys.executable}\n"
            "import json, os, sys\n"
            f"if len(sys.argv) == 4: sys.exit({bool(toolkit)})\n"
            f"said = {said!r}\n"
            "vendor = sys.argv[4]\n"
            "there = os.path.join(vendor, 'zmq', '__init__.py')\n"
            "said['zmq_from'] = there if os.path.exists(there) else '/usr/lib/python3/zmq'\n"
            "print(json.dumps(said))\n"
        )
        path.chmod(0o755)

    def places(self, host: str | None = None) -> list[Place]:
        return find_places(self.system, host)

    def place(self, host: str) -> Place:
        (only,) = self.places(host)
        return only


def facts(place: Place) -> dict:
    """The plug-in's `installation.json`."""
    return json.loads((place.plugin / "installation.json").read_text())


def everything(folder: Path) -> dict[str, bytes | str | None]:
    """All below a folder: files with what they hold, links with where they lead, folders."""
    found: dict[str, bytes | str | None] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = f"-> {os.readlink(path)}"
        else:
            found[name] = path.read_bytes() if path.is_file() else None
    return found


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "machine")


@pytest.fixture
def machine_of(tmp_path: Path) -> Callable[..., Machine]:
    """Makes a machine with another system."""
    return lambda platform, **variables: Machine(tmp_path / "machine", platform, variables)


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test's disk need not survive a power cut."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
