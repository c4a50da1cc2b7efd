"""`flawmap plugins`: which editors are here, and whether Flawmap's plug-in is in them.

Each editor is a row. Ends with 0, or 2 if one of the editors that were meant could not be served.
"""

from __future__ import annotations

from argparse import Namespace
from typing import Any, Final

from flawmap_api.errors import FlawmapError, NotFound
from flawmap_hosts import Outcome, Place, Status, System, find_places, install, remove, status

from .batch import Options, failure_of, speaking
from .console import Console
from .layout import Span, clean

__all__ = ["run"]

_STYLES: Final = {"absent": "dim", "current": "good", "newer": "good", "unusable": "dim"}


def run(arguments: Namespace, console: Console, options: Options) -> int:
    """Do what `plugins list|install|update|remove` says; returns the exit code."""
    del options
    system = System()
    places = find_places(system, arguments.host)
    if arguments.action == "list":
        return _list(places, system, console)
    meant = _meant(arguments, places, system)
    if not meant:
        done = "Every plug-in is up to date."
        if arguments.action == "remove":
            done = "No editor has the plug-in."
        console.say(done)
    failed = 0
    for place in meant:
        try:
            if arguments.action == "remove":
                last = not any(
                    other.plugin.is_dir()
                    for other in places
                    if other.host == place.host and other != place
                )
                outcome = remove(place, system, last=last)
            else:
                road = "relay" if arguments.relay else "auto"
                outcome = install(place, system, road=road)
            _tell(outcome, console)
        except FlawmapError as error:
            failed += 1
            _tell_failure(place, error, console)
    return 2 if failed else 0


def _meant(arguments: Namespace, places: list[Place], system: System) -> list[Place]:
    """The places that the command is about; none to serve is an error where one was named."""
    action, host = arguments.action, arguments.host
    seen = [(place, status(place, system, thorough=action == "update")) for place in places]
    if action == "install":
        meant = [place for place, now in seen if place.programs and now.state != "unusable"]
        nothing = f"No {_names(host)} that can take the plug-in was found."
        hint = "`flawmap plugins list` shows what was found and why it cannot."
    elif action == "update":
        installed = [now for _, now in seen if now.state not in ("absent", "unusable")]
        stale = ("older", "broken", "incomplete")
        meant = [now.place for now in installed if now.state in stale and now.place.programs]
        if installed and not meant:
            return []
        nothing = f"No {_names(host)} has the plug-in yet."
        hint = "`flawmap plugins install` puts it there."
    else:
        meant = [place for place, now in seen if now.state not in ("absent", "unusable")]
        if not meant:
            return []
        nothing = hint = ""
    if not meant:
        raise NotFound(nothing, hint)
    return meant


def _list(places: list[Place], system: System, console: Console) -> int:
    states = [status(place, system) for place in places]
    if console.json_lines:
        for state in states:
            console.document(_as_document(state))
    elif not states:
        console.line("Neither GIMP nor Krita was found on this machine.")
    else:
        console.table([_row(state) for state in states], indent=0)
    return 0


def _row(state: Status) -> list[Span]:
    word = state.state if state.good or state.state != "current" else "switched off"
    style = _STYLES.get(state.state, "warn") if word == state.state else "warn"
    text = f"{state.told} {state.hint}".strip()
    return [
        Span(word, style),
        Span(clean(state.place.name), "name"),
        Span(clean(text)),
        Span(clean(str(state.place.folder)), "dim"),
    ]


def _as_document(state: Status) -> dict[str, Any]:
    place = state.place
    return {
        "host": place.host,
        "name": place.name,
        "folder": str(place.folder),
        "sandbox": place.sandbox or None,
        "programs": [
            {"kind": p.kind, "command": list(p.command), "version": p.version or None}
            for p in place.programs
        ],
        "state": state.state,
        "version": state.version or None,
        "road": state.road or None,
        "enabled": state.enabled,
        "told": state.told,
        "hint": state.hint,
    }


def _tell(outcome: Outcome, console: Console) -> None:
    place = outcome.place
    if console.json_lines:
        console.document(
            {
                "host": place.host,
                "name": place.name,
                "folder": str(place.folder),
                "version": outcome.version or None,
                "road": outcome.road or None,
                "advice": list(outcome.advice),
                "failure": None,
            }
        )
        return
    if not outcome.version:
        console.line(Span(clean(place.name), "name"), ": the plug-in is gone.")
        return
    how = {
        "direct": f"loaded by its Python {outcome.look.python}",
        "relay": "it speaks to the engine through a helper process",
    }[outcome.road]
    console.line(
        Span(clean(place.name), "name"),
        f": plug-in {outcome.version} is installed ({how}) in {clean(str(place.plugin))}.",
    )
    for sentence in outcome.advice:
        console.line("    ", clean(sentence))


def _tell_failure(place: Place, error: FlawmapError, console: Console) -> None:
    if console.json_lines:
        failure = failure_of(speaking(error))
        console.document(
            {
                "host": place.host,
                "name": place.name,
                "folder": str(place.folder),
                "version": None,
                "road": None,
                "advice": [],
                "failure": failure,
            }
        )
    console.complain(error)


def _names(host: str | None) -> str:
    return {None: "GIMP or Krita", "gimp": "GIMP", "krita": "Krita"}[host]
