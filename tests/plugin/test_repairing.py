"""Repair: a layer of its own, cut by the coverage, scored honestly, removed without trace."""

from __future__ import annotations

import numpy as np
import pytest
from tests.plugin.conftest import connector_to, document_of
from tests.plugin.memory_host import MemoryHost

from flawmap_api.geometry import Box
from flawmap_plugin import repairing
from flawmap_plugin.host import Mask

pytestmark = pytest.mark.timeout(240)


def visible(document):
    data = document.read_visible()
    dtype = {"u8": np.uint8, "u16": np.uint16, "f32": np.float32}[data.layout.dtype]
    width, height = document.size
    return np.frombuffer(data.data, dtype).reshape(height, width, -1).copy()


def noise_of(desk):
    return next(row for row in desk.state.rows if row.distortion == "noise")


def area_of(desk, key):
    return desk._current().find(key).repair.area


def inside(area, size):
    plane = np.zeros(size[::-1], bool)
    box = area.box
    data = np.frombuffer(area.data, np.uint8).reshape(box.height, box.width)
    plane[box.y0 : box.y1, box.x0 : box.x1] = data > 0
    return plane


def test_a_repair_is_a_layer_that_changes_only_its_coverage_and_moves_the_score(desk, document):
    desk.now("find")
    key = noise_of(desk).key
    before = visible(document)
    steps = document.undo_steps
    desk.now("repair", key)
    row = desk.state.row(key)
    assert document.undo_steps == steps + 1
    assert row.repaired and row.after < row.before and "better" in row.score
    assert "→" in desk.said and desk.state.message.kind == "info"
    after = visible(document)
    changed = (before != after).any(-1)
    assert changed.any() and not (changed & ~inside(area_of(desk, key), document.size)).any()


def test_a_plan_says_what_would_be_done_and_changes_nothing(desk, document):
    desk.now("find")
    key = noise_of(desk).key
    steps = document.undo_steps
    desk.now("plan", key)
    message = desk.state.message
    assert "noise" in message.text and document.undo_steps == steps
    assert (message.action, message.region) == ("repair", key)
    desk.now(message.action, message.region)
    assert desk.state.row(key).repaired


def test_undo_in_the_editor_is_noticed_and_gives_the_same_bytes(desk, document):
    desk.now("find")
    key = noise_of(desk).key
    before = visible(document)
    desk.now("repair", key)
    document.undo()
    desk.look_around()
    np.testing.assert_array_equal(visible(document), before)
    row = desk.state.row(key)
    assert not row.repaired and row.after is None
    desk.wait(lambda: "repair" in desk.state.row(key).actions and not desk.busy)
    document.redo()
    desk.look_around()
    assert desk.state.row(key).repaired
    document.undo()
    desk.look_around()
    desk.now("repair", key)
    assert desk.state.row(key).repaired and desk.state.row(key).after < row.before


def test_removing_a_repair_gives_the_same_bytes(desk, document):
    desk.now("find")
    key = noise_of(desk).key
    before = visible(document)
    desk.now("repair", key)
    desk.now("undo_repair", key)
    np.testing.assert_array_equal(visible(document), before)
    row = desk.state.row(key)
    assert not row.repaired and "repair" in row.actions and row.visible


def test_another_strength_takes_the_place_of_the_layer_in_one_step(desk, document):
    desk.now("find")
    key = noise_of(desk).key
    before = visible(document)
    desk.now("repair", key)
    full = visible(document)
    steps = document.undo_steps
    desk.now("change_strength", key, 0.2)
    assert document.undo_steps == steps + 1 and len(document.layers) == 2
    weak = visible(document)
    change = [np.abs(picture.astype(int) - before).sum() for picture in (weak, full)]
    assert 0 < change[0] < change[1]
    assert desk.state.row(key).strength == 0.2


def test_the_strength_can_still_be_changed_after_reopening(
    desk, document, make_desk, shared_folder
):
    desk.now("find")
    key = noise_of(desk).key
    desk.now("repair", key)
    host = MemoryHost()
    reopened = document.reopened()
    host.show(reopened)
    again = make_desk(host, connector_to(shared_folder), "again")
    assert again.state.row(key).repaired
    again.now("change_strength", key, 0.3)
    desk.now("change_strength", key, 0.3)
    np.testing.assert_array_equal(visible(reopened), visible(document))


def test_sixteen_bits_stay_sixteen_bits(desk, host, marked):
    deep = marked.astype(np.uint16) * 257
    deep[288:416, 80:240] += 7
    document = document_of(deep)
    host.show(document)
    desk.now("find")
    key = noise_of(desk).key
    desk.now("repair", key)
    after = visible(document)
    assert after.dtype == np.uint16
    untouched = ~inside(area_of(desk, key), document.size)
    np.testing.assert_array_equal(after[untouched], deep[untouched])
    repaired = after[~untouched]
    assert (repaired % 257 != 0).any()


def test_what_cannot_come_back_gets_a_sentence_and_no_layer(desk, host, clean):
    shaken = clean.copy()
    part = clean[120:400, 200:600].astype(np.float64)
    path = 36
    padded = np.pad(part, ((0, 0), (path // 2, path // 2 - 1), (0, 0)), mode="edge")
    along = np.stack([padded[:, at : at + part.shape[1]] for at in range(path)])
    shaken[120:400, 200:600] = along.mean(0)
    document = document_of(shaken)
    host.show(document)
    desk.now("find")
    moved = next(r for r in desk.state.rows if r.distortion == "jitter")
    steps = document.undo_steps
    desk.now("repair", moved.key)
    assert document.undo_steps == steps and not desk.state.row(moved.key).repaired
    assert desk.state.message.kind == "info" and "re-shoot" in desk.state.message.hint


def test_a_repair_that_does_not_help_says_so_and_offers_to_go(desk, document, monkeypatch):
    monkeypatch.setattr(repairing, "_severity", lambda work, area, name: (yield from _same()))
    desk.now("find")
    key = noise_of(desk).key
    desk.now("repair", key)
    message = desk.state.message
    assert "did not improve" in message.text and message.kind == "warning"
    assert (message.action, message.region) == ("undo_repair", key)
    assert "unchanged" in desk.state.row(key).score


def _same():
    yield from ()
    return 0.5


def test_pixels_that_were_painted_meanwhile_are_looked_at_before_they_are_repaired(
    desk, document, clean
):
    desk.now("find")
    key = noise_of(desk).key
    box = Box(60, 260, 260, 440)
    document.add_repair(
        "by hand",
        document_of(clean).read_visible(box),
        Mask(box, bytes([255]) * box.area),
        {},
    )
    desk.now("repair", key)
    assert desk.state.message.action == "find" and "any more" in desk.said
    assert len(document.layers) == 2 and "noise" not in {
        row.distortion for row in desk.state.rows if row.key == key
    }


def test_the_hosts_own_filter_is_used_for_those_who_prefer_it(desk, document, monkeypatch):
    from dataclasses import replace

    from flawmap_api.repair import HostFilter

    planned = repairing.repair_plan_steps

    def plan_steps(book, request):
        plan = yield from planned(book, request)
        return replace(plan, host_filters={"memory": HostFilter("memory:mean", {"radius": 2})})

    monkeypatch.setattr(repairing, "repair_plan_steps", plan_steps)
    desk.now("find")
    key = noise_of(desk).key
    desk.now("repair", key, use_host_filter=True)
    row = desk.state.row(key)
    assert row.repaired and "memory:mean" in row.repair
    assert "change_strength" not in row.actions and "undo_repair" in row.actions
    desk.now("undo_repair", key)
    assert len(document.layers) == 1


def test_a_verdict_is_kept_for_every_client_and_hides_what_is_ignored(
    desk, document, make_desk, shared_folder
):
    desk.now("find")
    key = noise_of(desk).key
    if "mark" not in desk.state.row(key).actions:
        pytest.skip("this engine has no marks")
    desk.now("mark", key, "ignored")
    row = desk.state.row(key)
    assert (row.mark, row.mark_label, row.visible) == ("ignored", "ignored", False)
    host = MemoryHost()
    host.show(document.reopened())
    again = make_desk(host, connector_to(shared_folder), "again")
    again.now("find")
    assert noise_of(again).mark == "ignored" and not noise_of(again).visible
    again.now("mark", key, None)
    assert noise_of(again).mark is None and noise_of(again).visible
