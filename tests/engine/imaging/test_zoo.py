"""The zoo: every file opens, or is refused in a sentence, as its table says."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.engine.imaging.made import ZOO, picture, zoo_rows

from flawmap_api.errors import BadInput, FlawmapError, NoMemory, Unsupported
from flawmap_engine.imaging import Photo, open_photo

ROWS = {row["file"]: row for row in zoo_rows()}


def _reference() -> np.ndarray:
    return open_photo(ZOO / "jpeg_baseline_420.jpg").rgb.astype(np.int16)


def _check_photo(photo: Photo) -> None:
    rows, cols = -(-photo.height // 8), -(-photo.width // 8)
    assert photo.rgb.dtype == np.uint8 and photo.rgb.flags.c_contiguous
    assert photo.rgb.shape == (photo.height, photo.width, 3)
    assert photo.alpha is None or photo.alpha.shape == photo.rgb.shape[:2]
    assert photo.clipped.shape == photo.gamut.shape == (rows, cols)
    assert not photo.rgb.flags.writeable


def _outcome(path: Path) -> Photo | FlawmapError:
    try:
        return open_photo(path)
    except FlawmapError as error:
        return error


@pytest.mark.parametrize("name", ROWS)
def test_a_file_of_the_zoo_opens_or_is_refused_as_the_table_says(name, capfd):
    row = ROWS[name]
    outcome = _outcome(ZOO / name)
    if isinstance(outcome, FlawmapError):
        assert row["expected"] != "open", outcome
        assert isinstance(outcome, BadInput | NoMemory | Unsupported)
        assert name in outcome.message and outcome.hint
        assert re.fullmatch(r"[^\n]+\.", outcome.message)
    else:
        assert row["expected"] != "refuse"
        _check_photo(outcome)
        if row["width"]:
            assert (outcome.width, outcome.height) == (int(row["width"]), int(row["height"]))
    assert capfd.readouterr() == ("", "")


def test_the_whole_zoo_holds_where_it_is_at_hand(research_data):
    table = research_data / "formats" / "formats.csv"
    if not table.is_file():
        pytest.skip("the whole zoo is not here")
    wrong = []
    for row in zoo_rows(table):
        outcome = _outcome(table.parent / row["file"])
        if isinstance(outcome, FlawmapError):
            fits = row["expected"] != "open" and bool(outcome.hint)
        else:
            size = str(outcome.width), str(outcome.height)
            fits = row["expected"] != "refuse" and row["width"] in ("", size[0])
            fits &= row["height"] in ("", size[1])
        if not fits:
            wrong.append((row["file"], str(outcome)))
    assert wrong == []


@pytest.mark.parametrize(
    ("name", "tolerance"),
    [
        ("png_rgb8.png", 6),
        ("png_rgb16.png", 6),
        ("png_interlaced.png", 6),
        ("tiff_rgb8_lzw.tif", 6),
        ("tiff_rgb8_jpeg.tif", 8),
        ("tiff_rgb16_deflate.tif", 6),
        ("tiff_planar_rgb8.tif", 6),
        ("tiff_big_endian_bigtiff.tif", 6),
        ("tiff_cmyk8.tif", 8),
        ("webp_lossy.webp", 6),
        ("avif_lossy.avif", 6),
        ("jpeg_cmyk.jpg", 8),
        ("jpeg_progressive.jpg", 3),
        ("jpeg_restart.jpg", 3),
        ("jpeg_rgb_colourspace.jpg", 6),
        ("no_extension", 3),
    ],
)
def test_the_same_photo_looks_the_same_out_of_every_format(name, tolerance):
    seen = open_photo(ZOO / name).rgb.astype(np.int16)
    assert np.abs(seen - _reference()).mean() < tolerance


@pytest.mark.parametrize("name", ["png_grey8.png", "png_grey16.png", "tiff_grey16.tif"])
def test_grey_pictures_are_scaled_and_grey(name):
    seen = open_photo(ZOO / name).rgb.astype(np.int16)
    assert (seen[..., 0] == seen[..., 2]).all()
    assert np.abs(seen - open_photo(ZOO / "jpeg_grey.jpg").rgb).mean() < 8


def test_floats_are_scaled_from_0_to_1():
    grey = open_photo(ZOO / "tiff_float32_grey.tif").rgb.astype(np.int16)
    colour = open_photo(ZOO / "tiff_float32_rgb.tif").rgb.astype(np.int16)
    assert grey.std() > 20
    assert abs(grey.mean() - colour.mean()) < 12


def test_a_file_name_with_spaces_and_foreign_letters_opens(tmp_path):
    target = tmp_path / "Fotó ñ 写真 (1).jpg"
    shutil.copyfile(ZOO / "jpeg_444.jpg", target)
    assert open_photo(target).lineage == str(target)


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("webp_animated.webp", "First of 3 frames."),
        ("gif_animated.gif", "First of 3 frames."),
        ("png_apng.png", "First of 2 frames."),
        ("real_anim.webp", "First of 6 frames."),
    ],
)
def test_of_an_animation_the_first_frame_is_taken_and_a_note_says_so(name, note):
    assert note in open_photo(ZOO / name).notes


def test_of_a_tiff_with_pages_the_first_is_taken_and_a_note_says_so(tmp_path):
    pages = [Image.fromarray(picture(64, 40)), Image.fromarray(picture(32, 32)).convert("L")]
    pages[0].save(tmp_path / "pages.tif", save_all=True, append_images=pages[1:])
    photo = open_photo(tmp_path / "pages.tif")
    assert photo.notes == ("First of 2 pages.",)
    np.testing.assert_array_equal(photo.rgb, picture(64, 40))


def test_what_an_extra_would_open_is_refused_with_the_line_that_installs_it(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "rawpy", None)
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    with pytest.raises(Unsupported, match=re.escape('pip install "flawmap[raw]"')):
        open_photo(ZOO / "raw_made_bayer.dng")
    with pytest.raises(Unsupported, match=re.escape('pip install "flawmap[heif]"')):
        open_photo(ZOO / "heic_made.heic")


def test_raw_files_are_developed_where_rawpy_is_installed():
    pytest.importorskip("rawpy")
    photo = open_photo(ZOO / "raw_made_bayer.dng")
    assert (photo.width, photo.height) == (256, 192)
    assert "RAW" in photo.notes[0]


def test_heif_files_open_where_pi_heif_is_installed():
    pytest.importorskip("pi_heif")
    seen = open_photo(ZOO / "heic_made.heic").rgb.astype(np.int16)
    assert np.abs(seen - _reference()).mean() < 6


def test_the_kind_is_told_by_content_not_by_name(tmp_path):
    target = tmp_path / "photo.tif"
    shutil.copyfile(ZOO / "png_rgb8.png", target)
    np.testing.assert_array_equal(open_photo(target).rgb, open_photo(ZOO / "png_rgb8.png").rgb)


def test_paths_may_be_strings_or_path_objects():
    name = ZOO / "jpeg_444.jpg"
    assert open_photo(str(name)).photo_id == open_photo(Path(name)).photo_id
