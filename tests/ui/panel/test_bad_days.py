"""Files that break, vanish, or do not fit, met through the real window: each is a sentence."""

from __future__ import annotations

import builtins
import errno
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot
from tests.fakes import FakeEngine, region, report
from tests.ui.panel.helpers import write_photo

from flawmap_panel.app import Panel
from flawmap_panel.widgets.send_dialog import SendDialog

Make = Callable[..., Panel]
Wait = Callable[[Callable[[], object]], None]
BLUR = region("blur", box=(0, 0, 320, 240), area=0.25, severity=0.9)


@pytest.fixture
def panel(qtbot: QtBot, tmp_path: Path) -> Any:
    """A shown window over the tests' own engine."""
    made = Panel(tmp_path / "settings" / "panel.json")
    qtbot.addWidget(made.window)
    made.window.show()
    yield made
    made.close()


def judged(panel: Panel) -> bool:
    done, total = panel.workspace.progress
    return total > 0 and done == total


def said(panel: Panel) -> str:
    return panel.window.banner.text.text() if panel.window.banner.isVisible() else ""


def test_broken_and_huge_files_are_named_and_the_good_one_is_judged(
    panel: Panel, wait: Wait, tmp_path: Path
) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    good = write_photo(folder / "good.jpg")
    (folder / "cut.jpg").write_bytes(good.read_bytes()[: good.stat().st_size // 3])
    (folder / "noise.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    (folder / "nothing.jpg").write_bytes(b"")
    # What a decoder must not believe: 2.5 gigapixels in a few bytes.
    head = b"IHDR" + struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    data = b"IDAT" + zlib.compress(bytes(1000))
    chunks = (
        struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in (head, data)
    )
    (folder / "huge.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))
    panel.window.open_paths([str(folder)])
    wait(lambda: judged(panel))
    states = {photo.path.name: photo.state for photo in panel.workspace.photos.all()}
    assert states["good.jpg"] == "done"
    for name in ("cut.jpg", "noise.png", "nothing.jpg", "huge.png"):
        photo = panel.workspace.photos.get(folder / name)
        assert photo is not None and photo.state == "failed", name
        panel.workspace.photos.select(photo)
        wait(lambda name=name: name in panel.window.findings.summary.text())
        assert len(panel.window.findings.summary.text()) > len(name) + 20


def test_a_file_that_vanishes_while_it_is_open_is_said_and_comes_back(
    panel: Panel, wait: Wait, tmp_path: Path
) -> None:
    path = write_photo(tmp_path / "coast.png")
    panel.window.open_paths([str(path)])
    wait(lambda: judged(panel))
    aside = path.rename(tmp_path / "aside.bin")
    wait(lambda: "coast.png is no longer there" in said(panel))
    photo = panel.workspace.photos.current
    assert photo is not None and photo.state == "gone"
    aside.rename(path)
    wait(lambda: photo.state == "done")


def test_a_photo_that_is_saved_anew_is_judged_anew_beside_what_it_was(
    panel: Panel, wait: Wait, tmp_path: Path
) -> None:
    path = write_photo(tmp_path / "half.png", width=960, height=640, blurred=True)
    panel.window.open_paths([str(path)])
    wait(lambda: panel.workspace.planes is not None)
    photo = panel.workspace.photos.current
    assert photo is not None and photo.report is not None
    assert any(row.distortion == "blur" for row in photo.report.regions)
    write_photo(path, width=960, height=640)
    wait(lambda: photo.before is not None and photo.state == "done")
    assert photo.report is not None
    assert not any(row.distortion == "blur" for row in photo.report.regions)


def test_a_photo_that_comes_into_an_open_folder_is_judged(
    panel: Panel, wait: Wait, tmp_path: Path
) -> None:
    folder = tmp_path / "shoot"
    folder.mkdir()
    write_photo(folder / "one.png")
    panel.window.open_paths([str(folder)])
    wait(lambda: judged(panel))
    write_photo(folder / "two.png")
    wait(lambda: len(panel.workspace.photos) == 2 and judged(panel))


# ---------------------------------------------------------------------- full disks


def fill_the_disk(patch: pytest.MonkeyPatch) -> None:
    """From now on nothing that is written reaches the disk."""

    def fsync(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    patch.setattr(os, "fsync", fsync)


def test_a_full_disk_is_named_for_each_photo_and_nothing_half_is_left(
    window_over: Make,
    wait: Wait,
    fake: FakeEngine,
    photos: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fake.put(photos[0], report(photos[0], regions=[BLUR]))
    panel = window_over()
    panel.window.open_paths([str(photos[0].parent)])
    wait(lambda: judged(panel))
    panel.window.strip.selectAll()
    panel.window.send()
    (dialog,) = panel.window.findChildren(SendDialog)
    out = tmp_path / "out"
    out.mkdir()
    dialog.folder.setText(str(out))
    with monkeypatch.context() as patch:
        fill_the_disk(patch)
        dialog.write.click()
        wait(lambda: len(panel.workspace.sending.outcomes) == 3)
        wait(lambda: dialog.failures.isVisible())
    lines = dialog.failures.toPlainText().splitlines()
    assert len(lines) == 3 and all("There is no space left" in line for line in lines)
    assert list(out.iterdir()) == []
    dialog.write.click()
    wait(lambda: len(list(out.iterdir())) == 3)
    dialog.close()


def test_a_folder_that_is_not_there_is_a_sentence_in_the_dialog(
    window_over: Make, wait: Wait, photos: list[Path], tmp_path: Path
) -> None:
    panel = window_over()
    panel.window.open_paths([str(photos[0])])
    wait(lambda: judged(panel))
    panel.window.send()
    (dialog,) = panel.window.findChildren(SendDialog)
    dialog.folder.setText(str(tmp_path / "none"))
    dialog.write.click()
    assert "Choose another folder" in dialog.said.text()
    dialog.close()


def test_a_repaired_copy_that_cannot_be_saved_is_a_sentence_and_stays_unsaved(
    window_over: Make,
    wait: Wait,
    fake: FakeEngine,
    photos: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fake.put(photos[0], report(photos[0], regions=[BLUR]))
    before = photos[0].read_bytes()
    panel = window_over()
    panel.window.open_paths([str(photos[0])])
    wait(lambda: judged(panel) and panel.workspace.planes)
    work = panel.workspace
    work.select_region(BLUR.id)
    panel.window.repair.ask.click()
    wait(lambda: work.repair.preview is not None)
    panel.window.repair.keep.click()
    out = tmp_path / "copy.png"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(out), ""))
    with monkeypatch.context() as patch:
        fill_the_disk(patch)
        panel.window.actions_by_name["save-repaired"].trigger()
        wait(lambda: "no space left" in said(panel).lower())
    assert not out.exists() and work.repair.unsaved and photos[0].read_bytes() == before
    panel.window.actions_by_name["save-repaired"].trigger()
    wait(lambda: "repaired copy is copy.png" in said(panel))
    assert out.exists() and not work.repair.unsaved and photos[0].read_bytes() == before


# ---------------------------------------------------------------------- settings


def test_damaged_settings_are_said_in_the_window(
    qtbot: QtBot, tmp_path: Path, fake: FakeEngine
) -> None:
    file = tmp_path / "panel.json"
    file.write_text("{ this is not")
    panel = Panel(file, connect=fake.connect)
    qtbot.addWidget(panel.window)
    panel.window.show()
    assert "kept as panel.damaged.json" in said(panel)
    panel.close()


def test_settings_that_cannot_be_kept_are_said_and_hold_for_now(
    window_over: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = window_over()
    real = builtins.open

    def full(file: Any, mode: str = "r", *rest: Any, **more: Any) -> Any:
        if "x" in mode:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(file, mode, *rest, **more)

    with monkeypatch.context() as patch:
        patch.setattr(builtins, "open", full)
        panel.change(theme="dark")
    assert "could not be saved" in said(panel) and panel.settings.theme == "dark"
    panel.change(theme="system")


# ---------------------------------------------------------------------- drag and drop


def drop(panel: Panel, *urls: QUrl) -> None:
    """Drag over the window and let go, as the system tells it."""
    data = QMimeData()
    data.setUrls(list(urls))
    at, left = QPointF(200, 200), Qt.MouseButton.LeftButton
    copy, none = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(at.toPoint(), copy, data, left, none)
    QApplication.sendEvent(panel.window, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(panel.window, QDropEvent(at, copy, data, left, none))


def test_files_and_folders_are_dropped_in(
    window_over: Make, wait: Wait, photos: list[Path], tmp_path: Path
) -> None:
    other = write_photo(tmp_path / "alone.png")
    panel = window_over()
    drop(panel, QUrl.fromLocalFile(str(other)), QUrl.fromLocalFile(str(photos[0].parent)))
    wait(lambda: judged(panel))
    assert [photo.path for photo in panel.workspace.photos.all()] == [other, *photos]
    assert panel.workspace.photos.current is panel.workspace.photos.all()[0]


def test_what_is_no_photo_and_what_is_no_file_is_said(window_over: Make, tmp_path: Path) -> None:
    panel = window_over()
    text = tmp_path / "notes.txt"
    text.write_text("no photo")
    drop(panel, QUrl.fromLocalFile(str(tmp_path / "gone.jpg")))
    assert "gone.jpg" in said(panel)
    drop(panel, QUrl("https://example.org/photo.jpg"))
    assert "Only files of this machine" in said(panel)
    assert len(panel.workspace.photos) == 0
