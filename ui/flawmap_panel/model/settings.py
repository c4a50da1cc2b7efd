"""Settings: what the panel keeps between sessions, in one small JSON file.

A damaged file is put aside and said, never a reason not to start; the file is replaced whole or
not at all.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import sys
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from flawmap_api.errors import BadInput

from .view import ViewSettings

__all__ = ["PanelSettings", "load", "save", "settings_path"]

_MOST_RECENT = 20


@dataclass(frozen=True, slots=True)
class PanelSettings:
    """Everything a person can set, with what it is at first.

    Attributes
    ----------
    language : str
        "" follows the system.
    theme : "system" | "light" | "dark"
    device : str
        Where the networks run; "auto" goes from the fastest to the CPU.
    watch_folders : bool
        Photos that are saved anew are judged anew.
    view : ViewSettings
    shortcuts : dict of action to key sequence
        Only those that differ from the built-in ones.
    recent : tuple of str
        Files and folders, the latest first.
    session : tuple of str
        What was open when the window was last closed.
    seen_help : bool
        Whether the person has put the first help away.
    geometry, docks : str
        Where the window stood and how its parts lay, as the window packs them.
    """

    language: str = ""
    theme: str = "system"
    device: str = "auto"
    watch_folders: bool = True
    view: ViewSettings = field(default_factory=ViewSettings)
    shortcuts: dict[str, str] = field(default_factory=dict)
    recent: tuple[str, ...] = ()
    session: tuple[str, ...] = ()
    seen_help: bool = False
    geometry: str = ""
    docks: str = ""

    def with_recent(self, path: str) -> PanelSettings:
        """The same with a path as the latest."""
        rest = tuple(other for other in self.recent if other != path)
        return replace(self, recent=(path, *rest)[:_MOST_RECENT])


def settings_path() -> Path:
    """Where the panel's settings lie: the per-user configuration folder of the system."""
    if sys.platform == "win32":
        base = Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return base / "flawmap" / "panel.json"


def load(path: Path) -> tuple[PanelSettings, str]:
    """Read the settings.

    Returns
    -------
    (PanelSettings, str)
        The settings as far as they can be used, and a sentence if something could not.
    """
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return PanelSettings(), ""
    except (OSError, UnicodeDecodeError) as error:
        return _put_aside(path, str(error))
    try:
        data = json.loads(text)
        if not isinstance(data, dict):
            raise ValueError("it holds no settings")
    except (ValueError, RecursionError) as error:
        return _put_aside(path, str(error))
    return _read(data)


def _put_aside(path: Path, why: str) -> tuple[PanelSettings, str]:
    aside = path.with_suffix(".damaged.json")
    with contextlib.suppress(OSError):
        os.replace(path, aside)
    return PanelSettings(), (
        f"The settings file could not be read ({why}). Flawmap starts with its own; "
        f"the old file is kept as {aside.name}."
    )


def _read(data: dict[str, Any]) -> tuple[PanelSettings, str]:
    """Take over each setting that fits, and name those that do not."""
    settings, odd = PanelSettings(), []
    for known in fields(PanelSettings):
        if known.name not in data:
            continue
        try:
            settings = replace(settings, **{known.name: _value(known.name, data[known.name])})
        except (BadInput, TypeError, ValueError, AttributeError):
            odd.append(known.name)
    said = f"These settings could not be read and start anew: {', '.join(odd)}." if odd else ""
    return settings, said


def _value(name: str, value: Any) -> Any:
    if name == "view":
        known = {f.name for f in fields(ViewSettings)}
        view = {key: value[key] for key in known & value.keys()}
        if "hidden" in view:
            view["hidden"] = frozenset(map(str, view["hidden"]))
        if "thresholds" in view:
            view["thresholds"] = tuple((str(k), float(v)) for k, v in view["thresholds"])
        return ViewSettings(**view)
    if name in ("recent", "session"):
        return tuple(map(str, _of_type(value, list)))
    if name == "shortcuts":
        return {str(key): str(keys) for key, keys in _of_type(value, dict).items()}
    if name == "theme" and value not in ("system", "light", "dark"):
        raise ValueError(value)
    return _of_type(value, bool if name in ("watch_folders", "seen_help") else str)


def _of_type(value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise TypeError(type(value).__name__)
    return value


def save(settings: PanelSettings, path: Path) -> None:
    """Write the settings, whole or not at all.

    Raises
    ------
    BadInput
        If they cannot be written; the old file is as it was.
    """
    data = asdict(settings)
    data["view"]["hidden"] = sorted(settings.view.hidden)
    text = json.dumps(data, indent=1, ensure_ascii=False) + "\n"
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(beside, "x", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise BadInput(
            f"The settings could not be saved in {path}: {error.strerror or error}.",
            "Make room or check the folder's permissions; the old settings are still there.",
        ) from None
