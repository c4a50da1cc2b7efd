"""Habits of the repository that no other tool looks at."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import flawmap_api

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
SHELLS = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
API = sorted((ROOT / "engine" / "flawmap_api").rglob("*.py"))
SHIPPED = sorted(
    path
    for package in PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    for path in (ROOT / package).rglob("*.py")
)


def files_of_the_repository() -> list[Path]:
    """All files that are, or would be, under version control."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        timeout=30,
    ).stdout.decode()
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def texts() -> list[tuple[Path, str]]:
    found = []
    for path in files_of_the_repository():
        content = path.read_bytes()
        if b"\0" not in content[:4096] and path.name != "LICENSE":
            found.append((path, content.decode("utf-8", "replace")))
    return found


# ---------------------------------------------------------------------------- what stays out


# Spelled with classes of one letter, so that this file does not find itself. Beside two folders
# that only build machines have: where this checkout lies, and the home of who runs the tests.
_HERE = [re.escape(str(place)) for place in (ROOT, Path.home()) if len(place.parts) > 2]
OF_ONE_MACHINE = re.compile(rf"(?<![\w.])(?:{'|'.join(['/wor[k]', '/roo[t]', *_HERE])})/")
OF_A_REGISTRY = re.compile(
    r"pypi[.]org|pythonhosted[.]org|download[.]pytorch[.]org|huggingface[.]co"
    r"|--(?:extra-)?index[-]url|--find[-]links"
)


@pytest.mark.parametrize("forbidden", [OF_ONE_MACHINE, OF_A_REGISTRY], ids=["paths", "registries"])
def test_nothing_speaks_of_one_machine_or_of_one_registry(forbidden):
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}"
        for path, text in texts()
        for number, line in enumerate(text.splitlines(), 1)
        if forbidden.search(line)
    ]
    assert found == []


def test_no_module_is_longer_than_500_lines():
    long = {
        str(path.relative_to(ROOT)): count
        for path in SHIPPED
        if (count := len(path.read_text("utf-8").splitlines())) > 500
    }
    assert long == {}


# ---------------------------------------------------------------------------- who may know whom


def test_the_import_contracts_hold(tmp_path):
    ended = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command as c; c()",
            "--no-cache",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_every_room_is_packaged_typed_and_under_contract():
    packages = {
        path.parent.name: path.parent
        for root in ("engine", "exporters", "host_plugins", "ui")
        for path in (ROOT / root).glob("*/__init__.py")
    }
    wheel = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert {Path(package).name for package in wheel} == set(packages)
    assert set(PROJECT["tool"]["importlinter"]["root_packages"]) == set(packages)
    # The editors' parts are no rooms of ours: editors import them, and flawmap_hosts carries them.
    shells = {Path(name).name for name in SHELLS}
    assert set(PROJECT["tool"]["mypy"]["packages"]) == set(packages) | shells
    assert [name for name, path in packages.items() if not (path / "py.typed").exists()] == []


@pytest.mark.parametrize("path", API, ids=lambda path: path.name)
def test_the_api_is_standard_library_and_pyzmq_for_python_3_10(path):
    tree = ast.parse(path.read_text("utf-8"), filename=str(path), feature_version=(3, 10))
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            imported.add(str(node.module).partition(".")[0])
    newer_than_3_10 = {"tomllib"}
    allowed = (sys.stdlib_module_names - newer_than_3_10) | {"flawmap_api", "zmq"}
    assert imported - allowed == set()


@pytest.mark.parametrize(
    "path",
    [path for shell in SHELLS for path in sorted((ROOT / shell).rglob("*.py"))],
    ids=lambda path: f"{path.parent.name}.{path.stem}",
)
def test_an_editors_part_knows_its_editor_the_plugin_and_the_api_alone(path):
    tree = ast.parse(path.read_text("utf-8"), filename=str(path), feature_version=(3, 10))
    own = path.relative_to(ROOT / "host_plugins").parts[1]
    editors = {
        "flawmap_gimp": {"gi", "cairo"},
        "flawmap_krita": {"krita", "PyQt5", "PyQt6"},
    }
    allowed = (sys.stdlib_module_names - {"tomllib"}) | {"flawmap_api", "flawmap_plugin", own}
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            imported.add(str(node.module).partition(".")[0])
    assert imported - allowed - editors[own] == set()


def test_importing_the_api_imports_nothing_heavy():
    heavy = ["numpy", "zmq", "PIL", "cv2", "onnxruntime", "rich", "platformdirs", "asyncio"]
    code = f"import sys, flawmap_api; print([name for name in {heavy} if name in sys.modules])"
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    )
    assert said.stdout.strip() == "[]"


def test_torch_and_the_second_onnxruntime_are_never_asked_for_by_default():
    required = " ".join(PROJECT["project"]["dependencies"]).lower()
    assert not re.search("torch|onnxruntime|scipy|scikit", required)
    assert PROJECT["tool"]["uv"]["conflicts"] == [[{"extra": "cpu"}, {"extra": "gpu"}]]


# ---------------------------------------------------------------------------- what is written down


def test_the_changelog_begins_with_this_version():
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert headings[0].startswith(("Unreleased", flawmap_api.__version__))


def test_decision_records_are_numbered_without_gaps_and_short():
    records = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    assert [path.name[:4] for path in records] == [f"{n:04}" for n in range(1, len(records) + 1)]
    for path in records:
        text = path.read_text("utf-8")
        assert 8 <= len(text.splitlines()) <= 40, path.name
        assert {"## Context", "## Decision", "## Consequences"} <= set(text.splitlines()), path.name


def test_every_relative_link_in_the_documents_leads_somewhere():
    broken = []
    for path, text in texts():
        if path.suffix != ".md":
            continue
        for target in re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", text):
            if not (path.parent / target).exists():
                broken.append(f"{path.relative_to(ROOT)} -> {target}")
    assert broken == []


def test_every_pinned_version_fits_what_the_project_asks_for():
    packaging = pytest.importorskip("packaging.requirements")
    pins: dict[str, list[str]] = {}
    for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            name, _, version = line.partition(";")[0].partition("==")
            pins.setdefault(name.strip().lower(), []).append(version.strip())
    asked = list(PROJECT["project"]["dependencies"])
    for extra in PROJECT["project"]["optional-dependencies"].values():
        asked += extra
    for line in asked:
        want = packaging.Requirement(line)
        if want.name == "flawmap":
            continue
        assert want.name.lower() in pins, f"{want.name} is not in constraints.txt"
        assert all(want.specifier.contains(version) for version in pins[want.name.lower()]), line
