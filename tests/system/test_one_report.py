"""Proofs 1 and 10: the same photo gives the same report, whatever happened on the way."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import flawmap_api
from flawmap_api import EngineClient, Report, steps
from flawmap_api.geometry import Box
from flawmap_api.results import Progress

pytestmark = pytest.mark.proof

Photo = NDArray[np.uint8]


def findings(report: Report) -> dict[str, Any]:
    """The report's part from `view` to `more`, which has to be bit-equal."""
    data = report.to_dict()
    names = list(data)
    return {name: data[name] for name in names[names.index("view") : names.index("more") + 1]}


def planes(engine: EngineClient, source: object, view: str) -> dict[str, bytes]:
    photo = engine.open(source)
    engine.analyze(photo)
    return {
        f"{plane} {layer.name}": layer.data
        for plane in ("severity", "unknown")
        for layer in engine.layers(
            photo, plane, view=view, size="grid", distortions=engine.hello.distortions
        )
    }


@pytest.fixture(scope="module")
def large(marked: Photo) -> Photo:
    """A photo of several tiles in both views, 2,560 × 1,440."""
    return np.ascontiguousarray(np.tile(marked, (3, 4, 1)))


def test_alone_in_a_batch_and_on_any_number_of_threads(
    engine: EngineClient, large: Photo, clean: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = findings(engine.analyze(large))
    expected_planes = {view: planes(engine, large, view) for view in ("screen", "pixel")}
    for threads in ("1", "3"):
        monkeypatch.setenv("FLAWMAP_THREADS", threads)
        with flawmap_api.connect(private=True) as other:
            other.analyze(clean)
            assert findings(other.analyze(large)) == expected
            for view in ("screen", "pixel"):
                assert planes(other, large, view) == expected_planes[view]


def test_by_path_by_pixels_and_from_the_store(
    engine: EngineClient, marked: Photo, tmp_path: Path
) -> None:
    path = tmp_path / "photo.png"
    Image.fromarray(marked).save(path)
    first = findings(engine.analyze(marked))
    assert findings(engine.analyze(path)) == first
    assert findings(engine.analyze(path)) == first
    assert findings(engine.regions(engine.open(path))) == first


@pytest.mark.parametrize("fate", [signal.SIGKILL, signal.SIGSTOP])
@pytest.mark.parametrize("stage", ["screen", "tile"])
def test_an_engine_lost_between_tiles_is_replaced_and_the_report_is_the_same(
    engine: EngineClient, large: Photo, fate: int, stage: str
) -> None:
    expected = findings(engine.analyze(large))
    with flawmap_api.connect(private=True) as other:
        pid = other.hello.pid
        struck: list[Progress] = []

        def strike(progress: Progress) -> None:
            if progress.stage == stage and not struck:
                struck.append(progress)
                os.kill(pid, fate)

        try:
            assert findings(other.analyze(large, on_progress=strike)) == expected
            assert struck
            assert other.hello.pid != pid
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def test_an_engine_lost_after_the_pixels_were_written_gets_them_again(
    engine: EngineClient, marked: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = findings(engine.analyze(marked))
    scored = engine.roi_score(engine.open(marked), mask=marked[..., 0] // 2 + 64)
    written = steps._written
    with flawmap_api.connect(private=True) as other:

        def written_then_killed(*arguments: Any) -> str:
            monkeypatch.setattr(steps, "_written", written)
            name = written(*arguments)
            os.kill(other.hello.pid, signal.SIGKILL)
            return name

        monkeypatch.setattr(steps, "_written", written_then_killed)
        assert findings(other.analyze(marked)) == expected
        photo = other.open(marked)
        monkeypatch.setattr(steps, "_written", written_then_killed)
        assert other.roi_score(photo, mask=marked[..., 0] // 2 + 64) == scored


def test_a_repainted_rectangle_gives_the_photo_that_it_makes(
    engine: EngineClient, large: Photo, clean: Photo
) -> None:
    box = Box(640, 480, 640 + 320, 480 + 240)
    repaired = large.copy()
    repaired[480:720, 640:960] = clean[:240, :320]
    photo = engine.open(large)
    engine.analyze(photo)
    changed = engine.update(photo, box, np.ascontiguousarray(clean[:240, :320]))
    assert (changed.width, changed.height) == (photo.width, photo.height)
    np.testing.assert_array_equal(np.asarray(engine.pixels(changed)), repaired)
    assert engine.open(repaired).photo_id == changed.photo_id


def test_a_repainted_photo_is_painted_again_for_a_new_engine(
    engine: EngineClient, marked: Photo, clean: Photo
) -> None:
    box = Box(80, 288, 240, 416)
    repaired = marked.copy()
    repaired[288:416, 80:240] = clean[288:416, 80:240]
    with flawmap_api.connect(private=True) as other:
        photo = other.open(marked)
        other.analyze(photo)
        changed = other.update(photo, box, np.ascontiguousarray(repaired[288:416, 80:240]))
        expected = findings(other.regions(changed))
        os.kill(other.hello.pid, signal.SIGKILL)
        assert findings(other.regions(changed)) == expected
        np.testing.assert_array_equal(np.asarray(other.pixels(changed)), repaired)


def test_raising_the_strictness_never_shrinks_what_is_flagged(
    engine: EngineClient, marked: Photo
) -> None:
    photo = engine.open(marked)
    engine.analyze(photo)
    areas = [
        sum(d.area for d in engine.regions(photo, strictness=s).distortions.values())
        for s in (-1.0, -0.5, 0.0, 0.5, 1.0)
    ]
    assert areas == sorted(areas)
    assert areas[-1] > areas[0]
