"""Speech: what the engine says – sentences, flaws, levels, places – in the person's language.

::

    speech = Speech("de_DE")
    speech.sentence_of(region)                # "Unschärfe (stark) auf 12 % des Fotos, oben links."
    speech.region_title("blur", 0.7, 0.12)    # "Unschärfe · stark · 12 %"

The engine sends its sentences in English, each with an id and arguments. A catalogue is a module
`speech_<language>` with one mapping `TEXTS`; every key stands in each of them, with the same
placeholders. `import flawmap_api` does not read this.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from typing import Any, Protocol

from .speech_de import TEXTS as GERMAN
from .speech_en import TEXTS as ENGLISH
from .words import severity_level

__all__ = ["CATALOGUES", "Said", "Speech", "language_of"]

#: Every catalogue by its language.
CATALOGUES: dict[str, Mapping[str, str]] = {"en": ENGLISH, "de": GERMAN}

#: Arguments of the engine's sentences that are words of the vocabulary, and where they stand.
_WORD_ARGS = {"level": "level.", "place": "place.", "distortion": "flaw."}


class Said(Protocol):
    """Whatever carries a sentence of the engine's: a region, a plan of a repair, its limits."""

    @property
    def sentence(self) -> str:
        """The sentence in English."""

    @property
    def sentence_id(self) -> str:
        """Its key, without `said.`."""

    @property
    def sentence_args(self) -> dict[str, Any]:
        """What it is filled in with."""


class Speech:
    """A catalogue of what the engine says, and the ways of its language.

    Parameters
    ----------
    language : str
        "de", "de_DE", "German" …: whatever settings or a system call it; English where no
        catalogue fits.
    """

    #: What is looked up; programs with more to say bring their own, with these keys among theirs.
    catalogues: Mapping[str, Mapping[str, str]] = CATALOGUES

    def __init__(self, language: str = "") -> None:
        self.language = language_of(language)
        self._texts = self.catalogues[self.language]
        self._english = self.catalogues["en"]

    def __call__(self, key: str, **args: Any) -> str:
        """The text of a key, filled in. A key that is in no catalogue comes back as it is."""
        text = self._texts.get(key) or self._english.get(key) or key
        return text.format(**{name: self._shown(value) for name, value in args.items()})

    def label(self, distortion: str) -> str:
        """What people call a distortion; one of a newer engine is called by its own word."""
        return self._known(f"flaw.{distortion}", distortion)

    def level(self, word: str) -> str:
        """A severity's word."""
        return self._known(f"level.{word}", word)

    def quality(self, word: str) -> str:
        """A quality's word."""
        return self._known(f"quality.{word}", word)

    def importance(self, word: str) -> str:
        """An importance's word."""
        return self._known(f"importance.{word}", word)

    def mark(self, verdict: str | None) -> str:
        """A verdict's word; empty for none."""
        return self._known(f"mark.{verdict}", verdict) if verdict else ""

    def number(self, value: float, decimals: int = 2) -> str:
        """A number with the language's decimal sign."""
        text = f"{value:.{decimals}f}"
        return text.replace(".", ",") if self.language == "de" else text

    def percent(self, share: float) -> str:
        """A share of the photo: "12 %", "0.3 %"; as the engine's sentences round it."""
        value = 100 * share
        if value < 0.1:
            return f"< {self.number(0.1, 1)} %"
        return f"{self.number(value, 0 if share >= 0.01 else 1)} %"

    def region_title(self, distortion: str, severity: float, area: float) -> str:
        """Name of a region's layer and row: "blur · severe · 12 %"."""
        level = self.level(severity_level(severity))
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

    def sentence_of(self, said: Said) -> str:
        """The sentence that a region, a plan or a limit carries."""
        return self.sentence(said.sentence_id, said.sentence_args, said.sentence)

    def note(self, text: str) -> str:
        """A remark of a report's. They have no ids; the one that is common is known by its form."""
        start, end = ENGLISH["said.cannot_tell"].split("{distortions}")
        if not (text.startswith(start) and text.endswith(end)):
            return text
        labels = {ENGLISH[key]: self(key) for key in ENGLISH if key.startswith("flaw.")}
        said = text[len(start) : -len(end)].replace(" and ", ", ").split(", ")
        return self("said.cannot_tell", distortions=", ".join(labels.get(n, n) for n in said))

    def _known(self, key: str, word: str) -> str:
        return self(key) if key in self._english else word.replace("_", " ")

    def _word(self, name: str, value: Any) -> str:
        prefix = _WORD_ARGS.get(name)
        if prefix is not None and f"{prefix}{value}" in self._english:
            return self(f"{prefix}{value}")
        return self._shown(value)

    def _shown(self, value: Any) -> str:
        if isinstance(value, float):
            return f"{value:g}".replace(".", "," if self.language == "de" else ".")
        return str(value)


def language_of(said: str) -> str:
    """The catalogue's language that a setting, host or system means; "en" where there is none."""
    word = said.lower().replace("-", "_").partition("_")[0]
    return {"german": "de", "deutsch": "de"}.get(word, word if word in CATALOGUES else "en")


def _fields(template: str) -> list[str]:
    return [field or "" for _, field, _, _ in string.Formatter().parse(template)]
