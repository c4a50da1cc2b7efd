"""Handlers: one function a request.

A new request is one message class, one handler, one line in the table here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from flawmap_api.messages import Request
from flawmap_api.wire import Block

from ..jobs import INFERENCE, QUICK, Job, Reply
from . import judgement, layers, marks, photos, repair, session
from .context import Context, Engine

__all__ = ["HANDLERS", "Context", "Engine", "Handler", "handle", "lane_of"]


def _always_quick(job_request: Any, blocks: Mapping[str, Block], engine: Engine) -> bool:
    del job_request, blocks, engine
    return True


@dataclass(frozen=True)
class Handler:
    """A request's function, and whether it can do without the networks."""

    run: Callable[[Any, Context], Reply]
    is_quick: Callable[[Any, Mapping[str, Block], Engine], bool] = _always_quick


#: Handlers of the work socket by the request's type.
HANDLERS: Final[dict[str, Handler]] = {
    "hello": Handler(session.hello),
    "bye": Handler(session.bye),
    "models": Handler(session.models),
    "open": Handler(photos.open_),
    "update": Handler(photos.update, photos.update_is_quick),
    "pixels": Handler(photos.pixels),
    "close": Handler(photos.close),
    "analyze": Handler(judgement.analyze, judgement.analyze_is_quick),
    "regions": Handler(judgement.regions),
    "roi.score": Handler(judgement.roi_score),
    "layers.render": Handler(layers.render),
    "repair.plan": Handler(repair.plan),
    "repair.render": Handler(repair.render),
    "marks.get": Handler(marks.get),
    "marks.set": Handler(marks.set_),
}


def lane_of(request: Request, blocks: Mapping[str, Block], engine: Engine) -> str:
    """The lane that a request belongs into: whatever stored planes can answer is quick."""
    is_quick = HANDLERS[request.type].is_quick(request, blocks, engine)
    return QUICK if is_quick else INFERENCE


def handle(engine: Engine, step_aside: Callable[[Job], None], job: Job) -> Reply:
    """Run a job's handler."""
    return HANDLERS[job.request.type].run(job.request, Context(engine, job, step_aside))
