"""Clipping evidence: looked for before colours are converted, told apart by channels, exact."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from tests.engine.imaging.made import ZOO, by_little_cms, picture, png16, profile_of

from flawmap_engine.imaging import open_photo
from flawmap_engine.imaging.clipping import clipping_planes, grid_shape


def _shares(mask: np.ndarray) -> np.ndarray:
    """`round(255 * share)` of every cell, by brute force: each pixel cut into rows x cols parts."""
    height, width = mask.shape
    rows, cols = grid_shape(height, width)
    parts = np.repeat(np.repeat(mask, rows, axis=0), cols, axis=1)
    sums = parts.reshape(rows, height, cols, width).sum(axis=(1, 3))
    return (510 * sums + height * width) // (2 * height * width)


@given(
    st.integers(8, 45),
    st.integers(8, 45),
    st.sampled_from([(np.uint8, 254), (np.uint16, 65278), (np.float32, 1.0)]),
    st.sampled_from([1, 3]),
    st.booleans(),
    st.integers(0, 2**32 - 1),
)
def test_shares_are_exact_for_every_size_and_depth(height, width, depth, channels, veiled, seed):
    dtype, high = depth
    rng = np.random.default_rng(seed)
    step = {np.uint8: 1, np.uint16: 1, np.float32: 0.25}[dtype]
    offsets = rng.integers(-2, 2, (height, width, channels))
    samples = (high + offsets * step).astype(dtype)
    if channels == 1:
        samples = samples[..., 0]
    alpha = rng.integers(0, 256, (height, width), dtype=np.uint8) if veiled else None
    seen = np.ones((height, width), bool) if alpha is None else alpha >= 128
    clipped, gamut = clipping_planes(samples, alpha)
    every, some = (offsets >= 0).all(axis=2), (offsets >= 0).any(axis=2)
    np.testing.assert_array_equal(clipped, _shares(every & seen))
    np.testing.assert_array_equal(gamut, _shares(some & ~every & seen))


def test_all_channels_and_one_channel_are_told_apart(tmp_path):
    rgb = picture()
    rgb[16:32, 16:32] = 255
    rgb[40:56, 40:56] = (255, 180, 90)
    Image.fromarray(rgb).save(tmp_path / "p.png")
    photo = open_photo(tmp_path / "p.png")
    clipped, gamut = np.zeros((8, 12), np.uint8), np.zeros((8, 12), np.uint8)
    clipped[2:4, 2:4], gamut[5:7, 5:7] = 255, 255
    np.testing.assert_array_equal(photo.clipped, clipped)
    np.testing.assert_array_equal(photo.gamut, gamut)


@pytest.mark.parametrize(("value", "share"), [(253, 0), (254, 255), (255, 255)])
def test_white_begins_at_254_in_8_bits(tmp_path, value, share):
    Image.new("L", (32, 32), value).save(tmp_path / "p.png")
    photo = open_photo(tmp_path / "p.png")
    assert (photo.clipped == share).all() and not photo.gamut.any()


@pytest.mark.parametrize(("value", "share"), [(65277, 0), (65278, 255), (65535, 255)])
def test_white_begins_at_the_same_place_in_16_bits(tmp_path, value, share):
    (tmp_path / "p.png").write_bytes(png16(np.full((16, 16, 3), value, np.uint16)))
    assert (open_photo(tmp_path / "p.png").clipped == share).all()


@pytest.mark.parametrize(("value", "share"), [(0.999, 0), (1.0, 255), (1.2, 255)])
def test_white_begins_at_1_in_floats(tmp_path, value, share):
    tifffile.imwrite(
        tmp_path / "p.tif",
        np.full((16, 16, 3), value, np.float32),
        photometric="rgb",
        metadata=None,
    )
    assert (open_photo(tmp_path / "p.tif").clipped == share).all()


def test_evidence_is_found_before_conversion(tmp_path):
    """A red that is whole in Display P3 is clipped in sRGB: that is no loss of the photo's."""
    rgb = np.full((32, 32, 3), (250, 60, 60), np.uint8)
    icc = profile_of("jpeg_icc_display-p3.jpg")
    assert by_little_cms(rgb, icc).max() == 255
    Image.fromarray(rgb).save(tmp_path / "whole.png", icc_profile=icc)
    photo = open_photo(tmp_path / "whole.png")
    assert photo.rgb.max() == 255 and not photo.gamut.any() and not photo.clipped.any()


def test_evidence_that_conversion_would_hide_is_kept(tmp_path):
    """A blue at the end of Display P3 stays under 255 in red and green, but it was clipped."""
    rgb = np.full((32, 32, 3), (90, 90, 255), np.uint8)
    Image.fromarray(rgb).save(tmp_path / "p.png", icc_profile=profile_of("jpeg_icc_swapped.jpg"))
    assert (open_photo(tmp_path / "p.png").gamut == 255).all()


def test_transparent_white_is_no_evidence(tmp_path):
    rgba = np.full((32, 32, 4), 255, np.uint8)
    rgba[:16, :, 3] = 0
    Image.fromarray(rgba).save(tmp_path / "p.png")
    clipped = open_photo(tmp_path / "p.png").clipped
    assert not clipped[:2].any() and (clipped[2:] == 255).all()


def test_a_white_cmyk_photo_is_clipped_after_conversion(tmp_path):
    Image.new("CMYK", (32, 32), (0, 0, 0, 0)).save(tmp_path / "p.tif")
    assert (open_photo(tmp_path / "p.tif").clipped == 255).all()


def test_the_white_and_black_photos_of_the_zoo():
    assert (open_photo(ZOO / "odd_white.jpg").clipped == 255).all()
    black = open_photo(ZOO / "odd_black.jpg")
    assert not black.clipped.any() and not black.gamut.any()
