"""Context: what a handler has at hand beside its request."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flawmap_api.connection import process_start
from flawmap_api.errors import Unsupported
from flawmap_api.launch import installation
from flawmap_api.wire import Block

from ..jobs import Job
from ..pixel_files import PixelFiles
from ..store import Entry, Store

if TYPE_CHECKING:
    from ..inference import Networks
    from ..marks import MarkBook

__all__ = ["Context", "Engine"]


@dataclass
class Engine:
    """What all requests of a process share.

    Attributes
    ----------
    store, files : Store, PixelFiles
    loading : Future of Networks
        The networks load while the sockets answer already.
    requested_device : str
    threads : int
        The one budget of the process.
    """

    store: Store
    files: PixelFiles
    loading: Future[Networks]
    requested_device: str
    threads: int
    log: Path
    pid: int = field(default_factory=os.getpid)
    started: float = field(default_factory=lambda: process_start(os.getpid()) or 0.0)
    installation: str = field(default_factory=installation)
    born: float = field(default_factory=time.monotonic)

    @cached_property
    def keeps_marks(self) -> bool:
        """Whether this Python has SQLite; some builds do not."""
        try:
            import sqlite3  # noqa: F401 - looked for
        except ImportError:
            return False
        return True

    @cached_property
    def marks(self) -> MarkBook:
        """What people decided about regions; `Unsupported` where Python has no SQLite."""
        if not self.keeps_marks:
            raise Unsupported(
                "This Python has no SQLite, so no marks can be kept.",
                "Install Flawmap in a Python that has it.",
            )
        from ..marks import MarkBook

        return MarkBook()

    @property
    def networks(self) -> Networks:
        """The networks, once they are loaded; raises what loading raised."""
        return self.loading.result()

    def device(self) -> dict[str, Any]:
        """Where the networks run, as `hello` and `ping` tell it."""
        if not self.loading.done() or self.loading.exception() is not None:
            return {
                "device": "",
                "providers": [],
                "requested": self.requested_device,
                "reason": "The networks are not loaded (yet).",
            }
        device = self.networks.device
        return {
            "device": device.device,
            "providers": list(device.providers),
            "requested": device.requested,
            "reason": device.reason,
        }

    def memory(self) -> dict[str, int]:
        """The store's budget and what it holds, in bytes."""
        return {"budget": self.store.budget, "used": self.store.used}


class Context:
    """One job, seen by its handler."""

    def __init__(self, engine: Engine, job: Job, step_aside: Any) -> None:
        self.engine = engine
        self.client = job.client
        self.blocks = job.blocks
        self._job = job
        self._step_aside = step_aside

    @property
    def store(self) -> Store:
        """Photos and analyses."""
        return self.engine.store

    @property
    def files(self) -> PixelFiles:
        """Files that pictures travel through."""
        return self.engine.files

    def lineage(self, wanted: str | None, entry: Entry) -> str:
        """Whose marks a request means: what it says, else what this client opened.

        The path of a photo's file stands for the file's own lineage, as in `open`.
        """
        if not wanted:
            return entry.source(self.client).lineage
        if any(source.lineage == wanted for source in entry.sources.values()):
            return wanted
        from ..imaging import settled_lineage

        return settled_lineage(wanted)

    def progress(self, stage: str, done: int, total: int) -> None:
        """Tell the client how far its request is."""
        self._job.progress(stage, done, total)

    def partial(self, body: Mapping[str, Any], blocks: Mapping[str, Block]) -> None:
        """Send the client a part of its result."""
        self._job.partial(body, blocks)

    def raise_if_cancelled(self) -> None:
        """Look whether somebody still waits; raises `Cancelled` if not."""
        self._job.raise_if_stopped()

    def between_tiles(self) -> None:
        """Let interactive jobs pass a bulk one; raises `Cancelled` if nobody waits any more."""
        self._job.raise_if_stopped()
        self._step_aside(self._job)
        self._job.raise_if_stopped()
