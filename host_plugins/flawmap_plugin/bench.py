"""Bench: what all verbs stand on: the open documents, the one job under way, the state.

The desk adds the verbs. Nothing here knows what a flaw is.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, TypeVar

from flawmap_api import __version__
from flawmap_api.errors import FlawmapError, NotFound
from flawmap_api.messages import Close
from flawmap_api.photobook import PhotoBook
from flawmap_api.results import Progress
from flawmap_api.steps import Steps, plain_steps

from . import asks, notes
from .asks import Work
from .diagnostics import diagnostics_text, engine_line
from .findings import Findings
from .home import Home
from .host import Document, Host, OverlayState, Watch
from .link import Connect, EngineLink, Task, connector
from .log import open_log
from .settings import load_settings, save_settings
from .state import Message, State
from .telling import message_of, offer
from .texts import Texts
from .viewing import View, state_of

__all__ = ["Bench"]

T = TypeVar("T")

#: How often the editor is asked which document it shows, and what became of it; seconds.
_LOOK_SECONDS = 0.5


class _Job:
    """The verb under way."""

    def __init__(self, found: Findings) -> None:
        self.found = found
        self.title = found.document.title
        self.doing = "doing.starting"
        self.progress: float | None = None
        self.task: Task | None = None

    def cancel(self) -> None:
        if self.task is not None:
            self.task.cancel()


class Bench:
    """Documents, job and state of one plug-in.

    Parameters
    ----------
    host : Host
    home : Home
        Where settings and log lie.
    connect : callable, optional
        Gives a session with the engine, in a thread; default: as the installer wrote down.

    Attributes
    ----------
    texts : Texts
        In the person's language; shells take their labels from it ("ui.…").
    settings : Settings
    log : Logger
    """

    def __init__(self, host: Host, home: Home, connect: Connect | None = None) -> None:
        self._host = host
        self._home = home
        self.log = open_log(home.log)
        self.log.info("%s %s, plug-in %s", host.can.name, host.can.version, __version__)
        self.settings, damaged = load_settings(home.settings)
        self.texts = Texts.chosen(self.settings.language, host.can.language)
        self._link = EngineLink(
            host, connect or connector(home.installation), on_change=self._tell, log=self.log
        )
        self._documents: dict[str, Findings] = {}
        self._active = ""
        self._overlay = OverlayState(False, False)
        self._job: _Job | None = None
        self._message: Message | None = None
        self._errors: deque[str] = deque(maxlen=5)
        self._observers: list[Callable[[State], None]] = []
        self._timers: dict[str, Watch] = {}
        self._state = State()
        if damaged:
            self._say(Message("warning", self.texts("message.settings_damaged")))
        self._watches = [host.every(_LOOK_SECONDS, self.look_around)]
        if (saving := host.on_save(self._before_save)) is not None:
            self._watches.append(saving)
        self.look_around()

    # ------------------------------------------------------------------------ for shells

    @property
    def state(self) -> State:
        """What is to be shown now."""
        return self._state

    @property
    def busy(self) -> bool:
        """Whether a verb is under way."""
        return self._job is not None

    def observe(self, what: Callable[[State], None]) -> Watch:
        """Call something with every new state, and with the present one at once."""
        self._observers.append(what)
        what(self._state)
        return _Observer(self._observers, what)

    def look_around(self) -> None:
        """Ask the editor which document it shows; called by a timer, or at a host's own signal."""
        with self._caught():
            self._forget_closed()
            before, document = self._active, self._host.active()
            self._active = "" if document is None else document.key
            self._overlay = OverlayState(False, False)
            if document is not None:
                found = self._documents.get(document.key)
                if found is None:
                    found = self._documents[document.key] = notes.adopt(document)
                found.document = document
                if document.key != before:
                    self._follow(found)
                self._overlay = document.overlay()
                self._looked(found)
        self._tell()

    def change_settings(self, **changes: Any) -> None:
        """Change settings by name and keep them; "language" takes effect at once."""
        self.settings = replace(self.settings, **changes)
        self.texts = Texts.chosen(self.settings.language, self._host.can.language)
        try:
            save_settings(self.settings, self._home.settings)
        except OSError as error:
            self._failed(error, self.texts("message.settings_unsaved"))
        self._tell()

    def report(self, error: BaseException) -> None:
        """Tell of something that went wrong in the shell, as of anything else."""
        self._failed(error)

    def dismiss(self) -> None:
        """The person has read the message."""
        self._message = None
        self._tell()

    def diagnostics(self) -> str:
        """What somebody who helps has to know, as text to copy."""
        return diagnostics_text(self._host, self._home, self._link, self.settings, self._errors)

    def status(self) -> str:
        """The engine and where the log lies, in a few lines for a person."""
        return "\n".join(
            (engine_line(self._link, self.texts), self.texts("status.log", path=self._home.log))
        )

    def close(self) -> None:
        """The host ends: leave the engine, stop all timers."""
        self._observers.clear()
        for watch in [*self._watches, *self._timers.values()]:
            watch.stop()
        self._watches.clear()
        self._timers.clear()
        self._link.close()

    # ------------------------------------------------------------------------ for verbs

    def _current(self) -> Findings | None:
        return self._documents.get(self._active)

    def _front(self) -> Findings | None:
        """What is known of the document that the editor shows at this very moment."""
        self.look_around()
        return self._current()

    def _run(
        self,
        steps: Callable[[Work], Steps[T]],
        then: Callable[[Findings, T], None] | None = None,
        *,
        fresh: bool = False,
    ) -> None:
        """Run a dialogue over the active document, and `then` with what it gave.

        `fresh`: it speaks of findings; they are compared with the document, or made again, first.
        """
        with self._caught():
            self._start(steps, then, fresh)

    def _start(
        self,
        steps: Callable[[Work], Steps[T]],
        then: Callable[[Findings, T], None] | None,
        fresh: bool,
    ) -> None:
        found = self._front()
        if found is None:
            self._say(Message("info", self.texts("message.no_document")))
            return
        if self._job is not None:
            self._say(Message("info", self.texts("message.busy")))
            return
        if fresh and not self._usable(found):
            return
        job = self._job = _Job(found)
        self._message = None

        def begin(book: PhotoBook) -> Steps[T]:
            work = Work(book, found, self._host.can.channels, lambda key: self._doing(job, key))
            return asks.fresh(work, lambda: steps(work)) if fresh else steps(work)

        def done(value: Any, error: BaseException | None) -> None:
            self._job = None
            if error is not None:
                self._failed(error)
            with self._caught():
                if error is None and then is not None:
                    then(found, value)
                notes.keep(found)
            self._ended(found)
            self.look_around()

        job.task = self._link.start(begin, done, lambda progress: self._progress(job, progress))
        self._tell()

    def _with_document(self, what: Callable[[Findings], None]) -> None:
        """Do something with the active document at once; it needs no engine."""
        found = self._front()
        if found is None:
            self._say(Message("info", self.texts("message.no_document")))
            return
        with self._caught():
            what(found)
        self.look_around()

    def _usable(self, found: Findings) -> bool:
        if found.report is None:
            self._offer("info", "message.not_looked", "find")
        elif found.size != found.document.size:
            found.stale = True
            self._offer("warning", "message.resized", "find")
        else:
            return True
        return False

    def _after(self, name: str, seconds: float, what: Callable[[], None]) -> None:
        """Call something later, unless the same is asked for again meanwhile."""
        self._not_after(name)

        def now() -> None:
            self._timers.pop(name, None)
            what()

        self._timers[name] = self._host.later(seconds, now)

    def _not_after(self, *names: str) -> None:
        """What `_after` was to call is not wanted any more."""
        for name in names:
            if (running := self._timers.pop(name, None)) is not None:
                running.stop()

    def _say(self, message: Message) -> None:
        self._message = message
        self._tell()

    def _offer(self, kind: str, key: str, action: str) -> None:
        self._say(offer(self.texts, kind, key, action))

    def _failed(self, error: BaseException, text: str = "") -> None:
        """Tell what went wrong; a fault of ours goes to the log with its traceback."""
        if not isinstance(error, FlawmapError):
            self.log.error("Unexpected", exc_info=error)
        message = message_of(error, self.texts, text)
        if message.kind != "info":
            self._errors.append(f"{type(error).__name__}: {error}")
        self._say(message)

    @contextlib.contextmanager
    def _caught(self) -> Iterator[None]:
        try:
            yield
        except NotFound as error:
            # The document was closed meanwhile; the next look around forgets it.
            self.log.info("Not found: %s", error)
        except Exception as error:
            self._failed(error)

    def _host_says(self, what: Callable[[], T]) -> T | None:
        said: list[T] = []
        with self._caught():
            said.append(what())
        return said[0] if said else None

    # ------------------------------------------------------------------------ inside

    def _looked(self, found: Findings) -> None:
        """The document in front was just looked at; the desk adds what it wants to know."""

    def _ended(self, found: Findings) -> None:
        """A verb has ended; the desk adds what can wait until then."""

    def _follow(self, found: Findings) -> None:
        """Another document is in front: the controls stand as its findings were made."""
        self._not_after("list", "layers", "check")
        if found.report is not None:
            judged = found.judgement
            self.settings = replace(self.settings, view=judged.view, strictness=judged.strictness)

    def _forget_closed(self) -> None:
        for key, found in list(self._documents.items()):
            try:
                _ = found.document.title
            except NotFound:
                del self._documents[key]
                if self._job is not None and self._job.found is found:
                    self._job.cancel()
                shown = {f.photo_id for f in self._documents.values()}
                if found.photo is not None and found.photo.photo_id not in shown:
                    self._release(found.photo.photo_id)

    def _release(self, photo_id: str) -> None:
        """Tell the engine that a photo is needed no more; whether it hears is of no interest."""

        def steps(book: PhotoBook) -> Steps[Any]:
            book.forget(photo_id)
            return plain_steps(Close(photo_id))

        if self._link.phase == "ready":
            self._link.start(steps, _nobody_waits)

    def _doing(self, job: _Job, key: str) -> None:
        job.doing, job.progress = key, None
        self._tell()

    def _progress(self, job: _Job, progress: Progress) -> None:
        # The other stages are one step each: a bar that jumps says nothing, so they only begin it.
        counts = progress.stage == "tile" or (progress.stage == "screen" and progress.done == 0)
        if counts and progress.total > 0:
            job.progress = progress.done / progress.total
            self._tell()

    def _before_save(self, document: Document) -> None:
        with self._caught():
            if document.overlay().visible:
                self._offer("warning", "message.saving", "export_without_overlay")

    def _tell(self) -> None:
        state = self._made()
        if state != self._state:
            self._state = state
            for observer in list(self._observers):
                try:
                    observer(state)
                except Exception:
                    self.log.exception("An observer failed")

    def _made(self) -> State:
        view = View(
            self.texts, self.settings, self._link, self._overlay, self._message, self._current()
        )
        if self._job is not None:
            job = self._job
            view = replace(view, job=job.found, title=job.title, doing=job.doing)
            view = replace(view, progress=job.progress)
        return state_of(view)


def _nobody_waits(value: Any, error: BaseException | None) -> None:
    del value, error


class _Observer:
    def __init__(self, observers: list[Callable[[State], None]], what: Any) -> None:
        self._observers, self._what = observers, what

    def stop(self) -> None:
        if self._what in self._observers:
            self._observers.remove(self._what)
