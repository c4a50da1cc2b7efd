"""How good the ROI head is on scenes of photos that neither taught nor stopped it.

Everything beside what the engine says without a head: formulas for quality, importance and subject,
planes and thresholds for distortions. F1 is the papers': averaged over parts, a part without flaws
being of the type "without"; severity counts only where type and level are right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from flawmap_api.words import DISTORTIONS
from flawmap_engine.scoring.roi_numbers import NUMBERS

from .ranking import auc, logistic_plcc, srcc
from .roi_labels import UNKNOWN
from .roi_training import PARTS, Table

__all__ = ["Thresholds", "as_text", "better", "choose_thresholds", "roi_table"]

FloatArray = npt.NDArray[np.float32]

_KINDS: Final = len(DISTORTIONS)
_WITHOUT: Final = _KINDS
#: Of the flaws that were made, how many may be taken for wanted.
_MISTAKEN: Final = 0.02
_SURE: Final = 0.8
#: A look is only told apart at all where it is so in this share of pairs.
_TOLD_APART: Final = 0.7


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which probability on a distortion is there, and its look wanted."""

    present: dict[str, float]
    wanted: dict[str, float]


def choose_thresholds(table: Table, said: list[FloatArray]) -> Thresholds:
    """Operating points from tune scenes.

    `present`: the best F1 of each distortion. `wanted`: at most 2 % of the flaws that were made are
    called wanted, and nothing below 0.8; a distortion whose looks cannot be told apart gets
    none.
    """
    used = _used(table)
    truth = table.labels[used][:, 3 : 3 + _KINDS]
    present, wanted = {}, {}
    there = 1 - said[2][used][:, :, 0]
    for d, name in enumerate(DISTORTIONS):
        known = truth[:, d] != UNKNOWN
        yes, p = truth[known, d] > 0, there[known, d]
        steps = np.linspace(0.2, 0.9, 29)
        scores = [_f1(p >= t, yes) for t in steps]
        present[name] = float(steps[int(np.argmax(scores))])
        label = table.labels[used][:, 3 + _KINDS + d]
        made, meant = label == 0, label == 1
        q = said[4][used][:, d]
        known = made | meant
        if made.sum() >= 8 and meant.sum() >= 8 and auc(q[known], meant[known]) >= _TOLD_APART:
            wanted[name] = float(max(_SURE, np.quantile(q[made], 1 - _MISTAKEN)))
    return Thresholds(present, wanted)


def roi_table(
    table: Table, said: list[FloatArray], thresholds: Thresholds
) -> dict[str, dict[str, float]]:
    """Figure by figure: what the head reaches, and what the formulas and planes do."""
    used = _used(table)
    labels = table.labels[used]
    numbers = table.numbers[used]
    levels = np.arange(5, dtype=np.float32) / 4
    rows: dict[str, dict[str, float]] = {}
    for name, column, p in (("quality", 0, said[0]), ("importance", 1, said[1])):
        known = labels[:, column] != UNKNOWN
        truth = labels[known, column]
        ours = (p[used][known] * levels).sum(-1)
        plain = numbers[known, NUMBERS.index(f"formula {name}")]
        for what, measure in (("SROCC", srcc), ("PLCC", logistic_plcc)):
            rows[f"{name} {what}"] = _row(measure(ours, truth), measure(plain, truth), truth.size)
        if name == "quality":
            # As SEAGULL-100w: of the others, all are as good as can be and none comes first.
            lost = truth < 0.999
            rows["quality SROCC, parts with a flaw"] = _row(
                srcc(ours[lost], truth[lost]), srcc(plain[lost], truth[lost]), int(lost.sum())
            )
    known = labels[:, 2] != UNKNOWN
    if known.any():
        truth = labels[known, 2] > 0.5
        plain = numbers[known, NUMBERS.index("formula subject")]
        rows["subject AUC"] = _row(
            auc(said[3][used][known], truth), auc(plain, truth), int(known.sum())
        )
    rows.update(_intentions(labels, said[4][used], thresholds))
    rows.update(_flaws(labels, said[2][used], table.planes[used], thresholds))
    return rows


def better(rows: dict[str, dict[str, float]]) -> list[str]:
    """What the head does better than formulas and planes: what it may serve.

    Intention has no formula: it is served where its mean AUC is at least 0.85.
    """

    def wins(*names: str) -> bool:
        return all(n in rows and rows[n]["head"] > rows[n]["plain"] for n in names)

    served = [name for name in ("quality", "importance") if wins(f"{name} SROCC", f"{name} PLCC")]
    if wins("subject AUC"):
        served.append("subject")
    if wins("type F1, that have planes", "severity F1, that have planes"):
        served.append("severity")
    meant = [
        rows[n.split(",")[0] + " AUC"]["head"] for n in rows if n.endswith("wanted ones marked")
    ]
    if meant and float(np.mean(meant)) >= 0.85:
        served.append("intentional")
    return served


def as_text(rows: dict[str, dict[str, float]]) -> str:
    """The table as Markdown."""
    lines = ["| | head | without | parts |", "|---|---|---|---|"]
    for name, row in rows.items():
        plain = "–" if np.isnan(row["plain"]) else f"{row['plain']:.3f}"
        lines.append(f"| {name} | {row['head']:.3f} | {plain} | {int(row['parts'])} |")
    return "\n".join(lines)


def _row(head: float, plain: float, parts: int) -> dict[str, float]:
    return {"head": float(head), "plain": float(plain), "parts": float(parts)}


def _used(table: Table) -> npt.NDArray[np.bool_]:
    """Rows that are parts, and not all of a photo: of that the engine says what it says of it."""
    small = table.numbers[:, :, NUMBERS.index("area")] < 0.995
    return np.asarray((np.arange(PARTS)[None] < table.count[:, None]) & small)


def _f1(found: npt.NDArray[np.bool_], truth: npt.NDArray[np.bool_]) -> float:
    right = float((found & truth).sum())
    return 2 * right / max(float(found.sum() + truth.sum()), 1.0)


def _intentions(
    labels: FloatArray, said: FloatArray, thresholds: Thresholds
) -> dict[str, dict[str, float]]:
    rows = {}
    nothing = float("nan")
    for d, name in enumerate(DISTORTIONS):
        label = labels[:, 3 + _KINDS + d]
        known = label != UNKNOWN
        if (label == 1).sum() < 5 or (label == 0).sum() < 5:
            continue
        rows[f"intentional {name} AUC"] = _row(
            auc(said[known, d], label[known] == 1), nothing, int(known.sum())
        )
        if name in thresholds.wanted:
            called = said[:, d] >= thresholds.wanted[name]
            rows[f"intentional {name}, wanted ones marked"] = _row(
                float(called[label == 1].mean()), 0.0, int((label == 1).sum())
            )
            rows[f"intentional {name}, flaws so marked"] = _row(
                float(called[label == 0].mean()), 0.0, int((label == 0).sum())
            )
    return rows


def _flaws(
    labels: FloatArray, said: FloatArray, planes: FloatArray, thresholds: Thresholds
) -> dict[str, dict[str, float]]:
    truth = labels[:, 3 : 3 + _KINDS]
    rated = (truth != UNKNOWN).sum(1) >= 3
    truth, said, planes = truth[rated], said[rated], planes[rated]
    least = np.array([thresholds.present[name] for name in DISTORTIONS])
    weighted = (said[:, :, 1:] * (np.arange(5) + 0.5)).sum(-1) / 5
    there = 1 - said[:, :, 0]
    ours = np.where(there >= least, weighted / np.maximum(there, 1e-6), 0)
    served = [d for d in range(_KINDS) if (planes[:, d] >= 0).any()]
    rows = {}
    for what, kinds in (("that have planes", served), ("all eight", list(range(_KINDS)))):
        for figure, by_level in (("type F1", False), ("severity F1", True)):
            rows[f"{figure}, {what}"] = _row(
                _sample_f1(truth, ours, kinds, by_level),
                _sample_f1(truth, np.maximum(planes, 0), kinds, by_level),
                len(truth),
            )
    for d in range(_KINDS):
        known = truth[:, d] != UNKNOWN
        yes = truth[known, d] > 0
        rows[f"type F1 {DISTORTIONS[d]}"] = _row(
            _f1(ours[known, d] > 0, yes), _f1(planes[known, d] > 0.05, yes), int(yes.sum())
        )
    return rows


def _sample_f1(truth: FloatArray, found: FloatArray, kinds: list[int], by_level: bool) -> float:
    scores = []
    for true, ours in zip(truth, found, strict=True):
        judged = [d for d in kinds if true[d] != UNKNOWN]
        expected = {(d, _level(true[d]) if by_level else 0) for d in judged if true[d] >= 0.05}
        said = {(d, _level(ours[d]) if by_level else 0) for d in judged if ours[d] >= 0.05}
        expected = expected or {(_WITHOUT, 0)}
        said = said or {(_WITHOUT, 0)}
        scores.append(2 * len(expected & said) / (len(expected) + len(said)))
    return float(np.mean(scores))


def _level(value: float) -> int:
    return max(0, int(np.ceil(5 * value)) - 1)
