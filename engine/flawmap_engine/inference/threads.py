"""Threads: one budget for everything that computes in the process."""

from __future__ import annotations

import os
from typing import Final

from flawmap_api.errors import BadInput

__all__ = ["limit_native_threads", "thread_budget"]

_DEFAULT_LIMIT: Final = 8


def thread_budget(asked: int | None = None) -> int:
    """Number of threads to compute on.

    Parameters
    ----------
    asked : int, optional
        Taken as it is; without it FLAWMAP_THREADS, else the processors that this process may use,
        at most 8.

    Raises
    ------
    BadInput
        If the number is not a whole one of at least 1.
    """
    if asked is None:
        text = os.environ.get("FLAWMAP_THREADS", "")
        if not text:
            return min(_usable_processors(), _DEFAULT_LIMIT)
        if not (text.isascii() and text.isdigit()):
            raise BadInput(
                f"FLAWMAP_THREADS is {text!r}; it has to be a number of threads.", "Unset it, or 2."
            )
        asked = int(text)
    if not 1 <= asked <= 1024:
        raise BadInput(f"{asked} threads cannot be used; 1 to 1024 can.")
    return asked


def limit_native_threads(threads: int) -> None:
    """Hold OpenCV's own pool to the budget; tiles that run side by side use one thread each."""
    import cv2

    cv2.setNumThreads(threads)


def _usable_processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1
