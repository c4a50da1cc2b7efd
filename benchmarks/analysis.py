"""How fast a photo is analysed in-process, by size, beside what the machine could do at most.

    python benchmarks/analysis.py --photos FOLDER [--repeats 15] [--sizes 1 12 24 50 100]

The pictures are real: the folder's photo of the nearest size at or above the one wanted, reduced
by area to it; above the largest photo a mosaic of them. Nothing is ever enlarged. Repeats go round
over the sizes, so that a busy moment of the machine falls on all of them; medians are printed.

- overlay: from pixels to the screen view's planes; analysis: from pixels to both views' planes.
- core-s: processor time of the whole process for decoding and analysis.
- of peak: the networks' multiplications and additions (counted by ONNX Runtime's own profile of a
  tile) per core-second of the analysis, over what one core does in a float32 matrix product,
  measured in the same run.
- peak RSS: most memory the process has had when the size came up first; the sizes rise.
"""

from __future__ import annotations

import os

# One core's peak is what is wanted; BLAS reads this once, when numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import json
import math
import multiprocessing
import resource
import statistics
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np
from machine import print_head
from pictures import picture_of, sources_in

from flawmap_engine.analysis import analyze
from flawmap_engine.analysis.tiling import tiles_of
from flawmap_engine.analysis.views import screen_size
from flawmap_engine.imaging import open_photo
from flawmap_engine.inference import Networks
from flawmap_engine.inference.weights import load_weights


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=Path, required=True, help="a folder of real photos")
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--threads", type=int, default=None)
    parser.add_argument("--sizes", type=float, nargs="+", default=[1, 12, 24, 50, 100])
    options = parser.parse_args()
    sizes = sorted(options.sizes)
    print_head("Whole analysis, in-process")
    peak = matrix_peak()
    per_pixel = operations_per_pixel()
    with tempfile.TemporaryDirectory(prefix="flawmap-bench-") as name:
        folder = Path(name)
        # In a process of its own: its memory shall not count.
        maker = multiprocessing.get_context("spawn").Process(
            target=make_pictures, args=(options.photos, folder, sizes)
        )
        maker.start()
        maker.join()
        if maker.exitcode:
            raise SystemExit(f"No pictures could be made of {options.photos}.")
        with Networks.load(threads=options.threads) as networks:
            print(
                f"{networks.card.name} {networks.card.version} on {networks.device.device}, "
                f"{networks.threads} threads; one core's float32 matrix peak "
                f"{peak / 1e9:.0f} GFLOP/s; networks {per_pixel / 1e3:.2f} kFLOP per fed pixel\n"
            )
            measured = defaultdict(list)
            memory = {}
            for _ in range(options.repeats):
                for size in sizes:
                    measured[size].append(measure(folder / f"{size:g}.jpg", networks))
                    memory.setdefault(size, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    print_table(measured, memory, peak, per_pixel)


def measure(path: Path, networks: Networks) -> dict[str, float]:
    """One photo from path to planes."""
    wall, core = time.perf_counter(), time.process_time()
    photo = open_photo(path)
    decoded, decoded_core = time.perf_counter(), time.process_time()
    marks = {}

    def on_stage(stage):
        marks.setdefault(stage.name, time.perf_counter())

    analyze(photo, networks, on_stage=on_stage)
    end, end_core = time.perf_counter(), time.process_time()
    return {
        "pixels": photo.width * photo.height,
        "fed": fed_pixels(photo.width, photo.height, networks.card.halo),
        "decode": decoded - wall,
        "overlay": marks["screen"] - decoded,
        "analysis": end - decoded,
        "total": end - wall,
        "core": end_core - core,
        "analysis core": end_core - decoded_core,
    }


def print_table(measured, memory, peak, per_pixel) -> None:
    print(
        "| MP | decode s | overlay s | analysis s | with decode s | range | MP/s | core-s "
        "| core-ms/MP | of peak | peak RSS MB |"
    )
    print("|" + "---|" * 11)
    for size, runs in measured.items():
        middle = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
        megapixels = middle["pixels"] / 1e6
        share = middle["fed"] * per_pixel / (middle["analysis core"] * peak)
        totals = sorted(run["total"] for run in runs)
        print(
            f"| {megapixels:.1f} | {middle['decode']:.2f} | {middle['overlay']:.2f} "
            f"| {middle['analysis']:.2f} | {middle['total']:.2f} "
            f"| {totals[0]:.2f}–{totals[-1]:.2f} | {megapixels / middle['total']:.1f} "
            f"| {middle['core']:.2f} | {1e3 * middle['core'] / megapixels:.0f} | {share:.0%} "
            f"| {memory[size] / 1024:.0f} |"
        )


def fed_pixels(width: int, height: int, halo: int) -> int:
    """Pixels that the dense network is fed for a photo: both views, halos and padding included."""
    views = {(width, height), screen_size(width, height)}
    return sum(
        (tile.rows.stop - tile.rows.start) * (tile.cols.stop - tile.cols.start)
        for w, h in views
        for tile in tiles_of(w, h, halo)
    )


def matrix_peak(side: int = 1536) -> float:
    """Float32 operations a second of one core in a matrix product, best of 15."""
    rng = np.random.default_rng(0)
    a, b = (rng.standard_normal((side, side), np.float32) for _ in range(2))
    best = math.inf
    for _ in range(15):
        began = time.thread_time()
        a @ b
        best = min(best, time.thread_time() - began)
    return 2 * side**3 / best


def operations_per_pixel(side: int = 1120) -> float:
    """Floating-point operations of the dense network per pixel that it is fed: its convolutions
    and matrix products, from the shapes in ONNX Runtime's profile of one tile."""
    import onnxruntime

    with tempfile.TemporaryDirectory(prefix="flawmap-bench-") as name:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.enable_profiling = True
        options.profile_file_prefix = str(Path(name) / "tile")
        session = onnxruntime.InferenceSession(
            load_weights().dense, options, providers=["CPUExecutionProvider"]
        )
        photo = np.zeros((1, side, side, 3), np.uint8)
        thumbnail = np.zeros((1, 128, 128, 3), np.uint8)
        session.run(["severity"], {"photo": photo, "thumbnail": thumbnail})
        events = json.loads(Path(session.end_profiling()).read_text())
    total = 0
    for event in events:
        arguments = event.get("args", {})
        if not event.get("name", "").endswith("_kernel_time"):
            continue
        inputs = [next(iter(s.values())) for s in arguments.get("input_type_shape", [])]
        outputs = [next(iter(s.values())) for s in arguments.get("output_type_shape", [])]
        if "Conv" in arguments.get("op_name", "") and len(inputs) > 1:
            total += 2 * math.prod(outputs[0]) * math.prod(inputs[1][1:])
        elif arguments.get("op_name") in {"Gemm", "MatMul", "FusedMatMul"}:
            total += 2 * math.prod(outputs[0]) * inputs[0][-1]
    return total / side**2


def make_pictures(photos: Path, folder: Path, sizes: list[float]) -> None:
    """Write `<size>.jpg` for every size in megapixels, from the photos of a folder."""
    sources = sources_in(photos)
    for size in sizes:
        quality = [cv2.IMWRITE_JPEG_QUALITY, 92]
        cv2.imwrite(str(folder / f"{size:g}.jpg"), picture_of(sources, size), quality)


if __name__ == "__main__":
    main()
