"""Batch: one connection, photo after photo, and a failure that stays the failure of its photo.

How the engine overlaps decoding and judging is its own matter; here one photo is asked for after
the other and let go of, so that ten thousand take no more room than one.
"""

from __future__ import annotations

import contextlib
import errno
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from flawmap_api.errors import BadInput, EngineLost, FlawmapError, InternalError, NoMemory
from flawmap_api.inputs import Input

from .console import Console
from .progress import Progress

if TYPE_CHECKING:
    from flawmap_api import EngineClient

__all__ = [
    "Interrupted",
    "Options",
    "Outcome",
    "connected",
    "failure_of",
    "for_each",
    "speaking",
]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Options:
    """What every command takes."""

    device: str = "auto"
    debug: bool = False


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """What came of one input: a value or an error."""

    item: Input
    value: T | None = None
    error: FlawmapError | None = None

    @property
    def failure(self) -> dict[str, str] | None:
        """The error as the JSON documents write it; None where there is none."""
        return None if self.error is None else failure_of(self.error)


class Interrupted(Exception):
    """Ctrl-C in the middle of a batch: how many photos were done, of how many."""

    def __init__(self, done: int, total: int) -> None:
        super().__init__(done, total)
        self.done = done
        self.total = total


def failure_of(error: FlawmapError) -> dict[str, str]:
    """`{code, message, hint}` of an error."""
    return {"code": error.code, "message": error.message, "hint": error.hint}


@contextlib.contextmanager
def connected(
    console: Console, options: Options, *, start: bool = True, bulk: bool = False
) -> Iterator[EngineClient]:
    """A connection to the user's engine, starting one where there is none.

    `bulk`: for many photos; other programs' requests go first.

    Raises
    ------
    FlawmapError
        If there is no engine and none can be started.
    """
    import flawmap_api

    status = (lambda text: console.say(text)) if console.shows_progress else None
    client = flawmap_api.connect(device=options.device, start=start, bulk=bulk, on_status=status)
    try:
        yield client
    except KeyboardInterrupt:
        # The engine goes on with what it was asked for unless it hears that nobody waits.
        with contextlib.suppress(FlawmapError, OSError):
            client.cancel()
        raise
    finally:
        with contextlib.suppress(FlawmapError, OSError):
            client.close()


def for_each(
    items: Sequence[Input],
    work: Callable[[EngineClient, Input, Callable[[Any], None]], T],
    console: Console,
    options: Options,
) -> Iterator[Outcome[T]]:
    """Do `work` on each photo, one outcome an input, in their order.

    Parameters
    ----------
    items : sequence of Input
        What carries an error already is passed on; if nothing is left, no engine is needed.
    work : callable(client, item, on_progress) -> value
        May raise; what it raises becomes the outcome's error.

    Raises
    ------
    Interrupted
        At Ctrl-C, after the running job was cancelled.
    FlawmapError
        If there is no engine and none can be started.
    """
    done = 0
    lost: EngineLost | None = None
    with contextlib.ExitStack() as stack:
        client = None
        if any(item.error is None for item in items):
            try:
                client = stack.enter_context(connected(console, options, bulk=len(items) > 1))
            except KeyboardInterrupt:
                raise Interrupted(0, len(items)) from None
        progress = stack.enter_context(Progress(console, len(items)))
        try:
            for item in items:
                progress.photo(done, item.name)
                if item.error is not None or client is None:
                    outcome: Outcome[T] = Outcome(item, error=item.error or lost)
                else:
                    outcome = _outcome(client, item, work, progress, options)
                # What the caller prints must not run into the bar.
                progress.hide()
                yield outcome
                done += 1
                if client is not None and isinstance(outcome.error, EngineLost):
                    client = client if _comes_back(client) else None
                    lost = outcome.error
        except KeyboardInterrupt:
            if client is not None:
                with contextlib.suppress(FlawmapError, OSError):
                    client.cancel()
            raise Interrupted(done, len(items)) from None


def _comes_back(client: EngineClient) -> bool:
    """Whether there is an engine again after one was lost.

    One that died of a photo is started anew and the others go on. Where none starts, nobody should
    wait for each of a thousand photos until that is found out again.
    """
    try:
        client.models()
    except EngineLost:
        return False
    except FlawmapError:
        pass
    return True


def _outcome(
    client: EngineClient,
    item: Input,
    work: Callable[[EngineClient, Input, Callable[[Any], None]], T],
    progress: Progress,
    options: Options,
) -> Outcome[T]:
    try:
        return Outcome(item, value=work(client, item, progress.step))
    except Exception as error:
        if options.debug:
            traceback.print_exc()
        return Outcome(item, error=speaking(error))


def speaking(error: Exception) -> FlawmapError:
    """Any error as one that speaks to a person; ours pass unchanged."""
    if isinstance(error, FlawmapError):
        return error
    if isinstance(error, MemoryError):
        return NoMemory("There is not enough memory for this.", "Close other programs.")
    if isinstance(error, OSError):
        where = f" ({error.filename})" if error.filename else ""
        reason = error.strerror or str(error) or type(error).__name__
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            message = f"There is no space left to write to{where}."
            return BadInput(message, "Free some, or choose another folder.")
        return BadInput(f"The system refused it{where}: {reason}.")
    return InternalError(
        f"Flawmap met something it did not expect: {type(error).__name__}: {error}.",
        f"Run it again with --debug to see where; {_log_hint()}",
    )


def _log_hint() -> str:
    from flawmap_api.connection import runtime_dir

    from .engine_log import engine_log

    with contextlib.suppress(EngineLost, OSError):
        return f"the engine's log is {engine_log()}."
    return f"the engine's log lies in {runtime_dir()}."
