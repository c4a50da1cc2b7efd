"""Texts: everything that a person reads, from one catalogue, in the person's language.

::

    texts = Texts("de_DE")
    texts("ui.find")                       # "Fehler suchen"
    texts.region_title("blur", 0.7, 0.12)  # "Unschärfe · stark · 12 %"

A catalogue is a module `catalogue_<language>` with one mapping `TEXTS`; every key stands in each of
them, with the same placeholders. Keys that begin with `ui.` are labels of a shell's widgets.
"""

from __future__ import annotations

import locale
import string
from collections.abc import Mapping
from typing import Any

from flawmap_api.errors import EngineLost, FlawmapError
from flawmap_api.words import severity_level

from .catalogue_de import TEXTS as GERMAN
from .catalogue_en import TEXTS as ENGLISH

__all__ = ["CATALOGUES", "Texts"]

#: Every catalogue by its language.
CATALOGUES: dict[str, Mapping[str, str]] = {"en": ENGLISH, "de": GERMAN}

#: Arguments of the engine's sentences that are words of the vocabulary, and where they stand.
_WORD_ARGS = {"level": "level.", "place": "place.", "distortion": "flaw."}


class Texts:
    """A catalogue and the ways of its language.

    Parameters
    ----------
    language : str
        "de", "de_DE", "German" …: whatever settings, host or system call it; English where no
        catalogue fits.
    """

    def __init__(self, language: str = "") -> None:
        self.language = _language_of(language)
        self._texts = CATALOGUES[self.language]

    @classmethod
    def chosen(cls, setting: str, host_language: str) -> Texts:
        """The catalogue of the setting, or for "auto" of the host, or of the system."""
        if setting != "auto":
            return cls(setting)
        return cls(host_language or locale.getlocale()[0] or "")

    def __call__(self, key: str, **args: Any) -> str:
        """The text of a key, filled in. A key that is in no catalogue comes back as it is."""
        text = self._texts.get(key) or ENGLISH.get(key) or key
        return text.format(**{name: self._shown(value) for name, value in args.items()})

    def label(self, distortion: str) -> str:
        """What people call a distortion; one of a newer engine is called by its own word."""
        key = f"flaw.{distortion}"
        return self(key) if key in ENGLISH else distortion.replace("_", " ")

    def number(self, value: float, decimals: int = 2) -> str:
        """A number with the language's decimal sign."""
        text = f"{value:.{decimals}f}"
        return text.replace(".", ",") if self.language == "de" else text

    def percent(self, share: float) -> str:
        """A share of the photo: "12 %", "0.3 %"; as the engine's sentences round it."""
        value = 100 * share
        return f"{self.number(value, 0 if share >= 0.01 else 1) if value >= 0.1 else '< 0.1'} %"

    def region_title(self, distortion: str, severity: float, area: float) -> str:
        """Name of a region's layer and row: "blur · severe · 12 %"."""
        level = self(f"level.{severity_level(severity)}")
        return f"{self.label(distortion)} · {level} · {self.percent(area)}"

    def sentence(self, sentence_id: str, args: Mapping[str, Any], fallback: str) -> str:
        """A sentence of the engine's by its id; one that is in no catalogue stays as it came."""
        template = self._texts.get(f"said.{sentence_id}")
        if template is None:
            return fallback
        words = {name: self._word(name, value) for name, value in args.items()}
        if any(field and field not in words for field in _fields(template)):
            return fallback
        filled = template.format(**words)
        return filled[:1].upper() + filled[1:]

    def note(self, text: str) -> str:
        """A remark of a report's. They have no ids; the one that is common is known by its form."""
        start, end = ENGLISH["said.cannot_tell"].split("{distortions}")
        if not (text.startswith(start) and text.endswith(end)):
            return text
        labels = {ENGLISH[key]: self(key) for key in ENGLISH if key.startswith("flaw.")}
        said = text[len(start) : -len(end)].replace(" and ", ", ").split(", ")
        return self("said.cannot_tell", distortions=", ".join(labels.get(n, n) for n in said))

    def error(self, error: BaseException) -> tuple[str, str]:
        """What went wrong and what to do, as two texts."""
        if isinstance(error, FlawmapError):
            # The engine's own sentences are English; what kind of trouble it is, we can translate.
            key = f"error.{'engine_lost' if isinstance(error, EngineLost) else error.code}"
            hint = self(f"{key}.hint") if f"{key}.hint" in ENGLISH else ""
            foreign = self.language != "en" and hint
            return self(key, message=error.message), hint if foreign else error.hint or hint
        return self("error.fault", kind=type(error).__name__), self("error.fault.hint")

    def _word(self, name: str, value: Any) -> str:
        prefix = _WORD_ARGS.get(name)
        if prefix is not None and f"{prefix}{value}" in ENGLISH:
            return self(f"{prefix}{value}")
        return self._shown(value)

    def _shown(self, value: Any) -> str:
        if isinstance(value, float):
            return f"{value:g}".replace(".", "," if self.language == "de" else ".")
        return str(value)


def _language_of(said: str) -> str:
    word = said.lower().replace("-", "_").partition("_")[0]
    return {"german": "de", "deutsch": "de"}.get(word, word if word in CATALOGUES else "en")


def _fields(template: str) -> list[str]:
    return [field or "" for _, field, _, _ in string.Formatter().parse(template)]
