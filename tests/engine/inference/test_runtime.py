"""What a person is told when ONNX Runtime is missing, empty or there twice."""

from __future__ import annotations

import sys
import types

import numpy as np
import pytest

from flawmap_api.errors import BadInput, Unsupported
from flawmap_engine.inference import Networks
from flawmap_engine.inference.runtime import describe_package, installed_package
from flawmap_engine.inference.threads import thread_budget


def test_without_onnxruntime_one_sentence_says_what_to_install(standin, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(Unsupported, match="not installed") as caught:
        Networks.load(weights=standin)
    assert 'pip install "flawmap[cpu]"' in caught.value.hint
    assert "[gpu]" in caught.value.hint


def test_what_is_left_after_removing_one_of_two_is_recognised(standin, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", types.ModuleType("onnxruntime"))
    with pytest.raises(Unsupported, match="empty: two of its packages"):
        Networks.load(weights=standin)


def test_the_installed_package_is_one():
    package = installed_package()
    assert package.distributions == ("onnxruntime",)
    assert package.advice == ""


@pytest.mark.parametrize(
    ("providers", "loaded"),
    [
        (["AzureExecutionProvider", "CPUExecutionProvider"], "onnxruntime"),
        (["CUDAExecutionProvider", "CPUExecutionProvider"], "onnxruntime-gpu"),
    ],
)
def test_two_packages_over_each_other_are_told_with_the_one_that_is_loaded(providers, loaded):
    package = describe_package("1.31.1", ("onnxruntime", "onnxruntime-gpu"), providers)
    assert package.loaded == loaded
    assert f"{loaded} is what is loaded" in package.advice
    assert "uninstall" in package.advice


def test_two_packages_are_part_of_the_reason(standin, monkeypatch):
    both = {"onnxruntime": ["onnxruntime", "onnxruntime-gpu"]}
    monkeypatch.setattr("importlib.metadata.packages_distributions", lambda: both)
    with Networks.load(weights=standin) as networks:
        assert "installed over each other" in networks.device.reason


def test_the_libraries_own_lines_stay_off_the_terminal(standin, capfd):
    with Networks.load(weights=standin, threads=1) as networks:
        networks.dense(np.zeros((32, 32, 3), np.uint8), np.zeros((128, 128, 3), np.uint8))
    assert capfd.readouterr() == ("", "")


def test_threads_come_from_the_argument_then_the_environment(monkeypatch):
    monkeypatch.setenv("FLAWMAP_THREADS", "3")
    assert thread_budget() == 3
    assert thread_budget(2) == 2
    monkeypatch.delenv("FLAWMAP_THREADS")
    assert 1 <= thread_budget() <= 8


@pytest.mark.parametrize("text", ["0", "-1", "two", "1.5", "９"])
def test_a_number_of_threads_that_is_none_is_refused(monkeypatch, text):
    monkeypatch.setenv("FLAWMAP_THREADS", text)
    with pytest.raises(BadInput, match="threads"):
        thread_budget()
