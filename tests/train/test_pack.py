"""More photos come in measured and apart from those that report; a pack is all one needs."""

from __future__ import annotations

import tarfile

import cv2
import numpy as np
import pytest
from tests.train.conftest import textured

from flawmap_train.extra import adopt
from flawmap_train.pack import pack, size_of
from flawmap_train.photos import load_photos, load_shapes


@pytest.fixture(scope="module")
def extra(tmp_path_factory):
    """Three new pictures, one that is a test photo in disguise, and one that an eye refused."""
    raw, out = tmp_path_factory.mktemp("raw"), tmp_path_factory.mktemp("extra")
    apart = tmp_path_factory.mktemp("apart")
    for i in range(5):
        cv2.imwrite(str(raw / f"q{i}.png"), textured(60 + i, 400, 1500)[..., ::-1])
    copy = cv2.resize(textured(63, 400, 1500), (600, 160), interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(apart / "seen.jpg"), np.ascontiguousarray(copy[:, ::-1, ::-1]))
    rows = adopt(
        sorted(raw.iterdir()),
        out,
        apart=[apart],
        source="somebody/photos",
        licence="CC0",
        bokeh=frozenset({"q1"}),
        refused=frozenset({"q4"}),
    )
    return out, rows


def test_what_is_adopted_is_small_measured_and_apart(extra):
    out, rows = extra
    assert [r["scene"] for r in rows] == ["q0", "q1", "q2"]
    for row in rows:
        plane = cv2.imread(str(out / "photos" / row["file"]))
        assert max(plane.shape) == 1200
        assert 0 <= float(row["sharp_share"]) <= 1 and float(row["noise_sigma"]) >= 0
    assert [r["has_bokeh"] for r in rows] == ["0", "1", "0"]


def test_a_picture_is_adopted_once(extra, tmp_path):
    cv2.imwrite(str(tmp_path / "again.png"), textured(60, 400, 1500)[..., ::-1])
    out, rows = extra
    assert not adopt([tmp_path / "again.png"], out, apart=[], source="s", licence="l")
    assert len(load_photos(out, "tune")) + len(load_photos(out, "train")) == len(rows)


def test_extra_photos_only_teach(data, extra):
    more = len(extra[1])
    assert len(load_photos(data, "train", extra[0])) == len(load_photos(data, "train")) + more
    for part in ("tune", "dev"):
        assert load_photos(data, part, extra[0]) == load_photos(data, part)


def test_a_pack_unpacks_to_a_folder_to_train_from(data, extra, tmp_path):
    photos, shrunk = pack(data, tmp_path / "photos.tar", size_of("50M"), extra[0])
    assert photos == 38 + len(extra[1]) and shrunk == 0
    with tarfile.open(tmp_path / "photos.tar") as tar:
        tar.extractall(tmp_path / "there", filter="data")
    there = tmp_path / "there"
    names = {p.file.name for part in ("train", "tune") for p in load_photos(there, part)}
    assert names >= {p.file.name for part in ("train", "tune") for p in load_photos(data, part)}
    assert not load_photos(there, "dev")
    assert len(load_shapes(there, "train")) == len(load_shapes(data, "train"))


def test_a_pack_keeps_to_its_size_or_says_that_it_cannot(data, tmp_path):
    pack(data, tmp_path / "a.tar", 50_000_000)
    full = (tmp_path / "a.tar").stat().st_size
    _, shrunk = pack(data, tmp_path / "b.tar", int(full * 0.8))
    assert shrunk and (tmp_path / "b.tar").stat().st_size <= full * 0.8
    with pytest.raises(ValueError, match="do not fit"):
        pack(data, tmp_path / "c.tar", 300_000)


@pytest.mark.parametrize(("text", "size"), [("50M", 50_000_000), ("1.5k", 1500), ("12", 12)])
def test_sizes_are_read(text, size):
    assert size_of(text) == size
