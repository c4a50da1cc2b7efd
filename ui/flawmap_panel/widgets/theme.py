"""Theme: light, dark, or as the system; also where the platform cannot be told."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory

__all__ = ["use_theme"]

_SCHEMES: Final = {
    "system": Qt.ColorScheme.Unknown,
    "light": Qt.ColorScheme.Light,
    "dark": Qt.ColorScheme.Dark,
}
_DARK: Final = {
    QPalette.ColorRole.Window: "#38383b",
    QPalette.ColorRole.WindowText: "#e6e6e6",
    QPalette.ColorRole.Base: "#1d1d1f",
    QPalette.ColorRole.AlternateBase: "#303033",
    QPalette.ColorRole.ToolTipBase: "#38383b",
    QPalette.ColorRole.ToolTipText: "#e6e6e6",
    QPalette.ColorRole.PlaceholderText: "#9a9a9a",
    QPalette.ColorRole.Text: "#e6e6e6",
    QPalette.ColorRole.Button: "#4a4a4e",
    QPalette.ColorRole.ButtonText: "#e6e6e6",
    QPalette.ColorRole.BrightText: "#ffffff",
    QPalette.ColorRole.Light: "#606065",
    QPalette.ColorRole.Midlight: "#55555a",
    QPalette.ColorRole.Mid: "#6c6c72",
    QPalette.ColorRole.Dark: "#19191a",
    QPalette.ColorRole.Shadow: "#000000",
    QPalette.ColorRole.Highlight: "#2a6db5",
    QPalette.ColorRole.HighlightedText: "#ffffff",
    QPalette.ColorRole.Link: "#7db4f0",
}


def use_theme(app: QApplication, theme: str) -> None:
    """Show the program in a theme: "system", "light" or "dark".

    The platform is asked first; where it does not follow (no desktop, or an old one) the program
    brings its own colours.
    """
    hints = app.styleHints()
    hints.setColorScheme(_SCHEMES[theme])
    if theme == "system" or hints.colorScheme() == _SCHEMES[theme]:
        app.setPalette(QPalette())
        return
    app.setStyle(QStyleFactory.create("Fusion"))
    app.setPalette(_dark() if theme == "dark" else app.style().standardPalette())


def _dark() -> QPalette:
    palette = QPalette()
    for role, colour in _DARK.items():
        palette.setColor(role, QColor(colour))
    for role in (
        QPalette.ColorRole.WindowText,
        QPalette.ColorRole.Text,
        QPalette.ColorRole.ButtonText,
    ):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor("#8e8e92"))
    return palette
