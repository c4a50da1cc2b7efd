"""Results: what the engine's answers become on the client's side, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .geometry import Box

__all__ = ["DeviceState", "HelloInfo", "Layer", "OpenedPhoto", "PixelBlock", "Progress"]


@dataclass(frozen=True)
class Progress:
    """How far a request is: `done` of `total` steps of `stage`."""

    stage: str
    done: int
    total: int


@dataclass(frozen=True)
class DeviceState:
    """Where the networks really run: the providers of the created session, and why these."""

    device: str
    providers: tuple[str, ...]
    requested: str
    reason: str


@dataclass(frozen=True)
class HelloInfo:
    """What an engine says of itself at the first handshake."""

    engine_version: str
    protocol: int
    protocols: tuple[int, ...]
    features: tuple[str, ...]
    distortions: tuple[str, ...]
    views: tuple[str, ...]
    device: DeviceState
    model: dict[str, Any]
    pid: int
    models: dict[str, str] = field(default_factory=dict)
    extras: dict[str, bool] = field(default_factory=dict)
    memory: dict[str, int] = field(default_factory=dict)
    threads: int = 1


@dataclass(frozen=True)
class OpenedPhoto:
    """A photo that the engine has taken in."""

    photo_id: str
    width: int
    height: int
    lineage: str
    notes: tuple[str, ...] = ()
    path: str | None = None
    file_sha256: str | None = None
    analysed: bool = False


def _array_interface(shape: tuple[int, ...], data: bytes) -> dict[str, Any]:
    # numpy.asarray(layer) and Pillow's fromarray() read this; no numpy is needed here.
    return {"version": 3, "typestr": "|u1", "shape": shape, "data": data}


@dataclass(frozen=True)
class PixelBlock:
    """8-bit sRGB pixels, rows from the top: `numpy.asarray(block)` is (height, width, 3)."""

    box: Box
    width: int
    height: int
    data: bytes

    @property
    def __array_interface__(self) -> dict[str, Any]:
        return _array_interface((self.height, self.width, 3), self.data)


@dataclass(frozen=True)
class Layer:
    """A rendered plane: `numpy.asarray(layer)` is (height, width) or (height, width, 4), uint8.

    `name` is the distortion or the region's id; `box` is where it lies in the photo.
    """

    name: str
    distortion: str
    box: Box
    width: int
    height: int
    channels: int
    data: bytes

    @property
    def __array_interface__(self) -> dict[str, Any]:
        plane = (self.height, self.width)
        shape = plane if self.channels == 1 else (*plane, self.channels)
        return _array_interface(shape, self.data)
