"""The papers' figures, against scipy and against what they must be."""

from __future__ import annotations

import numpy as np
import pytest

from flawmap_train.ranking import auc, fitted_logistic, logistic_plcc, plcc, ranks, srcc


def test_equal_values_share_a_rank():
    assert ranks([3, 1, 3, 2]).tolist() == [3.5, 1, 3.5, 2]


def test_order_is_all_that_srcc_sees():
    x = np.array([0.1, 0.4, 0.2, 0.9])
    assert srcc(x, np.exp(5 * x)) == pytest.approx(1)
    assert srcc(x, -x) == pytest.approx(-1)
    assert np.isnan(srcc(x, np.ones(4)))


def test_auc_counts_pairs():
    assert auc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]) == pytest.approx(0.75)
    assert auc([1, 1, 1], [0, 1, 1]) == pytest.approx(0.5)
    assert np.isnan(auc([1, 2], [1, 1]))


def test_a_bent_scale_is_straightened_before_plcc():
    rng = np.random.default_rng(0)
    x = rng.uniform(-3, 3, 200)
    y = 60 / (1 + np.exp(-2 * x)) + 20 + rng.normal(0, 0.5, 200)
    assert plcc(x, y) < 0.97
    assert logistic_plcc(x, y) > 0.995
    assert np.abs(fitted_logistic(x, y) - y).mean() < 1


def test_the_fit_is_that_of_scipy():
    optimize = pytest.importorskip("scipy.optimize")
    rng = np.random.default_rng(1)
    x = rng.normal(0.5, 0.2, 120)
    y = 100 * x + rng.normal(0, 12, 120)

    def logistic(x, a, b, c, d):
        return (a - b) / (1 + np.exp(-(x - c) / abs(d))) + b

    start = [y.max(), y.min(), x.mean(), x.std() / 4]
    p, _ = optimize.curve_fit(logistic, x, y, start, maxfev=20000)
    assert logistic_plcc(x, y) == pytest.approx(plcc(logistic(x, *p), y), abs=2e-3)
