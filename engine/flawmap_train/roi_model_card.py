"""`ROI_CARD.md`: what the ROI head is, what each of its labels comes from, and how good it is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["write_model_card"]

_TEXT = """# ROI head

`roi.onnx` ({size} kB), card for the engine in `roi.json`. It scores a part of an analysed photo:
quality and importance on five levels, each distortion's level or absence, how much the part belongs
to the subject, and whether a look (bokeh, low key, high key) was wanted. It reads what an analysis
keeps and no pixels: `maps` float32 [{maps}, h, w] (features of the whole photo by place, stages 3,
5 and 7 of ImageNet Lite0), `pooling` [n, h·w] (each part's share of every place) and `numbers`
[n, {numbers}] (planes inside the part and outside, place, light; names in `roi.json`). It answers
with probabilities. The engine asks it for {serves}; the rest of a report comes from planes and
formulas, which do those better.

## Labels, and where each comes from
- **quality**, made: full-reference similarity of the part before and after every flaw, on people's
  scale kind by kind (GMSD in 64 px windows at the 90th percentile; a,b distance for colour, spread
  of luma for contrast), within 0.2 of the flaw's own severity, the flaws' losses multiplied. GMSD
  because one curve a kind follows people's scores with an error of .01 to .04, and because a
  learned metric would bring others' weights.
- **importance**, made: VSI's loss when only the part is replaced by a spoilt version (blur, noise,
  compression), as a share of its loss when all is replaced, to the power 0.4. VSI because it is the
  weight-free measure that knows where an eye goes first, and is a weighted mean over places.
- **distortions**, made: kind and severity of the flaw that covers at least 30 % of the part; from
  2 to 30 % it counts neither way.
- **subject**: objects outlined by people in GrabCut's 50 photos and some of Berkeley's, in their
  own photos and pasted into others.
- **intentional**: tags of clean photos given by eye (bokeh, low-key, night, high-key, muted
  colour, low contrast) against made flaws of the same look.

Nobody rated parts for this: quality and importance are full-reference measures' word, not people's.

## Training
{scenes} scenes, {parts} parts: photos of the training part (tune: to stop and to choose operating
points; dev: the figures below), 16 % photos with an outlined subject, 9 % with one pasted in, 20 %
photos with a look of their own. Planes are shaken in training (stretched by 12 %, left out in 6 %),
since the dense network changes. Looking {looked:.0f} min, training {trained:.0f} min, on CPU.
Recipe: `docs/training.md`, `flawmap-train roi`.

## Figures: dev photos, {dev} parts
{table}

Type F1 and severity F1 are averaged over parts, a part without flaws being of the type "without".
"Without" is what the engine says without a head: formulas, planes and thresholds.

## Limits
- Quality is "how much was lost here against a clean version", not liking; a dull picture without
  flaws is excellent.
- Importance follows area, detail and saliency; it does not know what a photo is about. `subject`
  does, a little: it learned from some 30 outlined objects.
- `intentional` learned from tags of a few dozen photos. A flaw may be taken for a wish: operating
  points let that happen to 2 % of made flaws on tune photos.
- Photos are at most 832 px in training; the planes bring their own scale.

## Attribution
The frozen features are those of `whole.onnx` (see `MODEL_CARD.md`). GrabCut's and Berkeley's photos
and masks are for research; none is in this package.
"""


def write_model_card(
    folder: Path,
    card: Mapping[str, Any],
    table: str,
    *,
    scenes: Mapping[str, int],
    parts: Mapping[str, int],
    minutes: tuple[float, float],
) -> Path:
    """Write the page into `folder`."""
    file = folder / "ROI_CARD.md"
    served = list(card["serves"])
    text = _TEXT.format(
        size=round((folder / "roi.onnx").stat().st_size / 1000),
        maps=card["maps"],
        numbers=len(card["numbers"]),
        serves=", ".join(served) if served else "nothing yet",
        scenes=scenes["train"],
        parts=parts["train"],
        dev=parts["dev"],
        looked=minutes[0],
        trained=minutes[1],
        table=table,
    )
    file.write_text(text, encoding="utf-8")
    return file
