"""Coverage: a region's mask at full size and its soft form, cropped to the region's box.

Coverage is the mask, box-filtered one cell wide: what becomes a selection, a channel, or the cut of
a repair. It is worked out in bands, so a region as large as a 100 MP photo needs no more room than
its own bytes and a few megabytes.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from flawmap_api.geometry import Grid
from flawmap_engine.planes import ViewPlanes

from .mask import mask_window
from .regions import RegionShape, blur_radius
from .resample import cell_of

__all__ = ["region_coverage", "region_mask", "softened"]

BytePlane = NDArray[np.uint8]

_BAND = 512


def region_mask(
    planes: ViewPlanes, k: int, region: RegionShape, width: int, height: int
) -> BytePlane:
    """The region's mask in its box.

    Parameters
    ----------
    planes : ViewPlanes
        Those that the region was found in.
    k : int in 1..255
        The threshold that it was found with.
    region : RegionShape
    width, height : int
        Of the photo.

    Returns
    -------
    uint8, shape (box.height, box.width): 255 inside, 0 outside
    """
    box = region.box
    mask = mask_window(planes, region.distortion, k, width, height, box)
    reach = region.reach()[:, cell_of(box.x0, box.x1, region.grid.cols, width)]
    own_row = cell_of(box.y0, box.y1, region.grid.rows, height)
    for start in range(0, box.height, _BAND):
        some = slice(start, start + _BAND)
        mask[some] *= reach[own_row[some]].view(np.uint8)
    return mask


def region_coverage(
    planes: ViewPlanes, k: int, region: RegionShape, width: int, height: int
) -> BytePlane:
    """The region's mask, box-filtered one cell wide; arguments as `region_mask`.

    Returns
    -------
    uint8, shape (box.height, box.width)
        255 · share of the mask around each pixel, rounded up: it is over 0 exactly as far as the
        filter carries a mask pixel, and the box is the bounds of that.
    """
    mask = region_mask(planes, k, region, width, height)
    return softened(mask, region.grid, width, height)


def softened(mask: BytePlane, grid: Grid, width: int, height: int) -> BytePlane:
    """Box-filter a mask one cell wide.

    Parameters
    ----------
    mask : uint8, shape (h, w), 0 or 255
        Of the whole photo, or a crop whose rim is empty wherever it is not the photo's edge.
    grid : Grid
        That the mask was made from.
    width, height : int
        Of the photo.

    Returns
    -------
    uint8, shape (h, w)
        Beyond the photo's edge the mask is taken to go on, so a flaw that reaches the edge is
        covered in full there.
    """
    rx, ry = blur_radius(grid.cols, width), blur_radius(grid.rows, height)
    if rx == 0 and ry == 0:
        return mask
    size = (2 * rx + 1, 2 * ry + 1)
    out = np.empty_like(mask)
    for start in range(0, len(mask), _BAND):
        stop = min(len(mask), start + _BAND)
        first, last = max(0, start - ry), min(len(mask), stop + ry)
        sums = cv2.boxFilter(
            mask[first:last], cv2.CV_32S, size, normalize=False, borderType=cv2.BORDER_REPLICATE
        )
        inner = np.asarray(sums, np.int32)[start - first : stop - first]
        # Rounded up: a fraction over 0.0001 goes to the next whole number, and all are larger.
        out[start:stop] = cv2.convertScaleAbs(inner, alpha=1 / (size[0] * size[1]), beta=0.4999)
    return out
