"""`__all__` tells the truth, in every module of every room."""

from __future__ import annotations

import ast
import importlib
import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = sorted(
    path.parent
    for root in ("engine", "exporters", "host_plugins", "ui")
    for path in (ROOT / root).glob("*/py.typed")
)
MODULES = [path for package in PACKAGES for path in sorted(package.rglob("*.py"))]
# A program's entry is run, not imported.
MODULES = [path for path in MODULES if path.name != "__main__.py"]


def dotted(path: Path) -> str:
    package = next(package for package in PACKAGES if package in path.parents)
    return ".".join(path.relative_to(package.parent).with_suffix("").parts).removesuffix(
        ".__init__"
    )


def declared(tree: ast.Module) -> list[str] | None:
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(target, ast.Name) and target.id == "__all__":
            return ast.literal_eval(node.value)
    return None


def public_definitions(tree: ast.Module) -> set[str]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return {node.name for node in tree.body if isinstance(node, kinds) and node.name[0] != "_"}


def test_there_are_rooms_to_look_at():
    assert {"flawmap_api", "flawmap_engine", "flawmap_cli", "flawmap_export"} <= {
        package.name for package in PACKAGES
    }


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_all_names_what_is_public_and_nothing_else(path):
    tree = ast.parse(path.read_text("utf-8"))
    names = declared(tree)
    assert names is not None, "the module has no __all__"
    assert len(names) == len(set(names)), "a name stands twice in __all__"
    assert public_definitions(tree) <= set(names), "public, but not in __all__"

    if "flawmap_train" in path.parts and not importlib.util.find_spec("torch"):
        return
    module = importlib.import_module(dotted(path))
    assert [name for name in names if not hasattr(module, name)] == []
