"""Early layers: they come from the screen view, once, and what shows at 1:1 follows in the list."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from tests.plugin.conftest import connector_to, document_of, kill_engine
from tests.plugin.memory_host import tints_of

from flawmap_api.geometry import Box
from flawmap_cli.demo import demo_photo
from flawmap_plugin.notes import findings_of

pytestmark = pytest.mark.timeout(240)


_corners = itertools.count()


@pytest.fixture
def picture():
    """A photo of two views that the engine has not seen: blown light, noise that shows at 1:1."""
    photo = np.ascontiguousarray(np.tile(demo_photo(), (2, 3, 1)))
    photo[200:500, 300:800] = 255
    dice = np.random.default_rng(3)
    part = photo[900:1900, 300:3000]
    photo[900:1900, 300:3000] = np.clip(part + dice.normal(0, 12, part.shape), 0, 255)
    photo[:32, :32] = next(_corners)
    return photo


@pytest.fixture
def big(host, picture):
    document = document_of(picture)
    host.show(document)
    return document


def has_rested(desk):
    return lambda: desk._current().complete and desk._resting.task is None


def test_layers_come_before_the_pixel_view_and_are_the_final_ones(desk, big, picture, client):
    stages = []
    watch = desk.observe(lambda state: stages.append(state.progress))
    desk.now("find")
    watch.stop()
    # No tile of the pixel view was waited for.
    assert {p for p in stages if p} == set() and not desk._current().complete
    shown, before, rows = big.shown, big.state(), desk.state.rows
    assert big.undo_steps == 1
    desk.wait(has_rested(desk))
    final = client.analyze(picture)
    assert final.only_at_1_to_1, "The photo shows nothing at 1:1 that this test could look for."
    assert desk._current().report.only_at_1_to_1 == final.only_at_1_to_1
    assert any("1:1" in note for note in desk.state.notes)
    # Neither rows nor the document were touched for it.
    assert desk.state.rows == rows and {row.key for row in rows} == {r.id for r in final.regions}
    assert big.shown is shown and big.state() == before and big.undo_steps == 1
    photo = client.open(picture)
    layers = client.layers(photo, "tint", regions=[r.id for r in final.regions])
    assert {str(t.data["region"]): t.pixels for t in tints_of(shown.group)} == {
        layer.name: layer.data for layer in layers
    }


def test_the_note_tells_of_1_to_1_with_the_next_verb(desk, big):
    desk.now("find")
    desk.wait(has_rested(desk))
    desk.now("select", desk.state.rows[0].key)
    kept = findings_of(big.read_note("flawmap"), big)
    assert kept is not None and kept.report.only_at_1_to_1


def test_the_other_view_is_looked_at_when_it_is_wanted(desk, big, picture, client):
    desk.now("find")
    assert not desk._current().complete
    desk.set_view("pixel")
    desk.wait(lambda: desk.busy)
    desk.wait()
    expected = client.analyze(picture, view="pixel")
    assert desk._current().report.regions == expected.regions and desk._current().complete


def test_a_repair_is_scored_by_the_screen_view_and_the_lines_stay_meanwhile(desk, big):
    desk.now("find")
    desk.wait(has_rested(desk))
    lines = desk._current().report.only_at_1_to_1
    row = next(row for row in desk.state.rows if "repair" in row.actions)
    desk.now("repair", row.key)
    assert desk.state.row(row.key).repaired and desk.state.row(row.key).after is not None
    assert not desk._current().complete
    assert desk._current().report.only_at_1_to_1 == lines
    desk.wait(has_rested(desk))


def test_a_verb_does_not_wait_for_the_background_nor_end_it(desk, big):
    desk.now("find")
    desk.wait(lambda: desk._resting.task is not None)
    task = desk._resting.task
    desk.now("select", desk.state.rows[0].key)
    assert big.read_selection() is not None
    desk.wait(has_rested(desk))
    assert task.done


def test_a_repair_has_the_engine_for_itself(desk, big):
    desk.now("find")
    row = next(row for row in desk.state.rows if row.distortion == "noise")
    desk.wait(lambda: desk._resting.task is not None)
    old = desk._resting.task
    desk.repair(row.key)
    assert old.done and desk._resting.task is None
    desk.wait()
    assert desk.state.row(row.key).repaired
    desk.wait(has_rested(desk))


def test_looking_at_another_picture_ends_the_background_work_for_the_old_one(desk, big):
    desk.now("find")
    desk.wait(lambda: desk._resting.task is not None)
    old = desk._resting.task
    big.paint(Box(0, 0, 64, 64), 0.0)
    desk.now("find")
    desk.wait(has_rested(desk))
    assert old.done


def test_an_engine_killed_in_the_background_is_nobodys_trouble(host, make_desk, own_folder, big):
    own = make_desk(host, connector_to(own_folder))
    own.now("find")
    before, message = big.state(), own.state.message
    own.wait(lambda: own._resting.task is not None)
    kill_engine(own_folder)
    own.wait(lambda: own._resting.task is None)
    assert own.state.phase == "found" and big.state() == before
    assert own.state.message == message
    own.now("select", own.state.rows[0].key)
    assert big.read_selection() is not None
    own.wait(has_rested(own))
    assert own._current().report.only_at_1_to_1
