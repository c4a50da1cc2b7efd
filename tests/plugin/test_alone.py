"""The core goes alone into foreign programs: their Pythons are older and have nothing but it."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

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
