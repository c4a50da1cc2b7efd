"""The photo as a value: its id, its lineage, its arrays."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest
from PIL import Image, PngImagePlugin
from tests.engine.imaging.made import ZOO, chunk, picture, png16

from flawmap_engine.imaging import Photo, open_photo
from flawmap_engine.imaging.metadata import document_id

XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description '
    b'xmpMM:InstanceID="xmp.iid:other" xmpMM:DocumentID="xmp.did:1234-abcd"/></rdf:RDF></x:xmpmeta>'
)


def _photo(**change) -> Photo:
    parts = {
        "rgb": picture(),
        "alpha": None,
        "clipped": np.zeros((8, 12), np.uint8),
        "gamut": np.zeros((8, 12), np.uint8),
        **change,
    }
    return Photo(**parts)


def test_the_id_is_64_hex_digits_and_the_same_for_the_same_photo():
    assert re.fullmatch("[0-9a-f]{64}", _photo().photo_id)
    assert _photo().photo_id == _photo(notes=("A note.",), lineage="/elsewhere.jpg").photo_id


@pytest.mark.parametrize("part", ["rgb", "alpha", "clipped", "gamut", "size"])
def test_the_id_changes_with_everything_that_measuring_uses(part):
    rgb, alpha, plane = picture(), np.full((64, 96), 7, np.uint8), np.zeros((8, 12), np.uint8)
    rgb[9, 9, 1] ^= 1
    plane[3, 3] = 1
    change = {
        "rgb": {"rgb": rgb},
        "alpha": {"alpha": alpha},
        "clipped": {"clipped": plane},
        "gamut": {"gamut": plane},
        "size": {"rgb": picture().reshape(96, 64, 3)},
    }[part]
    assert _photo(**change).photo_id != _photo().photo_id


def test_nobody_writes_into_a_photo():
    photo = _photo()
    with pytest.raises(ValueError, match="read-only"):
        photo.rgb[0, 0] = 0
    with pytest.raises(dataclasses.FrozenInstanceError):
        photo.lineage = "other"  # type: ignore[misc]


def test_a_photo_knows_how_much_memory_it_holds():
    assert _photo().nbytes == 64 * 96 * 3 + 2 * 8 * 12


def _png_with_xmp(path):
    info = PngImagePlugin.PngInfo()
    info.add_itxt("XML:com.adobe.xmp", XMP.decode())
    Image.fromarray(picture()).save(path, pnginfo=info)


def _deep_png_with_xmp(path):
    body = b"XML:com.adobe.xmp\0\0\0\0\0" + XMP
    path.write_bytes(png16(picture().astype(np.uint16) * 257, chunk(b"iTXt", body)))


@pytest.mark.parametrize(
    ("suffix", "write"),
    [
        ("jpg", lambda path: Image.fromarray(picture()).save(path, xmp=XMP)),
        ("webp", lambda path: Image.fromarray(picture()).save(path, xmp=XMP)),
        ("avif", lambda path: Image.fromarray(picture()).save(path, xmp=XMP)),
        ("tif", lambda path: Image.fromarray(picture()).save(path, tiffinfo={700: XMP})),
        ("png", _png_with_xmp),
        ("png", _deep_png_with_xmp),
    ],
)
def test_the_lineage_is_the_document_id_of_the_file(tmp_path, suffix, write):
    path = tmp_path / f"p.{suffix}"
    write(path)
    assert open_photo(path).lineage == "xmp.did:1234-abcd"


def test_the_lineage_is_else_the_absolute_path(tmp_path, monkeypatch):
    Image.fromarray(picture()).save(tmp_path / "p.png")
    monkeypatch.chdir(tmp_path)
    assert open_photo("p.png").lineage == str(tmp_path / "p.png")


@pytest.mark.parametrize(
    ("packet", "found"),
    [
        (XMP, "xmp.did:1234-abcd"),
        (b"<xmpMM:DocumentID>uuid:77</xmpMM:DocumentID>", "uuid:77"),
        (XMP.decode(), "xmp.did:1234-abcd"),
        (b"", ""),
        (None, ""),
        (b"\xff\xfe not a packet", ""),
        (b'xmpMM:DocumentID="' + b"x" * 5000 + b'"', ""),
        (b'<!ENTITY a "aaaa"> xmpMM:DocumentID="&a;"', "&a;"),
    ],
)
def test_the_document_id_is_found_and_nothing_is_expanded(packet, found):
    assert document_id(packet) == found


def test_opening_twice_is_the_same_photo():
    assert open_photo(ZOO / "jpeg_444.jpg").photo_id == open_photo(ZOO / "jpeg_444.jpg").photo_id
