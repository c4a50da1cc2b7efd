"""Planes: masks as bytes do what arrays would do."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from flawmap_api.geometry import Box
from flawmap_api.messages import PixelSource
from flawmap_api.sources import PixelData
from flawmap_plugin.host import Mask
from flawmap_plugin.planes import (
    crop,
    grown,
    meet,
    overlap,
    placed,
    print_of,
    print_of_mask,
    sample_of,
    union,
)

SIZE = (23, 17)


@st.composite
def boxes(draw, width=SIZE[0], height=SIZE[1]):
    x0, y0 = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    return Box(x0, y0, draw(st.integers(x0 + 1, width)), draw(st.integers(y0 + 1, height)))


@st.composite
def masks(draw, **size):
    box = draw(boxes(**size))
    values = draw(st.lists(st.sampled_from([0, 1, 127, 128, 255]), min_size=1, max_size=5))
    dice = np.random.default_rng(draw(st.integers(0, 99)))
    return Mask(box, dice.choice(values, box.area).astype(np.uint8).tobytes())


def plane(mask, size=SIZE):
    out = np.zeros((60, 60), np.uint8)
    box = mask.box
    out[box.y0 : box.y1, box.x0 : box.x1] = np.frombuffer(mask.data, np.uint8).reshape(
        box.height, box.width
    )
    return out[: size[1], : size[0]]


@given(a=boxes(), b=boxes())
def test_what_two_boxes_share_lies_in_both_and_their_union_holds_both(a, b):
    shared, whole = meet(a, b), union(a, b)
    one, two = (plane(Mask(box, bytes([255]) * box.area)) for box in (a, b))
    both = (one & two) > 0
    assert (shared.area if shared else 0) == both.sum()
    assert meet(whole, a) == a and meet(whole, b) == b
    assert meet(a, b) == meet(b, a)


@given(box=boxes(), margin=st.integers(0, 40))
def test_a_grown_box_stays_on_the_canvas(box, margin):
    bigger = grown(box, margin, SIZE)
    assert bigger.within(*SIZE) and meet(bigger, box) == box
    assert bigger.width <= box.width + 2 * margin


@given(mask=masks(), part=boxes(), pixel=st.integers(1, 8))
def test_a_crop_is_the_slice(mask, part, pixel):
    inside = meet(mask.box, part)
    if inside is None:
        return
    data = np.frombuffer(mask.data, np.uint8).repeat(pixel)
    picture = data.reshape(mask.box.height, mask.box.width, pixel)
    x, y = inside.x0 - mask.box.x0, inside.y0 - mask.box.y0
    expected = picture[y : y + inside.height, x : x + inside.width]
    assert crop(data.tobytes(), mask.box, inside, pixel) == expected.tobytes()
    assert crop(memoryview(data), mask.box, inside, pixel) == expected.tobytes()


@given(mask=masks(width=40, height=40))
def test_a_placed_mask_is_in_or_out_and_cut_at_the_canvas(mask):
    got = np.frombuffer(placed(mask, SIZE), np.uint8).reshape(SIZE[::-1])
    np.testing.assert_array_equal(got, np.where(plane(mask) >= 128, 255, 0))


@given(a=masks(), b=masks())
def test_masks_overlap_where_both_have_anything(a, b):
    assert overlap(a, b) == bool(((plane(a) > 0) & (plane(b) > 0)).any())


@given(box=boxes(width=5000, height=5000))
def test_a_sample_is_inside_and_small(box):
    part = sample_of(box)
    assert meet(part, box) == part and part.area <= 1 << 23
    assert part == box or part.area >= box.area / 4


@given(data=st.data(), part=boxes(), at=st.tuples(st.integers(0, 22), st.integers(0, 16)))
def test_a_print_tells_a_changed_pixel_inside_and_ignores_one_outside(data, part, at):
    layout = PixelSource(*SIZE, "u16", "RGB")
    picture = np.arange(SIZE[0] * SIZE[1] * 3, dtype=np.uint16).reshape(SIZE[1], SIZE[0], 3)
    whole = Box(0, 0, *SIZE)
    before = print_of(PixelData(layout, memoryview(picture).cast("B")), whole, part)
    x, y = at
    picture[y, x, 1] ^= 1
    after = print_of(PixelData(layout, memoryview(picture).cast("B")), whole, part)
    inside = part.x0 <= x < part.x1 and part.y0 <= y < part.y1
    assert (before != after) == inside


def test_masks_of_the_same_bytes_at_another_place_are_other_masks():
    one, two = Mask(Box(0, 0, 2, 3), bytes(6)), Mask(Box(0, 0, 3, 2), bytes(6))
    assert print_of_mask(one) != print_of_mask(two)


@given(
    size=st.tuples(st.integers(1500, 3000), st.integers(700, 1500)),
    where=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
@settings(max_examples=20, deadline=None)
def test_a_dab_anywhere_in_a_large_region_is_told(size, where):
    width, height = size
    layout = PixelSource(width, height, "u8", "Y")
    picture = np.zeros((height, width), np.uint8)
    whole = Box(0, 0, width, height)
    part = sample_of(whole)
    before = print_of(PixelData(layout, memoryview(picture).cast("B")), whole, part)
    x, y = int(where[0] * (width - 9)), int(where[1] * (height - 9))
    picture[y : y + 9, x : x + 9] = 1
    assert print_of(PixelData(layout, memoryview(picture).cast("B")), whole, part) != before
