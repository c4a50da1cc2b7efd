"""Sets to be measured on: dev photos, damaged by recipes that the training does not have.

Other shapes (region shapes held out), other kernels (cat's-eye and mirror-lens discs, arcs with a
changing speed), other noise, other tone curves, other encoders; the severity scale is the same,
people's. Four folders in the layouts that `flawmap-eval measure` reads: `clean`, `damaged` (one
flaw in a place), `graded` (one flaw over all of the photo, nine steps) and `crossed` (nine steps of
one flaw under a fixed other one).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from flawmap_api.words import DISTORTIONS

from .degrade import bytes_of, floats_of, luma
from .optics import to_linear, to_srgb
from .photos import Photo, load_photos, load_shapes
from .regions import draw_mask
from .severity_curves import (
    BLUR,
    JITTER,
    JPEG,
    LOW_LIGHT,
    LOW_LIGHT_STOPS,
    NOISE,
    OVEREXPOSURE,
    Curve,
    jpeg_quality,
)

__all__ = ["CROSSED", "STEPS", "make_sets", "spoil"]

ByteImage = npt.NDArray[np.uint8]
FloatImage = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Say = Callable[[str], None]

STEPS: Final = 9
#: (what rises, what stays beside it).
CROSSED: Final = (
    ("noise", "blur"),
    ("blur", "noise"),
    ("low_light", "noise"),
    ("noise", "low_light"),
    ("compression", "blur"),
    ("blur", "compression"),
)
_HELD: Final = 0.4
_SIDE: Final = 1024
_HIGHEST: Final = 0.88
_CONTRAST: Final = Curve("log2 of luma sd before / after", 1.0, 0.562, 1.95)
_VIVID: Final = Curve("mean a,b distance", 1.0, 21.8, 2.09)
# Order of a camera: what comes first is done first.
_ORDER: Final = (
    "overexposure",
    "low_light",
    "contrast",
    "colorfulness",
    "blur",
    "jitter",
    "noise",
    "compression",
)
_FIT: Final = {
    "blur": [["has_bokeh", "==", "0"], ["sharp_share", ">=", "0.6"]],
    "jitter": [["has_bokeh", "==", "0"], ["sharp_share", ">=", "0.6"]],
    "overexposure": [
        ["tags", "lacks", "high-key"],
        ["tags", "lacks", "white-background-or-clipped-sky"],
    ],
    "low_light": [["tags", "lacks", tag] for tag in ("low-key", "night", "dusk")],
    "contrast": [["tags", "lacks", tag] for tag in ("low-contrast", "high-key", "low-key")],
    "colorfulness": [["tags", "lacks", tag] for tag in ("muted-colour", "night", "dusk")],
    "noise": [["noise_sigma", "<=", "0.75"]],
}


def make_sets(
    data: Path,
    out: Path,
    *,
    part: str = "dev",
    seed: int = 1,
    damaged: int = 16,
    series: int = 5,
    crossed: int = 3,
    say: Say = print,
) -> None:
    """Write the four folders into `out`.

    Parameters
    ----------
    damaged, series, crossed : photos a distortion in `damaged` and `graded`, photos in `crossed`
    """
    photos, shapes = load_photos(data, part), load_shapes(data, part)
    _clean(data, out / "clean", part, {p.file.name for p in photos})
    say(f"clean: {len(photos)} photos")
    _damaged(np.random.default_rng([seed, 1]), photos, shapes, out / "damaged", damaged)
    say(f"damaged: {damaged * len(DISTORTIONS)} photos")
    _graded(np.random.default_rng([seed, 2]), photos, out / "graded", series)
    say(f"graded: {series * len(DISTORTIONS)} series of {STEPS}")
    _crossed(np.random.default_rng([seed, 3]), photos, out / "crossed", crossed)
    say(f"crossed: {crossed * len(CROSSED)} series of {STEPS}")


def spoil(
    rng: np.random.Generator, x: FloatImage, name: str, severity: float, mask: Mask | None = None
) -> tuple[FloatImage, float]:
    """The picture with a flaw all over it, and the severity that was reached inside `mask`.

    Parameters
    ----------
    x : float32 sRGB 0..1, shape (h, w, 3)
    severity : wanted, 0.02..0.9
    """
    inside = x.reshape(-1, 3) if mask is None else x[mask]
    inside = inside[:: max(1, len(inside) // 4000)][:, None, :]
    return _RECIPES[name](rng, x, inside, severity)


def _blur(
    rng: np.random.Generator, x: FloatImage, _: FloatImage, severity: float
) -> tuple[FloatImage, float]:
    spread = BLUR.parameter_of(severity)
    kernel = _lens(rng, spread)
    light = cv2.filter2D(to_linear(x), -1, kernel, borderType=cv2.BORDER_REFLECT_101)
    return to_srgb(np.asarray(light, np.float32)), severity


def _lens(rng: np.random.Generator, spread: float) -> FloatImage:
    """A cat's eye or a mirror lens' ring, with the wanted mean spread."""
    fine, reach = 9, 2.2 * spread + 1.5
    n = int(np.ceil(reach))
    side = (2 * n + 1) * fine
    y, x = (np.mgrid[0:side, 0:side] + 0.5) / fine - n - 0.5
    turn = float(rng.uniform(0, np.pi))
    u, v = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    if rng.random() < 0.5:
        plane = (u / 1.15) ** 2 + (v / 0.83) ** 2
        inside = plane <= (_scale_of(spread, ring=False)) ** 2
    else:
        radius = np.hypot(x, y)
        outer = _scale_of(spread, ring=True)
        inside = (radius <= outer) & (radius >= 0.45 * outer)
    kernel = inside.reshape(2 * n + 1, fine, 2 * n + 1, fine).mean((1, 3))
    if kernel.sum() <= 0:
        kernel[n, n] = 1.0
    return np.asarray(kernel / kernel.sum(), np.float32)


def _scale_of(spread: float, *, ring: bool) -> float:
    """Radius whose uniform disc, or ring from 0.45 of it, has twice-sd `spread`."""
    pixel = np.sqrt(max(spread * spread - 1 / 3, 0.05))
    return float(pixel / np.sqrt(1 + 0.45**2)) if ring else float(pixel)


def _jitter(
    rng: np.random.Generator, x: FloatImage, _: FloatImage, severity: float
) -> tuple[FloatImage, float]:
    length = JITTER.parameter_of(severity)
    bend = float(rng.uniform(-0.9, 0.9))
    t = np.linspace(0, 1, 400) ** float(rng.uniform(0.8, 1.3))
    angle = rng.uniform(0, 2 * np.pi) + bend * t
    path = np.cumsum(np.stack([np.cos(angle), np.sin(angle)], 1), 0)
    path *= length / np.hypot(*np.diff(path, axis=0).T).sum()
    path -= (path.min(0) + path.max(0)) / 2
    n = int(np.ceil(np.abs(path).max())) + 1
    kernel = np.zeros((2 * n + 1, 2 * n + 1))
    for px, py in path:
        ix, iy = int(np.floor(px)), int(np.floor(py))
        fx, fy = px - ix, py - iy
        for dx, wx in ((0, 1 - fx), (1, fx)):
            for dy, wy in ((0, 1 - fy), (1, fy)):
                kernel[n + iy + dy, n + ix + dx] += wx * wy
    kernel = (kernel / kernel.sum()).astype(np.float32)
    light = cv2.filter2D(to_linear(x), -1, kernel, borderType=cv2.BORDER_REFLECT_101)
    return to_srgb(np.asarray(light, np.float32)), severity


def _noise(
    rng: np.random.Generator, x: FloatImage, _: FloatImage, severity: float
) -> tuple[FloatImage, float]:
    """Heavy-tailed, stronger in the mid-tones, half of it shared by the channels."""
    sd = NOISE.parameter_of(severity) / 255
    shape = x.shape
    own, shared = rng.laplace(0, 1, shape), rng.laplace(0, 1, (*shape[:2], 1))
    field: FloatImage = (own + shared).astype(np.float32)
    level = 0.6 + 0.8 * np.sin(np.pi * np.clip(luma(x), 0, 1))
    field = np.asarray(field * level[..., None], np.float32)
    field = np.asarray(field * (sd / float(luma(field).std())), np.float32)
    return np.clip(x + field, 0, 1).astype(np.float32), severity


def _bright(
    rng: np.random.Generator, x: FloatImage, inside: FloatImage, severity: float
) -> tuple[FloatImage, float]:
    del rng

    def lit(y: FloatImage, amount: float) -> FloatImage:
        light = to_linear(y) * np.float32(1 + amount)
        rolled = np.where(light > 0.8, 0.8 + 0.2 * np.tanh((light - 0.8) / 0.2), light)
        return to_srgb(np.asarray(rolled, np.float32))

    def reached(y: FloatImage) -> float:
        return float(OVEREXPOSURE.severity(255 * float(luma(y).mean() - luma(inside).mean())))

    return _searched(lit, reached, x, inside, severity, 24.0)


def _dark(
    rng: np.random.Generator, x: FloatImage, inside: FloatImage, severity: float
) -> tuple[FloatImage, float]:
    del rng

    def dimmed(y: FloatImage, amount: float) -> FloatImage:
        light = to_linear(y) / np.float32(1 + amount)
        return to_srgb(np.asarray(light ** np.float32(1 + 0.05 * min(amount, 4)), np.float32))

    def reached(y: FloatImage) -> float:
        fall = LOW_LIGHT.severity(255 * float(luma(inside).mean() - luma(y).mean()))
        before, after = (float(to_linear(v).mean()) + 1e-4 for v in (inside, y))
        stops = LOW_LIGHT_STOPS.severity(max(0.0, float(np.log2(before / after))))
        return float(fall + stops) / 2

    return _searched(dimmed, reached, x, inside, severity, 60.0)


def _coded(
    rng: np.random.Generator, x: FloatImage, _: FloatImage, severity: float
) -> tuple[FloatImage, float]:
    """A second save over a good first one, by another encoder than the training's."""
    from PIL import Image

    pixels = bytes_of(x)
    for quality in (int(rng.integers(88, 96)), round(jpeg_quality(JPEG.parameter_of(severity)))):
        kept = io.BytesIO()
        Image.fromarray(pixels).save(kept, "JPEG", quality=max(1, quality), subsampling=2)
        pixels = np.asarray(Image.open(kept).convert("RGB"), np.uint8)
    return floats_of(pixels), severity


def _flat(
    rng: np.random.Generator, x: FloatImage, inside: FloatImage, severity: float
) -> tuple[FloatImage, float]:
    del rng
    ratio = np.float32(2.0 ** -_CONTRAST.parameter_of(severity))
    veil = np.asarray(inside.mean((0, 1)) * 0.6 + 0.28, np.float32)
    return np.asarray(veil + (x - veil) * ratio, np.float32), severity


def _coloured(
    rng: np.random.Generator, x: FloatImage, inside: FloatImage, severity: float
) -> tuple[FloatImage, float]:
    """A cast in Lab, or too much chroma there."""
    angle, vivid = float(rng.uniform(0, 2 * np.pi)), bool(rng.random() < 0.4)

    def tinted(y: FloatImage, amount: float) -> FloatImage:
        lab = cv2.cvtColor(np.ascontiguousarray(y), cv2.COLOR_RGB2LAB)
        if vivid:
            lab[..., 1:] = lab[..., 1:] * np.float32(1 + 0.2 * amount)
        else:
            lab[..., 1] += 6 * amount * np.cos(angle)
            lab[..., 2] += 6 * amount * np.sin(angle)
        back = cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)
        return np.clip(np.nan_to_num(back), 0, 1).astype(np.float32)

    def reached(y: FloatImage) -> float:
        a, b = (cv2.cvtColor(np.ascontiguousarray(v), cv2.COLOR_RGB2LAB) for v in (inside, y))
        away = np.hypot(*(b - a)[..., 1:].reshape(-1, 2).T)
        return float(_VIVID.severity(float(away.mean())))

    return _searched(tinted, reached, x, inside, severity, 30.0)


def _searched(
    apply: Callable[[FloatImage, float], FloatImage],
    reached: Callable[[FloatImage], float],
    x: FloatImage,
    inside: FloatImage,
    severity: float,
    most: float,
) -> tuple[FloatImage, float]:
    low, high = 0.0, most
    for _ in range(14):
        middle = (low + high) / 2
        if reached(apply(inside, middle)) < severity:
            low = middle
        else:
            high = middle
    return apply(x, low), reached(apply(inside, low))


_RECIPES: Final[dict[str, Callable[..., tuple[FloatImage, float]]]] = {
    "blur": _blur,
    "jitter": _jitter,
    "noise": _noise,
    "overexposure": _bright,
    "low_light": _dark,
    "compression": _coded,
    "contrast": _flat,
    "colorfulness": _coloured,
}


def _clean(data: Path, out: Path, part: str, names: set[str]) -> None:
    with (data / "photos" / "photos.csv").open(newline="", encoding="utf-8") as f:
        rows = [r for r in csv.DictReader(f) if Path(r["file"]).name in names]
    out.mkdir(parents=True, exist_ok=True)
    for row in rows:
        source = data / "photos" / row["file"]
        row["file"], row["split"] = Path(row["file"]).name, part
        (out / row["file"]).write_bytes(source.read_bytes())
    _write(out, {"kind": "clean", "table": "photos.csv", "file": "file", "fit": _FIT}, rows)


def _damaged(
    rng: np.random.Generator,
    photos: Sequence[Photo],
    shapes: Sequence[ByteImage],
    out: Path,
    count: int,
) -> None:
    out.mkdir(parents=True, exist_ok=True)
    rows = []
    for name in DISTORTIONS:
        fit = [p for p in photos if p.fit_for(name) and not p.has_bokeh]
        order = rng.permutation(len(fit))
        for i in range(count):
            x = _loaded(fit[int(order[i % len(fit)])])
            wanted = 0.22 + 0.68 * (i + 0.5) / count
            best: tuple[float, FloatImage, Mask, float] | None = None
            for _ in range(8):
                mask = _region(rng, shapes, x)
                after, reached = spoil(rng, x, name, wanted, mask)
                if best is None or abs(reached - wanted) < best[0]:
                    best = (abs(reached - wanted), after, mask, reached)
                if best[0] < 0.04:
                    break
            if best is None or best[3] < 0.15:
                continue
            _, after, mask, reached = best
            soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 1.0)[..., None]
            y = np.asarray(x + (after - x) * soft, np.float32)
            stem = f"{name}_{i:02}"
            _save(out / f"{stem}.png", bytes_of(y))
            cv2.imwrite(str(out / f"{stem}.{name}.png"), _judged(x, y, mask))
            rows.append({"file": f"{stem}.png", "distortion": name, "severity": round(reached, 3)})
    _write(out, {"kind": "damaged"}, rows)


def _region(rng: np.random.Generator, shapes: Sequence[ByteImage], x: FloatImage) -> Mask:
    h, w = x.shape[:2]
    for _ in range(60):
        drawn = draw_mask(rng, 512, shapes, kind=str(rng.choice(["shape", "blob", "polygon"])))
        mask = np.asarray(cv2.resize(drawn, (w, h)) > 0.5)
        bright = float(luma(x)[mask].mean()) if mask.any() else 0.0
        if 0.05 <= mask.mean() <= 0.35 and 0.18 < bright < 0.75:
            break
    return mask


def _judged(before: FloatImage, after: FloatImage, mask: Mask) -> ByteImage:
    """255 flawed, 0 clean, 128 not judged: the fringe, and where nothing shows within 20 px."""
    change = np.abs(luma(after) - luma(before)) + np.abs(after - before).mean(-1)
    shows = (cv2.blur(np.asarray(change, np.float32), (9, 9)) > 1.5 / 255).astype(np.uint8)
    near = cv2.dilate(shows, np.ones((41, 41), np.uint8)) > 0
    plane = mask.astype(np.uint8)
    square = np.ones((13, 13), np.uint8)
    fringe = cv2.dilate(plane, square) != cv2.erode(plane, square)
    truth = np.where(mask, 255, 0).astype(np.uint8)
    truth[fringe | (mask & ~near)] = 128
    return truth


def _graded(rng: np.random.Generator, photos: Sequence[Photo], out: Path, count: int) -> None:
    out.mkdir(parents=True, exist_ok=True)
    rows = []
    for name in DISTORTIONS:
        for k, photo in enumerate(_chosen(rng, photos, [name], count)):
            rows += _series(int(rng.integers(1 << 31)), photo, name, None, f"{name}_{k}", out)
    _write(out, {"kind": "graded"}, rows)


def _crossed(rng: np.random.Generator, photos: Sequence[Photo], out: Path, count: int) -> None:
    out.mkdir(parents=True, exist_ok=True)
    rows = []
    for rising, held in CROSSED:
        for k, photo in enumerate(_chosen(rng, photos, [rising, held], count)):
            name = f"{rising}_x_{held}_{k}"
            rows += _series(int(rng.integers(1 << 31)), photo, rising, held, name, out)
    _write(out, {"kind": "graded"}, rows)


def _chosen(
    rng: np.random.Generator, photos: Sequence[Photo], names: Iterable[str], count: int
) -> list[Photo]:
    fit = [p for p in photos if all(p.fit_for(n) for n in names) and not p.has_bokeh]
    return [fit[int(i)] for i in rng.permutation(len(fit))[:count]]


def _series(
    seed: int, photo: Photo, rising: str, held: str | None, series: str, out: Path
) -> list[dict[str, Any]]:
    """Nine steps; each flaw draws the same at every step, so that only the strength changes."""
    x = _loaded(photo)
    rows = []
    for step in range(STEPS):
        wanted = {rising: _HIGHEST * step / (STEPS - 1)}
        if held is not None:
            wanted[held] = _HELD
        y = x
        for name in _ORDER:
            if wanted.get(name, 0.0) >= 0.02:
                draws = np.random.default_rng([seed, DISTORTIONS.index(name)])
                y, _ = spoil(draws, y, name, wanted[name])
        file = f"{series}_{step}.png"
        _save(out / file, bytes_of(y))
        rows.append(
            {
                "file": file,
                "distortion": rising,
                "series": series,
                "step": step,
                "held": held or "",
            }
        )
    return rows


def _loaded(photo: Photo) -> FloatImage:
    pixels = photo.pixels
    h, w = pixels.shape[:2]
    scale = min(1.0, _SIDE / max(h, w))
    size = (round(w * scale), round(h * scale))
    return floats_of(np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8))


def _save(file: Path, pixels: ByteImage) -> None:
    if not cv2.imwrite(str(file), pixels[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 1]):
        raise RuntimeError(f"OpenCV could not write {file}.")


def _write(out: Path, spec: dict[str, Any], rows: Sequence[dict[str, Any]]) -> None:
    (out / "set.json").write_text(json.dumps(spec, indent=1) + "\n", encoding="utf-8")
    table = out / str(spec.get("table", "labels.csv"))
    with table.open("w", newline="", encoding="utf-8") as f:
        writer = csv.DictWriter(f, list(rows[0]) if rows else ["file"])
        writer.writeheader()
        writer.writerows(rows)
