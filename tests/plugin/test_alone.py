"""The core goes alone into foreign programs: their Pythons are older and have nothing but it."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import flawmap_api
import flawmap_plugin
from flawmap_plugin.link import EngineLink

SOURCES = sorted(Path(flawmap_plugin.__file__).parent.glob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_it_is_standard_library_and_flawmap_api_for_python_3_10(path):
    tree = ast.parse(path.read_text("utf-8"), filename=str(path), feature_version=(3, 10))
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            imported.add(str(node.module).partition(".")[0])
    newer_than_3_10 = {"tomllib"}
    allowed = (sys.stdlib_module_names - newer_than_3_10) | {"flawmap_api"}
    assert imported - allowed == set()


def test_importing_the_desk_imports_nothing_heavy():
    heavy = ["numpy", "zmq", "PIL", "cv2", "asyncio", "subprocess", "multiprocessing"]
    code = (
        f"import sys, flawmap_plugin.desk;print([name for name in {heavy} if name in sys.modules])"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    )
    assert said.stdout.strip() == "[]"


#: An editor's Python: neither numpy nor pyzmq, only what the installer copies beside the plug-in.
ALONE = """
import sys

class OnlyOurs:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in sys.stdlib_module_names and top not in ("flawmap_plugin", "flawmap_api"):
            raise ImportError(f"{name} is not here")

sys.meta_path.insert(0, OnlyOurs())
sys.path.append(sys.argv[1])
import importlib, pathlib
import flawmap_plugin
from flawmap_plugin.desk import Desk
from flawmap_plugin.home import Home
from flawmap_plugin.host import Capabilities

for path in pathlib.Path(flawmap_plugin.__file__).parent.glob("*.py"):
    importlib.import_module("flawmap_plugin." + path.stem)

class Watch:
    def stop(self): pass

class Bare:
    can = Capabilities("Bare", "1", language="de")
    def active(self): return None
    def later(self, seconds, what): return Watch()
    def every(self, seconds, what): return Watch()
    def on_save(self, what): return None

folder = pathlib.Path(sys.argv[1])
desk = Desk(Bare(), Home(folder / "settings.json", folder / "plug-in.log"))
desk.find()
desk.set_strictness(0.5)
desk.close()
print(sys.version_info[1], desk.state.message.text)
"""


@pytest.mark.parametrize("minor", range(10, 15))
def test_every_python_of_an_editor_runs_it(minor, tmp_path):
    python = shutil.which(f"python3.{minor}")
    # A version manager's stand-in may be there without the Python that it stands for.
    if python is None or subprocess.run([python, "-c", ""], capture_output=True).returncode:
        pytest.skip(f"no python3.{minor} here")
    for package in (flawmap_api, flawmap_plugin):
        source = Path(str(package.__file__)).parent
        (tmp_path / source.name).symlink_to(source)
    done = subprocess.run(
        [python, "-I", "-S", "-B", "-W", "error", "-c", ALONE, tmp_path],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stderr == ""
    assert done.stdout.strip() == f"{minor} Es ist kein Foto geöffnet."


def test_every_module_is_one_idea():
    lengths = {path.name: len(path.read_text("utf-8").splitlines()) for path in SOURCES}
    assert {name: count for name, count in lengths.items() if count > 400} == {}


def test_connecting_never_happens_on_the_editors_thread(host, make_desk, document):
    import threading

    threads = []

    def connect():
        threads.append(threading.current_thread())
        raise OSError("no engine here")

    desk = make_desk(host, connect)
    desk.now("find")
    assert threads and threads[0] is not threading.main_thread()
    assert desk.state.message.kind == "error"
    assert isinstance(desk._link, EngineLink) and desk._link.phase == "failed"
