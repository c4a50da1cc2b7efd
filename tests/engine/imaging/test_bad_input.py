"""Bad input: each its own sentence (what, why, what to do), never a wait, never a traceback."""

from __future__ import annotations

import io
import os
import re
import struct
import sys
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image, UnidentifiedImageError
from tests.engine.imaging.made import ZOO, chunk, exif, picture, png16, png_header

from flawmap_api.errors import BadInput, FlawmapError, NoMemory, Unsupported
from flawmap_engine.imaging import files, open_photo

SOI, EOI = b"\xff\xd8", b"\xff\xd9"


def _refusal(path, kind=BadInput, **options) -> FlawmapError:
    with pytest.raises(kind) as caught:
        open_photo(path, **options)
    assert caught.value.hint, "a refusal says what to do"
    return caught.value


def _jpeg(progressive: bool = False) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture(400, 300)).save(buffer, "JPEG", quality=95, progressive=progressive)
    return buffer.getvalue()


# ---------------------------------------------------------------------------- no such picture


def test_a_missing_file(tmp_path):
    assert "There is no file" in str(_refusal(tmp_path / "none.jpg"))
    assert "There is no file" in str(_refusal(ZOO / "png_rgb8.png" / "below.jpg"))


def test_a_folder(tmp_path):
    assert str(_refusal(tmp_path)).startswith(f"{tmp_path.name} is a folder, not a photo.")


def test_a_file_that_may_not_be_read(plain_user):
    photo = _jpeg()
    with plain_user() as folder:
        path = folder / "secret.jpg"
        path.write_bytes(photo)
        assert open_photo(path)
        path.chmod(0)
        assert "may not be read" in str(_refusal(path))


@pytest.mark.parametrize(
    ("number", "words"),
    [(13, "may not be read"), (5, "cannot be read: Input/output error"), (36, "longer than")],
)
def test_what_the_system_says_becomes_a_sentence(monkeypatch, tmp_path, number, words):
    def refuse(*_, **__):
        raise OSError(number, os.strerror(number))

    path = tmp_path / "p.jpg"
    path.write_bytes(_jpeg())
    monkeypatch.setattr(files.os, "open", refuse)
    assert words in str(_refusal(path))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_is_refused_without_waiting_for_a_writer(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    assert "is a pipe, socket or device" in str(_refusal(tmp_path / "pipe.jpg"))


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="no such device here")
def test_a_device_is_refused():
    assert "is a pipe, socket or device" in str(_refusal("/dev/zero"))


def test_links_that_lead_nowhere_or_in_a_circle(tmp_path):
    (tmp_path / "a.jpg").symlink_to(tmp_path / "b.jpg")
    (tmp_path / "b.jpg").symlink_to(tmp_path / "a.jpg")
    (tmp_path / "c.jpg").symlink_to(tmp_path / "gone.jpg")
    assert "leads back to itself" in str(_refusal(tmp_path / "a.jpg"))
    assert "There is no file" in str(_refusal(tmp_path / "c.jpg"))


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_name_that_is_not_unicode_or_not_one_line_travels_as_text(tmp_path):
    path = os.fsencode(tmp_path) + b"/a\xff\nb.jpg"
    with open(path, "wb") as file:
        file.write(b"text")
    refusal = _refusal(os.fsdecode(path))
    assert refusal.message == "a??b.jpg holds text, not a picture."
    with open(path, "wb") as file:
        file.write(_jpeg())
    assert open_photo(os.fsdecode(path)).lineage.encode().endswith(b"a\\udcff\nb.jpg")


@pytest.mark.parametrize("place", ["_decode", "assemble"])
def test_a_disk_that_fails_while_reading_is_not_a_damaged_file(monkeypatch, place):
    def fail(*_, **__):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(files, place, fail)
    assert "cannot be read: Input/output error" in str(_refusal(ZOO / "png_rgb8.png"))


def test_a_name_that_cannot_be():
    assert "zero character" in str(_refusal("a\0b.jpg"))
    assert "half of a character" in str(_refusal("\ud800.jpg"))


@pytest.mark.parametrize(
    ("content", "kind", "words"),
    [
        (b"", BadInput, "is empty (0 bytes)"),
        (b"Dear Sir, this is a letter.\n", BadInput, "holds text, not a picture"),
        (b"\n <!DOCTYPE HTML><html></html>", BadInput, "is a web page"),
        (b"<html><body>404</body>", BadInput, "is a web page"),
        (b"<?xml version='1.0'?><svg/>", Unsupported, "is a drawing (SVG)"),
        (bytes(500), BadInput, "is not a picture of a kind that Flawmap knows"),
        (b"%PDF-1.7 ...", Unsupported, "is a PDF document"),
        (b"8BPS\0\1", Unsupported, "is a Photoshop document"),
        (b"PK\x03\x04....", Unsupported, "is a ZIP archive"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", Unsupported, "is a video or sound file"),
        (b"\xff\x0a\xfa\x1f", Unsupported, "is a JPEG XL picture"),
    ],
)
def test_files_that_are_no_photos_say_what_they_are(tmp_path, content, kind, words):
    path = tmp_path / "IMG_0042.jpg"
    path.write_bytes(content)
    refusal = _refusal(path, kind)
    assert refusal.message.startswith("IMG_0042.jpg ") and words in refusal.message


# ---------------------------------------------------------------------------- cut short


def test_a_truncated_jpeg_says_how_much_of_it_decodes(tmp_path):
    data, path = _jpeg(), tmp_path / "IMG_0042.jpg"
    path.write_bytes(data[: len(data) // 2])
    refusal = _refusal(path)
    share = re.search(r"ends in the middle: only the first (\d+) % of its rows", refusal.message)
    assert share and 20 < int(share[1]) < 80
    assert "--allow-truncated" in refusal.hint


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "TIFF"])
def test_what_decodes_of_a_truncated_photo_can_be_had(tmp_path, kind):
    buffer = io.BytesIO()
    Image.fromarray(picture(400, 300)).save(buffer, kind)
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    whole.write_bytes(buffer.getvalue())
    # Of a TIFF that Pillow writes, the directory stands first.
    cut.write_bytes(buffer.getvalue()[: int(len(buffer.getvalue()) * 0.6)])
    assert "ends in the middle" in str(_refusal(cut))
    photo, reference = open_photo(cut, allow_truncated=True), open_photo(whole)
    assert (photo.width, photo.height) == (400, 300)
    assert photo.alpha is not None and set(np.unique(photo.alpha)) == {0, 255}
    present = photo.alpha[:, 0] == 255
    share = present.mean()
    assert 0.3 < share < 0.9
    assert re.fullmatch(r"Only the first \d+ % decode\.", photo.notes[0])
    assert (photo.rgb[~present] == 128).all()
    same = (photo.rgb == reference.rgb).all(axis=(1, 2))
    assert same[present].mean() > 0.9  # the last rows of a cut JPEG may differ
    assert present[0] != (kind == "BMP")  # stored from the bottom up


def test_the_missing_part_turns_with_the_photo(tmp_path):
    buffer = io.BytesIO()
    Image.fromarray(picture(400, 300)).save(buffer, "JPEG", exif=exif(6))
    (tmp_path / "p.jpg").write_bytes(buffer.getvalue()[: len(buffer.getvalue()) * 2 // 3])
    photo = open_photo(tmp_path / "p.jpg", allow_truncated=True)
    assert (photo.width, photo.height) == (300, 400)
    assert photo.alpha is not None
    assert (photo.alpha[:, -1] == 255).all() and (photo.alpha[:, 0] == 0).all()


def test_a_truncated_progressive_jpeg_is_taken_with_the_detail_it_has(tmp_path):
    data, path = _jpeg(progressive=True), tmp_path / "p.jpg"
    path.write_bytes(data[: len(data) // 2])
    assert "ends" in str(_refusal(path))
    photo = open_photo(path, allow_truncated=True)
    assert photo.notes == ("The file ends early: detail may be missing everywhere.",)
    assert np.abs(photo.rgb.astype(int) - picture(400, 300)).mean() < 40


@pytest.mark.parametrize("kind", ["WEBP", "AVIF"])
def test_a_container_that_is_cut_says_how_much_is_there(tmp_path, kind):
    buffer = io.BytesIO()
    Image.fromarray(picture(400, 300)).save(buffer, kind)
    path = tmp_path / "p"
    path.write_bytes(buffer.getvalue()[: len(buffer.getvalue()) // 2])
    assert re.search(r"ends in the middle \(it holds [\d.]+ k?B of ", str(_refusal(path)))


def test_a_truncated_16_bit_png_is_refused_or_taken_at_8_bits(tmp_path):
    deep = np.repeat(np.random.default_rng(0).integers(0, 65536, (64, 64, 3)), 2, axis=0)
    data, path = png16(deep.astype(np.uint16)), tmp_path / "p.png"
    path.write_bytes(data[: len(data) * 2 // 3])
    assert "ends in the middle" in str(_refusal(path))
    photo = open_photo(path, allow_truncated=True)
    assert photo.alpha is not None and 0 < photo.alpha.mean() < 255


def test_a_jpeg_that_ends_in_its_header(tmp_path):
    path = tmp_path / "p.jpg"
    path.write_bytes(_jpeg()[:100])
    assert "ends inside its header" in str(_refusal(path))


def test_a_jpeg_without_a_picture(tmp_path):
    path = tmp_path / "p.jpg"
    path.write_bytes(SOI + b"\xff\xe0\0\4ab" + EOI + bytes(50))
    assert "without a picture" in str(_refusal(path))


# ---------------------------------------------------------------------------- too small, too large


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 20000), (20000, 1), (7, 900)])
def test_pictures_that_are_too_small_to_judge(tmp_path, width, height):
    path = tmp_path / "p.png"
    Image.new("RGB", (width, height)).save(path)
    assert f"is {width}x{height} pixels, too small to judge" in str(_refusal(path))


def test_the_smallest_picture_that_can_be_judged_opens(tmp_path):
    Image.fromarray(picture(8, 8)).save(tmp_path / "p.png")
    assert open_photo(tmp_path / "p.png").clipped.shape == (1, 1)


@pytest.mark.parametrize(("width", "height"), [(0, 100), (100, 0)])
def test_a_picture_of_width_or_height_0(tmp_path, width, height):
    path = tmp_path / "p.png"
    path.write_bytes(png_header(width, height))
    assert f"declares a size of {width}x{height}: it has no pixels" in str(_refusal(path))


def test_a_header_that_claims_more_than_the_file_can_hold(tmp_path):
    path = tmp_path / "bomb.png"
    path.write_bytes(png_header(30000, 30000))
    assert "claims 30000x30000 pixels, more than its" in str(_refusal(path))


@pytest.mark.parametrize(
    "name", ["bad_header_bomb_65500.jpg", "bad_gif_bomb.gif", "bad_pixel_bomb_1bit_30000.png"]
)
def test_a_picture_too_large_is_refused_with_the_memory_it_would_need(name):
    assert re.search(r"needs about [\d.]+ GB of memory", str(_refusal(ZOO / name, NoMemory)))


def _webp_header(width: int, height: int) -> bytes:
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"VP8X" + struct.pack("<L", 10) + bytes(4) + size
    body += b"VP8L" + struct.pack("<L", 30) + b"\x2f" + bytes(29)
    return b"RIFF" + struct.pack("<L", len(body) + 4) + b"WEBP" + body


@pytest.mark.parametrize("side", [12000, 16000])
def test_a_webp_that_claims_much_is_refused_either_way(tmp_path, side):
    path = tmp_path / "p.webp"
    path.write_bytes(_webp_header(side, side))
    with pytest.raises(FlawmapError):
        open_photo(path)


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("png_rgb8.png", "10.0 kB"),
        ("png_rgb16.png", "100 kB"),
        ("tiff_float32_rgb.tif", "100 kB"),
        ("tiff_rgb16_deflate.tif", "100 kB"),
        ("jpeg_progressive.jpg", "300 kB"),
        ("webp_lossy.webp", "100 kB"),
        ("gif_static.gif", "10.0 kB"),
    ],
)
def test_the_memory_limit_is_the_caller_s(name, limit):
    allowed = int(float(limit.split()[0]) * 1000)
    refusal = _refusal(ZOO / name, NoMemory, memory_limit=allowed)
    assert f"and {limit} are allowed" in str(refusal)
    open_photo(ZOO / name, memory_limit=10_000_000)


def test_a_picture_larger_than_pillow_s_own_limit_opens_without_a_warning(tmp_path):
    Image.new("L", (12000, 8000), 90).save(tmp_path / "large.png", compress_level=1)
    photo = open_photo(tmp_path / "large.png")
    assert (photo.width, photo.height) == (12000, 8000)


# ---------------------------------------------------------------------------- made to do harm


def test_a_directory_that_leads_back_to_itself():
    assert "leads back to itself" in str(_refusal(ZOO / "bad_ifd_loop.tif"))


def test_a_text_that_unpacks_to_gigabytes_is_not_unpacked(tmp_path):
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(1 << 20)) for _ in range(64)) + packer.flush()
    for name in (b"zTXt", b"iCCP"):
        text = chunk(name, b"text\0\0" + packed)
        path = tmp_path / f"{name.decode()}.png"
        path.write_bytes(png16(np.zeros((16, 16, 3), np.uint16), text))
        photo = open_photo(path)  # 16 bits: read without Pillow, which refuses such a file
        assert photo.width == 16
    assert "unpacks to more than" in str(_refusal(ZOO / "bad_zip_bomb_chunk.png"))


def test_a_progressive_jpeg_of_endless_scans(tmp_path):
    data = _jpeg(progressive=True)
    at = data.rindex(b"\xff\xda")
    path = tmp_path / "p.jpg"
    path.write_bytes(data[:at] + data[at:-2] * 200 + EOI)
    assert "more than 100 scans" in str(_refusal(path))


def test_a_jpeg_of_junk_is_given_up_early(tmp_path):
    path = tmp_path / "p.jpg"
    path.write_bytes(b"\xff\xd8\xff\xe0\0\2" + bytes(3_000_000))
    assert "begins as a JPEG, but what follows is not one" in str(_refusal(path))


@pytest.mark.parametrize("colour", [2, 6])
def test_a_wrong_checksum_in_a_16_bit_png(tmp_path, colour):
    data = bytearray(png16(np.zeros((16, 16, 3 if colour == 2 else 4), np.uint16)))
    data[data.index(b"IDAT") + 6] ^= 1
    (tmp_path / "p.png").write_bytes(data)
    assert "is damaged" in str(_refusal(tmp_path / "p.png"))


# ---------------------------------------------------------------------------- numbers


def test_values_that_are_not_numbers_are_counted():
    refusal = str(_refusal(ZOO / "tiff_float32_nan_inf.tif"))
    assert re.search(r"holds 4608 values that are not numbers \(1536 NaN, 3072 infinite\)", refusal)
    assert "not numbers" in str(_refusal(ZOO / "tiff_float32_nan_inf_grey.tif"))


def test_light_from_a_scene_is_refused_and_the_sentence_says_how_bright_it_is():
    refusal = str(_refusal(ZOO / "tiff_float32_hdr_range.tif"))
    assert "holds values up to 11" in refusal and "Tone-map it" in refusal


def test_a_few_highlights_above_white_are_clipped(tmp_path):
    samples = picture().astype(np.float32) / 255
    samples[0, 0] = 3
    tifffile.imwrite(tmp_path / "p.tif", samples, photometric="rgb", metadata=None)
    assert (open_photo(tmp_path / "p.tif").rgb[0, 0] == 255).all()


@pytest.mark.parametrize(
    "options",
    [
        {"data": np.zeros((16, 16, 3), np.int16), "photometric": "rgb"},
        {"data": np.zeros((16, 16), np.uint32), "photometric": "minisblack"},
        {"data": np.zeros((16, 16, 3), np.float16), "photometric": "rgb"},
        {"data": np.zeros((16, 16, 4), np.uint16), "photometric": "separated"},
        {"data": np.zeros((16, 16, 3), np.uint16), "photometric": "cielab"},
        {
            "data": np.zeros((3, 16, 16), np.uint16),
            "photometric": "rgb",
            "planarconfig": "separate",
        },
    ],
)
def test_tiff_layouts_that_are_not_read_are_named(tmp_path, options):
    tifffile.imwrite(tmp_path / "p.tif", metadata=None, **options)
    assert "is a TIFF file of a variety that Flawmap does not read" in str(
        _refusal(tmp_path / "p.tif", Unsupported)
    )


def test_a_deep_grey_tiff_in_which_0_is_white(tmp_path):
    grey = picture()[..., 0].astype(np.uint16) * 257
    tifffile.imwrite(tmp_path / "p.tif", 65535 - grey, photometric="miniswhite", metadata=None)
    np.testing.assert_array_equal(open_photo(tmp_path / "p.tif").rgb[..., 0], picture()[..., 0])


def test_a_deep_tiff_with_premultiplied_alpha(tmp_path):
    alpha = np.full((64, 96, 1), 0.5, np.float32)
    straight = picture().astype(np.float32) / 255
    samples = np.dstack([straight * alpha, alpha])
    tifffile.imwrite(
        tmp_path / "p.tif", samples, photometric="rgb", extrasamples=["assocalpha"], metadata=None
    )
    expected = (picture().astype(int) * 128 + 128 * 127 + 127) // 255
    assert np.abs(open_photo(tmp_path / "p.tif").rgb - expected).max() <= 1


# ---------------------------------------------------------------------------- decoders' errors


def _all_errors() -> list[BaseException]:
    import cv2
    from PIL import ImageCms

    return [
        UnidentifiedImageError("cannot identify image file"),
        OSError("image file is truncated (3 bytes not processed)"),
        OSError("broken data stream when reading image file"),
        OSError("decoder error -2"),
        OSError("unrecognized data stream contents when reading image file"),
        SyntaxError("not a TIFF file (header b'' not valid)"),
        ValueError("Decompressed data too large for PngImagePlugin.MAX_TEXT_CHUNK"),
        ValueError("buffer is not large enough"),
        ValueError("Unsupported bit depth"),
        EOFError("no more images in GIF file"),
        KeyError(34),
        IndexError("index out of range"),
        TypeError("an integer is required"),
        struct.error("unpack requires a buffer of 4 bytes"),
        zlib.error("Error -3 while decompressing data"),
        Image.DecompressionBombError("Image size exceeds limit"),
        Image.DecompressionBombWarning("Image size exceeds limit"),
        UserWarning("Corrupt EXIF data"),
        MemoryError(),
        OverflowError("int too large to convert"),
        RecursionError("maximum recursion depth exceeded"),
        RuntimeError("Failed to decode frame 0: Unknown error"),
        NotImplementedError("not supported"),
        AssertionError(),
        AttributeError("'NoneType' object has no attribute 'read'"),
        UnicodeDecodeError("ascii", b"\xff", 0, 1, "ordinal not in range"),
        ZeroDivisionError("division by zero"),
        cv2.error("OpenCV: (-215:Assertion failed)"),
        ImageCms.PyCMSError("cannot build transform"),
    ]


@pytest.mark.parametrize("error", _all_errors(), ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("place", ["_decode", "assemble"])
def test_every_error_we_know_of_arrives_as_one_of_ours(monkeypatch, error, place):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(files, place, fail)
    refusal = _refusal(ZOO / "png_rgb8.png", FlawmapError)
    assert refusal.message.startswith("png_rgb8.png ") and refusal.__cause__ is error
    assert isinstance(refusal, BadInput | NoMemory | Unsupported)


def test_a_memory_error_says_so(monkeypatch):
    def fail(*_, **__):
        raise MemoryError

    monkeypatch.setattr(files, "_decode", fail)
    assert "needs more memory than there is" in str(_refusal(ZOO / "png_rgb8.png", NoMemory))


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_a_wish_to_stop_is_not_an_error_of_the_file(monkeypatch, stop):
    def fail(*_, **__):
        raise stop

    monkeypatch.setattr(files, "_decode", fail)
    with pytest.raises(stop):
        open_photo(ZOO / "png_rgb8.png")
