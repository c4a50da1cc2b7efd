"""Viewing: what the bench knows, as the `State` that shells draw."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flawmap_api.errors import NotFound

from . import showing
from .diagnostics import engine_line
from .findings import Findings
from .host import OverlayState
from .link import EngineLink
from .settings import Settings
from .state import Message, State
from .texts import Texts

__all__ = ["View", "state_of"]


@dataclass(frozen=True)
class View:
    """What the bench knows.

    `found` belongs to the document in front; `job` to the one that a verb is working on, with its
    title, what is being done (a key of the catalogue) and how far that is.
    """

    texts: Texts
    settings: Settings
    link: EngineLink
    overlay: OverlayState
    message: Message | None
    found: Findings | None
    job: Findings | None = None
    title: str = ""
    doing: str = ""
    progress: float | None = None


def state_of(view: View) -> State:
    """The state to be shown."""
    texts, found = view.texts, view.found
    state = State(
        message=view.message,
        strictness=view.settings.strictness,
        view=view.settings.view,
        opacity=view.settings.opacity,
        engine=engine_line(view.link, texts),
        can=frozenset({"diagnostics", "status", "change_settings"}),
    )
    if view.job is not None:
        doing = texts("doing.engine" if view.link.phase == "starting" else view.doing)
        state = replace(
            state,
            phase="working",
            doing=doing if view.job is found else f"{view.title}: {doing}",
            progress=view.progress,
            can=state.can | {"cancel"},
        )
    if found is None:
        return state
    try:
        key, title, size = found.document.key, found.document.title, found.document.size
    except NotFound:
        return state
    report = found.report
    fits = report is None or found.size == size
    phase = "new" if report is None else "found" if fits and not found.stale else "stale"
    return replace(
        state,
        document=key,
        title=title,
        phase="working" if view.job is not None else phase,
        summary=showing.summary_of(found, texts),
        notes=showing.notes_of(report, texts) if report is not None else (),
        rows=showing.rows_of(found, texts, view.link.has, view.overlay, fits),
        selected=found.selected,
        overlay_present=view.overlay.present,
        overlay_visible=view.overlay.visible,
        overlay_text=showing.overlay_text(view.overlay, texts),
        limited=found.limited,
        selection_score=found.selection_score,
        can=state.can | _possible(view, found, fits),
    )


def _possible(view: View, found: Findings, fits: bool) -> set[str]:
    can = set()
    if view.overlay.present:
        can |= {"toggle_overlay", "set_opacity", "export_without_overlay", "remove_overlay"}
    if view.job is not None:
        return can
    can |= {"find", "score_selection"}
    if found.report is not None and fits:
        can |= {"set_strictness", "set_view"}
        if found.items:
            can |= {"select", "select_next", "select_at", "keep_masks"}
    return can
