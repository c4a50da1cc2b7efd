"""The ROI head as files: `roi.onnx`, its card for the engine, and its card for people."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final

import onnx
import torch

from flawmap_engine.scoring.roi_numbers import NUMBERS

from .export import OPSET
from .roi_evaluation import Thresholds
from .roi_network import RoiEnsemble, RoiGraph

__all__ = ["LARGEST", "export_head", "write_card"]

#: Bytes that the file may have.
LARGEST: Final = 1_500_000


def export_head(network: RoiEnsemble, file: Path) -> RoiGraph:
    """Write `roi.onnx`; returns the torch module that it must agree with.

    Raises
    ------
    ValueError
        If it is larger than a head may be.
    """
    graph = RoiGraph(network).eval()
    channels = network.channels
    inputs = (
        torch.zeros(channels, 11, 16),
        torch.full((8, 176), 1 / 176),
        torch.zeros(8, network.numbers),
    )
    torch.onnx.export(
        graph,
        inputs,
        str(file),
        opset_version=OPSET,
        dynamo=False,
        do_constant_folding=True,
        input_names=["maps", "pooling", "numbers"],
        output_names=["quality", "importance", "severity", "subject", "intentional"],
        dynamic_axes={
            "maps": {1: "h", 2: "w"},
            "pooling": {0: "n", 1: "cells"},
            "numbers": {0: "n"},
            **{
                name: {0: "n"}
                for name in ("quality", "importance", "severity", "subject", "intentional")
            },
        },
    )
    model = onnx.load(str(file))
    for node in model.graph.node:
        node.doc_string = ""
    model.producer_name, model.producer_version = "flawmap-train", ""
    onnx.checker.check_model(model)
    onnx.save(model, str(file))
    if file.stat().st_size > LARGEST:
        raise ValueError(f"{file} has {file.stat().st_size} bytes; {LARGEST} are allowed.")
    return graph


def write_card(
    folder: Path,
    network: RoiEnsemble,
    thresholds: Thresholds,
    serves: list[str],
    heard: Collection[str],
) -> dict[str, Any]:
    """Write `roi.json` beside `roi.onnx`; returns what it holds.

    `heard`: the distortions of the planes that it was trained with.
    """
    data: Mapping[str, Any] = {
        "name": "flawmap-roi",
        "version": "0.1",
        "sha256": hashlib.sha256((folder / "roi.onnx").read_bytes()).hexdigest(),
        "serves": sorted(serves),
        "maps": network.channels,
        "heard": sorted(heard),
        "present": {k: round(v, 4) for k, v in thresholds.present.items()},
        "wanted": {k: round(v, 4) for k, v in thresholds.wanted.items()},
        "numbers": list(NUMBERS),
    }
    (folder / "roi.json").write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    return dict(data)
