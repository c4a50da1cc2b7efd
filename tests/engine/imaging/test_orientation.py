"""Orientation: known corners lie where they belong, in every kind of file."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile
from PIL import Image
from tests.engine.imaging.made import (
    BLUE,
    GREEN,
    RED,
    ZOO,
    chunk,
    exif,
    picture,
    png16,
    turned,
)

from flawmap_engine.imaging import Photo, open_photo

ALL = range(1, 9)


def _corners_are_right(photo: Photo) -> bool:
    def near(pixel: np.ndarray, colour: tuple[int, int, int]) -> bool:
        return bool(np.abs(pixel.astype(int) - colour).max() < 60)

    return (
        near(photo.rgb[4, 4], RED)
        and near(photo.rgb[4, -5], GREEN)
        and near(photo.rgb[-5, 4], BLUE)
    )


@pytest.mark.parametrize("orientation", ALL)
def test_the_zoo_s_turned_photos_are_upright(orientation):
    rgb = open_photo(ZOO / f"exif_orientation_{orientation}.jpg").rgb.astype(int)
    left, right = rgb[6, 6], rgb[6, -7]
    assert left[0] > left[1] + 60 and left[0] > left[2] + 60
    assert right[1] > right[0] + 40 and right[1] > right[2] + 40


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "avif", "tif"])
@pytest.mark.parametrize("orientation", ALL)
def test_a_file_of_8_bits_is_shown_upright(tmp_path, suffix, orientation):
    target = tmp_path / f"turned.{suffix}"
    image = Image.fromarray(turned(picture(), orientation))
    image.save(target, exif=exif(orientation), quality=92)
    photo = open_photo(target)
    assert (photo.width, photo.height) == (96, 64)
    assert _corners_are_right(photo)


@pytest.mark.parametrize("orientation", ALL)
def test_a_16_bit_png_is_shown_upright(tmp_path, orientation):
    target = tmp_path / "turned.png"
    block = chunk(b"eXIf", exif(orientation)[6:])
    target.write_bytes(png16(turned(picture(), orientation).astype(np.uint16) * 257, block))
    np.testing.assert_array_equal(open_photo(target).rgb, picture())


@pytest.mark.parametrize("orientation", ALL)
@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_a_deep_tiff_is_shown_upright(tmp_path, orientation, dtype):
    target = tmp_path / "turned.tif"
    scale = 257 if dtype == np.uint16 else np.float32(1 / 255)
    stored = turned(picture(), orientation).astype(dtype) * dtype(scale)
    # No metadata of tifffile's own: a private tag would be one more thing to read.
    tifffile.imwrite(
        target, stored, photometric="rgb", metadata=None, extratags=[(274, 3, 1, orientation, True)]
    )
    np.testing.assert_array_equal(open_photo(target).rgb, picture())


@pytest.mark.parametrize("orientation", ALL)
def test_alpha_and_clipping_turn_with_the_photo(tmp_path, orientation):
    upright = np.dstack([picture(), np.full((64, 96), 255, np.uint8)])
    upright[:16, 80:, 3] = 0
    upright[48:, 72:, :3] = 255
    target = tmp_path / "turned.png"
    Image.fromarray(turned(upright, orientation)).save(target, exif=exif(orientation))
    photo = open_photo(target)
    assert photo.alpha is not None
    np.testing.assert_array_equal(photo.alpha, upright[..., 3])
    expected = np.zeros((8, 12), np.uint8)
    expected[6:, 9:] = 255
    np.testing.assert_array_equal(photo.clipped, expected)


@pytest.mark.parametrize("orientation", [0, 9, 300])
def test_an_orientation_that_does_not_exist_changes_nothing(tmp_path, orientation):
    target = tmp_path / "odd.png"
    Image.fromarray(picture()).save(target, exif=exif(orientation))
    np.testing.assert_array_equal(open_photo(target).rgb, picture())


def test_a_damaged_exif_block_does_not_keep_a_photo_from_opening(tmp_path):
    target = tmp_path / "damaged.png"
    block = bytearray(exif(6))
    block[14:20] = b"\xff" * 6
    Image.fromarray(picture()).save(target, exif=bytes(block))
    assert open_photo(target).width in (64, 96)
