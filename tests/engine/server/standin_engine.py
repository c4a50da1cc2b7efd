"""A real engine process whose networks are stand-ins: its tiles take as long as a test wants.

Everything else is the engine's own: sockets, jobs, store, decoding, lifecycle. The folder named by
FLAWMAP_TEST_STAGE steers it: while it holds a file `hold`, an analysis waits between two tiles;
each step is written to its file `journal`. Run as `python standin_engine.py run …`.
"""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from flawmap_api.errors import NotFound
from flawmap_api.geometry import Box
from flawmap_engine import analysis, inference
from flawmap_engine.analysis import Stage
from flawmap_engine.planes import Analysis, ViewPlanes

STAGE = Path(os.environ["FLAWMAP_TEST_STAGE"])
TILES = int(os.environ.get("FLAWMAP_TEST_TILES", "4"))
FLAWS = ("blur", "noise")
_writing = threading.Lock()


def note(text: str) -> None:
    with _writing, (STAGE / "journal").open("a") as file:
        file.write(text + "\n")


class StandInNetworks:
    """What handlers need to know of networks."""

    def __init__(self, device: str, threads: int) -> None:
        ramp = {"x": (0.0, 1.0), "y": (0.0, 1.0)}
        self.threads = threads
        self.roi = None
        self.device = SimpleNamespace(
            device="cpu", providers=("Fake",), requested=device, reason="A stand-in for tests."
        )
        self.card = SimpleNamespace(
            name="stand-in",
            version="0",
            sha256="0" * 64,
            distortions=FLAWS,
            thresholds=dict.fromkeys(FLAWS, 102),
            confidence=dict.fromkeys(FLAWS, ramp),
            path=STAGE,
        )

    @classmethod
    def load(cls, *, device: str = "auto", threads: int = 1, **_: Any) -> StandInNetworks:
        while (STAGE / "hold-loading").exists():
            time.sleep(0.005)
        if (STAGE / "no-networks").exists():
            raise NotFound("The networks are not there, says the stand-in.", "Put them there.")
        return cls(device, threads)


def analyze(
    photo: Any,
    networks: Any,
    *,
    on_stage: Any,
    check_cancelled: Any,
    early: bool = False,
    on_screen: Any = None,
) -> Analysis:
    note(f"start {photo.photo_id[:8]}")
    whole = Box(0, 0, photo.width, photo.height)
    seen = _seen(photo, networks, (whole,))
    on_stage(Stage("screen", 1, 1, "screen", whole, seen.screen))
    if on_screen is not None:
        on_screen(seen)
    if early:
        return seen
    return finish(seen, photo, networks, on_stage=on_stage, check_cancelled=check_cancelled)


def finish(
    begun: Analysis, photo: Any, networks: Any, *, on_stage: Any, check_cancelled: Any
) -> Analysis:
    name, planes = photo.photo_id[:8], begun.pixel
    for tile in range(TILES):
        note(f"tile {name}")
        while True:
            check_cancelled()
            if not (STAGE / "hold").exists():
                break
            time.sleep(0.005)
        if (STAGE / "fail").exists():
            raise ZeroDivisionError("the stand-in was told to fail")
        if (STAGE / "no-memory").exists():
            raise MemoryError
        box = Box(0, 0, photo.width, photo.height)
        on_stage(Stage("tile", tile + 1, TILES, "pixel", box, planes, 0, 0))
    note(f"end {name}")
    return _seen(photo, networks, ())


def _seen(photo: Any, networks: Any, unseen: tuple[Box, ...]) -> Analysis:
    planes = _planes(photo)
    rows, cols = planes.severity.shape[1:]
    return Analysis(
        width=photo.width,
        height=photo.height,
        screen=planes,
        pixel=ViewPlanes("pixel", FLAWS, planes.severity, planes.unknown),
        quality=0.5,
        features=np.zeros(784, np.float32),
        subject=np.full((rows, cols), 0.5, np.float32),
        clipped=photo.clipped,
        gamut=photo.gamut,
        thumbnail=np.zeros((128, 128, 3), np.uint8),
        model_sha256=networks.card.sha256,
        unseen=unseen,
    )


def update(before: Analysis, photo: Any, box: Box, networks: Any, **how: Any) -> Analysis:
    note(f"update {photo.photo_id[:8]} {box.as_list()}")
    return analyze(photo, networks, **how)


def _planes(photo: Any) -> ViewPlanes:
    rows, cols = -(-photo.height // 8), -(-photo.width // 8)
    severity = np.zeros((2, rows, cols), np.uint8)
    severity[0, : rows // 2] = 200
    return ViewPlanes("screen", FLAWS, severity, np.zeros_like(severity))


if __name__ == "__main__":
    inference.Networks = StandInNetworks  # type: ignore[assignment,misc]
    analysis.analyze = analyze  # type: ignore[assignment]
    analysis.finish = finish  # type: ignore[assignment]
    analysis.update = update  # type: ignore[assignment]
    from flawmap_engine.lifecycle import end_process, main

    end_process(main())
