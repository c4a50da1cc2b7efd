"""Selecting: a flaw becomes exactly its coverage, soft values kept."""

from __future__ import annotations

import numpy as np
from tests.plugin.conftest import document_of

from flawmap_api.geometry import Box
from flawmap_plugin.host import Mask


def row_of(desk, distortion):
    return next(row for row in desk.state.rows if row.distortion == distortion)


def plane(mask, size):
    width, height = size
    out = np.zeros((height, width), np.uint8)
    if mask is not None:
        box = mask.box
        out[box.y0 : box.y1, box.x0 : box.x1] = np.frombuffer(mask.data, np.uint8).reshape(
            box.height, box.width
        )
    return out


def coverage(client, pixels, region):
    photo = client.open(pixels)
    client.analyze(photo)
    (layer,) = client.layers(photo, "coverage", regions=[region])
    return plane(Mask(layer.box, layer.data), (photo.width, photo.height))


def test_a_flaw_becomes_exactly_its_coverage(desk, document, marked, client):
    desk.now("find")
    noise = row_of(desk, "noise")
    desk.now("select", noise.key)
    selected = plane(document.read_selection(), document.size)
    np.testing.assert_array_equal(selected, coverage(client, marked, noise.key))
    assert len(np.unique(selected)) > 2
    assert desk.state.selected == noise.key


def test_selections_combine(desk, document):
    desk.now("find")
    noise, other = row_of(desk, "noise"), row_of(desk, "overexposure")
    desk.now("select", noise.key)
    alone = plane(document.read_selection(), document.size)
    desk.now("select", other.key, "add")
    both = plane(document.read_selection(), document.size)
    assert (both >= alone).all() and both.sum() > alone.sum()
    desk.now("select", other.key, "subtract")
    left = plane(document.read_selection(), document.size)
    assert left.sum() < both.sum()
    desk.now("select", noise.key, "intersect")
    assert (plane(document.read_selection(), document.size) <= alone).all()


def test_next_and_previous_go_round_by_rank(desk, document):
    desk.now("find")
    keys = [row.key for row in desk.state.rows]
    seen = []
    for _ in range(len(keys) + 1):
        desk.now("select_next")
        seen.append(desk.state.selected)
    assert seen == [*keys, keys[0]]
    desk.now("select_next", -1)
    assert desk.state.selected == keys[-1]


def test_a_point_selects_the_flaw_under_it(desk, document):
    desk.now("find")
    desk.now("select_at", 160, 350)
    assert desk.state.selected == row_of(desk, "noise").key
    selected = plane(document.read_selection(), document.size)
    assert selected[350, 160] >= 128


def test_a_point_without_a_flaw_says_so_and_keeps_the_selection(desk, document):
    desk.now("find")
    for point in ((3, 3), (10_000, 3), (-1, 3)):
        desk.now("select_at", *point)
        assert document.read_selection() is None and "no flaw" in desk.said


def test_before_anything_was_found_there_is_nothing_to_select(desk, document):
    desk.now("select_next")
    assert desk.said == "There is no flaw in the list."
    desk.now("select_at", 10, 10)
    assert desk.state.message.action == "find"


def test_masks_are_made_of_coverages(desk, document, marked, client):
    desk.now("find")
    desk.now("keep_masks")
    noise = row_of(desk, "noise")
    mask, colour = document.kept[noise.title]
    expected = coverage(client, marked, noise.key)
    np.testing.assert_array_equal(plane(mask, document.size), expected)
    assert colour == noise.colour
    assert str(len(desk.state.rows)) in desk.said


def test_a_selection_is_scored_even_before_flaws_were_looked_for(desk, document):
    box = Box(90, 300, 220, 400)
    document.select(Mask(box, bytes([255]) * box.area))
    desk.now("score_selection")
    assert desk.state.selection_score.startswith("Quality: ")
    assert "noise" in desk.state.selection_score


def test_scored_again_after_an_edit_it_shows_before_and_after(desk, document, clean):
    box = Box(90, 300, 220, 400)
    document.select(Mask(box, bytes([255]) * box.area))
    desk.now("score_selection")
    assert "→" not in desk.state.selection_score
    document.add_repair(
        "by hand",
        document_of(clean).read_visible(box),
        Mask(box, bytes([255]) * box.area),
        {},
    )
    desk.now("score_selection")
    before, after = (
        desk.state.selection_score.splitlines()[0].split("(")[1].rstrip(")").split(" → ")
    )
    assert float(after) > float(before)


def test_nothing_selected_is_nothing_to_score(desk, document):
    desk.now("score_selection")
    assert desk.said.startswith("Nothing is selected") and not desk.busy
