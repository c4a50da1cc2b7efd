"""Inference: weights that are checked, devices that are not believed, sessions that share a budget.

Everything that knows ONNX Runtime lives here; the rest of the engine sees `Networks`.
"""

from __future__ import annotations

from .devices import DeviceInfo
from .networks import Networks, Whole
from .weights import ModelCard

__all__ = ["DeviceInfo", "ModelCard", "Networks", "Whole"]
