"""What the panel's tests have at hand: a thread without a window, and photos."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from flawmap_panel.model.workspace import Workspace

__all__ = ["Loop", "write_photo"]


class Loop:
    """The window's thread without a window: runs what is posted when it is asked to."""

    def __init__(self) -> None:
        self._posted: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()

    def __call__(self, what: Callable[[], None]) -> None:
        self._posted.put(what)

    def until(self, true: Callable[[], Any], seconds: float = 20.0) -> None:
        """Run what is posted until something holds."""
        deadline = time.monotonic() + seconds
        while not true():
            left = deadline - time.monotonic()
            if left <= 0:
                raise AssertionError("it did not come about")
            try:
                self._posted.get(timeout=min(left, 0.05))()
            except queue.Empty:
                continue

    def settle(self, workspace: Workspace) -> None:
        """Run everything until no room of the engine has work left."""
        rooms = workspace.rooms
        self.until(lambda: not any(room.busy for room in rooms) and self._posted.empty())


def write_photo(path: Path, *, width: int = 640, height: int = 480, blurred: bool = False) -> Path:
    """A photo with detail everywhere, or without any in its left half."""
    rng = np.random.default_rng(len(path.name))
    small = rng.integers(40, 216, (height // 4, width // 4, 3), np.uint8)
    pixels = np.asarray(Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC))
    pixels = np.clip(pixels.astype(int) + rng.integers(-12, 13, pixels.shape), 0, 255)
    image = Image.fromarray(pixels.astype(np.uint8))
    if blurred:
        soft = image.resize((width // 24, height // 24)).resize((width, height))
        image.paste(soft.crop((0, 0, width // 2, height)), (0, 0))
    image.save(path)
    return path
