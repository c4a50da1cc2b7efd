"""Memory: how much the process may keep, and what a person can do who needs more."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Final

from flawmap_api.errors import BadInput

__all__ = ["VARIABLE", "default_budget", "memory_budget", "more_memory"]

#: Environment variable with the budget in MiB.
VARIABLE: Final = "FLAWMAP_MEMORY"
_MIB: Final = 1 << 20


def memory_budget(asked: int = 0) -> int:
    """Bytes that photos and analyses may hold.

    Parameters
    ----------
    asked : int
        Taken as it is; where it is 0, FLAWMAP_MEMORY (in MiB), else `default_budget`.

    Raises
    ------
    BadInput
        If FLAWMAP_MEMORY is not a whole number of at least 1.
    """
    if asked:
        return asked
    text = os.environ.get(VARIABLE, "")
    if not text:
        return default_budget()
    if not (text.isascii() and text.isdigit() and 0 < int(text[:19]) < 1 << 43):
        raise BadInput(
            f"{VARIABLE} is {text[:40]!r}; it has to be a number of MiB.", "Unset it, or 2048."
        )
    return int(text) * _MIB


def default_budget() -> int:
    """2 GiB or a quarter of the memory that this process may use, whichever is less."""
    return min(2048 * _MIB, _memory() // 4)


def more_memory(nbytes: float) -> str:
    """What a person can do whose photo needs that many bytes."""
    return (
        f"Set {VARIABLE}={-int(-nbytes // _MIB)} (MiB) or more and start the engine anew "
        "(`flawmap engine stop`), or pass a smaller copy."
    )


def _memory() -> int:
    sizes = []
    with contextlib.suppress(AttributeError, ValueError, OSError):
        sizes.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with contextlib.suppress(OSError, ValueError):
            sizes.append(int(Path(limit).read_text()))
    return min((size for size in sizes if size > 0), default=8 << 30)
