"""The overlay: bounded in size, true in colour, readable in words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.exporters.made import K, findings

from flawmap_api.geometry import Box, Grid
from flawmap_api.palette import COLOURS
from flawmap_api.report import Failure, More
from flawmap_export import DistortionPlanes, draw_overlay
from flawmap_export.captions import caption_font, place_captions, text_width
from flawmap_export.legend import lay_out

EIGHT = tuple(COLOURS)


def overlay(made):
    return np.asarray(draw_overlay(made.photo, made.report, made.planes)).astype(int)


def painted(cells, *, size=800, k=K):
    """Findings on a mid-grey square; `cells` fills the planes of each distortion it names."""
    made = findings(size, size, distortions=tuple(cells), flaws=0, unknown=False)
    grid = made.report.grid
    planes = {}
    for name, fill in cells.items():
        severity, unknown = np.zeros((2, grid.rows, grid.cols), np.uint8)
        fill(severity, unknown)
        mask = ((severity >= k) & (unknown < 128)).astype(np.uint8) * 255
        planes[name] = DistortionPlanes(severity, mask, unknown)
    made.photo[:] = 120
    return replace(made, planes=planes)


def square(value, rows=slice(20, 80), cols=slice(20, 80)):
    def fill(severity, unknown):
        severity[rows, cols] = value

    return fill


def panel_of(made, longest=2048):
    return lay_out(made.photo.shape[1], made.photo.shape[0], made.report, longest, 512)


@given(st.integers(1, 2048), st.integers(1, 2048))
@example(2048, 2048)
@example(2048, 1)
@example(1, 2048)
@example(1, 1)
@settings(max_examples=60, deadline=None)
def test_photo_and_legend_fit_on_one_canvas(width, height):
    report = replace(findings(distortions=EIGHT).report, failures=(Failure("a", "b", "c"),))
    panel, (shown_width, shown_height) = lay_out(width, height, report, 2048, 512)
    x, y = panel.photo_at
    x0, y0, x1, y1 = panel.box
    canvas_width, canvas_height = panel.canvas
    assert max(panel.canvas) <= 2048
    assert 0 <= x <= x + shown_width <= canvas_width
    assert 0 <= y <= y + shown_height <= canvas_height
    assert 0 <= x0 < x1 <= canvas_width
    assert 0 <= y0 < y1 <= canvas_height
    # Beside or below, never over the photo, and the photo in its own proportions.
    assert x0 >= x + shown_width or y0 >= y + shown_height
    assert abs(shown_width - width * shown_height / height) <= 1 + width / height


@pytest.mark.parametrize("size", [(2048, 1365), (1200, 800), (200, 120), (300, 1400), (1600, 90)])
def test_no_line_of_the_legend_is_cut(size):
    made = findings(*size, distortions=EIGHT, flaws=1)
    panel, _ = panel_of(made)
    font = caption_font(panel.text_size)
    x0, y0, x1, y1 = panel.box
    for text in (*panel.heading, *panel.notes):
        assert x0 + panel.text_size + text_width(text, font) <= x1
    for entry in panel.entries:
        assert 1.7 * panel.text_size + text_width(entry.text, font) <= panel.column_width
    assert panel.columns * panel.column_width <= x1 - x0
    lines = len(panel.heading) + len(panel.notes) + -(-len(panel.entries) // panel.columns)
    assert lines * panel.text_size < y1 - y0


@pytest.mark.parametrize(
    "size", [(2048, 1365), (1365, 2048), (40, 30), (1, 1), (1500, 8), (8, 1500)]
)
@pytest.mark.parametrize("full", [False, True], ids=["grid", "full"])
def test_any_photo_is_drawn_within_the_bound(size, full):
    made = findings(*size, distortions=EIGHT, full=full)
    image = draw_overlay(made.photo, made.report, made.planes)
    assert image.mode == "RGB"
    assert max(image.size) <= 2048


def test_a_clean_photo_is_shown_as_it_is_and_says_so():
    made = findings(900, 600, flaws=0, unknown=False)
    shown = overlay(made)
    np.testing.assert_array_equal(shown[:600, :900], made.photo)
    panel, _ = panel_of(made)
    assert panel.heading[0].startswith("No flaws found")
    assert [entry.text for entry in panel.entries] == ["blur: none", "noise: none"]
    assert all(entry.dim for entry in panel.entries)


def test_drawing_leaves_the_findings_as_they_were():
    made = findings(300, 200)
    before = made.photo.copy(), made.planes["blur"].severity.copy()
    overlay(made)
    np.testing.assert_array_equal(made.photo, before[0])
    np.testing.assert_array_equal(made.planes["blur"].severity, before[1])


def test_a_small_photo_is_shown_larger_with_each_pixel_a_square():
    made = findings(200, 120, flaws=0, unknown=False)
    shown = overlay(made)
    np.testing.assert_array_equal(shown[:360, :600], made.photo.repeat(3, axis=0).repeat(3, axis=1))


@pytest.mark.parametrize("name", EIGHT)
def test_a_flaw_is_tinted_in_its_colour_the_more_severe_the_more(name):
    away = []
    for value in (80, 160, 255):
        shown = overlay(painted({name: square(value)}))
        assert (shown[40, 40] == 120).all()
        toward = np.array(COLOURS[name]) - 120
        step = shown[400, 400] - 120
        assert (np.sign(step) * np.sign(toward) >= 0).all()
        away.append(np.abs(step).sum())
    assert away[0] < away[1] < away[2]
    assert away[2] < 0.7 * np.abs(toward).sum()


@pytest.mark.parametrize(("one", "other"), [("blur", "low_light"), ("low_light", "blur")])
def test_where_flaws_overlap_the_worst_one_is_tinted(one, other):
    both = overlay(painted({one: square(100), other: square(220, cols=slice(50, 80))}))
    alone = overlay(painted({one: square(100)}))
    worst = overlay(painted({other: square(220, cols=slice(50, 80))}))
    np.testing.assert_array_equal(both[300, 250], alone[300, 250])
    np.testing.assert_array_equal(both[300, 550], worst[300, 550])


def test_every_flaw_keeps_an_outline_even_where_masks_are_the_same():
    made = painted({"blur": square(100), "jitter": square(220), "noise": square(90)})
    shown = overlay(made)[100:700, 100:700].reshape(-1, 3)
    for name in made.planes:
        near = np.abs(shown - COLOURS[name]).max(axis=1) <= 12
        assert near.sum() > 300, name


def test_the_outline_shows_on_white_and_on_black():
    for value in (0, 255):
        made = painted({"contrast": square(100)})
        made.photo[:] = value
        edge = overlay(made)[400, 140:180]
        luma = edge.mean(axis=1)
        assert luma.max() - luma.min() > 60


def test_unknown_pixels_are_not_tinted_but_hatched_discreetly():
    def fill(severity, unknown):
        severity[:] = 200
        unknown[:, :50] = 255

    made = painted({"blur": fill})
    shown = overlay(made)[:800]
    blind = shown[200:600, 20:380]
    changed = (blind != 120).any(axis=2).mean()
    assert 0.03 < changed < 0.3
    assert np.abs(blind - 120).max() < 60
    assert (shown[200:600, 420:780] != 120).any(axis=2).all()


def test_grid_and_full_planes_make_nearly_the_same_picture():
    grid, full = (overlay(findings(1200, 800, full=full, flaws=3)) for full in (False, True))
    assert grid.shape == full.shape
    assert (np.abs(grid - full).max(axis=2) > 24).mean() < 0.01


# ---------------------------------------------------------------- legend words


def test_the_legend_tells_area_severity_and_what_cannot_be_told():
    made = findings(600, 400)
    summary = replace(made.report.distortions["blur"], area=0.123, severity=0.46, unknown_area=0.25)
    noise = replace(made.report.distortions["noise"], area=0.0004, severity=0.0, unknown_area=0.0)
    report = replace(made.report, distortions={"noise": noise, "blur": summary})
    panel, _ = panel_of(replace(made, report=report))
    assert [entry.text for entry in panel.entries] == [
        "blur: 12 %, moderate (0.46), cannot tell 25 %",
        "noise: a trace",
    ]
    assert [entry.colour for entry in panel.entries] == [COLOURS["blur"], COLOURS["noise"]]


def heading(made, **changes):
    report = replace(made.report, **changes)
    panel, _ = panel_of(replace(made, report=report))
    return " ".join(panel.heading), " ".join(panel.notes)


def test_the_heading_counts_what_was_found():
    made = findings(1200, 800, flaws=3)
    first, _ = heading(made, regions=made.report.regions[:1], more={})
    assert first.startswith("1 region · quality good (0.62), seen whole")
    more, _ = heading(made, regions=made.report.regions[:2], more={"blur": More(3, 0.01)})
    assert more.startswith("2 regions and 3 smaller")
    none, _ = heading(made, regions=(), more={})
    assert none.startswith("Only scattered traces of flaws")
    assert "at 1:1" in heading(made, view="pixel")[0]


def test_the_notes_tell_what_the_picture_cannot_show():
    made = findings(1200, 800, flaws=0)
    failures = (Failure("blur", "no_memory", "It did not fit."),)
    first, notes = heading(made, failures=failures)
    assert first.startswith("No flaws found in what could be judged")
    assert "Could not be judged: blur" in notes
    made = findings(1200, 800)
    assert "Only at 1:1: noise" in heading(made)[1]


def test_the_legend_shows_the_colour_of_every_flaw():
    made = findings(900, 600, distortions=EIGHT, flaws=0)
    legend = overlay(made)[600:].reshape(-1, 3)
    for name, colour in COLOURS.items():
        assert (legend == colour).all(axis=1).sum() > 80, name


# ---------------------------------------------------------------- captions


@pytest.mark.parametrize("size", [(2048, 1365), (1200, 800), (600, 366), (400, 90), (60, 900)])
@pytest.mark.parametrize("seed", range(3))
def test_captions_neither_overlap_nor_leave_the_picture(size, seed):
    made = findings(*size, distortions=EIGHT, flaws=4, seed=seed)
    captions = place_captions(size, made.report, {})
    assert len({c.region.id for c in captions}) == len(captions) <= len(made.report.regions)
    for i, caption in enumerate(captions):
        rect = caption.rect
        assert 0 <= rect.x0 < rect.x1 <= size[0]
        assert 0 <= rect.y0 < rect.y1 <= size[1]
        assert not any(rect.overlaps(other.rect) for other in captions[:i])


def test_every_region_of_an_ordinary_photo_has_its_number_and_the_worst_have_words():
    made = findings(1200, 800, distortions=EIGHT, flaws=3, seed=2)
    captions = place_captions((1200, 800), made.report, {})
    assert [c.text.split()[0] for c in captions] == [
        str(i + 1) for i in range(len(made.report.regions))
    ]
    worst = made.report.regions[0]
    assert captions[0].text.endswith(f"· {worst.severity_level}")


def test_a_caption_says_what_a_person_or_the_model_thinks_of_the_region():
    made = findings(1200, 800, flaws=1, unknown=False)
    region = replace(made.report.regions[0], distortion="jitter", severity=0.7)

    def words(**changes):
        report = replace(made.report, regions=(replace(region, **changes),))
        return place_captions((1200, 800), report, {})[0].text

    assert words() == "1  motion blur · severe"
    assert words(intentional=True) == "1  motion blur · severe · likely wanted"
    assert words(mark="intentional") == "1  motion blur · severe · wanted"
    assert words(mark="ignored", intentional=True) == "1  motion blur · severe · ignored"
    assert words(mark="accepted") == "1  motion blur · severe · accepted"


def test_a_small_regions_caption_stands_beside_it():
    made = findings(1200, 800, flaws=1)
    region = replace(made.report.regions[0], box=Box(600, 400, 640, 430))
    report = replace(made.report, regions=(region,))
    (caption,) = place_captions((1200, 800), report, {})
    assert not caption.rect.overlaps(caption.box)


def test_a_caption_points_into_the_mask_not_at_the_middle_of_its_box():
    made = findings(1200, 800, flaws=1)
    region = replace(made.report.regions[0], distortion="blur", box=Box(0, 0, 1200, 800))
    report = replace(made.report, regions=(region,))
    ring = np.zeros((800, 1200), bool)
    ring[:, :200] = ring[:100] = True
    (caption,) = place_captions((1200, 800), report, {"blur": ring})
    assert ring[caption.spot[1], caption.spot[0]]


def test_a_region_of_a_flaw_without_a_mask_is_captioned_all_the_same():
    made = findings(1200, 800, flaws=1)
    assert place_captions((1200, 800), made.report, {"blur": np.zeros((800, 1200), bool)})


def test_a_grid_of_one_cell_is_drawn():
    made = findings(8, 8, flaws=1, unknown=False)
    assert made.report.grid == Grid(1, 1)
    assert draw_overlay(made.photo, made.report, made.planes).size[0] >= 480
