"""Stand-in weights, and runtimes that lie."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.engine.standin import make_standin

from flawmap_engine.inference.runtime import OnnxRuntime


@pytest.fixture(scope="session")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_standin(tmp_path_factory.mktemp("weights"))


class Liar:
    """A runtime that lists CUDA and opens real CPU sessions under whatever name it likes.

    `says` is what a session asked for CUDA claims to run on; `spoil` changes its severities;
    `dies_after` makes it fail from that run on; `refuses` makes opening it fail.
    """

    def __init__(self, says="CUDAExecutionProvider", spoil=None, dies_after=None, refuses=False):
        self.says, self.spoil, self.dies_after, self.refuses = says, spoil, dies_after, refuses
        self.opened = []
        self.runs = 0

    def available(self):
        return ["CUDAExecutionProvider", "CPUExecutionProvider"]

    def open(self, model, provider):
        self.opened.append(provider)
        real = OnnxRuntime().open(model, "CPUExecutionProvider")
        if provider == "CPUExecutionProvider":
            return real
        if self.refuses:
            raise RuntimeError("libcublas.so.13: cannot open shared object file\nlong trace")
        return _LyingSession(real, self)


class _LyingSession:
    def __init__(self, real, liar):
        self.real, self.liar = real, liar

    def get_providers(self):
        return [self.liar.says, "CPUExecutionProvider"]

    def run(self, outputs, feeds):
        self.liar.runs += 1
        if self.liar.dies_after is not None and self.liar.runs > self.liar.dies_after:
            raise RuntimeError("CUDA failure 700: an illegal memory access was encountered")
        answer = self.real.run(list(outputs), dict(feeds))
        if self.liar.spoil and outputs == ["severity"]:
            answer[0] = self.liar.spoil(answer[0])
        return answer


@pytest.fixture
def liar():
    return Liar
