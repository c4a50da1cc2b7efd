"""Proof 12, a seeded sample: repairs bring damaged photos closer to the clean ones.

The long form takes ten photos a damage: `python tests/proofs/repairs.py`.
"""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from tests.proofs.repairs import BOUNDS, cases_of, missed, try_repair

from flawmap_api.errors import BadInput, Cancelled, NotFound
from flawmap_api.geometry import Box
from flawmap_api.messages import PixelSource
from flawmap_api.repair import Expectation, RepairPlan
from flawmap_api.sources import PixelData
from flawmap_cli.demo import demo_photo

BOX = Box(80, 288, 240, 416)


@pytest.mark.proof
@pytest.mark.parametrize("damage", BOUNDS)
def test_a_repair_brings_the_photo_closer_to_the_clean_one(engine, damage):
    photo = demo_photo()
    dice = np.random.default_rng(12)
    outcomes = []
    for y, x in ((0, 0), (250, 500), (280, 40)):
        crop = np.ascontiguousarray(photo[y : y + 500, x : x + 640])
        outcomes.append(try_repair(engine, cases_of(crop, f"{x},{y}", damage, dice)))
    assert missed(damage, outcomes) == []


@pytest.fixture(scope="module")
def noisy(engine, marked):
    """The photo with strong noise in a known part, opened and analysed, and its noise region."""
    photo = engine.open(marked)
    report = engine.analyze(photo)
    return photo, next(r for r in report.regions if r.distortion == "noise")


def seen_of(marked, plan):
    around = plan.around
    return np.ascontiguousarray(marked[around.y0 : around.y1, around.x0 : around.x1])


def test_a_noisy_region_is_planned_repaired_and_no_longer_found(engine, marked, clean, noisy):
    photo, region = noisy
    plan = engine.repair_plan(photo, region=region.id)
    assert (plan.method, plan.possible, plan.region) == ("denoise", True, region.id)
    assert plan.box == region.box
    assert plan.expect.severity_before == region.severity
    assert plan.around.within(photo.width, photo.height)
    made = engine.repair_render(plan, seen_of(marked, plan))
    assert not made.unchanged
    pixels = np.frombuffer(made.pixels.data, np.uint8).reshape(plan.box.height, plan.box.width, 3)
    changed = engine.update(photo, plan.box, np.ascontiguousarray(pixels))
    left = [r for r in engine.regions(changed).regions if r.distortion == "noise"]
    assert max((r.severity for r in left), default=0.0) < region.severity - 0.2


def test_strength_0_is_told_as_unchanged(engine, marked, noisy):
    plan = engine.repair_plan(noisy[0], region=noisy[1].id)
    made = engine.repair_render(plan, seen_of(marked, plan), strength=0.0)
    assert made.unchanged
    inner = marked[plan.box.y0 : plan.box.y1, plan.box.x0 : plan.box.x1]
    assert made.pixels.data.tobytes() == inner.tobytes()


def test_deep_pixels_come_back_as_deep_with_their_alpha_and_profile(engine, marked, noisy):
    from PIL import ImageCms

    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    plan = engine.repair_plan(noisy[0], region=noisy[1].id)
    seen = seen_of(marked, plan).astype(np.uint16) * 257
    alpha = np.arange(seen[..., :1].size, dtype=np.uint16).reshape(seen[..., :1].shape)
    deep = np.concatenate([seen[..., ::-1], alpha], axis=2)
    layout = PixelSource(deep.shape[1], deep.shape[0], "u16", "BGRA")
    made = engine.repair_render(plan, PixelData(layout, memoryview(deep.tobytes()), icc))
    assert made.pixels.icc == icc
    assert (made.pixels.layout.dtype, made.pixels.layout.channels) == ("u16", "BGRA")
    back = np.frombuffer(made.pixels.data, np.uint16).reshape(plan.box.height, plan.box.width, 4)
    top, left = plan.box.y0 - plan.around.y0, plan.box.x0 - plan.around.x0
    expected = alpha[top : top + plan.box.height, left : left + plan.box.width, 0]
    assert np.array_equal(back[..., 3], expected)
    shallow = engine.repair_render(plan, seen_of(marked, plan)).pixels.data
    rgb = np.frombuffer(shallow, np.uint8).reshape(plan.box.height, plan.box.width, 3)
    assert np.abs(back[..., 2::-1] / 257 - rgb).max() <= 1


def test_a_box_is_planned_for_the_distortion_that_was_named_or_the_worst(engine, noisy):
    photo, _ = noisy
    assert engine.repair_plan(photo, box=BOX).distortion == "noise"
    plan = engine.repair_plan(photo, box=BOX, distortion="low_light")
    assert (plan.distortion, plan.method, plan.box) == ("low_light", "lighten", BOX)
    assert plan.around == BOX


def test_what_cannot_be_planned_or_rendered_is_told_in_a_sentence(engine, marked, noisy):
    photo, region = noisy
    with pytest.raises(NotFound, match="no region"):
        engine.repair_plan(photo, region="noise-00000000")
    with pytest.raises(BadInput, match="outside the photo"):
        engine.repair_plan(photo, box=Box(0, 0, 5000, 50))
    with pytest.raises(BadInput, match="either a region or a box"):
        engine.repair_plan(photo)
    plan = engine.repair_plan(photo, region=region.id)
    with pytest.raises(BadInput, match="as large as its `around`"):
        engine.repair_render(plan, marked[:40, :40])
    with pytest.raises(BadInput, match="strength"):
        engine.repair_render(plan, seen_of(marked, plan), strength=1.5)
    broken = seen_of(marked, plan).astype(np.float32)
    broken[3, 3] = np.nan
    with pytest.raises(BadInput, match="not numbers"):
        engine.repair_render(plan, broken)


def test_a_large_repair_tells_its_progress_and_can_be_cancelled(engine):
    side = 3000
    box = Box(0, 0, side, side)
    plan = RepairPlan(
        photo_id="",
        view="screen",
        region=None,
        distortion="noise",
        subkind=None,
        box=box,
        margin=16,
        around=box,
        method="denoise",
        possible=True,
        strength=1.0,
        settings={"sigma": 9.0},
        sentence="",
        sentence_id="",
        sentence_args={},
        limits=(),
        expect=Expectation(0.5),
    )
    told = []
    working = threading.Event()

    def progress(step):
        told.append(step)
        if step.stage == "repair":
            working.set()

    def cancel():
        working.wait(60)
        engine.cancel()

    stopper = threading.Thread(target=cancel)
    stopper.start()
    with pytest.raises(Cancelled):
        engine.repair_render(plan, np.full((side, side, 3), 99, np.uint8), on_progress=progress)
    stopper.join()
    assert any(0 < step.done < step.total for step in told)
    deadline = time.monotonic() + 30
    while engine.status()["jobs"]["running"] and time.monotonic() < deadline:
        time.sleep(0.01)
    assert engine.status()["jobs"]["running"] == 0
