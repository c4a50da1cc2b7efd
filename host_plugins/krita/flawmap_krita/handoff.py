"""Hand-off: a photo that `flawmap open PATH --in krita` wants to have opened and looked at.

The command writes `handoff.json` (`{"path": …, "created": seconds since 1970}`) into a folder that
both know and starts Krita, or finds it running; the docker looks for the file now and then, and
takes it once.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

__all__ = ["NAME", "take"]

NAME = "handoff.json"
#: A wish older than that is from a Krita that never came up; nobody waits for it any more.
_OLDEST_SECONDS = 300.0


def take(folder: Path) -> Path | None:
    """The photo that somebody wants to have opened, or None; a second call gives None."""
    file = folder / NAME
    taken = folder / f"{NAME}.{os.getpid()}"
    try:
        # Of two Kritas only one gets it.
        os.replace(file, taken)
    except OSError:
        return None
    try:
        said = json.loads(taken.read_text(encoding="utf-8"))
        path, created = said["path"], float(said["created"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    finally:
        taken.unlink(missing_ok=True)
    fresh = abs(time.time() - created) <= _OLDEST_SECONDS
    return Path(path) if fresh and isinstance(path, str) and os.path.isabs(path) else None
