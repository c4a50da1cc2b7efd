"""Published layouts: small files of our own in their shape, and what is told of a wrong one."""

from __future__ import annotations

import contextlib
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from flawmap_api.errors import BadInput
from flawmap_train.datasets import read_opinions, read_rois, rle_mask


@pytest.mark.parametrize(
    ("name", "image", "score", "unit"),
    [
        ("clive", "7.bmp", 63.5, 0.635),
        ("koniq", "17.jpg", "3.0", 0.5),
        ("spaq", "00009.jpg", 25.0, 0.25),
        ("kadid", "I02_05_03.png", "1.00", 0.0),
        ("agiqa", "made_001.jpg", "2.5", 0.5),
    ],
)
def test_q_benchs_records_are_read_for_every_set(tmp_path, name, image, score, unit):
    file = tmp_path / "mos.json"
    file.write_text(json.dumps([{"img_path": image, "gt_score": score}]))
    (one,) = read_opinions(name, file)
    assert one.image == image and one.score == float(score)
    assert one.unit == pytest.approx(unit)


def test_a_sets_own_table_is_read(tmp_path):
    file = tmp_path / "data.csv"
    file.write_text(
        "name,prompt,adj1,adj2,style,mos_quality,std_quality,mos_align,std_align\n"
        'a.jpg,"a cat, asleep",,,,1.25,0.2,0.4,0.6\n'
    )
    (one,) = read_opinions("agiqa", file)
    assert (one.image, one.score, one.more["prompt"]) == ("a.jpg", 1.25, "a cat, asleep")
    (tmp_path / "spaq.csv").write_text("Image name,MOS\nx.jpg,80\n")
    assert read_opinions("spaq", tmp_path / "spaq.csv")[0].unit == pytest.approx(0.8)


def test_pictures_of_one_reference_are_one_group(tmp_path):
    file = tmp_path / "dmos.csv"
    file.write_text("dist_img,ref_img,dmos,var\nI07_02_03.png,I07.png,3.1,0.4\n")
    assert read_opinions("kadid", file)[0].group == "I07"


def test_groups_of_the_data_folder_are_kept(tmp_path):
    (tmp_path / "labels.csv").write_text("file,mos,group\na.jpg,40,g12\n")
    assert read_opinions("clive", tmp_path / "labels.csv")[0].group == "g12"


@pytest.mark.parametrize("text", ["", "{}", '[{"img_path": "a"}]', "name\na.jpg\n", "[1, 2]"])
def test_another_layout_is_refused_with_a_sentence(tmp_path, text):
    file = tmp_path / "wrong"
    file.write_text(text)
    if not text:
        assert read_opinions("koniq", file) == []
        return
    with pytest.raises(BadInput, match="no layout that is known of koniq"):
        read_opinions("koniq", file)


def test_an_unknown_set_is_refused_by_name(tmp_path):
    with pytest.raises(BadInput, match="no reader for 'ava2'"):
        read_opinions("ava2", tmp_path / "x")


def packed(mask: np.ndarray) -> str:
    """COCO's letters, written from the format's description."""
    flat = mask.T.ravel()
    runs, value, count = [], False, 0
    for pixel in flat:
        if pixel != value:
            runs.append(count)
            value, count = pixel, 0
        count += 1
    runs.append(count)
    letters = []
    for i, run in enumerate(runs):
        x = run - runs[i - 2] if i > 2 else run
        while True:
            low = x & 31
            x >>= 5
            more = not (x == 0 and not low & 16) and not (x == -1 and low & 16)
            letters.append(chr(low + (32 if more else 0) + 48))
            if not more:
                break
    return "".join(letters)


@given(arrays(bool, st.tuples(st.integers(1, 40), st.integers(1, 40))))
def test_run_lengths_come_back_as_pixels(mask):
    np.testing.assert_array_equal(rle_mask(packed(mask), *mask.shape), mask)


@given(st.text(max_size=40), st.integers(1, 50), st.integers(1, 50))
def test_any_text_is_a_mask_or_a_sentence(text, height, width):
    with contextlib.suppress(BadInput):
        assert rle_mask(text, height, width).shape == (height, width)


def test_seagulls_regions_are_read(tmp_path):
    mask = np.zeros((20, 30), bool)
    mask[5:12, 4:20] = True
    record = {"img": "a.jpg", "rle": packed(mask), "points": [4, 5, 16, 7], "quality": 0.4}
    (tmp_path / "roi.json").write_text(json.dumps([record]))
    (roi,) = read_rois(tmp_path / "roi.json")
    np.testing.assert_array_equal(roi.mask(20, 30), mask)
    assert roi.box == (4, 5, 16, 7) and roi.labels == {"quality": 0.4}
    with pytest.raises(BadInput, match="another size"):
        roi.mask(20, 31)
    (tmp_path / "bad.json").write_text('{"img": 1}')
    with pytest.raises(BadInput, match="SEAGULL"):
        read_rois(tmp_path / "bad.json")
