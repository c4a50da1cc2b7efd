"""What the engine adds to the analysis itself, and how quick its small answers are.

    python benchmarks/engine.py PHOTO [--repeats 15]

Every row is a ratio or a time of one run on one machine, in-process and engine interleaved; each
turn analyses pixels that are new to the engine, so that nothing is answered from its store.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import flawmap_api
from flawmap_api.geometry import Box
from flawmap_engine import analysis
from flawmap_engine.imaging import open_photo, photo_from_pixels
from flawmap_engine.inference import Networks


def timed(work: Callable[..., object], *arguments: object) -> float:
    """Seconds that one call takes."""
    began = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - began


def row(name: str, values: list[float], unit: float = 1.0, note: str = "") -> None:
    """Print the median with the range."""
    low, middle, high = min(values), statistics.median(values), max(values)
    print(f"| {name} | {middle * unit:.3g} | {low * unit:.3g}–{high * unit:.3g} | {note} |")


def commands(photo: Path, folder: Path, repeats: int) -> None:
    """Whole commands: what a person waits for."""
    python = [sys.executable, "-c"]
    environment = {**os.environ, "FLAWMAP_RUNTIME_DIR": str(folder)}

    def run(command: list[str]) -> None:
        subprocess.run(command, env=environment, check=False, stdout=subprocess.DEVNULL)

    empty = [timed(lambda: run([*python, "pass"])) for _ in range(repeats)]
    loaded = [timed(lambda: run([*python, "import flawmap_api"])) for _ in range(repeats)]
    imports = [max(0, b - a) for a, b in zip(empty, loaded, strict=True)]
    row("`import flawmap_api` (ms)", imports, 1e3, "≤ 60")
    flawmap = [sys.executable, "-m", "flawmap_cli", "check", str(photo)]
    checks = [timed(lambda: run(flawmap)) for _ in range(5)]
    row("`flawmap check`, analysed photo (s)", checks, 1, "≤ 0.4")
    starts = []
    for _ in range(5):
        began = time.perf_counter()
        with flawmap_api.connect(private=True):
            starts.append(time.perf_counter() - began)
    row("engine start to hello (s)", starts, 1, "≤ 1.5")


def main() -> None:
    """Run all and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photo", type=Path)
    parser.add_argument("--repeats", type=int, default=15)
    options = parser.parse_args()
    networks = Networks.load(device="cpu")
    print("| what | median | range | target |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="fm-") as name:
        folder = Path(name)
        rgb = np.asarray(Image.open(options.photo).convert("RGB")).copy()
        with flawmap_api.connect(runtime_dir=folder, device="cpu") as engine:
            plain, by_path, by_pixels, pixels_plain, again = [], [], [], [], []
            for turn in range(options.repeats):
                # The engine knows equal pixels again: each turn shows it a picture of its own.
                rgb[:16, :16] = turn * 16
                photo = folder / f"photo{turn}.jpg"
                Image.fromarray(rgb).save(photo, quality=92)
                plain.append(timed(_by_path, photo, networks))
                by_path.append(timed(engine.analyze, photo))
                again.append(timed(engine.analyze, photo))
                pixels_plain.append(timed(lambda: _from_pixels(rgb, networks)))
                by_pixels.append(timed(lambda: engine.analyze(rgb)))
            megapixels = rgb.shape[0] * rgb.shape[1] / 1e6
            row(f"analysis in-process, {megapixels:.1f} MP (s)", plain)
            ratio = [a / b for a, b in zip(by_path, plain, strict=True)]
            row("through the engine by path ÷ in-process", ratio, 1, "≤ 1.05")
            ratio = [a / b for a, b in zip(by_pixels, pixels_plain, strict=True)]
            row("pixels through the engine ÷ in-process", ratio, 1, "≤ 1.10")
            row("analysed again, unchanged (ms)", again, 1e3, "≤ 100")
            opened = engine.open(photo)
            box = Box(0, 0, opened.width // 3, opened.height // 3)
            scores = [timed(lambda: engine.roi_score(opened, box=box)) for _ in range(20)]
            row("roi on an analysed photo (ms)", scores, 1e3, "≤ 30")
            rss = engine.status()["memory"].get("rss", 0)
            print(f"| engine resident memory (MB) | {rss / 1e6:.0f} | | ≤ 900 |")
            commands(photo, folder, options.repeats)
            engine.shutdown()


def _by_path(photo: Path, networks: Networks) -> None:
    analysis.analyze(open_photo(photo), networks)


def _from_pixels(rgb: NDArray[np.uint8], networks: Networks) -> None:
    height, width = rgb.shape[:2]
    photo = photo_from_pixels(rgb.data, width=width, height=height, dtype="u8", channels="RGB")
    analysis.analyze(photo, networks)


if __name__ == "__main__":
    main()
