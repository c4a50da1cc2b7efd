"""The ROI head: features of the whole photo pooled under a mask, and what the planes say there.

SEAGULL's mask-based extractor at the size of an editor: the pooled levels of a frozen backbone are
its basic tokens, attention of the part over the whole photo's cells its global view, the dense
planes inside and outside the part its local view. Five levels a question, as the papers have it.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn

from flawmap_api.words import DISTORTIONS

__all__ = ["LEVELS", "RoiEnsemble", "RoiGraph", "RoiNetwork", "Said"]

LEVELS: Final = 5
_KINDS: Final = len(DISTORTIONS)
_EYES: Final = 40
_TOLD: Final = 112
_MIXED: Final = 128

_FORGOTTEN: Final = 0.4
# Of the five answers the first are distributions over levels.
_GRADED: Final = 3

#: Logits: quality and importance [n, 5], severity [n, 8, 6], subject [n], intentional [n, 8].
Said = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]


class RoiNetwork(nn.Module):
    """From maps, pooling weights and numbers of n parts of one photo, or of many, to logits."""

    def __init__(self, channels: int, numbers: int) -> None:
        super().__init__()
        self.register_buffer("map_mean", torch.zeros(channels))
        self.register_buffer("map_sd", torch.ones(channels))
        self.register_buffer("number_mean", torch.zeros(numbers))
        self.register_buffer("number_sd", torch.ones(numbers))
        self.eyes = nn.Linear(channels, _EYES)
        self.told = nn.Sequential(nn.Linear(numbers, _TOLD), nn.SiLU(), nn.Dropout(0.2))
        self.ask = nn.Linear(_EYES + _TOLD, _EYES)
        self.key = nn.Linear(_EYES, _EYES)
        self.mix = nn.Sequential(
            nn.Linear(3 * _EYES + _TOLD, _MIXED),
            nn.SiLU(),
            nn.Dropout(0.3),
            nn.Linear(_MIXED, _MIXED),
            nn.SiLU(),
            nn.Dropout(0.3),
        )
        self.answer = nn.Linear(_MIXED, 2 * LEVELS + (LEVELS + 1) * _KINDS + 1 + _KINDS)

    def forward(
        self, tokens: Tensor, pooling: Tensor, numbers: Tensor, filled: Tensor | None = None
    ) -> Said:
        """Logits for parts.

        tokens [b, cells, channels]; pooling [b, n, cells], rows sum to 1; numbers [b, n, numbers].
        filled [b, cells]: 1 for cells of a photo, 0 for what pads it to the batch's size; without
        it every cell is one.
        """
        # Standardising is part of the projection: maps are large, weights are not.
        weight = self.eyes.weight / self.map_sd
        if self.training:
            # A few hundred photos must not be known by heart: whole channels are left out.
            kept = torch.rand_like(self.map_sd) > _FORGOTTEN
            weight = weight * kept / (1 - _FORGOTTEN)
        bias = self.eyes.bias - torch.mv(weight, self.map_mean)
        seen = nn.functional.linear(tokens, weight, bias)
        part = torch.matmul(pooling, seen)
        if filled is None:
            whole = seen.mean(1, keepdim=True)
        else:
            share = filled[..., None] / filled.sum(1)[:, None, None]
            whole = (seen * share).sum(1, keepdim=True)
        whole = whole.expand_as(part)
        told = self.told(((numbers - self.number_mean) / self.number_sd).clamp(-6, 6))
        asked = self.ask(torch.cat([part, told], -1))
        heed = torch.matmul(asked, self.key(seen).transpose(1, 2)) / _EYES**0.5
        if filled is not None:
            heed = heed - 1e4 * (1 - filled[:, None])
        around = torch.matmul(torch.softmax(heed, -1), seen)
        mixed = self.mix(torch.cat([part, whole, around, told], -1))
        out = self.answer(mixed)
        quality, importance, severity, subject, intentional = torch.split(
            out, [LEVELS, LEVELS, (LEVELS + 1) * _KINDS, 1, _KINDS], -1
        )
        severity = severity.reshape(*severity.shape[:-1], _KINDS, LEVELS + 1)
        return quality, importance, severity, subject[..., 0], intentional


class RoiEnsemble(nn.Module):
    """Several trainings of one network: their probabilities' mean.

    A few dozen photos teach subject and intention; what one training makes of them is half chance.
    """

    def __init__(self, members: list[RoiNetwork]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    @property
    def channels(self) -> int:
        """Of the maps that it reads."""
        return int(self.members[0].map_mean.numel())

    @property
    def numbers(self) -> int:
        """How many numbers it is told of a part."""
        return int(self.members[0].number_mean.numel())

    def forward(
        self, tokens: Tensor, pooling: Tensor, numbers: Tensor, filled: Tensor | None = None
    ) -> Said:
        """As `RoiNetwork.forward`, but probabilities."""
        said = [
            [
                torch.softmax(x, -1) if i < _GRADED else torch.sigmoid(x)
                for i, x in enumerate(member(tokens, pooling, numbers, filled))
            ]
            for member in self.members
        ]
        first, second, third, fourth, fifth = (
            torch.stack(parts).mean(0) for parts in zip(*said, strict=True)
        )
        return first, second, third, fourth, fifth


class RoiGraph(nn.Module):
    """What `roi.onnx` computes: one photo's maps, n parts, probabilities."""

    def __init__(self, network: RoiEnsemble) -> None:
        super().__init__()
        self.network = network

    def forward(self, maps: Tensor, pooling: Tensor, numbers: Tensor) -> Said:
        """maps [channels, h, w], pooling [n, h * w], numbers [n, numbers] to probabilities."""
        tokens = maps.flatten(1).transpose(0, 1)[None]
        said = self.network(tokens, pooling[None], numbers[None])
        quality, importance, severity, subject, intentional = (x[0] for x in said)
        return quality, importance, severity, subject, intentional
