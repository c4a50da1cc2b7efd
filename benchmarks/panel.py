"""The panel: how soon it is up, how it moves at 100 megapixels, and ten thousand photos in it.

    python benchmarks/panel.py [--repeats 15]

Offscreen, with an engine of its own. Times are printed, never asserted.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

START = """
import time; began = time.perf_counter()
from PySide6.QtWidgets import QApplication
from flawmap_panel.app import Panel
from pathlib import Path
import sys
app = QApplication([])
panel = Panel(Path(sys.argv[1]))
panel.window.show(); app.processEvents(); panel.window.grab()
print(time.perf_counter() - began)
panel.close()
"""


def photo(path: Path, width: int, height: int) -> Path:
    """A JPEG with detail everywhere; made by another process, whose memory is not the panel's."""
    code = (
        "import numpy as np, sys; from PIL import Image\n"
        "w, h = int(sys.argv[2]), int(sys.argv[3])\n"
        "small = np.random.default_rng(1).integers(30, 226, (h // 16, w // 16, 3), np.uint8)\n"
        "Image.fromarray(small).resize((w, h), 3).save(sys.argv[1], quality=92)"
    )
    command = [sys.executable, "-c", code, str(path), str(width), str(height)]
    subprocess.run(command, check=True)
    return path


def say(name: str, seconds: list[float], unit: str = "ms") -> None:
    """One line of the table."""
    middle, worst = statistics.median(seconds), max(seconds)
    print(f"{name:<58} median {1000 * middle:8.1f} {unit}   worst {1000 * worst:8.1f} {unit}")


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=15)
    repeats = parser.parse_args().repeats
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        runtime = folder / "run"
        runtime.mkdir(mode=0o700)
        os.environ["FLAWMAP_RUNTIME_DIR"] = str(runtime)
        os.environ["FLAWMAP_STATE_DIR"] = str(folder / "state")
        starts = [
            float(
                subprocess.run(
                    [sys.executable, "-c", START, str(folder / "none.json")],
                    check=True,
                    capture_output=True,
                    text=True,
                ).stdout.split()[-1]
            )
            for _ in range(min(5, repeats))
        ]
        say("window up, from the first import (wanted 1500)", starts)
        run(folder, repeats)
    return 0


def run(folder: Path, repeats: int) -> None:
    """Everything that one window does."""
    from PySide6.QtCore import QEventLoop
    from PySide6.QtWidgets import QApplication

    from flawmap_api import connect
    from flawmap_panel.app import Panel

    app = QApplication([])
    panel = Panel(folder / "panel.json")
    window, work = panel.window, panel.workspace
    window.resize(1600, 1000)
    window.show()

    def spin(until: Callable[[], object], limit: float = 120) -> None:
        end = time.monotonic() + limit
        while time.monotonic() < end and not until():
            app.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 5)

    # The engine is up; each photo is new to it.
    firsts = []
    for number in range(min(5, repeats)):
        path = photo(folder / f"m24-{number}.jpg", 6000, 4000 - number)
        seen: list[float] = []
        window.canvas.tiles.arrived.connect(lambda seen=seen: seen.append(time.perf_counter()))
        began = time.perf_counter()
        window.open_paths([str(path)])
        spin(lambda seen=seen: seen)
        firsts.append(seen[0] - began)
        spin(lambda: work.planes is not None)
        spin(lambda: work.progress[0] == work.progress[1])
    say("24 MP: open to first pixels (wanted 600)", firsts[1:] or firsts)

    sliders, lists = [], []
    for step in range(repeats):
        before = work.report
        began = time.perf_counter()
        window.findings.strictness.setValue(-10 + step)
        window.canvas.repaint()
        sliders.append(time.perf_counter() - began)
        spin(lambda before=before: work.report is not before)
        lists.append(time.perf_counter() - began)
    say("24 MP: threshold slider to redrawn overlay (wanted 50)", sliders)
    say("24 MP: threshold slider to the new list", lists)

    path = photo(folder / "m100.jpg", 12240, 8160)
    window.open_paths([str(path)])
    spin(lambda: work.photos.current.path == path and work.planes is not None)
    frames = []
    window.canvas.one_to_one()
    spin(lambda: False, 1.0)
    for step in range(20 * repeats):
        began = time.perf_counter()
        window.canvas.look(window.canvas.sight.moved(-37 if step % 40 < 20 else 37, -11))
        window.canvas.repaint()
        frames.append(time.perf_counter() - began)
        app.processEvents()
    say("100 MP: a frame of panning at 1:1 (wanted 20)", frames)
    frames = []
    for step in range(20 * repeats):
        began = time.perf_counter()
        window.canvas.zoom(1.05 if step % 80 < 40 else 1 / 1.05)
        window.canvas.repaint()
        frames.append(time.perf_counter() - began)
        app.processEvents()
    say("100 MP: a frame of zooming (wanted 20)", frames)

    work.course.stop()
    report, thumbnail = work.report, work.photos.current.thumbnail
    found = [(folder / f"{n:05d}.jpg", f"{n:05d}.jpg") for n in range(10_000)]
    new = work.photos.add(found)
    for each in new:
        each.state, each.report = "done", report
        each.thumbnail = thumbnail + bytes([each.number % 251])
    work.photos.sort("name")
    bar = window.strip.horizontalScrollBar()
    frames = []
    for step in range(20 * repeats):
        began = time.perf_counter()
        bar.setValue(bar.maximum() * step // (20 * repeats))
        window.strip.repaint()
        app.processEvents()
        frames.append(time.perf_counter() - began)
    say("10,000 photos: a step of scrolling (wanted 100 at worst)", frames)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{'10,000 photos: memory of the panel (wanted 500)':<58} {peak} MB")
    panel.close()
    with connect(start=False) as engine:
        engine.shutdown()


if __name__ == "__main__":
    sys.exit(main())
