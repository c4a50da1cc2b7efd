"""A real engine by way of the helper process: the same photo, the same report, large pixels too."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

import flawmap_api
from flawmap_api.geometry import Box

Photo = NDArray[np.uint8]


@pytest.fixture(scope="module")
def relayed(engine: flawmap_api.EngineClient) -> Iterator[flawmap_api.EngineClient]:
    """The tests' engine, reached over pipes."""
    command = [sys.executable, "-P", "-m", "flawmap_api.relay"]
    folder = engine.session.launched.folder
    with flawmap_api.connect(relay_command=command, runtime_dir=folder) as client:
        assert client.hello == engine.hello
        yield client


def test_a_report_is_the_same_on_both_roads(
    engine: flawmap_api.EngineClient, relayed: flawmap_api.EngineClient, marked: Photo
) -> None:
    partial: list[str] = []
    report = relayed.analyze(marked, on_partial=lambda body, blocks: partial.extend(blocks))
    assert report.regions
    assert report == engine.analyze(marked)
    assert partial


def test_24_megapixels_travel_by_file(
    engine: flawmap_api.EngineClient, relayed: flawmap_api.EngineClient, clean: Photo
) -> None:
    large = np.tile(clean, (9, 10, 1))[:4000, :6000]
    photo = relayed.open(large)
    assert photo.photo_id == engine.open(large).photo_id
    box = Box(5000, 3000, 6000, 4000)
    assert np.array_equal(np.asarray(relayed.pixels(photo, box=box)), large[3000:, 5000:])
    changed = relayed.update(photo, box, 255 - large[3000:, 5000:])
    assert changed.photo_id != photo.photo_id
    assert np.array_equal(np.asarray(relayed.pixels(changed, box=box)), 255 - large[3000:, 5000:])
    for one in (photo, changed):
        relayed.close_photo(one)
