"""The training loop: cached crops in, checkpoints out, in slices that can be resumed.

AdamW with a lower rate for the pretrained backbone, cosine over the planned minutes, averaged
weights, bf16 and a larger batch where there is a CUDA device. One process; the generator runs
beside it and the loop looks for new shards as it goes.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from .cache import Shard, shards
from .losses import dense_loss, unsure_loss
from .network import DenseNetwork

__all__ = ["Plan", "Trainer", "blended", "load_weights", "save_checkpoint"]

AVERAGE: Final = 0.998
BACKBONE: Final = 0.35
UNSURE: Final = 0.15


@dataclass(frozen=True, slots=True)
class Plan:
    """What a training is meant to be; `seconds` is time spent in steps, over all slices."""

    seconds: float
    rate: float = 2e-3
    batch: int = 32
    warm_steps: int = 60
    seed: int = 0
    context_dropped: float = 0.12
    weight_decay: float = 0.02
    frozen: int = 0
    """How many of the backbone's first stages stay as they are; 2 save a quarter of a step."""


class Trainer:
    """A network, its optimiser, its averaged twin and how far they are."""

    def __init__(
        self, plan: Plan, *, network: DenseNetwork | None = None, device: str = "cpu"
    ) -> None:
        self.plan = plan
        self.device = device
        torch.manual_seed(plan.seed)
        # Channels last: a third less time a step on a CPU, where depthwise filters dominate.
        self.network = (network or DenseNetwork()).to(device, memory_format=torch.channels_last)
        self.twin = DenseNetwork(pretrained=False).to(device)
        self.twin.load_state_dict(self.network.state_dict())
        self.twin.eval()
        eyes = list(self.network.eyes.parameters())
        ours = {id(p) for p in eyes}
        rest = [p for p in self.network.parameters() if id(p) not in ours]
        self.optimiser = torch.optim.AdamW(
            [{"params": rest, "scale": 1.0}, {"params": eyes, "scale": BACKBONE}],
            lr=plan.rate,
            weight_decay=plan.weight_decay,
        )
        stages = list(self.network.eyes.stages)[: plan.frozen]
        self.frozen = [self.network.eyes.stem, *stages] if plan.frozen else []
        for part in self.frozen:
            part.requires_grad_(False)
        self.step = 0
        self.seen = 0
        self.busy = 0.0
        self.loss = float("nan")
        self.crops = 0
        self.before = (0, 0.0)
        self.rng = np.random.default_rng(plan.seed)

    @property
    def progress(self) -> float:
        """Share of the planned time that is used, 0..1."""
        return min(1.0, self.busy / self.plan.seconds)

    def train_step(
        self,
        crops: npt.NDArray[np.uint8],
        labels: npt.NDArray[np.uint8],
        context: npt.NDArray[np.float32],
        unknown: npt.NDArray[np.uint8],
    ) -> float:
        """One step on a batch; returns its loss."""
        began = time.monotonic()
        self._set_rate()
        self.network.train()
        for part in self.frozen:
            part.eval()
        photo = torch.from_numpy(crops.astype(np.float32)).to(self.device).permute(0, 3, 1, 2)
        truth = torch.from_numpy(np.concatenate([labels, unknown], 1)).to(self.device)
        vector = torch.from_numpy(context).to(self.device)
        photo, truth = _turned(photo, truth, int(self.rng.integers(8)))
        dropped = torch.from_numpy(self.rng.random(len(crops)) < self.plan.context_dropped)
        vector = vector.masked_fill(dropped.to(self.device)[:, None], 0.0)
        half = self.device != "cpu"
        with torch.autocast(self.device.split(":")[0], torch.bfloat16, enabled=half):
            presence, strength, unsure = self.network.everything(photo, vector)
        label, blind = truth.chunk(2, 1)
        loss = dense_loss(presence.float(), strength.float(), label)
        loss = loss + UNSURE * unsure_loss(unsure.float(), blind)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 2.0)
        self.optimiser.step()
        self._average()
        self.step += 1
        self.seen += len(crops)
        self.busy += time.monotonic() - began
        return float(loss.detach())

    def _set_rate(self) -> None:
        warm = min(1.0, (self.step + 1) / self.plan.warm_steps)
        rate = self.plan.rate * warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * self.progress)))
        for group in self.optimiser.param_groups:
            group["lr"] = rate * group["scale"]

    @torch.no_grad()
    def _average(self) -> None:
        keep = min(AVERAGE, (self.step + 1) / (self.step + 10))
        ours = self.network.state_dict()
        for name, value in self.twin.state_dict().items():
            if value.dtype.is_floating_point:
                value.lerp_(ours[name], 1 - keep)
            else:
                value.copy_(ours[name])

    def run(
        self,
        cache: Path,
        *,
        seconds: float,
        checkpoint: Path,
        say: Callable[[str], None] = print,
        save_every: float = 120.0,
    ) -> None:
        """Train for `seconds` of wall time, or until the plan is done; save as it goes."""
        end = time.monotonic() + seconds
        saved = looked = told = time.monotonic()
        pool = _Pool(cache, self.rng)
        total, count = 0.0, 0
        while time.monotonic() < end and self.progress < 1.0:
            total += self.train_step(*pool.batch(self.plan.batch))
            count += 1
            self.loss, self.crops = total / count, pool.crops
            now = time.monotonic()
            if now - looked > 20:
                pool.look()
                looked = now
            if now - told > 60:
                say(
                    f"step {self.step} seen {self.seen} loss {total / count:.4f} "
                    f"progress {self.progress:.3f} busy {self.busy / 60:.1f} min shards {pool.size}"
                )
                total, count, told = 0.0, 0, now
            if now - saved > save_every:
                save_checkpoint(self, checkpoint)
                saved = now
        save_checkpoint(self, checkpoint)

    def state(self) -> dict[str, Any]:
        """Everything that a later slice needs to go on as if it had never stopped."""
        return {
            "network": self.network.state_dict(),
            "twin": self.twin.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "seen": self.seen,
            "busy": self.busy,
            "before": self.before,
            "rng": json.dumps(self.rng.bit_generator.state),
        }

    def start_from(self, checkpoint: Path) -> None:
        """Begin with the averaged weights of an earlier training, and nothing else of it.

        The earlier network may lack a part of today's, or outputs, or inputs of a part: new outputs
        start as they are made, and what came out before does not hear new inputs yet.

        Raises
        ------
        ValueError
            If the checkpoint holds weights that today's network has no place for.
        """
        state = torch.load(checkpoint, map_location=self.device, weights_only=True)
        ours = self.network.state_dict()
        unknown = [name for name in state["twin"] if name not in ours]
        if unknown:
            raise ValueError(f"{checkpoint.name} is of another network: {unknown[0]}.")
        for name, value in state["twin"].items():
            ours[name] = _grown(value.to(ours[name].dtype), ours[name])
        self.network.load_state_dict(ours)
        self.twin.load_state_dict(ours)
        self.seen = state["seen"]
        self.before = (state["step"], state["busy"])

    def load(self, checkpoint: Path) -> None:
        """Go on from a checkpoint; the plan stays this trainer's own."""
        state = torch.load(checkpoint, map_location=self.device, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.twin.load_state_dict(state["twin"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.seen, self.busy = state["step"], state["seen"], state["busy"]
        self.before = tuple(state.get("before", (0, 0.0)))
        self.rng.bit_generator.state = json.loads(state["rng"])


def blended(earlier: Path, later: Path, share: float) -> dict[str, Any]:
    """The later checkpoint with averaged weights that are `share` its own, the rest the earlier's.

    Two trainings of which one began with the other's weights lie in one valley: the mean of both
    forgets less than the later one. What the later network has grown has that share of it too.
    """
    both = Trainer(Plan(seconds=1.0))
    both.start_from(earlier)
    old = {name: value.clone() for name, value in both.twin.state_dict().items()}
    both.start_from(later)
    new = both.twin.state_dict()
    state: dict[str, Any] = torch.load(later, map_location="cpu", weights_only=True)
    state["twin"] = {
        name: share * value + (1 - share) * old[name] if value.dtype.is_floating_point else value
        for name, value in new.items()
    }
    return state


def _grown(old: Tensor, new: Tensor) -> Tensor:
    """`new` with `old` in its corner, and nothing beside that corner in the rows that `old` has."""
    if old.shape == new.shape:
        return old
    out = new.clone()
    if out.dim() > 1:
        out[: old.shape[0], old.shape[1] :] = 0
    out[tuple(slice(n) for n in old.shape)] = old
    return out


def save_checkpoint(trainer: Trainer, file: Path) -> None:
    """Write a checkpoint beside its place and rename it into it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(f".part-{os.getpid()}")
    torch.save(trainer.state(), part)
    part.replace(file)


def load_weights(file: Path) -> DenseNetwork:
    """The averaged network of a checkpoint, in eval mode, on the CPU."""
    state = torch.load(file, map_location="cpu", weights_only=True)
    network = DenseNetwork(pretrained=False)
    network.load_state_dict(state["twin"])
    return network.eval()


def _turned(photo: Tensor, truth: Tensor, how: int) -> tuple[Tensor, Tensor]:
    """One of the eight ways to lay a square: mirrored, flipped, transposed."""
    if how & 1:
        photo, truth = photo.flip(3), truth.flip(3)
    if how & 2:
        photo, truth = photo.flip(2), truth.flip(2)
    if how & 4:
        photo, truth = photo.transpose(2, 3), truth.transpose(2, 3)
    return photo.contiguous(memory_format=torch.channels_last), truth


class _Pool:
    """The shards that are there; batches are drawn from all of them."""

    def __init__(self, folder: Path, rng: np.random.Generator) -> None:
        self.folder, self.rng = folder, rng
        self.open: dict[Path, Shard] = {}
        self.look()
        if not self.open:
            raise FileNotFoundError(
                f"{folder} holds no finished shard; run the cache command first."
            )

    @property
    def size(self) -> int:
        return len(self.open)

    @property
    def crops(self) -> int:
        return sum(len(shard.crops) for shard in self.open.values())

    def look(self) -> None:
        there = shards(self.folder)
        self.open = {p: self.open.get(p) or Shard.open(p) for p in there}

    def batch(
        self, count: int
    ) -> tuple[
        npt.NDArray[np.uint8],
        npt.NDArray[np.uint8],
        npt.NDArray[np.float32],
        npt.NDArray[np.uint8],
    ]:
        paths = sorted(self.open)
        which = self.rng.integers(len(paths), size=count)
        crops, labels, context, unknown = [], [], [], []
        for w in which:
            shard = self.open[paths[int(w)]]
            i = int(self.rng.integers(len(shard.crops)))
            crops.append(shard.crops[i])
            labels.append(shard.labels[i])
            context.append(shard.context[i])
            unknown.append(shard.unknown[i])
        return np.stack(crops), np.stack(labels), np.stack(context), np.stack(unknown)
