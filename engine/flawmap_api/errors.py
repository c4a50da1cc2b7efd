"""Errors: one short tree that speaks to a person.

::

    FlawmapError                code, message, hint: what the wire carries and the user reads
     ├─ BadInput                the photo, box, mask or option cannot be used as it is
     ├─ Unsupported             this engine (or host) does not have what was asked for
     ├─ NotFound                no such photo in the store, no such model, no such region
     ├─ Cancelled               the person, or another request, stopped the job
     ├─ Busy                    the engine cannot take the job now
     ├─ NoMemory                the photo or job does not fit the memory budget
     ├─ VersionMismatch         client and engine have no protocol version in common
     ├─ EngineLost              the engine ended or went silent; carries the log's last lines
     └─ InternalError           a fault of ours; the log has the traceback
"""

from __future__ import annotations

__all__ = [
    "BadInput",
    "Busy",
    "Cancelled",
    "EngineLost",
    "FlawmapError",
    "InternalError",
    "NoMemory",
    "NotFound",
    "Unsupported",
    "VersionMismatch",
    "error_from_code",
]


class FlawmapError(Exception):
    """A sentence for a person: what went wrong and why, and in `hint` what to do about it.

    Parameters
    ----------
    message : str
        What happened and why, one or two sentences.
    hint : str
        What the person can do; empty where nothing helps.
    """

    code = "internal"

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()

    def __reduce__(self) -> tuple[type[FlawmapError], tuple[str, str]]:
        return type(self), (self.message, self.hint)


class BadInput(FlawmapError):
    """The photo, box, mask or option cannot be used as it is."""

    code = "bad_input"


class Unsupported(FlawmapError):
    """This engine does not have what was asked for."""

    code = "unsupported"


class NotFound(FlawmapError):
    """No such photo in the store, no such model, no such region."""

    code = "not_found"


class Cancelled(FlawmapError):
    """The job was stopped before it was done."""

    code = "cancelled"


class Busy(FlawmapError):
    """The engine cannot take the job now."""

    code = "busy"


class NoMemory(FlawmapError):
    """The photo or job does not fit the engine's memory budget."""

    code = "no_memory"


class VersionMismatch(FlawmapError):
    """Client and engine have no protocol version in common."""

    code = "version"


class EngineLost(FlawmapError):
    """The engine ended, went silent, or could not be started.

    `log_tail` holds the last lines of its log, newest last.
    """

    code = "internal"

    def __init__(self, message: str, hint: str = "", log_tail: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint)
        self.log_tail = log_tail

    def __str__(self) -> str:
        tail = "".join(f"\n    {line}" for line in self.log_tail)
        return super().__str__() + (f"\nThe engine's log ends with:{tail}" if tail else "")


class InternalError(FlawmapError):
    """A fault of Flawmap's own; the engine's log has the traceback."""

    code = "internal"


_BY_CODE: dict[str, type[FlawmapError]] = {
    kind.code: kind
    for kind in (
        BadInput,
        Unsupported,
        NotFound,
        Cancelled,
        Busy,
        NoMemory,
        VersionMismatch,
        InternalError,
    )
}


def error_from_code(code: str, message: str, hint: str = "") -> FlawmapError:
    """Build the error that a wire `code` stands for; an unknown code becomes `InternalError`."""
    return _BY_CODE.get(code, InternalError)(message, hint)
