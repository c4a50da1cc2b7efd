"""Desk: the verbs of Flawmap in an editor, the same for every panel, docker, and menu.

::

    desk = Desk(host, Home.of("gimp", plugin_folder))
    desk.observe(lambda state: draw(state))
    desk.find()

Every verb returns at once. What comes of it arrives as a new `state`, on the host's main thread;
what goes wrong arrives there too, as a message, never as an exception. One verb that needs the
engine runs at a time; `cancel` ends it.
"""

from __future__ import annotations

from pathlib import Path

from flawmap_api.repair import RepairPlan
from flawmap_api.results import Layer
from flawmap_api.steps import Steps

from . import asks, picking, repairing
from .asks import Work
from .bench import Bench
from .findings import Findings, Judgement
from .home import Home
from .host import Host, Mask
from .link import Connect
from .overlay import colour_of, group_of, title_of
from .planes import print_of_mask
from .resting import Resting
from .showing import done_text, plan_text, selection_text
from .state import Message

__all__ = ["Desk"]

#: How long a slider has to rest before the list, and then the layers, are made anew; seconds.
_LIST_SECONDS, _LAYERS_SECONDS = 0.25, 1.0
_CHECK_SECONDS = 0.5
#: How long after a verb the engine goes on with what nobody waits for; seconds.
_REST_SECONDS = 1.0


class Desk(Bench):
    """What a person can do. `state`, `observe`, `texts`, `settings` and `close` are `Bench`'s."""

    def __init__(self, host: Host, home: Home, connect: Connect | None = None) -> None:
        super().__init__(host, home, connect)
        self._resting = Resting(self._link, self.log)

    # ------------------------------------------------------------------------ finding

    def find(self, whole: bool = False) -> None:
        """Look for flaws and show them as layers; within the selection, unless `whole`."""
        judgement = Judgement(self.settings.view, self.settings.strictness)
        # What the slider asked for comes with it.
        self._not_after("list", "layers")
        self._resting.stop()

        def steps(work: Work) -> Steps[None]:
            limit = None if whole else work.findings.document.read_selection()
            layers = yield from asks.look(work, judgement, limit)
            self._show(work.findings, layers)
            if self.settings.keep_masks:
                yield from self._keep(work)

        self._run(steps, lambda found, _: self._say_found(found))

    def find_everywhere(self) -> None:
        """Look in the whole photo, whatever is selected."""
        self.find(whole=True)

    def cancel(self) -> None:
        """End what is under way, at once."""
        if self._job is not None:
            self._job.cancel()

    def set_strictness(self, value: float) -> None:
        """Move all thresholds: -1 lenient, 1 strict. The list follows, then the layers."""
        self.change_settings(strictness=max(-1.0, min(1.0, value)))
        self._judge_soon()

    def set_view(self, view: str) -> None:
        """Judge the photo as seen whole ("screen") or at 1:1 ("pixel")."""
        self.change_settings(view=view)
        self._judge_soon()

    # ------------------------------------------------------------------------ selecting

    def select(self, region: str, how: str = "replace") -> None:
        """Turn a flaw into the selection: "replace", "add", "subtract" or "intersect"."""

        def steps(work: Work) -> Steps[None]:
            masks = yield from picking.masks_of(work, [region])
            work.findings.document.select(masks[region], how)
            work.findings.selected = region

        self._run(steps, lambda found, _: self._check_soon(found, region), fresh=True)

    def select_next(self, step: int = 1) -> None:
        """Select the flaw after (or with -1 before) the selected one, by rank; goes round."""
        found = self._front()
        keys = [item.key for item in found.items] if found else []
        if not keys:
            self._say(Message("info", self.texts("message.nothing_to_select")))
            return
        selected = found.selected if found else ""
        first = 0 if step > 0 else -1
        at = keys.index(selected) + step if selected in keys else first
        self.select(keys[at % len(keys)])

    def select_at(self, x: int, y: int) -> None:
        """Select the worst flaw under a point of the canvas."""

        def steps(work: Work) -> Steps[str]:
            key = yield from picking.region_at(work, x, y)
            if key:
                masks = yield from picking.masks_of(work, [key])
                work.findings.document.select(masks[key])
                work.findings.selected = key
            return key

        def then(found: Findings, key: str) -> None:
            if not key:
                self._say(Message("info", self.texts("message.nothing_there")))
            else:
                self._check_soon(found, key)

        self._run(steps, then, fresh=True)

    def score_selection(self) -> None:
        """Score what is selected; with the score before, if the same was scored already."""
        judgement = Judgement(self.settings.view, self.settings.strictness)
        found = self._front()
        if found is None:
            self._say(Message("info", self.texts("message.no_document")))
            return
        selection = self._host_says(found.document.read_selection)
        if selection is None:
            self._say(Message("info", self.texts("message.no_selection")))
            return

        def steps(work: Work) -> Steps[None]:
            found = work.findings
            if found.report is None:
                self._show(found, (yield from asks.look(work, judgement, None)))
            elif (yield from asks.update(work, selection.box)):
                yield from asks.judge(work, found.judgement, render=False)
            score = yield from asks.score_mask(work, selection)
            which = print_of_mask(selection)
            before = found.scored[1] if found.scored and found.scored[0] == which else None
            found.selection_score = selection_text(score, before, self.texts)
            severities = {name: part.severity for name, part in score.distortions.items()}
            found.scored = which, {**severities, "quality": score.quality}

        self._run(steps, fresh=found.report is not None)

    def keep_masks(self) -> None:
        """Make real channels or selection masks of the shown flaws, to be painted on."""
        kept = "message.masks_kept"

        def then(_: Findings, count: int) -> None:
            text = self.texts(kept, count=count, what=self.texts(f"masks.{self._host.can.masks}"))
            self._say(Message("info", text))

        self._run(self._keep, then, fresh=True)

    # ------------------------------------------------------------------------ repairing

    def plan(self, region: str) -> None:
        """Say what a repair would do and what it cannot; the message's button does it."""

        def then(_: Findings, plan: RepairPlan) -> None:
            text, limits = plan_text(plan, self.texts)
            label = self.texts("action.repair") if plan.possible else ""
            action = "repair" if plan.possible else ""
            self._say(Message("info", text, limits, action, label, region))

        self._run(lambda work: repairing.plan(work, region), then, fresh=True)

    def repair(
        self, region: str, strength: float | None = None, use_host_filter: bool | None = None
    ) -> None:
        """Repair a flaw as a new layer, then score it again.

        `strength` is 0..1, or None for what the engine proposes; `use_host_filter` None stands for
        the setting.
        """
        self._resting.stop()
        can = self._host.can
        own = self.settings.host_filters if use_host_filter is None else use_host_filter
        filters = can.filters if own else frozenset[str]()

        def steps(work: Work) -> Steps[repairing.Done]:
            return repairing.repair(
                work,
                region,
                strength=strength,
                host=can.name.lower(),
                filters=filters,
                name=self._repair_name(work.findings, region),
            )

        self._run(steps, lambda found, done: self._say_done(found, region, done), fresh=True)

    def change_strength(self, region: str, strength: float) -> None:
        """Render a repair again, 0..1; it takes the place of the old layer."""
        self._resting.stop()

        def steps(work: Work) -> Steps[repairing.Done]:
            name = self._repair_name(work.findings, region)
            return repairing.change_strength(work, region, strength, name)

        self._run(steps, lambda found, done: self._say_done(found, region, done), fresh=True)

    def undo_repair(self, region: str) -> None:
        """Take a repair's layer away again."""
        self._resting.stop()

        def then(found: Findings, _: repairing.Done) -> None:
            self._set_visible(found, region, True)
            self._say(Message("info", self.texts("message.repair_removed")))

        self._run(lambda work: repairing.undo_repair(work, region), then, fresh=True)

    def mark(self, region: str, verdict: str | None) -> None:
        """Say what a flaw is: "accepted", "ignored", "intentional", or None to take it back."""

        def then(found: Findings, notes: tuple[str, ...]) -> None:
            self._set_visible(found, region, verdict != "ignored")
            if notes:
                self._say(Message("warning", " ".join(notes)))

        self._run(lambda work: picking.mark(work, region, verdict), then, fresh=True)

    # ------------------------------------------------------------------------ the overlay

    def toggle_overlay(self) -> None:
        """Show or hide all of it."""
        self._with_document(
            lambda found: found.document.set_overlay_visible(not found.document.overlay().visible)
        )

    def set_visible(self, region: str, visible: bool) -> None:
        """Open or close a row's eye."""
        self._with_document(lambda found: self._set_visible(found, region, visible))

    def set_opacity(self, opacity: float) -> None:
        """Opacity of the whole overlay, 0..1."""
        self.change_settings(opacity=max(0.0, min(1.0, opacity)))
        self._with_document(lambda found: found.document.set_overlay_opacity(self.settings.opacity))

    def remove_overlay(self) -> None:
        """Take the overlay's layers away; the findings stay in the list."""
        self._with_document(lambda found: found.document.remove_overlay())

    def export_without_overlay(self, path: Path) -> None:
        """Write the picture without the overlay; the document stays as it is."""

        def export(found: Findings) -> None:
            found.document.export_without_overlay(path)
            self._say(Message("info", self.texts("message.exported", name=path.name)))

        self._with_document(export)

    # ------------------------------------------------------------------------ inside

    def _looked(self, found: Findings) -> None:
        """Undo and redo in the editor take repairs away and bring them back: follow them."""
        if found.follow_layers():
            self._after("undone", _LIST_SECONDS, lambda: self._undone(found))

    def _ended(self, found: Findings) -> None:
        """The screen view is shown; the engine looks at 1:1 once the person is served."""
        if self._resting.is_wanted(found):
            self._after("rest", _REST_SECONDS, lambda: self._rest(found))

    def _rest(self, found: Findings) -> None:
        # The end of a verb asks again by itself.
        if self._resting.task is not None:
            self._ended(found)
        elif not self.busy and self._resting.is_wanted(found):
            self._resting.begin(found, lambda all_told: self._rested(found, all_told))

    def _rested(self, found: Findings, all_told: bool) -> None:
        if not all_told:
            self._ended(found)
        self._tell()

    def _undone(self, found: Findings) -> None:
        if self.busy and found.dirty:
            self._after("undone", _LIST_SECONDS, lambda: self._undone(found))
        elif found.dirty and found is self._current() and found.report is not None:
            self._run(_nothing, fresh=True)

    def _judge_soon(self) -> None:
        found = self._current()
        if found is None or found.report is None:
            return
        self._after("list", _LIST_SECONDS, lambda: self._judge(found, False))
        if self.state.overlay_present:
            self._after("layers", _LAYERS_SECONDS, lambda: self._judge(found, True))

    def _judge(self, found: Findings, render: bool) -> None:
        if found is not self._current():
            return
        if self.busy:
            name = "layers" if render else "list"
            self._after(name, _LIST_SECONDS, lambda: self._judge(found, render))
            return
        judgement = Judgement(self.settings.view, self.settings.strictness)

        def steps(work: Work) -> Steps[None]:
            layers = yield from asks.judge(work, judgement, render=render)
            if render:
                self._show(work.findings, layers)

        self._run(steps, fresh=True)

    def _show(self, found: Findings, layers: list[Layer]) -> None:
        document = found.document
        if not layers:
            document.remove_overlay()
            return
        document.show_overlay(group_of(found, layers, self.texts))
        if self.settings.opacity < 1:
            document.set_overlay_opacity(self.settings.opacity)
        hidden = frozenset(item.key for item in found.items if item.present and not item.visible)
        if hidden:
            document.set_overlay_visible(False, hidden)

    def _set_visible(self, found: Findings, key: str, visible: bool) -> None:
        found.change(key, visible=visible)
        if found.document.overlay().present:
            found.document.set_overlay_visible(visible, frozenset({key}))

    def _say_found(self, found: Findings) -> None:
        if found.items:
            self._say(Message("info", self.texts("message.found", count=len(found.items))))
        elif found.limited:
            self._offer("info", "message.none_here", "find_everywhere")
        else:
            self._say(Message("info", self.texts("message.none")))

    def _say_done(self, found: Findings, region: str, done: repairing.Done) -> None:
        if done.placed:
            self._set_visible(found, region, False)
        text, limits = done_text(done, self.texts)
        if done.placed and not done.better:
            label = self.texts("action.undo_repair")
            self._say(Message("warning", text, limits, "undo_repair", label, region))
        else:
            self._say(Message("info", text, limits))

    def _check_soon(self, found: Findings, key: str) -> None:
        """Once the click is answered, see whether the flaw's pixels are still what was judged."""
        self._after("check", _CHECK_SECONDS, lambda: self._check(found, key))

    def _check(self, found: Findings, key: str) -> None:
        item = found.find(key)
        if item is None or not item.present or self.busy or found is not self._current():
            return
        if self._host_says(lambda: found.changed_since(item)):
            found.stale = True
            self._offer("warning", "message.stale", "find")

    def _repair_name(self, found: Findings, key: str) -> str:
        item = found.find(key)
        title = title_of(item, self.texts) if item is not None else key
        return self.texts("layer.repair", title=title)

    def _keep(self, work: Work) -> Steps[int]:
        items = [item for item in work.findings.items if item.present and item.visible]
        masks = yield from picking.masks_of(work, [item.key for item in items])
        named: dict[str, Mask] = {}
        colours: dict[str, str] = {}
        for item in items:
            name, number = title_of(item, self.texts), 2
            while name in named:
                name, number = f"{title_of(item, self.texts)} ({number})", number + 1
            named[name] = masks[item.key]
            colours[name] = colour_of(item.region.distortion)
        if named:
            work.findings.document.keep_masks(named, colours)
        return len(named)


def _nothing(work: Work) -> Steps[None]:
    """Whatever had to be made fresh is fresh."""
    del work
    yield from ()
