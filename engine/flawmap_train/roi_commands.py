"""The commands of `flawmap-train` for the heads: scenes, parts of photos, whole photos.

    flawmap-train roi-cache --work W --part train --count 3000     once (also tune and dev)
    flawmap-train roi --work W --weights DIR                       after each new dense network
    flawmap-train opinion --weights DIR [--more DIR]               likewise

`roi` looks at the kept scenes with the networks of DIR, trains, chooses operating points on tune
scenes, exports, measures on dev scenes and writes roi.onnx, roi.json and ROI_CARD.md into DIR. What
the head is not better at than the formulas, it does not serve.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

__all__ = ["COMMANDS", "add_commands"]

_PARTS: Final = {"train": 3000, "tune": 360, "dev": 500}

Command = Callable[[argparse.Namespace], None]


def add_commands(command: Callable[[str, str], argparse.ArgumentParser]) -> None:
    """Add the commands to the parser's own; `COMMANDS` runs them."""
    cache = command("roi-cache", "make scenes for the ROI head")
    cache.add_argument("--part", choices=tuple(_PARTS), default="train")
    cache.add_argument("--count", type=int, help="scenes (default: 3000, 360 and 500 by part)")
    cache.add_argument("--seed", type=int, default=1)
    cache.add_argument("--first", type=int, default=0)
    cache.add_argument("--step", type=int, default=1)
    cache.add_argument("--weights", type=Path, help="networks whose regions are among the parts")
    head = command("roi", "train, export and measure the ROI head")
    head.add_argument("--weights", type=Path, required=True, help="folder of dense.onnx")
    head.add_argument("--epochs", type=int, default=10)
    head.add_argument("--scenes", type=int, help="of the training part, at most")
    head.add_argument("--members", type=int, default=3)
    head.add_argument("--processes", type=int, default=2, help="that look at scenes")
    head.add_argument("--seed", type=int, default=0)
    opinion = command("opinion", "the whole photo's quality, from features and planes")
    opinion.add_argument("--weights", type=Path, required=True, help="folder of dense.onnx")
    opinion.add_argument(
        "--more", type=Path, nargs="*", default=[], help="folders with labels.csv: file, mos, group"
    )
    opinion.add_argument("--photos", type=int, default=30, help="train photos that are spoilt")


def _say(text: str) -> None:
    print(time.strftime("%H:%M:%S"), text, flush=True)


def _scenes(options: argparse.Namespace, part: str) -> Path:
    return Path(options.work) / "roi" / part


def _cache(options: argparse.Namespace) -> None:
    import cv2

    from flawmap_engine.inference import Networks

    from .roi_cache import fill
    from .whole_maps import with_maps

    if options.data is None:
        sys.exit("Say where the photos are: --data DIR, or set FLAWMAP_DATA.")
    cv2.setNumThreads(1)
    if options.weights is not None:
        with_maps(options.weights)
    with Networks.load(device="cpu", threads=1, weights=options.weights) as networks:
        made = fill(
            Path(options.data),
            _scenes(options, options.part),
            networks,
            part=options.part,
            count=options.count or _PARTS[options.part],
            seed=options.seed,
            first=options.first,
            step=options.step,
        )
        for number, file in enumerate(made):
            if number % 100 == 0:
                _say(f"made {file.name}")


def _head(options: argparse.Namespace) -> None:
    import torch

    from .roi_evaluation import as_text, better, choose_thresholds, roi_table
    from .roi_export import export_head, write_card
    from .roi_model_card import write_model_card
    from .roi_training import heard_in, predict, train
    from .whole_maps import with_maps

    with_maps(options.weights)
    torch.set_num_threads(options.threads)
    began = time.monotonic()
    tables = {part: _looked(options, part) for part in _PARTS}
    looked = time.monotonic() - began
    _say(f"looked at {sum(len(t.count) for t in tables.values())} scenes in {looked:.0f} s")
    network = train(
        tables["train"],
        tables["tune"],
        epochs=options.epochs,
        members=options.members,
        seed=options.seed,
        say=_say,
    )
    trained = time.monotonic() - began - looked
    said = {part: predict(network, tables[part]) for part in ("tune", "dev")}
    thresholds = choose_thresholds(tables["tune"], said["tune"])
    # Which parts of the head ship at all is the one thing that dev scenes decide: tune photos hold
    # few subjects and few looks. Operating points come from tune scenes alone.
    table = roi_table(tables["dev"], said["dev"], thresholds)
    serves, text = better(table), as_text(table)
    export_head(network, options.weights / "roi.onnx")
    card = write_card(options.weights, network, thresholds, serves, heard_in(tables["train"]))
    write_model_card(
        options.weights,
        card,
        text,
        scenes={part: len(t.count) for part, t in tables.items()},
        parts={part: int(t.count.sum()) for part, t in tables.items()},
        minutes=(looked / 60, trained / 60),
    )
    _say(f"serves {', '.join(card['serves'])}")
    print(f"\n{text}")


def _looked(options: argparse.Namespace, part: str) -> Any:
    """All scenes of a part through the networks, by several processes."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    from .roi_training import Table

    folder, count = _scenes(options, part), max(1, options.processes)
    most = options.scenes if part == "train" else None
    with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
        waiting = [
            pool.submit(_gathered, folder, options.weights, first, count, most)
            for first in range(count)
        ]
        return Table.joined([w.result() for w in waiting])


def _gathered(folder: Path, weights: Path, first: int, step: int, most: int | None) -> Any:
    import cv2

    from flawmap_engine.inference import Networks

    from .roi_training import gather

    cv2.setNumThreads(1)
    with Networks.load(device="cpu", threads=1, weights=weights) as networks:
        return gather(folder, networks, first=first, step=step, most=most)


def _opinion(options: argparse.Namespace) -> None:
    import cv2

    from flawmap_engine.inference import Networks

    from .opinion import export_opinion, fit, look_at, out_of_fold, pretended, write_opinion_card

    if options.data is None:
        sys.exit("Say where the photos are: --data DIR, or set FLAWMAP_DATA.")
    cv2.setNumThreads(1)
    data = Path(options.data)
    tables = [data / "real" / "clive", *options.more]
    with Networks.load(device="cpu", threads=options.threads, weights=options.weights) as networks:
        rated = look_at(tables, networks)
        _say(f"looked at {len(rated.mos)} photos with opinions")
        made = pretended(data, networks, photos=options.photos)
        _say(f"looked at {len(made.severity)} made ones")
    figures = out_of_fold(rated, made)
    model = fit(rated, made)
    export_opinion(model, options.weights / "opinion.onnx")
    write_opinion_card(options.weights, rated, made, figures)
    _say(", ".join(f"{k} {v:.4f}" for k, v in figures.items()))


#: Name of a command to what runs it.
COMMANDS: Final[dict[str, Command]] = {"roi-cache": _cache, "roi": _head, "opinion": _opinion}
