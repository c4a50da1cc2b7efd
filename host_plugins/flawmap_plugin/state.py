"""State: everything that a panel or docker shows, as plain frozen values.

`Desk.state` is one of these; the desk makes a new one at every change and tells its observers. A
shell draws it and calls the desk's verbs, nothing more. All texts are in the person's language.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Message", "Row", "State"]


@dataclass(frozen=True)
class Message:
    """A sentence for the person, and what they can do about it.

    Attributes
    ----------
    kind : "info" | "warning" | "error"
    text : str
        What happened and why.
    hint : str
        What the person can do; may be empty.
    action, action_label : str
        What a button beside the message offers, and its text; empty: no button. A verb of the
        desk's: "find", "find_everywhere", "repair" and "undo_repair" (of `region`),
        "export_without_overlay" (the shell asks for a path); or "copy_diagnostics".
    region : str
        The row that the action speaks of; empty where it speaks of none.
    """

    kind: str
    text: str
    hint: str = ""
    action: str = ""
    action_label: str = ""
    region: str = ""


@dataclass(frozen=True)
class Row:
    """One line of the list of flaws, worst first.

    Attributes
    ----------
    key : str
        What the desk's verbs take as `region`; it stays the same while the document is open.
    distortion, colour : str
        The flaw's word, and its colour as `#rrggbb`.
    title, sentence : str
        "blur · severe · 12 %", and a whole sentence.
    box : (x0, y0, x1, y1)
        Where it lies, in canvas pixels.
    visible : bool
        The eye: whether its layer is shown.
    mark : "accepted" | "ignored" | "intentional" | None
        A person's verdict; `mark_label` says it in words.
    score : str
        "0.62 → 0.31 (better)" once it was repaired or scored again, "0.62" before.
    before, after : float or None
        The same as numbers, 0..1.
    repaired : bool
        A repair layer of it is in the document; `repair` says which ("denoise, strength 60 %").
    strength : float
        Of the repair, 0..1: where its slider stands.
    actions : frozenset of str
        What can be done now: "select", "repair", "change_strength", "undo_repair", "mark", "eye".
    """

    key: str
    distortion: str
    colour: str
    title: str
    sentence: str
    box: tuple[int, int, int, int]
    visible: bool = True
    mark: str | None = None
    mark_label: str = ""
    score: str = ""
    before: float | None = None
    after: float | None = None
    repaired: bool = False
    repair: str = ""
    strength: float = 0.5
    actions: frozenset[str] = frozenset()


@dataclass(frozen=True)
class State:
    """What is to be shown now.

    Attributes
    ----------
    document, title : str
        Key and title of the document that the editor works on; empty if none is open.
    phase : "empty" | "new" | "working" | "found" | "stale"
        No document; one that was not looked at; busy; findings are shown; findings are shown that
        no longer fit the document.
    doing : str
        While working: what is being done, in words, with the document's title if it is another.
    progress : float or None
        0..1; None while nobody can tell how long it takes.
    message : Message or None
        The last thing to be said.
    summary : str
        "Quality good · 5 flaws" or "No flaws found."; notes on what was left out follow in `notes`.
    rows : tuple of Row
    selected : str
        Key of the row that was selected last; empty if none.
    overlay_present, overlay_visible : bool
    overlay_text : str
        The overlay's state in words; to be shown large where the host does not warn on save.
    strictness, view, opacity
        Where the controls stand: -1..1, "screen" or "pixel", 0..1.
    limited : bool
        Only flaws within the selection are listed.
    selection_score : str
        What *Score selection* found, some lines; empty before.
    engine : str
        One line on the engine: "Engine 0.1.0 on CPU", "Starting the engine …".
    can : frozenset of str
        Verbs that make sense now; a shell greys out the others. Names of `Desk`'s methods.
    """

    document: str = ""
    title: str = ""
    phase: str = "empty"
    doing: str = ""
    progress: float | None = None
    message: Message | None = None
    summary: str = ""
    notes: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    selected: str = ""
    overlay_present: bool = False
    overlay_visible: bool = False
    overlay_text: str = ""
    strictness: float = 0.0
    view: str = "screen"
    opacity: float = 1.0
    limited: bool = False
    selection_score: str = ""
    engine: str = ""
    can: frozenset[str] = frozenset()

    def row(self, key: str) -> Row | None:
        """The row of that key, or None."""
        return next((row for row in self.rows if row.key == key), None)
