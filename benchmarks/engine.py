"""What the engine adds to the analysis itself, and how quick its small answers are.

    python benchmarks/engine.py PHOTO [--megapixels 24] [--repeats 15]

Every turn asks for each row once, so that a busy moment falls on all of them; starts of an engine
and planes of the photo's size take long and come in every third turn. Each turn's pictures are new
to the engine, so that nothing is answered from its store unless the row says so. A ratio is formed
within a turn. The photo is reduced to about so many megapixels, never enlarged; for the last row a
mosaic of it is made. Memory is that of an engine of its own that has seen one photo.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from machine import peak_memory, print_head
from numpy.typing import NDArray
from pictures import mosaic, reduced

import flawmap_api
from flawmap_api.geometry import Box
from flawmap_api.report import EngineInfo, PhotoInfo
from flawmap_api.strictness import thresholds_at
from flawmap_engine import analysis
from flawmap_engine.imaging import Photo, open_photo, photo_from_pixels
from flawmap_engine.inference import Networks
from flawmap_engine.scoring import build_report
from flawmap_export import draw_overlay, gather, write_folder

#: Megapixels of the last row.
_HUGE = 100.0
#: Rows that are asked for in every third turn only.
_SELDOM = 3

#: name: (what the row says, factor of its figures, target)
ROWS = {
    "plain": ("path in, report out, in-process (s)", 1, ""),
    "by path": ("path in, report out, through the engine (s)", 1, "≤ 2.0"),
    "path ratio": ("… ÷ in-process", 1, "≤ 1.05"),
    "pixels": ("pixels in, report out, through the engine (s)", 1, ""),
    "pixels ratio": ("… ÷ in-process", 1, "≤ 1.10"),
    "overlay": ("first overlay: screen planes, once the photo is open (s)", 1, "≤ 0.4"),
    "path again": ("the same path again, unchanged (ms)", 1e3, "≤ 100"),
    "pixels again": ("the same pixels again (ms)", 1e3, "≤ 100"),
    "roi": ("roi of a box on an analysed photo (ms)", 1e3, "≤ 30"),
    "picture": ("drawing the overlay picture, 2,048 px (ms)", 1e3, ""),
    "grid": ("fetching the grid's planes (ms)", 1e3, ""),
    "grid folder": ("writing the folder with them, overlay included (ms)", 1e3, ""),
    "full folder": ("fetching and writing the folder with full planes (s)", 1, ""),
    "import": ("`import flawmap_api`, above an empty Python (ms)", 1e3, "≤ 60"),
    "check": ("`flawmap check`, analysed photo, living engine (s)", 1, "≤ 0.4"),
    "start": ("engine start to hello (s)", 1, "≤ 1.5"),
}


def main() -> None:
    """Ask for all rows turn by turn and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photo", type=Path)
    parser.add_argument("--megapixels", type=float, default=24.0)
    parser.add_argument("--repeats", type=int, default=15)
    options = parser.parse_args()
    print_head("Through the engine")
    whole = cv2.imread(str(options.photo), cv2.IMREAD_COLOR)
    if whole is None:
        sys.exit(f"{options.photo} is no photo.")
    bgr = reduced(np.asarray(whole, np.uint8), options.megapixels)
    rows: dict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="fm-") as name:
        folder = Path(name)
        with (
            Networks.load(device="cpu") as networks,
            flawmap_api.connect(runtime_dir=folder / "run", device="cpu") as engine,
        ):
            pictures = Pictures(bgr, folder)
            for turn in range(options.repeats):
                analyses(rows, engine, networks, pictures)
                answers(rows, engine, pictures, folder, seldom=turn % _SELDOM == 0)
                commands(rows, pictures.last, folder / "run", seldom=turn % _SELDOM == 0)
            engine.shutdown()
        print(f"{bgr.size / 3e6:.1f} MP, {networks.threads} threads\n")
        print("| what | median | range | times | target |\n|---|---|---|---|---|")
        for key, (label, factor, target) in ROWS.items():
            values = [factor * value for value in rows[key]]
            print(
                f"| {label} | {statistics.median(values):.3g} "
                f"| {min(values):.3g}–{max(values):.3g} | {len(values)} | {target} |"
            )
        print_memory(pictures.new_file(), "≤ 900 at rest")
        large = folder / "large.jpg"
        cv2.imwrite(str(large), mosaic([bgr], _HUGE * 1e6))
        print_memory(large, "≤ 2,000 at most")


class Pictures:
    """The photo as pixels and files that are new each time: equal ones would be known again."""

    def __init__(self, bgr: NDArray[np.uint8], folder: Path) -> None:
        self._bgr = bgr.copy()
        self._folder = folder
        self._made = 0
        self._dice = np.random.default_rng(0)
        #: The file that was made last.
        self.last = folder

    def new_pixels(self) -> NDArray[np.uint8]:
        """RGB pixels that nobody has seen."""
        self._made += 1
        # Far apart, so that a JPEG keeps them apart too.
        self._bgr[:16, :16] = self._dice.integers(0, 256, 3)
        return np.ascontiguousarray(self._bgr[..., ::-1])

    def new_file(self) -> Path:
        """A JPEG that nobody has seen."""
        if self.last.is_file():
            self.last.unlink()
        self.last = self._folder / f"photo{self._made}.jpg"
        cv2.imwrite(str(self.last), self.new_pixels()[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 92])
        return self.last


def timed(work: Callable[[], object]) -> float:
    """Seconds that one call takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def analyses(
    rows: dict[str, list[float]],
    engine: flawmap_api.EngineClient,
    networks: Networks,
    pictures: Pictures,
) -> None:
    """Whole analyses: in-process and through the engine, by path and as pixels."""
    path = pictures.new_file()
    plain = timed(lambda: in_process(open_photo(path), networks))
    by_path = timed(lambda: engine.analyze(path))
    rows["plain"].append(plain)
    rows["by path"].append(by_path)
    rows["path ratio"].append(by_path / plain)
    rows["path again"].append(timed(lambda: engine.analyze(path)))
    pixels = pictures.new_pixels()
    height, width = pixels.shape[:2]

    def from_pixels() -> None:
        photo = photo_from_pixels(
            pixels.data, width=width, height=height, dtype="u8", channels="RGB"
        )
        in_process(photo, networks)

    plain = timed(from_pixels)
    sent = timed(lambda: engine.analyze(pixels))
    rows["pixels"].append(sent)
    rows["pixels ratio"].append(sent / plain)
    rows["pixels again"].append(timed(lambda: engine.analyze(pixels)))


def in_process(photo: Photo, networks: Networks) -> None:
    """What the engine does with a decoded photo, up to the report."""
    card = networks.card
    seen = analysis.analyze(photo, networks)
    build_report(
        PhotoInfo("", None, "", "", photo.width, photo.height),
        seen,
        view="screen",
        thresholds=thresholds_at(card.thresholds, 0.0, {}),
        confidence=card.confidence,
        engine=EngineInfo("", 1, card.name, card.sha256, "cpu", ()),
    )


def answers(
    rows: dict[str, list[float]],
    engine: flawmap_api.EngineClient,
    pictures: Pictures,
    folder: Path,
    *,
    seldom: bool,
) -> None:
    """What is asked of one open photo: the first planes, a part's score, layers, folders."""
    photo = engine.open(pictures.new_file())
    began = time.perf_counter()
    first: list[float] = []

    def on_partial(*_: object) -> None:
        first.append(time.perf_counter() - began)

    report = engine.analyze(photo, on_partial=on_partial)
    rows["overlay"].append(first[0])
    box = Box(0, 0, photo.width // 3, photo.height // 3)
    rows["roi"].append(timed(lambda: engine.roi_score(photo, box=box)))
    rows["grid"].append(timed(lambda: gather(engine, photo, report)))
    findings = gather(engine, photo, report)
    rows["picture"].append(
        timed(lambda: draw_overlay(findings.photo, findings.report, findings.planes))
    )
    rows["grid folder"].append(timed(lambda: write_folder(findings, folder, "grid")))
    if seldom:
        rows["full folder"].append(
            timed(lambda: write_folder(gather(engine, photo, report, size="full"), folder, "full"))
        )


def commands(rows: dict[str, list[float]], photo: Path, runtime: Path, *, seldom: bool) -> None:
    """Whole commands: what a person waits for."""
    environment = {**os.environ, "FLAWMAP_RUNTIME_DIR": str(runtime)}

    def run(*arguments: str) -> float:
        command = [sys.executable, *arguments]
        return timed(
            lambda: subprocess.run(command, env=environment, check=False, stdout=subprocess.DEVNULL)
        )

    empty = run("-c", "pass")
    rows["import"].append(max(0.0, run("-c", "import flawmap_api") - empty))
    rows["check"].append(run("-m", "flawmap_cli", "check", str(photo)))
    if seldom:
        began = time.perf_counter()
        with flawmap_api.connect(private=True, device="cpu"):
            rows["start"].append(time.perf_counter() - began)


def print_memory(photo: Path, target: str) -> None:
    """Rows of an engine's memory after one photo, and how long it took."""
    with flawmap_api.connect(private=True, device="cpu") as engine:
        began = time.perf_counter()
        opened = engine.open(photo)
        engine.analyze(opened)
        seconds = time.perf_counter() - began
        resident = engine.status()["memory"]["rss"]
        most = peak_memory(engine.hello.pid)
    megapixels = opened.width * opened.height / 1e6
    print(
        f"| engine memory after {megapixels:.0f} MP, at rest and at most (MB); {seconds:.2f} s "
        f"| {resident / 1e6:.0f} | {most / 1e6:.0f} | 1 | {target} |"
    )


if __name__ == "__main__":
    main()
