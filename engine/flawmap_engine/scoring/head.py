"""Head: what the ROI network says of parts, in the words of the contract.

The network itself is somebody else's; here its probabilities become numbers. Without one, or where
it was not measured to be better, `formulas` speak.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from flawmap_api.words import DISTORTIONS
from flawmap_engine.planes import Analysis

from .formulas import Ground, standing
from .roi_numbers import Part, numbers_of, pooling_of

__all__ = ["Answers", "Head", "Judged", "judge"]

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Probabilities for n parts, float32.

    Attributes
    ----------
    quality, importance : shape (n, 5)
        Of the five levels, each row sums to 1.
    severity : shape (n, 8, 6)
        For each distortion of the vocabulary: absent, then the five levels.
    subject : shape (n,)
    intentional : shape (n, 8)
    """

    quality: Floats
    importance: Floats
    severity: Floats
    subject: Floats
    intentional: Floats


class Head(Protocol):
    """The ROI network, as scoring needs it."""

    @property
    def serves(self) -> frozenset[str]:
        """Which of quality, importance, subject, intentional, severity it is better at."""

    @property
    def channels(self) -> int:
        """Of the maps that it reads."""

    @property
    def heard(self) -> frozenset[str]:
        """The distortions whose planes it was trained with; it is told of no others."""

    @property
    def present(self) -> Mapping[str, float]:
        """Least probability from which a distortion counts as there."""

    @property
    def wanted(self) -> Mapping[str, float]:
        """Least probability from which a distortion's look counts as intentional."""

    def answers(self, maps: Floats, pooling: Floats, numbers: Floats) -> Answers:
        """For maps (channels, h, w), pooling (n, h · w) and numbers (n, len(NUMBERS))."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One part, all in [0, 1]; `severity` is empty where planes know better."""

    quality: float
    importance: float
    subject: float
    severity: Mapping[str, float]
    intentional: frozenset[str]


def judge(
    analysis: Analysis, ground: Ground, parts: Sequence[Part], head: Head | None
) -> list[Judged]:
    """Judge parts of one view.

    Parameters
    ----------
    analysis : Analysis
    ground : Ground
        Of the view.
    parts : sequence of Part
    head : Head or None
        Not asked where the analysis has no maps of its kind.

    Notes
    -----
    Five probabilities become one number as the papers have it: quality and importance
    ``sum(p_i · i / 4)``; severity ``sum(p_i · (i + ½) / 5)`` over the levels, given that the flaw
    is there at all, and 0 where it is not. A part that is all of the photo keeps the photo's own
    quality, importance and severities.
    """
    stands = [standing(ground, p.cells, p.area, p.row, p.col) for p in parts]
    plain = [Judged(s.quality, s.importance, s.subject, {}, frozenset()) for s in stands]
    if head is None or not parts or analysis.maps.shape[0] != head.channels:
        return plain
    planes = ground.planes
    numbers = numbers_of(analysis, ground, parts, stands, head.heard)
    pooling = pooling_of(analysis, (planes.grid.rows, planes.grid.cols), parts)
    said = head.answers(analysis.maps.astype(np.float32), pooling, numbers)
    size = ground.subject.size
    return [
        _mixed(said, i, before, head, whole=int(part.cells.sum()) == size)
        for i, (part, before) in enumerate(zip(parts, plain, strict=True))
    ]


def _mixed(said: Answers, i: int, before: Judged, head: Head, *, whole: bool) -> Judged:
    # All of the photo is the photo: what is said of that stands.
    serves = head.serves - {"quality", "importance", "severity"} if whole else head.serves
    quality, importance = (
        _clip(float((p[i] * np.arange(5)).sum()) / 4) if name in serves else old
        for name, p, old in (
            ("quality", said.quality, before.quality),
            ("importance", said.importance, before.importance),
        )
    )
    wanted = (
        frozenset(
            name
            for d, name in enumerate(DISTORTIONS)
            if float(said.intentional[i, d]) >= head.wanted.get(name, 2.0)
        )
        if "intentional" in serves
        else before.intentional
    )
    return Judged(
        quality,
        importance,
        _clip(float(said.subject[i])) if "subject" in serves else before.subject,
        _severities(said.severity[i], head) if "severity" in serves else before.severity,
        wanted,
    )


def _severities(probabilities: Floats, head: Head) -> dict[str, float]:
    severities = {}
    for d, name in enumerate(DISTORTIONS):
        absent, levels = float(probabilities[d, 0]), probabilities[d, 1:]
        there = 1 - absent >= head.present.get(name, 0.5)
        weighted = float((levels * (np.arange(5) + 0.5)).sum()) / 5
        severities[name] = _clip(weighted / max(1 - absent, 1e-6)) if there else 0.0
    return severities


def _clip(value: float) -> float:
    return min(1.0, max(0.0, value))
