"""`flawmap roi`: boxes, points and masks, right and wrong."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.fakes import FakeEngine, photo_file, region, report

from flawmap_api.errors import BadInput
from flawmap_cli.roi import mask_of_file

from .conftest import Flawmap

Limited = Callable[[], AbstractContextManager[Path]]


@pytest.fixture
def photo(here: Path, fake: FakeEngine) -> Path:
    blur = region("blur", box=(0, 0, 100, 80), severity=0.71)
    fake.put("a.jpg", report(width=320, height=240, regions=[blur]))
    return photo_file(here)


def mask_file(path: str, mask: np.ndarray, mode: str = "L") -> str:
    Image.fromarray(mask).convert(mode).save(path)
    return path


def test_a_box_is_scored(photo: Path, flawmap: Flawmap, fake: FakeEngine) -> None:
    said = flawmap("roi", "a.jpg", "--box", "10", "10", "60", "60")
    assert said.code == 0
    assert said.lines[:4] == [
        "a.jpg: box, [10, 10, 60, 60], screen view",
        "  quality       poor    0.29",
        "  importance    normal  0.50",
        "  blur          severe  0.71",
    ]
    assert fake.open_photos == 0


def test_json_is_the_contracts_document(photo: Path, flawmap: Flawmap) -> None:
    (document,) = flawmap("roi", "--json", "a.jpg", "--box", "10", "10", "60", "60").documents
    assert document["path"] == str(photo)
    assert document["view"] == "screen"
    assert document["box"] == [10, 10, 60, 60]
    assert (document["quality"], document["quality_level"]) == (0.29, "poor")
    assert (document["importance"], document["importance_level"]) == (0.5, "normal")
    assert document["distortions"]["blur"]["severity"] == 0.71
    assert document["distortions"]["blur"]["severity_level"] == "severe"
    assert document["failure"] is None


def test_what_a_point_meant_is_said(photo: Path, flawmap: Flawmap) -> None:
    assert "box around the point" in flawmap("roi", "a.jpg", "--point", "50", "50").lines[0]


@pytest.mark.parametrize("mode", ["L", "1", "RGB", "RGBA", "P"])
def test_white_marks_the_part_in_any_kind_of_picture(
    photo: Path, flawmap: Flawmap, mode: str
) -> None:
    mask = np.zeros((240, 320), np.uint8)
    mask[20:40, 30:70] = 255
    (document,) = flawmap(
        "roi", "--json", "a.jpg", "--mask", mask_file("m.png", mask, mode)
    ).documents
    assert document["mask"] == [30, 20, 70, 40]
    assert "box" not in document


def test_a_mask_of_true_and_false_is_white_where_it_is_true(photo: Path, flawmap: Flawmap) -> None:
    mask = np.zeros((240, 320), np.uint8)
    mask[20:40, 30:70] = 1
    Image.fromarray(mask).save("m.png")
    (document,) = flawmap("roi", "--json", "a.jpg", "--mask", "m.png").documents
    assert document["mask"] == [30, 20, 70, 40]


def test_a_mask_lies_as_its_exif_says(photo: Path, flawmap: Flawmap) -> None:
    mask = np.zeros((240, 320), np.uint8)
    mask[20:40, 30:70] = 255
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.ascontiguousarray(np.rot90(mask, 1))).save("m.png", exif=exif)
    (document,) = flawmap("roi", "--json", "a.jpg", "--mask", "m.png").documents
    assert document["mask"] == [30, 20, 70, 40]


def test_a_mask_may_be_as_large_as_any_photo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    path = str(tmp_path / "m.png")
    mask_file(path, np.full((100, 200), 255, np.uint8))
    assert mask_of_file(path, 200, 100).all()
    assert Image.MAX_IMAGE_PIXELS == 1000


def test_a_mask_that_may_not_be_read_is_told(plain_user: Limited) -> None:
    with plain_user() as folder:
        path = folder / "m.png"
        mask_file(str(path), np.full((10, 10), 255, np.uint8))
        path.chmod(0)
        with pytest.raises(BadInput, match="may not be read"):
            mask_of_file(str(path), 10, 10)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_as_a_mask_is_refused_without_waiting(photo: Path, flawmap: Flawmap) -> None:
    os.mkfifo("m.png")
    said = flawmap("roi", "a.jpg", "--mask", "m.png")
    assert said.code == 2
    assert "is no file" in said.err


def test_a_transparent_part_of_a_mask_is_outside(photo: Path, flawmap: Flawmap) -> None:
    mask = np.full((240, 320, 4), 255, np.uint8)
    mask[..., 3] = 0
    mask[20:40, 30:70, 3] = 255
    Image.fromarray(mask).save("m.png")
    (document,) = flawmap("roi", "--json", "a.jpg", "--mask", "m.png").documents
    assert document["mask"] == [30, 20, 70, 40]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--box", "60", "10", "10", "60"], "x0 < x1"),
        (["--box", "-5", "10", "10", "60"], "x0 < x1"),
        (["--box", "300", "10", "400", "60"], "outside the photo"),
        (["--mask", "gone.png"], "The mask 'gone.png' is not there."),
        (["--mask", ""], "The mask '' is not there."),
        (["--mask", "."], "The mask '.' is no file."),
        (["--mask", "text.png"], "cannot be read"),
        (["--mask", "small.png"], "The mask small.png is 10 x 8 pixels, the photo 320 x 240"),
        (["--mask", "black.png"], "The mask black.png is empty"),
    ],
)
def test_a_wrong_part_is_a_sentence_and_2(
    photo: Path, flawmap: Flawmap, arguments: list[str], words: str
) -> None:
    Path("text.png").write_text("no picture")
    mask_file("small.png", np.full((8, 10), 255, np.uint8))
    mask_file("black.png", np.zeros((240, 320), np.uint8))
    said = flawmap("roi", "a.jpg", *arguments)
    assert said.code == 2
    assert said.out == ""
    assert said.err.startswith("flawmap: ")
    assert words in said.err
    (document,) = flawmap("roi", "--json", "a.jpg", *arguments).documents
    assert document["path"] == str(photo)
    assert words in document["failure"]["message"]


def test_a_photo_that_is_none_is_a_sentence_and_2(here: Path, flawmap: Flawmap) -> None:
    photo_file(here, "d/a.jpg")
    for name in ("gone.jpg", "d"):
        said = flawmap("roi", name, "--point", "1", "1")
        assert said.code == 2
        assert name in said.err
