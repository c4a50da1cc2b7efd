"""Quiet: Pillow's warnings about odd files stay out of a thread that decodes.

Pillow warns about damaged metadata through the `warnings` module, whose filters belong to the
whole process: changing them around a decode would race with every other thread. So the few
Pillow modules that warn while decoding get a `warnings` that looks at a thread-local switch, and
passes everything on where it is off.

Below Python, libtiff writes its errors to stderr by itself. Pillow gets the same error as a code,
so where Pillow's libtiff is a library of its own it is told, once, to print nothing.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import PIL
from PIL import Image, JpegImagePlugin, PngImagePlugin, TiffImagePlugin

__all__ = ["quiet_pillow"]

_switch = threading.local()


class _ThreadAwareWarnings(ModuleType):
    """The `warnings` module, except that `warn` is silent on threads inside `quiet_pillow`."""

    def __getattr__(self, name: str) -> Any:
        return getattr(warnings, name)

    @staticmethod
    def warn(*args: Any, **options: Any) -> None:
        if not getattr(_switch, "depth", 0):
            options["stacklevel"] = options.get("stacklevel", 1) + 1
            warnings.warn(*args, **options)


for _module in (Image, JpegImagePlugin, PngImagePlugin, TiffImagePlugin):
    if getattr(_module, "warnings", None) is warnings:
        setattr(_module, "warnings", _ThreadAwareWarnings("warnings"))  # noqa: B010


def _silence_libtiff() -> None:
    wheel = Path(PIL.__file__).resolve().parent
    for folder in (wheel.parent / "pillow.libs", wheel / ".dylibs"):  # Linux, macOS
        for library in folder.glob("libtiff*"):
            with contextlib.suppress(OSError, AttributeError):
                # Only if it is loaded already: a second copy would have handlers of its own.
                handle = ctypes.CDLL(str(library), mode=os.RTLD_NOLOAD | os.RTLD_LAZY)
                handle.TIFFSetErrorHandler.restype = ctypes.c_void_p
                handle.TIFFSetErrorHandler.argtypes = [ctypes.c_void_p]
                handle.TIFFSetErrorHandler(None)


_silence_libtiff()


@contextlib.contextmanager
def quiet_pillow() -> Iterator[None]:
    """Within it, Pillow's decoding does not warn on this thread."""
    _switch.depth = getattr(_switch, "depth", 0) + 1
    try:
        yield
    finally:
        _switch.depth -= 1
