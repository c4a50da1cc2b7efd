"""Proof 1, long form: kill the engine at random moments; every request is answered all the same.

    python tests/proofs/kill_engine.py PHOTO [--kills 100] [--seed 0]

A client analyses ever new pixels while another thread kills the engine with -9. Each report must
equal that of an undisturbed engine; the time from the kill to the client noticing it is measured.
Ends with 1 if anything was lost.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import flawmap_api
from flawmap_api.calls import Session
from flawmap_api.errors import EngineLost


def findings(report: flawmap_api.Report) -> dict[str, Any]:
    """The part of a report that may not depend on the engine's life."""
    data = report.to_dict()
    return {key: data[key] for key in list(data)[list(data).index("view") : -3]}


def watch_losses(noticed: list[float]) -> Callable[[], None]:
    """Note when a session notices a loss; gives a function that undoes it."""
    plain = Session._lose  # The moment of noticing has no other witness.

    def lose(self: Session, reason: str) -> None:
        noticed.append(time.monotonic())
        plain(self, reason)

    Session._lose = lose  # type: ignore[method-assign]
    return lambda: setattr(Session, "_lose", plain)


def main() -> int:
    """Run the proof and print what was seen."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photo", type=Path)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    dice = random.Random(options.seed)
    killed: list[float] = []
    noticed: list[float] = []
    wrong = lost = 0
    undo = watch_losses(noticed)
    photo = np.asarray(Image.open(options.photo).convert("RGB")).copy()
    with (
        tempfile.TemporaryDirectory(prefix="fm-") as folder,
        flawmap_api.connect(private=True) as undisturbed,
        flawmap_api.connect(runtime_dir=folder) as engine,
    ):
        while len(killed) < options.kills:
            # Pixels that no engine has seen: nothing is answered from a store.
            photo[:8, :8] = dice.choices(range(256), k=3)
            began = time.monotonic()
            expected = findings(undisturbed.analyze(photo))
            once = time.monotonic() - began
            pid = engine.hello.pid
            timer = threading.Timer(dice.uniform(0, once), _kill, (pid, killed))
            timer.start()
            try:
                wrong += findings(engine.analyze(photo)) != expected
            except EngineLost as error:
                lost += 1
                print(f"  lost: {error}")
            timer.join()
        engine.shutdown()
    undo()
    delays = [min((n - k for n in noticed if n >= k), default=float("nan")) for k in killed]
    known = sorted(d for d in delays if d == d)
    print(
        f"{len(killed)} kills: {lost} requests lost, {wrong} reports differ; noticed after "
        f"{statistics.median(known):.2f} s (median), {known[-1]:.2f} s (longest)"
    )
    return int(bool(lost or wrong))


def _kill(pid: int, killed: list[float]) -> None:
    killed.append(time.monotonic())
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        killed.pop()


if __name__ == "__main__":
    sys.exit(main())
