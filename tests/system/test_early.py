"""Early reports of the real networks: the masks that come early are the final ones, bit for bit."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import flawmap_api
from flawmap_api import EngineClient, Report
from flawmap_api.geometry import Box
from flawmap_api.results import OpenedPhoto
from flawmap_cli.demo import demo_photo

Photo = NDArray[np.uint8]
BOX = Box(1500, 500, 1900, 800)


@pytest.fixture(scope="module")
def engine() -> Iterator[EngineClient]:
    """An engine of these tests' own."""
    with flawmap_api.connect(private=True) as client:
        yield client


@pytest.fixture(scope="module")
def big() -> Photo:
    """A photo with two views: noise in x 1500–1900, y 500–800, blown light, and fine noise."""
    photo = np.ascontiguousarray(np.tile(demo_photo(), (1, 2, 1)))
    photo[200:500, 300:800] = 255
    dice = np.random.default_rng(3)
    for (rows, cols), sigma in (((slice(500, 800), slice(1500, 1900)), 60), (np.s_[900:, :], 9)):
        part = photo[rows, cols]
        photo[rows, cols] = np.clip(part + dice.normal(0, sigma, part.shape), 0, 255)
    return photo


def drawn(engine: EngineClient, photo: OpenedPhoto, report: Report) -> dict[str, Any]:
    """All masks of the screen view, by distortion and by region, and one score."""
    layers = {"mask": engine.layers(photo, "mask", distortions=engine.hello.distortions)}
    for plane in ("tint", "coverage"):
        layers[plane] = engine.layers(photo, plane, regions=[r.id for r in report.regions])
    found: dict[str, Any] = {
        f"{plane} {layer.name}": (layer.box, layer.data)
        for plane, made in layers.items()
        for layer in made
    }
    found["roi"] = engine.roi_score(photo, box=BOX)
    return found


def without_1_to_1(report: Report) -> dict[str, Any]:
    return {**report.to_dict(), "only_at_1_to_1": []}


def test_early_masks_are_the_final_ones(engine: EngineClient, big: Photo) -> None:
    photo = engine.open(big)
    early = engine.analyze(photo, early=True)
    assert early.regions
    assert early.only_at_1_to_1 == ()
    before = drawn(engine, photo, early)
    final = engine.analyze(photo)
    assert without_1_to_1(final) == early.to_dict()
    assert drawn(engine, photo, final) == before
    with flawmap_api.connect(private=True) as other:
        assert other.analyze(big).to_dict() == final.to_dict()


def test_an_engine_killed_in_between_is_replaced_and_the_masks_are_the_same(big: Photo) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="fm-") as folder,
        flawmap_api.connect(private=True, runtime_dir=folder) as engine,
    ):
        photo = engine.open(big)
        early = engine.analyze(photo, early=True)
        before = drawn(engine, photo, early)
        os.kill(engine.hello.pid, signal.SIGKILL)
        assert drawn(engine, photo, early) == before
        os.kill(engine.hello.pid, signal.SIGKILL)
        assert without_1_to_1(engine.analyze(photo)) == early.to_dict()


def test_an_early_update_is_the_update_without_its_pixel_view(
    engine: EngineClient, big: Photo
) -> None:
    changed = np.ascontiguousarray(demo_photo()[: BOX.height, : BOX.width])
    reports = []
    for early in (True, False):
        with flawmap_api.connect(private=True) as own:
            photo = own.open(big)
            own.analyze(photo)
            new = own.update(photo, BOX, changed, early=early)
            assert new.analysed is not early
            reports.append((own.regions(new), own.analyze(new), own.regions(new, view="pixel")))
    (screen, whole, pixel), expected = reports
    assert screen.only_at_1_to_1 == ()
    assert screen.to_dict() == without_1_to_1(expected[0])
    assert (whole, pixel) == expected[1:]
