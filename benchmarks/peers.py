"""Flawmap beside the tools a Python user would pick, on the same photos in the same run.

    python benchmarks/peers.py PHOTO [--repeats 15]

Each tool lives in `.venv-peers` and works in a child process that loads it once; a row is the time
of one photo, path in and answer out, medians of interleaved repeats. `brisque` and `blur-detector`
are slow: once each, at 1 MP. The photo is reduced, never enlarged.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from machine import print_head
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]

#: What a child runs: `judge(path)` is defined by the tool's own lines; a path comes in a line, the
#: seconds go out in a line.
LOOP = """
import sys, time, warnings, contextlib, io
warnings.simplefilter("ignore")
{setup}
for line in sys.stdin:
    began = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        judge(line.strip())
    print(time.perf_counter() - began, flush=True)
"""

OURS = """
from flawmap_engine.analysis import analyze
from flawmap_engine.imaging import open_photo
from flawmap_engine.inference import Networks
networks = Networks.load(device="cpu")
def judge(path):
    analyze(open_photo(path), networks)
"""
CLEANVISION = """
import tempfile, shutil, os
from cleanvision import Imagelab
def judge(path):
    with tempfile.TemporaryDirectory() as folder:
        os.link(path, os.path.join(folder, "photo.jpg"))
        Imagelab(data_path=folder).find_issues(n_jobs=1, verbose=False)
"""
IMAGE_QUALITY_AI = """
from image_quality_ai import assess
def judge(path):
    assess(path)
"""
BRISQUE = """
import numpy as np
from PIL import Image
from brisque import BRISQUE
metric = BRISQUE(url=False)
def judge(path):
    metric.score(np.asarray(Image.open(path).convert("RGB")))
"""
BLUR_DETECTOR = """
import cv2
import blur_detector
def judge(path):
    blur_detector.detectBlur(cv2.imread(path, 0), show_progress=False)
"""

#: name: (what it answers, environment, its lines, slow)
TOOLS = {
    "Flawmap": ("six flaws, each as masks in two views, regions, a score", ".venv", OURS, False),
    "cleanvision": ("a few flaws for the photo", ".venv-peers", CLEANVISION, False),
    "image-quality-ai": ("a few flaws for the photo", ".venv-peers", IMAGE_QUALITY_AI, False),
    "brisque": ("one number for the photo", ".venv-peers", BRISQUE, True),
    "blur-detector": ("one map of blur", ".venv-peers", BLUR_DETECTOR, True),
}


class Child:
    """A tool in a process of its own."""

    def __init__(self, environment: str, setup: str) -> None:
        python = ROOT / environment / "bin" / "python"
        self._process = subprocess.Popen(
            [python, "-c", LOOP.format(setup=setup)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def seconds(self, photo: Path) -> float:
        """Time of one photo; not a number if the tool broke."""
        if self._process.stdin is None or self._process.stdout is None:
            return float("nan")
        try:
            self._process.stdin.write(f"{photo}\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return float("nan")
        line = self._process.stdout.readline()
        return float(line) if line else float("nan")

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()


def versions() -> str:
    """Which versions of the other tools are compared with."""
    lines = "from importlib.metadata import distributions as all\n"
    lines += "for one in all(): print(one.name, one.version)"
    done = subprocess.run(
        [ROOT / ".venv-peers" / "bin" / "python", "-c", lines],
        capture_output=True,
        text=True,
        check=False,
    )
    installed = dict(line.split() for line in done.stdout.splitlines())
    return ", ".join(f"{tool} {installed.get(tool, 'missing')}" for tool in list(TOOLS)[1:])


def reduced(photo: Path, megapixels: float, folder: Path) -> Path:
    """A JPEG of the photo with about so many megapixels."""
    with Image.open(photo) as image:
        scale = (megapixels * 1e6 / (image.width * image.height)) ** 0.5
        if scale > 1:
            sys.exit(f"{photo} is smaller than {megapixels} MP.")
        size = (round(image.width * scale), round(image.height * scale))
        path = folder / f"{megapixels:g}.jpg"
        image.convert("RGB").resize(size, Image.Resampling.BOX).save(path, quality=95)
    return path


def main() -> None:
    """Run all tools and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photo", type=Path)
    parser.add_argument("--repeats", type=int, default=15)
    options = parser.parse_args()
    print_head("Other tools, same photos")
    print(versions(), "\n")
    with tempfile.TemporaryDirectory() as name:
        photos = {size: reduced(options.photo, size, Path(name)) for size in (1, 12)}
        children = {tool: Child(row[1], row[2]) for tool, row in TOOLS.items()}
        times: dict[tuple[str, int], list[float]] = {}
        for turn in range(options.repeats + 1):
            for tool, (_, _, _, slow) in TOOLS.items():
                for size, path in photos.items():
                    if slow and (turn > 1 or size > 1):
                        continue
                    seconds = children[tool].seconds(path)
                    # The first turn loads models and warms caches; a slow tool has no second.
                    if turn or slow:
                        times.setdefault((tool, size), []).append(seconds)
        for child in children.values():
            child.close()
    print(
        "| tool | what it answers | 1 MP, s | 12 MP, s | 12 MP, × Flawmap |\n|---|---|---|---|---|"
    )
    ours = statistics.median(times["Flawmap", 12])
    for tool, (answers, _, _, slow) in TOOLS.items():
        small = statistics.median(times[tool, 1])
        large = "–" if slow else f"{statistics.median(times[tool, 12]):.2f}"
        ratio = "–" if slow else f"{statistics.median(times[tool, 12]) / ours:.2f}"
        print(f"| {tool} | {answers} | {small:.2f} | {large} | {ratio} |")


if __name__ == "__main__":
    main()
