"""Samples: one seed, one sample; damage inside its mask alone; labels that rise with the damage."""

from __future__ import annotations

import numpy as np
import pytest

from flawmap_train import damages, degrade, synthesis, unsharpness
from flawmap_train.bench import Bench
from flawmap_train.negatives import fair_negatives, flat_picture
from flawmap_train.photos import load_photos, load_shapes
from flawmap_train.regions import KINDS, draw_mask
from flawmap_train.synthesis import make_sample
from flawmap_train.words import DISTORTIONS, IGNORE, LABEL_SCALE


@pytest.fixture(scope="module")
def photos(data):
    return load_photos(data, "dev")


@pytest.fixture(scope="module")
def shapes(data):
    return load_shapes(data, "train")


def test_tune_photos_are_held_back_by_scene_and_the_same_each_time(data):
    train, tune = load_photos(data, "train"), load_photos(data, "tune")
    assert [p.file for p in tune] == [p.file for p in load_photos(data, "tune")]
    assert len(tune) >= 30 and len(train) + len(tune) == 38
    names = [{p.file.name for p in part} for part in (train, tune)]
    assert not names[0] & names[1]
    assert any({"p00.png", "p01.png"} <= part for part in names)
    assert {p.split for p in load_photos(data, "dev")} == {"dev"}


def test_shapes_to_learn_from_and_shapes_held_out_are_apart(data):
    train, tune = load_shapes(data, "train"), load_shapes(data, "tune")
    assert len(train) == 3 and len(tune) == 1
    assert not any(np.array_equal(a, b) for a in train for b in tune)


@pytest.mark.parametrize("only", [None, *DISTORTIONS])
def test_one_seed_gives_one_sample(photos, shapes, only):
    a, b = (make_sample(np.random.default_rng(7), photos, shapes, only=only) for _ in range(2))
    assert np.array_equal(a.crop, b.crop)
    assert np.array_equal(a.label, b.label)
    assert np.array_equal(a.thumbnail, b.thumbnail)


def test_a_sample_has_the_shapes_and_bytes_it_promises(photos, shapes):
    for seed in range(12):
        sample = make_sample(np.random.default_rng(seed), photos, shapes)
        assert sample.crop.shape == (256, 256, 3) and sample.crop.dtype == np.uint8
        assert sample.label.shape == (8, 32, 32) and sample.label.dtype == np.uint8
        assert sample.unknown.shape == (8, 32, 32)
        assert set(np.unique(sample.unknown)) <= {0, 1, IGNORE}
        assert sample.thumbnail.shape == (128, 128, 3) and sample.thumbnail.dtype == np.uint8
        assert ((sample.label <= LABEL_SCALE) | (sample.label == IGNORE)).all()


def test_a_clean_sample_plants_nothing(photos, shapes):
    for seed in range(8):
        label = make_sample(np.random.default_rng(seed), photos, shapes, clean=True).label
        assert ((label == 0) | (label == IGNORE)).all()


def _bench(photos, shapes, monkeypatch, seed):
    """A sample in the making whose every mask is the left half."""
    rng = np.random.default_rng(seed)
    x, place = synthesis._cut(rng, photos[0])
    thumb = degrade.floats_of(synthesis._whole(photos[0]))
    bench = Bench(rng, x, thumb, place, shapes)
    half = np.zeros((256, 256), np.float32)
    half[:, :128] = 1
    small = np.zeros((128, 128), np.float32)
    small[:, :64] = 1
    monkeypatch.setattr(damages, "_elsewhere", lambda *_: False)
    # Rims are hard, and blur is even: the rest has tests of its own.
    monkeypatch.setattr(damages, "_soft_rim", lambda _, mask, small: (mask, small))
    monkeypatch.setattr(unsharpness, "_background", unsharpness._even)
    monkeypatch.setattr(unsharpness, "_slope", unsharpness._even)
    monkeypatch.setattr(
        bench.__class__, "masks", lambda self, kind=None: (half.copy(), small.copy())
    )
    # The camera's own JPEG is everywhere, by its nature; here only the flaw is looked at.
    monkeypatch.setattr(degrade, "jpeg", lambda x, quality, fine_chroma=False: x)
    return bench


@pytest.mark.parametrize("kind", DISTORTIONS)
def test_a_damage_stays_within_its_mask(photos, shapes, monkeypatch, kind):
    for seed in range(6):
        with monkeypatch.context() as patch:
            if kind == "compression":
                patch.setattr(
                    degrade, "draw_coding", lambda *_: degrade.Coding("webp", 12.0, (0, 0))
                )
            bench = _bench(photos, shapes, patch, seed)
            before = bench.x.copy()
            damages.damage(bench, [kind])
            assert np.array_equal(bench.x[:, 129:], before[:, 129:])
            assert not np.array_equal(bench.x[:, :128], before[:, :128])
            label = bench.label[DISTORTIONS.index(kind)]
            assert label[:, 16:].max() == 0


@pytest.mark.parametrize("kind", DISTORTIONS)
def test_a_stronger_draw_gives_a_higher_label(photos, shapes, monkeypatch, kind):
    def planted(severity):
        values = []
        for seed in range(24):
            with monkeypatch.context() as patch:
                for module in (damages, unsharpness):
                    patch.setattr(module, "draw_severity", lambda *_: severity)
                bench = _bench(photos, shapes, patch, seed)
                damages.damage(bench, [kind])
                label = bench.label[DISTORTIONS.index(kind)]
                if label.any():
                    values.append(np.median(label[label > 0]))
        return np.mean(values)

    weak, middle, strong = (planted(s) for s in (0.15, 0.45, 0.8))
    assert weak < middle < strong


def test_severities_are_drawn_over_the_whole_scale_and_a_fifth_is_faint():
    rng = np.random.default_rng(0)
    drawn = np.array([synthesis.draw_severity(rng) for _ in range(4000)])
    assert drawn.min() >= 0.05 and drawn.max() <= 0.93
    assert 0.17 < (drawn < 0.2).mean() < 0.23
    assert np.histogram(drawn, [0.2, 0.4, 0.6, 0.8])[0].min() > 700


@pytest.mark.parametrize("kind", KINDS)
def test_masks_of_every_kind_are_soft_planes_of_one_seed(shapes, kind):
    for seed in range(10):
        a, b = (draw_mask(np.random.default_rng(seed), 128, shapes, kind=kind) for _ in range(2))
        assert np.array_equal(a, b)
        assert a.shape == (128, 128) and a.dtype == np.float32
        assert a.min() >= 0 and a.max() <= 1 and a.mean() > 0.01


def test_soft_backgrounds_teach_nothing_about_blur():
    rng = np.random.default_rng(0)
    soft = degrade.floats_of((rng.random((9, 9, 3)) * 255).astype(np.uint8))
    import cv2

    soft = cv2.resize(soft, (256, 256), interpolation=cv2.INTER_CUBIC).clip(0, 1)
    blur, jitter = DISTORTIONS.index("blur"), DISTORTIONS.index("jitter")
    fair = fair_negatives(soft, frozenset({"day"}), has_bokeh=True, grain=0.0)
    assert not fair[blur].any() and not fair[jitter].any()
    assert fair[DISTORTIONS.index("compression")].all()


def test_the_dark_of_a_night_photo_is_no_fair_negative_for_low_light():
    dark = np.full((256, 256, 3), 0.08, np.float32)
    d = DISTORTIONS.index("low_light")
    assert fair_negatives(dark, frozenset({"day"}), has_bokeh=False, grain=0.0)[d].all()
    assert not fair_negatives(dark, frozenset({"night"}), has_bokeh=False, grain=0.0)[d].any()


def test_flat_pictures_are_of_many_kinds_and_within_range():
    means = []
    for seed in range(40):
        x = flat_picture(np.random.default_rng(seed), 64)
        assert x.shape == (64, 64, 3) and x.min() >= 0 and x.max() <= 1
        means.append(float(x.mean()))
    assert min(means) < 0.1 and max(means) > 0.98


def test_the_sky_of_a_photo_in_focus_throughout_is_a_fair_negative(photos):
    from dataclasses import replace

    deep = replace(photos[0], tags=frozenset({"landscape", "day"}))
    assert deep.deep
    assert not replace(deep, has_bokeh=True).deep
    assert not replace(deep, tags=frozenset({"landscape", "water"})).deep
    soft = np.tile(np.linspace(0.3, 0.7, 256, dtype=np.float32)[:, None, None], (1, 256, 3))
    fair = fair_negatives(soft, deep.tags, has_bokeh=False, grain=0.0, deep=True)
    assert fair[DISTORTIONS.index("blur")].all() and fair[DISTORTIONS.index("jitter")].all()


def test_light_that_is_wrong_elsewhere_is_in_the_thumbnail_and_not_in_the_crop(photos, shapes):
    told = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        x, _ = synthesis._cut(rng, photos[0])
        thumb = degrade.floats_of(synthesis._whole(photos[0]))
        bench = Bench(rng, x, thumb, (0, 0, 40, 40), shapes)
        before = bench.x.copy(), bench.thumb.copy()
        if damages._tone_elsewhere(bench, 0.7, True):
            told += 1
            assert np.array_equal(bench.x, before[0]) and not bench.label.any()
            assert np.abs(bench.thumb - before[1])[:40, :40].max() < 0.02
            assert np.abs(bench.thumb - before[1]).max() > 0.1
    assert told >= 3


def _plain_bench(photos, shapes, seed, place=(0, 0, 60, 60)):
    rng = np.random.default_rng(seed)
    x, _ = synthesis._cut(rng, photos[0])
    return Bench(rng, x, degrade.floats_of(synthesis._whole(photos[0])), place, shapes)


def test_a_background_out_of_focus_is_blur_all_over_and_its_subject_is_not(photos, shapes):
    blur, found = DISTORTIONS.index("blur"), 0
    for seed in range(12):
        bench = _plain_bench(photos, shapes, seed)
        before = bench.x.copy()
        unsharpness._background(bench)
        label, changed = bench.label[blur], np.abs(bench.x - before).max(-1)
        if not label.any():
            continue
        found += 1
        assert label.max() > 0.85
        untouched = changed < 1e-4
        kept = untouched.reshape(32, 8, 32, 8).all((1, 3))
        assert not label[kept].any()
        # Detail is gone where the label says so.
        detail = np.abs(np.diff(degrade.luma(bench.x), axis=1)).reshape(32, 8, -1)[:, :, :248]
        soft = detail.reshape(32, 8, 31, 8).mean((1, 3))
        assert soft[label[:, :31] > 0].mean() < 0.5 * np.abs(np.diff(degrade.luma(before))).mean()
    assert found >= 8


def test_focus_that_slopes_gives_labels_that_slope(photos, shapes):
    spread = []
    for seed in range(8):
        bench = _plain_bench(photos, shapes, seed)
        unsharpness._slope(bench)
        label = bench.label[DISTORTIONS.index("blur")]
        spread.append(np.ptp(label[label > 0]) if label.any() else 0.0)
    assert np.median(spread) > 0.3


def test_a_soft_rim_fades_the_label_with_the_light(photos, shapes, monkeypatch):
    d, falls = DISTORTIONS.index("low_light"), []
    monkeypatch.setattr(damages, "_elsewhere", lambda *_: False)
    monkeypatch.setattr(damages, "draw_severity", lambda *_: 0.8)
    for seed in range(16):
        bench = _plain_bench(photos, shapes, seed)
        before = degrade.luma(bench.x)
        damages.expose(bench, brighter=False)
        label = bench.label[d]
        fall = (before - degrade.luma(bench.x)).reshape(32, 8, 32, 8).mean((1, 3))
        if (label > 0).sum() > 40 and np.ptp(label[label > 0]) > 0.3:
            falls.append(np.corrcoef(label[label > 0], fall[label > 0])[0, 1])
    assert falls and np.median(falls) > 0.3


def test_where_a_flaw_would_not_show_is_told_apart_from_where_it_would(photos, shapes):
    rng = np.random.default_rng(0)
    x = np.full((256, 256, 3), 0.5, np.float32)
    x[:, :96] = degrade.floats_of(photos[0].pixels[:256, :96])
    bench = Bench(rng, x, np.full((128, 128, 3), 0.5, np.float32), (0, 0, 128, 128), shapes)
    ones = np.ones((256, 256), np.float32)
    bench.masks = lambda kind=None: (ones, ones[::2, ::2])
    kernel = np.full((9, 9), 1 / 81, np.float32)
    unsharpness._put(bench, "blur", kernel, 0.8, 5)
    unknown = bench.unknown[DISTORTIONS.index("blur")]
    assert (unknown[:, :10] == 0).all() and (unknown[:, 20:] == 1).all()
    assert (bench.unknown[DISTORTIONS.index("noise")] == IGNORE).all()


def test_a_photo_in_black_and_white_has_no_wrong_colour(photos, shapes):
    grey = 0
    for seed in range(150):
        sample = make_sample(np.random.default_rng(seed), photos, shapes)
        if np.ptp(sample.thumbnail.astype(int), axis=-1).max() <= 6:
            grey += 1
            assert not (sample.label[DISTORTIONS.index("colorfulness")] % IGNORE).any()
    assert grey >= 2


def test_a_soft_background_is_found_and_a_sharp_picture_has_none(photos):
    from flawmap_train.negatives import natural_bokeh

    x = degrade.floats_of(photos[0].pixels)[:312, :408]
    assert not natural_bokeh(x).any()
    soft = unsharpness.filter_linear(x, unsharpness.disc_kernel(14))
    assert natural_bokeh(soft)[4:-4, 4:-4].mean() > 0.6
    half = np.where(np.arange(408)[None, :, None] < 130, x, soft)
    found = natural_bokeh(half.astype(np.float32))
    assert not found[:, :15].any() and found[:, 30:].mean() > 0.4
