"""Flawmap's training room: synthesis of labelled damage, the network, its training and its export.

Needs torch; nothing of the engine needs this. See `docs/training.md`.
"""

from __future__ import annotations

__all__: list[str] = []
