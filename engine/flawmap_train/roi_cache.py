"""Scenes on disk: made once, looked at again whenever the dense network changes.

A file holds one scene: the finished picture as PNG, the cells of its parts as bits, their areas and
labels. Labels ask for no network but where a part's own look must be seen (`roi_labels`); the parts
are the made flaws, what the engine finds, boxes, shapes, colour segments, the subject, the whole.
Scene k of seed s is always the same for the same weights.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from flawmap_api.geometry import Grid
from flawmap_api.words import DISTORTIONS
from flawmap_engine.analysis import analyze
from flawmap_engine.inference import Networks
from flawmap_engine.masks import find_regions
from flawmap_engine.planes import Analysis, ViewPlanes

from .photos import load_photos, load_shapes
from .regions import draw_mask
from .roi_labels import importance_density, label_part
from .roi_synthesis import Scene, load_objects, make_scene, small_mask

__all__ = ["Picture", "Record", "fill", "look", "records"]

ByteImage = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

_FOUND: Final = 5
_LEAST: Final = 0.004
_CLIPPED: Final = 250


@dataclass(frozen=True, slots=True)
class Picture:
    """Pixels as the engine takes them; clipping is read from the pixels themselves."""

    rgb: ByteImage
    alpha: None
    clipped: ByteImage
    gamut: ByteImage

    @classmethod
    def of(cls, rgb: ByteImage) -> Picture:
        """A finished picture."""
        high = rgb >= _CLIPPED
        every, some = np.asarray(high.all(-1)), np.asarray(high.any(-1))
        return cls(rgb, None, _shares(every), _shares(some & ~every))


@dataclass(frozen=True, slots=True)
class Record:
    """A scene as it was kept.

    pixels uint8 (h, w, 3); cells bool (n, rows, cols); area float32 (n,); labels float32 (n, 19):
    quality, importance, subject, eight severities, eight intentions; kind: what each part is.
    """

    pixels: ByteImage
    cells: Mask
    area: npt.NDArray[np.float32]
    labels: npt.NDArray[np.float32]
    kind: list[str]
    tags: list[str]

    @classmethod
    def open(cls, file: Path) -> Record:
        """Read one file of a cache."""
        with np.load(file) as data:
            picture = cv2.imdecode(data["png"], cv2.IMREAD_COLOR)
            if picture is None:
                raise FileNotFoundError(f"{file} holds no picture.")
            shape = tuple(int(v) for v in data["shape"])
            bits = np.unpackbits(data["cells"], axis=-1, count=shape[1] * shape[2])
            return cls(
                np.ascontiguousarray(picture[..., ::-1]),
                bits.reshape(shape).astype(np.bool_),
                data["area"],
                data["labels"],
                [str(k) for k in data["kind"]],
                [str(t) for t in data["tags"]],
            )


def look(pixels: ByteImage, networks: Networks) -> Analysis:
    """What the engine says of a finished picture."""
    return analyze(Picture.of(pixels), networks)


def records(folder: Path) -> list[Path]:
    """The files of a cache, in the order of their numbers."""
    return sorted(folder.glob("scene-*.npz"))


def fill(
    data: Path,
    out: Path,
    networks: Networks,
    *,
    part: str,
    count: int,
    seed: int = 1,
    first: int = 0,
    step: int = 1,
) -> Iterator[Path]:
    """Make the scenes first, first + step, … below `count` that are not there yet."""
    photos, shapes = load_photos(data, part), load_shapes(data, part)
    objects = load_objects(data, part)
    out.mkdir(parents=True, exist_ok=True)
    of = {"train": 0, "tune": 1, "dev": 2}[part]
    for number in range(first, count, step):
        file = out / f"scene-{number:05}.npz"
        if file.exists():
            continue
        rng = np.random.default_rng([seed, of, number])
        scene = make_scene(rng, photos, shapes, objects)
        yield _kept(file, scene, look(scene.pixels, networks), rng, shapes, networks)


def _kept(
    file: Path,
    scene: Scene,
    analysis: Analysis,
    rng: np.random.Generator,
    shapes: Sequence[ByteImage],
    networks: Networks,
) -> Path:
    small = (scene.pixels.shape[0] // 2, scene.pixels.shape[1] // 2)
    grid = analysis.screen.grid
    density = importance_density(scene)
    luma = cv2.cvtColor(scene.pixels, cv2.COLOR_RGB2GRAY)
    luma = cv2.resize(luma, small[::-1], interpolation=cv2.INTER_AREA).astype(np.float32)
    cells, areas, labels, kinds = [], [], [], []
    for kind, mask in _parts(scene, analysis, rng, shapes, networks):
        on_grid = small_mask(mask.astype(np.float32), (grid.rows, grid.cols))
        if not on_grid.any() or float(mask.mean()) < _LEAST:
            continue
        seen = _seen(analysis.screen, on_grid)
        said = label_part(scene, mask, density, seen, float(luma[mask].mean()))
        cells.append(on_grid.ravel())
        areas.append(float(mask.mean()))
        labels.append(
            [said.quality, said.importance, said.subject, *said.severity, *said.intentional]
        )
        kinds.append(kind)
    done, png = cv2.imencode(".png", scene.pixels[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 1])
    if not done:
        raise RuntimeError("OpenCV could not write a PNG.")
    waiting = file.with_suffix(".part")
    with waiting.open("wb") as stream:
        np.savez(
            stream,
            png=png,
            shape=np.array([len(cells), grid.rows, grid.cols]),
            cells=np.packbits(np.array(cells, np.uint8).reshape(len(cells), -1), axis=-1),
            area=np.array(areas, np.float32),
            labels=np.array(labels, np.float32).reshape(len(cells), 3 + 2 * len(DISTORTIONS)),
            kind=np.array(kinds),
            tags=np.array(sorted(scene.tags)),
        )
    os.replace(waiting, file)
    return file


def _seen(planes: ViewPlanes, cells: Mask) -> dict[str, float]:
    return {
        name: float(planes.severity[d][cells].mean()) / 255
        for d, name in enumerate(planes.distortions)
    }


def _parts(
    scene: Scene,
    analysis: Analysis,
    rng: np.random.Generator,
    shapes: Sequence[ByteImage],
    networks: Networks,
) -> Iterator[tuple[str, Mask]]:
    h, w = scene.pixels.shape[0] // 2, scene.pixels.shape[1] // 2
    for flaw in scene.flaws:
        if float(flaw.mask.mean()) < 0.98:
            yield "planted", _roughened(rng, flaw.mask)
    if scene.subject is not None:
        yield "subject", _roughened(rng, scene.subject)
        yield "ground", ~scene.subject
    yield from _found(analysis, rng, networks, (h, w))
    for _ in range(2):
        bw, bh = (int(v) for v in np.exp(rng.uniform(np.log(0.12), np.log(0.8), 2)) * (w, h))
        x, y = int(rng.integers(0, w - bw + 1)), int(rng.integers(0, h - bh + 1))
        box = np.zeros((h, w), np.bool_)
        box[y : y + max(bh, 1), x : x + max(bw, 1)] = True
        yield "box", box
    drawn = draw_mask(rng, 256, shapes, kind=str(rng.choice(["shape", "ellipse", "blob"])))
    yield "shape", small_mask(drawn, (h, w))
    yield from _segments(scene.pixels, rng, (h, w))
    if rng.random() < 0.4:
        yield "whole", np.ones((h, w), np.bool_)


def _roughened(rng: np.random.Generator, mask: Mask) -> Mask:
    """As somebody would mark it, not as it is."""
    side = 2 * int(rng.integers(1, 9)) + 1
    kernel = np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)
    how = cv2.MORPH_DILATE if rng.random() < 0.5 else cv2.MORPH_ERODE
    rough = cv2.morphologyEx(mask.astype(np.uint8), how, kernel) > 0
    return np.asarray(rough if rough.any() else mask)


def _found(
    analysis: Analysis, rng: np.random.Generator, networks: Networks, size: tuple[int, int]
) -> Iterator[tuple[str, Mask]]:
    """Some of the regions that a report of this picture could show."""
    shapes = []
    for name in analysis.screen.distortions:
        k = networks.card.thresholds[name]
        k = int(max(26, k * rng.uniform(0.5, 1.0)))
        found, _ = find_regions(analysis.screen, k, name, analysis.width, analysis.height)
        shapes += found
    for i in rng.permutation(len(shapes))[:_FOUND]:
        shape = shapes[int(i)]
        plane = shape.on_grid().astype(np.uint8)
        mask = cv2.resize(plane, (size[1], size[0]), interpolation=cv2.INTER_NEAREST)
        yield f"found {shape.distortion}", np.asarray(mask > 0)


def _segments(
    pixels: ByteImage, rng: np.random.Generator, size: tuple[int, int]
) -> Iterator[tuple[str, Mask]]:
    """Two pieces of like colour and place, as a click on a thing would mark."""
    h, w = (96 * v // max(size) for v in size)
    small = cv2.resize(pixels, (max(w, 8), max(h, 8)), interpolation=cv2.INTER_AREA)
    h, w = small.shape[:2]
    lab = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    points = np.concatenate([lab, 0.5 * np.stack([y, x], -1)], -1).reshape(-1, 5)
    cv2.setRNGSeed(int(rng.integers(1 << 30)))
    stop = (cv2.TERM_CRITERIA_MAX_ITER, 8, 1.0)
    start = np.zeros((len(points), 1), np.int32)
    _, label, _ = cv2.kmeans(points, 7, start, stop, 1, cv2.KMEANS_PP_CENTERS)
    pieces = []
    for k in range(7):
        plane = (label.reshape(h, w) == k).astype(np.uint8)
        plane = np.asarray(cv2.medianBlur(plane, 5), np.uint8)
        _, joined, stats, _ = cv2.connectedComponentsWithStats(plane)
        pieces += [joined == i for i in range(1, len(stats)) if stats[i][4] >= 0.012 * h * w]
    for i in rng.permutation(len(pieces))[:2]:
        yield "segment", small_mask(pieces[int(i)].astype(np.float32), size)


def _shares(plane: Mask) -> ByteImage:
    grid = Grid.of_view(plane.shape[1], plane.shape[0])
    share = cv2.resize(
        plane.astype(np.float32), (grid.cols, grid.rows), interpolation=cv2.INTER_AREA
    )
    return np.asarray(np.rint(share * 255), np.uint8)
