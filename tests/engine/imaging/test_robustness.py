"""Robustness: damaged files, many threads, and nothing left behind in the process."""

from __future__ import annotations

import io
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile, TiffImagePlugin
from tests.engine.imaging.made import ZOO
from tests.proofs.fuzz_images import fuzz

from flawmap_api.errors import FlawmapError
from flawmap_engine.imaging import open_photo
from flawmap_engine.imaging.containers import bytes_needed, gif_frames
from flawmap_engine.imaging.metadata import exif_orientation
from flawmap_engine.imaging.quiet import quiet_pillow
from flawmap_engine.imaging.tiff_header import read_tiff_bytes

HEADERS = [
    b"\xff\xd8\xff\xe0\0\x10JFIF\0",
    b"\xff\xd8\xff\xc0\0\x11\x08\0\x20\0\x20\x03",
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x20\0\0\0\x20\x08\x02\0\0\0",
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x20\0\0\0\x20\x10\x06\0\0\0",
    b"RIFF\x40\0\0\0WEBPVP8 ",
    b"RIFF\x40\0\0\0WEBPVP8X",
    b"GIF89a\x20\0\x20\0",
    b"BM\x80\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x20\0\0\0\x20\0\0\0\1\0\x18\0",
    b"II*\0\x08\0\0\0",
    b"MM\0*\0\0\0\x08",
    b"II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0",
    b"\0\0\0\x20ftypavif\0\0\0\0avifmif1",
    b"\0\0\0\x18ftypheic\0\0\0\0heicmif1",
    b"\0\0\0\x0cjP  \r\n\x87\n",
    b"P6 32 32 255\n",
    b"P5 32 32 65535\n",
    b"FUJIFILMCCD-RAW ",
    b"",
]


@pytest.fixture(scope="module")
def scratch(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("any") / "photo.tga"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(st.sampled_from(HEADERS), st.binary(max_size=600), st.booleans())
def test_any_bytes_behind_a_known_header_are_a_photo_or_a_sentence(
    scratch, header, rest, allow_truncated
):
    scratch.write_bytes(header + rest)
    try:
        photo = open_photo(scratch, allow_truncated=allow_truncated)
    except FlawmapError as error:
        sentence = error
    else:
        sentence = None
        assert photo.rgb.shape[2] == 3
    assert sentence is None or sentence.message


@given(st.binary(max_size=400), st.sampled_from([b"", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08"]))
def test_no_bytes_break_the_readers_of_headers(rest, start):
    data = start + rest
    file = io.BytesIO(data)
    header = read_tiff_bytes(data)
    assert header is None or 1 <= header.pages <= 1000
    assert 1 <= exif_orientation(b"Exif\0\0" + data) <= 8
    assert gif_frames(file) >= 1
    for kind in ("png", "webp", "bmp", "avif", "heif"):
        needed = bytes_needed(kind, file, len(data))
        assert needed is None or needed >= 0


@pytest.mark.proof
def test_damaged_files_give_a_photo_or_a_sentence(long_form):
    outcome = fuzz(6000 if long_form else 160, seed=11)
    assert outcome.failures == []
    assert outcome.opened and outcome.refused


def _result(path: Path) -> str:
    try:
        return open_photo(path, allow_truncated=True).photo_id
    except FlawmapError as error:
        return str(error)


def test_threads_get_what_one_thread_gets_and_leave_no_trace():
    paths = sorted(p for p in ZOO.iterdir() if p.suffix not in (".csv", ".md"))
    before = (
        Image.MAX_IMAGE_PIXELS,
        ImageFile.LOAD_TRUNCATED_IMAGES,
        list(warnings.filters),
        warnings.showwarning,
    )
    alone = [_result(path) for path in paths]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(_result, paths))
    assert together == alone
    after = (
        Image.MAX_IMAGE_PIXELS,
        ImageFile.LOAD_TRUNCATED_IMAGES,
        list(warnings.filters),
        warnings.showwarning,
    )
    assert after == before


def test_pillow_is_quiet_on_a_thread_that_decodes_and_on_no_other():
    def warn() -> int:
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            TiffImagePlugin.warnings.warn("Corrupt EXIF data", UserWarning, stacklevel=1)
        return len(seen)

    with quiet_pillow():
        assert warn() == 0
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(warn).result() == 1
    assert warn() == 1


def test_a_damaged_tiff_prints_nothing(tmp_path, capfd):
    data = bytearray((ZOO / "tiff_rgb8_lzw.tif").read_bytes())
    middle = len(data) // 2
    data[middle : middle + 60] = b"\xff" * 60
    (tmp_path / "p.tif").write_bytes(data)
    _result(tmp_path / "p.tif")
    if sys.platform == "linux":
        assert capfd.readouterr() == ("", "")
