"""The dense network: photo and thumbnail in; presence, strength and "cannot tell" out.

The view halved by area, EfficientNet-Lite0 stages 1-5 on it, a 48-wide top-down decoder with
dense 3x3 convolutions to stride 8. Beside the pretrained eyes: measured evidence from full
resolution (high-pass energies, clipping), which halving would lose, and the whole photo's context
(frozen ImageNet features and tone statistics of a 128 px thumbnail), which a tile cannot know.
Severity is presence x strength, so that "is it there" does not pull "how strong" down.
"""

from __future__ import annotations

import math
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from .lite0 import CHANNELS, Lite0, imagenet_lite0
from .words import DISTORTIONS

__all__ = ["CONTEXT", "Context", "DenseNetwork", "Evidence"]

WIDTH: Final = 48
EVIDENCE: Final = 21
_LEVELS: Final = (0.03, 0.08, 0.18, 0.32, 0.5, 0.68, 0.84, 0.97)
_HUES: Final = 8
_CHROMAS: Final = (0.03, 0.08, 0.16, 0.3)
CONTEXT: Final = CHANNELS[4] + len(_LEVELS) + 8 + _HUES + 6 + len(_CHROMAS) + 2


class Context(nn.Module):
    """What the whole photo is like: 148 numbers from its 128 px thumbnail. Frozen.

    Input float32 [n, 3, 128, 128], RGB 0..255; output float32 [n, CONTEXT]: means of ImageNet
    Lite0's stage 5, soft shares of eight luma levels, mean and spread of luma, mean colour
    differences, chroma, shares clipped and crushed; then chroma by hue, colour of shadows, middle
    tones and highlights (a cast tints the greys of all three), soft shares of four chroma levels,
    and local contrast, fine and coarse.
    """

    def __init__(self, *, pretrained: bool = True) -> None:
        super().__init__()
        self.eyes = imagenet_lite0(5) if pretrained else Lite0(5).eval()
        for parameter in self.parameters():
            parameter.requires_grad_(False)

    def train(self, mode: bool = True) -> Context:  # noqa: ARG002 - torch's own signature
        """Stay in eval mode, whatever the network around it does."""
        return super().train(False)

    def forward(self, thumbnail: Tensor) -> Tensor:
        """The thumbnail's numbers."""
        deep = self.eyes(thumbnail)[-1].mean((2, 3)) * 0.25
        x = thumbnail / 255.0
        r, g, b = x[:, 0], x[:, 1], x[:, 2]
        y = 0.299 * r + 0.587 * g + 0.114 * b
        shares = [
            torch.clamp(1 - torch.abs(y - level) / 0.12, min=0).mean((1, 2)) for level in _LEVELS
        ]
        mean = y.mean((1, 2))
        spread = torch.abs(y - mean[:, None, None]).mean((1, 2))
        rg, yb = r - g, 0.5 * (r + g) - b
        rest = [
            mean * 2,
            spread * 4,
            rg.mean((1, 2)) * 3,
            yb.mean((1, 2)) * 3,
            torch.abs(rg).mean((1, 2)) * 3,
            torch.abs(yb).mean((1, 2)) * 3,
            torch.clamp((x.amin(1) - 0.96) / 0.03, 0, 1).mean((1, 2)) * 3,
            torch.clamp((0.04 - x.amax(1)) / 0.03, 0, 1).mean((1, 2)) * 3,
        ]
        chroma = torch.sqrt(rg * rg + yb * yb + 1e-6)
        along = [
            (rg * math.cos(a) + yb * math.sin(a))
            for a in (2 * math.pi * k / _HUES for k in range(_HUES))
        ]
        hues = [torch.clamp(2 * s - chroma, min=0).mean((1, 2)) * 4 for s in along]
        tones = []
        for level in (0.2, 0.5, 0.8):
            near = torch.clamp(1 - torch.abs(y - level) / 0.25, min=0) + 1e-3
            tones += [(c * near).mean((1, 2)) / near.mean((1, 2)) * 3 for c in (rg, yb)]
        chromas = [
            torch.clamp(1 - torch.abs(chroma - level) / (0.8 * level), min=0).mean((1, 2))
            for level in _CHROMAS
        ]
        plane = y[:, None]
        local = [
            torch.abs(plane - functional.avg_pool2d(plane, n, stride=1, padding=n // 2))[
                ..., n:-n, n:-n
            ].mean((1, 2, 3))
            * 8
            for n in (5, 21)
        ]
        colour = torch.stack([*hues, *tones, *chromas, *local], 1)
        return torch.cat([deep, torch.stack([*shares, *rest], 1), colour], 1)


class Evidence(nn.Module):
    """Measured planes at stride 8 from full resolution; nothing here is learned.

    Fixed filters on every second pixel: diagonal, Laplacian, horizontal and vertical high-pass of
    luma, and two of colour differences; the logarithm of their mean size in a cell, and of the
    quietest quarter of it (grain fills even the quietest). Beside them mean luma, its range, the
    shares clipped and crushed, mean colour differences and chroma, and the Laplacian of the view
    at a half, a quarter and an eighth: which octaves are empty says how wide a blur is.
    """

    kernels: Tensor
    laplace: Tensor

    def __init__(self) -> None:
        super().__init__()
        grey = torch.tensor([0.299, 0.587, 0.114])
        diagonal = torch.tensor([[1.0, -2, 1], [-2, 4, -2], [1, -2, 1]]) / 4
        laplace = torch.tensor([[0.0, -1, 0], [-1, 4, -1], [0, -1, 0]]) / 4
        across = torch.tensor([[0.0, 0, 0], [0, 1, -1], [0, 0, 0]])
        before = torch.tensor([[0.0, 0, 0], [-1, 1, 0], [0, 0, 0]])
        planes = [grey[:, None, None] * k for k in (diagonal, laplace, across, before)]
        planes += [grey[:, None, None] * k for k in (across.T, before.T)]
        red = torch.tensor([0.5, -0.419, -0.081])
        blue = torch.tensor([-0.169, -0.331, 0.5])
        planes += [red[:, None, None] * laplace, blue[:, None, None] * laplace]
        self.register_buffer("kernels", torch.stack(planes), persistent=False)
        self.register_buffer("laplace", laplace[None, None], persistent=False)

    def forward(self, photo: Tensor, half: Tensor) -> Tensor:
        """Planes [n, EVIDENCE, h/8, w/8] of a photo [n, 3, h, w], 0..255, and its 2x2 means."""
        energy = torch.abs(functional.conv2d(photo, self.kernels, stride=2, padding=1))
        quarter = functional.avg_pool2d(energy, 2)
        mean = functional.avg_pool2d(quarter, 2)
        quiet = -functional.max_pool2d(-quarter[:, :2], 2)
        logs = torch.log(torch.cat([mean, quiet], 1) + 0.1) * 0.5
        tone = functional.avg_pool2d(half, 2)
        y = 0.299 * tone[:, 0:1] + 0.587 * tone[:, 1:2] + 0.114 * tone[:, 2:3]
        top = functional.max_pool2d(y, 2)
        bottom = -functional.max_pool2d(-y, 2)
        low = half.amin(1, keepdim=True)
        high = half.amax(1, keepdim=True)
        clipped = functional.avg_pool2d(torch.clamp((low - 246) / 8, 0, 1), 4)
        one = functional.avg_pool2d(torch.clamp((high - 246) / 8, 0, 1), 4)
        crushed = functional.avg_pool2d(torch.clamp((10 - high) / 8, 0, 1), 4)
        tones = [
            (top + bottom) / 128 - 2,
            torch.log(top - bottom + 0.5) * 0.5,
            clipped,
            one,
            crushed,
        ]
        rg = tone[:, 0:1] - tone[:, 1:2]
        yb = (tone[:, 0:1] + tone[:, 1:2]) / 2 - tone[:, 2:3]
        hues = [
            functional.avg_pool2d(c, 2) / 64 for c in (rg, yb, torch.sqrt(rg * rg + yb * yb + 1))
        ]
        grey = 0.299 * half[:, 0:1] + 0.587 * half[:, 1:2] + 0.114 * half[:, 2:3]
        octaves = []
        for size in (4, 2, 1):
            edges = torch.abs(functional.conv2d(grey, self.laplace, padding=1))
            edges = functional.avg_pool2d(edges, size) if size > 1 else edges
            octaves.append(torch.log(edges + 0.1) * 0.5)
            if size > 1:
                grey = functional.avg_pool2d(grey, 2)
        return torch.cat([logs, *tones, *hues, *octaves], 1)


def _conv(inner: int, outer: int, kernel: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inner, outer, kernel, stride=stride, padding=kernel // 2, bias=False),
        nn.BatchNorm2d(outer),
        nn.ReLU(inplace=True),
    )


class DenseNetwork(nn.Module):
    """Presence and strength of each distortion at stride 8."""

    def __init__(self, *, pretrained: bool = True) -> None:
        super().__init__()
        self.eyes = imagenet_lite0(5) if pretrained else Lite0(5)
        self.evidence = Evidence()
        c1, c2, c3, _, c5 = CHANNELS[:5]
        self.top = nn.Conv2d(c5, WIDTH, 1)
        self.around = nn.Sequential(
            _conv(WIDTH + EVIDENCE, WIDTH, 3), nn.Conv2d(WIDTH, WIDTH, 3, padding=1)
        )
        self.side3 = nn.Conv2d(c3, WIDTH, 1)
        self.side2 = nn.Conv2d(c2, WIDTH, 1)
        self.side1 = nn.Conv2d(c1, WIDTH, 3, stride=2, padding=1)
        self.measured = nn.Sequential(_conv(EVIDENCE, 32, 1), nn.Conv2d(32, WIDTH, 1))
        self.middle = _conv(WIDTH, WIDTH, 3)
        self.joined = _conv(WIDTH, WIDTH, 3)
        self.photo = nn.Sequential(
            nn.Linear(CONTEXT, 96), nn.ReLU(inplace=True), nn.Linear(96, 2 * WIDTH)
        )
        self.last = nn.Sequential(_conv(WIDTH, WIDTH, 3), _conv(WIDTH, WIDTH, 3))
        self.presence = nn.Conv2d(WIDTH, len(DISTORTIONS), 1)
        self.strength = nn.Conv2d(WIDTH, len(DISTORTIONS), 1)
        self.unsure = nn.Conv2d(WIDTH, len(DISTORTIONS), 1)
        nn.init.zeros_(self.around[1].weight)
        nn.init.zeros_(self.around[1].bias)
        nn.init.zeros_(self.photo[2].weight)
        nn.init.zeros_(self.photo[2].bias)
        nn.init.constant_(self.presence.bias, -2.0)

    def forward(self, photo: Tensor, context: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of presence and strength.

        Parameters
        ----------
        photo : float32 [n, 3, h, w], RGB 0..255, h and w multiples of 32
        context : float32 [n, CONTEXT], from `Context`

        Returns
        -------
        two float32 [n, 8, h / 8, w / 8]
        """
        x = self.decoded(photo, context)
        return self.presence(x), self.strength(x)

    def everything(self, photo: Tensor, context: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logits of presence, strength and "cannot tell"; arguments as for `forward`."""
        x = self.decoded(photo, context)
        return self.presence(x), self.strength(x), self.unsure(x)

    def decoded(self, photo: Tensor, context: Tensor) -> Tensor:
        """The last features at stride 8, float32 [n, WIDTH, h / 8, w / 8]."""
        half = functional.avg_pool2d(photo, 2)
        s1, s2, s3, _, s5 = self.eyes(half)
        evidence = self.evidence(photo, half)
        top = self.top(s5)
        # Light and texture around: a dark patch is known by its rim, and filled from there.
        top = top + self.around(torch.cat([top, functional.avg_pool2d(evidence, 4)], 1))
        x = functional.interpolate(top, scale_factor=2, mode="nearest") + self.side3(s3)
        x = self.middle(x)
        x = functional.interpolate(x, scale_factor=2, mode="nearest")
        x = x + self.side2(s2) + self.side1(s1) + self.measured(evidence)
        x = self.joined(x)
        gain, shift = self.photo(context)[:, :, None, None].chunk(2, 1)
        features: Tensor = self.last(x * (1 + gain) + shift)
        return features

    @staticmethod
    def severity(presence: Tensor, strength: Tensor) -> Tensor:
        """Raw severity, 0..1: presence x strength."""
        return torch.sigmoid(presence) * torch.sigmoid(strength)
