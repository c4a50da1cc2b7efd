"""The command line in this process, on the fake engine; `test_end_to_end.py` has the real one."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.fakes import FakeEngine

import flawmap_api
from flawmap_cli.main import main


@dataclass(frozen=True)
class Said:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    @property
    def documents(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines]


Flawmap = Callable[..., Said]


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    """The engine that the commands of this test connect to."""
    engine = FakeEngine()
    monkeypatch.setattr(flawmap_api, "connect", engine.connect)
    return engine


@pytest.fixture
def flawmap(fake: FakeEngine, capsys: pytest.CaptureFixture[str]) -> Flawmap:
    """Run a command; usage errors come back as their exit code."""

    def run(*arguments: str | os.PathLike[str]) -> Said:
        capsys.readouterr()
        try:
            code = main([os.fspath(a) for a in arguments])
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return run


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the test's own, as the working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
