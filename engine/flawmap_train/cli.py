"""`flawmap-train`: make crops, look at them, train, calibrate, export, measure.

    flawmap-train cache --data DIR --cache DIR       packed crops, beside the training or before it
    flawmap-train sheet --data DIR --out sheet.png   look at what the generator makes
    flawmap-train adopt PICTURE... --out DIR         more clean photos, to learn from alone
    flawmap-train pack --data DIR --out photos.tar   all that a training needs, in one file
    flawmap-train train --cache DIR --work DIR       in slices: --minutes N --resume
    flawmap-train calibrate | export | card          from the checkpoint to the shipped files
    flawmap-train evaluate                           the table on held-out crops
    flawmap-train roi-cache | roi                    the head that scores parts of a photo

The folder of photos is given by --data or by FLAWMAP_DATA.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from .roi_commands import COMMANDS as ROI_COMMANDS
from .roi_commands import add_commands

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    run = {
        "cache": _cache,
        "adopt": _adopt,
        "blend": _blend,
        "pack": _pack,
        "sheet": _sheet,
        "train": _train,
        "calibrate": _calibrate,
        "export": _export,
        "quality": _quality,
        "evaluate": _evaluate,
        "card": _card,
        **ROI_COMMANDS,
    }[options.command]
    run(options)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="flawmap-train",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name: str, help_: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=help_)
        sub.add_argument("--data", type=Path, default=os.environ.get("FLAWMAP_DATA"))
        sub.add_argument("--work", type=Path, default=Path("train-work"), help="checkpoints")
        sub.add_argument("--cache", type=Path, help="packed crops (default: WORK/cache)")
        sub.add_argument("--threads", type=int, default=2, help="of torch")
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
    cache.add_argument("--extra", type=Path, help="folder of `adopt`: more photos to learn from")

    sheet = command("sheet", "contact sheet of the generator's crops")
    sheet.add_argument("--out", type=Path, default=Path("sheet.png"))
    sheet.add_argument("--seed", type=int, default=0)
    sheet.add_argument("--only")
    sheet.add_argument("--extra", type=Path)

    adopt = command("adopt", "bring more clean photos into the layout of the data folder")
    adopt.add_argument("pictures", nargs="+", type=Path)
    adopt.add_argument("--out", type=Path, required=True)
    adopt.add_argument("--apart", nargs="*", type=Path, default=[], help="must stay unseen")
    adopt.add_argument("--source", required=True)
    adopt.add_argument("--licence", required=True)
    adopt.add_argument("--bokeh", type=Path, help="stems with a soft background, one a line")
    adopt.add_argument("--refused", type=Path, help="stems that are no clean photo, one a line")

    pack = command("pack", "the photos that teach and tune, and the shapes, as one tar")
    pack.add_argument("--out", type=Path, default=Path("photos.tar"))
    pack.add_argument("--max", default="50M", help="bytes, as 50M")
    pack.add_argument("--extra", type=Path)

    train = command("train", "train, or go on training")
    train.add_argument(
        "--plan-minutes", type=float, default=90.0, help="length of the whole training"
    )
    train.add_argument("--minutes", type=float, help="length of this slice (default: the plan)")
    train.add_argument("--resume", action="store_true")
    train.add_argument("--start", type=Path, help="begin with the weights of this checkpoint")
    train.add_argument("--batch", type=int)
    train.add_argument("--rate", type=float, default=2e-3)
    train.add_argument("--seed", type=int, default=0)
    train.add_argument("--freeze", type=int, default=0, help="first stages that stay as they are")

    blend = command("blend", "the mean of two trainings' weights, as WORK/checkpoint.pt")
    blend.add_argument("earlier", type=Path)
    blend.add_argument("later", type=Path)
    blend.add_argument("--share", type=float, default=0.5, help="of the later one")

    calibrate = command("calibrate", "tables and thresholds from tune photos")
    calibrate.add_argument("--count", type=int, default=14, help="planted photos a distortion")
    command("quality", "the ridge on people's opinions").add_argument(
        "--clive", type=Path, help="folder with labels.csv (default: DATA/real/clive)"
    )
    export = command("export", "write dense.onnx, whole.onnx and model.json")
    export.add_argument("--out", type=Path, required=True)
    export.add_argument("--name", default="flawmap-lite0")
    export.add_argument("--version", default="0.2")
    export.add_argument("--leave-out", nargs="*", default=[], help="distortions not to serve")
    export.add_argument("--dense-only", action="store_true", help="whole.onnx stays as it is")
    evaluate = command("evaluate", "tables on held-out photos")
    evaluate.add_argument("--part", choices=("tune", "dev"), default="dev")
    evaluate.add_argument(
        "--weights", type=Path, help="folder of an export: whole-photo tables too"
    )
    evaluate.add_argument("--count", type=int, default=10)
    card = command("card", "write MODEL_CARD.md beside the exported files")
    card.add_argument("--out", type=Path, required=True)
    add_commands(command)
    card.add_argument("--extra", type=Path)
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
        extra=options.extra,
    ):
        _say(f"made {shard.name}")


def _sheet(options: argparse.Namespace) -> None:
    from .photos import load_photos, load_shapes
    from .sheet import write_sheet

    data = _data(options)
    photos, shapes = load_photos(data, "train", options.extra), load_shapes(data, "train")
    write_sheet(options.out, photos, shapes, seed=options.seed, only=options.only)
    _say(f"wrote {options.out}")


def _adopt(options: argparse.Namespace) -> None:
    from .extra import adopt

    def stems(file: Path | None) -> frozenset[str]:
        return frozenset(file.read_text(encoding="utf-8").splitlines() if file else ())

    rows = adopt(
        options.pictures,
        options.out,
        apart=options.apart,
        source=options.source,
        licence=options.licence,
        bokeh=stems(options.bokeh),
        refused=stems(options.refused),
    )
    _say(f"took {len(rows)} of {len(options.pictures)} pictures into {options.out}")


def _pack(options: argparse.Namespace) -> None:
    from .pack import pack, size_of

    photos, shrunk = pack(_data(options), options.out, size_of(options.max), options.extra)
    _say(f"wrote {options.out}: {photos} photos, {shrunk} of them made smaller")


def _train(options: argparse.Namespace) -> None:
    import torch

    from .training import Plan, Trainer

    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.set_num_threads(options.threads)
    batch = options.batch or (256 if device == "cuda" else 32)
    plan = Plan(
        options.plan_minutes * 60,
        rate=options.rate,
        batch=batch,
        seed=options.seed,
        frozen=options.freeze,
    )
    trainer = Trainer(plan, device=device)
    checkpoint = options.work / "checkpoint.pt"
    if options.resume and checkpoint.exists():
        trainer.load(checkpoint)
    elif options.start:
        trainer.start_from(options.start)
    minutes = options.minutes if options.minutes is not None else options.plan_minutes
    _say(f"training on {device}, batch {batch}, from step {trainer.step}")
    trainer.run(_cache_of(options), seconds=minutes * 60, checkpoint=checkpoint, say=_say)
    _write_json(
        options.work / "training.json",
        {
            "seen": trainer.seen,
            "steps": trainer.before[0] + trainer.step,
            "batch": batch,
            "minutes": (trainer.before[1] + trainer.busy) / 60,
            "device": device.upper(),
            "threads": options.threads,
            "rate": plan.rate,
            "loss": trainer.loss,
            "crops": trainer.crops,
        },
    )
    _say(f"stopped at step {trainer.step}, {trainer.seen} crops, progress {trainer.progress:.3f}")


def _blend(options: argparse.Namespace) -> None:
    import torch

    from .training import blended

    options.work.mkdir(parents=True, exist_ok=True)
    state = blended(options.earlier, options.later, options.share)
    torch.save(state, options.work / "checkpoint.pt")
    _say(f"wrote {options.work / 'checkpoint.pt'}")


def _calibrate(options: argparse.Namespace) -> None:
    """Tune crops through the averaged network; the result waits in WORK for the export."""
    import torch

    from .calibration import calibrate
    from .evaluation import planted_cells, raw_severity, stacked, whole_raw
    from .network import Context
    from .photos import load_photos, load_shapes
    from .training import load_weights

    torch.set_num_threads(options.threads)
    data, context = _data(options), Context()
    photos = load_photos(data, "tune")
    network = load_weights(options.work / "checkpoint.pt").to(memory_format=torch.channels_last)
    crops, label, vectors = stacked(_cache_of(options, "tune"))
    clean, clean_label, clean_vectors = stacked(_cache_of(options, "tune-clean"))
    result = calibrate(
        raw_severity(network, crops, vectors),
        label,
        raw_severity(network, clean, clean_vectors),
        clean_label,
        whole_raw(network, context, photos),
        planted_cells(network, context, photos, load_shapes(data, "tune"), count=options.count),
    )
    _write_json(options.work / "calibration.json", result.as_json())
    _say(f"thresholds {result.thresholds}")


def _quality(options: argparse.Namespace) -> None:
    import torch

    from .quality import fit_quality

    torch.set_num_threads(options.threads)
    ridge = fit_quality(options.clive or _data(options) / "real" / "clive")
    _write_json(options.work / "quality.json", ridge.as_json())
    _say(
        f"quality on {ridge.photos} photos, out of fold by group: SRCC {ridge.srcc:.3f} "
        f"PLCC {ridge.plcc:.3f}, alpha {ridge.alpha:g}"
    )


def _export(options: argparse.Namespace) -> None:
    from .calibration import Calibration
    from .export import export_dense, export_whole, write_model
    from .network import Context
    from .quality import Ridge
    from .training import load_weights

    calibration = Calibration.from_json(json.loads((options.work / "calibration.json").read_text()))
    options.out.mkdir(parents=True, exist_ok=True)
    calibration = calibration.without(options.leave_out)
    network = load_weights(options.work / "checkpoint.pt")
    export_dense(network, Context(), options.out / "dense.onnx", calibration.kinds)
    if not options.dense_only:
        ridge = Ridge.from_json(json.loads((options.work / "quality.json").read_text()))
        export_whole(ridge.weights, ridge.bias, options.out / "whole.onnx")
    about = write_model(
        options.out, options.name, options.version, calibration, keep_whole=options.dense_only
    )
    _say(f"wrote {options.out}: {about['files']}")


def _evaluate(options: argparse.Namespace) -> None:
    import numpy as np
    import torch

    from .cache import Shard, shards
    from .calibration import Calibration
    from .evaluation import (
        Shipped,
        as_text,
        clean_table,
        crop_table,
        planted_table,
        raw_severity,
        reliability_table,
        stacked,
        unsure_auc,
    )
    from .photos import load_photos, load_shapes
    from .training import load_weights

    torch.set_num_threads(options.threads)
    part = options.part
    # What is served counts, where something is.
    tables = (options.weights or options.work) / (
        "model.json" if options.weights else "calibration.json"
    )
    calibration = Calibration.from_json(json.loads(tables.read_text()))
    network = load_weights(options.work / "checkpoint.pt")
    crops, label, context = stacked(_cache_of(options, part))
    clean, clean_label, clean_context = stacked(_cache_of(options, f"{part}-clean"))
    raw = raw_severity(network, crops, context)
    table = crop_table(
        raw,
        label,
        raw_severity(network, clean, clean_context),
        clean_label,
        calibration,
    )
    told: dict[str, object] = {
        "damaged": len(crops),
        "clean": len(clean),
        "crops": as_text(table),
        "reliability": as_text(reliability_table(raw, label, calibration), mean=False),
        "count": options.count,
    }
    unknown = np.concatenate([Shard.open(p).unknown for p in shards(_cache_of(options, part))])
    unsure = unsure_auc(network, crops, context, unknown)
    told["unknown"] = {k: v for k, v in unsure.items() if k in calibration.kinds}
    print(f"\n{len(crops)} damaged and {len(clean)} clean {part} crops\n\n{told['crops']}")
    print(f"\nHow sure, and how often right\n\n{told['reliability']}")
    print(f"\nCannot tell: AUC learned, measured\n\n{told['unknown']}")
    if options.weights:
        data = _data(options)
        photos, shapes = load_photos(data, part), load_shapes(data, part)
        shipped = Shipped(options.weights)
        told["planted"] = as_text(planted_table(shipped, photos, shapes, count=options.count))
        told["photos"] = as_text(clean_table(shipped, photos))
        print(f"\nOne planted flaw a {part} photo\n\n{told['planted']}")
        print(f"\nClean {part} photos\n\n{told['photos']}")
    _write_json(options.work / f"evaluation-{part}.json", told)


def _card(options: argparse.Namespace) -> None:
    from .card import write_card

    file = write_card(options.out, data=_data(options), work=options.work, extra=options.extra)
    _say(f"wrote {file}")


def _write_json(file: Path, document: dict[str, object]) -> None:
    file.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
