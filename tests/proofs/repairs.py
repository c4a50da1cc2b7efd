"""Proof 12: repairs bring damaged photos closer to the clean ones, told through the wire.

::

    python tests/proofs/repairs.py --data DIR [--photos 10] [--seed 1]

Each damage is put into one part of each photo; the engine finds it, plans, and repairs it; the
repair is laid over the photo with the region's coverage, as an editor does it, and judged again.
Prints a line a damage, and ends with 1 if a bound of `BOUNDS` is missed.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from skimage.metrics import structural_similarity

import flawmap_api
from flawmap_api.geometry import Box

__all__ = ["BOUNDS", "DAMAGES", "Case", "Outcome", "cases_of", "missed", "summary", "try_repair"]

#: Name of a damage to (distortion, what it does to a clean photo, amounts from mild to strong).
DAMAGES: dict[str, tuple[str, Callable[..., Any], tuple[float, float]]] = {}
#: What has to hold: (figure, statistic, least).
BOUNDS = {
    "noise": (("psnr", "median", 1.0), ("psnr", "min", -0.2)),
    "noise_fine": (("psnr", "median", 1.0), ("psnr", "min", -0.2)),
    "blur": (("ssim", "median", 0.0),),
    "low_light": (("ssim", "median", 0.0),),
    "overexposure": (("ssim", "median", 0.0),),
}
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def to_light(x: Any) -> Any:
    return np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4).astype(np.float32)


def from_light(x: Any) -> Any:
    x = np.clip(x, 0, 1)
    return np.where(x <= 0.0031308, x * 12.92, 1.055 * x ** (1 / 2.4) - 0.055).astype(np.float32)


def noise(x: Any, sigma: float, rng: Any) -> Any:
    """White noise of that luma sigma (of 255 levels), each channel by itself."""
    field_ = rng.standard_normal(x.shape).astype(np.float32)
    return x + field_ * np.float32(sigma / 255 / np.sqrt((_LUMA**2).sum()))


def noise_fine(x: Any, sigma: float, rng: Any) -> Any:
    """A sensor's noise: stronger in the dark, part of it grey, slightly smoothed."""
    light = np.maximum(to_light(x).mean(-1, keepdims=True), 0.002)
    level = np.sqrt(2 * light + 0.12) * np.minimum(0.44 * light**-0.583, 8)
    grey = rng.standard_normal((*x.shape[:2], 1)).astype(np.float32)
    both = grey + 0.7 * rng.standard_normal(x.shape).astype(np.float32)
    both = cv2.GaussianBlur(both, (0, 0), 0.5) * np.minimum(level / level.mean(), 3)
    return x + both * np.float32(sigma / 255) / (both @ _LUMA).std()


def blur(x: Any, radius: float, rng: Any) -> Any:
    """A Gaussian blur in linear light."""
    return from_light(cv2.GaussianBlur(to_light(x), (0, 0), radius))


def exposure(x: Any, stops: float, rng: Any) -> Any:
    """More or less light, cut off at white."""
    return from_light(to_light(x) * 2.0**stops)


def jpeg(x: Any, quality: float, rng: Any) -> Any:
    """A JPEG round trip."""
    data = cv2.imencode(
        ".jpg",
        np.rint(x[..., ::-1] * 255).astype(np.uint8),
        [cv2.IMWRITE_JPEG_QUALITY, round(quality)],
    )[1]
    return cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1].astype(np.float32) / 255


DAMAGES.update(
    noise=("noise", noise, (5.0, 25.0)),
    noise_fine=("noise", noise_fine, (5.0, 25.0)),
    blur=("blur", blur, (0.8, 1.5)),
    low_light=("low_light", exposure, (-1.0, -2.0)),
    overexposure=("overexposure", exposure, (0.7, 1.5)),
    compression=("compression", jpeg, (30.0, 10.0)),
)


@dataclass(frozen=True)
class Case:
    """A photo, a damage, and where it lies."""

    name: str
    damage: str
    amount: float
    clean: Any
    damaged: Any
    mask: Any

    @property
    def distortion(self) -> str:
        return DAMAGES[self.damage][0]


@dataclass
class Outcome:
    """What a repair did, inside the coverage."""

    case: Case
    found: bool
    method: str
    psnr: float
    ssim: float
    before: float
    after: float
    outside_equal: bool
    settings: dict[str, float] = field(default_factory=dict)

    @property
    def better(self) -> bool:
        """Whether the engine says that it helped."""
        return self.after < self.before - 0.005


def cases_of(clean: Any, name: str, damage: str, rng: Any, amount: float | None = None) -> Case:
    """Damage a part of 8 to 20 % of a clean photo, uint8 (h, w, 3), with soft edges."""
    _, change, (mild, strong) = DAMAGES[damage]
    amount = float(rng.uniform(min(mild, strong), max(mild, strong))) if amount is None else amount
    x = clean.astype(np.float32) / 255
    mask = _blob(x, rng)
    after = x + (np.clip(change(x, amount, rng), 0, 1) - x) * mask[..., None]
    damaged = np.rint(np.clip(after, 0, 1) * 255).astype(np.uint8)
    return Case(name, damage, round(amount, 2), clean, damaged, mask)


def _blob(x: Any, rng: Any) -> Any:
    height, width = x.shape[:2]
    best = None
    for _ in range(40):
        rough = rng.standard_normal((height, width)).astype(np.float32)
        smooth = cv2.GaussianBlur(rough, (0, 0), max(height, width) / 9)
        high = (smooth > np.quantile(smooth, 0.82)).astype(np.uint8)
        _, labels, stats, _ = cv2.connectedComponentsWithStats(high)
        mask = (labels == 1 + int(np.argmax(stats[1:, 4]))).astype(np.float32)
        inside = x[mask > 0.5]
        bright = float((inside @ _LUMA).mean())
        detail = float(inside.std())
        good = 0.2 < bright < 0.65 and mask.mean() > 0.08
        if best is None or good:
            best = mask
        if good and detail > 0.08:
            break
    return cv2.GaussianBlur(best, (0, 0), 3)


def try_repair(engine: Any, case: Case, *, strength: float | None = None) -> Outcome:
    """Find the damage, repair it, lay it over with the coverage, and judge again."""
    height, width = case.damaged.shape[:2]
    photo = engine.open(case.damaged)
    report = engine.analyze(photo)
    region, coverage = _region(engine, photo, report, case)
    if region is None:
        rows, cols = np.nonzero(case.mask > 0.5)
        box = Box(int(cols.min()), int(rows.min()), int(cols.max()) + 1, int(rows.max()) + 1)
        plan = engine.repair_plan(photo, box=box, distortion=case.distortion)
        coverage = np.rint(255 * case.mask).astype(np.uint8)
        coverage[:] *= _inside(box, coverage)
    else:
        plan = engine.repair_plan(photo, region=region.id)
    around, box = plan.around, plan.box
    seen = np.ascontiguousarray(case.damaged[around.y0 : around.y1, around.x0 : around.x1])
    made = engine.repair_render(plan, seen, strength=strength)
    pixels = np.frombuffer(made.pixels.data, np.uint8).reshape(box.height, box.width, 3)
    repaired = case.damaged.copy()
    part = repaired[box.y0 : box.y1, box.x0 : box.x1]
    cut = coverage[box.y0 : box.y1, box.x0 : box.x1, None].astype(np.uint16)
    part[...] = (cut * pixels + (255 - cut) * part + 127) // 255
    inside = coverage >= 128
    outside = coverage == 0
    changed = engine.update(photo, box, np.ascontiguousarray(part))
    after = _severity(engine, changed, engine.regions(changed), case, coverage)
    outcome = Outcome(
        case=case,
        found=region is not None,
        method=plan.method,
        psnr=_psnr(repaired, case.clean, inside) - _psnr(case.damaged, case.clean, inside),
        ssim=_ssim(repaired, case.clean, inside) - _ssim(case.damaged, case.clean, inside),
        before=plan.expect.severity_before,
        after=after,
        outside_equal=bool(np.array_equal(repaired[outside], case.damaged[outside])),
        settings=plan.settings,
    )
    engine.close_photo(changed)
    engine.close_photo(photo)
    assert (width, height) == (photo.width, photo.height)
    return outcome


def _inside(box: Box, like: Any) -> Any:
    inside = np.zeros_like(like)
    inside[box.y0 : box.y1, box.x0 : box.x1] = 1
    return inside


def _region(engine: Any, photo: Any, report: Any, case: Case) -> tuple[Any, Any]:
    """The region of the damage's distortion that covers most of it, and its coverage."""
    best, most, kept = None, 0.15, None
    for region in report.regions:
        if region.distortion != case.distortion:
            continue
        coverage = _coverage(engine, photo, region, case.damaged.shape[:2])
        share = float(np.minimum(coverage / 255, case.mask).sum() / case.mask.sum())
        if share > most:
            best, most, kept = region, share, coverage
    return best, kept


def _coverage(engine: Any, photo: Any, region: Any, shape: tuple[int, int]) -> Any:
    (layer,) = engine.layers(photo, "coverage", regions=[region.id])
    coverage = np.zeros(shape, np.uint8)
    box = layer.box
    coverage[box.y0 : box.y1, box.x0 : box.x1] = np.asarray(layer)
    return coverage


def _severity(engine: Any, photo: Any, report: Any, case: Case, coverage: Any) -> float:
    """The worst region of the same distortion that still lies where the damage was."""
    worst = 0.0
    for region in report.regions:
        if region.distortion == case.distortion:
            now = _coverage(engine, photo, region, coverage.shape)
            if np.minimum(now, coverage).sum() > 0.05 * coverage.sum():
                worst = max(worst, region.severity)
    return worst


def _psnr(a: Any, b: Any, inside: Any) -> float:
    error = (a[inside].astype(np.float64) - b[inside]) ** 2
    return float(-10 * np.log10(max(error.mean(), 1e-3) / 255**2))


def _ssim(a: Any, b: Any, inside: Any) -> float:
    grey = [cv2.cvtColor(x, cv2.COLOR_RGB2GRAY) for x in (a, b)]
    _, plane = structural_similarity(*grey, data_range=255, full=True)
    return float(plane[inside].mean())


def summary(damage: str, outcomes: list[Outcome]) -> str:
    """One line of the table."""
    psnr, ssim = (np.array([getattr(o, name) for o in outcomes]) for name in ("psnr", "ssim"))
    better = sum(o.better for o in outcomes)
    fooled = sum(o.better and o.psnr < -0.2 and o.ssim < 0 for o in outcomes)
    return (
        f"{damage:13} n {len(outcomes):3}  found {sum(o.found for o in outcomes):3}  "
        f"PSNR median {np.median(psnr):+6.2f} dB least {psnr.min():+6.2f}  "
        f"SSIM median {np.median(ssim):+.3f} least {ssim.min():+.3f}  "
        f"severity fell {better:3}  said better but worse {fooled}"
    )


def missed(damage: str, outcomes: list[Outcome]) -> list[str]:
    """The bounds that these outcomes miss, in words."""
    told = []
    for figure, statistic, least in BOUNDS.get(damage, ()):
        values = [getattr(outcome, figure) for outcome in outcomes]
        reached = float(np.median(values) if statistic == "median" else np.min(values))
        if reached < least or (least == 0 and reached == 0):
            told.append(f"{damage}: {statistic} {figure} is {reached:+.3f}, not over {least}")
    if not all(outcome.outside_equal for outcome in outcomes):
        told.append(f"{damage}: pixels outside the coverage have changed")
    return told


def photos(data: Path, rng: Any) -> Iterator[tuple[str, Any]]:
    """The photos that were kept out of training, in a drawn order."""
    with (data / "photos" / "photos.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "dev"]
    for index in rng.permutation(len(rows)):
        name = rows[index]["file"]
        pixels = cv2.imread(str(data / "photos" / name), cv2.IMREAD_COLOR)
        if pixels is not None:
            yield name, np.ascontiguousarray(pixels[..., ::-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, default=os.environ.get("FLAWMAP_DATA"))
    parser.add_argument("--photos", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=list(DAMAGES), choices=DAMAGES)
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    if options.data is None:
        print("Skipped: say where the photos are, with --data DIR or FLAWMAP_DATA.")
        return
    wrong: list[str] = []
    with flawmap_api.connect(private=True) as engine:
        for damage in options.only:
            rng = np.random.default_rng([options.seed, list(DAMAGES).index(damage)])
            outcomes = []
            for name, clean in photos(Path(options.data), rng):
                outcome = try_repair(engine, cases_of(clean, name, damage, rng))
                outcomes.append(outcome)
                if options.verbose:
                    told = {k: v for k, v in outcome.settings.items() if "_" not in k}
                    print(
                        f"  {name[:20]:20} {outcome.case.amount:6} {outcome.method:10} "
                        f"{told} {outcome.psnr:+.2f} dB {outcome.ssim:+.3f} "
                        f"severity {outcome.before:.2f} -> {outcome.after:.2f} "
                        f"{'' if outcome.found else 'not found'}",
                        flush=True,
                    )
                if len(outcomes) == options.photos:
                    break
            print(summary(damage, outcomes), flush=True)
            wrong += missed(damage, outcomes)
    print("\n".join(wrong) or "All bounds are kept.")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
