"""Asking: what the panel wants of the engine about one photo, as functions of a client."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from flawmap_api.client import EngineClient
from flawmap_api.report import Report
from flawmap_api.results import OpenedPhoto

__all__ = ["Planes", "planes_of", "thumbnail_of"]

_THUMBNAIL: Final = 160
_JPEG_QUALITY: Final = 82


@dataclass(frozen=True, slots=True, eq=False)
class Planes:
    """Grid planes of one view of one photo; by distortion, uint8, shape (rows, cols)."""

    photo_id: str
    view: str
    severity: dict[str, NDArray[np.uint8]]
    unknown: dict[str, NDArray[np.uint8]]


def thumbnail_of(client: EngineClient, opened: OpenedPhoto) -> bytes:
    """A small JPEG of a photo; empty if it cannot be made."""
    import cv2

    scale = min(1.0, _THUMBNAIL / max(opened.width, opened.height))
    rgb = np.asarray(client.pixels(opened, scale=scale))
    done, data = cv2.imencode(".jpg", rgb[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return data.tobytes() if done else b""


def planes_of(client: EngineClient, opened: OpenedPhoto, report: Report) -> Planes:
    """The grid planes of a report's view."""
    names = tuple(report.distortions)
    severity, unknown = (
        {
            layer.distortion: np.asarray(layer)
            for layer in client.layers(
                opened, plane, view=report.view, size="grid", distortions=names
            )
        }
        for plane in ("severity", "unknown")
    )
    return Planes(opened.photo_id, report.view, severity, unknown)
