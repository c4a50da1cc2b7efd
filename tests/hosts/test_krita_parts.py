"""Parts of the Krita plug-in that need no Krita: colour spaces, profiles, labels, the hand-off."""

from __future__ import annotations

import json
import struct
import sys
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from PIL import ImageCms

from flawmap_api import palette
from flawmap_plugin.texts import CATALOGUES

KRITA = Path(__file__).resolve().parents[2] / "host_plugins" / "krita"


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    monkeypatch.syspath_prepend(str(KRITA))


def test_a_profile_tells_its_name_in_either_version_of_the_format(tmp_path):
    from flawmap_krita.profiles import ProfileShelf, profile_name

    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert profile_name(srgb) == "sRGB built-in"  # mluc, version 4
    text = b"An old one.icc\0"
    tag = b"desc" + bytes(4) + struct.pack(">I", len(text)) + text
    entry = struct.pack(">I4sII", 1, b"desc", 144, len(tag))
    old = bytes(36) + b"acsp" + bytes(88) + entry + tag
    assert profile_name(old) == "An old one.icc"
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "one.ICC").write_bytes(old)
    (tmp_path / "two.icm").write_bytes(srgb)
    (tmp_path / "broken.icc").write_bytes(srgb[:140])
    (tmp_path / "none.icc").write_bytes(b"")
    shelf = ProfileShelf([tmp_path / "missing", tmp_path])
    assert shelf.find("An old one.icc") == old
    assert shelf.find("sRGB built-in") == srgb
    assert shelf.find("nobody's") == b""


@pytest.mark.parametrize("length", [0, 40, 131, 132, 136, 143, 150, 160])
def test_a_damaged_profile_has_no_name_and_raises_nothing(length):
    from flawmap_krita.profiles import profile_name

    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert profile_name(srgb[:length]) == ""


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (("RGBA", "U8", "sRGB-elle-V2-srgbtrc.icc"), ("u8", "BGRA", False, b"", False)),
        (("RGBA", "U16", "sRGB-elle-V2-g10.icc"), ("u16", "BGRA", True, b"", False)),
        (("RGBA", "F16", "sRGB-elle-V2-g10.icc"), ("f16", "RGBA", True, b"", False)),
        (("RGBA", "F32", "known"), ("f32", "RGBA", False, b"icc", False)),
        (("GRAYA", "U8", "Gray-D50-elle-V2-srgbtrc.icc"), ("u8", "YA", False, b"", False)),
        (("GRAYA", "F32", "Gray-D50-elle-V2-g10.icc"), ("f32", "YA", True, b"", False)),
        (("RGBA", "U8", "embedded somewhere"), ("u16", "BGRA", False, b"", True)),
        (("CMYKA", "U8", "known"), ("u16", "BGRA", False, b"", True)),
        (("LABA", "U16", "known"), ("u16", "BGRA", False, b"", True)),
    ],
)
def test_pixels_travel_as_they_are_or_as_16_bit_srgb(kind, expected):
    from flawmap_krita.spaces import space_of

    space = space_of(*kind, lambda name: b"icc" if name == "known" else b"")
    assert (space.dtype, space.channels, space.linear, space.icc, space.converted) == expected


def test_each_flaw_has_a_label_and_neighbours_in_colour_may_share_one():
    from flawmap_krita.labels import label_of

    labels = {name: label_of(palette.css(name)) for name in palette.COLOURS}
    assert all(1 <= label <= 8 for label in labels.values())
    assert len(set(labels.values())) >= 5
    assert label_of("") == 0
    assert label_of("#ee3233") == 6
    assert label_of("#5baddc") == 1


def test_a_wish_is_taken_once_and_only_while_it_is_fresh(tmp_path):
    from flawmap_krita.handoff import take

    file = tmp_path / "handoff.json"
    assert take(tmp_path) is None
    wish = {"path": str(tmp_path / "photo.png"), "created": time.time()}
    file.write_text(json.dumps(wish))
    assert take(tmp_path) == tmp_path / "photo.png"
    assert take(tmp_path) is None
    for bad in (
        json.dumps({**wish, "created": time.time() - 3600}),
        json.dumps({**wish, "path": "relative.png"}),
        json.dumps({**wish, "path": 7}),
        json.dumps([1, 2]),
        json.dumps({"path": "/x"}),
        "{",
        "[" * 100_000,
    ):
        file.write_text(bad)
        assert take(tmp_path) is None, bad[:60]
    assert list(tmp_path.iterdir()) == []


def test_kritas_dialog_of_shortcuts_lists_every_action_and_each_has_its_text():
    from flawmap_krita.actions import ACTIONS

    listed = ElementTree.parse(KRITA / "flawmap_krita" / "flawmap.action").iter("Action")
    assert [entry.get("name") for entry in listed] == [one.name for one in ACTIONS]
    for texts in CATALOGUES.values():
        assert {one.label for one in ACTIONS} <= set(texts)


def test_what_runs_outside_krita_imports_nothing_of_it():
    for name in ("actions", "handoff", "labels", "profiles", "spaces"):
        __import__(f"flawmap_krita.{name}")
    assert not [name for name in sys.modules if name.startswith(("PyQt5", "PyQt6"))]
