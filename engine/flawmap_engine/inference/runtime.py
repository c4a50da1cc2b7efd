"""Runtime: ONNX Runtime behind a small door, so that tests can put another one there."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import Any, Final, Protocol

from numpy.typing import NDArray

from flawmap_api.errors import Unsupported

__all__ = [
    "OnnxRuntime",
    "Package",
    "Runtime",
    "Session",
    "describe_package",
    "installed_package",
]

_INSTALL: Final = 'Install one of them: pip install "flawmap[cpu]", or "flawmap[gpu]" for NVIDIA.'
_FATAL_ONLY: Final = 4

Array = NDArray[Any]


class Session(Protocol):
    """A network on a device."""

    def run(self, outputs: Sequence[str], feeds: Mapping[str, Array]) -> list[Array]:
        """The named outputs for the named inputs."""

    def get_providers(self) -> list[str]:
        """What the session really runs on, first choice first."""


class Runtime(Protocol):
    """What can open sessions."""

    def available(self) -> list[str]:
        """Names of the execution providers that the library says it has."""

    def open(self, model: bytes, provider: str) -> Session:
        """A session that is asked to run on `provider`; the CPU takes what that cannot."""


@dataclass(frozen=True)
class Package:
    """The installed ONNX Runtime.

    Attributes
    ----------
    version : str
    distributions : tuple of str
        Names of the installed distributions that own the module; two of them clash.
    loaded : "onnxruntime" | "onnxruntime-gpu" | …
        Whose files are really there.
    advice : str
        What to do if there are two; else empty.
    """

    version: str
    distributions: tuple[str, ...]
    loaded: str
    advice: str


def installed_package() -> Package:
    """Which ONNX Runtime there is.

    Raises
    ------
    Unsupported
        If there is none, or one whose files were removed by uninstalling the other.
    """
    module = _onnxruntime()
    names = metadata.packages_distributions().get("onnxruntime", [])
    return describe_package(
        module.__version__, tuple(sorted(set(names))), module.get_available_providers()
    )


def describe_package(
    version: str, distributions: tuple[str, ...], providers: Sequence[str]
) -> Package:
    """Judge which distribution's files won, from the providers that the library offers."""
    if len(distributions) < 2:
        return Package(version, distributions, distributions[0] if distributions else "", "")
    marks = {
        "CUDAExecutionProvider": "onnxruntime-gpu",
        "DmlExecutionProvider": "onnxruntime-directml",
        "OpenVINOExecutionProvider": "onnxruntime-openvino",
    }
    loaded = next((name for mark, name in marks.items() if mark in providers), "onnxruntime")
    advice = (
        f"{' and '.join(distributions)} are installed over each other, and {loaded} is what is "
        f"loaded: uninstall them all, then install one (flawmap[cpu] or flawmap[gpu])."
    )
    return Package(version, distributions, loaded, advice)


class OnnxRuntime:
    """The real one. Each session has one thread: callers run several at a time.

    Spinning is off (no processor time while idle), and the library's own lines stay off the
    terminal: what matters is asked for. The memory arena is on and memory patterns are off: tiles
    are of bounded size, so the arena stays small, and a tile does not take its memory from the
    system anew (measured on 24 MP: a quarter less processor time than without an arena, and
    475 MB resident at most in place of 547 MB).
    """

    def available(self) -> list[str]:
        """Names of the execution providers that the installed library lists."""
        return list(_onnxruntime().get_available_providers())

    def open(self, model: bytes, provider: str) -> Session:
        """A session on `provider`, with the CPU for what that cannot do.

        Raises
        ------
        Exception
            Whatever the library raises; the caller says what it means.
        """
        ort = _onnxruntime()
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
        options.enable_cpu_mem_arena = True
        options.enable_mem_pattern = False
        options.log_severity_level = _FATAL_ONLY
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.add_session_config_entry("session.inter_op.allow_spinning", "0")
        wanted: list[Any] = [provider]
        if provider == "CUDAExecutionProvider":
            _find_cuda(ort)
            # Full float32, and an algorithm choice that is the same at each start.
            wanted = [(provider, {"use_tf32": "0", "cudnn_conv_algo_search": "HEURISTIC"})]
        if provider != "CPUExecutionProvider":
            wanted.append("CPUExecutionProvider")
        # Some providers tell of their absence on stdout, which may be somebody's JSON.
        with contextlib.redirect_stdout(io.StringIO()):
            session: Session = ort.InferenceSession(model, options, providers=wanted)
        return session


def _find_cuda(ort: Any) -> None:
    """Let the library find CUDA and cuDNN that came as Python packages."""
    if hasattr(ort, "preload_dlls"):
        with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(Exception):
            ort.preload_dlls()


def _onnxruntime() -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        missing = isinstance(error, ModuleNotFoundError) and error.name == "onnxruntime"
        what = "is not installed" if missing else f"cannot be loaded ({error})"
        raise Unsupported(f"ONNX Runtime {what}, and the networks need it.", _INSTALL) from None
    if not hasattr(onnxruntime, "InferenceSession"):
        raise Unsupported(
            "ONNX Runtime is there but empty: two of its packages were installed over each other "
            "and one was removed.",
            "Uninstall onnxruntime and onnxruntime-gpu. " + _INSTALL,
        )
    onnxruntime.set_default_logger_severity(_FATAL_ONLY)
    return onnxruntime
