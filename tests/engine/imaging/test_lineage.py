"""Whose marks a photo has: its file's document id, found without decoding, or its path."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from flawmap_engine.imaging import open_photo, settled_lineage
from flawmap_engine.imaging.lineage import file_lineage

PACKET = b"<rdf:Description xmpMM:DocumentID='xmp.did:8f1c'/>"
KINDS = ("jpeg", "png", "webp", "tiff", "gif", "bmp", "ppm", "avif", "jpeg2000")


def photo_bytes(kind: str, packet: bytes = PACKET, *, deep: bool = False) -> bytes:
    pixels = np.random.default_rng(1).integers(0, 255, (48, 64, 3), np.uint8)
    image = Image.fromarray(pixels)
    options: dict[str, object] = {}
    if kind in ("jpeg", "webp", "avif"):
        options = {"xmp": packet}
    elif kind == "png":
        text = PngInfo()
        text.add_itxt("XML:com.adobe.xmp", packet.decode(), zip=deep)
        options = {"pnginfo": text}
    elif kind == "tiff":
        options = {"tiffinfo": {700: packet}}
    stream = io.BytesIO()
    try:
        image.save(stream, kind, **options)
    except (KeyError, OSError, ValueError) as error:
        pytest.skip(f"Pillow writes no {kind} here: {error}")
    return stream.getvalue()


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_header_says_is_what_opening_says(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"photo.{kind}"
    path.write_bytes(photo_bytes(kind))
    told = file_lineage(str(path))
    assert told == open_photo(path).lineage
    if kind in ("jpeg", "png", "webp", "tiff"):
        assert told == "xmp.did:8f1c"


def test_every_photo_of_the_zoo_has_the_lineage_that_opening_it_gives(data: Path) -> None:
    compared = 0
    for path in sorted((data / "formats").iterdir()):
        try:
            expected = open_photo(path).lineage
        except Exception:
            continue
        assert file_lineage(str(path)) == expected, path.name
        compared += 1
    assert compared > 10


def test_a_packed_png_packet_is_read(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(photo_bytes("png", deep=True))
    assert file_lineage(str(path)) == open_photo(path).lineage == "xmp.did:8f1c"


@pytest.mark.parametrize("content", [b"", b"no photo at all", b"8BPS" + bytes(100), None])
def test_whatever_is_no_photo_has_its_path(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "thing.psd"
    if content is not None:
        path.write_bytes(content)
    assert file_lineage(str(path)) == str(path)
    assert file_lineage(str(tmp_path)) == str(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are POSIX's")
def test_nothing_waits_for_a_pipe(tmp_path: Path) -> None:
    path = tmp_path / "pipe.jpg"
    os.mkfifo(path)
    assert file_lineage(str(path)) == str(path)


@pytest.mark.parametrize(
    "given_", ["", "document:7", "xmp.did:1", "a.jpg", "/nowhere/a.jpg", "/a\0b", "/fo\udce9.jpg"]
)
def test_a_word_that_is_no_file_stays_as_it_is(given_: str) -> None:
    wanted = given_.encode("utf-8", "backslashreplace").decode() if given_[:1] == "/" else given_
    assert settled_lineage(given_) in (given_, wanted)


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "tiff"])
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.floats(0, 1), length=st.integers(1, 40), fill=st.integers(0, 255), cut=st.booleans())
def test_a_damaged_header_never_raises(
    kind: str, at: float, length: int, fill: int, cut: bool, tmp_path: Path
) -> None:
    data = bytearray(photo_bytes(kind))
    place = int(at * (len(data) - 1))
    data[place : place + length] = bytes([fill]) * length
    path = tmp_path / f"photo.{kind}"
    path.write_bytes(data[:place] if cut else data)
    assert file_lineage(str(path))
