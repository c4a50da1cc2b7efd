"""Measures: one function a kind of labelled set, as rows of figures.

A set is a folder with `set.json` (its kind, its table, its columns) and a table. The layouts are
those of `flawmap-eval make-sets`, and any set that a person labels in them can be measured.
"""

from __future__ import annotations

import csv
import json
import operator
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from flawmap_api.words import DISTORTIONS

from .findings import Findings, Scalars
from .ranking import auc, logistic_plcc, srcc

__all__ = ["MEASURES", "LabelledSet", "as_text", "files_of", "measure"]

Row = dict[str, Any]
BytePlane = npt.NDArray[np.uint8]

_BANDS: Final = ((0.2, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 1.01))
_TESTS: Final[dict[str, Callable[[str, Any], bool]]] = {
    "==": operator.eq,
    ">=": lambda a, b: float(a) >= float(b),
    "<=": lambda a, b: float(a) <= float(b),
    "has": lambda a, b: b in a.split(";"),
    "lacks": lambda a, b: b not in a.split(";"),
}


class LabelledSet:
    """A folder with `set.json` and its table, about `limit` rows of it, evenly taken."""

    def __init__(self, folder: Path, limit: int | None = None) -> None:
        self.folder = folder
        self.spec: dict[str, Any] = json.loads((folder / "set.json").read_text(encoding="utf-8"))
        table = folder / str(self.spec.get("table", "labels.csv"))
        with table.open(newline="", encoding="utf-8") as f:
            where = self.spec.get("where", {}).items()
            rows = [r for r in csv.DictReader(f) if all(r[k] == v for k, v in where)]
        if limit is not None and len(rows) > limit:
            # A series is of use as a whole only.
            units: dict[str, list[dict[str, str]]] = {}
            for i, row in enumerate(rows):
                units.setdefault(row.get("series", str(i)), []).append(row)
            each = list(units.values())
            count = max(1, limit * len(each) // len(rows))
            taken = np.unique(np.linspace(0, len(each) - 1, count).astype(int))
            rows = [row for i in taken for row in each[i]]
        self.rows = rows

    @property
    def kind(self) -> str:
        """A key of `MEASURES`."""
        return str(self.spec["kind"])

    def file(self, row: dict[str, str], column: str = "file") -> Path:
        """The file that a row's column names."""
        return self.folder / row[str(self.spec.get(column, column))]


def files_of(labelled: LabelledSet) -> list[Path]:
    """All photos that a set's measure looks at."""
    columns = ("bad", "clean") if labelled.kind == "pairs" else ("file",)
    return [labelled.file(row, column) for row in labelled.rows for column in columns]


def measure(folder: Path, findings: Findings | Scalars, limit: int | None = None) -> list[Row]:
    """The rows of a set's own measure; tools with scalars alone are asked what they can answer."""
    labelled = LabelledSet(folder, limit)
    if not isinstance(findings, Findings) and labelled.kind not in _BY_SCALARS:
        return []
    return list(MEASURES[labelled.kind](labelled, findings))


def as_text(rows: list[Row]) -> str:
    """Rows as a Markdown table; columns in the order in which they first appear."""
    columns = list(dict.fromkeys(k for row in rows for k in row))
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    for row in rows:
        cells = [f"{v:.3f}" if isinstance(v, float) else str(v) for v in map(row.get, columns)]
        lines.append("| " + " | ".join("" if c == "None" else c for c in cells) + " |")
    return "\n".join(lines)


def _mos(labelled: LabelledSet, findings: Any) -> Iterator[Row]:
    opinion = [float(r[labelled.spec["mos"]]) for r in labelled.rows]
    if isinstance(findings, Findings):
        said = [findings.of(labelled.file(r)).quality for r in labelled.rows]
    elif "quality" in findings.distortions:
        said = [findings.mean(labelled.file(r), ["quality"]) for r in labelled.rows]
    else:
        return
    yield {
        "photos": len(said),
        "SRCC": srcc(said, opinion),
        "PLCC": logistic_plcc(said, opinion),
    }


def _masks(labelled: LabelledSet, findings: Findings) -> Iterator[Row]:
    names = [n for n in labelled.spec["distortions"] if n in findings.distortions]
    groups: dict[str, list[dict[str, str]]] = {}
    for row in labelled.rows:
        groups.setdefault(" ".join(row[k] for k in labelled.spec.get("by", [])), []).append(row)
    for group, members in sorted(groups.items()):
        counts = np.zeros(4)
        areas = []
        for row in members:
            seen = findings.of(labelled.file(row))
            truth = _plane(labelled.file(row, "mask")) > 127
            judged = np.ones(truth.shape, np.bool_)
            if row.get(labelled.spec.get("ignore", ""), ""):
                judged = _plane(labelled.file(row, "ignore")) < 128
            found = seen.mask(names)
            yes, no = truth & judged, ~truth & judged
            counts += [
                (found & yes).sum(),
                (found & no).sum() + yes.sum(),
                (~found & no).sum(),
                (~found & yes).sum() + no.sum(),
            ]
            if yes.any() and no.any():
                severity = seen.severity(names)[judged]
                areas.append(auc(np.rint(severity * 255), truth[judged]))
        flawed, clean = counts[0] / counts[1], counts[2] / counts[3]
        yield {
            "group": group or "all",
            "photos": len(members),
            "IoU": float(flawed),
            "mean IoU": float((flawed + clean) / 2),
            "AUC": float(np.mean(areas)) if areas else float("nan"),
        }


def _pairs(labelled: LabelledSet, findings: Scalars) -> Iterator[Row]:
    names = [n for n in labelled.spec["distortions"] if n in findings.distortions]
    if not names:
        return
    bad = np.array([findings.mean(labelled.file(r, "bad"), names) for r in labelled.rows])
    clean = np.array([findings.mean(labelled.file(r, "clean"), names) for r in labelled.rows])
    strength = [float(r[labelled.spec["strength"]]) for r in labelled.rows]
    yield {
        "pairs": len(bad),
        "AUC": auc(np.r_[bad, clean], np.r_[np.ones(len(bad)), np.zeros(len(bad))]),
        "right order": float((bad > clean).mean()),
        "rank with strength": srcc(bad, strength),
    }


def _classes(labelled: LabelledSet, findings: Scalars) -> Iterator[Row]:
    for question, q in labelled.spec["questions"].items():
        names = [n for n in q["distortions"] if n in findings.distortions]
        label = labelled.spec["label"]
        rows = [r for r in labelled.rows if r[label] in q["positive"] + q["negative"]]
        if not names:
            continue
        truth = np.array([r[label] in q["positive"] for r in rows])
        said = np.array([findings.mean(labelled.file(r), names) for r in rows])
        scenes: dict[str, tuple[list[float], list[float]]] = {}
        for row, value, yes in zip(rows, said, truth, strict=True):
            scenes.setdefault(row.get("scene", ""), ([], []))[int(yes)].append(float(value))
        both = [min(v[1]) > max(v[0]) for v in scenes.values() if v[0] and v[1]]
        yield {
            "question": question,
            "photos": len(rows),
            "AUC": auc(said, truth),
            "scenes in order": float(np.mean(both)) if both else float("nan"),
        }


def _clean(labelled: LabelledSet, findings: Findings) -> Iterator[Row]:
    for name in findings.distortions:
        tests = labelled.spec.get("fit", {}).get(name, [])
        rows = [
            r
            for r in labelled.rows
            if all(_TESTS[test](r[column], value) for column, test, value in tests)
        ]
        area = np.array([findings.of(labelled.file(r)).mask([name]).mean() for r in rows])
        everywhere = [findings.of(labelled.file(r)).mask([name]).mean() for r in labelled.rows]
        yield {
            "distortion": name,
            "fit": len(rows),
            "flagged": float(area.mean()) if area.size else float("nan"),
            "photos over 5 %": float((area > 0.05).mean()) if area.size else float("nan"),
            "all": len(labelled.rows),
            "flagged of all": float(np.mean(everywhere)),
        }


def _damaged(labelled: LabelledSet, findings: Findings) -> Iterator[Row]:
    """Dense IoU at the shipped thresholds, class accuracy, recall by band, what it is called."""
    every: list[Row] = []
    for name in findings.distortions:
        rows = [r for r in labelled.rows if r["distortion"] == name]
        if not rows:
            continue
        inter = union = hit = inside = strong = strong_union = 0
        bands: dict[float, list[float]] = {low: [] for low, _ in _BANDS}
        named, errors = [], []
        for row in rows:
            seen = findings.of(labelled.file(row))
            truth = _truth(labelled.file(row), name)
            found = seen.mask([name])
            yes, judged = truth == 255, truth != 128
            both = int((found & yes).sum())
            either = int(((found | yes) & judged).sum())
            inter, union = inter + both, union + either
            hit, inside = hit + both, inside + int(yes.sum())
            level = float(row.get("severity", "nan"))
            if level >= 0.5:
                strong, strong_union = strong + both, strong_union + either
            for low, high in _BANDS:
                if low <= level < high and yes.any():
                    bands[low].append(both / float(yes.sum()))
            if yes.any():
                means = {n: float(seen.severity([n])[yes].mean()) for n in findings.distortions}
                named.append(max(means, key=lambda n: means[n]) == name)
                errors.append((means[name], level))
        said, true = np.array(errors).T
        row_: Row = {
            "distortion": name,
            "photos": len(rows),
            "IoU": inter / max(1, union),
            "IoU from 0.5": strong / strong_union if strong_union else float("nan"),
            "accuracy": hit / max(1, inside),
            "named right": float(np.mean(named)),
            "severity error": float(np.abs(said - true).mean()),
            "severity SRCC": srcc(said, true),
            **{
                f"recall {low:.1f}": float(np.mean(v)) if v else float("nan")
                for low, v in bands.items()
            },
        }
        every.append(row_)
        yield row_
    if every:
        figures = [k for k in every[0] if k not in ("distortion", "photos")]
        mean = {k: _mean([float(r[k]) for r in every]) for k in figures}
        yield {"distortion": "mean", "photos": sum(int(r["photos"]) for r in every), **mean}


def _graded(labelled: LabelledSet, findings: Scalars) -> Iterator[Row]:
    """Series of one flaw in rising steps: never falls by over 1/255, ends 0.2 higher, rank."""
    series: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for row in labelled.rows:
        name = row["distortion"]
        if name in findings.distortions:
            value = findings.mean(labelled.file(row), [name])
            series.setdefault((name, row["series"]), []).append((float(row["step"]), value))
    for name in DISTORTIONS:
        each = [np.array(sorted(v)) for (n, _), v in series.items() if n == name and len(v) > 2]
        if not each:
            continue
        # A series in which nothing moves has no order.
        ranked = np.nan_to_num([srcc(v[:, 0], v[:, 1]) for v in each])
        falls = [float(np.diff(v[:, 1]).min()) for v in each]
        rises = [float(v[-1, 1] - v[0, 1]) for v in each]
        kept = [f >= -1 / 255 and r >= 0.2 for f, r in zip(falls, rises, strict=True)]
        yield {
            "distortion": name,
            "series": len(each),
            "never falls and rises": float(np.mean(kept)),
            "never falls": float(np.mean([f >= -1 / 255 for f in falls])),
            "rises": float(np.mean([r >= 0.2 for r in rises])),
            "median rank": float(np.median(ranked)),
            "worst rank": float(np.min(ranked)),
        }


def _mean(values: list[float]) -> float:
    """Over what is a number."""
    known = [v for v in values if np.isfinite(v)]
    return float(np.mean(known)) if known else float("nan")


def _plane(file: Path) -> BytePlane:
    plane = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
    if plane is None:
        raise FileNotFoundError(f"{file} is no mask that OpenCV reads.")
    return np.asarray(plane, np.uint8)


def _truth(file: Path, name: str) -> BytePlane:
    return _plane(file.with_name(f"{file.name.split('.')[0]}.{name}.png"))


#: Kind of a set to the function that measures it.
MEASURES: Final[dict[str, Callable[[LabelledSet, Any], Iterator[Row]]]] = {
    "mos": _mos,
    "masks": _masks,
    "pairs": _pairs,
    "classes": _classes,
    "clean": _clean,
    "damaged": _damaged,
    "graded": _graded,
}
_BY_SCALARS: Final = ("mos", "pairs", "classes", "graded")
