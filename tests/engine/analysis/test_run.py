"""What an analysis promises: places, seams, equal bits, order, cancelling and updating."""

from __future__ import annotations

import dataclasses
import threading

import numpy as np
import pytest

from flawmap_api.errors import Cancelled
from flawmap_api.geometry import Box, Grid
from flawmap_engine.analysis import analyze, finish, tiling, update
from flawmap_engine.inference import Networks
from flawmap_engine.planes import ViewPlanes


def _centres(length, cells):
    return (np.arange(cells) + 0.5) * length / cells


@pytest.mark.proof
@pytest.mark.parametrize(
    ("height", "width", "box"),
    [
        (1, 20000, (9000, 0, 9400, 1)),
        (3000, 17, (0, 2000, 17, 2200)),
        (17, 3000, (1500, 0, 1600, 17)),
        (2049, 5, (0, 2000, 5, 2049)),
        (333, 501, (200, 100, 260, 140)),
        (1200, 1201, (1100, 1090, 1201, 1200)),
        (3000, 5000, (1000, 990, 1110, 1060)),
        (3001, 4999, (4900, 2920, 4999, 3001)),
    ],
)
def test_a_planted_patch_is_found_where_it_is(networks, picture, height, width, box):
    x0, y0, x1, y1 = box
    rgb = np.full((height, width, 3), 100, np.uint8)
    rgb[y0:y1, x0:x1] = 255
    analysis = analyze(picture(rgb), networks)
    assert analysis.pixel.grid == Grid.of_view(width, height)
    for planes in (analysis.screen, analysis.pixel):
        plane, _ = planes.of("overexposure")
        x, y = _centres(width, planes.grid.cols), _centres(height, planes.grid.rows)
        # A cell may share its answer with what a cell beside it covers, and no farther.
        cell_x, cell_y = width / planes.grid.cols, height / planes.grid.rows
        inside, outside = (
            (((y > y0 + m * cell_y) | (y0 == 0)) & ((y < y1 - m * cell_y) | (y1 == height)))[
                :, None
            ]
            & ((x > x0 + m * cell_x) | (x0 == 0))
            & ((x < x1 - m * cell_x) | (x1 == width))
            for m in (1.01, -1.01)
        )
        assert inside.any()
        assert plane[inside].min() >= 250, planes.view
        assert plane[~outside].max() <= 5, planes.view


def test_small_photos_have_one_view_and_large_ones_two(networks, picture, textured):
    small = analyze(picture(textured(300, 400)), networks)
    assert small.screen.severity is small.pixel.severity
    assert (small.screen.view, small.pixel.view) == ("screen", "pixel")
    large = analyze(picture(textured(1000, 2500)), networks)
    assert large.screen.grid == Grid.of_view(2048, 819)
    assert large.pixel.grid == Grid.of_view(2500, 1000)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (5, 7), (8, 8), (31, 33)])
def test_the_smallest_photos_have_an_answer(networks, picture, textured, height, width):
    analysis = analyze(picture(textured(height, width)), networks)
    assert analysis.pixel.severity.shape == (6, *_rows_cols(height, width))
    assert analysis.subject.shape == _rows_cols(height, width)


def _rows_cols(height, width):
    grid = Grid.of_view(width, height)
    return grid.rows, grid.cols


def test_tiles_show_no_seams(networks, picture, textured, monkeypatch):
    photo = picture(textured(1500, 2000))
    tiled = analyze(photo, networks)
    monkeypatch.setattr(tiling, "_CORE", 1 << 20)
    whole = analyze(photo, networks)
    assert len(tiling.tiles_of(2000, 1500)) == 1
    off = np.abs(tiled.pixel.severity.astype(int) - whole.pixel.severity)
    assert off.max() <= 1
    np.testing.assert_array_equal(tiled.pixel.unknown, whole.pixel.unknown)


@pytest.mark.proof
def test_the_number_of_threads_changes_no_bit(standin, picture, textured):
    photo = picture(textured(1300, 2500))
    answers = []
    for threads in (1, 2, 3):
        with Networks.load(weights=standin, device="cpu", threads=threads) as networks:
            answers += [analyze(photo, networks), analyze(photo, networks)]
    first = answers[0]
    for other in answers[1:]:
        for view in ("screen", "pixel"):
            np.testing.assert_array_equal(first.planes(view).severity, other.planes(view).severity)
            np.testing.assert_array_equal(first.planes(view).unknown, other.planes(view).unknown)
        np.testing.assert_array_equal(first.subject, other.subject)
        np.testing.assert_array_equal(first.features, other.features)
        assert first.quality == other.quality


def test_stages_come_in_order_from_the_calling_thread(networks, picture, textured):
    stages = []
    here = threading.get_ident()

    def on_stage(stage):
        assert threading.get_ident() == here
        stages.append(stage)

    photo = picture(textured(1500, 2600))
    analysis = analyze(photo, networks, on_stage=on_stage)
    names = [s.name for s in stages]
    assert names == ["screen", "whole"] + ["tile"] * (len(names) - 2)
    assert [s.done for s in stages[2:]] == list(range(1, len(names) - 1))
    assert {s.total for s in stages[2:]} == {len(names) - 2}
    np.testing.assert_array_equal(stages[0].planes.severity, analysis.screen.severity)
    assert stages[0].box == Box(0, 0, 2600, 1500)


def test_tiles_put_together_are_the_pixel_view(networks, picture, textured):
    photo = picture(textured(1501, 2603))
    put = np.full((6, *_rows_cols(1501, 2603)), 99, np.uint8)

    def on_stage(stage):
        if stage.name == "tile":
            grid = stage.planes.grid
            put[:, stage.row : stage.row + grid.rows, stage.col : stage.col + grid.cols] = (
                stage.planes.severity
            )
            rows, cols = put.shape[1:]
            assert stage.box.y0 == stage.row * 1501 // rows
            assert stage.box.x1 == -(-(stage.col + grid.cols) * 2603 // cols)

    analysis = analyze(photo, networks, on_stage=on_stage)
    np.testing.assert_array_equal(put, analysis.pixel.severity)


def test_cancelling_ends_between_tiles(networks, picture, textured):
    stages = []

    def check():
        if len(stages) == 3:
            raise Cancelled("Enough.")

    with pytest.raises(Cancelled):
        analyze(
            picture(textured(2100, 3200)),
            networks,
            on_stage=stages.append,
            check_cancelled=check,
        )
    assert len(stages) == 3
    assert analyze(picture(textured(64, 64)), networks).quality > 0


def test_an_error_in_a_listener_ends_the_work_and_arrives(networks, picture, textured):
    def on_stage(stage):
        raise OSError("the client has gone")

    with pytest.raises(OSError, match="gone"):
        analyze(picture(textured(1500, 2600)), networks, on_stage=on_stage)


def test_a_tile_is_told_of_the_whole_photo(networks, picture, textured):
    photo = textured(1400, 2400)
    before = analyze(picture(photo), networks)
    brighter = photo.copy()
    brighter[:, 1400:] = 255
    after = analyze(picture(brighter), networks)
    far = before.pixel.of("overexposure")[0][:, :100], after.pixel.of("overexposure")[0][:, :100]
    assert (far[1] >= far[0]).all()
    assert far[1].sum() > far[0].sum()


def test_an_update_is_a_fresh_analysis_with_the_stored_context(networks, picture, textured):
    photo = textured(1500, 2600)
    before = analyze(picture(photo), networks)
    changed = photo.copy()
    box = Box(1290, 700, 1500, 900)
    changed[box.y0 : box.y1, box.x0 : box.x1] = 250
    after = picture(changed)
    stages = []
    updated = update(before, after, box, networks, on_stage=stages.append)
    total = len(tiling.tiles_of(2600, 1500))
    assert 0 < sum(s.name == "tile" for s in stages) < total
    assert updated.quality == before.quality
    np.testing.assert_array_equal(updated.thumbnail, before.thumbnail)
    np.testing.assert_array_equal(updated.subject, before.subject)

    # The whole photo is one rectangle that every tile sees, with the context that was stored.
    from flawmap_engine.analysis.run import _Job

    fresh = _Job(after, networks, lambda s: None, lambda: None).run(before, Box(0, 0, 2600, 1500))
    for view in ("screen", "pixel"):
        for plane in ("severity", "unknown"):
            got, wanted = (getattr(a.planes(view), plane) for a in (updated, fresh))
            assert np.abs(got.astype(int) - wanted).max() <= 4
    assert np.abs(before.pixel.severity.astype(int) - updated.pixel.severity).max() > 100


def assert_equal(one, other):
    """Two analyses are the same to the last bit."""
    for field in dataclasses.fields(one):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if isinstance(a, ViewPlanes):
            assert (a.view, a.distortions) == (b.view, b.distortions)
            np.testing.assert_array_equal(a.severity, b.severity)
            np.testing.assert_array_equal(a.unknown, b.unknown)
        else:
            np.testing.assert_array_equal(a, b, field.name)


def test_an_early_analysis_knows_all_but_the_pixel_view(networks, picture, textured):
    photo = picture(textured(1500, 2600))
    whole = analyze(photo, networks)
    stages = []
    early = analyze(photo, networks, early=True, on_stage=stages.append)
    assert [stage.name for stage in stages] == ["screen", "whole"]
    assert whole.complete and not early.complete
    blank = dataclasses.replace(early, pixel=whole.pixel, unseen=())
    assert_equal(blank, whole)
    stages.clear()
    assert_equal(finish(early, photo, networks, on_stage=stages.append), whole)
    assert {stage.name for stage in stages} == {"tile"}
    assert finish(whole, photo, networks) is whole


def test_what_is_known_early_is_told_while_the_tiles_go_on(networks, picture, textured):
    photo = picture(textured(1500, 2600))
    told = []
    whole = analyze(
        photo, networks, on_screen=told.append, on_stage=lambda stage: told.append(stage.name)
    )
    (early,) = (one for one in told if not isinstance(one, str))
    assert told.index(early) == 2 and not early.complete
    assert_equal(dataclasses.replace(early, pixel=whole.pixel, unseen=()), whole)
    assert_equal(finish(early, photo, networks), whole)


def test_a_small_photo_is_complete_early(networks, picture, textured):
    photo = picture(textured(300, 400))
    assert_equal(analyze(photo, networks, early=True), analyze(photo, networks))


def test_early_updates_are_finished_to_the_same_bits(networks, picture, textured):
    pixels = [textured(1500, 2600)]
    boxes = [Box(1290, 700, 1500, 900), Box(20, 1200, 300, 1480)]
    for level, box in zip((250, 20), boxes, strict=True):
        pixels.append(pixels[-1].copy())
        pixels[-1][box.y0 : box.y1, box.x0 : box.x1] = level
    photos = [picture(rgb) for rgb in pixels]
    known = analyze(photos[0], networks)
    early = [known, analyze(photos[0], networks, early=True)]
    for photo, box in zip(photos[1:], boxes, strict=True):
        known = update(known, photo, box, networks)
        stages = []
        early = [
            update(one, photo, box, networks, early=True, on_stage=stages.append) for one in early
        ]
        assert [stage.name for stage in stages] == ["screen", "screen"]
        for one in early:
            np.testing.assert_array_equal(one.screen.severity, known.screen.severity)
    assert early[0].unseen == tuple(boxes)
    stages = []
    assert_equal(finish(early[0], photos[-1], networks, on_stage=stages.append), known)
    assert len(stages) < len(tiling.tiles_of(2600, 1500))
    assert_equal(finish(early[1], photos[-1], networks), known)
    # An update that is not early looks at what earlier ones left out.
    last = Box(0, 0, 32, 32)
    assert update(early[1], photos[-1], last, networks).complete


def test_a_large_early_change_is_an_early_new_analysis(networks, picture, textured):
    before = analyze(picture(textured(1500, 2600)), networks)
    after = picture(np.full((1500, 2600, 3), 240, np.uint8))
    box = Box(0, 0, 2600, 1000)
    changed = update(before, after, box, networks, early=True)
    assert changed.unseen == (Box(0, 0, 2600, 1500),)
    assert_equal(finish(changed, after, networks), analyze(after, networks))


def test_an_update_leaves_what_came_before_as_it_was(networks, picture, textured):
    photo = textured(400, 600)
    before = analyze(picture(photo), networks)
    kept = before.screen.severity.copy()
    changed = photo.copy()
    changed[:50, :50] = 255
    update(before, picture(changed), Box(0, 0, 50, 50), networks)
    np.testing.assert_array_equal(before.screen.severity, kept)


@pytest.mark.parametrize("box", [Box(0, 0, 200, 200), Box(0, 0, 400, 300)])
def test_a_large_change_is_a_new_analysis(networks, picture, textured, box):
    before = analyze(picture(textured(300, 400)), networks)
    after = picture(np.full((300, 400, 3), 240, np.uint8))
    updated = update(before, after, box, networks)
    fresh = analyze(after, networks)
    assert updated.quality == fresh.quality
    np.testing.assert_array_equal(updated.thumbnail, fresh.thumbnail)


def test_another_size_is_a_new_analysis(networks, picture, textured):
    before = analyze(picture(textured(300, 400)), networks)
    updated = update(before, picture(textured(400, 300)), Box(0, 0, 5, 5), networks)
    assert (updated.width, updated.height) == (300, 400)


def test_photos_are_not_written_to(networks, picture, textured):
    rgb = textured(1200, 2300)
    rgb.setflags(write=False)
    analyze(picture(rgb), networks)


def test_transparent_parts_are_unknown(networks, picture, textured):
    alpha = np.full((1200, 2304), 255, np.uint8)
    alpha[:, 1152:] = 0
    analysis = analyze(picture(textured(1200, 2304), alpha), networks)
    for planes in (analysis.screen, analysis.pixel):
        half = planes.grid.cols // 2
        assert (planes.unknown[:, :, half + 1 :] == 255).all()
        assert (planes.unknown[:, :, : half - 1] == 0).all()
