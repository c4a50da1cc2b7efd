"""Proof 5 for what all editors share: a flaw at known pixels is shown and selected there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.plugin.conftest import document_of
from tests.plugin.memory_host import MemoryDocument, PhotoLayer, tints_of

from flawmap_api.geometry import Box

pytestmark = pytest.mark.proof

#: Where `marked` has its noise.
PLACE = Box(80, 288, 240, 416)


def whole(document: MemoryDocument, box, data, channels=1):
    width, height = document.size
    plane = np.zeros((height, width, channels), np.uint8)
    plane[box.y0 : box.y1, box.x0 : box.x1] = np.frombuffer(data, np.uint8).reshape(
        box.height, box.width, channels
    )
    return plane


def agreement(plane, place):
    truth = np.zeros(plane.shape[:2], bool)
    truth[place.y0 : place.y1, place.x0 : place.x1] = True
    inside = plane.reshape(truth.shape) > 127
    return float((inside & truth).sum() / (inside | truth).sum())


def shown_and_selected(desk, host, document, place=PLACE):
    """Look, select the flaw at the marker, and give its tint and its selection."""
    host.show(document)
    desk.now("find")
    desk.now("select_at", (place.x0 + place.x1) // 2, (place.y0 + place.y1) // 2)
    key = desk.state.selected
    assert desk.state.row(key).distortion == "noise"
    tint = next(t for t in tints_of(document.shown.group) if t.data["region"] == key)
    mask = document.read_selection()
    return (
        whole(document, tint.box, tint.pixels, 4)[..., 3],
        whole(document, mask.box, mask.data)[..., 0],
    )


def eight_bit(photo):
    return photo


def sixteen_bit(photo):
    return photo.astype(np.uint16) * 257


def float_numbers(photo):
    return photo.astype(np.float32) / 255


def half_numbers(photo):
    return (photo.astype(np.float32) / 255).astype(np.float16)


def with_alpha(photo):
    return np.dstack([photo, np.full(photo.shape[:2], 255, photo.dtype)])


@pytest.mark.parametrize("numbers", [eight_bit, sixteen_bit, float_numbers, half_numbers])
@pytest.mark.parametrize("alpha", [False, True])
def test_in_documents_of_any_depth(desk, host, marked, numbers, alpha):
    if alpha and numbers is not eight_bit and numbers is not sixteen_bit:
        photo = np.dstack([numbers(marked), np.ones(marked.shape[:2], numbers(marked).dtype)])
    else:
        photo = numbers(with_alpha(marked) if alpha else marked)
    tint, selection = shown_and_selected(desk, host, document_of(photo))
    assert agreement(selection, PLACE) > 0.6
    # A tint's opacity is coverage times severity: the shape is the selection's, to the pixel.
    np.testing.assert_array_equal(tint > 0, (selection > 0) & (tint > 0))
    assert agreement((tint > 40).astype(np.uint8) * 255, PLACE) > 0.6


def test_equal_pixels_give_equal_layers_whatever_layers_they_lie_in(desk, host, marked):
    flat = document_of(marked)
    expected = shown_and_selected(desk, host, flat)
    # The same picture from a background that is larger than the canvas and a layer beside it.
    large = np.zeros((600, 800, 3), np.uint8)
    large[60:540, 70:710] = marked
    left = np.ascontiguousarray(marked[:, :300])
    stacked = MemoryDocument(
        [
            PhotoLayer("Background", large, -70, -60),
            PhotoLayer("Left", np.pad(left, ((0, 0), (40, 0), (0, 0))), -40, 0),
            PhotoLayer("Hidden", 255 - marked, visible=False),
        ],
        (640, 480),
    )
    got = shown_and_selected(desk, host, stacked)
    for one, other in zip(got, expected, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(("dx", "dy"), [(0, 0), (37, 21), (-50, 0), (0, -200)])
def test_a_shifted_photo_moves_layer_and_selection_with_it(desk, host, clean, marked, dx, dy):
    background = np.full((560, 720, 3), 128, np.uint8)
    document = MemoryDocument(
        [PhotoLayer("Background", background), PhotoLayer("Photo", marked, dx, dy)], (720, 560)
    )
    place = Box(PLACE.x0 + dx, PLACE.y0 + dy, PLACE.x1 + dx, PLACE.y1 + dy)
    _, selection = shown_and_selected(desk, host, document, place)
    assert agreement(selection, place) > 0.6


def test_in_grey(desk, host, marked):
    grey = (marked @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)
    _, selection = shown_and_selected(desk, host, document_of(grey))
    inside = selection[PLACE.y0 : PLACE.y1, PLACE.x0 : PLACE.x1]
    assert (inside > 127).mean() > 0.6


def test_transparent_pixels_are_never_shown_or_selected(desk, host, marked):
    photo = with_alpha(marked)
    photo[:, 400:, 3] = 0
    document = document_of(photo)
    _, selection = shown_and_selected(desk, host, document)
    for tint in tints_of(document.shown.group):
        alpha = whole(document, tint.box, tint.pixels, 4)[..., 3]
        assert not alpha[:, 416:].any()
    assert not selection[:, 416:].any()


def test_a_soft_selection_comes_back_as_it_went(desk, document):
    desk.now("find")
    desk.now("select", desk.state.rows[0].key)
    mask = document.read_selection()
    assert len(set(mask.data)) > 10
    document.select(replace(mask))
    assert document.read_selection() == mask
