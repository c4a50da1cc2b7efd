"""Settings: one small text file of what a person chose, written so that it is never half there."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from flawmap_api.words import VIEWS

__all__ = ["LANGUAGES", "Settings", "load_settings", "save_settings"]

#: Languages of the catalogue; "auto" takes the host's own.
LANGUAGES = ("auto", "en", "de")


@dataclass(frozen=True)
class Settings:
    """What a person chose.

    Attributes
    ----------
    strictness : float in [-1, 1]
    view : "screen" | "pixel"
    opacity : float in [0, 1]
        Of the overlay.
    language : "auto" | "en" | "de"
    keep_masks : bool
        *Find flaws* also leaves channels or selection masks.
    host_filters : bool
        Repair by the host's own filter where the plan names one that it has.
    """

    strictness: float = 0.0
    view: str = "screen"
    opacity: float = 1.0
    language: str = "auto"
    keep_masks: bool = False
    host_filters: bool = False


def load_settings(path: Path) -> tuple[Settings, bool]:
    """Read the file; what cannot be read is the default.

    Returns
    -------
    settings : Settings
    damaged : bool
        The file is there, but something in it could not be read.
    """
    try:
        said = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return Settings(), False
    except (OSError, ValueError, RecursionError):
        return Settings(), True
    if not isinstance(said, dict):
        return Settings(), True
    kept = {field.name: said[field.name] for field in fields(Settings) if field.name in said}
    good = {name: value for name, value in kept.items() if _fits(name, value)}
    return Settings(**good), len(good) != len(kept)


def save_settings(settings: Settings, path: Path) -> None:
    """Write the file beside its place and rename it there.

    Raises
    ------
    OSError
        If writing, syncing or renaming fails; the old file is then as it was, nothing is left over.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    text = json.dumps(asdict(settings), indent=2) + "\n"
    try:
        with open(temporary, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def _fits(name: str, value: Any) -> bool:
    if name in ("keep_masks", "host_filters"):
        return isinstance(value, bool)
    if name == "view":
        return value in VIEWS
    if name == "language":
        return value in LANGUAGES
    lowest = -1 if name == "strictness" else 0
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number and lowest <= value <= 1
