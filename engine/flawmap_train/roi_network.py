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

__all__ = ["LEVELS", "RoiGraph", "RoiNetwork", "Said"]

LEVELS: Final = 5
_KINDS: Final = len(DISTORTIONS)
_EYES: Final = 40
_TOLD: Final = 112
_MIXED: Final = 128

_FORGOTTEN: Final = 0.4

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
        tokens = (tokens - self.map_mean) / self.map_sd
        if self.training:
            # A few hundred photos must not be known by heart: whole channels are left out.
            kept = torch.rand(len(tokens), 1, tokens.shape[2], device=tokens.device) > _FORGOTTEN
            tokens = tokens * kept / (1 - _FORGOTTEN)
        seen = self.eyes(tokens)
        part = torch.matmul(pooling, seen)
        if filled is None:
            whole = seen.mean(1, keepdim=True)
        else:
            share = filled[..., None] / filled.sum(1)[:, None, None]
            whole = (seen * share).sum(1, keepdim=True)
        whole = whole.expand_as(part)
        told = self.told(((numbers - self.number_mean) / self.number_sd).clamp(-6, 6))
        asked = self.ask(torch.cat([part, told], -1))
        weight = torch.matmul(asked, self.key(seen).transpose(1, 2)) / _EYES**0.5
        if filled is not None:
            weight = weight - 1e4 * (1 - filled[:, None])
        around = torch.matmul(torch.softmax(weight, -1), seen)
        mixed = self.mix(torch.cat([part, whole, around, told], -1))
        out = self.answer(mixed)
        quality, importance, severity, subject, intentional = torch.split(
            out, [LEVELS, LEVELS, (LEVELS + 1) * _KINDS, 1, _KINDS], -1
        )
        severity = severity.reshape(*severity.shape[:-1], _KINDS, LEVELS + 1)
        return quality, importance, severity, subject[..., 0], intentional


class RoiGraph(nn.Module):
    """What `roi.onnx` computes: one photo's maps, n parts, probabilities."""

    def __init__(self, network: RoiNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, maps: Tensor, pooling: Tensor, numbers: Tensor) -> Said:
        """maps [channels, h, w], pooling [n, h * w], numbers [n, numbers] to probabilities."""
        tokens = maps.flatten(1).transpose(0, 1)[None]
        said = self.network(tokens, pooling[None], numbers[None])
        quality, importance, severity, subject, intentional = (x[0] for x in said)
        return (
            torch.softmax(quality, -1),
            torch.softmax(importance, -1),
            torch.softmax(severity, -1),
            torch.sigmoid(subject),
            torch.sigmoid(intentional),
        )
