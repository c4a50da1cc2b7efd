"""`flawmap-eval`: every figure of the docs again, one command a table.

    flawmap-eval make-sets DIR                  dev photos: clean, damaged, graded, crossed
    flawmap-eval measure SET…                   a labelled set's own measure, beside baselines
    flawmap-eval roi --work W                   the ROI head on kept scenes of dev photos
    flawmap-eval scores NAME FILE --images DIR  SRCC and PLCC on a published set of opinions
    flawmap-eval rois FILE --images DIR         scores of SEAGULL's regions, as JSON lines
    flawmap-eval alarms SET --sheet FILE        what is flagged on clean photos, with pictures

The photos' folder is given by --data or FLAWMAP_DATA, networks by --weights or FLAWMAP_WEIGHTS.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flawmap_api.errors import FlawmapError

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0, or 1 with a sentence if it cannot be done."""
    options = _parser().parse_args(arguments)
    run = {
        "make-sets": _make_sets,
        "measure": _measure,
        "roi": _roi,
        "scores": _scores,
        "rois": _rois,
        "alarms": _alarms,
    }[options.command]
    try:
        run(options)
    except (FlawmapError, FileNotFoundError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="flawmap-eval",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name: str, help_: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=help_)
        sub.add_argument("--weights", type=Path, help="folder of networks")
        sub.add_argument("--threads", type=int, default=2)
        return sub

    sets = command("make-sets", "write sets of damaged photos")
    sets.add_argument("folder", type=Path)
    sets.add_argument("--data", type=Path, default=os.environ.get("FLAWMAP_DATA"))
    sets.add_argument("--part", choices=("train", "tune", "dev"), default="dev")
    sets.add_argument("--seed", type=int, default=1)
    sets.add_argument("--damaged", type=int, default=16, help="photos a distortion")
    sets.add_argument("--series", type=int, default=5, help="graded photos a distortion")
    sets.add_argument("--crossed", type=int, default=3, help="photos a pair of distortions")
    measured = command("measure", "measure labelled sets")
    measured.add_argument("sets", nargs="+", type=Path)
    measured.add_argument("--limit", type=int, help="rows of a set, evenly taken")
    measured.add_argument("--view", choices=("screen", "pixel"), default="screen")
    measured.add_argument("--baselines", action="store_true", help="plain statistics beside")
    measured.add_argument("--peers", type=Path, help="Python of an environment with other tools")
    measured.add_argument("--json", type=Path)
    roi = command("roi", "the ROI head on dev scenes")
    roi.add_argument("--work", type=Path, default=Path("train-work"))
    roi.add_argument("--part", choices=("tune", "dev"), default="dev")
    scores = command("scores", "people's opinions of photos")
    scores.add_argument("name", help="clive, koniq, spaq, kadid or agiqa")
    scores.add_argument("file", type=Path)
    scores.add_argument("--images", type=Path, required=True)
    scores.add_argument("--limit", type=int)
    rois = command("rois", "score published regions")
    rois.add_argument("file", type=Path)
    rois.add_argument("--images", type=Path, required=True)
    alarms = command("alarms", "false alarms by kind of photo")
    alarms.add_argument("set", type=Path)
    alarms.add_argument("--kinds", type=Path, help="csv: file, kind (default: the table's tags)")
    alarms.add_argument("--sheet", type=Path, help="contact sheet of what was flagged (JPEG)")
    alarms.add_argument("--least", type=float, default=0.05, help="flagged share of a photo")
    return parser


def _networks(options: argparse.Namespace) -> Any:
    from flawmap_engine.inference import Networks

    return Networks.load(device="cpu", threads=options.threads, weights=options.weights)


def _make_sets(options: argparse.Namespace) -> None:
    from .eval_sets import make_sets

    if options.data is None:
        sys.exit("Say where the photos are: --data DIR, or set FLAWMAP_DATA.")
    make_sets(
        Path(options.data),
        options.folder,
        part=options.part,
        seed=options.seed,
        damaged=options.damaged,
        series=options.series,
        crossed=options.crossed,
    )


def _measure(options: argparse.Namespace) -> None:
    from .baselines import Peer, baselines
    from .findings import Findings
    from .measures import LabelledSet, as_text, files_of, measure

    said: dict[str, Any] = {}
    with _networks(options) as networks:
        findings = Findings(networks, options.view)
        beside = baselines(options.peers) if options.baselines or options.peers else []
        for folder in options.sets:
            labelled = LabelledSet(folder, options.limit)
            print(f"\n## {folder.name} ({labelled.kind})\n")
            rows = [{"tool": "Flawmap", **r} for r in measure(folder, findings, options.limit)]
            for tool in beside:
                if isinstance(tool, Peer) and not tool.ask(files_of(labelled)):
                    print(f"({tool.name} could not be asked.)\n")
                    continue
                answers = measure(folder, tool, options.limit)
                rows += [{"tool": tool.name, **r} for r in answers]
            print(as_text(rows), flush=True)
            said[folder.name] = rows
    if options.json:
        options.json.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")


def _roi(options: argparse.Namespace) -> None:
    from .roi_evaluation import Thresholds, as_text, roi_table
    from .roi_training import answered, gather

    with _networks(options) as networks:
        if networks.roi is None:
            raise FileNotFoundError(f"{networks.card.path} holds no ROI head (roi.json).")
        table = gather(options.work / "roi" / options.part, networks)
        said = answered(table, networks.roi)
        thresholds = Thresholds(dict(networks.roi.present), dict(networks.roi.wanted))
        print(as_text(roi_table(table, said, thresholds)))


def _scores(options: argparse.Namespace) -> None:
    from .datasets import read_opinions
    from .findings import Findings
    from .ranking import logistic_plcc, srcc

    opinions = read_opinions(options.name, options.file)
    there = [o for o in opinions if (options.images / o.image).is_file()]
    if options.limit and len(there) > options.limit:
        there = there[:: len(there) // options.limit][: options.limit]
    if len(there) < 5:
        raise FileNotFoundError(f"{options.images} holds {len(there)} of the set's pictures.")
    with _networks(options) as networks:
        findings = Findings(networks)
        said = [findings.of(options.images / o.image).quality for o in there]
    truth = [o.score for o in there]
    print(
        f"{options.name}: {len(there)} of {len(opinions)} pictures, "
        f"SRCC {srcc(said, truth):.3f} PLCC {logistic_plcc(said, truth):.3f}"
    )


def _rois(options: argparse.Namespace) -> None:
    import numpy as np

    from flawmap_engine.scoring import score_roi

    from .datasets import read_rois
    from .findings import Findings

    with _networks(options) as networks:
        findings = Findings(networks)
        for roi in read_rois(options.file):
            analysis = findings.analysis(options.images / roi.image)
            mask = roi.mask(analysis.height, analysis.width).astype(np.uint8) * 255
            score = score_roi(
                analysis,
                view="screen",
                thresholds=networks.card.thresholds,
                mask=np.ascontiguousarray(mask),
                head=networks.roi,
            )
            print(json.dumps({"img": roi.image, **score.to_dict(), **roi.labels}))


def _alarms(options: argparse.Namespace) -> None:
    from .false_alarms import alarms, as_text, write_sheet
    from .findings import Findings

    with _networks(options) as networks:
        found = alarms(options.set, Findings(networks), options.kinds)
    print(as_text(found, options.least))
    if options.sheet:
        count = write_sheet(found, options.sheet, options.least)
        print(f"\n{count} flagged photos are on {options.sheet}.")


if __name__ == "__main__":
    sys.exit(main())
