"""Where arithmetic says "cannot tell", and where it knows that highlights are lost."""

from __future__ import annotations

import numpy as np
import pytest

from flawmap_engine.analysis.evidence import (
    clipped_area,
    lost_share,
    raised_by_clipping,
    unknown_cells,
)

NAMES = ("blur", "jitter", "noise", "overexposure", "low_light", "compression")
TEXTURE = ("blur", "jitter", "compression")


def _unknown(rgb, alpha=None, said=0.0):
    severity = np.full((len(NAMES), rgb.shape[0] // 8, rgb.shape[1] // 8), said, np.float32)
    return dict(zip(NAMES, unknown_cells(rgb, alpha, NAMES, severity), strict=True))


def _flat(value, side=160):
    return np.full((side, side, 3), value, np.uint8)


@pytest.mark.parametrize("value", [0, 90, 255])
def test_a_flat_picture_holds_no_evidence_of_sharpness_or_codec(value):
    unknown = _unknown(_flat(value))
    assert all((unknown[name] == 1).all() for name in TEXTURE)
    assert (unknown["overexposure"] == (value == 255)).all()
    assert (unknown["low_light"] == (value == 0)).all()


def test_a_white_or_black_area_that_the_network_objects_to_is_known():
    assert (_unknown(_flat(255), said=0.3)["overexposure"] == 0).all()
    assert (_unknown(_flat(0), said=0.3)["low_light"] == 0).all()


def test_a_flat_grey_would_show_noise_and_a_clipped_one_would_not():
    assert (_unknown(_flat(90))["noise"] == 0).all()
    assert (_unknown(_flat(255))["noise"] == 1).all()
    assert (_unknown(_flat(0))["noise"] == 1).all()


def test_a_flat_patch_inside_evidence_takes_its_surroundings_answer(textured):
    rgb = textured(160, 160)
    rgb[64:96, 64:96] = 120
    assert not any(plane.any() for plane in _unknown(rgb).values())


def test_a_flat_patch_wider_than_the_window_is_unknown_in_its_middle(textured):
    rgb = textured(320, 320)
    rgb[80:240, 80:240] = 120
    blur = _unknown(rgb)["blur"]
    assert blur[20, 20] == 1
    assert blur[10, 10] == 0
    assert blur[0, 0] == 0


def test_grain_and_slopes_are_evidence(textured):
    slope = np.repeat(np.linspace(60, 120, 160).astype(np.uint8)[None, :, None], 160, 0)
    assert not _unknown(np.repeat(slope, 3, 2))["blur"].any()
    grain = np.random.default_rng(0).normal(120, 3, (160, 160, 1)).clip(0, 255).astype(np.uint8)
    assert not _unknown(np.repeat(grain, 3, 2))["blur"].any()


def test_transparent_pixels_are_unknown_and_are_no_evidence(textured):
    rgb = _flat(120)
    rgb[:, 80:] = textured(160, 80)
    alpha = np.full((160, 160), 255, np.uint8)
    alpha[:, 80:] = 0
    unknown = _unknown(rgb, alpha)
    assert all((plane[:, 10:] == 1).all() for plane in unknown.values())
    assert (unknown["blur"][:, :10] == 1).all()  # the texture beside it is not there
    assert (unknown["low_light"][:, :10] == 0).all()
    assert all((plane == 1).all() for plane in _unknown(rgb, np.zeros_like(alpha)).values())


def _lost(cells, shape=(40, 60)):
    clipped = np.zeros(shape, np.uint8)
    clipped[cells] = 255
    return clipped


def test_a_lost_sky_counts_and_a_glint_does_not():
    none = np.zeros((40, 60), np.uint8)
    sky = clipped_area(_lost(np.s_[:20]), none, 40, 60, 0.0)
    assert sky[:18].min() == 1
    assert sky[22:].max() == 0
    assert clipped_area(_lost(np.s_[5:6, 5:6]), none, 40, 60, 0.0).max() == 0
    assert clipped_area(_lost(np.s_[5:7, 5:7]), none, 40, 60, 0.0).max() == 0


def test_one_lost_channel_counts_for_less_than_all():
    none = np.zeros((40, 60), np.uint8)
    everything = _lost(np.s_[:])
    gamut = clipped_area(none, everything, 40, 60, 0.0)
    assert gamut.max() < 0.1
    assert clipped_area(everything, everything, 40, 60, 0.0).min() == 1


def test_clipping_is_brought_to_the_grid_of_the_screen():
    area = clipped_area(_lost(np.s_[:, 30:]), np.zeros((40, 60), np.uint8), 20, 30, 0.0)
    assert area.shape == (20, 30)
    assert area[:, :14].max() == 0
    assert area[:, 17:].min() == 1


def test_a_photo_that_is_half_white_was_meant_to_be():
    none, half = np.zeros((40, 60), np.uint8), _lost(np.s_[:20])
    assert lost_share(half, none) == 0.5
    assert lost_share(none, half) == 0.125
    assert clipped_area(half, none, 40, 60, 0.5).max() == 0
    assert clipped_area(half, none, 40, 60, 0.375).max() == 0.5
    assert clipped_area(half, none, 40, 60, 0.25).max() == 1


def test_clipping_raises_suspicion_and_never_lowers_or_invents():
    severity = np.array([0.0, 0.25, 0.25, 0.9], np.float32)
    area = np.array([1.0, 1.0, 0.0, 1.0], np.float32)
    raised = raised_by_clipping(severity, area)
    np.testing.assert_allclose(raised, [0.0, 0.5, 0.25, np.sqrt(0.9)], rtol=1e-6)


def test_a_clipped_sky_reads_worse_than_the_same_sky_unclipped(networks, picture):
    rgb = np.full((320, 480, 3), 90, np.uint8)
    rgb[:160] = 150  # the stand-in half suspects it
    from flawmap_engine.analysis import analyze

    clipped = np.zeros((40, 60), np.uint8)
    clipped[:20, :40] = 255
    plain = analyze(picture(rgb), networks).screen.of("overexposure")[0]
    lost = analyze(picture(rgb, clipped=clipped), networks).screen.of("overexposure")[0]
    assert (lost[:18, :38] > plain[:18, :38]).all()
    np.testing.assert_array_equal(lost[:, 43:], plain[:, 43:])
