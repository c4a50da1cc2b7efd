"""Repairs against other libraries: how much closer to the clean photo, and for how much work.

::

    python benchmarks/repair.py [--data DIR]

White noise of luma sigma 5 and 15 and a Gaussian blur of 1.2 px are put over crops of photos that
were kept out of training. The others are told the true sigma and radius; ours measures. Prints the
median and the least gain, and CPU seconds a megapixel on one thread.
"""

from __future__ import annotations

import argparse
import csv
import os
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import cv2
import numpy as np
from skimage import restoration
from skimage.metrics import structural_similarity

from flawmap_engine.repair import measure, sharpen
from flawmap_engine.repair.denoise import denoise
from flawmap_engine.repair.noise import measure_noise

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_SIDE = 256


def ours(y: Any, _: float) -> Any:
    model = measure_noise(y)
    return y if model is None else denoise(y, model)


def nlm_8_bit(y: Any, sigma: float) -> Any:
    small = np.rint(np.clip(y, 0, 1) * 255).astype(np.uint8)
    h = 230 * sigma
    return cv2.fastNlMeansDenoisingColored(small, None, h, h, 7, 21).astype(np.float32) / 255


DENOISERS: dict[str, Callable[[Any, float], Any]] = {
    "ours": ours,
    "OpenCV fastNlMeans (8 bit)": nlm_8_bit,
    "OpenCV bilateral": lambda y, s: cv2.bilateralFilter(y, 0, 3 * s, 2),
    "scikit-image NL means": lambda y, s: restoration.denoise_nl_means(
        y, h=0.8 * s, sigma=s, fast_mode=True, patch_size=5, patch_distance=6, channel_axis=2
    ),
    "scikit-image TV": lambda y, s: restoration.denoise_tv_chambolle(
        y, weight=1.2 * s, channel_axis=2
    ),
}


def deblur(y: Any, _: float) -> Any:
    small = np.rint(y * 255).astype(np.uint8)
    seen = measure.blur_radius(small, np.ones(y.shape[:2], np.bool_)) or 0.0
    return sharpen.deconvolve(y, float(np.sqrt(max(seen**2 - 0.55**2, 0))), 0.0)


def each(function: Callable[[Any], Any]) -> Callable[[Any, float], Any]:
    return lambda y, _: np.stack([function(y[..., c]) for c in range(3)], axis=2)


def psf(radius: float) -> Any:
    line = cv2.getGaussianKernel(13, radius).astype(np.float32)
    return line @ line.T


DEBLURRERS: dict[str, Callable[[Any, float], Any]] = {
    "ours": deblur,
    "scikit-image Richardson-Lucy": each(
        lambda p: restoration.richardson_lucy(p, psf(1.2), num_iter=10)
    ),
    "scikit-image Wiener": each(lambda p: restoration.wiener(p, psf(1.2), 0.02)),
    "unsharp mask": lambda y, r: 2 * y - cv2.GaussianBlur(y, (0, 0), r),
}


def psnr(a: Any, b: Any) -> float:
    return float(-10 * np.log10(np.mean((np.clip(a, 0, 1) - b) ** 2) + 1e-9))


def ssim(a: Any, b: Any) -> float:
    grey = [cv2.cvtColor(np.clip(x, 0, 1).astype(np.float32), cv2.COLOR_RGB2GRAY) for x in (a, b)]
    return float(structural_similarity(*grey, data_range=1))


def crops(data: Path) -> list[Any]:
    with (data / "photos" / "photos.csv").open(encoding="utf-8", newline="") as file:
        names = [row["file"] for row in csv.DictReader(file) if row["split"] == "dev"]
    found = []
    for name in names[::6]:
        x = cv2.imread(str(data / "photos" / name), cv2.IMREAD_COLOR)[..., ::-1]
        y0, x0 = x.shape[0] // 4, x.shape[1] // 4
        found.append(x[y0 : y0 + _SIDE, x0 : x0 + _SIDE].astype(np.float32) / 255)
    return found


def compare(
    what: str, tools: dict[str, Any], pairs: list[tuple[Any, Any]], amount: float, gain: Any
) -> None:
    for name, tool in tools.items():
        gains, seconds = [], 0.0
        for clean, spoilt in pairs:
            start = time.process_time()
            made = tool(spoilt, amount)
            seconds += time.process_time() - start
            gains.append(gain(made, clean) - gain(spoilt, clean))
        mega = len(pairs) * _SIDE * _SIDE / 1e6
        print(
            f"| {what} | {name} | {np.median(gains):+.3f} | {np.min(gains):+.3f} "
            f"| {seconds / mega:.2f} |",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, default=os.environ.get("FLAWMAP_DATA"))
    options = parser.parse_args()
    if options.data is None:
        parser.error("say where the photos are: --data DIR, or FLAWMAP_DATA")
    warnings.simplefilter("ignore")
    cv2.setNumThreads(1)
    photos = crops(Path(options.data))
    print("| damage | tool | median | least | CPU s/MP |\n|---|---|---|---|---|")
    for luma in (5, 15):
        dice = np.random.default_rng(1)
        sigma = luma / 255 / float(np.sqrt((_LUMA**2).sum()))
        pairs = []
        for x in photos:
            y = np.clip(x + dice.normal(0, sigma, x.shape), 0, 1)
            pairs.append((x, (np.rint(y * 255) / 255).astype(np.float32)))
        compare(f"noise {luma}, PSNR dB", DENOISERS, pairs, sigma, psnr)
    pairs = []
    for x in photos:
        light = cv2.GaussianBlur(x**2.2, (0, 0), 1.2)
        y = np.clip(light, 0, 1) ** (1 / 2.2)
        pairs.append((x, (np.rint(y * 255) / 255).astype(np.float32)))
    compare("blur 1.2 px, SSIM", DEBLURRERS, pairs, 1.2, ssim)


if __name__ == "__main__":
    main()
