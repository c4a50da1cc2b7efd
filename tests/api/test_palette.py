"""Palette: eight colours that stay apart for every eye and are nobody's clip warning."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from skimage.color import deltaE_ciede2000, rgb2lab

from flawmap_api import palette, words

# Machado, Oliveira and Fernandes 2009, severity 1.0, on linear RGB.
SIGHTS = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
OKABE_ITO = "E69F00 56B4E9 009E73 F0E442 0072B2 D55E00 CC79A7 000000"


def lab(colour, sight="normal"):
    value = np.asarray(colour, float) / 255
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    seen = np.clip(SIGHTS[sight] @ linear, 0, 1)
    encoded = np.where(seen <= 0.0031308, 12.92 * seen, 1.055 * seen ** (1 / 2.4) - 0.055)
    return rgb2lab(encoded[None, None])[0, 0]


def closest(colours, sight, difference):
    return min(difference(lab(a, sight), lab(b, sight)) for a, b in combinations(colours, 2))


def euclid(a, b):
    return float(np.linalg.norm(a - b))


def test_every_distortion_has_a_colour_and_a_label_of_its_own():
    assert tuple(palette.COLOURS) == tuple(palette.LABELS) == words.DISTORTIONS
    assert len(set(palette.COLOURS.values())) == len(set(palette.LABELS.values())) == 8


@pytest.mark.parametrize("sight", SIGHTS)
def test_any_two_colours_differ_for_every_kind_of_sight(sight):
    colours = list(palette.COLOURS.values())
    assert closest(colours, sight, deltaE_ciede2000) >= 18
    assert closest(colours, sight, euclid) >= 22


def test_they_differ_more_than_the_usual_palette_does():
    usual = [tuple(bytes.fromhex(code)) for code in OKABE_ITO.split()]
    worst = {
        name: min(closest(colours, sight, deltaE_ciede2000) for sight in SIGHTS)
        for name, colours in (("usual", usual), ("ours", list(palette.COLOURS.values())))
    }
    assert worst["ours"] > worst["usual"] + 5


def test_no_colour_is_near_a_clip_warning_of_an_editor():
    for colour in palette.COLOURS.values():
        for clip in palette.CLIP_COLOURS.values():
            assert deltaE_ciede2000(lab(colour), lab(clip)) >= 12


def test_colours_show_on_black_and_on_white():
    for colour in palette.COLOURS.values():
        assert 40 <= lab(colour)[0] <= 88


def test_a_legend_keeps_the_vocabularys_order_and_passes_over_unknown_words():
    entries = palette.legend(["noise", "blur", "sparkle", "noise"])
    assert [e.distortion for e in entries] == ["blur", "noise"]
    assert entries[0].label == "blur"
    assert entries[0].colour == palette.COLOURS["blur"]
    assert entries[0].css == palette.css("blur") == "#aa66ff"
