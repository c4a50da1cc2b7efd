"""Bundle: a zip for a bug report that holds what helps, and neither photos nor keys.

In it are the doctor's findings and the engine's logs. Home folder and user name are replaced, and
so is every secret of the connection file, should one ever have got into a log.
"""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from flawmap_api.connection import connection_path, read_connection, runtime_dir
from flawmap_api.errors import BadInput, FlawmapError

from .engine_log import engine_log

if TYPE_CHECKING:
    from .doctor import Finding

__all__ = ["write_bundle"]

#: The end of a log that is taken, in bytes.
_LOG_BYTES: Final = 1 << 20
_LOGS: Final = 4


def write_bundle(path: Path, findings: Sequence[Finding]) -> Path:
    """Write the zip beside its place and rename it there; returns its absolute path.

    Raises
    ------
    BadInput
        If it cannot be written, or would replace what is no zip; what was there is as it was.
    """
    hide = _hider()
    table = "".join(f"{f.state:8} {f.what}: {f.found} {f.hint}".rstrip() + "\n" for f in findings)
    path = Path(os.path.abspath(path))
    if os.path.lexists(path) and not (path.is_file() and zipfile.is_zipfile(path)):
        # A photo's name in this place is a slip of the hand, and it must not cost the photo.
        raise BadInput(f"{path} is there already and is no zip.", "Name a new file for the bundle.")
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as bundle:
            bundle.writestr("doctor.txt", hide(table))
            document = json.dumps([asdict(f) for f in findings], indent=1, default=str)
            bundle.writestr("doctor.json", hide(document))
            for log in _logs():
                bundle.writestr(f"logs/{log.name}", hide(_end_of(log)))
        os.replace(temporary, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise BadInput(
            f"The bundle {path} could not be written: {error.strerror or error}.",
            "Choose another folder.",
        ) from None
    return path


def _hider() -> Callable[[str], str]:
    """A function that takes secrets and the person's name out of a text."""
    replaced: list[tuple[str, str]] = []
    with contextlib.suppress(FlawmapError, OSError):
        info = read_connection(connection_path(runtime_dir()))
        if info is not None:
            keys = (info.client_secret, info.client_public, info.server_public)
            replaced += [(key, "[key]") for key in keys]
    home = str(Path.home())
    if len(home) > 1:
        replaced += [(home, "~"), (json.dumps(home)[1:-1], "~")]
    with contextlib.suppress(OSError, KeyError, ImportError):
        user = getpass.getuser()
        # "root" tells nobody's name, and short names are parts of other words.
        if user != "root" and len(user) > 3:
            replaced.append((user, "[user]"))

    def hide(text: str) -> str:
        for secret, stand_in in replaced:
            if secret:
                text = text.replace(secret, stand_in)
        return text

    return hide


def _logs() -> Iterator[Path]:
    """The engine's log, its older parts, and what it said while starting."""
    with contextlib.suppress(FlawmapError, OSError):
        log = engine_log()
        found = [log, *sorted(log.parent.glob(f"{log.name}.*")), log.parent / "engine.start.log"]
        yield from (path for path in dict.fromkeys(found[: _LOGS + 2]) if path.is_file())


def _end_of(path: Path) -> str:
    with path.open("rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - _LOG_BYTES))
        return file.read().decode("utf-8", "replace")
