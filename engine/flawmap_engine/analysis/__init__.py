"""Analysis: from a photo's pixels to planes of severity, for both views.

Functions over arrays and networks: no sockets, no JSON, no store.
"""

from __future__ import annotations

from .run import PhotoLike, Stage, analyze, finish, update

__all__ = ["PhotoLike", "Stage", "analyze", "finish", "update"]
