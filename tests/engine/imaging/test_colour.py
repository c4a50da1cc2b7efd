"""Colour: profiles are used, as LittleCMS uses them; sRGB is left alone; depth is kept."""

from __future__ import annotations

import io

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms
from tests.engine.imaging.made import ZOO, by_little_cms, picture, profile_of, srgb_profile

from flawmap_engine.imaging import open_photo
from flawmap_engine.imaging.colour import is_srgb, to_8bit, to_srgb
from flawmap_engine.imaging.matrix_profile import encode_srgb, parse_matrix_profile

SPACES = ["display-p3", "adobe-rgb", "prophoto", "swapped"]


def _profile(space: str) -> bytes:
    return profile_of(f"jpeg_icc_{space}.jpg")


@pytest.mark.parametrize("space", ["display-p3", "adobe-rgb", "prophoto"])
def test_a_tagged_photo_has_the_colours_of_its_srgb_original(space):
    def patches(name: str) -> np.ndarray:  # means of 4 x 4 pixels: colour without JPEG's grain
        rgb = open_photo(ZOO / name).rgb.astype(np.float32)
        return rgb.reshape(45, 4, 80, 4, 3).mean(axis=(1, 3))

    assert np.abs(patches(f"jpeg_icc_{space}.jpg") - patches("png_rgb8.png")).mean() < 1.5


def test_the_embedded_profile_is_used_at_all():
    rotated = open_photo(ZOO / "jpeg_icc_swapped.jpg").rgb.astype(np.int16)
    with Image.open(ZOO / "jpeg_icc_swapped.jpg") as image:
        stored = np.asarray(image).astype(np.int16)
    assert np.abs(rotated - stored).mean() > 10


@pytest.mark.parametrize("space", SPACES)
def test_8_bit_pictures_are_bit_equal_to_little_cms(tmp_path, space):
    icc = _profile(space)
    Image.fromarray(picture(300, 211)).save(tmp_path / "p.png", icc_profile=icc)
    seen = open_photo(tmp_path / "p.png").rgb
    np.testing.assert_array_equal(seen, by_little_cms(picture(300, 211), icc))


def test_a_profile_that_is_srgb_changes_nothing(tmp_path):
    Image.fromarray(picture()).save(tmp_path / "p.png", icc_profile=srgb_profile())
    photo = open_photo(tmp_path / "p.png")
    np.testing.assert_array_equal(photo.rgb, picture())
    assert photo.notes == ()
    assert is_srgb(srgb_profile()) and not is_srgb(_profile("display-p3"))


@pytest.mark.parametrize("damage", ["noise", "cut", "empty tags"])
def test_a_damaged_profile_is_left_out_and_a_note_says_so(tmp_path, damage):
    good = _profile("display-p3")
    icc = {
        "noise": np.random.default_rng(0).bytes(400),
        "cut": good[:150],
        "empty tags": good[:128] + bytes(4) + good[132:],
    }[damage]
    Image.fromarray(picture()).save(tmp_path / "p.png", icc_profile=icc)
    photo = open_photo(tmp_path / "p.png")
    np.testing.assert_array_equal(photo.rgb, picture())
    assert photo.notes == ("The embedded colour profile is damaged; sRGB is assumed.",)


def test_a_profile_for_another_kind_of_picture_is_left_out(tmp_path):
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    Image.fromarray(picture()).save(tmp_path / "p.png", icc_profile=lab)
    photo = open_photo(tmp_path / "p.png")
    assert photo.notes == (
        "The embedded colour profile is for another kind of picture; sRGB is assumed.",
    )


def test_a_grey_photo_with_an_rgb_profile_is_read_in_that_space(tmp_path):
    grey = picture()[..., 0]
    icc = _profile("prophoto")
    Image.fromarray(grey).save(tmp_path / "p.png", icc_profile=icc)
    seen = open_photo(tmp_path / "p.png").rgb.astype(np.int16)
    assert np.abs(seen - by_little_cms(np.dstack([grey] * 3), icc)).max() <= 1


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_deep_pictures_are_within_2_of_little_cms(tmp_path, space, dtype):
    icc, rgb = _profile(space), picture(200, 120)
    deep = rgb.astype(np.uint16) * 257 if dtype == np.uint16 else rgb.astype(np.float32) / 255
    tifffile.imwrite(tmp_path / "p.tif", deep, photometric="rgb", metadata=None, iccprofile=icc)
    seen = open_photo(tmp_path / "p.tif").rgb.astype(np.int16)
    assert np.abs(seen - by_little_cms(rgb, icc)).max() <= 2


def _linear_profile() -> bytes:
    """Display P3's primaries with no tone curve at all."""
    icc = bytearray(_profile("display-p3"))
    for at in range(132, 132 + 12 * int.from_bytes(icc[128:132], "big"), 12):
        name = bytes(icc[at : at + 4])
        offset = int.from_bytes(icc[at + 4 : at + 8], "big")
        if name in (b"rTRC", b"gTRC", b"bTRC"):
            icc[offset : offset + 12] = b"curv" + bytes(8)
    return bytes(icc)


def test_a_linear_16_bit_picture_keeps_its_shadows(tmp_path):
    """By way of 8 linear bits the first step above black would be 13 of 255."""
    icc = _linear_profile()
    ramp = np.arange(0, 2000, 4, dtype=np.uint16)[:480].reshape(8, 60)
    tifffile.imwrite(
        tmp_path / "p.tif",
        np.dstack([ramp] * 3),
        photometric="rgb",
        metadata=None,
        iccprofile=icc,
    )
    seen = open_photo(tmp_path / "p.tif").rgb.reshape(-1, 3)
    light = ramp.reshape(-1) / 65535
    expected = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055) * 255
    assert np.abs(seen - expected[:, None]).max() <= 1


def test_the_curves_of_a_matrix_profile_are_little_cms_curves():
    for space in SPACES:
        parsed = parse_matrix_profile(_profile(space))
        assert parsed is not None and len(parsed.curves) == 3
        for curve in parsed.curves:
            assert curve[0] == 0 and abs(curve[-1] - 1) < 1e-3
            assert (np.diff(curve) >= 0).all()


@pytest.mark.parametrize("cut", range(0, 400, 7))
def test_a_cut_profile_never_breaks_the_reader(cut):
    parse_matrix_profile(_profile("adobe-rgb")[:cut])


def test_cmyk_goes_through_the_plain_conversion_without_a_profile(tmp_path):
    image = Image.fromarray(picture()).convert("CMYK")
    image.save(tmp_path / "p.tif")
    seen = open_photo(tmp_path / "p.tif").rgb
    np.testing.assert_array_equal(seen, np.asarray(image.convert("RGB")))


def test_strips_do_not_show():
    """A picture of many strips is converted like its parts."""
    icc, rgb = _profile("adobe-rgb"), picture(3000, 400)
    whole, _ = to_srgb(rgb, "RGB", icc)
    np.testing.assert_array_equal(whole, by_little_cms(rgb, icc))


def test_every_16_bit_value_becomes_its_nearest_8_bit_value():
    values = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    np.testing.assert_array_equal(to_8bit(values), (values.astype(int) * 255 + 32767) // 65535)


def test_floats_become_8_bits_by_clipping_and_rounding():
    values = np.array([[-1e30, -0.1, 0, 0.5, 1, 1.5, 1e30]], np.float32)
    np.testing.assert_array_equal(to_8bit(values), [[0, 0, 0, 128, 255, 255, 255]])


def test_the_srgb_curve_takes_the_ends_where_they_belong():
    table = encode_srgb()
    assert table[0] == 0 and table[-1] == 255 and table[round(0.2159 * 65535)] == 128


def test_a_profile_is_read_from_every_container(tmp_path):
    icc = _profile("swapped")
    reference = by_little_cms(picture(), icc)
    for suffix, options in (("png", {}), ("tif", {}), ("webp", {"lossless": True})):
        target = tmp_path / f"p.{suffix}"
        Image.fromarray(picture()).save(target, icc_profile=icc, **options)
        np.testing.assert_array_equal(open_photo(target).rgb, reference, err_msg=suffix)
    buffer = io.BytesIO()
    Image.fromarray(picture()).save(buffer, "AVIF", icc_profile=icc, quality=100)
    (tmp_path / "p.avif").write_bytes(buffer.getvalue())
    seen = open_photo(tmp_path / "p.avif").rgb.astype(np.int16)
    assert np.abs(seen - reference).mean() < 5
