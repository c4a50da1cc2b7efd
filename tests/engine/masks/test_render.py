"""Rendering: what hosts paint is the planes, at their place, to the pixel."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from tests.engine.masks.made import analyses, analysis_of, blocks, view_of

from flawmap_api.errors import NotFound, Unsupported
from flawmap_api.messages import LayersRender
from flawmap_api.palette import COLOURS
from flawmap_engine.masks import (
    Layer,
    bring_to,
    cells_of,
    distortion_mask,
    find_regions,
    layers,
    region_at,
    region_coverage,
    region_mask,
    region_of,
    tint,
)
from flawmap_engine.planes import Analysis

few = analyses(names=("blur", "noise"), side=(1, 300))


def ask(plane: str, **fields: object) -> LayersRender:
    return LayersRender(photo_id="0", plane=plane, **fields)  # type: ignore[arg-type]


def marked() -> tuple[Analysis, dict[str, int]]:
    """A photo of 920 × 690 whose cells are 23 px, with one hot block of 4 × 5 cells at (9, 20)."""
    screen = view_of({"blur": blocks(30, 40), "noise": blocks(30, 40, (9, 20, 4, 5), value=200)})
    return analysis_of(screen, 920, 690), {"blur": 128, "noise": 100}


def painted(layer: Layer, width: int = 920, height: int = 690) -> np.ndarray:
    """Where a layer holds anything, on the whole photo."""
    whole = np.zeros((height, width), np.bool_)
    data = layer.data if layer.data.ndim == 2 else layer.data[..., 3]
    box = layer.box
    whole[box.y0 : box.y1, box.x0 : box.x1] = data > 0
    return whole


def test_a_hot_block_is_found_at_its_place_in_mask_coverage_and_tint() -> None:
    made, thresholds = marked()
    (shape,), _ = find_regions(made.screen, 100, "noise", 920, 690)
    # At the threshold of half its value the mask is the block itself: x 460..575, y 207..299.
    wanted = np.zeros((690, 920), np.bool_)
    wanted[207:299, 460:575] = True
    for fields in ({"distortions": ["noise"]}, {"regions": [shape.id]}):
        (mask,) = layers(made, ask("mask", **fields), thresholds)
        np.testing.assert_array_equal(painted(mask) | _corners(wanted), wanted)
        (tint,) = layers(made, ask("tint", **fields), thresholds)
        box = wanted[207 - 11 : 299 + 11, 460 - 11 : 575 + 11]
        assert (painted(tint) & wanted).sum() > 0.98 * wanted.sum()
        assert painted(tint).sum() <= box.size
    (coverage,) = layers(made, ask("coverage", regions=[shape.id]), thresholds)
    assert coverage.box.as_list() == [460 - 11, 207 - 11, 575 + 11, 299 + 11]
    full = np.zeros((690, 920), np.uint8)
    full[coverage.box.y0 : coverage.box.y1, coverage.box.x0 : coverage.box.x1] = coverage.data
    assert (full[207 + 24 : 299 - 24, 460 + 24 : 575 - 24] == 255).all()
    # On the block's straight edges half of the filter lies inside.
    assert 120 <= full[253, 459] <= 135 and 120 <= full[253, 460] <= 140


@pytest.mark.parametrize("channels", ["RGBA", "BGRA"])
@pytest.mark.parametrize("width", [1, 3, 256])
def test_a_tint_is_its_formula_for_every_pair_of_bytes(channels: str, width: int) -> None:
    line = np.arange(256, dtype=np.uint8)
    coverage, severity = (np.ascontiguousarray(p[:, :width]) for p in np.meshgrid(line, line))
    made = tint(coverage, severity, (1, 130, 255), channels)
    colour = [1, 130, 255] if channels == "RGBA" else [255, 130, 1]
    assert (made[..., :3] == colour).all()
    expected = (coverage.astype(int) * severity + 127) // 255
    np.testing.assert_array_equal(made[..., 3], expected)


def _corners(wanted: np.ndarray) -> np.ndarray:
    """The block's corners, which interpolation rounds off."""
    ys, xs = np.nonzero(wanted)
    y, x = np.ogrid[: wanted.shape[0], : wanted.shape[1]]
    near = np.zeros_like(wanted)
    for cy in (ys.min(), ys.max()):
        for cx in (xs.min(), xs.max()):
            near |= (abs(y - cy) < 12) & (abs(x - cx) < 12)
    return near & wanted


@given(few)
@settings(max_examples=50, deadline=None)
def test_whole_photo_layers_are_the_planes_at_full_size(
    drawn: tuple[Analysis, dict[str, int]],
) -> None:
    made, thresholds = drawn
    size = (made.width, made.height)
    for plane in ("severity", "unknown", "mask"):
        rendered = list(layers(made, ask(plane, distortions=["noise", "blur"]), thresholds))
        assert [layer.name for layer in rendered] == ["noise", "blur"]
        for layer in rendered:
            severity, unknown = made.screen.of(layer.name)
            wanted = {
                "severity": bring_to(severity, *size),
                "unknown": bring_to(unknown, *size),
                "mask": distortion_mask(made.screen, layer.name, thresholds[layer.name], *size),
            }[plane]
            np.testing.assert_array_equal(layer.data, wanted)
            assert layer.box.as_list() == [0, 0, *size]


@given(few)
@settings(max_examples=50, deadline=None)
def test_a_region_s_layers_are_cropped_to_its_box(
    drawn: tuple[Analysis, dict[str, int]],
) -> None:
    made, thresholds = drawn
    size = (made.width, made.height)
    k = thresholds["blur"]
    for shape in find_regions(made.screen, k, "blur", *size)[0]:
        box = shape.box
        severity, unknown = (
            bring_to(plane, *size)[box.y0 : box.y1, box.x0 : box.x1]
            for plane in made.screen.of("blur")
        )
        coverage = region_coverage(made.screen, k, shape, *size)
        wanted = {
            "severity": severity,
            "unknown": unknown,
            "mask": region_mask(made.screen, k, shape, *size),
            "coverage": coverage,
        }
        for plane, data in wanted.items():
            (layer,) = layers(made, ask(plane, regions=[shape.id]), thresholds)
            assert (layer.name, layer.distortion, layer.box) == (shape.id, "blur", box)
            np.testing.assert_array_equal(layer.data, data)
        alpha = (coverage.astype(int) * severity + 127) // 255
        for channels, colour in (("RGBA", COLOURS["blur"]), ("BGRA", COLOURS["blur"][::-1])):
            (layer,) = list(
                layers(made, ask("tint", regions=[shape.id], channels=channels), thresholds)
            )
            np.testing.assert_array_equal(layer.data[..., 3], alpha)
            assert (layer.data[..., :3] == colour).all()


@given(few)
@settings(max_examples=30, deadline=None)
def test_at_the_grid_s_size_planes_are_as_stored(drawn: tuple[Analysis, dict[str, int]]) -> None:
    made, thresholds = drawn
    severity, unknown = made.screen.of("blur")
    wanted = {
        "severity": severity,
        "unknown": unknown,
        "mask": np.where(cells_of(made.screen, "blur", thresholds["blur"]), 255, 0),
    }
    for plane, data in wanted.items():
        (layer,) = layers(made, ask(plane, distortions=["blur"], size="grid"), thresholds)
        np.testing.assert_array_equal(layer.data, data)
        assert layer.data.dtype == np.uint8 and layer.data.flags.c_contiguous


def test_layers_of_a_region_belong_to_its_view() -> None:
    screen = view_of({"noise": blocks(30, 40, (9, 20, 4, 5))})
    pixel = view_of({"noise": blocks(60, 80, (40, 10, 8, 8))}, view="pixel")
    made = analysis_of(screen, 640, 480, pixel)
    (shape,), _ = find_regions(pixel, 100, "noise", 640, 480)
    (layer,) = layers(made, ask("mask", view="pixel", regions=[shape.id]), {"noise": 100})
    assert layer.box == shape.box
    with pytest.raises(NotFound, match="screen view has no region"):
        list(layers(made, ask("mask", view="screen", regions=[shape.id]), {"noise": 100}))


def test_what_is_not_there_is_said_so() -> None:
    made, thresholds = marked()
    with pytest.raises(Unsupported, match="does not judge contrast"):
        list(layers(made, ask("mask", distortions=["noise", "contrast"]), thresholds))
    for stranger in ("noise-00000000", "contrast-00000000", "noise", "", "-"):
        with pytest.raises(NotFound, match="no region"):
            region_of(made, "screen", thresholds, stranger)


def test_layers_are_made_one_after_the_other() -> None:
    made, thresholds = marked()
    stream = layers(made, ask("severity", distortions=["blur", "noise"]), thresholds)
    assert next(stream).name == "blur"
    assert next(stream).name == "noise"


def test_a_pixel_belongs_to_the_region_whose_mask_holds_it() -> None:
    made, thresholds = marked()
    (shape,), _ = find_regions(made.screen, 100, "noise", 920, 690)
    found = region_at(made, "screen", thresholds, 460 + 40, 207 + 40)
    assert found is not None and found.id == shape.id
    assert region_at(made, "screen", thresholds, 440, 253) is None
    assert region_at(made, "screen", thresholds, 0, 0) is None
    assert region_at(made, "screen", thresholds, 919, 689) is None
