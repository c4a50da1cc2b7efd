"""Repair in the panel: previewed, scored, kept, and written into a copy; on a real engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.ui.panel.helpers import Loop, write_photo

from flawmap_api import connect
from flawmap_panel.model.repair import blended
from flawmap_panel.model.workspace import Workspace


@pytest.fixture
def real(loop: Loop) -> Iterator[Workspace]:
    """A workspace over the tests' own engine."""
    made = Workspace(loop, connect=connect)
    yield made
    made.close()


@pytest.fixture
def noisy(tmp_path: Path) -> Path:
    """A photo with grain in its right half."""
    path = write_photo(tmp_path / "noisy.png", width=960, height=640)
    pixels = np.asarray(Image.open(path)).astype(int)
    smooth = np.asarray(Image.open(path).resize((60, 40)).resize((960, 640)).convert("RGB"))
    pixels = smooth.astype(int)
    grain = np.random.default_rng(3).normal(0, 22, (640, 480, 3))
    pixels[:, 480:] = np.clip(pixels[:, 480:] + grain, 0, 255)
    Image.fromarray(pixels.astype(np.uint8)).save(path)
    return path


def test_a_repair_is_drawn_scored_kept_and_written_into_a_copy_only(
    real: Workspace, loop: Loop, noisy: Path, tmp_path: Path
) -> None:
    before = noisy.read_bytes()
    real.open_paths([str(noisy)])
    loop.until(lambda: real.planes is not None)
    grain = [row for row in real.listing.rows if row.distortion == "noise"]
    assert grain
    real.select_region(grain[0].id)
    real.consider_repair()
    loop.until(lambda: real.repair.preview is not None)
    preview = real.repair.preview
    assert preview is not None and preview.helps
    assert preview.plan.method == "denoise"
    real.repair.keep()
    out = tmp_path / "noisy-repaired.png"
    saved: list[Path] = []
    real.repair.save(noisy, out, saved.append)
    loop.until(lambda: saved)
    assert noisy.read_bytes() == before
    old, new = (np.asarray(Image.open(path)).astype(int) for path in (noisy, out))
    box = preview.plan.box
    outside = np.ones(old.shape[:2], bool)
    outside[box.y0 : box.y1, box.x0 : box.x1] = preview.coverage == 0
    assert np.array_equal(old[outside], new[outside])
    inside = ~outside
    assert np.diff(new, axis=1)[inside[:, 1:]].std() < np.diff(old, axis=1)[inside[:, 1:]].std()


def test_another_strength_is_drawn_anew_and_nothing_at_zero(
    real: Workspace, loop: Loop, noisy: Path
) -> None:
    real.open_paths([str(noisy)])
    loop.until(lambda: real.planes is not None)
    grain = next(row for row in real.listing.rows if row.distortion == "noise")
    real.select_region(grain.id)
    real.consider_repair()
    loop.until(lambda: real.repair.preview is not None)
    real.repair.draw(0.0)
    loop.until(lambda: real.repair.preview is not None and real.repair.preview.strength == 0)
    preview = real.repair.preview
    assert preview is not None
    box = preview.plan.box
    original = np.asarray(Image.open(noisy))[box.y0 : box.y1, box.x0 : box.x1]
    assert np.array_equal(preview.pixels, original)
    assert preview.helps is False


def test_a_blend_is_the_photo_where_the_coverage_is_nothing() -> None:
    photo = np.full((2, 2, 3), 100, np.uint8)
    repaired = np.full((2, 2, 3), 200, np.uint8)
    coverage = np.array([[0, 255], [51, 128]], np.uint8)
    assert blended(photo, repaired, coverage)[:, :, 0].tolist() == [[100, 200], [120, 150]]
