"""Document: one open image of GIMP, as `flawmap_plugin.host.Document` wants it."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gi.repository import Gimp, Gio

from flawmap_api.errors import BadInput, NotFound
from flawmap_api.geometry import Box
from flawmap_api.sources import PixelData
from flawmap_plugin.host import Group, Mask, OverlayState

from . import masks, overlay, pixels, repairs
from .tree import SOURCE, attach, attached, no_step, own_roots

__all__ = ["GimpDocument"]

#: What one of GIMP's own filters sees around the area that it changes, px.
_FILTER_MARGIN = 32


class GimpDocument:
    """An image of GIMP by its id, which it keeps as long as it is open."""

    def __init__(self, image_id: int) -> None:
        self._id = image_id

    @property
    def image(self) -> Any:
        """GIMP's image; raises `NotFound` if it was closed."""
        if not Gimp.Image.id_is_valid(self._id):
            raise NotFound("The image was closed.", "Open it again.")
        return Gimp.Image.get_by_id(self._id)

    @property
    def key(self) -> str:
        """GIMP's number of the image."""
        return str(self._id)

    @property
    def title(self) -> str:
        """What GIMP calls it."""
        return str(self.image.get_name())

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the canvas."""
        image = self.image
        return image.get_width(), image.get_height()

    @property
    def path(self) -> Path | None:
        """The photo's file; the XCF only where nothing was imported."""
        image = self.image
        for file in (image.get_imported_file(), image.get_xcf_file(), image.get_exported_file()):
            if file is not None and (path := file.get_path()) is not None:
                return Path(path)
        said = attached(image, SOURCE)
        path = said.get("path") if said else None
        return Path(path) if isinstance(path, str) else None

    def read_visible(
        self, box: Box | None = None, without: frozenset[str] = frozenset()
    ) -> PixelData:
        """What is seen without the overlay, in the image's own numbers."""
        image = self.image
        hidden = own_roots(image)
        hidden += [layer for key in without if (layer := repairs.find(image, key)) is not None]
        return pixels.read_visible(image, box, hidden)

    def read_selection(self) -> Mask | None:
        """The selection with its soft values."""
        return masks.read_selection(self.image)

    def select(self, mask: Mask | None, how: str = "replace") -> None:
        """Set the selection or combine it with the mask."""
        masks.select(self.image, mask, how)

    def show_overlay(self, group: Group) -> None:
        """Put the overlay on top, in place of an older one."""
        overlay.show(self.image, group)

    def overlay(self) -> OverlayState:
        """Whether there is an overlay and whether it can be seen."""
        return overlay.state(self.image)

    def set_overlay_visible(self, visible: bool, regions: frozenset[str] | None = None) -> None:
        """Show or hide the overlay, or some of its layers."""
        overlay.set_visible(self.image, visible, regions)

    def set_overlay_opacity(self, opacity: float) -> None:
        """Opacity of the whole overlay, 0..1."""
        overlay.set_opacity(self.image, opacity)

    def remove_overlay(self) -> None:
        """Take the overlay away."""
        overlay.remove(self.image)

    def keep_masks(self, kept: Mapping[str, Mask], colours: Mapping[str, str]) -> None:
        """Leave channels of these masks."""
        masks.keep_masks(self.image, kept, colours)

    def add_repair(
        self,
        name: str,
        pixels: PixelData,
        area: Mask,
        data: Mapping[str, object],
        replaces: str | None = None,
    ) -> str:
        """Insert a repair layer; returns its key."""
        return repairs.add(self.image, name, pixels, area.box, area, data, replaces)

    def add_filter(
        self,
        name: str,
        settings: Mapping[str, object],
        area: Mask,
        title: str,
        replaces: str | None = None,
    ) -> str:
        """Insert a copy of the area under one of GIMP's own filters; returns its key."""
        width, height = self.size
        box, margin = area.box, _FILTER_MARGIN
        around = Box(
            max(0, box.x0 - margin),
            max(0, box.y0 - margin),
            min(width, box.x1 + margin),
            min(height, box.y1 + margin),
        )
        seen = self.read_visible(around, frozenset([replaces] if replaces else []))
        operation = (name, settings)
        return repairs.run_filter(self.image, operation, seen, around, area, title, replaces)

    def remove_layer(self, key: str) -> None:
        """Remove a repair layer."""
        repairs.remove(self.image, key)

    def has_layer(self, key: str) -> bool:
        """Whether a repair layer is still there."""
        return repairs.find(self.image, key) is not None

    def read_note(self, name: str) -> str | None:
        """A text that is kept with the image."""
        said = attached(self.image, name)
        text = said.get("text") if said else None
        return text if isinstance(text, str) else None

    def write_note(self, name: str, text: str) -> None:
        """Keep a text with the image; no undo step."""
        image = self.image
        # An attachment that cannot be undone would put a stop into the person's undo history.
        with no_step(image):
            attach(image, name, {"text": text})

    def export_without_overlay(self, path: Path) -> None:
        """Write the image without the overlay, by the path's ending."""
        copy = self.image.duplicate()
        try:
            copy.undo_disable()
            for root in own_roots(copy):
                copy.remove_layer(root)
            for channel in copy.get_channels():
                channel.set_visible(False)
            _write(copy, path)
        finally:
            copy.delete()


def _write(image: Any, path: Path) -> None:
    """Write beside the place and rename: a file that was there is whole or replaced."""
    refused = BadInput(
        f"GIMP could not write {path.name}.",
        "Its ending has to name a format that GIMP writes (.xcf, .png, .tif, .jpg), and its "
        "folder has to be writable.",
    )
    try:
        folder = tempfile.mkdtemp(prefix=".flawmap-", dir=path.parent)
    except OSError as error:
        raise BadInput(
            f"{path.parent} cannot be written to: {error.strerror}.", "Choose another folder."
        ) from None
    made = Path(folder) / path.name
    try:
        file = Gio.File.new_for_path(str(made))
        if not Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, file, None):
            raise refused
        if not made.is_file() or made.stat().st_size == 0:
            raise refused
        os.replace(made, path)
    except OSError as error:
        raise BadInput(f"{path} could not be written: {error.strerror}.") from None
    finally:
        with contextlib.suppress(OSError):
            made.unlink(missing_ok=True)
            os.rmdir(folder)
