"""Networks: both networks on one device, and the threads that feed them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from flawmap_api.errors import FlawmapError, InternalError, NoMemory, Unsupported

from .devices import DeviceInfo, Sessions, choose_device, first_line, open_on_cpu
from .opinion import Opinion, load_opinion
from .roi_head import RoiHead, load_roi_head
from .runtime import OnnxRuntime, Runtime, installed_package
from .threads import limit_native_threads, thread_budget
from .weights import ModelCard, Weights, load_weights

__all__ = ["Networks", "Whole"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Whole:
    """What the whole-photo network says.

    Attributes
    ----------
    features : float32, shape (784,)
    quality : float in [0, 1]
    maps : float16, shape (channels, h, w)
        Features by place; no channel where the network gives none.
    """

    features: NDArray[np.float32]
    quality: float
    maps: NDArray[np.float16]


class Networks:
    """The dense and the whole-photo network, ready to run from several threads at once.

    Make one with `Networks.load`; a with block, or `close`, ends its threads.

    Attributes
    ----------
    card : ModelCard
    threads : int
        How many tiles are computed at a time; each takes one thread.
    roi : RoiHead or None
        What scores parts of a photo; None where the folder of weights has none.
    opinion : Opinion or None
        What scores the whole photo from features and planes; None where the folder has none, or
        the dense network lacks a distortion that it asks for.
    """

    def __init__(
        self,
        weights: Weights,
        runtime: Runtime,
        sessions: Sessions,
        device: DeviceInfo,
        threads: int,
        roi: RoiHead | None = None,
        opinion: Opinion | None = None,
    ) -> None:
        self.card: ModelCard = weights.card
        self.threads = threads
        self.roi = roi
        self.opinion = opinion
        self._weights = weights
        self._runtime = runtime
        self._sessions = sessions
        self._device = device
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="flawmap-tile")

    @classmethod
    def load(
        cls,
        *,
        device: str = "auto",
        threads: int | None = None,
        weights: Path | None = None,
        runtime: Runtime | None = None,
    ) -> Self:
        """Read the weights, choose a device and open the sessions on it.

        Parameters
        ----------
        device : "auto" | "cpu" | "cuda" | "coreml" | "directml"
            A name other than "auto" means that device or an error.
        threads : int, optional
            The budget; without it FLAWMAP_THREADS, else the processors, at most 8.
        weights : Path, optional
            Another folder than FLAWMAP_WEIGHTS or the package's own.
        runtime : Runtime, optional
            In place of ONNX Runtime.

        Raises
        ------
        NotFound, Unsupported
            If weights are missing or damaged, ONNX Runtime is missing, or the device is not
            really used.
        BadInput
            If there is no such device or number of threads.
        """
        # Here, so that `python -m …probe` finds its module not yet imported.
        from .probe import differs

        budget = thread_budget(threads)
        read = load_weights(weights)
        advice = ""
        if runtime is None:
            runtime = OnnxRuntime()
            advice = installed_package().advice
        door = runtime
        sessions, info = choose_device(device, door, read, lambda s: differs(s, read, door))
        if advice:
            info = DeviceInfo(
                info.device, info.providers, info.requested, f"{info.reason} Note: {advice}"
            )
        limit_native_threads(budget)
        folder = read.card.path
        opinion = load_opinion(folder, door)
        if opinion is not None and not set(opinion.heard) <= set(read.card.distortions):
            opinion = None
        return cls(read, door, sessions, info, budget, load_roi_head(folder, door), opinion)

    @property
    def device(self) -> DeviceInfo:
        """What computes now; it changes once if the device fails while it runs."""
        return self._device

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Let one of the budget's threads do a piece of work."""
        return self._pool.submit(work)

    def dense(self, tile: NDArray[np.uint8], thumbnail: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Raw severity of a tile.

        Parameters
        ----------
        tile : uint8, shape (h, w, 3), C-contiguous, h and w multiples of 32
        thumbnail : uint8, shape (128, 128, 3)
            The whole photo squeezed: what the tile is part of.

        Returns
        -------
        float32, shape (distortions, h / 8, w / 8), values in [0, 1]
        """
        feeds = {"photo": tile[None], "thumbnail": thumbnail[None]}
        (severity,) = self._run(lambda s: s.dense.run(["severity"], feeds))
        return np.asarray(severity[0], np.float32)

    def whole(self, photo: NDArray[np.uint8]) -> Whole:
        """Features and quality of a whole photo.

        Parameters
        ----------
        photo : uint8, shape (h, w, 3), C-contiguous, h and w multiples of 32
            The whole photo at about 512 px.

        Returns
        -------
        Whole
        """
        feeds: Mapping[str, Any] = {"photo": photo[None]}
        outputs = ["features", "quality", *(["maps"] if self.card.maps else [])]
        features, quality, *maps = self._run(lambda s: s.whole.run(outputs, feeds))
        value = float(np.ravel(quality)[0])
        return Whole(
            np.asarray(features[0], np.float32),
            min(1.0, max(0.0, value)),
            np.asarray(maps[0][0], np.float16) if maps else np.zeros((0, 1, 1), np.float16),
        )

    def close(self) -> None:
        """End the threads; what they are computing is finished first."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _run(self, call: Callable[[Sessions], Sequence[Any]]) -> Sequence[Any]:
        sessions = self._sessions
        try:
            return call(sessions)
        except Exception as error:
            sessions = self._after(sessions, error)
        try:
            return call(sessions)
        except Exception as error:
            raise _spoken(error) from error

    def _after(self, failed: Sessions, error: Exception) -> Sessions:
        """Sessions to try again with after `failed` raised; the CPU if it was another device."""
        with self._lock:
            if self._sessions is not failed:
                return self._sessions  # another thread has already moved to the CPU
            if self._device.device == "cpu":
                raise _spoken(error) from error
            name, what = self._device.device, first_line(error)
            if self._device.requested == name:
                raise Unsupported(
                    f"The device {name} was asked for and has failed while computing: {what}.",
                    "Use --device auto to go on with the CPU.",
                ) from error
            self._sessions = open_on_cpu(self._runtime, self._weights)
            reason = f"The CPU is used since {name} failed while computing: {what}."
            self._device = DeviceInfo(
                "cpu", self._sessions.providers, self._device.requested, reason
            )
            return self._sessions


def _spoken(error: Exception) -> FlawmapError:
    if isinstance(error, FlawmapError):
        return error
    text = str(error).lower()
    if isinstance(error, MemoryError) or "alloc" in text:
        return NoMemory(
            "There is not enough free memory to compute a tile.", "Close other programs, or retry."
        )
    return InternalError(f"The networks failed on the CPU: {first_line(error)}.")
