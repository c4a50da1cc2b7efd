"""Policy: which findings fail a check. A pure function that every client and the engine call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from . import words
from .errors import BadInput
from .report import Region, Report

__all__ = ["DEFAULT_POLICY", "Policy", "Verdict", "judge", "parse_fail_on"]

_NEVER = len(words.SEVERITY_LEVELS)


@dataclass(frozen=True, slots=True)
class Policy:
    """When a region fails a check.

    A region fails whose level reaches `level` (or its distortion's own in `levels`), that is not
    intentional, and that is large (`min_area`) or part of the subject (`min_subject`). `strict`
    also counts what the model calls intentional and nobody has marked.
    """

    level: str = "moderate"
    levels: Mapping[str, str] = field(default_factory=dict)
    min_area: float = 0.01
    min_subject: float = 0.5
    strict: bool = False

    def __post_init__(self) -> None:
        for distortion, level in {"level": self.level, **self.levels}.items():
            if level not in (*words.SEVERITY_LEVELS, "never"):
                raise BadInput(
                    f"{level!r} ({distortion}) is no level.",
                    f"Levels are {', '.join(words.SEVERITY_LEVELS)}, or never.",
                )

    def wanted(self, distortion: str) -> str:
        """The level from which a region of this distortion fails."""
        return self.levels.get(distortion, self.level)


DEFAULT_POLICY = Policy()


@dataclass(frozen=True, slots=True)
class Verdict:
    """`clean` or `flaws`, and the ids of the regions that fail, worst first."""

    verdict: str
    failing: tuple[str, ...]


def judge(report: Report, policy: Policy = DEFAULT_POLICY) -> Verdict:
    """Judge one report.

    Unknown areas never fail, nor do flaws that show at 1:1 only, nor regions that a person marked
    `ignored` or `intentional`. A person's `accepted` wins over the model's `intentional`.
    """
    failing = tuple(region.id for region in report.regions if _fails(region, policy))
    return Verdict("flaws" if failing else "clean", failing)


def _fails(region: Region, policy: Policy) -> bool:
    if region.mark in ("ignored", "intentional"):
        return False
    if region.intentional and region.mark != "accepted" and not policy.strict:
        return False
    wanted = policy.wanted(region.distortion)
    rank = _NEVER if wanted == "never" else words.severity_of_level(wanted)
    return words.severity_of_level(region.severity_level) >= rank and (
        region.area >= policy.min_area or region.subject >= policy.min_subject
    )


def parse_fail_on(text: str, *, strict: bool = False) -> Policy:
    """Read `--fail-on LEVEL | DISTORTION=LEVEL[,…] | never`.

    Raises
    ------
    BadInput
        If a word is neither a level nor a distortion, naming the words there are.
    """
    said: dict[str, str] = {}
    for part in text.split(","):
        name, _, value = (piece.strip() for piece in part.rpartition("="))
        if name and name not in words.DISTORTIONS:
            raise BadInput(
                f"{name!r} is no distortion.", f"Distortions are {', '.join(words.DISTORTIONS)}."
            )
        if name in said and value:
            raise BadInput(f"The level of {name or 'all distortions'} is given twice in {text!r}.")
        said[name] = value
    level = said.pop("", DEFAULT_POLICY.level)
    return Policy(level=level, levels=said, strict=strict)
