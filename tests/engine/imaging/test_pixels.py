"""Pixels from editors: the same picture is the same photo, whichever way it comes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from tests.engine.imaging.made import by_little_cms, picture, png16, profile_of, srgb_profile

from flawmap_api.errors import BadInput, NoMemory
from flawmap_engine.imaging import Photo, open_photo, photo_from_pixels


def _with_alpha() -> np.ndarray:
    alpha = np.tile(np.linspace(0, 255, 96).astype(np.uint8), (64, 1))
    return np.dstack([picture(), alpha])


def _equal(one: Photo, other: Photo) -> bool:
    return one.photo_id == other.photo_id and bool((one.rgb == other.rgb).all())


def _sent(samples: np.ndarray, dtype: str, channels: str, **more) -> Photo:
    height, width = samples.shape[:2]
    return photo_from_pixels(
        np.ascontiguousarray(samples).tobytes(),
        width=width,
        height=height,
        dtype=dtype,
        channels=channels,
        **more,
    )


@pytest.mark.parametrize("icc", [None, srgb_profile()])
@pytest.mark.parametrize("channels", ["RGB", "BGR", "RGBA", "BGRA", "Y", "YA"])
def test_an_8_bit_srgb_document_is_the_photo_of_its_file(tmp_path, channels, icc):
    rgba = _with_alpha()
    rgba[10:30, 50:80, :3] = 255  # clipping evidence takes part
    file = {
        "RGB": rgba[..., :3],
        "BGR": rgba[..., :3],
        "Y": rgba[..., 0],
        "YA": rgba[..., [0, 3]],
    }.get(channels, rgba)
    mode = {"YA": "LA"}.get(channels)
    image = (
        Image.fromarray(file)
        if mode is None
        else Image.merge(
            "LA", [Image.fromarray(np.ascontiguousarray(file[..., k])) for k in (0, 1)]
        )
    )
    image.save(tmp_path / "p.png")
    order = [2, 1, 0, 3][: len(channels)] if channels.startswith("BGR") else slice(None)
    samples = file[..., order] if file.ndim == 3 else file
    assert _equal(_sent(samples, "u8", channels, icc=icc), open_photo(tmp_path / "p.png"))


def test_an_opaque_alpha_channel_is_no_alpha():
    rgba = np.dstack([picture(), np.full((64, 96), 255, np.uint8)])
    photo = _sent(rgba, "u8", "RGBA")
    assert photo.alpha is None
    assert _equal(photo, _sent(picture(), "u8", "RGB"))


def test_a_16_bit_document_is_the_photo_of_its_16_bit_file(tmp_path):
    deep = np.random.default_rng(5).integers(0, 65536, (24, 40, 4), dtype=np.uint16)
    (tmp_path / "p.png").write_bytes(png16(deep))
    assert _equal(_sent(deep, "u16", "RGBA"), open_photo(tmp_path / "p.png"))


@pytest.mark.parametrize("dtype", ["u16", "f16", "f32"])
def test_a_deep_document_of_8_bit_values_shows_the_8_bit_picture(dtype):
    rgb = picture()
    deep = rgb.astype(np.uint16) * 257
    if dtype != "u16":
        deep = rgb.astype(np.float32) / 255
        deep = deep.astype(np.float16 if dtype == "f16" else np.float32)
    np.testing.assert_array_equal(_sent(deep, dtype, "RGB").rgb, rgb)


@pytest.mark.parametrize("space", ["display-p3", "adobe-rgb", "prophoto"])
@pytest.mark.parametrize("dtype", ["u8", "u16", "f32"])
def test_a_tagged_document_is_within_2_of_little_cms(space, dtype):
    icc, rgb = profile_of(f"jpeg_icc_{space}.jpg"), picture(160, 90)
    sent = {
        "u8": rgb,
        "u16": rgb.astype(np.uint16) * 257,
        "f32": rgb.astype(np.float32) / 255,
    }[dtype]
    seen = _sent(sent, dtype, "RGB", icc=icc).rgb.astype(np.int16)
    assert np.abs(seen - by_little_cms(rgb, icc)).max() <= 2


@pytest.mark.parametrize("dtype", ["u16", "f32"])
@pytest.mark.parametrize("channels", ["RGB", "Y"])
def test_a_linear_document_shows_the_picture_it_was_made_from(dtype, channels):
    rgb = picture() if channels == "RGB" else picture()[..., 1]
    code = rgb / 255
    light = np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)
    sent = light.astype(np.float32) if dtype == "f32" else np.rint(light * 65535).astype(np.uint16)
    seen = _sent(sent, dtype, channels, linear=True).rgb
    expected = rgb if channels == "RGB" else np.dstack([rgb] * 3)
    assert np.abs(seen.astype(np.int16) - expected).max() <= (0 if dtype == "f32" else 1)


def test_a_linear_document_in_wide_primaries_is_brought_to_srgb_s():
    icc, rgb = profile_of("jpeg_icc_display-p3.jpg"), picture()
    code = rgb / 255
    light = np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)
    seen = _sent(light.astype(np.float32), "f32", "RGB", icc=icc, linear=True).rgb
    assert np.abs(seen.astype(np.int16) - by_little_cms(rgb, icc)).max() <= 2


def test_cmyk_from_an_editor_is_cmyk_from_a_file(tmp_path):
    image = Image.fromarray(picture()).convert("CMYK")
    image.save(tmp_path / "p.tif")
    seen = _sent(np.asarray(image), "u8", "CMYK")
    assert _equal(seen, open_photo(tmp_path / "p.tif"))


def test_transparent_pixels_lie_on_mid_grey():
    rgba = _with_alpha()
    photo = _sent(rgba, "u8", "RGBA")
    weight = rgba[..., 3:].astype(int)
    expected = (rgba[..., :3] * weight + 128 * (255 - weight) + 127) // 255
    np.testing.assert_array_equal(photo.rgb, expected)
    assert (photo.rgb[:, 0] == 128).all()
    np.testing.assert_array_equal(photo.alpha, rgba[..., 3])


def test_the_sender_may_write_into_its_buffer_afterwards():
    buffer = bytearray(picture().tobytes())
    photo = photo_from_pixels(buffer, width=96, height=64, dtype="u8", channels="RGB")
    before = photo.rgb.copy()
    buffer[:] = bytes(len(buffer))
    np.testing.assert_array_equal(photo.rgb, before)


def test_a_buffer_that_is_handed_over_is_not_copied():
    samples = picture()
    photo = photo_from_pixels(
        samples.data, width=96, height=64, dtype="u8", channels="RGB", own=True
    )
    assert np.shares_memory(photo.rgb, samples)


def test_lineage_comes_from_the_sender_and_is_empty_without():
    assert _sent(picture(), "u8", "RGB").lineage == ""
    assert _sent(picture(), "u8", "RGB", lineage="xmp.did:1").lineage == "xmp.did:1"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"dtype": "u32"}, "'u32' are not known; one of u8, u16, f16, f32"),
        ({"channels": "XYZ"}, "'XYZ' is not known"),
        ({"width": 95}, "18240 bytes in one piece, but 18432 came"),
        ({"channels": "RGBA"}, "24576 bytes in one piece, but 18432 came"),
        ({"width": 0}, "no pixels"),
        ({"height": -64}, "no pixels"),
        ({"width": 1, "height": 6144}, "too small to judge"),
    ],
)
def test_a_size_or_layout_that_does_not_fit_is_refused(change, words):
    layout = {"width": 96, "height": 64, "dtype": "u8", "channels": "RGB", **change}
    with pytest.raises(BadInput, match=words):
        photo_from_pixels(picture().tobytes(), **layout)


def test_a_document_that_would_not_fit_is_refused_with_the_size_it_would_need():
    with pytest.raises(NoMemory, match=r"needs about .* MB of memory, and 1.0 MB are allowed"):
        photo_from_pixels(
            b"", width=4000, height=3000, dtype="u8", channels="RGB", memory_limit=1_000_000
        )


def test_values_that_are_not_numbers_are_counted_and_refused():
    deep = picture().astype(np.float32) / 255
    deep[3, 4:7] = np.nan
    deep[5, 6, 0] = -np.inf
    with pytest.raises(
        BadInput, match=r"holds 10 values that are not numbers \(9 NaN, 1 infinite\)"
    ):
        _sent(deep, "f32", "RGB")


@given(
    st.binary(max_size=2000),
    st.integers(-3, 70),
    st.integers(-3, 70),
    st.sampled_from(["u8", "u16", "f16", "f32", "x"]),
    st.sampled_from(["RGB", "RGBA", "BGR", "BGRA", "Y", "YA", "CMYK", ""]),
    st.none() | st.binary(max_size=200),
    st.booleans(),
)
def test_whatever_is_sent_is_a_photo_or_a_sentence(
    data, width, height, dtype, channels, icc, linear
):
    try:
        photo = photo_from_pixels(
            data, width=width, height=height, dtype=dtype, channels=channels, icc=icc, linear=linear
        )
    except BadInput:
        return
    assert photo.rgb.shape == (height, width, 3)


@pytest.mark.parametrize("dtype", ["f16", "f32"])
def test_floats_on_another_scale_are_refused_as_a_file_s_are(dtype):
    grey = np.full((16, 16, 3), 180, {"f16": np.float16, "f32": np.float32}[dtype])
    layout = {"width": 16, "height": 16, "dtype": dtype, "channels": "RGB"}
    with pytest.raises(BadInput, match="values up to 180, where 1 is white"):
        photo_from_pixels(grey.tobytes(), **layout)
    # A few highlights above white are a picture still, and so is a patch that is all highlight.
    few = grey / 255
    few[0, 0] = 4
    large = np.tile(few, (8, 8, 1))
    large[16:], large[:, 16:] = 0.5, 0.5
    photo_from_pixels(large.tobytes(), **{**layout, "width": 128, "height": 128})
    patch = np.full((1, 2, 3), 4, grey.dtype)
    photo = photo_from_pixels(
        patch.tobytes(), width=2, height=1, dtype=dtype, channels="RGB", patch=True
    )
    assert photo.rgb.min() == 255


def test_every_layout_of_the_wire_can_be_taken_in():
    from typing import get_args

    from flawmap_api.messages import CHANNELS
    from flawmap_engine.imaging.picture import Channels

    assert set(CHANNELS) == set(get_args(Channels))
