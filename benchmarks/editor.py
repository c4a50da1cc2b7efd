"""What an editor waits for: layers after a press, a new score after a repair.

    python benchmarks/editor.py PHOTO [--megapixels 24] [--repeats 15]

The plug-ins' own questions to a real engine, with the picture's bytes in place of a document; what
the editor itself takes to read pixels and to make layers is not in it. All rows are asked for in
turn, with early reports and without, on pixels that the engine has not seen. Ratios are formed
within a turn, of core-seconds of both processes: a busy machine changes those less than wall time.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import cv2
import numpy as np
from machine import print_head
from numpy.typing import NDArray
from pictures import reduced

import flawmap_api
from flawmap_api.geometry import Box
from flawmap_api.messages import LayersRender, PixelSource, RoiScore
from flawmap_api.messages import RepairPlan as PlanRequest
from flawmap_api.report import Report
from flawmap_api.results import OpenedPhoto
from flawmap_api.sources import PixelData
from flawmap_api.steps import (
    Steps,
    layers_of,
    open_steps,
    plain_steps,
    repair_plan_steps,
    repair_render_steps,
    send_mask,
)

T = TypeVar("T")
Pixels = NDArray[np.uint8]

#: Side of the region that is repaired, px.
_SIDE = 1000
#: Below so many core-seconds no ratio is told: another process's time is counted in hundredths.
_LEAST = 0.05

ROWS = {
    "open": "pixels in: written, converted, hashed",
    "report": "… then the screen view's report",
    "tints": "… then the tints of all its regions, read",
    "find": "press → all layers' bytes",
    "rest": "the rest, in the background",
    "select": "a region's coverage, for a selection",
    "plan": "plan of a repair, 1 MP",
    "render": "its pixels, denoised",
    "update": "its pixels back into the engine",
    "score": "… then report and score",
    "rescore": "repaired → new score",
}


class Turn:
    """Seconds and core-seconds of one turn's rows."""

    def __init__(self, engine: flawmap_api.EngineClient) -> None:
        self._pid = engine.hello.pid
        self.wall: dict[str, float] = defaultdict(float)
        self.core: dict[str, float] = defaultdict(float)

    def timed(self, names: tuple[str, ...], work: Callable[[], T]) -> T:
        """Run something; what it takes counts for all those rows."""
        wall, core = time.perf_counter(), self._cores()
        value = work()
        wall, core = time.perf_counter() - wall, self._cores() - core
        for name in names:
            self.wall[name] += wall
            self.core[name] += core
        return value

    def _cores(self) -> float:
        fields = Path(f"/proc/{self._pid}/stat").read_text().rpartition(")")[2].split()
        return time.process_time() + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run(engine: flawmap_api.EngineClient, steps: Steps[T]) -> T:
    """One dialogue, to its end."""
    return engine.session.start(steps).result()


def pixels_of(rgb: Pixels) -> PixelData:
    """RGB pixels as an editor sends them."""
    rgb = np.ascontiguousarray(rgb)
    layout = PixelSource(rgb.shape[1], rgb.shape[0], "u8", "RGB")
    return PixelData(layout, memoryview(rgb).cast("B"))


def planes_of(
    engine: flawmap_api.EngineClient, photo: OpenedPhoto, plane: str, ids: list[str]
) -> list[Any]:
    """Layers as an editor asks for them."""
    request = LayersRender(photo.photo_id, plane, regions=ids, via="file")
    return layers_of(engine.session.book, run(engine, plain_steps(request)))


def turn(engine: flawmap_api.EngineClient, rgb: Pixels, at: Box, early: bool) -> Turn:
    """All rows once."""
    now, book = Turn(engine), engine.session.book
    pixels = pixels_of(rgb)
    photo = now.timed(("open", "find"), lambda: run(engine, open_steps(book, lambda: pixels)))
    report: Report = now.timed(("report", "find"), lambda: engine.analyze(photo, early=early))
    ids = [region.id for region in report.regions]
    now.timed(("tints", "find"), lambda: planes_of(engine, photo, "tint", ids))
    now.timed(("rest",), lambda: engine.analyze(photo))
    now.timed(("select",), lambda: planes_of(engine, photo, "coverage", ids[:1]))
    plan = now.timed(
        ("plan",),
        lambda: run(
            engine,
            repair_plan_steps(book, PlanRequest(photo.photo_id, box=at, distortion="noise")),
        ),
    )
    around = plan.around
    part = pixels_of(rgb[around.y0 : around.y1, around.x0 : around.x1])
    made = now.timed(("render",), lambda: run(engine, repair_render_steps(book, plan, part)))
    changed = now.timed(
        ("update", "rescore"),
        lambda: engine.update(photo, plan.box, made.pixels, early=early),
    )
    mask = np.zeros(rgb.shape[:2], np.uint8)
    mask[at.y0 : at.y1, at.x0 : at.x1] = 255

    def score() -> None:
        engine.regions(changed)
        request = RoiScore(changed.photo_id, mask=True)
        run(engine, send_mask(book, request, memoryview(mask).cast("B")))

    now.timed(("score", "rescore"), score)
    for old in (photo, changed):
        engine.close_photo(old)
    return now


def main() -> None:
    """Ask for all rows turn by turn and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photo", type=Path)
    parser.add_argument("--megapixels", type=float, default=24.0)
    parser.add_argument("--repeats", type=int, default=15)
    options = parser.parse_args()
    whole = cv2.imread(str(options.photo), cv2.IMREAD_COLOR)
    if whole is None:
        sys.exit(f"{options.photo} is no photo.")
    print_head("What an editor waits for")
    rgb = np.ascontiguousarray(reduced(np.asarray(whole, np.uint8), options.megapixels)[..., ::-1])
    dice = np.random.default_rng(0)
    top, left = rgb.shape[0] // 3, rgb.shape[1] // 3
    at = Box(left, top, left + _SIDE, top + _SIDE)
    part = rgb[at.y0 : at.y1, at.x0 : at.x1]
    part[...] = np.clip(part + dice.normal(0, 20, part.shape), 0, 255)
    turns: dict[bool, list[Turn]] = {True: [], False: []}
    with (
        tempfile.TemporaryDirectory(prefix="fm-") as folder,
        flawmap_api.connect(runtime_dir=Path(folder), device="cpu", private=True) as engine,
    ):
        turn(engine, rgb, at, True)
        for _ in range(options.repeats):
            for early, made in turns.items():
                rgb[:16, :16] = dice.integers(0, 256, 3)
                made.append(turn(engine, rgb, at, early))
    print(f"{rgb.size / 3e6:.1f} MP\n")
    print("| what | early: core-s | wall s | range | not early: core-s | wall s | core-s, ratio |")
    print("|---|---|---|---|---|---|---|")
    for name, label in ROWS.items():
        early, late = turns[True], turns[False]
        walls = [t.wall[name] for t in early]
        pairs = [(a.core[name], b.core[name]) for a, b in zip(early, late, strict=True)]
        ratios = [a / b for a, b in pairs if b >= _LEAST]
        print(
            f"| {label} | {statistics.median(t.core[name] for t in early):.2f} "
            f"| {statistics.median(walls):.2f} | {min(walls):.2f}–{max(walls):.2f} "
            f"| {statistics.median(t.core[name] for t in late):.2f} "
            f"| {statistics.median(t.wall[name] for t in late):.2f} "
            f"| {f'{statistics.median(ratios):.2f}' if ratios else '–'} |"
        )


if __name__ == "__main__":
    main()
