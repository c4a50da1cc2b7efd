"""The window between days and without a mouse: what is offered again, found by keys, read aloud."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QAccessible, QGuiApplication, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QApplication,
    QCheckBox,
    QComboBox,
    QDialog,
    QLabel,
    QLineEdit,
    QMessageBox,
    QProgressBar,
    QPushButton,
    QScrollBar,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot
from tests.fakes import FakeEngine, region, report

from flawmap_api.report import OnlyAt1To1
from flawmap_engine.scoring import sentences
from flawmap_panel.app import Panel
from flawmap_panel.model.selection import Stroke

Make = Callable[..., Panel]
Wait = Callable[[Callable[[], object]], None]
BLUR = region("blur", box=(0, 0, 320, 240), area=0.25, severity=0.9)
NOISE = region("noise", box=(320, 240, 640, 480), area=0.2, severity=0.5)


def judged(panel: Panel) -> bool:
    done, total = panel.workspace.progress
    return total > 0 and done == total and panel.workspace.planes is not None


def test_the_photos_of_last_time_are_offered_and_opened_by_one_click(
    window_over: Make, wait: Wait, photos: list[Path]
) -> None:
    first = window_over()
    assert not first.window.welcome.last.isVisible()
    first.window.open_paths([str(photos[0].parent)])
    wait(lambda: judged(first))
    first.window.close()
    again = window_over()
    assert again.window.pages.currentWidget() is again.window.welcome
    assert again.window.welcome.last.text() == "Open the 3 photos of &last time"
    again.window.welcome.last.click()
    wait(lambda: judged(again))
    assert [photo.path for photo in again.workspace.photos.all()] == photos
    assert again.window.pages.currentWidget() is again.window.canvas


def test_a_window_in_which_nothing_was_opened_does_not_forget_the_last_photos(
    window_over: Make, wait: Wait, photos: list[Path]
) -> None:
    first = window_over()
    first.window.open_paths([str(photos[1])])
    wait(lambda: judged(first))
    first.window.close()
    window_over().window.close()
    assert window_over().settings.session == (str(photos[1]),)


def test_recent_folders_are_in_the_menu_the_latest_first(
    window_over: Make, wait: Wait, photos: list[Path]
) -> None:
    panel = window_over()
    panel.window.open_paths([str(photos[0])])
    panel.window.open_paths([str(photos[0].parent)])
    wait(lambda: judged(panel))
    panel.window.close()
    again = window_over()
    listed = [action.text() for action in again.window.menus.recent.actions()]
    assert listed == [str(photos[0].parent), str(photos[0])]
    again.window.menus.recent.actions()[1].trigger()
    wait(lambda: judged(again))
    assert len(again.workspace.photos) == 1


def test_a_recent_photo_that_is_gone_is_a_sentence(
    window_over: Make, wait: Wait, photos: list[Path]
) -> None:
    panel = window_over(recent=(str(photos[0].with_name("gone.png")),))
    panel.window.menus.recent.actions()[0].trigger()
    assert panel.window.banner.isVisible()
    assert "gone.png" in panel.window.banner.text.text()


def test_the_window_stands_where_it_stood(window_over: Make) -> None:
    first = window_over()
    first.window.resize(760, 640)
    first.window.findings_dock.hide()
    first.window.close()
    again = window_over()
    assert (again.window.width(), again.window.height()) == (760, 640)
    assert not again.window.findings_dock.isVisible()
    again.window.findings_dock.toggleViewAction().trigger()
    assert again.window.findings_dock.isVisible()


@pytest.mark.parametrize("packed", ["", "nonsense", "AAAA", "ÄÖ"])
def test_a_damaged_place_of_the_window_does_no_harm(window_over: Make, packed: str) -> None:
    panel = window_over(geometry=packed, docks=packed)
    assert panel.window.isVisible() and panel.window.strip_dock.isVisible()


def test_who_is_here_for_the_first_time_is_shown_where_help_is_and_only_then(
    window_over: Make, wait: Wait, photos: list[Path]
) -> None:
    panel = window_over()
    panel.greet([str(photos[0])])
    assert "six things" in panel.window.banner.text.text()
    panel.window.findChild(QPushButton, "banner-action").click()
    assert [d.windowTitle() for d in panel.window.findChildren(QDialog) if d.isVisible()] == [
        "First steps"
    ]
    wait(lambda: judged(panel))
    panel.window.close()
    again = window_over()
    again.greet([str(photos[0])])
    assert not again.window.banner.isVisible()


@pytest.mark.parametrize("name", ["first-steps", "keys", "flaws", "about"])
@pytest.mark.parametrize("language", ["en", "de"])
def test_every_page_of_help_has_something_to_read(
    window_over: Make, name: str, language: str
) -> None:
    panel = window_over(language=language)
    panel.window.actions_by_name[name].trigger()
    (dialog,) = (d for d in panel.window.findChildren(QDialog) if d.isVisible())
    assert len(dialog.page.toPlainText()) > 100
    dialog.close()


def test_the_page_of_keys_shows_the_keys_of_the_settings(window_over: Make) -> None:
    panel = window_over(shortcuts={"fit": "Ctrl+7"})
    panel.window.actions_by_name["keys"].trigger()
    (dialog,) = (d for d in panel.window.findChildren(QDialog) if d.isVisible())
    assert "Ctrl+7" in dialog.page.toPlainText()


def test_the_strip_shows_some_and_says_how_many_it_hides(
    window_over: Make, wait: Wait, fake: FakeEngine, photos: list[Path]
) -> None:
    fake.put(photos[0], report(photos[0], regions=[BLUR]))
    panel = window_over()
    panel.window.open_paths([str(photos[0].parent)])
    wait(lambda: judged(panel))
    list_, bar = panel.workspace.photos, panel.window.strip_bar
    for kind, shown in (
        ("flaws", photos[:1]),
        ("clean", photos[1:]),
        ("not judged", []),
        ("picked", []),
        ("all", photos),
    ):
        bar.kind.setCurrentIndex(bar.kind.findData(kind))
        bar.kind.activated.emit(bar.kind.currentIndex())
        assert [photo.path for photo in list_.shown] == shown
        hidden = len(photos) - len(shown)
        said = f"{hidden} of 3 hidden" if hidden else "3 photos"
        assert bar.hidden.text() == said
        assert bar.everything.isVisible() == bool(hidden)
    list_.set_flag([list_.all()[1]], "pick")
    list_.show_only("picked")
    assert [photo.path for photo in list_.shown] == [photos[1]]
    bar.everything.click()
    assert len(list_.shown) == 3


def test_kept_repairs_that_are_in_no_copy_are_asked_about(
    window_over: Make, wait: Wait, fake: FakeEngine, photos: list[Path], tmp_path: Path
) -> None:
    fake.put(photos[0], report(photos[0], regions=[BLUR]))
    panel = window_over()
    panel.window.open_paths([str(photos[0])])
    wait(lambda: judged(panel))
    work = panel.workspace
    work.select_region(BLUR.id)
    work.consider_repair()
    wait(lambda: work.repair.preview is not None)
    work.repair.keep()
    work.photos.select(None)
    assert work.repair.kept == ()
    work.photos.step(1)
    wait(lambda: work.photos.current and work.repair.kept)

    asked: list[str] = []

    def answer(label: str) -> Callable[[], None]:
        def click() -> None:
            box = QApplication.activeModalWidget()
            assert isinstance(box, QMessageBox)
            asked.append(box.text())
            next(b for b in box.buttons() if b.text() == label).click()

        return click

    from PySide6.QtCore import QTimer

    QTimer.singleShot(200, answer("&Stay"))
    assert not panel.window.close() and panel.window.isVisible()
    assert asked == ["1 kept repair is in no copy yet. Close the window without them?"]
    QTimer.singleShot(200, answer("&Close without"))
    assert panel.window.close()


# ---------------------------------------------------------------------- keys


def test_everything_is_reached_by_tab(window_over: Make, wait: Wait, photos: list[Path]) -> None:
    panel = window_over()
    panel.window.open_paths([str(photos[0].parent)])
    wait(lambda: judged(panel))
    window = panel.window
    window.canvas.setFocus()
    seen: set[QWidget] = set()
    for _ in range(60):
        focus = QApplication.focusWidget()
        if focus is None or focus in seen:
            break
        seen.add(focus)
        QTest.keyClick(focus, Qt.Key.Key_Tab)
    assert {window.canvas, window.findings.list, window.findings.strictness, window.strip} <= seen


def test_arrows_belong_to_what_has_the_focus(
    window_over: Make, wait: Wait, photos: list[Path]
) -> None:
    panel = window_over()
    panel.window.open_paths([str(photos[0].parent)])
    wait(lambda: judged(panel))
    slider, canvas = panel.window.findings.strictness, panel.window.canvas
    slider.setFocus()
    QTest.keyClick(slider, Qt.Key.Key_Right)
    assert slider.value() == 1
    assert panel.workspace.photos.current is panel.workspace.photos.all()[0]
    slider.setValue(0)
    canvas.setFocus()
    QTest.keyClick(canvas, Qt.Key.Key_Right)
    assert panel.workspace.photos.current is panel.workspace.photos.all()[1]
    wait(lambda: canvas.has_photo)
    canvas.zoom(4)
    before = canvas.sight
    QTest.keyClick(canvas, Qt.Key.Key_Right)
    assert canvas.sight.centre != before.centre
    assert panel.workspace.photos.current is panel.workspace.photos.all()[1]


def test_findings_are_gone_through_and_marked_by_keys_alone(
    window_over: Make, wait: Wait, fake: FakeEngine, photos: list[Path]
) -> None:
    fake.put(photos[0], report(photos[0], regions=[BLUR, NOISE]))
    panel = window_over()
    panel.window.open_paths([str(photos[0])])
    wait(lambda: judged(panel))
    panel.window.canvas.setFocus()
    QTest.keyClick(panel.window.canvas, Qt.Key.Key_N)
    QTest.keyClick(panel.window.canvas, Qt.Key.Key_N)
    assert panel.workspace.selected == NOISE.id
    QTest.keyClick(panel.window.canvas, Qt.Key.Key_W)
    wait(lambda: panel.workspace.selected_region.mark == "intentional")


@pytest.mark.parametrize("part", ["canvas", "findings.list", "strip"])
def test_the_focus_can_be_seen(
    window_over: Make, wait: Wait, fake: FakeEngine, photos: list[Path], part: str
) -> None:
    fake.put(photos[0], report(photos[0], regions=[BLUR, NOISE]))
    panel = window_over()
    panel.window.open_paths([str(photos[0].parent)])
    wait(lambda: judged(panel))
    panel.workspace.step_region(1)
    widget = panel.window
    for name in part.split("."):
        widget = getattr(widget, name)
    widget.clearFocus()
    without = widget.grab().toImage()
    widget.setFocus(Qt.FocusReason.TabFocusReason)
    assert widget.grab().toImage() != without


# ---------------------------------------------------------------------- read aloud, and read whole


SPOKEN = (QAbstractButton, QComboBox, QAbstractSlider, QAbstractItemView, QLineEdit, QProgressBar)


def unnamed(window: QWidget) -> list[str]:
    """Widgets that a screen reader could not name."""
    found = []
    for widget in window.findChildren(QWidget):
        inner = isinstance(widget, QScrollBar) or widget.objectName().startswith("qt_")
        if not isinstance(widget, SPOKEN) or not widget.isVisible() or inner:
            continue
        face = QAccessible.queryAccessibleInterface(widget)
        if face is None or not face.text(QAccessible.Text.Name).strip():
            found.append(f"{type(widget).__name__} in {type(widget.parent()).__name__}")
    return found


def cut(window: QWidget) -> list[str]:
    """Texts that do not fit where they stand."""
    found = []
    for widget in window.findChildren(QWidget):
        if not widget.isVisible() or widget.visibleRegion().isEmpty():
            continue
        if isinstance(widget, (QPushButton, QCheckBox, QToolButton, QComboBox)):
            text = widget.currentText() if isinstance(widget, QComboBox) else widget.text()
            need, has = widget.minimumSizeHint(), widget.size()
            if text and (has.width() < need.width() or has.height() < need.height()):
                found.append(f"{text}: {has.width()}x{has.height()}, needs {need.width()}")
        elif isinstance(widget, QLabel) and widget.text():
            height = widget.heightForWidth(widget.width()) if widget.wordWrap() else 0
            need = widget.sizeHint()
            narrow = not widget.wordWrap() and widget.width() < need.width()
            if narrow or widget.height() < height:
                found.append(f"{widget.text()}: {widget.width()}x{widget.height()}, {need}")
        if isinstance(widget, (QAbstractButton, QComboBox, QLabel)):
            right = widget.mapTo(window, QPoint(widget.width(), widget.height()))
            if right.x() > window.width() or right.y() > window.height():
                found.append(f"{widget} leaves the window")
    return found


def full(panel: Panel, wait: Wait, fake: FakeEngine, photos: list[Path]) -> None:
    """Everything at once that a window can show."""
    text, key, args = sentences.at_1_to_1("jitter", 0.3)
    extra = OnlyAt1To1(
        distortion="jitter", area=0.3, severity=0.3, sentence=text, sentence_id=key,
        sentence_args=args,
    )  # fmt: skip
    note = sentences.cannot_tell(["blur", "noise", "jitter"])
    found = report(photos[0], regions=[BLUR, NOISE], only_at_1_to_1=[extra], notes=[note])
    fake.put(photos[0], found)
    panel.window.open_paths([str(photos[0].parent)])
    wait(lambda: judged(panel))
    panel.workspace.photos.show_only("flaws")
    panel.workspace.select_region(NOISE.id)
    panel.workspace.consider_repair()
    wait(lambda: panel.workspace.repair.preview is not None)
    panel.workspace.roi.draw(Stroke("box", ((10.0, 20.0), (500.0, 400.0))))
    wait(lambda: panel.workspace.roi_score is not None)


@pytest.mark.parametrize("language", ["en", "de"])
def test_at_1024_by_700_nothing_is_cut_and_everything_has_a_name(
    window_over: Make, wait: Wait, fake: FakeEngine, photos: list[Path], language: str
) -> None:
    panel = window_over(language=language)
    panel.window.resize(1024, 700)
    QApplication.processEvents()
    assert (cut(panel.window), unnamed(panel.window)) == ([], [])
    full(panel, wait, fake, photos)
    QTest.qWait(50)
    assert (panel.window.width(), panel.window.height()) == (1024, 700)
    assert (cut(panel.window), unnamed(panel.window)) == ([], [])
    for page in ("sheet", "photo"):
        panel.window.show_page(page)
        assert (cut(panel.window), unnamed(panel.window)) == ([], [])
    panel.workspace.photos.show_only("all")
    panel.window.strip.selectAll()
    panel.window.show_page("compare")
    QTest.qWait(50)
    assert (cut(panel.window), unnamed(panel.window)) == ([], [])
    panel.show_settings()
    panel.window.send()
    for dialog in panel.window.findChildren(QDialog):
        QTest.qWait(20)
        assert (cut(dialog), unnamed(dialog)) == ([], [])
        assert dialog.width() <= 1024 and dialog.height() <= 700
        dialog.close()


def test_in_german_the_engines_sentences_are_german(
    window_over: Make, wait: Wait, fake: FakeEngine, photos: list[Path]
) -> None:
    said, key, args = sentences.of_region(
        "noise", None, severity=0.7, area=0.12, box=NOISE.box, width=640, height=480
    )
    found = region("noise", box=(320, 240, 640, 480), area=0.12, severity=0.7, sentence=said)
    from dataclasses import replace

    found = replace(found, sentence_id=key, sentence_args=args)
    note = sentences.cannot_tell(["blur"])
    fake.put(photos[0], report(photos[0], regions=[found], notes=[note]))
    panel = window_over(language="de")
    panel.window.open_paths([str(photos[0])])
    wait(lambda: judged(panel))
    row = panel.window.findings.list.model().index(0, 0)
    assert row.data() == "Rauschen · stark · 12 %"
    assert row.data(Qt.ItemDataRole.ToolTipRole) == (
        "Rauschen (stark) auf 12 % des Fotos, unten rechts."
    )
    assert "lässt sich nicht beurteilen: Unschärfe" in panel.window.findings.summary.text()
    panel.window.copy_text()
    copied = QGuiApplication.clipboard().text()
    assert "Qualität gut (0,70)" in copied and "unten rechts" in copied


def test_escape_drops_a_stroke_before_it_stops_the_judging(
    window_over: Make, wait: Wait, qtbot: QtBot, photos: list[Path]
) -> None:
    panel = window_over()
    panel.window.open_paths([str(photos[0])])
    wait(lambda: judged(panel))
    canvas = panel.window.canvas
    canvas.use("box")
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=canvas.rect().center())
    panel.window.actions_by_name["stop"].trigger()
    assert not canvas.tool.drawing
    canvas.keyPressEvent(
        QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier)
    )
