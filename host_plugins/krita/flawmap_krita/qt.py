"""Qt as this Krita has it: PyQt6 from Krita 6 on, PyQt5 before. The one place that asks."""

from __future__ import annotations

from typing import Any

try:
    from PyQt6 import QtCore, QtGui, QtWidgets

    SIX = True
except ImportError:
    from PyQt5 import QtCore, QtGui, QtWidgets

    SIX = False

__all__ = ["SIX", "QtCore", "QtGui", "QtWidgets", "bytes_of", "q_bytes"]


def q_bytes(data: Any) -> Any:
    """A `QByteArray` of anything with the buffer protocol; Krita takes nothing else."""
    return QtCore.QByteArray(data if isinstance(data, bytes) else bytes(data))


def bytes_of(array: Any) -> memoryview:
    """What a `QByteArray` holds, without a copy; the view keeps the array alive."""
    return memoryview(array)
