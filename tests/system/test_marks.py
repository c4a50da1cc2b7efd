"""Marks in the whole product: made by one client, seen by all, following the photo."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import flawmap_api
from flawmap_api import EngineClient, Report
from flawmap_api.errors import NotFound
from flawmap_api.geometry import Box
from flawmap_api.messages import MarksSet, PixelSource
from flawmap_api.report import Region
from flawmap_api.sources import PixelData
from flawmap_api.steps import marks_steps

Photo = NDArray[np.uint8]

XMP = (
    "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF "
    "xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description "
    "xmlns:xmpMM='http://ns.adobe.com/xap/1.0/mm/' xmpMM:DocumentID='{}'/></rdf:RDF></x:xmpmeta>"
)


def saved(pixels: Photo, path: Path, document: str = "") -> Path:
    """A lossless file, with an XMP DocumentID if one is given."""
    packet = {"xmp": XMP.format(document).encode()} if document else {}
    Image.fromarray(pixels).save(path, lossless=True, **packet)
    return path


def noisy(report: Report) -> Region:
    """The region of the planted noise."""
    found = [r for r in report.regions if r.distortion == "noise"]
    assert found
    return max(found, key=lambda region: region.area)


def marked_as(report: Report) -> list[str]:
    return [region.mark for region in report.regions if region.mark is not None]


def test_every_client_sees_a_mark_and_the_check_heeds_it(
    engine: EngineClient, marked: Photo, tmp_path: Path
) -> None:
    path = saved(marked, tmp_path / "photo.png")
    photo = engine.open(path)
    region = noisy(engine.analyze(photo))
    assert region.id in flawmap_api.judge(engine.regions(photo)).failing
    made = engine.set_mark(photo, region.id, "ignored")
    assert made.lineage == str(path) and made.mark == made.marks[-1]
    assert made.mark is not None and made.mark.distortion == "noise"
    folder = engine.session.launched.folder
    with flawmap_api.connect(runtime_dir=folder, start=False) as other:
        report = other.analyze(path)
        assert noisy(report).mark == "ignored"
        assert region.id not in flawmap_api.judge(report).failing
        assert other.marks(other.open(path)) == flawmap_api.marks.Marks(
            made.marks, None, made.lineage
        )
        # Taken back elsewhere: this client's next report knows.
        assert other.set_mark(other.open(path), region.id, None).marks == ()
    assert marked_as(engine.regions(photo)) == []


def test_a_mark_counts_in_the_other_view_and_at_other_thresholds(
    engine: EngineClient, clean: Photo, tmp_path: Path
) -> None:
    # Noise so coarse that it shows at 1:1 and on a screen.
    large = np.ascontiguousarray((clean // 2 + 20).repeat(5, 0).repeat(5, 1))
    part = large[1000:1800, 600:1800]
    grain = np.random.default_rng(3).normal(0, 60, (400, 600, 3)).repeat(2, 0).repeat(2, 1)
    part[...] = np.clip(part + grain, 0, 255)
    photo = engine.open(saved(large, tmp_path / "large.png"))
    engine.set_mark(photo, noisy(engine.analyze(photo)).id, "intentional")
    for view in ("screen", "pixel"):
        for strictness in (0.0, 0.3):
            assert noisy(engine.regions(photo, view=view, strictness=strictness)).mark
    assert marked_as(engine.regions(photo)) == ["intentional"]


def test_an_edit_elsewhere_a_new_size_and_a_save_keep_the_mark(
    engine: EngineClient, marked: Photo, tmp_path: Path
) -> None:
    path = saved(marked, tmp_path / "photo.webp", "xmp.did:keep")
    photo = engine.open(path)
    engine.set_mark(photo, noisy(engine.analyze(photo)).id, "accepted")
    # Painted on elsewhere, by an update.
    patch = np.full((40, 60, 3), 128, np.uint8)
    changed = engine.update(photo, Box(500, 20, 560, 60), patch)
    assert noisy(engine.analyze(changed)).mark == "accepted"
    # Saved under another name: the document's id goes with it.
    edited = marked.copy()
    edited[20:60, 500:560] = 128
    assert noisy(engine.analyze(saved(edited, tmp_path / "copy.webp", "xmp.did:keep"))).mark
    # Larger, over the old file.
    larger = np.asarray(Image.fromarray(edited).resize((800, 600), Image.Resampling.BICUBIC))
    report = engine.analyze(saved(larger, path, "xmp.did:keep"))
    assert noisy(report).mark == "accepted"
    # Another document is another matter, equal pixels or not.
    assert marked_as(engine.analyze(saved(marked, tmp_path / "other.webp", "xmp.did:other"))) == []
    assert marked_as(engine.analyze(saved(marked, tmp_path / "none.webp"))) == []


def as_document(pixels: Photo, lineage: str) -> PixelData:
    layout = PixelSource(pixels.shape[1], pixels.shape[0])
    return PixelData(layout, memoryview(np.ascontiguousarray(pixels)).cast("B"), lineage=lineage)


def test_two_documents_of_equal_pixels_have_marks_of_their_own(
    engine: EngineClient, marked: Photo
) -> None:
    one = engine.open(as_document(marked, "document:one"))
    two = engine.open(as_document(marked, "document:two"))
    assert one.photo_id == two.photo_id
    region = noisy(engine.analyze(one))
    engine.set_mark(one, region.id, "ignored")
    assert noisy(engine.regions(one)).mark == "ignored"
    assert engine.regions(one).photo.lineage == "document:one"
    assert noisy(engine.regions(two)).mark is None
    assert engine.regions(two).photo.lineage == "document:two"
    box = Box(0, 0, 8, 8)
    changed = engine.update(one, box, np.zeros((8, 8, 3), np.uint8))
    assert changed.lineage == "document:one"
    assert noisy(engine.analyze(changed)).mark == "ignored"
    assert engine.marks(two).marks == ()
    engine.clear_marks(one)
    assert engine.marks(one).marks == ()


@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "tif"])
@pytest.mark.parametrize("document", ["xmp.did:8f1c", ""])
def test_an_editors_document_has_the_lineage_of_its_file(
    engine: EngineClient, clean: Photo, tmp_path: Path, ending: str, document: str
) -> None:
    path = tmp_path / f"photo.{ending}"
    packet = XMP.format(document).encode() if document else b""
    options: dict[str, object] = {"xmp": packet} if packet else {}
    if ending == "png" and packet:
        from PIL.PngImagePlugin import PngInfo

        text = PngInfo()
        text.add_itxt("XML:com.adobe.xmp", packet.decode())
        options = {"pnginfo": text}
    if ending == "tif" and packet:
        options = {"tiffinfo": {700: packet}}
    Image.fromarray(clean).save(path, **options)
    from_file = engine.open(path).lineage
    assert from_file == (document or str(path))
    opened = engine.open(as_document(clean, str(path)))
    assert opened.lineage == from_file
    # A client that goes on naming the path means the same.
    by_path = replace(opened, lineage=str(path))
    assert engine.analyze(by_path).photo.lineage == engine.marks(by_path).lineage == from_file


def test_a_region_that_is_not_there_cannot_be_marked(
    engine: EngineClient, marked: Photo, tmp_path: Path
) -> None:
    photo = engine.open(saved(marked, tmp_path / "photo.png"))
    with pytest.raises(NotFound):
        engine.set_mark(photo, "noise-00000000", "ignored")
    assert engine.marks(photo).marks == ()


# --------------------------------------------------------------------------- harm


@pytest.fixture
def own_state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A state folder of the test's own, for engines that it starts."""
    monkeypatch.setenv("FLAWMAP_STATE_DIR", str(tmp_path / "state"))
    return tmp_path / "state" / "marks.sqlite3"


def test_a_mark_outlives_its_engine_and_two_engines_share_it(
    own_state: Path, marked: Photo, tmp_path: Path
) -> None:
    path = saved(marked, tmp_path / "photo.png")
    with flawmap_api.connect(private=True) as one, flawmap_api.connect(private=True) as two:
        photo = one.open(path)
        region = noisy(one.analyze(photo))
        assert noisy(two.analyze(path)).mark is None
        one.set_mark(photo, region.id, "intentional")
        os.kill(one.hello.pid, signal.SIGKILL)
        assert noisy(two.analyze(path)).mark == "intentional"
        # The client starts another engine, opens the photo again, and asks once more.
        assert noisy(one.regions(photo)).mark == "intentional"
        assert one.set_mark(photo, region.id, "accepted").mark is not None
        assert noisy(two.analyze(path)).mark == "accepted"


@pytest.mark.proof
def test_an_engine_killed_in_the_middle_of_a_mark_is_asked_again(
    own_state: Path, marked: Photo, tmp_path: Path, long_form: bool
) -> None:
    path = saved(marked, tmp_path / "photo.png")
    dice = random.Random(7)
    with flawmap_api.connect(private=True) as engine:
        photo = engine.open(path)
        region = noisy(engine.analyze(photo))
        for number in range(60 if long_form else 3):
            verdict = ("accepted", "ignored")[number % 2]
            request = MarksSet(photo.photo_id, region.id, verdict, lineage=photo.lineage)
            call = engine.session.start(marks_steps(engine.session.book, request))
            time.sleep(dice.uniform(0, 0.04))
            os.kill(engine.hello.pid, signal.SIGKILL)
            assert [mark.verdict for mark in call.result().marks] == [verdict]
            assert noisy(engine.regions(photo)).mark == verdict
    assert not list(own_state.parent.glob("*damaged*"))


@pytest.mark.parametrize("harm", ["damaged", "newer", "folder"])
def test_a_file_of_marks_that_is_of_no_use_is_a_note_in_the_report(
    own_state: Path, marked: Photo, tmp_path: Path, harm: str
) -> None:
    path = saved(marked, tmp_path / "photo.png")
    with flawmap_api.connect(private=True) as engine:
        photo = engine.open(path)
        plain = engine.analyze(photo)
        engine.set_mark(photo, noisy(plain).id, "ignored")
        if harm == "damaged":
            own_state.write_bytes(b"no marks at all" * 1000)
        elif harm == "newer":
            with closing(sqlite3.connect(own_state)) as file:
                file.execute("PRAGMA user_version = 9")
        else:
            own_state.unlink()
            own_state.mkdir()
        report = engine.regions(photo)
        (note,) = set(report.notes) - set(plain.notes)
        assert {"damaged": "moved", "newer": "newer Flawmap", "folder": "could not be read"}[
            harm
        ].replace("moved", "it lies now at") in note
        assert report.regions == plain.regions
        assert engine.status()["pid"] == engine.hello.pid
        if harm == "damaged":
            engine.set_mark(photo, noisy(plain).id, "accepted")
            again = engine.regions(photo)
            assert noisy(again).mark == "accepted" and again.notes == plain.notes
        else:
            with pytest.raises(flawmap_api.FlawmapError):
                engine.set_mark(photo, noisy(plain).id, "accepted")
