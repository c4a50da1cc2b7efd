"""The window's state and verbs, without a screen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.fakes import FakeEngine, region, report
from tests.ui.panel.helpers import Loop, write_photo

from flawmap_api.errors import BadInput, EngineLost
from flawmap_api.report import Report
from flawmap_panel.model.findings import Filters
from flawmap_panel.model.selection import Stroke
from flawmap_panel.model.workspace import Notice, Workspace
from flawmap_panel.widgets.copied import findings_as_text

BLUR = region("blur", box=(0, 0, 320, 240), area=0.25, severity=0.9)
NOISE = region("noise", box=(320, 240, 640, 480), area=0.2, severity=0.5)


def put(fake: FakeEngine, path: Path, *regions: object, quality: float = 0.7) -> Report:
    found = report(path, regions=regions, quality=quality)  # type: ignore[arg-type]
    fake.put(path, found)
    return found


def test_opening_photos_judges_them_all_and_shows_the_first(
    workspace: Workspace, loop: Loop, fake: FakeEngine, photos: list[Path]
) -> None:
    put(fake, photos[0], BLUR)
    workspace.open_paths([str(photos[0].parent)])
    loop.settle(workspace)
    assert [photo.state for photo in workspace.photos.all()] == ["done"] * 3
    assert workspace.photos.current is workspace.photos.get(photos[0])
    assert [row.id for row in workspace.listing.rows] == [BLUR.id]
    assert workspace.planes is not None
    assert workspace.progress == (3, 3)
    assert [p.verdict.verdict for p in workspace.photos.all() if p.verdict] == [
        "flaws",
        "clean",
        "clean",
    ]


def test_a_photo_that_cannot_be_read_is_told_and_the_others_go_on(
    workspace: Workspace, loop: Loop, fake: FakeEngine, photos: list[Path]
) -> None:
    fake.put(photos[1], BadInput("b.png ends in the middle.", "Copy it again."))
    workspace.open_paths([str(photos[0].parent)])
    loop.settle(workspace)
    assert [photo.state for photo in workspace.photos.all()] == ["done", "failed", "done"]
    failed = workspace.photos.get(photos[1])
    assert failed is not None
    assert str(failed.failure) == "b.png ends in the middle. Copy it again."


def test_a_name_that_is_no_photo_is_a_sentence(workspace: Workspace, tmp_path: Path) -> None:
    said: list[Notice] = []
    workspace.watch(said.append, "notice")
    assert workspace.open_paths([str(tmp_path / "none.jpg")]) == []
    assert len(said) == 1 and "none.jpg" in said[0].text and said[0].hint


def test_moving_the_slider_asks_for_regions_and_infers_nothing(
    workspace: Workspace, loop: Loop, fake: FakeEngine, photos: list[Path]
) -> None:
    put(fake, photos[0], BLUR, NOISE)
    workspace.open_paths([str(photos[0])])
    loop.settle(workspace)
    before = [method for method, _ in fake.calls].count("analyze")
    for step in range(5):
        workspace.view.set(strictness=-step / 10)
    loop.settle(workspace)
    methods = [method for method, _ in fake.calls]
    assert methods.count("analyze") == before
    assert 1 <= methods.count("regions") <= 5


def test_filters_hide_and_say_how_many_and_why(
    workspace: Workspace, loop: Loop, fake: FakeEngine, photos: list[Path]
) -> None:
    ignored = replace(region("jitter", box=(0, 240, 320, 480), severity=0.8), mark="ignored")
    put(fake, photos[0], BLUR, NOISE, ignored)
    workspace.open_paths([str(photos[0])])
    loop.settle(workspace)
    workspace.select_region(NOISE.id)
    workspace.set_filters(Filters(severity=0.6, ignored=False))
    assert [row.id for row in workspace.listing.rows] == [BLUR.id]
    assert workspace.listing.hidden == {"severity": 1, "ignored": 1}
    assert workspace.selected is None, "what is not listed is not selected"
    found = workspace.report
    assert found is not None
    assert "(2 more hidden by filters)" in findings_as_text(found, workspace.listing)


def test_stepping_through_findings_goes_around(
    workspace: Workspace, loop: Loop, fake: FakeEngine, photos: list[Path]
) -> None:
    put(fake, photos[0], BLUR, NOISE)
    workspace.open_paths([str(photos[0])])
    loop.settle(workspace)
    seen = []
    for _ in range(3):
        workspace.step_region(1)
        seen.append(workspace.selected)
    workspace.step_region(-1)
    assert seen == [BLUR.id, NOISE.id, BLUR.id]
    assert workspace.selected == NOISE.id


def test_a_marked_box_is_scored_as_a_box_and_a_lasso_as_a_mask(
    workspace: Workspace, loop: Loop, fake: FakeEngine, photos: list[Path]
) -> None:
    put(fake, photos[0], BLUR)
    workspace.open_paths([str(photos[0])])
    loop.settle(workspace)
    workspace.roi.draw(Stroke("box", ((10.0, 20.0), (100.0, 90.0))))
    loop.settle(workspace)
    assert workspace.roi_score is not None
    assert workspace.roi_score.how == "box"
    assert workspace.roi_score.box.as_list() == [10, 20, 100, 90]
    workspace.roi.begin_with(Stroke("lasso", ((300, 300), (400, 300), (350, 400))))
    loop.settle(workspace)
    assert workspace.roi_score.masked
    workspace.roi.clear()
    assert workspace.roi_score is None


def test_another_photo_forgets_what_was_marked_and_selected(
    workspace: Workspace, loop: Loop, fake: FakeEngine, photos: list[Path]
) -> None:
    put(fake, photos[0], BLUR)
    workspace.open_paths([str(photos[0].parent)])
    loop.settle(workspace)
    workspace.select_region(BLUR.id)
    workspace.roi.draw(Stroke("box", ((10.0, 20.0), (100.0, 90.0))))
    loop.settle(workspace)
    workspace.photos.step(1)
    assert (workspace.selected, workspace.roi_score, workspace.roi.strokes) == (None, None, ())
    loop.settle(workspace)
    assert workspace.report is not None and workspace.report.regions == ()


def test_stop_leaves_the_rest_waiting_and_going_on_finishes_it(
    workspace: Workspace, loop: Loop, fake: FakeEngine, photos: list[Path]
) -> None:
    workspace.open_paths([str(photos[0].parent)])
    workspace.course.stop()
    loop.settle(workspace)
    states = {photo.state for photo in workspace.photos.all()}
    assert "waiting" in states and "working" not in states
    workspace.course.begin()
    loop.settle(workspace)
    assert {photo.state for photo in workspace.photos.all()} == {"done"}


def test_a_photo_that_changes_on_disk_is_judged_again_and_keeps_what_was_before(
    workspace: Workspace, loop: Loop, fake: FakeEngine, photos: list[Path]
) -> None:
    from flawmap_panel.model.disk import compare

    put(fake, photos[0], BLUR)
    workspace.open_paths([str(photos[0])])
    loop.settle(workspace)
    write_photo(photos[0], width=320, height=240)
    put(fake, photos[0], quality=0.9)
    workspace.take_changes(compare(*workspace.known_files()))
    loop.settle(workspace)
    photo = workspace.photos.current
    assert photo is not None and photo.report is not None and photo.before is not None
    assert (photo.before.regions[0].id, photo.report.regions) == (BLUR.id, ())


def test_a_photo_that_vanishes_stays_in_the_list_with_the_reason(
    workspace: Workspace, loop: Loop, photos: list[Path]
) -> None:
    from flawmap_panel.model.disk import compare

    workspace.open_paths([str(photos[0].parent)])
    loop.settle(workspace)
    photos[2].unlink()
    workspace.take_changes(compare(*workspace.known_files()))
    gone = workspace.photos.get(photos[2])
    assert gone is not None and gone.state == "gone"
    assert "no longer there" in str(gone.failure)
    assert not compare(*workspace.known_files()).gone, "said once"


def test_new_photos_of_a_watched_folder_come_in(
    workspace: Workspace, loop: Loop, photos: list[Path]
) -> None:
    from flawmap_panel.model.disk import compare

    workspace.open_paths([str(photos[0].parent)])
    loop.settle(workspace)
    new = write_photo(photos[0].with_name("new.png"))
    workspace.take_changes(compare(*workspace.known_files()))
    loop.settle(workspace)
    found = workspace.photos.get(new)
    assert found is not None and found.state == "done"


def test_a_lost_engine_is_told_with_what_helps_and_can_be_restarted(
    workspace: Workspace, loop: Loop, fake: FakeEngine, photos: list[Path]
) -> None:
    def dead(method: str, _: object) -> None:
        if method != "connect":
            raise EngineLost("The engine was lost twice.", "Restart it.", ("segfault",))

    fake.before = dead
    said: list[Notice] = []
    workspace.watch(said.append, "notice")
    workspace.open_paths([str(photos[0].parent)])
    loop.settle(workspace)
    assert any(notice.serious for notice in said)
    assert "lost" in {room.state for room in (workspace.look, workspace.bulk)}
    fake.before = None
    workspace.restart_engine()
    loop.settle(workspace)
    assert {photo.state for photo in workspace.photos.all()} == {"done"}


def test_the_person_flags_photos_apart_from_what_is_found(
    workspace: Workspace, loop: Loop, fake: FakeEngine, photos: list[Path]
) -> None:
    put(fake, photos[0], BLUR)
    workspace.open_paths([str(photos[0].parent)])
    loop.settle(workspace)
    first = workspace.photos.get(photos[0])
    assert first is not None
    workspace.photos.set_flag([first], "pick")
    assert first.flag == "pick"
    assert first.verdict is not None and first.verdict.verdict == "flaws"


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("opened", ["a.png", "b.png", "c.png"]),
        ("quality", ["b.png", "c.png", "a.png"]),
        ("worst flaw", ["c.png", "a.png", "b.png"]),
    ],
)
def test_the_strip_is_sorted_as_asked(
    workspace: Workspace,
    loop: Loop,
    fake: FakeEngine,
    photos: list[Path],
    order: str,
    names: list[str],
) -> None:
    put(fake, photos[0], NOISE, quality=0.9)
    put(fake, photos[1], quality=0.2)
    put(fake, photos[2], BLUR, quality=0.5)
    workspace.open_paths([str(photos[0].parent)])
    loop.settle(workspace)
    workspace.photos.sort(order)
    assert [photo.path.name for photo in workspace.photos.shown] == names


def test_planes_come_at_the_size_of_the_reports_grid(
    workspace: Workspace, loop: Loop, fake: FakeEngine, photos: list[Path]
) -> None:
    found = put(fake, photos[0], BLUR)
    workspace.open_paths([str(photos[0])])
    loop.settle(workspace)
    planes = workspace.planes
    assert planes is not None
    assert {plane.shape for plane in planes.severity.values()} == {
        (found.grid.rows, found.grid.cols)
    }
    assert np.count_nonzero(planes.severity["blur"]) > 0
