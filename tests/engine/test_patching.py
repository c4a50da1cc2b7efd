"""A patched photo is the photo that would have been opened with the patch in it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flawmap_api.errors import BadInput
from flawmap_api.geometry import Box
from flawmap_engine.imaging import Photo, photo_from_pixels
from flawmap_engine.patching import patched
from flawmap_engine.rendering import scaled


def photo_of(pixels: np.ndarray, lineage: str = "", patch: bool = False) -> Photo:
    height, width, count = pixels.shape
    return photo_from_pixels(
        np.ascontiguousarray(pixels).data,
        width=width,
        height=height,
        dtype={"uint8": "u8", "uint16": "u16"}[pixels.dtype.name],
        channels={3: "RGB", 4: "RGBA"}[count],
        lineage=lineage,
        patch=patch,
    )


@st.composite
def pictures(draw: st.DrawFn, count: int = 3) -> tuple[np.ndarray, Box, np.ndarray]:
    height, width = draw(st.integers(8, 70)), draw(st.integers(8, 70))
    x0, y0 = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    x1, y1 = draw(st.integers(x0 + 1, width)), draw(st.integers(y0 + 1, height))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    low = draw(st.sampled_from([0, 240]))
    picture = rng.integers(low, 256, (height, width, count), np.uint8)
    patch = rng.integers(low, 256, (y1 - y0, x1 - x0, count), np.uint8)
    return picture, Box(x0, y0, x1, y1), patch


@settings(max_examples=60, deadline=None)
@given(pictures())
def test_of_an_8_bit_document_it_is_the_same_photo(
    case: tuple[np.ndarray, Box, np.ndarray],
) -> None:
    picture, box, patch = case
    photo = patched(photo_of(picture, "lineage"), box, photo_of(patch, patch=True))
    whole = picture.copy()
    whole[box.y0 : box.y1, box.x0 : box.x1] = patch
    assert photo.photo_id == photo_of(whole).photo_id
    assert photo.lineage == "lineage"


@settings(max_examples=60, deadline=None)
@given(pictures(count=4))
def test_of_a_transparent_document_pixels_are_exact_and_clipping_nearly(
    case: tuple[np.ndarray, Box, np.ndarray],
) -> None:
    picture, box, patch = case
    photo = patched(photo_of(picture), box, photo_of(patch, patch=True))
    whole = picture.copy()
    whole[box.y0 : box.y1, box.x0 : box.x1] = patch
    expected = photo_of(whole)
    np.testing.assert_array_equal(photo.rgb, expected.rgb)
    np.testing.assert_array_equal(photo.alpha, expected.alpha)
    # In cells that lie wholly inside or outside of the box nothing is mixed: away from its edge,
    # the patch has cells of its own that need not be those of the photo.
    outside = np.ones(photo.clipped.shape, bool)
    rows = np.arange(photo.clipped.shape[0] + 1) * photo.height / photo.clipped.shape[0]
    cols = np.arange(photo.clipped.shape[1] + 1) * photo.width / photo.clipped.shape[1]
    touched_rows = (rows[1:] > box.y0 - 1) & (rows[:-1] < box.y1 + 1)
    touched_cols = (cols[1:] > box.x0 - 1) & (cols[:-1] < box.x1 + 1)
    outside[np.ix_(touched_rows, touched_cols)] = False
    np.testing.assert_array_equal(photo.clipped[outside], expected.clipped[outside])
    np.testing.assert_array_equal(photo.gamut[outside], expected.gamut[outside])


def test_the_clipping_of_a_16_bit_document_is_mixed_by_area() -> None:
    dark = np.zeros((32, 32, 3), np.uint16)
    # 65,250 is 254 in 8 bits, which would count there; in its own numbers it is not clipped.
    dark[:] = 65250
    bright = np.full((16, 20, 3), 65535, np.uint16)
    photo = patched(photo_of(dark), Box(8, 8, 28, 24), photo_of(bright))
    expected = np.zeros((4, 4), np.uint8)
    expected[1:3, 1:3] = 255
    expected[1:3, 3] = 128
    np.testing.assert_array_equal(photo.clipped, expected)


def test_the_photo_before_stays_as_it_was() -> None:
    before = photo_of(np.full((16, 16, 3), 7, np.uint8))
    identity = before.rgb.tobytes()
    patched(before, Box(0, 0, 8, 8), photo_of(np.full((8, 8, 3), 200, np.uint8)))
    assert before.rgb.tobytes() == identity


def test_a_box_outside_the_photo_is_refused() -> None:
    before = photo_of(np.full((16, 16, 3), 7, np.uint8))
    with pytest.raises(BadInput, match="not inside the photo"):
        patched(before, Box(9, 0, 17, 8), photo_of(np.zeros((8, 8, 3), np.uint8)))


def test_scaled_pixels_are_means_of_areas() -> None:
    rgb = np.zeros((8, 12, 3), np.uint8)
    rgb[:, ::2] = 200
    np.testing.assert_array_equal(
        scaled(rgb, Box(0, 0, 12, 8), 0.5), np.full((4, 6, 3), 100, np.uint8)
    )
    part = scaled(rgb, Box(1, 2, 5, 4), 1.0)
    np.testing.assert_array_equal(part, rgb[2:4, 1:5])
    assert not np.shares_memory(part, rgb)
    assert scaled(rgb, Box(0, 0, 12, 8), 0.01).shape == (1, 1, 3)
