"""Planes: what an analysis leaves behind, as plain arrays that every later request answers from."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from flawmap_api.geometry import Box, Grid

__all__ = ["Analysis", "ViewPlanes"]


@dataclass(frozen=True, slots=True)
class ViewPlanes:
    """Severity and unknown planes of one view.

    Attributes
    ----------
    view : "screen" or "pixel"
    distortions : tuple of str
        What the planes are of, in the order of the first axis.
    severity : uint8, shape (distortions, rows, cols)
        round(255 · severity), calibrated to people's scale.
    unknown : uint8, shape (distortions, rows, cols)
        128 and more where the pixels hold no evidence.
    """

    view: str
    distortions: tuple[str, ...]
    severity: NDArray[np.uint8]
    unknown: NDArray[np.uint8]

    @property
    def grid(self) -> Grid:
        """Rows and columns of the planes."""
        return Grid(rows=self.severity.shape[1], cols=self.severity.shape[2])

    def of(self, distortion: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """(severity, unknown) of one distortion, each (rows, cols); ValueError if it has none."""
        index = self.distortions.index(distortion)
        return self.severity[index], self.unknown[index]


@dataclass(frozen=True, slots=True)
class Analysis:
    """Everything that is known of one photo once it has been looked at.

    Attributes
    ----------
    width, height : int
        Of the photo, in pixels.
    screen, pixel : ViewPlanes
        The two views; equal planes for photos of at most 2,048 px.
    quality : float in [0, 1]
        Of the whole photo.
    features : float32, shape (784,)
        Mean-pooled features of the whole photo.
    subject : float32, shape (rows, cols) of the screen grid, values in [0, 1]
        How much each cell is part of what the photo is about.
    clipped, gamut : uint8, shape (ceil(H/8), ceil(W/8))
        Share of pixels with all channels, or some but not all, clipped in the photo's own encoding.
    thumbnail : uint8, shape (128, 128, 3)
        The whole picture as context for tiles.
    model_sha256 : str
        Of the networks that made the planes.
    maps : float16, shape (channels, h, w)
        Features of the whole photo by place, at most 16 × 16, for the ROI head; no channel where
        the networks have none.
    lost : float in [0, 1]
        Share of the photo whose highlights were lost when it was last looked at as a whole.
    unseen : tuple of Box
        Photo pixels under which the pixel view is still to be looked at. The screen view, and all
        that is known of the whole, wait for none of it.
    """

    width: int
    height: int
    screen: ViewPlanes
    pixel: ViewPlanes
    quality: float
    features: NDArray[np.float32]
    subject: NDArray[np.float32]
    clipped: NDArray[np.uint8]
    gamut: NDArray[np.uint8]
    thumbnail: NDArray[np.uint8]
    model_sha256: str
    maps: NDArray[np.float16] = field(default_factory=lambda: np.zeros((0, 1, 1), np.float16))
    lost: float = 0.0
    unseen: tuple[Box, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether the pixel view is there, too."""
        return not self.unseen

    def planes(self, view: str) -> ViewPlanes:
        """Planes of `screen` or `pixel`."""
        return self.screen if view == "screen" else self.pixel

    @property
    def nbytes(self) -> int:
        """Bytes that the arrays hold, for the memory budget."""
        arrays = (
            self.features,
            self.subject,
            self.clipped,
            self.gamut,
            self.thumbnail,
            self.maps,
        )
        views = {id(v): v for v in (self.screen, self.pixel)}.values()
        return sum(a.nbytes for a in arrays) + sum(
            v.severity.nbytes + v.unknown.nbytes for v in views
        )
