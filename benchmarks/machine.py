"""Head of a benchmark's table: when, on what and with what the figures came about."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import time
from importlib import metadata
from pathlib import Path

__all__ = ["peak_memory", "print_head"]

_PACKAGES = ("onnxruntime", "onnxruntime-gpu", "numpy", "opencv-python-headless", "Pillow")


def print_head(what: str) -> None:
    """Print a line that names the run: figures of two machines, or of two loads, do not compare."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    versions = [f"Python {platform.python_version()}"]
    for name in _PACKAGES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions.append(f"{name} {metadata.version(name)}")
    load = (
        " ".join(f"{value:.1f}" for value in os.getloadavg()) if hasattr(os, "getloadavg") else "?"
    )
    print(
        f"\n{what}: {time.strftime('%Y-%m-%d %H:%M')}, {usable} cores, {_processor()}, "
        f"load {load} before the run; {', '.join(versions)}\n"
    )


def peak_memory(pid: int) -> float:
    """Most bytes that a process has had in memory; not a number where the system does not tell."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return float("nan")
    return 1024 * float(_field(status, "VmHWM").partition(" ")[0] or "nan")


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor() or platform.machine()
    clock = _field(text, "cpu MHz")
    name = _field(text, "model name") or platform.machine()
    return f"{name} at {float(clock):.0f} MHz" if clock else name


def _field(text: str, name: str) -> str:
    match = re.search(rf"^{re.escape(name)}\s*:\s*(.+)$", text, re.MULTILINE)
    return match[1].strip() if match else ""
