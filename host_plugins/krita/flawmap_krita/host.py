"""Host: Krita as `flawmap_plugin.host.Host` wants it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from krita import Krita

from flawmap_api.errors import BadInput
from flawmap_plugin.host import Capabilities, Document, Watch

from .document import KritaDocument
from .nodes import key_of
from .profiles import ProfileShelf, profile_folders
from .qt import QtCore

__all__ = ["KritaHost"]

#: Actions of Krita that write the photo somewhere.
_SAVING = (
    "file_save",
    "file_save_as",
    "file_export_file",
    "file_export_advanced",
    "save_incremental_version",
    "save_incremental_backup",
)


class KritaHost:
    """The running Krita."""

    def __init__(self) -> None:
        self._krita = Krita.instance()
        self._documents: dict[str, KritaDocument] = {}
        program = Path(QtCore.QCoreApplication.applicationDirPath())
        self._profiles = ProfileShelf(profile_folders(program))
        self._can = Capabilities(
            name="Krita",
            version=str(self._krita.version()),
            channels="BGRA",
            masks="selection mask",
            replace_is_two_steps=True,
            warns_on_save=True,
            filters=frozenset(str(name) for name in self._krita.filters()),
            language=_language(),
        )

    @property
    def can(self) -> Capabilities:
        """What this Krita is and can do."""
        return self._can

    def active(self) -> KritaDocument | None:
        """The document in front, or None."""
        doc = self._krita.activeDocument()
        return None if doc is None or doc.rootNode() is None else self._known(doc)

    def open(self, path: Path) -> Document:
        """Open a file and show it, without questions about profiles."""
        was = self._krita.batchmode()
        self._krita.setBatchmode(True)
        try:
            doc = self._krita.openDocument(str(path))
        finally:
            self._krita.setBatchmode(was)
        if doc is None or doc.rootNode() is None:
            raise BadInput(f"Krita cannot open {path.name}.", "Is it a photo, and is it whole?")
        window = self._krita.activeWindow()
        if window is not None:
            window.addView(doc)
        return self._known(doc)

    def later(self, seconds: float, what: Callable[[], None]) -> Watch:
        """Call something once on the main loop."""
        return _Timer(seconds, what, once=True)

    def every(self, seconds: float, what: Callable[[], None]) -> Watch:
        """Call something again and again on the main loop."""
        return _Timer(seconds, what, once=False)

    def readable(self, descriptor: int, what: Callable[[], None]) -> Watch:
        """Call something whenever a descriptor has something to read."""
        return _Readable(descriptor, what)

    def on_save(self, what: Callable[[Document], None]) -> Watch:
        """Call something as one of Krita's saving actions is triggered."""
        return _SaveWatch(self._krita, lambda: self._saving(what))

    def _saving(self, what: Callable[[Document], None]) -> None:
        document = self.active()
        if document is not None:
            what(document)

    def _known(self, doc: Any) -> KritaDocument:
        key = key_of(doc.rootNode())
        known = self._documents.get(key)
        if known is None or not known.is_open():
            self._documents = {k: d for k, d in self._documents.items() if d.is_open()}
            known = self._documents[key] = KritaDocument(doc, self._profiles.find, self.later)
        return known


def _language() -> str:
    # Krita's own choice of a language wins over the system's; Qt's default locale follows it.
    return str(QtCore.QLocale().name())


class _Timer:
    """A timer that lives until it has fired or is stopped."""

    _alive: set[_Timer] = set()  # noqa: RUF012 - one for the process; Qt needs them held

    def __init__(self, seconds: float, what: Callable[[], None], *, once: bool) -> None:
        self._timer = QtCore.QTimer()
        self._timer.setSingleShot(once)
        self._what = what
        self._once = once
        self._timer.timeout.connect(self._fire)
        self._alive.add(self)
        self._timer.start(max(0, round(seconds * 1000)))

    def stop(self) -> None:
        """End it."""
        self._timer.stop()
        self._alive.discard(self)

    def _fire(self) -> None:
        if self._once:
            self.stop()
        self._what()


class _Readable:
    """A socket notifier."""

    def __init__(self, descriptor: int, what: Callable[[], None]) -> None:
        self._notifier = QtCore.QSocketNotifier(descriptor, QtCore.QSocketNotifier.Type.Read)
        self._what = what
        self._notifier.activated.connect(self._fire)

    def stop(self) -> None:
        """End it."""
        self._notifier.setEnabled(False)

    def _fire(self, *_: object) -> None:
        if self._notifier.isEnabled():
            self._what()


class _SaveWatch:
    """Listens to the saving actions of every window."""

    def __init__(self, krita: Any, what: Callable[[], None]) -> None:
        self._krita = krita
        self._what = what
        self._actions: list[Any] = []
        self._notifier = krita.notifier()
        self._notifier.setActive(True)
        self._notifier.windowCreated.connect(self._listen)
        self._listen()

    def _listen(self) -> None:
        for name in _SAVING:
            action = self._krita.action(name)
            if action is not None and action not in self._actions:
                action.triggered.connect(self._fire)
                self._actions.append(action)

    def _fire(self, *_: object) -> None:
        self._what()

    def stop(self) -> None:
        """End it."""
        for action in self._actions:
            with contextlib.suppress(TypeError, RuntimeError):
                action.triggered.disconnect(self._fire)
        self._actions = []
        with contextlib.suppress(TypeError, RuntimeError):
            self._notifier.windowCreated.disconnect(self._listen)
