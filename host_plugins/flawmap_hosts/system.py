"""System: what is asked of the machine, in one place, so that tests can answer for it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["System", "version_in"]

_VERSION = re.compile(r"(?<![\d.])(\d+)\.(\d+)(?:\.(\d+))?")
#: An editor asked for its version, or an interpreter for a few modules, answers in seconds.
_SECONDS = 60.0


@dataclass(frozen=True)
class System:
    """The machine and the person on it.

    Attributes
    ----------
    platform : "linux" | "darwin" | "win32"
    home : Path
    variables : mapping
        Environment variables.
    root : Path
        Where `/opt`, `/var/lib/flatpak` and `/Applications` begin.
    """

    platform: str = sys.platform
    home: Path = field(default_factory=Path.home)
    variables: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    root: Path = Path("/")

    def variable(self, name: str) -> str:
        """An environment variable; empty if it is not set."""
        return self.variables.get(name, "")

    def folder(self, variable: str, *otherwise: str) -> Path:
        """The folder that a variable names, else one below the home."""
        named = self.variable(variable)
        # A relative name means something else in every program that reads it.
        return (
            Path(named) if named and Path(named).is_absolute() else self.home.joinpath(*otherwise)
        )

    def which(self, name: str) -> Path | None:
        """The program of that name on the search path."""
        found = shutil.which(name, path=self.variable("PATH") or None)
        return Path(found) if found else None

    def below(self, *parts: str) -> Path:
        """A folder named from the root of the file system."""
        return self.root.joinpath(*parts)

    def said_by(self, command: Sequence[str | Path], **variables: str) -> str | None:
        """What a program prints; None if it cannot be run, fails, or does not come to an end."""
        try:
            done = subprocess.run(
                [str(word) for word in command],
                env={**self.variables, **variables},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                # Not where the person happens to stand: modules lying there would be found first.
                cwd=tempfile.gettempdir(),
                timeout=_SECONDS,
                check=False,
            )
        except (OSError, ValueError, subprocess.TimeoutExpired):
            return None
        return None if done.returncode else done.stdout.decode("utf-8", "replace")


def version_in(text: str | None) -> str:
    """The first thing in a text that looks like a version, `3.0.4`; empty if there is none."""
    found = _VERSION.search(text or "")
    return found.group(0) if found else ""
