"""Messages: every request and every result as a frozen dataclass, checked on arrival.

One class a request; `docs/protocol.md` has one section for each. `REQUESTS` maps the wire's type to
its class; `to_body` and `parse_request` go to and from the JSON object in the header's `body`.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from . import words
from ._checked import read
from .errors import BadInput, Unsupported
from .formats import CHANNELS, DTYPES, PixelSource, one_of
from .geometry import Box

__all__ = [
    "CHANNELS",
    "CONTROL_REQUESTS",
    "DTYPES",
    "PLANES",
    "PROTOCOL",
    "PROTOCOL_RANGE",
    "REPAIR_METHODS",
    "REQUESTS",
    "Analyze",
    "Bye",
    "Cancel",
    "Close",
    "Hello",
    "LayersRender",
    "MarksGet",
    "MarksSet",
    "Models",
    "Open",
    "Ping",
    "PixelSource",
    "Pixels",
    "Regions",
    "RepairPlan",
    "RepairRender",
    "Request",
    "RoiScore",
    "Shutdown",
    "Update",
    "parse_request",
    "to_body",
]

#: The protocol that this package speaks, and the oldest and newest that it can serve.
PROTOCOL: Final = 1
PROTOCOL_RANGE: Final = (1, 1)

#: What `layers.render` can draw.
PLANES: Final = ("severity", "coverage", "mask", "unknown", "tint")
#: What `repair.plan` can name and `repair.render` can do; "none" changes nothing.
REPAIR_METHODS: Final = (
    "denoise",
    "sharpen",
    "deconvolve",
    "darken",
    "lighten",
    "deblock",
    "dehaze",
    "colour",
    "none",
)


def _check_judgement(view: str, strictness: float, thresholds: dict[str, float]) -> None:
    one_of(view, words.VIEWS, "view")
    if not -1 <= strictness <= 1:
        raise BadInput(f"strictness goes from -1 to 1; got {strictness}.")
    for name, value in thresholds.items():
        one_of(name, words.DISTORTIONS, "a threshold's distortion")
        if not 0 < value <= 1:
            raise BadInput(f"the threshold of {name} has to be over 0 and at most 1; got {value}.")


@dataclass(frozen=True)
class Request:
    """What all requests share: the wire's `type`."""

    type: ClassVar[str] = ""


@dataclass(frozen=True)
class Hello(Request):
    """First request of a connection: who speaks, and which protocols it understands."""

    type: ClassVar[str] = "hello"
    client: str
    client_version: str
    protocols: list[int]

    def __post_init__(self) -> None:
        if len(self.protocols) != 2 or not 0 <= self.protocols[0] <= self.protocols[1]:
            raise BadInput(f"protocols is [oldest, newest]; got {self.protocols}.")


@dataclass(frozen=True)
class Bye(Request):
    """Last request of a connection."""

    type: ClassVar[str] = "bye"


@dataclass(frozen=True)
class Open(Request):
    """Take a photo in: by path, or as pixels.

    Pixels come in two steps: a first `open` without `file` and without frames is answered with
    `write {file, bytes}`; the client fills that file and sends `open` again with `file` set.
    """

    type: ClassVar[str] = "open"
    path: str | None = None
    pixels: PixelSource | None = None
    allow_truncated: bool = False
    lineage: str = ""
    bulk: bool = False

    def __post_init__(self) -> None:
        if (self.path is None) == (self.pixels is None):
            raise BadInput("open takes either a path or pixels.")


@dataclass(frozen=True)
class Analyze(Request):
    """Judge a photo in both views; the result is the report of `view`.

    `lineage` says whose marks the report shows, where that is not the source's own. `bulk`
    marks one of many: it lets every request of a person pass, between two tiles. `early` judges
    the screen view alone, unless both are known; asking again without it does the rest.
    """

    type: ClassVar[str] = "analyze"
    photo_id: str
    view: str = "screen"
    strictness: float = 0.0
    thresholds: dict[str, float] = field(default_factory=dict)
    planes: bool = False
    path: str | None = None
    bulk: bool = False
    lineage: str | None = None
    early: bool = False

    def __post_init__(self) -> None:
        _check_judgement(self.view, self.strictness, self.thresholds)
        if self.early and self.view != "screen":
            raise BadInput(
                f"An early report is of the screen view; got the view {self.view!r}.",
                "Ask for that view without `early`.",
            )


@dataclass(frozen=True)
class Regions(Request):
    """The report again, for another view, strictness or thresholds, from stored planes."""

    type: ClassVar[str] = "regions"
    photo_id: str
    view: str = "screen"
    strictness: float = 0.0
    thresholds: dict[str, float] = field(default_factory=dict)
    path: str | None = None
    lineage: str | None = None

    def __post_init__(self) -> None:
        _check_judgement(self.view, self.strictness, self.thresholds)


@dataclass(frozen=True)
class RoiScore(Request):
    """Quality, importance and distortions of a marked part: one of box, point, region or mask.

    A mask is the binary frame `mask`, u8 of the photo's size, or the `mask_file` that a first step
    like `open`'s gave out (`mask: true` without frame or file asks for it).
    """

    type: ClassVar[str] = "roi.score"
    photo_id: str
    view: str = "screen"
    box: Box | None = None
    point: list[int] | None = None
    region: str | None = None
    mask: bool = False
    mask_file: str | None = None
    strictness: float = 0.0
    thresholds: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check_judgement(self.view, self.strictness, self.thresholds)
        given = [self.box is not None, self.point is not None, self.region is not None, self.mask]
        if sum(given) != 1:
            raise BadInput("roi.score takes one of box, point, region or mask.")
        if self.point is not None and len(self.point) != 2:
            raise BadInput(f"point is [x, y]; got {self.point}.")


@dataclass(frozen=True)
class Update(Request):
    """A rectangle of the photo has changed; its pixels come as in `open`.

    With `early` the screen view alone is judged anew; `analyze` does the rest.
    """

    type: ClassVar[str] = "update"
    photo_id: str
    box: Box
    pixels: PixelSource
    lineage: str | None = None
    early: bool = False

    def __post_init__(self) -> None:
        if (self.pixels.width, self.pixels.height) != (self.box.width, self.box.height):
            raise BadInput("update's pixels have to be as large as its box.")


@dataclass(frozen=True)
class Pixels(Request):
    """The photo as the engine sees it: upright 8-bit sRGB, a box of it, made smaller by `scale`."""

    type: ClassVar[str] = "pixels"
    photo_id: str
    box: Box | None = None
    scale: float = 1.0
    via: str = "frames"

    def __post_init__(self) -> None:
        one_of(self.via, ("frames", "file"), "via")
        if not 0 < self.scale <= 1:
            raise BadInput(f"scale has to be over 0 and at most 1; got {self.scale}.")


@dataclass(frozen=True)
class LayersRender(Request):
    """Ready bytes of planes, for the whole photo (`distortions`) or cropped to regions' boxes."""

    type: ClassVar[str] = "layers.render"
    photo_id: str
    plane: str
    view: str = "screen"
    size: str = "full"
    distortions: list[str] = field(default_factory=list)
    regions: list[str] = field(default_factory=list)
    channels: str = "RGBA"
    strictness: float = 0.0
    thresholds: dict[str, float] = field(default_factory=dict)
    via: str = "frames"

    def __post_init__(self) -> None:
        _check_judgement(self.view, self.strictness, self.thresholds)
        one_of(self.plane, PLANES, "plane")
        one_of(self.size, ("grid", "full"), "size")
        one_of(self.via, ("frames", "file"), "via")
        one_of(self.channels, ("RGBA", "BGRA"), "channels")
        if bool(self.distortions) == bool(self.regions):
            raise BadInput("layers.render takes either distortions or regions.")
        for name in self.distortions:
            one_of(name, words.DISTORTIONS, "a distortion")
        if self.size == "grid" and (self.regions or self.plane in ("coverage", "tint")):
            raise BadInput(
                "At the grid's size there are severity, mask and unknown of distortions."
            )
        if self.distortions and self.plane == "coverage":
            raise BadInput("coverage belongs to regions; ask for a distortion's mask instead.")


@dataclass(frozen=True)
class RepairPlan(Request):
    """What could be done about a region, or about a distortion in a box, and how well.

    `distortion` belongs to `box`; without it the worst one there is taken.
    """

    type: ClassVar[str] = "repair.plan"
    photo_id: str
    view: str = "screen"
    region: str | None = None
    box: Box | None = None
    distortion: str | None = None
    strictness: float = 0.0
    thresholds: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check_judgement(self.view, self.strictness, self.thresholds)
        if (self.region is None) == (self.box is None):
            raise BadInput("repair.plan takes either a region or a box.")
        if self.distortion is not None:
            one_of(self.distortion, words.DISTORTIONS, "a distortion")
            if self.region is not None:
                raise BadInput("A region has its own distortion; name one beside a box only.")


@dataclass(frozen=True)
class RepairRender(Request):
    """Repair pixels as a plan says; gives those of `box`, made from those of `around`.

    The pixels are the document's own numbers and travel as in `open`: two steps, or frames. Needs
    no photo: everything that the plan found stands in `settings`.
    """

    type: ClassVar[str] = "repair.render"
    method: str
    box: Box
    around: Box
    pixels: PixelSource
    strength: float = 1.0
    settings: dict[str, float] = field(default_factory=dict)
    via: str = "frames"

    def __post_init__(self) -> None:
        one_of(self.method, REPAIR_METHODS, "method")
        one_of(self.via, ("frames", "file"), "via")
        if not 0 <= self.strength <= 1:
            raise BadInput(f"strength goes from 0 to 1; got {self.strength}.")
        box, around = self.box, self.around
        if not (
            around.x0 <= box.x0
            and around.y0 <= box.y0
            and box.x1 <= around.x1
            and box.y1 <= around.y1
        ):
            raise BadInput(
                f"box {box.as_list()} has to lie inside around {around.as_list()}.",
                "Send the pixels of the plan's `around`.",
            )
        if (self.pixels.width, self.pixels.height) != (around.width, around.height):
            raise BadInput("repair.render's pixels have to be as large as its `around`.")


@dataclass(frozen=True)
class MarksGet(Request):
    """What a person decided about a photo's regions."""

    type: ClassVar[str] = "marks.get"
    photo_id: str
    lineage: str | None = None


@dataclass(frozen=True)
class MarksSet(Request):
    """Keep a verdict on a region, or take it back with `verdict` None; `all` takes back every one.

    A region's id holds for the view and thresholds that made it.
    """

    type: ClassVar[str] = "marks.set"
    photo_id: str
    region: str | None = None
    verdict: str | None = None
    view: str = "screen"
    strictness: float = 0.0
    thresholds: dict[str, float] = field(default_factory=dict)
    lineage: str | None = None
    all: bool = False

    def __post_init__(self) -> None:
        _check_judgement(self.view, self.strictness, self.thresholds)
        if self.verdict is not None:
            one_of(self.verdict, words.VERDICTS, "verdict")
        if (self.region is None) != self.all or (self.all and self.verdict is not None):
            raise BadInput("marks.set takes a region, or `all` without a verdict.")


@dataclass(frozen=True)
class Close(Request):
    """The client needs the photo no more; it is the first to go when room is wanted."""

    type: ClassVar[str] = "close"
    photo_id: str


@dataclass(frozen=True)
class Models(Request):
    """Which models the engine has, with their hashes."""

    type: ClassVar[str] = "models"


@dataclass(frozen=True)
class Ping(Request):
    """Control: is somebody there, and what is it doing."""

    type: ClassVar[str] = "ping"


@dataclass(frozen=True)
class Cancel(Request):
    """Control: stop the job of that request id."""

    type: ClassVar[str] = "cancel"
    request: str


@dataclass(frozen=True)
class Shutdown(Request):
    """Control: end the engine, at once or once its jobs are done and nobody asks for more."""

    type: ClassVar[str] = "shutdown"
    when: str = "now"

    def __post_init__(self) -> None:
        one_of(self.when, ("now", "idle"), "when")


_WORK: tuple[type[Request], ...] = (
    Hello,
    Bye,
    Open,
    Analyze,
    Regions,
    RoiScore,
    Update,
    Pixels,
    LayersRender,
    RepairPlan,
    RepairRender,
    MarksGet,
    MarksSet,
    Close,
    Models,
)
#: Requests of the work socket by type.
REQUESTS: Final[dict[str, type[Request]]] = {kind.type: kind for kind in _WORK}
#: Requests of the control socket by type.
CONTROL_REQUESTS: Final[dict[str, type[Request]]] = {
    kind.type: kind for kind in (Ping, Cancel, Shutdown)
}


def parse_request(type_: str, body: object, known: dict[str, type[Request]]) -> Request:
    """Build the request of that type from its JSON body.

    Raises
    ------
    Unsupported
        If no request of `known` has this type.
    BadInput
        If a field is missing, of another type, or outside its range.
    """
    kind = known.get(type_)
    if kind is None:
        raise Unsupported(
            f"This engine has no request {type_[:40]!r}.",
            "`hello` lists what it has; a newer Flawmap may have more.",
        )
    return read(kind, body, type_)


def to_body(message: Request) -> dict[str, Any]:
    """The JSON object of a request: every field that is not None."""
    body = {}
    for f in dataclasses.fields(message):
        value = getattr(message, f.name)
        if isinstance(value, Box):
            value = value.as_list()
        elif dataclasses.is_dataclass(value) and not isinstance(value, type):
            value = dataclasses.asdict(value)
        if value is not None:
            body[f.name] = value
    return body
