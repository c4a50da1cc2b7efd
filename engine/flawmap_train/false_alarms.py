"""False alarms: how much of photos without flaws is flagged, by what they show and by distortion.

Proof 6. The kinds are the table's own tags (low-key, night, bokeh …) or a csv that a person filled.
A photo of a kind is no flaw of that kind's look, so all of them count here, also those that
`clean` leaves out as unfit for a question.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from flawmap_api.palette import COLOURS

from .findings import Findings
from .measures import LabelledSet

__all__ = ["BY_EYE", "KINDS", "Flagged", "alarms", "as_text", "write_sheet"]

ByteImage = npt.NDArray[np.uint8]

#: Tags of the photos' table that are kinds of their own, and what a reader calls them.
KINDS: Final = {
    "low-key": "low key",
    "high-key": "high key",
    "night": "night",
    "bokeh": "shallow focus",
    "grain": "grain",
    "low-contrast": "fog, low contrast",
    "sky": "much sky",
    "snow": "snow",
    "silhouette": "silhouette",
    "motion": "panning, long exposure",
    "muted-colour": "muted colour",
    "white-background-or-clipped-sky": "white ground",
}
#: What the table has no tag for, seen by eye in the photos that report: number in their names.
BY_EYE: Final = {
    "p009": ("low-contrast",),
    "p022": ("sky",),
    "p026": ("silhouette",),
    "p061": ("motion",),
    "p099": ("snow",),
    "p113": ("motion",),
    "p214": ("low-contrast",),
    "p219": ("motion",),
    "p228": ("silhouette",),
    "p239": ("low-contrast",),
    "p280": ("snow",),
    "p297": ("snow",),
    "p314": ("motion",),
    "p318": ("motion",),
    "p368": ("silhouette", "sky"),
}
_TILE: Final = (240, 180)
_ACROSS: Final = 5
_GRAIN: Final = 1.4


@dataclass(frozen=True, slots=True)
class Flagged:
    """One clean photo: its kinds, the flagged share of each distortion, who may show it."""

    file: Path
    kinds: tuple[str, ...]
    area: dict[str, float]
    tier: str
    intentional: dict[str, float]
    masks: dict[str, ByteImage]


def alarms(folder: Path, findings: Findings, kinds: Path | None = None) -> list[Flagged]:
    """Look at all photos of a `clean` set.

    Parameters
    ----------
    kinds : csv with columns file and kind, optional
        Beside the tags: what a person saw.
    """
    labelled = LabelledSet(folder)
    more: dict[str, list[str]] = {}
    if kinds is not None:
        with kinds.open(newline="", encoding="utf-8") as f:
            for row in csv.DictReader(f):
                more.setdefault(row["file"], []).append(row["kind"])
    found = []
    for row in labelled.rows:
        file = labelled.file(row)
        seen = findings.of(file)
        area = {n: float(seen.mask([n]).mean()) for n in findings.distortions}
        tags = _kinds_of(row) + more.get(Path(row["file"]).name, [])
        masks = {
            n: np.asarray(cv2.resize(seen.mask([n]).astype(np.uint8), _TILE), np.uint8)
            for n, a in area.items()
            if a > 0
        }
        kinds_ = tuple(dict.fromkeys(tags))
        found.append(Flagged(file, kinds_, area, row.get("licence_tier", ""), seen.meant, masks))
    return found


def as_text(found: list[Flagged], least: float = 0.05) -> str:
    """Two tables: mean flagged share (and photos over `least`) by kind, and those photos."""
    names = list(found[0].area) if found else []
    lines = [
        "| kind | photos | " + " | ".join(names) + " |",
        "|---|---|" + "---|" * len(names),
    ]
    kinds = [k for k in KINDS if any(k in f.kinds for f in found)]
    groups: dict[str, list[Flagged]] = {KINDS[k]: [f for f in found if k in f.kinds] for k in kinds}
    groups["none of these"] = [f for f in found if not f.kinds]
    groups["all"] = found
    for kind, members in groups.items():
        if members:
            cells = [_cell([f.area[n] for f in members], least) for n in names]
            lines.append(f"| {kind} | {len(members)} | " + " | ".join(cells) + " |")
    lines += ["", "| photo | kinds | flagged | of it called intentional |", "|---|---|---|---|"]
    for one in sorted(found, key=lambda f: -max(f.area.values(), default=0)):
        over = {n: a for n, a in one.area.items() if a >= least}
        if over:
            said = ", ".join(f"{n} {100 * a:.0f} %" for n, a in over.items())
            meant = ", ".join(
                f"{n} {100 * a:.0f} %" for n, a in one.intentional.items() if n in over
            )
            lines.append(
                f"| {one.file.name} | {', '.join(KINDS.get(k, k) for k in one.kinds)} | {said} "
                f"| {meant} |"
            )
    return "\n".join(lines)


def write_sheet(found: list[Flagged], file: Path, least: float = 0.05, tier: str = "A") -> int:
    """Flagged photos that anybody may show, their worst distortion tinted; how many there are."""
    tiles = []
    for one in sorted(found, key=lambda f: -max(f.area.values(), default=0)):
        worst = max(one.area, key=lambda n: one.area[n])
        if one.area[worst] >= least and one.tier == tier:
            tiles.append(_tile(one, worst))
    if not tiles:
        return 0
    blank = np.full_like(tiles[0], 255)
    tiles += [blank] * (-len(tiles) % _ACROSS)
    rows = [np.concatenate(tiles[i : i + _ACROSS], 1) for i in range(0, len(tiles), _ACROSS)]
    cv2.imwrite(str(file), np.concatenate(rows)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 82])
    return sum(1 for t in tiles if t is not blank)


def _kinds_of(row: Mapping[str, str]) -> list[str]:
    tags = row.get("tags", "").split(";")
    kinds = [t for t in tags if t in KINDS]
    if row.get("has_bokeh") == "1":
        kinds.append("bokeh")
    if row.get("has_sky") == "1":
        kinds.append("sky")
    kinds += BY_EYE.get(Path(row["file"]).name.split("_")[0], ())
    if float(row.get("noise_sigma") or 0) >= _GRAIN:
        kinds.append("grain")
    return kinds


def _cell(areas: list[float], least: float) -> str:
    over = sum(a >= least for a in areas)
    return f"{100 * float(np.mean(areas)):.1f} % ({over})"


def _tile(one: Flagged, name: str) -> ByteImage:
    picture = cv2.imread(str(one.file), cv2.IMREAD_COLOR)
    if picture is None:
        raise FileNotFoundError(f"{one.file} is no picture that OpenCV reads.")
    height, width = picture.shape[:2]
    mask = cv2.resize(one.masks[name], (width, height), interpolation=cv2.INTER_NEAREST) > 0
    rgb = np.ascontiguousarray(picture[..., ::-1])
    tint = np.array(COLOURS[name], np.float32)
    rgb[mask] = (0.5 * rgb[mask] + 0.5 * tint).astype(np.uint8)
    small = _fitted(np.asarray(rgb, np.uint8))
    words = f"{name} {100 * one.area[name]:.0f} %"
    cv2.rectangle(small, (0, 0), (8 * len(words), 16), COLOURS[name], -1)
    cv2.putText(small, words, (3, 12), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (0, 0, 0), 1, cv2.LINE_AA)
    return small


def _fitted(picture: ByteImage) -> ByteImage:
    """Whole, on white, in a tile."""
    width, height = _TILE
    h, w = picture.shape[:2]
    scale = min(width / w, height / h)
    size = (max(1, int(w * scale)), max(1, int(h * scale)))
    tile = np.full((height, width, 3), 255, np.uint8)
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    top, left = (height - size[1]) // 2, (width - size[0]) // 2
    tile[top : top + size[1], left : left + size[0]] = small
    return tile
