"""Scoring: from planes to reports and scores of regions of interest. Functions over arrays."""

from __future__ import annotations

from .formulas import Ground, rank, standing, subject_sharpness, top_severity
from .report import MAX_REGIONS, build_report
from .roi import score_roi

__all__ = [
    "MAX_REGIONS",
    "Ground",
    "build_report",
    "rank",
    "score_roi",
    "standing",
    "subject_sharpness",
    "top_severity",
]
