"""Training the ROI head: what the engine says of kept scenes, losses, the best tune state.

The head reads what an analysis keeps, so after a new dense network the scenes are looked at again
and the head is trained anew: minutes, one command. It is told to distrust its planes a little:
severities are stretched at random and whole distortions left out, as another network might.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from flawmap_api.words import DISTORTIONS
from flawmap_engine.inference import Networks
from flawmap_engine.masks import MIN_AREA, share_reaches
from flawmap_engine.scoring import Ground, top_severity
from flawmap_engine.scoring.head import Head
from flawmap_engine.scoring.roi_numbers import NUMBERS, Part, numbers_of, pooling_of

from .roi_cache import Record, look, records
from .roi_labels import UNKNOWN
from .roi_network import LEVELS, RoiEnsemble, RoiNetwork, Said

__all__ = ["Table", "answered", "gather", "heard_in", "predict", "train"]

FloatArray = npt.NDArray[np.float32]

CELLS: Final = 256
PARTS: Final = 16
_KINDS: Final = len(DISTORTIONS)
_BATCH: Final = 24
_AVERAGED: Final = 0.99


@dataclass(frozen=True, slots=True)
class Table:
    """Scenes as the head sees them; scene s has `count[s]` parts, the rest of its rows is zero.

    maps float16 (s, 256, channels) · pooling float16 (s, 16, 256) · numbers float32 (s, 16, k) ·
    labels float32 (s, 16, 19) · planes float32 (s, 16, 8), severities as the engine's planes give
    them, -1 where it has no plane · kinds, names of the parts.
    """

    maps: npt.NDArray[np.float16]
    pooling: npt.NDArray[np.float16]
    numbers: FloatArray
    labels: FloatArray
    planes: FloatArray
    count: npt.NDArray[np.int64]
    kinds: list[list[str]]

    def save(self, file: Path) -> None:
        """Keep it: all arrays in one file."""
        names = [";".join(k) for k in self.kinds]
        arrays = {n: getattr(self, n) for n in self.__slots__ if n != "kinds"}
        np.savez(file, kinds=np.array(names), **arrays)

    @classmethod
    def load(cls, file: Path) -> Table:
        """What `save` kept."""
        with np.load(file) as data:
            arrays = {n: data[n] for n in cls.__slots__ if n != "kinds"}
            return cls(kinds=[str(k).split(";") for k in data["kinds"]], **arrays)

    @classmethod
    def joined(cls, tables: Sequence[Table]) -> Table:
        """Several tables as one."""
        names = [n for n in cls.__slots__ if n != "kinds"]
        arrays = {n: np.concatenate([getattr(t, n) for t in tables]) for n in names}
        return cls(kinds=[k for t in tables for k in t.kinds], **arrays)


def gather(
    folder: Path, networks: Networks, *, first: int = 0, step: int = 1, most: int | None = None
) -> Table:
    """Look at the scenes of a cache with a network, and keep what the head is told of them.

    Of the cache's first `most` scenes those numbered first, first + step, … are taken.
    """
    files = records(folder)[:most][first::step]
    if not files:
        raise FileNotFoundError(f"{folder} holds no scenes; run the roi-cache command first.")
    rows = [_row(Record.open(file), networks) for file in files]
    rows = [r for r in rows if r[5]]
    maps, pooling, numbers, labels, planes, counts, kinds = zip(*rows, strict=True)
    return Table(
        np.stack(maps),
        np.stack(pooling),
        np.stack(numbers),
        np.stack(labels),
        np.stack(planes),
        np.array(counts),
        list(kinds),
    )


def _row(record: Record, networks: Networks) -> tuple[Any, ...]:
    analysis = look(record.pixels, networks)
    ground = Ground.of(analysis, "screen")
    count = min(PARTS, len(record.cells))
    parts = [Part(c, float(a)) for c, a in zip(record.cells, record.area, strict=True)][:count]
    channels, h, w = analysis.maps.shape
    maps = np.zeros((CELLS, channels), np.float16)
    maps[: h * w] = analysis.maps.reshape(channels, h * w).T
    pooling = np.zeros((PARTS, CELLS), np.float16)
    numbers = np.zeros((PARTS, len(NUMBERS)), np.float32)
    labels = np.full((PARTS, record.labels.shape[1]), UNKNOWN, np.float32)
    planes = np.full((PARTS, _KINDS), -1, np.float32)
    if count:
        grid = (ground.planes.grid.rows, ground.planes.grid.cols)
        pooling[:count, : h * w] = pooling_of(analysis, grid, parts)
        numbers[:count] = numbers_of(analysis, ground, parts)
        labels[:count] = record.labels[:count]
        for i, part in enumerate(parts):
            planes[i] = _of_planes(ground, part, networks, analysis.width, analysis.height)
    return maps, pooling, numbers, labels, planes, count, record.kind[:count]


def _of_planes(
    ground: Ground, part: Part, networks: Networks, width: int, height: int
) -> FloatArray:
    """What `roi.score` says of each distortion without a head."""
    said = np.full(_KINDS, -1, np.float32)
    for d, name in enumerate(DISTORTIONS):
        if name in ground.planes.distortions:
            severity, unknown = ground.planes.of(name)
            k = networks.card.thresholds[name]
            reached = share_reaches(ground.planes, name, k, width, height, part.cells, MIN_AREA)
            said[d] = top_severity(severity, part.cells & (unknown < 128)) if reached else 0.0
    return said


def train(
    table: Table,
    tune: Table,
    *,
    epochs: int = 10,
    members: int = 3,
    rate: float = 1.5e-3,
    seed: int = 0,
    say: Callable[[str], None] = print,
) -> RoiEnsemble:
    """Train a head of several members, each kept as it does best on tune scenes; in eval mode."""
    each = [_member(table, tune, epochs, rate, seed + i, say) for i in range(members)]
    return RoiEnsemble(each).eval()


def _member(
    table: Table, tune: Table, epochs: int, rate: float, seed: int, say: Callable[[str], None]
) -> RoiNetwork:
    torch.manual_seed(seed)
    network = RoiNetwork(table.maps.shape[2], table.numbers.shape[2])
    _standardise(network, table)
    decayed = [p for p in network.parameters() if p.ndim > 1]
    plain = [p for p in network.parameters() if p.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": 0.2}, {"params": plain, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=rate)
    steps = epochs * -(-len(table.count) // _BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps)
    rng = np.random.default_rng(seed)
    averaged = copy.deepcopy(network).eval()
    best, least = copy.deepcopy(averaged), float("inf")
    for epoch in range(epochs):
        network.train()
        order = rng.permutation(len(table.count))
        for start in range(0, len(order), _BATCH):
            chosen = order[start : start + _BATCH]
            tokens, pooling, numbers, labels, filled = _batch(table, chosen)
            losses = _losses(network(tokens, pooling, _shaken(rng, numbers), filled), labels)
            optimiser.zero_grad(set_to_none=True)
            (losses[0] + losses[1]).backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            _follow(averaged, network)
        scores, looks = _tuned(averaged, tune)
        if scores + 2 * looks < least:
            least = scores + 2 * looks
            best.load_state_dict(averaged.state_dict())
        say(f"seed {seed}, epoch {epoch + 1}: tune losses {scores:.4f} and {looks:.4f}")
    return best.eval()


def _follow(averaged: RoiNetwork, network: RoiNetwork) -> None:
    """The averaged weights go a little of the way: what one batch taught is forgotten again."""
    with torch.no_grad():
        for old, new in zip(averaged.parameters(), network.parameters(), strict=True):
            old.lerp_(new, 1 - _AVERAGED)


def predict(network: RoiEnsemble, table: Table) -> list[FloatArray]:
    """Probabilities of all parts: quality, importance, severity, subject, intentional.

    Each is (scenes, 16, …); rows beyond a scene's count mean nothing.
    """
    out: list[list[FloatArray]] = [[] for _ in range(5)]
    network.eval()
    with torch.no_grad():
        for start in range(0, len(table.count), 64):
            chosen = np.arange(start, min(start + 64, len(table.count)))
            tokens, pooling, numbers, _, filled = _batch(table, chosen)
            said = network(tokens, pooling, numbers, filled)
            for kept, x in zip(out, said, strict=True):
                kept.append(x.numpy())
    return [np.concatenate(x) for x in out]


def heard_in(table: Table) -> list[str]:
    """The distortions that have planes in a table."""
    there = [NUMBERS.index(f"{name}.there") for name in DISTORTIONS]
    return [n for n, i in zip(DISTORTIONS, there, strict=True) if table.numbers[..., i].any()]


def answered(table: Table, head: Head) -> list[FloatArray]:
    """As `predict`, from the exported head as the engine runs it."""
    out: list[list[FloatArray]] = [[] for _ in range(5)]
    for s in range(len(table.count)):
        filled = np.flatnonzero(np.abs(table.maps[s].astype(np.float32)).sum(1) > 0)
        cells = int(filled[-1]) + 1 if filled.size else 1
        maps = np.ascontiguousarray(table.maps[s, :cells].T.astype(np.float32))[:, None]
        pooling = table.pooling[s, :, :cells].astype(np.float32)
        said = head.answers(maps, pooling, table.numbers[s])
        parts = (said.quality, said.importance, said.severity, said.subject, said.intentional)
        for kept, x in zip(out, parts, strict=True):
            kept.append(x)
    return [np.stack(x) for x in out]


def _standardise(network: RoiNetwork, table: Table) -> None:
    used = np.arange(PARTS)[None] < table.count[:, None]
    numbers = table.numbers[used]
    tokens = table.maps[::7].astype(np.float32)
    tokens = tokens[np.abs(tokens).sum(-1) > 0]
    for mean, sd, values in (
        (network.number_mean, network.number_sd, numbers),
        (network.map_mean, network.map_sd, tokens),
    ):
        mean.copy_(torch.from_numpy(values.mean(0)))
        sd.copy_(torch.from_numpy(np.maximum(values.std(0), 0.02)))


def _batch(
    table: Table, chosen: npt.NDArray[np.int64]
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Tokens, pooling, numbers, labels, and which cells are a photo's."""
    arrays = (table.maps, table.pooling, table.numbers, table.labels)
    tokens, pooling, numbers, labels = (
        torch.from_numpy(np.ascontiguousarray(a[chosen])).float() for a in arrays
    )
    return tokens, pooling, numbers, labels, (tokens.abs().sum(-1) > 0).float()


_PER_KIND: Final = len(NUMBERS[: NUMBERS.index("area")]) // _KINDS
_SEVERE: Final = [
    i for i in range(_PER_KIND) if NUMBERS[i].split(" ")[-1] in ("mean", "p10", "p90", "top")
]


def _shaken(rng: np.random.Generator, numbers: Tensor) -> Tensor:
    """Planes of a network that is a little stricter or milder, or lacks a distortion."""
    numbers = numbers.clone()
    scenes = len(numbers)
    for d in range(_KINDS):
        at = [d * _PER_KIND + i for i in _SEVERE]
        factor = torch.from_numpy(np.exp(rng.normal(0, 0.12, (scenes, 1, 1))).astype(np.float32))
        numbers[:, :, at] = (numbers[:, :, at] * factor).clamp(max=1.0)
        gone = torch.from_numpy(rng.random(scenes) < 0.06)
        numbers[gone, :, d * _PER_KIND : (d + 1) * _PER_KIND] = 0.0
    return numbers


def _two_hot(value: Tensor, centres: Tensor) -> Tensor:
    """Probabilities of neighbouring levels whose mean is the value; ends beyond the centres."""
    width = centres[1] - centres[0]
    near = 1 - (value[..., None] - centres).abs() / width
    near = near.clamp(min=0)
    total = near.sum(-1, keepdim=True)
    nearest = functional.one_hot(
        (value[..., None] - centres).abs().argmin(-1), len(centres)
    ).float()
    return torch.where(total > 0.999, near / total.clamp(min=1e-6), nearest)


def _graded(logits: Tensor, value: Tensor) -> Tensor:
    """Cross-entropy with the two levels around the value, and the squared error of the mean."""
    centres = torch.arange(LEVELS) / (LEVELS - 1)
    known = value >= 0
    if not bool(known.any()):
        return logits.sum() * 0
    p = torch.log_softmax(logits[known], -1)
    target = _two_hot(value[known], centres)
    cross = -(target * p).sum(-1).mean()
    mean = (p.exp() * centres).sum(-1)
    return 0.5 * cross + 8 * functional.mse_loss(mean, value[known])


def _severities(logits: Tensor, value: Tensor) -> Tensor:
    known = value >= 0
    if not bool(known.any()):
        return logits.sum() * 0
    centres = (torch.arange(LEVELS) + 0.5) / LEVELS
    v = value[known]
    there = (v > 0).float()[:, None]
    target = torch.cat([1 - there, there * _two_hot(v, centres)], -1)
    return -(target * torch.log_softmax(logits[known], -1)).sum(-1).mean()


def _yes(logits: Tensor, value: Tensor) -> Tensor:
    known = value >= 0
    if not bool(known.any()):
        return logits.sum() * 0
    return functional.binary_cross_entropy_with_logits(logits[known], value[known])


def _losses(said: Said, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Of what was measured, and of what people meant."""
    quality, importance, severity, subject, intentional = said
    scores = _graded(quality, labels[..., 0]) + 0.7 * _graded(importance, labels[..., 1])
    scores = scores + 3 * _severities(severity, labels[..., 3 : 3 + _KINDS])
    looks = _yes(subject, labels[..., 2]) + _yes(intentional, labels[..., 3 + _KINDS :])
    return scores, 0.7 * looks


def _tuned(network: RoiNetwork, tune: Table) -> tuple[float, float]:
    network.eval()
    with torch.no_grad():
        tokens, pooling, numbers, labels, filled = _batch(tune, np.arange(len(tune.count)))
        scores, looks = _losses(network(tokens, pooling, numbers, filled), labels)
        return float(scores), float(looks)
