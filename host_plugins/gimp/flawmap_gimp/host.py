"""Host: GIMP itself, as `flawmap_plugin.host.Host` wants it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from gi.repository import Gimp, Gio, GLib

from flawmap_api.errors import BadInput
from flawmap_plugin.host import Capabilities, Document, Watch

from .document import GimpDocument
from .repairs import FILTERS
from .tree import SOURCE, attach

__all__ = ["GimpHost"]


class GimpHost:
    """GIMP. Made and used on the main thread of the persistent process."""

    def __init__(self) -> None:
        self._documents: dict[int, GimpDocument] = {}
        self._active = 0
        self._can = Capabilities(
            name="GIMP",
            version=str(Gimp.version()),
            channels="RGBA",
            masks="channel",
            filters=FILTERS,
            language=_language(),
        )

    @property
    def can(self) -> Capabilities:
        """What GIMP is and can do."""
        return self._can

    def documents(self) -> list[GimpDocument]:
        """Every open image, the newest first."""
        open_now = {image.get_id() for image in Gimp.get_images()}
        self._documents = {
            number: self._documents.get(number) or GimpDocument(number)
            for number in sorted(open_now, reverse=True)
        }
        return list(self._documents.values())

    def activate(self, image_id: int) -> GimpDocument:
        """From now on this image is the active one: a menu entry or the panel named it."""
        self._active = image_id
        return self._documents.setdefault(image_id, GimpDocument(image_id))

    def active(self) -> Document | None:
        """The image that a person named last, else the newest: GIMP does not tell which is."""
        documents = self.documents()
        return self._documents.get(self._active) or (documents[0] if documents else None)

    def opened(self, path: Path) -> GimpDocument | None:
        """The newest image that was opened from that file, or None."""
        for document in self.documents():
            if document.path == path:
                return self.activate(int(document.key))
        return None

    def open(self, path: Path) -> Document:
        """Open a photo's file, and show it where GIMP has windows."""
        file = Gio.File.new_for_path(str(path))
        try:
            image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, file)
        except GLib.Error:
            image = None
        if image is None:
            raise BadInput(
                f"GIMP could not open {path}.", "See GIMP's error messages for the reason."
            )
        image.policy_rotate(False)
        # A procedure's image has no file of its own: it is not to be saved over the photo.
        attach(image, SOURCE, {"path": str(path)})
        image.clean_all()
        Gimp.Display.new(image)
        return self.activate(image.get_id())

    def later(self, seconds: float, what: Callable[[], None]) -> Watch:
        """Call something once, after so many seconds."""
        return _Source(lambda call: GLib.timeout_add(_ms(seconds), call), what, once=True)

    def every(self, seconds: float, what: Callable[[], None]) -> Watch:
        """Call something again and again."""
        return _Source(lambda call: GLib.timeout_add(_ms(seconds), call), what)

    def readable(self, descriptor: int, what: Callable[[], None]) -> Watch:
        """Call something whenever the descriptor has something to read."""
        condition = GLib.IOCondition.IN | GLib.IOCondition.HUP | GLib.IOCondition.ERR
        return _Source(
            lambda call: GLib.unix_fd_add_full(
                GLib.PRIORITY_DEFAULT, descriptor, condition, lambda *_: call()
            ),
            what,
        )

    def on_save(self, what: Callable[[Document], None]) -> Watch | None:  # noqa: ARG002
        """GIMP does not tell that an image is about to be saved."""
        return None


class _Source:
    """A source of GLib's main loop."""

    def __init__(
        self,
        attach: Callable[[Callable[[], bool]], int],
        what: Callable[[], None],
        *,
        once: bool = False,
    ) -> None:
        self._what = what
        self._once = once
        self._number: int | None = attach(self._call)

    def stop(self) -> None:
        """End it; a second call does nothing."""
        number, self._number = self._number, None
        if number is not None:
            GLib.source_remove(number)

    def _call(self) -> bool:
        if self._number is None:
            return False
        if self._once:
            # GLib forgets it by itself; removing it again would be an error.
            self._number = None
        try:
            self._what()
        except Exception:
            # Else GLib would drop the source, and the panel would stand still without a word.
            logging.getLogger("flawmap_plugin").exception("In GIMP's main loop")
        return self._number is not None


def _ms(seconds: float) -> int:
    return max(0, round(seconds * 1000))


def _language() -> str:
    """The language of GIMP's texts, which may be another than the system's."""
    chosen = Gimp.gimprc_query("language")
    if isinstance(chosen, str) and chosen.strip('" '):
        return chosen.strip('" ')
    names = GLib.get_language_names()
    return str(names[0]) if names else ""
