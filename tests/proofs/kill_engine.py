"""Proof 1, long form: kill the engine at random moments; every request is answered all the same.

    python tests/proofs/kill_engine.py PHOTO [--kills 100] [--seed 0]

A client analyses ever new pixels while another thread kills the engine with -9; in every tenth turn
also the next engine, as soon as its connection file is there. Each report must equal that of an
undisturbed engine; only of an engine killed while it started a sentence may tell instead. From the
kill (or from the next request, if nobody was asking) the client has 1.5 s to notice. Ends with 1 if
a request was lost, a report differs, or noticing took longer.
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
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import flawmap_api
from flawmap_api.calls import Session
from flawmap_api.connection import connection_path, read_connection
from flawmap_api.errors import EngineLost

#: What docs/proofs.md promises.
MOST_SECONDS = 1.5


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
    asked: list[float] = []
    killed: list[float] = []
    noticed: list[float] = []
    wrong = lost = told = turn = starting = 0
    undo = watch_losses(noticed)
    photo = np.asarray(Image.open(options.photo).convert("RGB")).copy()
    with (
        tempfile.TemporaryDirectory(prefix="fm-") as folder,
        flawmap_api.connect(private=True) as undisturbed,
        flawmap_api.connect(runtime_dir=folder) as engine,
    ):
        while len(killed) < options.kills:
            turn += 1
            # Pixels that no engine has seen: nothing is answered from a store.
            photo[:8, :8] = dice.choices(range(256), k=3)
            began = time.monotonic()
            expected = findings(undisturbed.analyze(photo))
            once = time.monotonic() - began
            again = Path(folder) if turn % 10 == 0 else None
            # One that is to die while it starts follows one that dies in the midst of a request.
            delay = dice.uniform(0, once if again is None else once / 2)
            killer = threading.Timer(delay, _kill, (engine.hello.pid, killed, again))
            killer.start()
            before = len(killed)
            asked.append(time.monotonic())
            try:
                wrong += findings(engine.analyze(photo)) != expected
            except EngineLost as error:
                told += again is not None
                lost += again is None
                print(f"  {'lost' if again is None else 'told'}: {error}")
            killer.join()
            starting += len(killed) - before == 2
        engine.shutdown()
    undo()
    delays = sorted(_delays(asked, killed, noticed))
    print(
        f"{len(killed)} kills, {starting} of them of an engine that started: {lost} requests lost, "
        f"{told} told instead of answered, {wrong} reports differ; noticed after "
        f"{statistics.median(delays):.2f} s (median), {delays[-1]:.2f} s (longest)"
    )
    return int(bool(lost or wrong or delays[-1] > MOST_SECONDS))


def _kill(pid: int, killed: list[float], folder: Path | None) -> None:
    """Kill the engine; with a folder also the one that writes its connection file there next."""
    killed.append(time.monotonic())
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        killed.pop()
        return
    deadline = time.monotonic() + 10
    while folder is not None and time.monotonic() < deadline:
        info = read_connection(connection_path(folder))
        if info is not None and info.pid != pid:
            _kill(info.pid, killed, None)
            return
        time.sleep(0.001)


def _delays(asked: list[float], killed: list[float], noticed: list[float]) -> list[float]:
    """How long the client took to notice each kill that it noticed, from when it could."""
    delays = []
    for kill, following in pairwise([*killed, float("inf")]):
        notice = next((moment for moment in noticed if kill <= moment < following), None)
        if notice is not None:
            delays.append(notice - max(kill, *(a for a in asked if a <= notice)))
    return delays


if __name__ == "__main__":
    sys.exit(main())
