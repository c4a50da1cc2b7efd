"""flawmap_api as an editor carries it: nothing around it but the standard library and pyzmq."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import zmq

import flawmap_api

#: Refuses every import that an editor's Python would not have.
GUARD = """
import sys

class OnlyOurs:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in sys.stdlib_module_names and top not in ("zmq", "flawmap_api"):
            raise ImportError(f"{name} is neither of the standard library nor pyzmq")

sys.meta_path.insert(0, OnlyOurs())
"""

USE = """
import flawmap_api
with flawmap_api.connect() as engine:
    report = engine.analyze(sys.argv[1])
    assert engine.models() is not None
print(report.quality_level, flawmap_api.judge(report).verdict)
"""


def test_an_editors_python_can_use_it(
    runtime: Path, scripted: Callable[..., None], tmp_path: Path
) -> None:
    from tests.api.test_client import ANSWERS

    scripted(answers=ANSWERS)
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(b"the scripted engine does not look")
    # A folder with nothing in it but the two packages, as a plug-in's own folder.
    folder = tmp_path / "plugin"
    folder.mkdir()
    for package in (flawmap_api, zmq):
        source = Path(str(package.__file__)).parent
        (folder / source.name).symlink_to(source)
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            "-c",
            f"{GUARD}\nsys.path.append({str(folder)!r})\n{USE}",
            photo,
        ],
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.split() == ["fair", "clean"]


#: A wheel of pyzmq fits one Python. This stands in for it, and what needs no socket is tried: every
#: module, and a report there and back.
STAND_IN = """
def __getattr__(name):
    return type(name, (Exception,), {})
"""

READ = """
import importlib, json, pathlib
for path in pathlib.Path(flawmap_api.__file__).parent.glob("*.py"):
    importlib.import_module("flawmap_api." + path.stem)
report = flawmap_api.Report.from_dict(json.loads(sys.argv[1]))
assert flawmap_api.Report.from_dict(report.to_dict()) == report
print(sys.version_info[1], report.quality_level, flawmap_api.judge(report).verdict)
"""


@pytest.mark.parametrize("minor", range(10, 15))
def test_every_python_of_an_editor_reads_it(minor: int, tmp_path: Path) -> None:
    from tests.api.test_client import REPORT

    python = shutil.which(f"python3.{minor}")
    # A version manager's stand-in may be there without the Python that it stands for.
    if python is None or subprocess.run([python, "-c", ""], capture_output=True).returncode:
        pytest.skip(f"no python3.{minor} here")
    (tmp_path / "zmq.py").write_text(STAND_IN)
    (tmp_path / "flawmap_api").symlink_to(Path(flawmap_api.__file__).parent)
    code = f"{GUARD}\nsys.path.append({str(tmp_path)!r})\nimport flawmap_api\n{READ}"
    done = subprocess.run(
        [python, "-I", "-S", "-B", "-W", "error", "-c", code, json.dumps(REPORT)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.split() == [str(minor), "fair", "clean"]
