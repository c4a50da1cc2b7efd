"""Findings: what every format is given – one report, the photo it speaks of, and its planes.

A format never sees a model, a file of the user's, or a socket: reports and arrays come in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flawmap_api.errors import BadInput
from flawmap_api.report import Report

__all__ = ["DistortionPlanes", "Findings"]


@dataclass(frozen=True, slots=True, eq=False)
class DistortionPlanes:
    """The three planes of one distortion, all of one size.

    Attributes
    ----------
    severity : uint8, shape (rows, cols)
        round(255 · severity), best guess also under unknown pixels.
    mask : uint8, shape (rows, cols)
        255 where the severity reaches the threshold and is known, else 0.
    unknown : uint8, shape (rows, cols)
        128 and more where the pixels hold no evidence.
    """

    severity: NDArray[np.uint8]
    mask: NDArray[np.uint8]
    unknown: NDArray[np.uint8]

    def __post_init__(self) -> None:
        shape = self.severity.shape
        for name in ("severity", "mask", "unknown"):
            plane = getattr(self, name)
            if plane.dtype != np.uint8 or plane.ndim != 2 or not plane.size or plane.shape != shape:
                raise BadInput(
                    f"The {name} plane has to be 8-bit with rows and columns like the severity's "
                    f"{shape}; it is {plane.dtype} {plane.shape}."
                )


@dataclass(frozen=True, slots=True, eq=False)
class Findings:
    """Everything that a format may write about one photo.

    Attributes
    ----------
    report : Report
    photo : uint8, shape (height, width, 3)
        Upright sRGB, at most 2,048 px on its long side.
    planes : mapping of distortion to DistortionPlanes
        One for each distortion of the report, all of one size: the grid's or the photo's.
    full : callable(distortion) -> DistortionPlanes, optional
        Gives the planes at the photo's size, where a format is to write those. They are asked for
        one distortion after another: all of a large photo's at once would fill the memory.

    Raises
    ------
    BadInput
        If the photo is no 8-bit RGB, or the planes do not belong to the report.
    """

    report: Report
    photo: NDArray[np.uint8]
    planes: Mapping[str, DistortionPlanes]
    full: Callable[[str], DistortionPlanes] | None = None

    def __post_init__(self) -> None:
        photo = self.photo
        if photo.dtype != np.uint8 or photo.ndim != 3 or photo.shape[2] != 3 or not photo.size:
            raise BadInput(f"The photo has to be 8-bit RGB; it is {photo.dtype} {photo.shape}.")
        if set(self.planes) != set(self.report.distortions):
            raise BadInput(
                f"Planes of {', '.join(sorted(self.planes)) or 'nothing'} do not belong to a "
                f"report of {', '.join(sorted(self.report.distortions)) or 'nothing'}."
            )
        grid, info = self.report.grid, self.report.photo
        sizes = {planes.severity.shape for planes in self.planes.values()}
        allowed = ((grid.rows, grid.cols), (info.height, info.width))
        if len(sizes) > 1 or not sizes.issubset(allowed):
            raise BadInput(
                f"Planes have the grid's size {allowed[0]} or the photo's {allowed[1]}; "
                f"got {', '.join(map(str, sorted(sizes)))}."
            )

    def planes_to_write(self, distortion: str) -> DistortionPlanes:
        """The planes of one distortion at the size that was asked for.

        Raises
        ------
        BadInput
            If `full` gives planes of another size than the photo's.
        """
        if self.full is None:
            return self.planes[distortion]
        planes, info = self.full(distortion), self.report.photo
        if planes.severity.shape != (info.height, info.width):
            raise BadInput(
                f"Full planes of {distortion} are {planes.severity.shape}; the photo is "
                f"{(info.height, info.width)}."
            )
        return planes
