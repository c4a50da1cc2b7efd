"""Gathering: asks an engine for what the formats write about one photo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from flawmap_api.errors import InternalError

from .findings import DistortionPlanes, Findings

if TYPE_CHECKING:
    from flawmap_api import EngineClient
    from flawmap_api.report import Report
    from flawmap_api.results import OpenedPhoto

__all__ = ["OVERLAY_SIDE", "gather"]

#: Longest side of the photo that an overlay is drawn on, in pixels.
OVERLAY_SIDE: Final = 2048

Planes = dict[str, NDArray[np.uint8]]


def gather(
    client: EngineClient,
    photo: OpenedPhoto,
    report: Report,
    *,
    size: str = "grid",
    judgement: Mapping[str, Any] | None = None,
) -> Findings:
    """What one report is about, ready for an exporter.

    Parameters
    ----------
    client, photo : the engine and the photo that it has open
    report : Report
        Planes are of its view and its distortions.
    size : "grid" | "full"
        Of the planes. The photo comes upright in sRGB, at most `OVERLAY_SIDE` on its long side.
    judgement : mapping, optional
        The options that made the report: `strictness`, `thresholds`.
    """
    scale = min(1.0, OVERLAY_SIDE / max(photo.width, photo.height))
    options = {"view": report.view, **(judgement or {})}
    names = tuple(report.distortions)

    def planes(names: Sequence[str], size: str) -> dict[str, DistortionPlanes]:
        if not names:
            return {}
        severity, mask, unknown = (
            _layers(client, photo, plane, names, {**options, "size": size})
            for plane in ("severity", "mask", "unknown")
        )
        return {name: DistortionPlanes(severity[name], mask[name], unknown[name]) for name in names}

    return Findings(
        report=report,
        photo=np.asarray(client.pixels(photo, scale=scale)),
        planes=planes(names, "grid"),
        full=(lambda name: planes([name], "full")[name]) if size == "full" else None,
    )


def _layers(
    client: EngineClient,
    photo: OpenedPhoto,
    plane: str,
    distortions: Sequence[str],
    options: Mapping[str, Any],
) -> Planes:
    layers = client.layers(photo, plane, distortions=tuple(distortions), **options)
    found = {layer.distortion: np.asarray(layer) for layer in layers}
    if set(found) != set(distortions):
        raise InternalError(
            f"The engine was asked for the {plane} of {', '.join(distortions)} and gave that of "
            f"{', '.join(found) or 'nothing'}."
        )
    return found
