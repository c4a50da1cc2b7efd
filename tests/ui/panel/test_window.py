"""The window with real widgets over a real engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from pytestqt.qtbot import QtBot
from tests.ui.panel.helpers import write_photo

from flawmap_panel.app import Panel

Wait = Callable[[Callable[[], Any]], None]


@pytest.fixture
def wait(qtbot: QtBot) -> Wait:
    """Let the window live until something holds."""
    return lambda true: qtbot.waitUntil(lambda: bool(true()), timeout=30_000)


@pytest.fixture
def panel(qtbot: QtBot, tmp_path: Path) -> Iterator[Panel]:
    """A shown window over the tests' own engine."""
    made = Panel(tmp_path / "settings" / "panel.json")
    qtbot.addWidget(made.window)
    made.window.resize(1100, 760)
    made.window.show()
    yield made
    made.close()


@pytest.fixture
def blurred(tmp_path: Path) -> Path:
    """A photo whose left half is out of focus."""
    return write_photo(tmp_path / "half.png", width=960, height=640, blurred=True)


def opened(panel: Panel, wait: Wait, *photos: Path) -> None:
    panel.window.open_paths([str(photo) for photo in photos])
    wait(lambda: panel.workspace.planes is not None)


def on_canvas(panel: Panel, x: float, y: float) -> QPoint:
    return QPointF(*panel.window.canvas.sight.to_widget(x, y)).toPoint()


def test_a_click_on_a_flaw_selects_it_in_the_list(
    panel: Panel, wait: Wait, qtbot: QtBot, blurred: Path
) -> None:
    opened(panel, wait, blurred)
    rows = [row for row in panel.workspace.listing.rows if row.distortion == "blur"]
    assert rows, "the blurred half is found"
    canvas = panel.window.canvas
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=on_canvas(panel, 240, 320))
    wait(lambda: panel.workspace.selected is not None)
    selected = panel.workspace.selected_region
    assert selected is not None and selected.distortion == "blur"
    current = panel.window.findings.list.currentIndex()
    assert selected.sentence == current.data(Qt.ItemDataRole.ToolTipRole)


def test_a_mark_is_kept_and_can_be_undone(
    panel: Panel, wait: Wait, qtbot: QtBot, blurred: Path
) -> None:
    opened(panel, wait, blurred)
    work = panel.workspace
    work.step_region(1)
    region = work.selected
    assert region is not None and work.can_mark
    button = panel.window.findings.verdicts["ignored"]
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    wait(lambda: work.report and work.report.region(region).mark == "ignored")
    panel.window.undo()
    wait(lambda: work.report and work.report.region(region).mark is None)
    panel.window.redo()
    wait(lambda: work.report and work.report.region(region).mark == "ignored")


def drag(
    qtbot: QtBot,
    panel: Panel,
    *points: tuple[float, float],
    held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    canvas = panel.window.canvas
    places = [on_canvas(panel, *point) for point in points]
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, held, places[0])
    for place in places[1:]:
        qtbot.mouseMove(canvas, place)
        # Offscreen, moves carry no button: the canvas is told as the system would tell it.
        canvas.tool.move(canvas.sight.to_photo(place.x(), place.y()))
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=places[-1])


def test_box_lasso_and_brush_mark_a_part_that_is_scored(
    panel: Panel, wait: Wait, qtbot: QtBot, blurred: Path
) -> None:
    opened(panel, wait, blurred)
    work, window = panel.workspace, panel.window
    window.canvas.use("box")
    drag(qtbot, panel, (40, 40), (440, 600))
    wait(lambda: work.roi_score is not None)
    score = work.roi_score
    assert score is not None and not score.masked
    assert score.distortions["blur"].severity > 0.4
    assert abs(score.box.x0 - 40) <= 2 and abs(score.box.y1 - 600) <= 2
    assert window.card.isVisible()

    window.canvas.use("lasso")
    drag(qtbot, panel, (600, 100), (900, 100), (900, 500), (600, 500))
    wait(lambda: work.roi_score is not None and work.roi_score.masked)
    assert work.roi_score is not None
    assert work.roi_score.distortions["blur"].severity < 0.4

    before = work.roi.mask().sum()
    window.canvas.use("brush")
    drag(qtbot, panel, (300, 300), (400, 300))
    assert work.roi.mask().sum() > before
    drag(qtbot, panel, (650, 150), (850, 150), held=Qt.KeyboardModifier.AltModifier)
    assert [stroke.add for stroke in work.roi.strokes] == [True, True, False]
    window.undo()
    window.undo()
    assert work.roi.mask().sum() == before


def test_the_overlay_can_be_switched_off_and_says_so_while_it_is_on(
    panel: Panel, wait: Wait, blurred: Path
) -> None:
    opened(panel, wait, blurred)
    canvas = panel.window.canvas
    with_it = canvas.grab().toImage()
    panel.window.actions_by_name["overlay"].setChecked(False)
    without = canvas.grab().toImage()
    assert with_it != without
    panel.window.actions_by_name["overlay"].setChecked(True)
    assert canvas.grab().toImage() == with_it


def test_settings_are_there_again_in_the_next_window(
    panel: Panel, wait: Wait, qtbot: QtBot, tmp_path: Path, blurred: Path
) -> None:
    panel.workspace.view.set(opacity=0.3, style="contour")
    opened(panel, wait, blurred)
    panel.window.close()
    again = Panel(tmp_path / "settings" / "panel.json")
    qtbot.addWidget(again.window)
    assert again.workspace.view.settings.opacity == pytest.approx(0.3)
    assert again.workspace.view.settings.style == "contour"
    assert again.settings.session == (str(blurred),)
    again.close()
