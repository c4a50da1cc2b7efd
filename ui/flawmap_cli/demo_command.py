"""`flawmap demo`: damage a photo in known places, look for the damage, and say how much was found.

Writes beside the analysis folder the damaged photo and the planted masks, so that anybody can look
at what was done and what was found of it.
"""

from __future__ import annotations

import os
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from flawmap_api.errors import BadInput
from flawmap_api.inputs import find_photos
from flawmap_export import gather

from . import demo, render
from .batch import Options, connected
from .console import Console
from .layout import Span, clean
from .progress import Progress

if TYPE_CHECKING:
    from flawmap_api import EngineClient
    from flawmap_api.report import Report

__all__ = ["run"]


def run(arguments: Namespace, console: Console, options: Options) -> int:
    """Plant, look, compare, write; returns 0.

    Raises
    ------
    BadInput
        If the photo cannot be read or is too small for the recipe, or nothing can be written.
    """
    from flawmap_api.policy import judge
    from flawmap_export import write_folder

    out = Path(arguments.out)
    seed = demo.SEED if arguments.seed is None else arguments.seed
    _folder(out)
    with connected(console, options) as client, Progress(console, 1) as progress:
        source = "the photo that ships with Flawmap"
        photo = demo.demo_photo()
        if arguments.photo is not None:
            source = arguments.photo
            photo = _photo_of(client, source)
        damaged, planted_masks, planted = demo.plant(photo, seed)
        path = _write_inputs(out, damaged, planted_masks)
        progress.photo(0, path.name)
        opened = client.open(os.path.abspath(path))
        report = client.analyze(opened, on_progress=progress.step)
        findings = gather(client, opened, report, size="full")
        folder = Path(write_folder(findings, out, "demo"))
        found = {name: findings.planes_to_write(name).mask for name in findings.planes}
        client.close_photo(opened)
    agreement = demo.agreement(found, planted_masks)
    if console.json_lines:
        console.document(
            {
                "path": os.path.abspath(path),
                "folder": os.path.abspath(folder),
                "seed": seed,
                "planted": [
                    {
                        "distortion": flaw.distortion,
                        "parameter": flaw.parameter,
                        "box": list(flaw.box),
                        "area": flaw.area,
                        "iou": agreement.iou[flaw.distortion],
                    }
                    for flaw in planted
                ],
                "rest_flagged": agreement.rest_flagged,
                "report": report.to_dict(),
                "failure": None,
            }
        )
        return 0
    console.line(f"Six flaws were planted into {clean(source)} (seed {seed}):")
    for line in demo.told(planted):
        console.line(f"  {line}")
    console.line("")
    console.line("Found:")
    console.line(*render.photo_line(path.name, report, verdict := judge(report)))
    console.table(render.region_rows(report, verdict.failing))
    console.line("")
    _print_agreement(console, agreement, report)
    console.line("")
    console.line("Look at ", Span(str(folder / "overlay.jpg"), "name"))
    console.line(f"Masks: {folder / 'masks'}, planted ones: {out / 'planted'}")
    if arguments.photo is None:
        console.line(Span(f"Photo: {demo.demo_credit_line()}", "dim"))
    return 0


def _folder(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise BadInput(f"{out} is a file.", "Name a folder; it is made if need be.")
    (out / "planted").mkdir(parents=True, exist_ok=True)


def _photo_of(client: EngineClient, name: str) -> NDArray[np.uint8]:
    """The person's photo as the engine sees it, at most as large as a screen shows it."""
    item = find_photos([name])[0]
    if item.error is not None:
        raise item.error
    opened = client.open(item.path)
    # Flaws are planted for the screen view, whose pixels are those of the photo up to this size.
    scale = min(1.0, 2048 / max(opened.width, opened.height))
    pixels = np.array(client.pixels(opened, scale=scale))
    client.close_photo(opened)
    return pixels


def _write_inputs(
    out: Path, damaged: NDArray[np.uint8], masks: dict[str, NDArray[np.uint8]]
) -> Path:
    from PIL import Image

    # PNG: a JPEG would plant compression everywhere.
    path = out / "demo.png"
    Image.fromarray(damaged).save(path)
    for name, mask in masks.items():
        Image.fromarray(mask).save(out / "planted" / f"{name}.png")
    return path


def _print_agreement(console: Console, agreement: Any, report: Report) -> None:
    console.line("How far the found masks agree with the planted ones (intersection over union):")
    rows = []
    for name, iou in agreement.iou.items():
        if name not in report.distortions:
            rows.append([Span(name), Span("-", "dim"), Span("this engine does not look for it")])
            continue
        word = "found" if iou >= 0.5 else "found in part" if iou > 0 else "missed"
        rows.append([Span(name), Span(f"{iou:.2f}", "good" if iou >= 0.5 else "warn"), Span(word)])
    console.table(rows)
    console.line(f"Flagged of the rest of the photo: {render.percent(agreement.rest_flagged)}")
