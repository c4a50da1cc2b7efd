"""What the training minimises: is it there, how strong is it, their product, and can one tell."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from .network import DenseNetwork
from .words import IGNORE, LABEL_SCALE, VISIBLE

__all__ = ["FOREGROUND_WEIGHT", "dense_loss", "truth_of", "unsure_loss"]

FOREGROUND_WEIGHT = 2.0
# blur, jitter, noise, overexposure, low light, compression, contrast, colour; their mean is 1.
_COUNTS = (1.1, 1.1, 0.7, 1.1, 1.4, 0.6, 1.0, 1.0)


def truth_of(label: Tensor) -> tuple[Tensor, Tensor]:
    """Severity (float32, 0..1) and whether it counts (float32, 0 or 1) of a uint8 label."""
    counts = (label != IGNORE).to(torch.float32)
    return label.to(torch.float32) / LABEL_SCALE * counts, counts


def dense_loss(presence: Tensor, strength: Tensor, label: Tensor) -> Tensor:
    """One number for a batch.

    Parameters
    ----------
    presence, strength : float32 [n, 8, h, w], logits
    label : uint8 [n, 8, h, w]

    Notes
    -----
    Presence is taught a soft yes: 0 at 0, 1 from 0.15 on, since nobody can say at which strength
    a flaw begins. Strength is taught only where there is something. The product is taught too,
    it is what the world sees. How often a distortion occurs makes no difference to what it counts;
    those that are learned last count more (`_COUNTS`).
    """
    truth, counts = truth_of(label)
    there = torch.clamp(truth / 0.15, 0, 1)
    weight = counts * (1 + (FOREGROUND_WEIGHT - 1) * there)
    each = functional.binary_cross_entropy_with_logits(presence, there, reduction="none")
    found = _mean(each * weight, weight)
    has = counts * (truth >= VISIBLE)
    guess = torch.sigmoid(strength)
    amount = functional.binary_cross_entropy_with_logits(strength, truth, reduction="none")
    strong = _mean((amount + 2 * torch.abs(guess - truth)) * has, has)
    error = torch.abs(DenseNetwork.severity(presence, strength) - truth)
    return found + 0.25 * strong + 0.7 * _mean(error * weight, weight)


def unsure_loss(unsure: Tensor, unknown: Tensor) -> Tensor:
    """Whether a flaw could be seen: logits [n, 8, h, w] against uint8 1, 0 or IGNORE."""
    counts = (unknown != IGNORE).to(torch.float32)
    truth = unknown.to(torch.float32) * counts
    each = functional.binary_cross_entropy_with_logits(unsure, truth, reduction="none")
    return (each * counts).sum() / (counts.sum() + 1.0)


def _mean(value: Tensor, weight: Tensor) -> Tensor:
    """Mean over a batch and its cells, then over the distortions."""
    each = value.sum((0, 2, 3)) / (weight.sum((0, 2, 3)) + 1.0)
    return (each * torch.tensor(_COUNTS, device=each.device)).mean()
