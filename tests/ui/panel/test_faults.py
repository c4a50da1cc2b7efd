"""What goes wrong while the window is open, with a real engine: said, and nothing is lost."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.ui.panel.helpers import Loop, write_photo

from flawmap_api import connect
from flawmap_panel.model.workspace import Notice, Workspace


@pytest.fixture
def real(loop: Loop, tmp_path: Path) -> Iterator[Workspace]:
    """A workspace over an engine that this test may kill."""
    folder = tmp_path / "run"
    folder.mkdir(mode=0o700)
    made = Workspace(loop, connect=lambda **options: connect(runtime_dir=folder, **options))
    yield made
    made.close()
    with connect(runtime_dir=folder) as engine:
        engine.shutdown()


def kill(workspace: Workspace) -> None:
    hello = workspace.look.hello or workspace.judge.hello
    assert hello is not None
    os.kill(hello.pid, signal.SIGKILL)


@pytest.mark.proof
def test_a_killed_engine_is_started_again_and_the_marks_are_still_there(
    real: Workspace, loop: Loop, tmp_path: Path
) -> None:
    path = write_photo(tmp_path / "half.png", width=960, height=640, blurred=True)
    before = path.read_bytes()
    real.open_paths([str(path)])
    loop.until(lambda: real.planes is not None)
    real.step_region(1)
    region = real.selected
    assert region is not None
    real.marks.mark(region, "intentional")
    loop.until(lambda: real.report and real.report.region(region).mark == "intentional")
    kill(real)
    real.view.set(strictness=0.05)
    real.view.set(strictness=0.0)
    loop.settle(real)
    loop.until(lambda: real.report and real.report.region(region).mark == "intentional")
    assert path.read_bytes() == before


@pytest.mark.proof
@pytest.mark.parametrize("moment", ["opening", "judging", "scoring"])
def test_killed_at_any_moment_the_window_comes_to_the_same_findings(
    real: Workspace, loop: Loop, tmp_path: Path, moment: str
) -> None:
    path = write_photo(tmp_path / "half.png", width=1600, height=1100, blurred=True)
    other = write_photo(tmp_path / "other.png")
    real.open_paths([str(other)])
    loop.settle(real)
    said: list[Notice] = []
    real.watch(said.append, "notice")
    real.open_paths([str(path)])
    if moment == "judging":
        photo = real.photos.current
        assert photo is not None
        loop.until(lambda: photo.progress > 0 or photo.state == "done")
    elif moment == "scoring":
        loop.until(lambda: real.planes is not None)
        real.pick(300, 500)
    kill(real)
    loop.settle(real)
    loop.until(lambda: real.planes is not None and real.report is not None)
    with connect(runtime_dir=tmp_path / "run") as engine:
        fresh = engine.analyze(path)
    assert real.report is not None
    assert [r.id for r in real.report.regions] == [r.id for r in fresh.regions]
    assert [notice.text for notice in said] == []


def test_two_windows_at_once_see_each_others_marks(
    real: Workspace, loop: Loop, tmp_path: Path
) -> None:
    path = write_photo(tmp_path / "half.png", width=960, height=640, blurred=True)
    second = Workspace(
        loop, connect=lambda **options: connect(runtime_dir=tmp_path / "run", **options)
    )
    try:
        real.open_paths([str(path)])
        loop.until(lambda: real.planes is not None)
        real.step_region(1)
        region = real.selected
        assert region is not None
        real.marks.mark(region, "ignored")
        loop.until(lambda: real.report and real.report.region(region).mark == "ignored")
        second.open_paths([str(path)])
        loop.until(lambda: second.planes is not None)
        found = second.report.region(region) if second.report else None
        assert found is not None and found.mark == "ignored"
    finally:
        second.close()


def test_a_folder_of_thousands_is_listed_at_once_and_can_be_stopped(
    real: Workspace, loop: Loop, tmp_path: Path
) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    photo = write_photo(tmp_path / "one.png", width=160, height=120).read_bytes()
    for number in range(3000):
        (folder / f"{number:05d}.png").write_bytes(photo)
    real.open_paths([str(folder)])
    assert len(real.photos) == 3000
    loop.until(lambda: real.progress[0] >= 3)
    real.course.stop()
    loop.settle(real)
    assert real.progress[0] < 3000
    assert {p.state for p in real.photos.all()} <= {"waiting", "done"}
