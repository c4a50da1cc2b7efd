"""Language: loads the panel's texts and Qt's own in the person's language.

Texts are written in the code and translated in `translations/*.ts` (Qt Linguist); `make
translations` collects new ones and compiles the `.qm` files that ship.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

__all__ = ["LANGUAGES", "use_language"]

#: Languages that are complete, by code.
LANGUAGES: Final = ("en", "de")
_FOLDER: Final = Path(__file__).with_name("translations")


def use_language(app: QCoreApplication, language: str = "") -> str:
    """Show the program in a language; "" follows the system, English where it is not there.

    Returns
    -------
    str
        The language that is used.
    """
    wanted = language or QLocale.system().name()[:2]
    used = wanted if wanted in LANGUAGES else "en"
    QLocale.setDefault(QLocale(used))
    for name, folder in (
        (f"qtbase_{used}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)),
        (f"flawmap_panel_{used}", str(_FOLDER)),
    ):
        # Owned by the program: a translator that is collected translates no more.
        translator = QTranslator(app)
        if translator.load(name, folder):
            app.installTranslator(translator)
    return used
