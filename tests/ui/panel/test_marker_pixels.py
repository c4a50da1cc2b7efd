"""Marker pixels: what is at a place of the photo is drawn at that place, at every zoom."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from flawmap_api.geometry import Box
from flawmap_panel.app import Panel
from flawmap_panel.model.geometry import Sight
from flawmap_panel.model.tiles import Pyramid
from flawmap_panel.model.tint import sample, tint

WIDTH, HEIGHT = 1700, 1100
MARKERS = {(3, 2): (255, 0, 0), (850, 600): (0, 255, 0), (1696, 1096): (0, 0, 255)}


@pytest.fixture
def panel(qtbot: QtBot, tmp_path: Path) -> Iterator[Panel]:
    """A window that shows a grey photo with three coloured 3 × 3 markers, turned by its EXIF."""
    pixels = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
    for (x, y), colour in MARKERS.items():
        pixels[y - 1 : y + 2, x - 1 : x + 2] = colour
    image = Image.fromarray(np.rot90(pixels).copy())
    exif = Image.Exif()
    exif[0x0112] = 6  # shown turned by 90° to the right
    path = tmp_path / "markers.png"
    image.save(path, exif=exif)
    made = Panel(tmp_path / "panel.json")
    qtbot.addWidget(made.window)
    made.window.resize(1100, 800)
    made.window.show()
    made.window.open_paths([str(path)])
    qtbot.waitUntil(lambda: made.workspace.planes is not None, timeout=30_000)
    made.workspace.view.set(overlay=False)
    yield made
    made.close()


@pytest.mark.proof
def test_markers_are_where_they_belong_at_every_zoom_and_place(panel: Panel, qtbot: QtBot) -> None:
    canvas = panel.window.canvas
    assert canvas.sight.photo == (WIDTH, HEIGHT)
    rng = np.random.default_rng(5)
    for (x, y), colour in MARKERS.items():
        for scale in (0.7, 1.0, 1.9, 6.0, 17.0):
            canvas.fit()
            canvas.zoom(scale / canvas.sight.scale)
            here = canvas.sight.to_widget(x + 0.5, y + 0.5)
            at = rng.uniform(200, 400, 2)
            canvas.look(canvas.sight.moved(at[0] - here[0], at[1] - here[1]))
            wx, wy = (int(value) for value in canvas.sight.to_widget(x + 0.5, y + 0.5))
            assert canvas.sight.pixel_at(wx + 0.5, wy + 0.5) is not None

            def drawn(wx: int = wx, wy: int = wy) -> tuple[int, int, int]:
                shown = QColor(canvas.grab().toImage().pixel(wx, wy))
                return shown.red(), shown.green(), shown.blue()

            near = 60 if scale >= 1 else 160
            qtbot.waitUntil(
                lambda drawn=drawn, colour=colour, near=near: (
                    max(abs(a - b) for a, b in zip(drawn(), colour, strict=True)) <= near
                ),
                timeout=20_000,
            )
            assert canvas.sight.pixel_at(*canvas.sight.to_widget(x + 0.5, y + 0.5)) == (x, y)


@given(
    st.integers(1, 9000), st.integers(1, 9000), st.integers(1, 3000), st.integers(1, 3000),
    st.floats(0.3, 40), st.floats(-1, 2), st.floats(-1, 2), st.floats(0.1, 9),
)  # fmt: skip
def test_a_point_goes_to_the_widget_and_back(
    width: int, height: int, w: int, h: int, factor: float, px: float, py: float, again: float
) -> None:
    sight = Sight.fitting((width, height), (w, h)).zoomed(factor, w / 3, h / 2).moved(11, -7)
    x, y = sight.to_photo(*sight.to_widget(px * width, py * height))
    assert x == pytest.approx(px * width, abs=1e-6 * width + 1e-6)
    assert y == pytest.approx(py * height, abs=1e-6 * height + 1e-6)
    visible = sight.visible()
    assert visible is None or visible.within(width, height)
    assert sight.zoomed(again, 0, 0).scale <= 32


@given(st.integers(1, 13000), st.integers(1, 13000), st.floats(0.001, 40), st.data())
def test_the_squares_in_sight_cover_what_is_in_sight(
    width: int, height: int, scale: float, data: st.DataObject
) -> None:
    pyramid = Pyramid(width, height)
    x0 = data.draw(st.integers(0, width - 1))
    y0 = data.draw(st.integers(0, height - 1))
    side = 3000
    box = Box(x0, y0, min(width, x0 + side), min(height, y0 + side))
    level = pyramid.level_for(scale)
    tiles = list(pyramid.covering(box, level))
    boxes = [pyramid.box(tile) for tile in tiles]
    covered = sum(
        max(0, min(b.x1, box.x1) - max(b.x0, box.x0))
        * max(0, min(b.y1, box.y1) - max(b.y0, box.y0))
        for b in boxes
    )
    assert covered == box.area
    for tile, part in zip(tiles, boxes, strict=True):
        for coarse in pyramid.coarser(tile):
            whole = pyramid.box(coarse)
            assert whole.x0 <= part.x0 and whole.x1 >= part.x1
            assert whole.y0 <= part.y0 and whole.y1 >= part.y1


@pytest.mark.parametrize("zoom", [0.25, 1.0, 3.0])
def test_the_tint_lies_on_the_cell_that_is_flawed(zoom: float) -> None:
    rows, cols, width, height = 40, 60, 480, 320
    severity = np.zeros((rows, cols), np.uint8)
    severity[10, 20] = 255
    unknown = np.zeros_like(severity)
    box = Box(0, 0, width, height)
    size = round(width * zoom), round(height * zoom)
    sampled = sample({"blur": severity}, {"blur": unknown}, (width, height), box, size)
    drawn = tint(sampled, {"blur": 128}, opacity=1.0)
    ys, xs = np.nonzero(drawn[:, :, 3])
    # Cell (10, 20) covers x 160..168 and y 80..88; its middle is as flawed as it is.
    assert (xs.mean() + 0.5) / zoom == pytest.approx(164, abs=0.5 / zoom)
    assert (ys.mean() + 0.5) / zoom == pytest.approx(84, abs=0.5 / zoom)
    part = Box(150, 70, 180, 100)
    near = sample({"blur": severity}, {"blur": unknown}, (width, height), part, (300, 300))
    ys, xs = np.nonzero(tint(near, {"blur": 128}, opacity=1.0)[:, :, 3])
    assert (xs.mean() + 0.5) / 10 + 150 == pytest.approx(164, abs=0.1)
    assert (ys.mean() + 0.5) / 10 + 70 == pytest.approx(84, abs=0.1)


def test_what_is_unknown_is_never_tinted() -> None:
    severity = np.full((10, 10), 255, np.uint8)
    unknown = np.zeros_like(severity)
    unknown[:, :5] = 255
    sampled = sample({"noise": severity}, {"noise": unknown}, (80, 80), Box(0, 0, 80, 80), (80, 80))
    drawn = tint(sampled, {"noise": 1}, opacity=1.0)
    assert not drawn[:, :36].any() and drawn[:, 48:, 3].all()
