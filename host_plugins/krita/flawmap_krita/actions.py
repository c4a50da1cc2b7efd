"""Actions: what the menu *Tools ▸ Scripts ▸ Flawmap* offers, and what can have a shortcut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["ACTIONS", "MENU", "Action"]

#: The menu's own action.
MENU: Final = "flawmap"


@dataclass(frozen=True)
class Action:
    """One action.

    Attributes
    ----------
    name : str
        Krita's name of it: shortcuts are kept under it, so it never changes.
    label : str
        Key of its text in the catalogue.
    verb : str
        Method of `app.App` that it calls.
    """

    name: str
    label: str
    verb: str


ACTIONS: Final = (
    Action("flawmap_find", "ui.find", "find"),
    Action("flawmap_find_whole", "ui.find_whole", "find_whole"),
    Action("flawmap_cancel", "ui.cancel", "cancel"),
    Action("flawmap_score", "ui.score_selection", "score_selection"),
    Action("flawmap_select_at", "ui.select_under", "select_at_cursor"),
    Action("flawmap_select_next", "ui.select_next", "select_next"),
    Action("flawmap_select_previous", "ui.select_previous", "select_previous"),
    Action("flawmap_repair", "ui.repair_menu", "repair_selected"),
    Action("flawmap_toggle", "ui.toggle_overlay", "toggle_overlay"),
    Action("flawmap_remove", "ui.remove_overlay", "remove_overlay"),
    Action("flawmap_masks", "ui.keep_masks", "keep_masks"),
    Action("flawmap_export", "ui.export", "export_without_overlay"),
    Action("flawmap_status", "ui.status", "show_status"),
    Action("flawmap_settings", "ui.settings", "show_settings"),
)
