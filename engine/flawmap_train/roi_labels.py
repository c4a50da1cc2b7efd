"""What is right to say of a part of a scene: quality, importance, flaws, subject, intention.

The sources, label by label:

- **quality**: full-reference similarity of the part before and after each flaw, on people's scale,
  each within 0.2 of the flaw's own severity, multiplied: ``prod(1 - s)``.
- **importance**: only the part is replaced by a spoilt version of the clean photo (blur, noise,
  compression); the share of what VSI then loses, of what it loses when all is spoilt. Brought to a
  scale that five words can share by ``share ** 0.4``: a quarter of an even photo is 0.57.
- **severity** of each distortion: of the flaw that made it, where it covers enough of the part.
- **subject**: the share of the part inside an outlined object.
- **intentional**, for a distortion: 1 where a clean photo's tags say that the look is wanted and
  the part has it; 0 where a flaw of that look was made and can be seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from flawmap_api.words import DISTORTIONS

from .degrade import bytes_of, floats_of, jpeg
from .full_reference import part_severity, vsi_map
from .roi_synthesis import Scene

__all__ = ["UNKNOWN", "Labels", "importance_density", "label_part"]

Mask = npt.NDArray[np.bool_]
FloatPlane = npt.NDArray[np.float32]

#: Nobody knows: enters no loss and no figure.
UNKNOWN: Final = -1.0

_POWER: Final = 0.4
_COVERED: Final = 0.3
_FREE: Final = 0.02
_APART: Final = 0.2
_LOOKS: Final = {
    "blur": ("bokeh",),
    "jitter": ("bokeh",),
    "low_light": ("low-key", "night"),
    "overexposure": ("high-key", "white-background-or-clipped-sky"),
    "contrast": ("low-contrast",),
    "colorfulness": ("muted-colour",),
}


@dataclass(frozen=True, slots=True)
class Labels:
    """Labels of one part; `UNKNOWN` where there is none. `severity` and `intentional` float[8]."""

    quality: float
    importance: float
    subject: float
    severity: npt.NDArray[np.float32]
    intentional: npt.NDArray[np.float32]


def importance_density(scene: Scene) -> FloatPlane:
    """How much of what can be spoilt lies where: float32 at half size, sums to 1."""
    x = floats_of(scene.clean)
    rng = np.random.default_rng(0)
    blurred = cv2.GaussianBlur(x, (0, 0), 2.0)
    noisy = x + rng.normal(0, 20 / 255, x.shape).astype(np.float32)
    total = np.zeros((x.shape[0] // 2, x.shape[1] // 2), np.float64)
    for spoilt in (blurred, noisy, jpeg(x, 8)):
        similarity, weight = vsi_map(scene.clean, bytes_of(np.asarray(spoilt, np.float32)))
        lost = np.maximum(1 - similarity, 0) * weight
        total += lost / max(float(lost.sum()), 1e-9)
    return np.asarray(total / total.sum(), np.float32)


def label_part(
    scene: Scene, part: Mask, density: FloatPlane, seen: dict[str, float], luma: float
) -> Labels:
    """The labels of one part.

    Parameters
    ----------
    scene : Scene
    part : bool at half size, at least one set
    density : of `importance_density`
    seen : what the network says of each distortion in the part, mean severity 0..1
    luma : mean of the part in the finished picture, 0..255
    """
    size = float(part.sum())
    severity = np.zeros(len(DISTORTIONS), np.float32)
    intentional = np.full(len(DISTORTIONS), UNKNOWN, np.float32)
    kept = 1.0
    planted: dict[str, float] = {}
    for flaw in scene.flaws:
        covered = float((part & flaw.mask).sum()) / size
        d = DISTORTIONS.index(flaw.distortion)
        if covered <= _FREE:
            continue
        lost = part_severity(flaw.seen, flaw.kind, part)
        # One photo differs from another by less than this in people's eyes; a measure by more.
        lost = min(lost, flaw.severity + _APART)
        if covered >= 0.5:
            lost = max(lost, flaw.severity - _APART)
        kept *= 1 - lost
        planted[flaw.distortion] = covered
        visible = lost >= 0.04
        severity[d] = flaw.severity if covered >= _COVERED and visible else UNKNOWN
        if covered >= 0.5 and flaw.severity >= 0.2 and lost >= 0.12 and flaw.distortion in _LOOKS:
            intentional[d] = 0.0
    for d, name in enumerate(DISTORTIONS):
        if name not in planted and _wanted(scene, name, part, seen, luma):
            intentional[d] = 1.0
    return Labels(
        quality=kept if scene.rated else UNKNOWN,
        importance=float(density[part].sum()) ** _POWER,
        subject=_subject(scene, part, size),
        severity=severity if scene.rated else _not_clean(severity),
        intentional=intentional,
    )


def _wanted(scene: Scene, name: str, part: Mask, seen: dict[str, float], luma: float) -> bool:
    if not scene.tags & set(_LOOKS.get(name, ())):
        return False
    if name in ("blur", "jitter"):
        if scene.subject is not None and float(scene.subject[part].mean()) > 0.1:
            return False
        return seen.get(name, 0.0) >= 0.15
    if name == "low_light":
        return luma < 60
    if name == "overexposure":
        return luma > 190
    return True


def _subject(scene: Scene, part: Mask, size: float) -> float:
    if scene.subject is None:
        return UNKNOWN
    inside = float((part & scene.subject).sum()) / size
    return inside if inside <= 0.1 or inside >= 0.6 else UNKNOWN


def _not_clean(severity: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Of a photo that may have flaws of its own only those that were made are known."""
    return np.where(severity > 0, severity, UNKNOWN).astype(np.float32)
