"""`flawmap-train`: make crops, look at them, train, calibrate, export, measure.

    flawmap-train cache --data DIR --cache DIR       packed crops, beside the training or before it
    flawmap-train sheet --data DIR --out sheet.png   look at what the generator makes
    flawmap-train train --cache DIR --work DIR       in slices: --minutes N --resume
    flawmap-train calibrate | export | card          from the checkpoint to the shipped files
    flawmap-train evaluate                           the table on held-out crops

The folder of photos is given by --data or by FLAWMAP_DATA.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    run = {
        "cache": _cache,
        "sheet": _sheet,
        "train": _train,
    }[options.command]
    run(options)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="flawmap-train", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name: str, help_: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=help_)
        sub.add_argument("--data", type=Path, default=os.environ.get("FLAWMAP_DATA"))
        sub.add_argument("--work", type=Path, default=Path("train-work"), help="checkpoints")
        sub.add_argument("--cache", type=Path, help="packed crops (default: WORK/cache)")
        return sub

    cache = command("cache", "make packed crops")
    cache.add_argument("--part", choices=("train", "tune", "dev"), default="train")
    cache.add_argument("--shards", type=int, default=32)
    cache.add_argument("--first", type=int, default=0)
    cache.add_argument("--step", type=int, default=1)
    cache.add_argument("--size", type=int, default=512)
    cache.add_argument("--keep", type=int)
    cache.add_argument("--seed", type=int, default=1)
    cache.add_argument("--clean", action="store_true")

    sheet = command("sheet", "contact sheet of the generator's crops")
    sheet.add_argument("--out", type=Path, default=Path("sheet.png"))
    sheet.add_argument("--seed", type=int, default=0)
    sheet.add_argument("--only")

    train = command("train", "train, or go on training")
    train.add_argument("--plan-minutes", type=float, default=90.0, help="length of the whole training")
    train.add_argument("--minutes", type=float, help="length of this slice (default: the plan)")
    train.add_argument("--resume", action="store_true")
    train.add_argument("--batch", type=int)
    train.add_argument("--rate", type=float, default=2e-3)
    train.add_argument("--threads", type=int, default=2)
    train.add_argument("--seed", type=int, default=0)
    return parser


def _data(options: argparse.Namespace) -> Path:
    if options.data is None:
        sys.exit("Say where the photos are: --data DIR, or set FLAWMAP_DATA.")
    return Path(options.data)


def _cache_of(options: argparse.Namespace, part: str = "train") -> Path:
    return Path(options.cache or options.work / "cache" / part)


def _say(text: str) -> None:
    print(time.strftime("%H:%M:%S"), text, flush=True)


def _cache(options: argparse.Namespace) -> None:
    from .cache import fill

    out = _cache_of(options, options.part + ("-clean" if options.clean else ""))
    for shard in fill(
        _data(options),
        out,
        part=options.part,
        seed=options.seed,
        count=options.shards,
        first=options.first,
        step=options.step,
        size=options.size,
        keep=options.keep,
        clean=options.clean,
    ):
        _say(f"made {shard.name}")


def _sheet(options: argparse.Namespace) -> None:
    from .sheet import write_sheet
    from .synthesis import load_photos, load_shapes

    data = _data(options)
    photos, shapes = load_photos(data, "train"), load_shapes(data, "train")
    write_sheet(options.out, photos, shapes, seed=options.seed, only=options.only)
    _say(f"wrote {options.out}")


def _train(options: argparse.Namespace) -> None:
    import torch

    from .training import Plan, Trainer

    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.set_num_threads(options.threads)
    batch = options.batch or (256 if device == "cuda" else 32)
    plan = Plan(options.plan_minutes * 60, rate=options.rate, batch=batch, seed=options.seed)
    trainer = Trainer(plan, device=device)
    checkpoint = options.work / "checkpoint.pt"
    if options.resume and checkpoint.exists():
        trainer.load(checkpoint)
    minutes = options.minutes if options.minutes is not None else options.plan_minutes
    _say(f"training on {device}, batch {batch}, from step {trainer.step}")
    trainer.run(_cache_of(options), seconds=minutes * 60, checkpoint=checkpoint, say=_say)
    _say(f"stopped at step {trainer.step}, {trainer.seen} crops, progress {trainer.progress:.3f}")
