"""The repaired photo: the original's depth, profile and EXIF; the original itself never changes."""

from __future__ import annotations

import itertools
import os
import re
import shutil

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms
from tests.exporters.test_staging import Counted, Died, dead_from, full_from, only

from flawmap_api.errors import BadInput, NotFound
from flawmap_api.geometry import Box
from flawmap_export import read_original, staging, write_repaired

BOX = Box(10, 5, 30, 25)
FILES = {
    "png_rgb8.png": ".png",
    "png_rgb16.png": ".png",
    "png_grey16.png": ".png",
    "png_la16.png": ".png",
    "png_rgba8.png": ".png",
    "png_palette.png": ".png",
    "png_1bit.png": ".png",
    "tiff_rgb16_deflate.tif": ".tif",
    "tiff_grey16.tif": ".tif",
    "tiff_float32_rgb.tif": ".tif",
    "tiff_float32_grey.tif": ".tif",
    "tiff_cmyk8.tif": ".tif",
    "tiff_rgba8.tif": ".tif",
    "jpeg_cmyk.jpg": ".tif",
    "jpeg_grey.jpg": ".png",
    "jpeg_icc_prophoto.jpg": ".png",
    "webp_lossless.webp": ".tiff",
}


@pytest.fixture(scope="module")
def formats(data):
    return data / "formats"


def repair_of(original, box=BOX, value=None, cover=255):
    """A repair that shows a flat value, or what was there."""
    part = original.samples[box.y0 : box.y1, box.x0 : box.x1].copy()
    if value is not None:
        part[...] = value
    return box, part, np.full((box.height, box.width), cover, np.uint8)


@pytest.mark.parametrize("name", FILES)
def test_numbers_profile_and_layout_are_the_originals(tmp_path, formats, name):
    original = read_original(formats / name)
    top = {"uint8": 200, "uint16": 51234, "float32": 0.7321}[original.samples.dtype.name]
    out = tmp_path / f"repaired{FILES[name]}"
    assert write_repaired(formats / name, [repair_of(original, value=top)], out) == out
    again = read_original(out)
    assert again.channels == original.channels or name == "png_la16.png"
    assert again.samples.dtype == original.samples.dtype
    assert again.icc == original.icc
    expected = original.samples.copy()
    expected[BOX.y0 : BOX.y1, BOX.x0 : BOX.x1] = top
    assert np.array_equal(again.samples, expected)
    if name != "tiff_float32_rgb.tif":  # Pillow has no mode for float colours
        with Image.open(out) as image:
            image.load()


def test_a_jpeg_stays_close_and_keeps_its_profile(tmp_path, formats):
    source = formats / "jpeg_icc_display-p3.jpg"
    original = read_original(source)
    out = write_repaired(source, [repair_of(original)], tmp_path / "a.jpg")
    again = read_original(out)
    assert again.icc == original.icc
    assert np.abs(again.samples.astype(int) - original.samples).mean() < 1.5


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("ending", [".png", ".tif", ".jpg"])
def test_the_result_is_upright_whatever_the_original_says(tmp_path, formats, turn, ending):
    source = formats / f"exif_orientation_{turn}.jpg"
    out = write_repaired(source, [], tmp_path / f"a{ending}")
    from PIL import ImageOps

    with Image.open(source) as image, Image.open(out) as written:
        upright = np.asarray(ImageOps.exif_transpose(image)).astype(int)
        assert written.getexif().get(0x0112, 1) == 1
        assert np.abs(np.asarray(written).astype(int) - upright).mean() < 2


@pytest.mark.parametrize("ending", [".png", ".tif", ".jpg"])
@pytest.mark.parametrize("deep", [False, True], ids=["8_bit", "16_bit"])
def test_exif_and_xmp_are_carried_over(tmp_path, ending, deep):
    if deep and ending == ".jpg":
        return
    exif = Image.Exif()
    exif[271], exif[272], exif[0x0112] = "Maker", "Model 7", 1
    exif.get_ifd(0x8769)[0x829A] = 0.004
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a id="xmp.did:42"/></x:xmpmeta>'
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    source = tmp_path / "source.jpg"
    pixels = np.random.default_rng(1).integers(0, 255, (40, 60, 3), np.uint8)
    Image.fromarray(pixels).save(source, exif=exif.tobytes(), xmp=xmp, icc_profile=icc)
    if deep:
        # A 16-bit file that carries the same: made by the writer itself.
        from flawmap_export.original import Original
        from flawmap_export.repaired import ENDINGS

        eight = read_original(source)
        sixteen = Original(eight.samples.astype(np.uint16) * 257, "RGB", icc, eight.exif, xmp)
        source = tmp_path / f"deep{ending}"
        source.write_bytes(ENDINGS[ending](sixteen.samples, sixteen, source))
        assert read_original(source).samples.dtype == np.uint16
    out = write_repaired(source, [], tmp_path / f"out{ending}")
    with Image.open(out) as image:
        seen = image.getexif()
        assert (seen[271], seen[272]) == ("Maker", "Model 7")
        assert float(seen.get_ifd(0x8769)[0x829A]) == pytest.approx(0.004)
    again = read_original(out)
    assert (again.icc, again.xmp) == (icc, xmp)


def test_soft_coverage_mixes_and_what_is_not_covered_stays(tmp_path, formats):
    source = formats / "png_rgb16.png"
    original = read_original(source)
    box, pixels, cover = repair_of(original, value=60000)
    cover[:, :5], cover[:, 5:10] = 0, 128
    out = write_repaired(source, [(box, pixels, cover)], tmp_path / "a.png")
    before = original.samples[BOX.y0 : BOX.y1, BOX.x0 : BOX.x1].astype(np.int64)
    after = read_original(out).samples[BOX.y0 : BOX.y1, BOX.x0 : BOX.x1].astype(np.int64)
    assert np.array_equal(after[:, :5], before[:, :5])
    mixed = (128 * 60000 + 127 * before[:, 5:10] + 127) // 255
    assert np.array_equal(after[:, 5:10], mixed)
    assert (after[:, 10:] == 60000).all()


def test_the_later_repair_lies_above_the_earlier(tmp_path, formats):
    source = formats / "png_rgb8.png"
    original = read_original(source)
    repairs = [repair_of(original, value=10), repair_of(original, value=90)]
    out = write_repaired(source, repairs, tmp_path / "a.png")
    assert (read_original(out).samples[BOX.y0 : BOX.y1, BOX.x0 : BOX.x1] == 90).all()


def test_the_original_is_never_written(tmp_path, formats):
    source = tmp_path / "a.png"
    shutil.copy(formats / "png_rgb8.png", source)
    before = source.read_bytes()
    os.link(source, tmp_path / "hard.png")
    os.symlink(source, tmp_path / "soft.png")
    for name in ("a.png", "hard.png", "soft.png", "./a.png"):
        with pytest.raises(BadInput, match="never written"):
            write_repaired(source, [], tmp_path / name)
    assert source.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "out", "words"),
    [
        ("png_rgb16.png", "a.jpg", "JPEG cannot hold"),
        ("png_rgba8.png", "a.jpg", "transparency"),
        ("tiff_float32_rgb.tif", "a.png", "float numbers"),
        ("tiff_cmyk8.tif", "a.png", "inks"),
        ("png_rgb8.png", "a.psd", "cannot be written as .psd"),
        ("png_rgb8.png", "a", "without ending"),
        ("bad_text.jpg", "a.png", "cannot be read"),
        ("bad_truncated.png", "a.png", "cannot be read"),
    ],
)
def test_what_cannot_be_written_is_refused_before_anything_is(tmp_path, formats, name, out, words):
    with pytest.raises(BadInput, match=words):
        write_repaired(formats / name, [], tmp_path / out)
    assert list(tmp_path.iterdir()) == []


def test_a_repair_that_does_not_fit_is_told(tmp_path, formats):
    source = formats / "png_rgb16.png"
    original = read_original(source)
    box, pixels, cover = repair_of(original)
    for wrong in (
        (Box(0, 0, 9000, 5), pixels, cover),
        (box, pixels.astype(np.uint8), cover),
        (box, pixels[:3], cover),
        (box, pixels, cover[:3]),
    ):
        with pytest.raises(BadInput):
            write_repaired(source, [wrong], tmp_path / "a.png")
    with pytest.raises(NotFound):
        write_repaired(formats / "no.png", [], tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []


def test_a_part_goes_through_the_engine_and_back_into_the_file(tmp_path, formats, monkeypatch):
    from tests.fakes import FakeEngine, region, report

    source = formats / "png_rgb8.png"
    engine = FakeEngine()
    found = region("low_light", box=BOX.as_list())
    engine.put(source, report(source, width=320, height=180, regions=[found]))
    original = read_original(source)
    plan = engine.repair_plan(engine.open(source), region=found.id)
    made = engine.repair_render(plan, original.part(plan.around))
    cover = np.full(plan.box.area, 255, np.uint8).tobytes()
    out = write_repaired(source, [(plan.box, made.pixels, cover)], tmp_path / "a.png")
    before = original.samples[BOX.y0 : BOX.y1, BOX.x0 : BOX.x1].astype(int)
    after = read_original(out).samples[BOX.y0 : BOX.y1, BOX.x0 : BOX.x1]
    assert np.array_equal(after, before + (255 - before) // 2)


# ------------------------------------------------------------------ proof 9


@pytest.mark.proof
@pytest.mark.parametrize("replacing", [False, True], ids=["fresh", "replacing"])
@pytest.mark.parametrize("refuse", [only, full_from, dead_from], ids=["one_step", "full", "dies"])
def test_whatever_step_fails_the_old_file_is_intact_and_no_half_file_is_left(
    tmp_path, monkeypatch, formats, refuse, replacing
):
    source = formats / "png_rgb8.png"
    new = write_repaired(source, [], tmp_path / "whole.png").read_bytes()
    for n in itertools.count(1):
        folder = tmp_path / str(n)
        folder.mkdir()
        place = folder / "photo.png"
        if replacing:
            place.write_bytes(b"old")
        counted = CountedFile(refuse(n))
        raised = None
        with monkeypatch.context() as patch:
            patch.setattr(staging, "os", counted)
            patch.setattr(staging.time, "sleep", lambda _: None)
            try:
                write_repaired(source, [], place)
            except (BadInput, Died) as error:
                raised = error
        if not counted.refused:
            assert place.read_bytes() == new
            assert n > 4
            break
        here = place.read_bytes() if place.exists() else None
        assert here in ((b"old" if replacing else None), new)
        left = sorted(p.name for p in folder.iterdir() if p != place)
        if isinstance(raised, Died):
            assert all(re.fullmatch(r"\.photo\.png\.new-[0-9a-f]{8}", name) for name in left)
        else:
            assert left == []
            if raised is not None:
                assert here == (b"old" if replacing else None)
                assert re.search(r"no space left|could not be written", raised.message)


class CountedFile(Counted):
    """Counts `replace` too, which files appear by."""

    def replace(self, *args):
        self.steps += 1
        if error := self._refuse(self.steps, "rename"):
            self.refused.append("replace")
            raise error
        return os.replace(*args)


def test_the_16_bit_png_is_one_that_other_programs_read(tmp_path, formats):
    out = write_repaired(formats / "png_rgb16.png", [], tmp_path / "a.png")
    seen = cv2.imread(str(out), cv2.IMREAD_UNCHANGED)
    wanted = cv2.imread(str(formats / "png_rgb16.png"), cv2.IMREAD_UNCHANGED)
    assert seen.dtype == np.uint16
    assert np.array_equal(seen, wanted)
