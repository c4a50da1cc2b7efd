"""Quiet: Pillow's warnings about odd files stay out of a thread that decodes.

Pillow warns about damaged metadata through the `warnings` module, whose filters belong to the
whole process: changing them around a decode would race with every other thread. So the few
Pillow modules that warn while decoding get a `warnings` that looks at a thread-local switch, and
passes everything on where it is off.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

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


@contextmanager
def quiet_pillow() -> Iterator[None]:
    """Within it, Pillow's decoding does not warn on this thread."""
    _switch.depth = getattr(_switch, "depth", 0) + 1
    try:
        yield
    finally:
        _switch.depth -= 1
