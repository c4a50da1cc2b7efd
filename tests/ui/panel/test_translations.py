"""Every text of the panel is translated, with the same places to fill in, and compiled."""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QLocale, QTranslator
from pytestqt.qtbot import QtBot

import flawmap_panel
from flawmap_panel.language import LANGUAGES, use_language

PACKAGE = Path(str(flawmap_panel.__file__)).parent
TRANSLATIONS = PACKAGE / "translations"
FIELDS = re.compile(r"\{[^}]*\}|%n|%v|%m")


def tool(name: str) -> str:
    return str(Path(sys.executable).with_name(f"pyside6-{name}"))


def messages(path: Path) -> Iterator[tuple[str, str, ET.Element]]:
    for context in ET.parse(path).iter("context"):
        for message in context.iter("message"):
            yield (
                context.findtext("name") or "",
                message.findtext("source") or "",
                message,
            )


def collected(tmp_path: Path) -> set[tuple[str, str]]:
    """What the code says today."""
    out = tmp_path / "now.ts"
    sources = sorted(str(path) for path in (PACKAGE / "widgets").glob("*.py"))
    subprocess.run([tool("lupdate"), *sources, "-ts", str(out)], check=True, capture_output=True)
    return {(context, source) for context, source, _ in messages(out)}


def test_no_text_is_missing_in_german(tmp_path: Path) -> None:
    known = {(c, s) for c, s, _ in messages(TRANSLATIONS / "flawmap_panel_de.ts")}
    assert collected(tmp_path) == known, "run `make translations` and translate what is new"


def test_every_german_text_is_finished_and_keeps_its_fields() -> None:
    for context, source, message in messages(TRANSLATIONS / "flawmap_panel_de.ts"):
        translation = message.find("translation")
        assert translation is not None and translation.get("type") is None, (context, source)
        forms = [form.text or "" for form in translation.iter("numerusform")]
        for text in forms or [translation.text or ""]:
            assert text, (context, source)
            assert sorted(FIELDS.findall(text)) == sorted(FIELDS.findall(source)), source


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_ships_is_what_is_translated(tmp_path: Path, language: str) -> None:
    name = f"flawmap_panel_{language}"
    out = tmp_path / f"{name}.qm"
    command = [tool("lrelease"), str(TRANSLATIONS / f"{name}.ts"), "-qm", str(out)]
    subprocess.run(command, check=True, capture_output=True)
    assert out.read_bytes() == (TRANSLATIONS / f"{name}.qm").read_bytes()


def test_the_program_speaks_the_language_that_is_asked_for(qtbot: QtBot) -> None:
    app = QCoreApplication.instance()
    assert app is not None
    try:
        assert use_language(app, "de") == "de"
        assert QCoreApplication.translate("StripBar", "Clean") == "Ohne Fehler"
        assert QCoreApplication.translate("SendDialog", "%n photo(s)", "", 3) == "3 Fotos"
        assert use_language(app, "xx") == "en"
    finally:
        for translator in app.findChildren(QTranslator):
            app.removeTranslator(translator)
            translator.deleteLater()
        QLocale.setDefault(QLocale.c())
