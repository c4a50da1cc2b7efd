"""Texts: everything that a person reads, from one catalogue, in the person's language.

::

    texts = Texts("de_DE")
    texts("ui.find")                       # "Fehler suchen"
    texts.region_title("blur", 0.7, 0.12)  # "Unschärfe · stark · 12 %"

What the engine says is `flawmap_api.speech`'s; a catalogue here is a module `catalogue_<language>`
with one mapping `TEXTS` of what the plug-ins say themselves. Every key stands in each of them, with
the same placeholders. Keys that begin with `ui.` are labels of a shell's widgets.
"""

from __future__ import annotations

import locale
from collections.abc import Mapping

from flawmap_api import speech
from flawmap_api.errors import EngineLost, FlawmapError

from .catalogue_de import TEXTS as GERMAN
from .catalogue_en import TEXTS as ENGLISH

__all__ = ["CATALOGUES", "Texts"]

#: Every catalogue by its language, with what the engine says.
CATALOGUES: dict[str, Mapping[str, str]] = {
    language: {**speech.CATALOGUES[language], **own}
    for language, own in (("en", ENGLISH), ("de", GERMAN))
}


class Texts(speech.Speech):
    """What the plug-ins say, on top of what the engine says.

    Parameters
    ----------
    language : str
        "de", "de_DE", "German" …: whatever settings, host or system call it; English where no
        catalogue fits.
    """

    catalogues = CATALOGUES

    @classmethod
    def chosen(cls, setting: str, host_language: str) -> Texts:
        """The catalogue of the setting, or for "auto" of the host, or of the system."""
        if setting != "auto":
            return cls(setting)
        return cls(host_language or locale.getlocale()[0] or "")

    def error(self, error: BaseException) -> tuple[str, str]:
        """What went wrong and what to do, as two texts."""
        if isinstance(error, FlawmapError):
            # The engine's own sentences are English; what kind of trouble it is, we can translate.
            key = f"error.{'engine_lost' if isinstance(error, EngineLost) else error.code}"
            hint = self(f"{key}.hint") if f"{key}.hint" in ENGLISH else ""
            foreign = self.language != "en" and hint
            return self(key, message=error.message), hint if foreign else error.hint or hint
        return self("error.fault", kind=type(error).__name__), self("error.fault.hint")
