"""Copied: the listed findings as plain text for the clipboard, in the window's language."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from flawmap_api.report import Report

from ..model.findings import Listing
from .wording import speech, title_of

__all__ = ["findings_as_text"]


def findings_as_text(report: Report, listing: Listing) -> str:
    """A line for the photo, one for each listed finding, and how many are not listed."""
    translate, say = QCoreApplication.translate, speech()
    name = report.photo.path or translate("Copied", "unsaved photo")
    head = translate("Copied", "{name}: quality {word} ({value})")
    lines = [
        head.format(
            name=name, word=say.quality(report.quality_level), value=say.number(report.quality)
        )
    ]
    for region in listing.rows:
        wanted = translate("Copied", "likely intended") if region.intentional else ""
        mark = say.mark(region.mark) or wanted
        lines.append(
            f"- {title_of(region)}{f' [{mark}]' if mark else ''}: {say.sentence_of(region)}"
        )
    if not listing.rows:
        lines.append(translate("Copied", "- no findings"))
    if listing.hidden_count:
        hidden = translate("Copied", "({count} more hidden by filters)")
        lines.append(hidden.format(count=listing.hidden_count))
    return "\n".join(lines)
