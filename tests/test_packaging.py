"""The built wheel, alone in an empty environment, does its job: what a user of pipx gets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import flawmap_api

ROOT = Path(__file__).resolve().parents[1]
BASE_INSTALL_MB = 350

# Builds, downloads and installs: the slowest file of `make test`.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@dataclass(frozen=True)
class Installed:
    """An environment that holds the wheel and what it asks for, nothing else."""

    python: Path
    home: Path

    def run(self, *words: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a program of this environment, away from the checkout and the user's folders."""
        program = self.python.parent / words[0]
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PYTHON", "FLAWMAP", "VIRTUAL_ENV"))
        }
        return subprocess.run(
            [program, *words[1:]],
            cwd=self.home,
            env={
                **inherited,
                "FLAWMAP_RUNTIME_DIR": str(self.home / "run"),
                "NO_COLOR": "1",
                **variables,
            },
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    def pip(self, *words: str | Path) -> None:
        """Install, with the settings that this machine's pip has."""
        constraints = ROOT / "constraints.txt"
        done = self.run("python", "-m", "pip", "install", "-q", "-c", constraints, *words)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, ROOT],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def bare(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """The wheel without `cpu` or `gpu`."""
    home = tmp_path_factory.mktemp("pipx")
    venv.create(home / "env", with_pip=True)
    installed = Installed(home / "env" / "bin" / "python", home)
    installed.pip(wheel)
    yield installed
    installed.run("flawmap", "engine", "stop")


@pytest.fixture(scope="module")
def complete(bare: Installed, wheel: Path) -> Installed:
    """The same environment after `pip install flawmap[cpu]`."""
    bare.pip(f"{wheel}[cpu]")
    return bare


def test_the_wheel_holds_weights_photo_and_types_and_no_tests(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert any(n.startswith("flawmap_engine/weights/") and n.endswith(".onnx") for n in names)
    assert "flawmap_cli/data/demo.webp" in names
    assert "flawmap_cli/data/demo-credit.txt" in names
    assert any(n.endswith("licenses/LICENSE") for n in names)
    for shell in ("flawmap_gimp", "flawmap_krita"):
        inside = f"flawmap_hosts/shells/{shell}"
        assert {f"{inside}/__init__.py", f"{inside}/entry.py.in"} <= set(names)
    assert "flawmap_hosts/shells/flawmap_krita/flawmap.desktop" in names
    rooms = {name.partition("/")[0] for name in names if ".dist-info" not in name}
    assert {f"{room}/py.typed" for room in rooms} <= set(names)
    assert not any("test" in room or "__pycache__" in room for room in rooms)


def test_without_an_onnxruntime_it_says_in_one_sentence_what_to_install(bare, wheel):
    said = bare.run("flawmap", "check", photo_of(bare))
    assert said.returncode == 2
    assert "flawmap[cpu]" in said.stdout + said.stderr
    assert "Traceback" not in said.stdout + said.stderr
    bare.run("flawmap", "engine", "stop")


def test_the_wheel_alone_checks_a_photo(complete):
    assert complete.run("flawmap", "--version").stdout.split()[-1] == flawmap_api.__version__
    said = complete.run("flawmap", "check", "--json", photo_of(complete))
    assert said.returncode in (0, 1), said.stdout + said.stderr
    (line,) = said.stdout.splitlines()
    document = json.loads(line)
    assert document["verdict"] == ("flaws" if said.returncode else "clean")
    assert document["report"]["engine"]["version"] == flawmap_api.__version__
    assert document["report"]["photo"]["width"] == 1200


def test_the_wheel_alone_lists_editors_and_installs_into_one(bare, tmp_path):
    # A made-up GIMP, whose Python is this environment's: it has no GIMP to offer.
    folder = bare.home / "editor"
    folder.mkdir()
    said = 'echo "GNU Image Manipulation Program version 3.0.4"'
    for name, text in (("gimp", said), ("python3", f'exec {bare.python} "$@"')):
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    paths = {"PATH": str(folder), "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    listed = bare.run("flawmap", "plugins", "list", "--json", **paths)
    (line,) = listed.stdout.splitlines()
    assert json.loads(line)["state"] == "absent"
    refused = bare.run("flawmap", "plugins", "install", **paths)
    assert refused.returncode == 2
    # It came as far as asking that Python: the files were there.
    assert "lacks GIMP's own module" in refused.stderr
    assert not list(tmp_path.rglob("*flawmap*"))


def test_the_base_install_is_small_and_has_no_torch(complete):
    (packages,) = (complete.home / "env" / "lib").glob("python*/site-packages")
    there = {path.name for path in packages.iterdir()}
    assert not there & {"torch", "scipy", "skimage", "transformers"}
    ours = [
        path
        for path in packages.iterdir()
        if path.name.partition("-")[0] not in ("pip", "setuptools")
    ]
    size = sum(
        file.stat().st_size
        for path in ours
        for file in ([path] if path.is_file() else path.rglob("*"))
        if file.is_file() and file.suffix != ".pyc"
    )
    assert size <= BASE_INSTALL_MB * 1e6


def photo_of(installed: Installed) -> Path:
    """The demo photo as installed."""
    (photo,) = installed.home.glob("env/lib/python*/site-packages/flawmap_cli/data/demo.webp")
    return photo
