"""Devices: which one computes, and the sentence that says why.

A device is taken only if the created session really runs on it and its answer on the probe photo
agrees with the CPU's. What a library lists, or was asked for, proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from flawmap_api.errors import BadInput, InternalError, Unsupported
from flawmap_api.words import DEVICES

from .runtime import Runtime, Session
from .weights import Weights

__all__ = ["DeviceInfo", "Sessions", "choose_device", "first_line", "open_on_cpu"]

CPU: Final = "CPUExecutionProvider"
_PROVIDERS: Final = {
    "cuda": "CUDAExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "directml": "DmlExecutionProvider",
    "cpu": CPU,
}
_SPOKEN: Final = {"cuda": "CUDA", "coreml": "CoreML", "directml": "DirectML", "cpu": "the CPU"}
_HINTS: Final = {
    "cuda": 'It needs an NVIDIA driver and pip install "flawmap[gpu]" in place of "flawmap[cpu]". '
    "Use --device auto to go on without it.",
}


@dataclass(frozen=True)
class DeviceInfo:
    """What computes.

    Attributes
    ----------
    device : "cpu" | "cuda" | "coreml" | "directml"
    providers : tuple of str
        Of the created sessions, as they themselves say.
    requested : str
        What was asked for, "auto" included.
    reason : str
        A sentence: why this device.
    """

    device: str
    providers: tuple[str, ...]
    requested: str
    reason: str


@dataclass(frozen=True)
class Sessions:
    """Both networks on one device."""

    dense: Session
    whole: Session

    @property
    def providers(self) -> tuple[str, ...]:
        """What the dense network, which does nearly all of the work, runs on."""
        return tuple(self.dense.get_providers())


class _Rejected(Exception):
    """A device that cannot be used; the text goes on from its name."""


def choose_device(
    requested: str,
    runtime: Runtime,
    weights: Weights,
    differs: Callable[[Sessions], str],
) -> tuple[Sessions, DeviceInfo]:
    """Open the networks on the best device that proves itself.

    Parameters
    ----------
    requested : "auto" | "cpu" | "cuda" | "coreml" | "directml"
        "auto" goes from the fastest to the CPU and says why; a name means that device or none.
    runtime : Runtime
    weights : Weights
    differs : callable
        Compares the sessions' answer on the probe photo with the CPU's; empty if they agree, else
        how they differ, going on from the device's name.

    Raises
    ------
    BadInput
        If there is no device of that name.
    Unsupported
        If a device was asked for by name and is not really used.
    """
    if requested not in DEVICES:
        raise BadInput(f"There is no device {requested!r}.", f"Choose one of {', '.join(DEVICES)}.")
    if requested == "cpu":
        return _cpu(runtime, weights, requested, "The CPU was asked for.")
    names = [d for d in _PROVIDERS if d != "cpu"] if requested == "auto" else [requested]
    listed = runtime.available()
    rejected = []
    for name in names:
        try:
            sessions = _open(name, listed, runtime, weights)
            if difference := differs(sessions):
                raise _Rejected(difference)
        except _Rejected as error:
            if requested != "auto":
                raise Unsupported(
                    f"{_SPOKEN[name]} was asked for and is not used: it {error}.",
                    _HINTS.get(name, "Use --device auto to go on without it."),
                ) from None
            if _PROVIDERS[name] in listed:
                rejected.append(f"{_SPOKEN[name]} {error}")
            continue
        reason = f"{_SPOKEN[name]} is used: its answer on the probe photo agrees with the CPU's."
        return sessions, DeviceInfo(name, sessions.providers, requested, reason)
    why = "; ".join(rejected) or "the installed ONNX Runtime offers nothing faster"
    return _cpu(runtime, weights, requested, f"The CPU is used: {why}.")


def open_on_cpu(runtime: Runtime, weights: Weights) -> Sessions:
    """Both networks on the CPU.

    Raises
    ------
    InternalError
        If ONNX Runtime cannot read the networks although their hashes are right.
    """
    try:
        return Sessions(runtime.open(weights.dense, CPU), runtime.open(weights.whole, CPU))
    except Unsupported:
        raise
    except Exception as error:
        raise InternalError(
            f"ONNX Runtime cannot open the networks: {first_line(error)}",
            "Update onnxruntime, or install Flawmap again.",
        ) from error


def first_line(error: BaseException) -> str:
    """The first line of a library's message, as long as a sentence may be."""
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0][:160].rstrip(". ")


def _cpu(
    runtime: Runtime, weights: Weights, requested: str, reason: str
) -> tuple[Sessions, DeviceInfo]:
    sessions = open_on_cpu(runtime, weights)
    return sessions, DeviceInfo("cpu", sessions.providers, requested, reason)


def _open(name: str, listed: list[str], runtime: Runtime, weights: Weights) -> Sessions:
    provider = _PROVIDERS[name]
    if provider not in listed:
        raise _Rejected("is not offered by the installed ONNX Runtime")
    try:
        sessions = Sessions(
            runtime.open(weights.dense, provider), runtime.open(weights.whole, provider)
        )
    except Unsupported:
        raise
    except Exception as error:
        raise _Rejected(f"cannot be opened ({first_line(error)})") from error
    for session in (sessions.dense, sessions.whole):
        really = session.get_providers()
        if not really or really[0] != provider:
            runs = really[0].removesuffix("ExecutionProvider") if really else "nothing"
            raise _Rejected(
                f"is listed, but a session that asks for it runs on {runs} (its driver or "
                f"libraries are missing)"
            )
    return sessions
