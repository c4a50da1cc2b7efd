"""Steps: each thing a client can ask for, as a small dialogue with the engine.

A step function is a generator: it yields what to ask (`Ask`) and is sent the engine's result. It
never waits or touches a socket, so the same text serves a blocking call and an event loop.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from . import messages
from ._checked import read
from .errors import BadInput, EngineLost, NotFound
from .geometry import Box
from .marks import Marks
from .messages import (
    Analyze,
    MarksGet,
    MarksSet,
    Open,
    PixelSource,
    Regions,
    Request,
    Update,
)
from .photobook import Patch, PhotoBook, Way
from .repair import Repaired, RepairPlan
from .report import Report
from .results import Layer, OpenedPhoto, PixelBlock
from .sources import PixelData, describe_source
from .wire import Block, Message

__all__ = [
    "Ask",
    "EngineReplaced",
    "Steps",
    "early_steps",
    "judge_steps",
    "layers_of",
    "marks_steps",
    "open_steps",
    "pixels_of",
    "plain_steps",
    "repair_plan_steps",
    "repair_render_steps",
    "send_mask",
    "send_pixels",
    "update_steps",
    "with_photo",
]

T = TypeVar("T")


@dataclass(frozen=True)
class Ask:
    """One request and its binary blocks.

    `bound`: it speaks of something that only this engine process knows, such as a file that it gave
    out. If the engine is replaced, the dialogue is thrown `EngineReplaced` instead of being asked
    again.
    """

    request: Request
    blocks: Mapping[str, Block] = field(default_factory=dict)
    bound: bool = False


class EngineReplaced(EngineLost):
    """Thrown into a dialogue whose last request meant nothing to the new engine."""


Steps = Generator[Ask, Message, T]


def open_steps(
    book: PhotoBook, source: Any, *, allow_truncated: bool = False, bulk: bool = False
) -> Steps[OpenedPhoto]:
    """Open a photo by path or as pixels."""
    way = describe_source(source)
    if isinstance(way, Path):
        request = Open(path=str(way), allow_truncated=allow_truncated, bulk=bulk)
        answer = yield Ask(request)
    else:
        pixels = way()
        answer = yield from send_pixels(
            book, pixels, lambda layout: Open(pixels=layout, lineage=pixels.lineage, bulk=bulk)
        )
    photo = read(OpenedPhoto, dict(answer.body), "open")
    book.remember(photo.photo_id, Way(way, allow_truncated))
    if photo.analysed:
        book.note_analysed(photo.photo_id)
    return photo


def update_steps(
    book: PhotoBook,
    photo_id: str,
    box: Box,
    pixels: PixelData,
    lineage: str | None = None,
    *,
    early: bool = False,
) -> Steps[OpenedPhoto]:
    """Put new pixels into a box of a photo; `early`: look again at the screen view alone."""
    answer = yield from send_pixels(
        book, pixels, lambda layout: Update(photo_id, box, layout, lineage, early)
    )
    photo = read(OpenedPhoto, dict(answer.body), "update")
    if photo.photo_id != photo_id:
        book.remember(photo.photo_id, Patch(photo_id, box, pixels))
    if photo.analysed or (early and book.was_analysed(photo_id)):
        book.note_analysed(photo.photo_id)
    return photo


def send_pixels(
    book: PhotoBook, pixels: PixelData, request: Callable[[PixelSource], Request]
) -> Steps[Message]:
    """Ask for a file in the engine's folder, fill it, and send the request that uses it."""
    icc = {"icc": Block("u8", (len(pixels.icc),), pixels.icc)} if pixels.icc else {}
    while True:
        answer = yield Ask(request(pixels.layout))
        name = _written(book, answer, pixels.data)
        with contextlib.suppress(EngineReplaced):
            answer = yield Ask(request(replace(pixels.layout, file=name)), icc, bound=True)
            return answer


def _written(book: PhotoBook, answer: Message, data: memoryview) -> str:
    write = answer.body.get("write")
    name = write.get("file") if isinstance(write, dict) else None
    path = book.pixel_file(name)
    try:
        with open(os.open(path, os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0)), "wb") as file:
            file.write(data)
    except OSError as error:
        raise BadInput(
            f"The pixels could not be written for the engine: {error.strerror or error}.",
            f"Make room in {path.parent}.",
        ) from None
    return path.name


def send_mask(book: PhotoBook, request: Request, data: memoryview) -> Steps[Message]:
    """Send a mask the way pixels travel; `request` is the first step, without its `mask_file`."""
    while True:
        answer = yield Ask(request)
        name = _written(book, answer, data)
        with contextlib.suppress(EngineReplaced):
            second = replace(request, mask_file=name)  # type: ignore[call-arg]
            answer = yield Ask(second, bound=True)
            return answer


def plain_steps(request: Request) -> Steps[Message]:
    """One request, one result."""
    answer = yield Ask(request)
    return answer


def with_photo(book: PhotoBook, photo_id: str, steps: Callable[[], Steps[T]]) -> Steps[T]:
    """Run steps that need a photo; if the engine has lost it, open it again and run them once more.

    What was analysed before is analysed again, too.

    Raises
    ------
    NotFound
        If the engine does not have it and this client does not know how it was opened, or the file
        has changed since.
    """
    try:
        return (yield from steps())
    except NotFound:
        way = book.way_to(photo_id)
        if way is None:
            raise
    yield from _open_again(book, photo_id, *way)
    return (yield from steps())


def _open_again(
    book: PhotoBook, photo_id: str, way: Way, patches: tuple[Patch, ...]
) -> Steps[None]:
    photo = yield from open_steps(book, way.source, allow_truncated=way.allow_truncated)
    for patch in patches:
        yield from _analyze_again(book, photo)
        photo = yield from update_steps(book, photo.photo_id, patch.box, patch.pixels)
    if photo.photo_id != photo_id:
        raise NotFound("The photo has changed since it was opened.", "Analyse it again.")
    yield from _analyze_again(book, photo)


def _analyze_again(book: PhotoBook, photo: OpenedPhoto) -> Steps[None]:
    if book.was_analysed(photo.photo_id) and not photo.analysed:
        yield Ask(Analyze(photo.photo_id))


def judge_steps(book: PhotoBook, request: Analyze | Regions) -> Steps[Report]:
    """`analyze` or `regions`: the report of a photo."""
    report, _ = yield from early_steps(book, request)
    return report


def early_steps(book: PhotoBook, request: Analyze | Regions) -> Steps[tuple[Report, bool]]:
    """The report, and whether both views are behind it; if not, `analyze` without `early` is owed.

    An engine that does not know of `early` judges both.
    """
    answer = yield from with_photo(book, request.photo_id, lambda: plain_steps(request))
    book.note_analysed(request.photo_id)
    complete = read(bool, answer.body.get("complete", True), "complete")
    return Report.from_dict(answer.body.get("report")), complete


def repair_plan_steps(book: PhotoBook, request: messages.RepairPlan) -> Steps[RepairPlan]:
    """`repair.plan`: what could be done about a region, or about a distortion in a box."""
    answer = yield from with_photo(book, request.photo_id, lambda: plain_steps(request))
    return RepairPlan.from_dict(answer.body.get("plan"))


def repair_render_steps(
    book: PhotoBook, plan: RepairPlan, pixels: PixelData, strength: float | None = None
) -> Steps[Repaired]:
    """`repair.render`: the pixels of `plan.box`, repaired; those of `plan.around` are sent."""
    amount = plan.strength if strength is None else strength
    answer = yield from send_pixels(
        book,
        pixels,
        lambda layout: messages.RepairRender(
            method=plan.method,
            box=plan.box,
            around=plan.around,
            pixels=layout,
            strength=amount,
            settings=plan.settings,
            via="file",
        ),
    )
    layout = replace(pixels.layout, width=plan.box.width, height=plan.box.height, file=None)
    data = _bytes_of(book, answer, "pixels", 0, layout.nbytes)
    return Repaired(
        box=Box.from_list(answer.body.get("box")),
        pixels=PixelData(layout, memoryview(data), pixels.icc, pixels.lineage),
        strength=amount,
        unchanged=read(bool, answer.body.get("unchanged"), "unchanged"),
    )


def pixels_of(book: PhotoBook, answer: Message) -> PixelBlock:
    """Read the result of `pixels`."""
    body = answer.body
    width, height = read(int, body.get("width"), "width"), read(int, body.get("height"), "height")
    data = _bytes_of(book, answer, "pixels", 0, width * height * 3)
    return PixelBlock(Box.from_list(body.get("box")), width, height, data)


def layers_of(book: PhotoBook, answer: Message) -> list[Layer]:
    """Read the result of `layers.render`."""
    layers = []
    for entry in answer.body.get("layers", []):
        shape = read(tuple[int, ...], entry.get("shape"), "shape")
        height, width, channels = (*shape, 1)[:3]
        size = height * width * channels
        data = _bytes_of(book, answer, entry.get("block", ""), entry.get("offset", 0), size)
        layers.append(
            Layer(
                name=str(entry.get("name")),
                distortion=str(entry.get("distortion")),
                box=Box.from_list(entry.get("box")),
                width=width,
                height=height,
                channels=channels,
                data=data,
            )
        )
    return layers


def marks_steps(book: PhotoBook, request: MarksGet | MarksSet) -> Steps[Marks]:
    """`marks.get` or `marks.set`: the marks of a photo's lineage."""
    answer = yield from with_photo(book, request.photo_id, lambda: plain_steps(request))
    return Marks.from_dict(dict(answer.body))


def _bytes_of(book: PhotoBook, answer: Message, block: str, offset: int, size: int) -> bytes:
    if (file := answer.body.get("file")) is None:
        data = answer.blocks[block].tobytes() if block in answer.blocks else b""
    else:
        data = b""
        with contextlib.suppress(OSError), open(book.pixel_file(file), "rb") as stream:
            stream.seek(offset)
            data = stream.read(size)
    if len(data) != size:
        raise EngineLost(f"The engine sent {len(data)} bytes of {size}.")
    return data
