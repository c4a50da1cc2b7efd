"""History: what the person decided, so that it can be taken back step by step."""

from __future__ import annotations

from dataclasses import dataclass

from .observable import Observable

__all__ = ["Decision", "History"]


@dataclass(frozen=True, slots=True)
class Decision:
    """One verdict on one region: what stood there before, and what was said.

    `judgement` holds the options under which the region's id is valid.
    """

    path: str
    region: str
    title: str
    before: str | None
    after: str | None
    judgement: tuple[tuple[str, object], ...] = ()


class History(Observable):
    """Decisions in their order; tells `history` when what can be undone changes."""

    def __init__(self) -> None:
        super().__init__()
        self._done: list[Decision] = []
        self._undone: list[Decision] = []

    @property
    def to_undo(self) -> Decision | None:
        """The decision that `undo` would take back."""
        return self._done[-1] if self._done else None

    @property
    def to_redo(self) -> Decision | None:
        """The decision that `redo` would make again."""
        return self._undone[-1] if self._undone else None

    def decide(self, decision: Decision) -> None:
        """Note a new decision; what was undone before is forgotten."""
        self._done.append(decision)
        self._undone.clear()
        self.tell("history")

    def undo(self) -> Decision | None:
        """Take the last decision back; the caller sets its `before`."""
        if not self._done:
            return None
        decision = self._done.pop()
        self._undone.append(decision)
        self.tell("history")
        return decision

    def redo(self) -> Decision | None:
        """Make the last undone decision again; the caller sets its `after`."""
        if not self._undone:
            return None
        decision = self._undone.pop()
        self._done.append(decision)
        self.tell("history")
        return decision
