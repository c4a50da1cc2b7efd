"""Procedures: names, menu labels and arguments of everything that Flawmap adds to GIMP.

Plain data: GIMP's start pays for what is imported here.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["EXTENSION", "MENU", "PROCEDURES", "STATE", "Argument", "Entry"]

#: The one procedure that GIMP starts by itself, and that lasts.
EXTENSION = "flawmap-extension"
MENU = "<Image>/Filters/Flawmap"
#: Answers at once, from what is known.
STATE = "flawmap-state"


@dataclass(frozen=True)
class Argument:
    """A text that a procedure takes."""

    name: str
    nick: str
    default: str


@dataclass(frozen=True)
class Entry:
    """One procedure.

    `verb` is the method of `app.App` that does it. `label` puts it into the menu; `image` gives it
    the image it was called from; `always` lets it be called where no image is open; `answers` makes
    it give back a text.
    """

    name: str
    verb: str
    label: str = ""
    help: str = ""
    image: bool = True
    always: bool = False
    arguments: tuple[Argument, ...] = ()
    answers: bool = False


PROCEDURES: tuple[Entry, ...] = (
    Entry(
        "flawmap-find-flaws",
        "find",
        "_Find flaws…",
        "Find what spoils the photo and show each flaw as a layer",
    ),
    Entry(
        "flawmap-panel",
        "panel",
        "Flawmap _panel",
        "The list of flaws, and everything that can be done with them",
        always=True,
    ),
    Entry(
        "flawmap-score-selection",
        "score_selection",
        "Score _selection",
        "Say how good the photo is within the selection",
    ),
    Entry(
        "flawmap-select-flaw-at",
        "select_at_selection",
        "Select flaw _at…",
        "Select the flaw that lies at the centre of the selection, or is clicked in the panel",
    ),
    Entry(
        "flawmap-select-next-flaw",
        "select_next",
        "Select _next flaw",
        "Make a selection of the next flaw of the list",
    ),
    Entry(
        "flawmap-select-previous-flaw",
        "select_previous",
        "Select p_revious flaw",
        "Make a selection of the previous flaw of the list",
    ),
    Entry(
        "flawmap-repair-flaw",
        "repair_selected",
        "Re_pair flaw…",
        "Repair the selected flaw on a layer of its own",
    ),
    Entry(
        "flawmap-toggle-overlay",
        "toggle_overlay",
        "Show or hide _overlay",
        "Show or hide the layers of flaws",
    ),
    Entry(
        "flawmap-export-without-overlay",
        "export",
        "_Export without overlay…",
        "Write the photo as it looks without the layers of flaws",
    ),
    Entry(
        "flawmap-engine-status",
        "engine_status",
        "Engine s_tatus…",
        "What the engine is doing, and where its log is",
        always=True,
    ),
    Entry(
        "flawmap-settings",
        "settings",
        "Settin_gs…",
        "Strictness, language, and what finding and repairing leaves behind",
        always=True,
    ),
    Entry(
        "flawmap-open-photo",
        "open_photo",
        help="Open a photo and find its flaws",
        image=False,
        arguments=(Argument("path", "Path of the photo", ""),),
    ),
    Entry(
        "flawmap-do",
        "do",
        help="Do something of the panel's by its name, with arguments as JSON; for scripts",
        arguments=(
            Argument("verb", "What to do", ""),
            Argument("arguments", "Its arguments as a JSON list", "[]"),
        ),
    ),
    Entry(
        STATE,
        "",
        help="What the panel shows, as JSON; for scripts",
        image=False,
        answers=True,
    ),
)
