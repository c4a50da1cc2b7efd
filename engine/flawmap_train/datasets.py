"""Readers: published layouts, as they lie on somebody's disk, turned into one kind of record.

Each reader has a `mark`: *sampled* where real records of the published file were read, *described*
where only a paper's text was at hand, so that nobody takes a guess for a fact. Scores keep their
own range; `Opinion.unit` brings them to 0..1, where higher is better.

| name | file | mark |
|---|---|---|
| clive | labels.csv of the data folder; Q-Bench's `livec.json` | sampled |
| koniq | Q-Bench's `koniq.json`; `koniq10k_scores_and_distributions.csv` | sampled; described |
| spaq | Q-Bench's `spaq.json`; a csv with `Image name` and `MOS` | sampled; described |
| kadid | Q-Bench's `kadid.json`; `dmos.csv` | sampled; described |
| agiqa | `data.csv`; Q-Bench's `agi.json` | sampled |
| seagull | list of `{"img", "rle", "points"}` | sampled |
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from flawmap_api.errors import BadInput

__all__ = ["READERS", "Opinion", "Roi", "read_opinions", "read_rois", "rle_mask"]

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Opinion:
    """People's score of one picture.

    Attributes
    ----------
    image : str
        The name in the set.
    score : float
        In the set's own range.
    low, high : float
        That range; higher is better.
    group : str
        Pictures of one scene, photographer or reference: one fold. Empty where nobody says.
    more : what else the set tells, by its own names.
    """

    image: str
    score: float
    low: float
    high: float
    group: str = ""
    more: dict[str, str] = field(default_factory=dict)

    @property
    def unit(self) -> float:
        """The score in 0..1."""
        return min(1.0, max(0.0, (self.score - self.low) / (self.high - self.low)))


@dataclass(frozen=True, slots=True)
class Roi:
    """A marked part of a picture, as SEAGULL's files have it.

    `box` is (x, y, width, height); `counts` the compressed run lengths of a COCO mask, whose size
    is the picture's and not in the file. `labels`: what the record holds beside them.
    """

    image: str
    box: tuple[float, float, float, float]
    counts: str
    labels: dict[str, Any] = field(default_factory=dict)

    def mask(self, height: int, width: int) -> Mask:
        """The part's pixels in a picture of that size."""
        return rle_mask(self.counts, height, width)


def read_opinions(name: str, file: Path) -> list[Opinion]:
    """The scores of a set.

    Parameters
    ----------
    name : a key of `READERS`
    file : csv or json, told apart by what is in it

    Raises
    ------
    BadInput
        If there is no such set, or the file is not in a layout that is known of it.
    """
    if name not in READERS:
        raise BadInput(f"There is no reader for {name!r}.", f"There are: {', '.join(READERS)}.")
    try:
        text = file.read_text(encoding="utf-8-sig")
        rows = _json_rows(text) if text.lstrip()[:1] in ("[", "{") else _csv_rows(text)
        return list(READERS[name](rows))
    except OSError as error:
        raise BadInput(f"{file} cannot be read: {error.strerror or error}.") from None
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise BadInput(
            f"{file} is in no layout that is known of {name}: {type(error).__name__} {error}.",
            "See the table at the head of flawmap_train.datasets.",
        ) from None


def read_rois(file: Path) -> list[Roi]:
    """The parts of a SEAGULL file; BadInput if it is none."""
    try:
        rows = json.loads(file.read_text(encoding="utf-8"))
        known = ("img", "rle", "points")
        found = []
        for row in rows:
            x, y, w, h = (float(v) for v in row["points"])
            more = {k: v for k, v in row.items() if k not in known}
            found.append(Roi(str(row["img"]), (x, y, w, h), str(row["rle"]), more))
    except (OSError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise BadInput(
            f"{file} is no list of regions in SEAGULL's layout: {error}.",
            'A record is {"img": name, "rle": counts, "points": [x, y, width, height]}.',
        ) from None
    return found


def rle_mask(counts: str, height: int, width: int) -> Mask:
    """COCO's compressed run lengths as pixels.

    Parameters
    ----------
    counts : str
        Runs of 0s and 1s down the columns, five bits a letter, from the third on as differences
        to the run two before.

    Raises
    ------
    BadInput
        If the runs do not fill height × width pixels: the size is not this picture's.
    """
    runs: list[int] = []
    place = 0
    while place < len(counts):
        value, shift, more = 0, 0, True
        while more:
            if place >= len(counts):
                raise BadInput("The run lengths end in the middle of a number.")
            letter = ord(counts[place]) - 48
            if not 0 <= letter < 64:
                raise BadInput(f"{counts[place]!r} is no letter of compressed run lengths.")
            value |= (letter & 31) << shift
            more = bool(letter & 32)
            place, shift = place + 1, shift + 5
            if not more and letter & 16:
                value |= -1 << shift
        if len(runs) > 2:
            value += runs[-2]
        runs.append(value)
    if min(runs, default=0) < 0 or sum(runs) != height * width:
        raise BadInput(
            f"The run lengths hold {sum(runs)} pixels; {width} × {height} are {width * height}.",
            "The mask is of a picture of another size.",
        )
    flat = np.repeat(np.arange(len(runs)) % 2 == 1, runs)
    return np.asarray(flat.reshape(width, height).T)


def _json_rows(text: str) -> list[dict[str, Any]]:
    rows = json.loads(text)
    if not isinstance(rows, list):
        raise TypeError("it holds no list")
    return rows


def _csv_rows(text: str) -> list[dict[str, Any]]:
    return list(csv.DictReader(text.splitlines()))


def _first(row: dict[str, Any], *names: str) -> str:
    """The first of some columns that the row has; spaces and capitals do not matter."""
    plain = {str(k).strip().lower(): v for k, v in row.items()}
    for name in names:
        if name in plain:
            return str(plain[name])
    raise KeyError(f"none of {', '.join(names)}")


def _plain(
    low: float, high: float, images: tuple[str, ...], scores: tuple[str, ...]
) -> Callable[[list[dict[str, Any]]], Iterator[Opinion]]:
    """A reader of Q-Bench's records and of a csv with one picture a row."""

    def read(rows: list[dict[str, Any]]) -> Iterator[Opinion]:
        for row in rows:
            image = _first(row, "img_path", *images)
            score = float(_first(row, "gt_score", *scores))
            more = {str(k): str(v) for k, v in row.items()}
            yield Opinion(image, score, low, high, str(row.get("group", "")), more)

    return read


def _kadid(rows: list[dict[str, Any]]) -> Iterator[Opinion]:
    """References are the groups: `I01_02_03.png` is reference 01, distortion 02, level 03."""
    for one in _plain(1, 5, ("dist_img",), ("dmos",))(rows):
        yield Opinion(one.image, one.score, 1, 5, one.image.split("_")[0], one.more)


#: Name of a set to what reads its rows.
READERS: Final[dict[str, Callable[[list[dict[str, Any]]], Iterator[Opinion]]]] = {
    "clive": _plain(0, 100, ("file", "image"), ("mos",)),
    "koniq": _plain(1, 5, ("image_name",), ("mos",)),
    "spaq": _plain(0, 100, ("image name", "image"), ("mos",)),
    "kadid": _kadid,
    "agiqa": _plain(0, 5, ("name",), ("mos_quality",)),
}
