"""Sources: numpy, Pillow and plain buffers become pixels that travel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy
from PIL import Image, ImageOps

from flawmap_api.errors import BadInput
from flawmap_api.sources import describe_source, pixel_data

SHAPES = {(): "Y", (1,): "Y", (2,): "YA", (3,): "RGB", (4,): "RGBA"}
DTYPES = {"u8": np.uint8, "u16": np.uint16, "f16": np.float16, "f32": np.float32}


@given(data=st.data(), tail=st.sampled_from(list(SHAPES)), dtype=st.sampled_from(list(DTYPES)))
def test_an_array_travels_as_its_own_numbers(
    data: st.DataObject, tail: tuple[int, ...], dtype: str
) -> None:
    height, width = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 5))
    array = data.draw(st_numpy.arrays(DTYPES[dtype], (height, width, *tail)))
    pixels = pixel_data(array)
    layout = pixels.layout
    assert (layout.width, layout.height, layout.dtype) == (width, height, dtype)
    assert layout.channels == SHAPES[tail]
    assert bytes(pixels.data) == array.tobytes()


def test_a_strided_array_is_straightened() -> None:
    array = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3)
    for view in (array[:, ::-1], array[::2], array[..., ::-1], array.transpose(1, 0, 2)):
        assert bytes(pixel_data(view).data) == np.ascontiguousarray(view).tobytes()


@pytest.mark.parametrize(
    ("mode", "channels"),
    [("L", "Y"), ("LA", "YA"), ("RGB", "RGB"), ("RGBA", "RGBA"), ("P", "RGB"), ("CMYK", "RGB")],
)
def test_a_pillow_image_travels_by_its_mode(mode: str, channels: str) -> None:
    image = Image.new("RGB", (4, 3), (200, 100, 50)).convert(mode)
    pixels = pixel_data(image)
    assert pixels.layout.channels == channels
    assert (pixels.layout.width, pixels.layout.height) == (4, 3)


def test_a_pillow_image_takes_its_profile_along() -> None:
    image = Image.new("RGB", (2, 2))
    image.info["icc_profile"] = b"profile"
    assert pixel_data(image).icc == b"profile"


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((2, 2), np.int64),
        np.zeros((2, 2), np.float64),
        np.zeros((2, 2), "datetime64[s]"),
        np.zeros((2, 2), complex),
        np.zeros(4, np.uint8),
        np.zeros((2, 2, 5), np.uint8),
        np.zeros((1, 2, 2, 3), np.uint8),
        np.zeros((0, 2, 3), np.uint8),
    ],
)
def test_another_kind_of_array_is_refused_with_what_to_do(array: Any) -> None:
    with pytest.raises(
        BadInput, match=r"cannot be read\. Use uint8|is no photo\. It takes|gives no pixels"
    ):
        pixel_data(array)


def test_a_path_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert describe_source("a.jpg") == tmp_path / "a.jpg"
    assert describe_source(Path("b/../a.jpg")) == tmp_path / "a.jpg"


def test_a_callable_gives_its_pixels_when_asked() -> None:
    asked = []

    def give() -> Any:
        asked.append(1)
        return np.zeros((2, 3), np.uint8)

    way = describe_source(give)
    assert callable(way)
    assert not asked
    assert way().layout.width == 3


def test_true_and_false_are_white_and_black() -> None:
    truth = np.array([[True, False], [False, True]])
    for source in (truth, Image.fromarray(truth)):
        pixels = pixel_data(source)
        assert pixels.layout.channels == "Y"
        assert bytes(pixels.data) == bytes([255, 0, 0, 255])


def test_a_pillow_image_is_turned_upright_as_its_file_would_be(tmp_path: Path) -> None:
    upright = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        path = tmp_path / "turned.png"
        Image.fromarray(upright).save(path, exif=exif)
        with Image.open(path) as image:
            expected = np.asarray(ImageOps.exif_transpose(image))
            assert bytes(pixel_data(image).data) == expected.tobytes()


def test_a_pillow_image_keeps_its_transparency() -> None:
    image = Image.fromarray(np.array([[[1, 2, 3], [9, 9, 9]]], np.uint8))
    image.info["transparency"] = (1, 2, 3)
    assert bytes(pixel_data(image).data) == bytes([1, 2, 3, 0, 9, 9, 9, 255])


def test_float_numbers_of_a_pillow_image_travel_as_they_are() -> None:
    values = np.array([[0.25, 0.5]], np.float32)
    pixels = pixel_data(Image.fromarray(values))
    assert (pixels.layout.dtype, pixels.layout.channels) == ("f32", "Y")
    assert bytes(pixels.data) == values.tobytes()


def test_a_broken_pillow_image_is_an_error_of_ours(tmp_path: Path) -> None:
    path = tmp_path / "cut.jpg"
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[:900])
    with Image.open(path) as image, pytest.raises(BadInput, match="gives no pixels"):
        pixel_data(image)


@pytest.mark.parametrize("path", ["", "a\0b.jpg"])
def test_what_is_no_path_is_told(path: str) -> None:
    with pytest.raises(BadInput, match="is no path"):
        describe_source(path)
