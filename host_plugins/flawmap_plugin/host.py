"""Host: what an editor has to be able to do, so that Flawmap can work inside it.

The whole of what a third editor needs: `Host` is the program, `Document` one open picture. Bytes go
in and out, never arrays; everything else (engine calls, names, colours, texts, the order of steps)
is shared and lives beside this module. All methods are called on the host's main thread and return
soon; none of them waits for the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from flawmap_api.geometry import Box
from flawmap_api.sources import PixelData

__all__ = [
    "Capabilities",
    "Document",
    "Group",
    "Host",
    "Mask",
    "OverlayState",
    "Tint",
    "Watch",
]


@dataclass(frozen=True)
class Capabilities:
    """What this host can and cannot do; the panel shows and words things accordingly.

    Attributes
    ----------
    name, version : str
        As people know the program: "GIMP", "3.0.4".
    channels : "RGBA" | "BGRA"
        Order in which `Tint.pixels` has to come.
    masks : str
        What `keep_masks` makes here: "channel" or "selection mask".
    replace_is_two_steps : bool
        A new overlay in place of an old one takes two undo steps.
    warns_on_save : bool
        The host tells when a document is saved (`Host.on_save`), so that a visible overlay can be
        warned of; where not, the panel shows the overlay's state large.
    filters : frozenset of str
        Names of the host's own filters that `Document.add_filter` can run.
    language : str
        Language of the host's own texts, as a locale says it ("de_DE"); empty where unknown.
    """

    name: str
    version: str
    channels: str = "RGBA"
    masks: str = "channel"
    replace_is_two_steps: bool = False
    warns_on_save: bool = False
    filters: frozenset[str] = frozenset()
    language: str = ""


@dataclass(frozen=True)
class Mask:
    """Soft coverage of a box: `data` has one byte a pixel, rows from the top, 255 = inside."""

    box: Box
    data: bytes


@dataclass(frozen=True)
class Tint:
    """One overlay layer: straight-alpha 8-bit sRGB pixels of a box, in `Capabilities.channels`.

    `colour` is the palette's colour of the distortion, `#rrggbb`; hosts take the nearest of their
    own label colours. `data` travels with the layer (a parasite, a layer's own metadata or, where a
    host has none, the document's): plain JSON values, among them `region`, the region's id.
    """

    name: str
    box: Box
    pixels: bytes
    colour: str
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Group:
    """A named group of overlay layers and groups, the topmost first."""

    name: str
    children: tuple[Group | Tint, ...]
    colour: str = ""


@dataclass(frozen=True)
class OverlayState:
    """Whether the document has an overlay, and whether any of it would be saved with the photo."""

    present: bool
    visible: bool


class Watch(Protocol):
    """Something that goes on until it is stopped."""

    def stop(self) -> None:
        """End it; a second call does nothing."""


class Document(Protocol):
    """One open picture. A document that was closed raises `NotFound` from every method.

    Coordinates are the canvas's: origin top left, half-open boxes, whatever offsets layers have.
    """

    @property
    def key(self) -> str:
        """Tells it from the other open documents, as long as it is open."""

    @property
    def title(self) -> str:
        """What the host calls it."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the canvas, px."""

    @property
    def path(self) -> Path | None:
        """The photo's file that it was opened from or saved to; None if it never had one."""

    def read_visible(
        self, box: Box | None = None, without: frozenset[str] = frozenset()
    ) -> PixelData:
        """What is seen, without Flawmap's overlay, in the document's own numbers and profile.

        `without` holds keys of repair layers that are to be left out as well.

        Leaves no trace: neither undo history, nor modified flag, nor selection, nor active layer
        change. Where the engine could not read the document's colour model or profile, the numbers
        are converted by the host to 16-bit sRGB, and `PixelData.icc` is empty.
        """

    def read_selection(self) -> Mask | None:
        """The selection with its soft values, or None if nothing is selected."""

    def select(self, mask: Mask | None, how: str = "replace") -> None:
        """Set the selection: `how` is "replace", "add", "subtract" or "intersect"; None clears."""

    def show_overlay(self, group: Group) -> None:
        """Put the group on top, in place of an older overlay, in one undo step.

        Its layers are locked and coloured; active layer and selection stay as they are. Layers of
        the old overlay that the user renamed or painted move to a group `<name> (kept)`.
        """

    def overlay(self) -> OverlayState:
        """Whether there is an overlay, and whether it can be seen; cheap enough to be polled."""

    def set_overlay_visible(self, visible: bool, regions: frozenset[str] | None = None) -> None:
        """Show or hide the overlay, or only the layers of those regions."""

    def set_overlay_opacity(self, opacity: float) -> None:
        """Opacity of the whole overlay, 0..1."""

    def remove_overlay(self) -> None:
        """Take the overlay away, in one undo step."""

    def keep_masks(self, masks: Mapping[str, Mask], colours: Mapping[str, str]) -> None:
        """Make named channels or selection masks of coverages, invisible, in one undo step."""

    def add_repair(
        self,
        name: str,
        pixels: PixelData,
        area: Mask,
        data: Mapping[str, object],
        replaces: str | None = None,
    ) -> str:
        """Put repaired pixels of `area.box` above the photo, cut by `area`, in one undo step.

        `pixels` has the layout, numbers and profile that `read_visible` gave. The new layer lies
        below the overlay, or takes the place of the layer `replaces`. Returns its key: it holds as
        long as the layer lives, also after saving and reopening.
        """

    def add_filter(
        self,
        name: str,
        settings: Mapping[str, object],
        area: Mask,
        title: str,
        replaces: str | None = None,
    ) -> str:
        """Put one of the host's own filters above the photo, cut by `area`; as `add_repair`.

        Raises
        ------
        Unsupported
            If this host has no such filter.
        """

    def remove_layer(self, key: str) -> None:
        """Remove a layer that `add_repair` or `add_filter` made; nothing if it is gone already."""

    def has_layer(self, key: str) -> bool:
        """Whether that layer is still there (an undo may have taken it); cheap, it is polled."""

    def read_note(self, name: str) -> str | None:
        """Text kept with the document under that name (a parasite, an annotation)."""

    def write_note(self, name: str, text: str) -> None:
        """Keep a text with the document; it is saved with it and no undo step."""

    def export_without_overlay(self, path: Path) -> None:
        """Write the picture as it would look without the overlay; the document stays as it is.

        Raises
        ------
        BadInput
            If the file cannot be written, or its ending names no format that the host can write.
        """


class Host(Protocol):
    """The program that the plug-in lives in."""

    @property
    def can(self) -> Capabilities:
        """What this host is and can do."""

    def active(self) -> Document | None:
        """The document that the person works on; the same `key` for the same document."""

    def open(self, path: Path) -> Document:
        """Open a photo's file and show it.

        Raises
        ------
        BadInput
            If the host cannot read it.
        """

    def later(self, seconds: float, what: Callable[[], None]) -> Watch:
        """Call something once on the main thread, after so many seconds."""

    def every(self, seconds: float, what: Callable[[], None]) -> Watch:
        """Call something again and again on the main thread."""

    def readable(self, descriptor: int, what: Callable[[], None]) -> Watch:
        """Call something on the main thread whenever a descriptor has something to read.

        Where the loop cannot watch descriptors it may do nothing: timers look as well, a little
        later.
        """

    def on_save(self, what: Callable[[Document], None]) -> Watch | None:
        """Call something as a document is about to be saved; None where the host does not tell."""
