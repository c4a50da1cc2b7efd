"""Findings: what the engine says of photos, for every measure to ask; and of other tools the same.

One analysis a file, kept small (planes on the grid); masks and severities come at the photo's size
on demand, made by the engine's own functions, so that what is measured is what a client would see.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from flawmap_engine.analysis import analyze
from flawmap_engine.imaging import open_photo
from flawmap_engine.inference import Networks
from flawmap_engine.masks import UNKNOWN_FROM, bring_to, distortion_mask, find_regions
from flawmap_engine.planes import Analysis, ViewPlanes
from flawmap_engine.scoring import Ground
from flawmap_engine.scoring.head import judge
from flawmap_engine.scoring.roi_numbers import Part

__all__ = ["Findings", "Scalars", "Seen"]

FloatPlane = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Seen:
    """One photo as the engine saw it, in one view.

    `meant`: of each distortion the share of the photo in regions that are called intentional.
    """

    planes: ViewPlanes
    width: int
    height: int
    quality: float
    thresholds: dict[str, int]
    meant: dict[str, float]

    def severity(self, names: list[str]) -> FloatPlane:
        """The largest of some distortions' severities at the photo's size, 0..1."""
        planes = [bring_to(self.planes.of(n)[0], self.width, self.height) for n in names]
        return np.asarray(np.max(planes, axis=0), np.float32) / np.float32(255)

    def mask(self, names: list[str]) -> Mask:
        """The union of some distortions' masks at the photo's size."""
        masks = [
            distortion_mask(self.planes, n, self.thresholds[n], self.width, self.height) > 0
            for n in names
        ]
        return np.asarray(np.any(masks, axis=0))

    def mean(self, names: list[str]) -> float:
        """Mean of the largest severity over what is known of any of them; 0 where nothing is."""
        planes = [self.planes.of(n) for n in names]
        known = np.stack([u < UNKNOWN_FROM for _, u in planes])
        worst = np.where(known, np.stack([s for s, _ in planes]), 0).max(0)[known.any(0)]
        return float(worst.mean()) / 255 if worst.size else 0.0


class Scalars(Protocol):
    """Any tool that has one number for a photo and a question."""

    @property
    def distortions(self) -> tuple[str, ...]:
        """What it can be asked about."""

    def mean(self, file: Path, names: list[str]) -> float:
        """How much of these distortions there is, larger is more."""


@dataclass
class Findings:
    """The engine, asked once a file."""

    networks: Networks
    view: str = "screen"
    _seen: dict[Path, Seen] = field(default_factory=dict)

    @property
    def distortions(self) -> tuple[str, ...]:
        """What the networks know."""
        return self.networks.card.distortions

    def of(self, file: Path) -> Seen:
        """What is seen of a file; the errors of an analysis are raised."""
        file = file.resolve()
        if file not in self._seen:
            self._seen[file] = self._looked(self.analysis(file))
        return self._seen[file]

    def analysis(self, file: Path) -> Analysis:
        """A file's whole analysis, not kept."""
        return analyze(open_photo(file), self.networks)

    def mean(self, file: Path, names: list[str]) -> float:
        """As `Seen.mean`."""
        return self.of(file).mean(names)

    def _looked(self, analysis: Analysis) -> Seen:
        thresholds = dict(self.networks.card.thresholds)
        planes = analysis.planes(self.view)
        regions = [
            shape
            for name in planes.distortions
            for shape in find_regions(
                planes, thresholds[name], name, analysis.width, analysis.height
            )[0]
        ]
        ground = Ground.of(analysis, self.view)
        parts = [Part(s.cells, s.area, s.row, s.col) for s in regions]
        meant = dict.fromkeys(planes.distortions, 0.0)
        for shape, said in zip(
            regions, judge(analysis, ground, parts, self.networks.roi), strict=True
        ):
            if shape.distortion in said.intentional:
                meant[shape.distortion] += shape.area
        return Seen(planes, analysis.width, analysis.height, analysis.quality, thresholds, meant)
