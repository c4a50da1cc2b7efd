"""Finding: one press shows every flaw as a layer, and nothing of the person's is touched."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.plugin.conftest import Driven, connector_to, document_of
from tests.plugin.memory_host import MemoryHost, tints_of

from flawmap_api.geometry import Box
from flawmap_plugin.host import Group, Mask
from flawmap_plugin.notes import NOTE


def rows(desk: Driven) -> list[str]:
    return [row.distortion for row in desk.state.rows]


def test_each_flaw_is_a_row_and_a_layer_in_the_group_of_its_kind(desk, document):
    desk.now("find")
    assert {"noise", "overexposure"} <= set(rows(desk))
    group = document.shown.group
    assert group.name == "Flawmap"
    assert all(isinstance(child, Group) for child in group.children)
    tints = tints_of(group)
    assert sorted(str(t.data["region"]) for t in tints) == sorted(r.key for r in desk.state.rows)
    assert {t.name for t in tints} == {row.title for row in desk.state.rows}
    noise = next(row for row in desk.state.rows if row.distortion == "noise")
    assert noise.title.split(" · ")[0] == "noise" and noise.title.endswith("%")
    assert noise.colour == next(t.colour for t in tints if t.data["region"] == noise.key)


def test_the_layers_are_the_engines_own_tints_to_the_last_bit(desk, document, marked, client):
    desk.now("find")
    photo = client.open(marked)
    report = client.analyze(photo)
    layers = client.layers(photo, "tint", regions=[r.id for r in report.regions])
    expected = {layer.name: (layer.box, layer.data) for layer in layers}
    shown = {str(t.data["region"]): (t.box, t.pixels) for t in tints_of(document.shown.group)}
    assert shown == expected


def test_hosts_get_their_own_order_of_channels(make_desk, shared_folder, marked):
    orders = {}
    for channels in ("RGBA", "BGRA"):
        host = MemoryHost(channels=channels)
        document = document_of(marked)
        host.show(document)
        make_desk(host, connector_to(shared_folder), channels).now("find")
        (first, *_) = tints_of(document.shown.group)
        orders[channels] = np.frombuffer(first.pixels, np.uint8).reshape(-1, 4)
    np.testing.assert_array_equal(orders["RGBA"][:, [2, 1, 0, 3]], orders["BGRA"])


def test_looking_changes_no_pixel_and_is_one_undo_step(desk, document):
    layers, selection = document.layers, document.read_selection()
    desk.now("find")
    assert document.layers == layers and document.read_selection() == selection
    assert document.undo_steps == 1
    document.undo()
    desk.look_around()
    assert document.shown is None and not desk.state.overlay_present


def test_looking_again_takes_the_place_of_the_older_layers(desk, document):
    desk.now("find")
    first = document.shown
    desk.now("find")
    assert document.shown == first and document.undo_steps == 2


def test_a_flawless_photo_has_no_layers_and_is_told_so(desk, host, clean):
    flat = np.full_like(clean, 128)
    document = document_of(flat)
    host.show(document)
    desk.now("find")
    assert document.shown is None and desk.state.rows == ()
    assert desk.said == "No flaws found."


def test_a_selection_limits_the_work(desk, document):
    desk.now("find")
    everywhere = {row.key for row in desk.state.rows}
    box = Box(200, 350, 240, 400)
    document.select(Mask(box, bytes([200]) * box.area))
    desk.now("find")
    assert {row.key for row in desk.state.rows} < everywhere and "noise" in rows(desk)
    assert len(tints_of(document.shown.group)) == len(desk.state.rows)
    assert desk.state.limited and "within the selection" in desk.state.summary
    desk.now("find", whole=True)
    assert {row.key for row in desk.state.rows} == everywhere and not desk.state.limited


def test_a_selection_without_flaws_offers_to_look_everywhere(desk, document):
    box = Box(4, 200, 20, 216)
    document.select(Mask(box, bytes([255]) * box.area))
    desk.now("find")
    assert desk.state.rows == () and desk.state.message.action == "find_everywhere"


def test_without_a_photo_it_says_so(desk):
    desk.now("find")
    assert desk.said == "No photo is open." and desk.state.phase == "empty"


def test_masks_are_kept_at_once_if_the_person_wants_that(desk, document):
    desk.change_settings(keep_masks=True)
    desk.now("find")
    assert len(document.kept) == len(desk.state.rows)
    assert {row.title for row in desk.state.rows} <= set(document.kept)


# ---------------------------------------------------------------------------- sliders


def test_a_lenient_slider_leaves_less_and_a_strict_one_more(desk, document):
    desk.now("find")
    counts = {}
    for strictness in (-1.0, 1.0):
        desk.set_strictness(strictness)
        desk.wait(lambda: desk.busy)
        desk.wait()
        counts[strictness] = sum(row.box is not None for row in desk.state.rows)
    assert counts[-1.0] <= counts[1.0]
    assert desk.settings.strictness == 1.0


def test_while_a_slider_moves_nothing_is_asked_and_then_the_layers_follow(desk, host, document):
    desk.now("find")
    steps = document.undo_steps
    for strictness in (0.2, 0.4, 0.6, 0.8, 1.0):
        desk.set_strictness(strictness)
        assert not desk.busy
    desk.wait(lambda: desk.busy)
    desk.wait()
    assert document.undo_steps == steps
    host.loop.skip(1.0)
    desk.wait(lambda: desk.busy)
    desk.wait()
    assert document.undo_steps == steps + 1
    shown = {str(t.data["region"]) for t in tints_of(document.shown.group)}
    assert shown == {row.key for row in desk.state.rows}


def test_a_row_stays_the_same_row_at_another_strictness(desk, document):
    desk.now("find")
    before = {row.key for row in desk.state.rows if row.distortion == "noise"}
    desk.set_strictness(0.1)
    desk.wait(lambda: desk.busy)
    desk.wait()
    assert before & {row.key for row in desk.state.rows}


def test_the_other_view_has_its_own_findings(desk, document, marked, client):
    desk.now("find")
    desk.set_view("pixel")
    desk.wait(lambda: desk.busy)
    desk.wait()
    photo = client.open(marked)
    client.analyze(photo)
    expected = [r.distortion for r in client.regions(photo, view="pixel").regions]
    assert rows(desk) == expected


# ---------------------------------------------------------------------------- documents come and go


def test_each_document_has_its_own_findings(desk, host, marked, clean):
    first, second = document_of(marked, title="one"), document_of(np.full_like(clean, 128))
    host.show(first)
    desk.now("find")
    found = desk.state.rows
    host.show(second)
    desk.look_around()
    assert desk.state.rows == () and desk.state.phase == "new"
    host.show(first)
    desk.look_around()
    assert [r.key for r in desk.state.rows] == [r.key for r in found]


def test_the_controls_stand_as_the_document_in_front_was_judged(desk, host, marked, clean):
    first, second = document_of(marked), document_of(np.full_like(clean, 128))
    host.show(first)
    desk.now("find")
    host.show(second)
    desk.look_around()
    desk.set_strictness(0.5)
    desk.now("find")
    host.show(first)
    desk.look_around()
    assert desk.state.strictness == 0
    host.show(second)
    desk.look_around()
    assert desk.state.strictness == 0.5


def test_looking_takes_what_a_slider_asked_for_with_it(desk, host, document):
    desk.now("find")
    desk.set_strictness(0.5)
    desk.now("find")
    steps = document.undo_steps
    host.loop.skip(3)
    for _ in range(5):
        host.loop.turn()
    assert not desk.busy and document.undo_steps == steps


def test_work_goes_on_while_another_document_is_in_front(desk, host, marked, clean):
    first, second = document_of(marked, title="one"), document_of(clean, title="two")
    host.show(first)
    seen = []

    def switch():
        host.show(second)
        desk.look_around()
        seen.append(desk.state.doing)

    desk.during("Looking", switch)
    assert seen[0].startswith("one: ")
    assert first.shown is not None and second.shown is None
    assert desk.state.rows == ()


def test_a_document_that_is_closed_meanwhile_is_let_go(desk, host, document):
    def close():
        document.close()
        host.show(None)

    desk.during("Looking", close)
    desk.look_around()
    assert desk.state.phase == "empty"


def test_a_changed_canvas_makes_the_findings_stale(desk, document):
    desk.now("find")
    document.crop_canvas((600, 480))
    desk.look_around()
    assert desk.state.phase == "stale"
    assert all(row.actions == frozenset() for row in desk.state.rows)
    desk.now("select", desk.state.rows[0].key)
    assert desk.state.message.action == "find" and document.read_selection() is None
    desk.now("find")
    assert desk.state.phase == "found"


def test_a_canvas_that_changes_while_it_works_gets_no_layers_at_wrong_places(desk, document):
    desk.during("Looking", lambda: document.crop_canvas((200, 200)))
    assert document.shown is None and desk.state.message.action == "find"


def test_painted_over_pixels_are_noticed_after_the_click_is_answered(desk, host, document):
    desk.now("find")
    noise = next(row for row in desk.state.rows if row.distortion == "noise")
    document.paint(Box(120, 320, 160, 360), 90)
    desk.now("select", noise.key)
    assert document.read_selection() is not None
    host.loop.skip(1.0)
    desk.wait(lambda: desk.state.phase == "stale")
    assert desk.state.message.action == "find"


def test_one_verb_at_a_time(desk, document):
    desk.find()
    desk.score_selection()
    desk.keep_masks()
    assert "still working" in desk.said and desk.busy
    desk.wait()
    assert document.shown is not None


# ---------------------------------------------------------------------------- the document's note


def never() -> None:
    raise AssertionError("the engine was asked")


def test_a_reopened_document_shows_its_findings_without_an_engine(
    desk, document, make_desk, shared_folder
):
    desk.now("find")
    host = MemoryHost()
    host.show(document.reopened())
    again = make_desk(host, never, "again")
    titles = [(r.key, r.title, r.sentence) for r in desk.state.rows]
    assert [(r.key, r.title, r.sentence) for r in again.state.rows] == titles
    assert again.state.phase == "found" and again.state.summary == desk.state.summary
    assert host.front.reads == []


def test_its_first_verb_brings_the_pixels_and_finds_the_same(
    desk, document, make_desk, shared_folder
):
    desk.now("find")
    key = desk.state.rows[0].key
    desk.now("select", key)
    selection = document.read_selection()
    host = MemoryHost()
    reopened = document.reopened()
    host.show(reopened)
    again = make_desk(host, connector_to(shared_folder), "again")
    again.now("select", key)
    assert reopened.read_selection() == selection
    assert reopened.reads == [None]


def test_a_document_that_was_changed_elsewhere_is_looked_at_again(
    desk, document, make_desk, shared_folder
):
    desk.now("find")
    host = MemoryHost()
    reopened = document.reopened()
    reopened.paint(Box(0, 0, 200, 200), 7)
    host.show(reopened)
    again = make_desk(host, connector_to(shared_folder), "again")
    again.now("select", again.state.rows[0].key)
    assert reopened.read_selection() is None
    assert again.state.message.action == "find" and again.state.phase == "stale"


@pytest.mark.parametrize("note", ["", "{", "[]", '{"format": 1}', '{"format": 2, "report": {}}'])
def test_a_damaged_note_is_as_none(desk, host, marked, note):
    document = document_of(marked, notes={NOTE: note})
    host.show(document)
    desk.now("find")
    assert desk.state.rows


def test_the_lineage_is_the_files_and_travels_with_the_document(desk, host, marked, tmp_path):
    document = document_of(marked, path=tmp_path / "photo.png")
    host.show(document)
    desk.now("find")
    assert str(tmp_path / "photo.png") in (document.read_note(NOTE) or "")


# ---------------------------------------------------------------------------- what is seen of it


def test_the_overlay_is_switched_off_and_on(desk, document):
    desk.now("find")
    assert desk.state.overlay_visible and "VISIBLE" in desk.state.overlay_text
    desk.toggle_overlay()
    assert not document.overlay().visible and not desk.state.overlay_visible
    desk.toggle_overlay()
    assert document.overlay().visible


def test_a_rows_eye_hides_its_layer_alone(desk, document):
    desk.now("find")
    first, *others = desk.state.rows
    desk.set_visible(first.key, False)
    assert document.shown.hidden == {first.key}
    assert not desk.state.row(first.key).visible and all(row.visible for row in others)
    desk.now("find")
    assert document.shown.hidden == {first.key}


def test_the_overlays_opacity_is_kept(desk, document):
    desk.set_opacity(0.4)
    desk.now("find")
    assert document.shown.opacity == 0.4


def test_exporting_leaves_the_overlay_out_and_tells_of_what_fails(desk, document, marked, tmp_path):
    desk.now("find")
    desk.export_without_overlay(tmp_path / "out.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "out.npy"), marked)
    desk.export_without_overlay(tmp_path / "out.xyz")
    assert desk.state.message.kind == "warning" and desk.state.message.hint


def test_saving_with_a_visible_overlay_is_warned_of(make_desk, shared_folder, marked):
    host = MemoryHost(warns_on_save=True)
    document = document_of(marked)
    host.show(document)
    desk = make_desk(host, connector_to(shared_folder))
    host.save()
    assert desk.state.message is None
    desk.now("find")
    host.save()
    assert desk.state.message.action == "export_without_overlay"


def test_everything_can_be_said_in_german(make_desk, shared_folder, marked):
    host = MemoryHost(language="de_AT")
    host.show(document_of(marked))
    desk = make_desk(host, connector_to(shared_folder))
    desk.now("find")
    noise = next(row for row in desk.state.rows if row.distortion == "noise")
    assert noise.title.startswith("Rauschen · ")
    assert noise.sentence.startswith("Rauschen (") and "unten links" in noise.sentence
    desk.change_settings(language="en")
    noise = next(row for row in desk.state.rows if row.distortion == "noise")
    assert noise.title.startswith("noise · ")


def test_observers_see_every_state_and_a_broken_one_harms_nobody(desk, document):
    seen = []

    def breaks(state):
        if state.rows:
            raise RuntimeError("a widget was gone")

    desk.observe(breaks)
    watch = desk.observe(seen.append)
    desk.now("find")
    assert {"new", "working", "found"} <= {state.phase for state in seen}
    assert seen[-1] == desk.state and "a widget was gone" in desk.diagnostics()
    watch.stop()
    count = len(seen)
    desk.dismiss()
    assert len(seen) == count and desk.state == replace(seen[-1], message=None)
