"""Sending findings on, and which of a burst is best."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fakes import FakeEngine, region, report
from tests.ui.panel.helpers import Loop

from flawmap_api.errors import BadInput
from flawmap_panel.model.workspace import Workspace

BLUR = region("blur", box=(0, 0, 320, 240), area=0.25, severity=0.9)


def test_the_chosen_photos_are_written_and_what_fails_is_named(
    workspace: Workspace, loop: Loop, fake: FakeEngine, photos: list[Path], tmp_path: Path
) -> None:
    fake.put(photos[0], report(photos[0], regions=[BLUR]))
    fake.put(photos[1], BadInput("b.png ends in the middle.", "Copy it again."))
    workspace.open_paths([str(photos[0].parent)])
    loop.settle(workspace)
    out = tmp_path / "out"
    out.mkdir()
    judgement = workspace.view.settings.judgement()
    workspace.sending.start(workspace.photos.all(), "folder", out, judgement)
    with pytest.raises(BadInput, match="already"):
        workspace.sending.start(workspace.photos.all(), "folder", out, judgement)
    # What the canvas shows next does not stop it.
    workspace.photos.step(1)
    loop.until(lambda: not workspace.sending.under_way)
    assert sorted(path.name for path in out.iterdir()) == ["a", "c"]
    assert (out / "a" / "report.json").is_file()
    assert [str(o.failure) for o in workspace.sending.failed] == [
        "b.png ends in the middle. Copy it again."
    ]


def test_a_folder_that_cannot_be_written_is_refused_before_anything_begins(
    workspace: Workspace, loop: Loop, photos: list[Path], tmp_path: Path
) -> None:
    workspace.open_paths([str(photos[0])])
    loop.settle(workspace)
    with pytest.raises(BadInput, match="Choose another folder"):
        workspace.sending.start(workspace.photos.all(), "folder", tmp_path / "none", {})
    assert not workspace.sending.under_way


def test_the_sharpest_frame_of_a_burst_is_best_and_the_others_say_why_not(
    workspace: Workspace, loop: Loop, fake: FakeEngine, photos: list[Path]
) -> None:
    for path, sharpness in zip(photos, (0.4, 0.9, 0.6), strict=True):
        fake.put(path, report(path, subject_sharpness=sharpness))
    workspace.open_paths([str(photos[0].parent)])
    loop.settle(workspace)
    ranked = workspace.best(workspace.photos.all())
    assert [photo.path.name for photo, _ in ranked] == ["b.png", "c.png", "a.png"]
    assert ranked[0][1].reason == "the sharpest subject"
    assert "0.40 against 0.90" in ranked[2][1].reason
