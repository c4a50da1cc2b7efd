"""Made findings: a photo, planes and a report that belong together, by contract and by seed."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from flawmap_api import words
from flawmap_api.geometry import Box, Grid
from flawmap_api.report import (
    DistortionSummary,
    EngineInfo,
    OnlyAt1To1,
    PhotoInfo,
    Region,
    Report,
)
from flawmap_export import DistortionPlanes, Findings

K = 77


def findings(
    width=96,
    height=64,
    *,
    distortions=("blur", "noise"),
    flaws=2,
    unknown=True,
    full=False,
    seed=0,
    quality=0.62,
):
    """Findings with `flaws` round flaws a distortion, unknown in the upper quarter if asked."""
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 256, (max(1, height // 16), max(1, width // 16), 3), dtype=np.uint8)
    photo = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    grid = Grid.of_view(width, height)
    planes, summaries, regions = {}, {}, []
    for name in distortions:
        made = _planes(rng, grid, flaws, unknown=unknown)
        if full:
            made = _planes_at(made, width, height)
        planes[name] = made
        summaries[name] = _summary(made)
        regions += _regions(name, made, width, height)
    regions.sort(key=lambda r: -r.severity * r.area**0.5)
    report = Report(
        photo=PhotoInfo(
            "/photos/made.jpg", "ab" * 32, "cd" * 32, "/photos/made.jpg", width, height
        ),
        view="screen",
        grid=grid,
        quality=quality,
        subject_sharpness=0.5,
        distortions=summaries,
        regions=tuple(regions[:24]),
        more={},
        only_at_1_to_1=(
            OnlyAt1To1(
                "noise", 0.4, 0.3, "Noise shows at 1:1.", "at_1_to_1.noise", {"percent": 40}
            ),
        )
        if flaws
        else (),
        engine=EngineInfo("0.1.0", 1, "made", "ef" * 32, "cpu", ("CPUExecutionProvider",)),
    )
    return Findings(report, photo, planes)


def _planes(rng, grid, flaws, *, unknown):
    severity = np.zeros((grid.rows, grid.cols))
    rows, cols = np.ogrid[: grid.rows, : grid.cols]
    for _ in range(flaws):
        row, col = rng.random(2) * severity.shape
        radius = (0.1 + 0.25 * rng.random()) * max(severity.shape)
        away = ((rows - row) ** 2 + (cols - col) ** 2) / max(radius, 1) ** 2
        severity = np.maximum(severity, (0.4 + 0.6 * rng.random()) * np.clip(1.5 - away, 0, 1))
    plane = np.round(255 * severity).astype(np.uint8)
    blind = np.zeros_like(plane)
    if unknown:
        blind[: grid.rows // 4] = 255
    return DistortionPlanes(plane, _mask(plane, blind), blind)


def _planes_at(planes, width, height):
    severity, blind = (
        cv2.resize(plane, (width, height), interpolation=cv2.INTER_LINEAR)
        for plane in (planes.severity, planes.unknown)
    )
    return DistortionPlanes(severity, _mask(severity, blind), blind)


def _mask(severity, blind):
    return ((severity >= K) & (blind < 128)).astype(np.uint8) * 255


def _summary(planes):
    area = words.rounded((planes.mask > 0).mean())
    known = np.sort(planes.severity[planes.unknown < 128])
    worst = known[-max(1, known.size // 100) :].mean() / 255 if known.size else 0.0
    severity = words.rounded(worst) if area >= 0.002 else 0.0
    blind = words.rounded((planes.unknown >= 128).mean())
    return DistortionSummary(K / 255, area, severity, blind)


def _regions(name, planes, width, height):
    rows, cols = planes.mask.shape
    count, labels, stats, _ = cv2.connectedComponentsWithStats(planes.mask, connectivity=8)
    for i in range(1, count):
        x, y, w, h, size = (int(v) for v in stats[i])
        if size / planes.mask.size < 0.002:
            continue
        yield Region(
            id=f"{name}-{i:08x}",
            distortion=name,
            box=Box(
                x * width // cols,
                y * height // rows,
                min(width, -(-(x + w) * width // cols)),
                min(height, -(-(y + h) * height // rows)),
            ),
            area=words.rounded(size / planes.mask.size),
            severity=words.rounded(float(np.percentile(planes.severity[labels == i], 95)) / 255),
            quality=0.4,
            importance=0.5,
            subject=0.5,
            intentional=False,
            confidence=0.8,
            sentence=f"There is {name}.",
            sentence_id=f"{name}.made",
            sentence_args={},
        )


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below `folder` with its bytes."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
