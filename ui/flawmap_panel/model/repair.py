"""Repair preview: what could be done about a finding, how it would look, and whether it helps.

Nothing is written: the repaired pixels live here, on the screen's 8-bit sRGB, until a copy is saved
from the file's own numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flawmap_api.client import EngineClient
from flawmap_api.errors import FlawmapError
from flawmap_api.geometry import Box
from flawmap_api.repair import RepairPlan
from flawmap_api.results import OpenedPhoto
from flawmap_export import read_original, write_repaired

from .engine_room import EngineRoom
from .observable import Observable

__all__ = ["Preview", "RepairDesk", "blended"]

U8 = NDArray[np.uint8]
Kept = tuple[tuple[RepairPlan, float], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Preview:
    """One repair, drawn.

    Attributes
    ----------
    plan : RepairPlan
    strength : float in [0, 1]
    pixels : uint8, shape (h, w, 3)
        The photo in `plan.box` with the repair in it, blended by the region's coverage.
    coverage : uint8, shape (h, w)
    before, after : float in [0, 1] or None
        Severity of the flaw in the box, scored by the engine; None until it is.
    """

    plan: RepairPlan
    strength: float
    pixels: U8
    coverage: U8
    before: float | None = None
    after: float | None = None

    @property
    def helps(self) -> bool | None:
        """Whether the score improved; None while it is not known."""
        if self.before is None or self.after is None:
            return None
        return self.after < self.before - 0.005


def blended(photo: U8, repaired: U8, coverage: U8) -> U8:
    """Repaired pixels in a photo's, as much as the coverage says; all of one height and width."""
    share = coverage.astype(np.float32)[:, :, None] / 255
    mixed = photo.astype(np.float32) * (1 - share) + repaired.astype(np.float32) * share
    return np.rint(mixed).astype(np.uint8)


class RepairDesk(Observable):
    """The repair that is looked at, and those that were kept; tells `repair`.

    Attributes
    ----------
    plan : RepairPlan or None
        What could be done about the finding that was chosen.
    preview : Preview or None
    shown : bool
        Whether the canvas draws the preview, or the photo as it is.
    busy : bool
    """

    def __init__(self, room: EngineRoom, failed: Callable[[FlawmapError], None]) -> None:
        super().__init__()
        self._room = room
        self._tell_failure = failed
        self._photo: OpenedPhoto | None = None
        self._judgement: dict[str, Any] = {}
        self._kept: dict[str, Kept] = {}
        self._saved: dict[str, Kept] = {}
        self.reset(None, {})

    def reset(self, photo: OpenedPhoto | None, judgement: dict[str, Any]) -> None:
        """Look at a photo, with the repairs that were kept of it; those of others are not lost."""
        self._photo, self._judgement = photo, judgement
        self.plan: RepairPlan | None = None
        self.preview: Preview | None = None
        self.shown, self.busy = True, False
        self.tell("repair")

    @property
    def kept(self) -> Kept:
        """What a repaired copy of this photo will hold."""
        return self._kept.get(self._photo.photo_id, ()) if self._photo is not None else ()

    @property
    def unsaved(self) -> dict[str, int]:
        """How many kept repairs are in no copy yet, by photo id."""
        open_ = {
            photo: sum(pair not in self._saved.get(photo, ()) for pair in kept)
            for photo, kept in self._kept.items()
        }
        return {photo: count for photo, count in open_.items() if count}

    def consider(self, region_id: str, judgement: dict[str, Any]) -> None:
        """Ask what could be done about a finding, and draw it."""
        photo = self._photo
        if photo is None:
            return
        self._judgement = judgement
        self.preview, self.busy = None, True
        self.tell("repair")

        def then(plan: RepairPlan) -> None:
            self.plan, self.busy = plan, False
            self.tell("repair")
            if plan.possible:
                self.draw(plan.strength)

        self._room.ask(
            lambda client, _: client.repair_plan(photo, region=region_id, **judgement),
            then,
            self._failed,
            key="repair",
            urgency=6,
        )

    def draw(self, strength: float) -> None:
        """Draw the plan at a strength; the newest asking wins."""
        photo, plan, judgement = self._photo, self.plan, self._judgement
        if photo is None or plan is None or not plan.possible:
            return
        self.busy = True
        self.tell("repair")

        def then(preview: Preview) -> None:
            if plan is self.plan:
                self.preview, self.busy = preview, False
                self.tell("repair")

        self._room.ask(
            lambda client, _: _drawn(client, photo, plan, strength, judgement),
            then,
            self._failed,
            key="repair",
            urgency=6,
        )

    def show(self, shown: bool) -> None:
        """Draw the preview on the canvas, or the photo as it is."""
        self.shown = shown
        self.tell("repair")

    def keep(self) -> None:
        """Take the repair into the copy that will be saved."""
        if self.preview is not None:
            self._keep((self.preview.plan, self.preview.strength))
            self.tell("repair")

    def _keep(self, *repair: tuple[RepairPlan, float]) -> None:
        """Put this repair in the place of the one that was kept of the same finding."""
        if self._photo is not None and self.plan is not None:
            others = (pair for pair in self.kept if pair[0].region != self.plan.region)
            self._kept[self._photo.photo_id] = (*others, *repair)

    def drop(self) -> None:
        """Leave the finding as it is, and out of the copy."""
        if self.plan is not None:
            self._keep()
        self.plan = self.preview = None
        self.busy = False
        self.tell("repair")

    def forget(self) -> None:
        """Keep nothing any more: the window is closed."""
        self._kept.clear()

    def save(self, source: Path, out: Path, done: Callable[[Path], None]) -> None:
        """Write a copy of the file with the kept repairs, from the file's own numbers.

        The original is only read. Repairs follow one another in the order in which they were kept.
        """
        photo, kept, judgement = self._photo, self.kept, self._judgement
        if photo is None or not kept:
            return

        def work(client: EngineClient, _: Any) -> Path:
            original = read_original(source)
            repairs = []
            for plan, strength in kept:
                pixels = client.repair_render(plan, original.part(plan.around), strength=strength)
                coverage = _coverage(client, photo, plan, judgement)
                repairs.append((plan.box, pixels.pixels, coverage))
            return write_repaired(source, repairs, out)

        def written(path: Path) -> None:
            self._saved[photo.photo_id] = kept
            done(path)

        self._room.ask(work, written, self._tell_failure, urgency=4)

    def _failed(self, error: FlawmapError) -> None:
        self.busy = False
        self.tell("repair")
        self._tell_failure(error)


def _drawn(
    client: EngineClient,
    photo: OpenedPhoto,
    plan: RepairPlan,
    strength: float,
    judgement: dict[str, Any],
) -> Preview:
    around = np.asarray(client.pixels(photo, box=plan.around))
    repaired = client.repair_render(plan, around, strength=strength)
    layout = repaired.pixels.layout
    new = np.frombuffer(repaired.pixels.data, np.uint8).reshape(layout.height, layout.width, 3)
    coverage = _coverage(client, photo, plan, judgement)
    old = _part(around, plan.around, plan.box)
    mixed = blended(old, new, coverage)
    view = judgement["view"]
    updated = client.update(photo, plan.box, mixed)
    # Scored in the box of the flaw in both, so that the two numbers speak of one place.
    before, after = (
        client.roi_score(each, box=plan.box, view=view).distortions[plan.distortion].severity
        for each in (photo, updated)
    )
    if updated.photo_id != photo.photo_id:
        client.close_photo(updated)
    return Preview(plan, strength, mixed, coverage, before, after)


def _coverage(
    client: EngineClient, photo: OpenedPhoto, plan: RepairPlan, judgement: dict[str, Any]
) -> U8:
    if plan.region is None:
        return np.full((plan.box.height, plan.box.width), 255, np.uint8)
    layer = client.layers(photo, "coverage", regions=[plan.region], **judgement)[0]
    return np.asarray(layer)


def _part(pixels: U8, whole: Box, part: Box) -> U8:
    top, left = part.y0 - whole.y0, part.x0 - whole.x0
    return pixels[top : top + part.height, left : left + part.width]
