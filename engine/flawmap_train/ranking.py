"""Ranking: the figures that papers print of scores, without scipy.

Arrays of equal length in, one number out; `nan` where nothing varies.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["auc", "fitted_logistic", "logistic_plcc", "plcc", "ranks", "srcc"]

Numbers = npt.ArrayLike
FloatArray = npt.NDArray[np.float64]


def ranks(values: Numbers) -> FloatArray:
    """Ranks from 1; equal values share the mean of theirs."""
    x = np.asarray(values, np.float64)
    _, inverse, counts = np.unique(x, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[inverse], np.float64)


def plcc(a: Numbers, b: Numbers) -> float:
    """Pearson's linear correlation."""
    x, y = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if x.size < 2 or not np.ptp(x) or not np.ptp(y):
        return float("nan")
    return float(np.corrcoef(x, y)[0, 1])


def srcc(a: Numbers, b: Numbers) -> float:
    """Spearman's rank correlation."""
    return plcc(ranks(a), ranks(b))


def auc(score: Numbers, truth: Numbers) -> float:
    """Share of (true, false) pairs in the right order, ties half."""
    yes = np.asarray(truth, bool)
    place = ranks(score)
    p, n = int(yes.sum()), int((~yes).sum())
    if not p or not n:
        return float("nan")
    return float((place[yes].sum() - p * (p + 1) / 2) / (p * n))


def logistic_plcc(score: Numbers, opinion: Numbers) -> float:
    """Pearson's correlation after the field's monotone four-parameter logistic."""
    return plcc(fitted_logistic(score, opinion), opinion)


def fitted_logistic(score: Numbers, opinion: Numbers) -> FloatArray:
    """Scores through ``(a - b) / (1 + exp(-(x - c) / |d|)) + b``, fitted to opinions.

    Levenberg-Marquardt from the usual start; the scores themselves where it finds nothing.
    """
    x, y = np.asarray(score, np.float64), np.asarray(opinion, np.float64)
    if x.size < 5 or not np.ptp(x):
        return x
    p = np.array([y.max(), y.min(), x.mean(), x.std() / 4 + 1e-6])
    damping, error = 1e-2, float(((_logistic(x, p) - y) ** 2).sum())
    for _ in range(300):
        slopes = _slopes(x, p)
        away = y - _logistic(x, p)
        square = slopes.T @ slopes
        step = np.linalg.lstsq(
            square + damping * np.diag(np.diag(square) + 1e-12), slopes.T @ away, rcond=None
        )[0]
        tried = float(((_logistic(x, p + step) - y) ** 2).sum())
        if tried < error:
            done = error - tried < 1e-10 * error
            p, error, damping = p + step, tried, max(damping / 5, 1e-9)
            if done:
                break
        else:
            damping *= 4
            if damping > 1e9:
                break
    return _logistic(x, p)


def _logistic(x: FloatArray, p: FloatArray) -> FloatArray:
    a, b, c, d = p
    z = np.clip(-(x - c) / max(abs(d), 1e-9), -60, 60)
    return np.asarray((a - b) / (1 + np.exp(z)) + b)


def _slopes(x: FloatArray, p: FloatArray) -> FloatArray:
    columns = []
    for i in range(4):
        step = np.zeros(4)
        step[i] = 1e-5 * max(abs(p[i]), 1e-3)
        columns.append((_logistic(x, p + step) - _logistic(x, p - step)) / (2 * step[i]))
    return np.stack(columns, 1)
