"""A device is believed only if the created session runs on it and its answers are right."""

from __future__ import annotations

import numpy as np
import pytest

from flawmap_api.errors import BadInput, Unsupported
from flawmap_engine.inference import Networks


@pytest.fixture
def tile():
    rng = np.random.default_rng(3)
    return rng.integers(0, 256, (64, 96, 3), dtype=np.uint8)


@pytest.fixture
def thumbnail():
    return np.full((128, 128, 3), 90, np.uint8)


def test_the_cpu_is_used_and_says_why(standin):
    with Networks.load(weights=standin, device="cpu") as networks:
        assert networks.device.device == "cpu"
        assert networks.device.providers == ("CPUExecutionProvider",)
        assert networks.device.reason == "The CPU was asked for."


def test_a_device_that_agrees_with_the_cpu_is_used(standin, liar):
    with Networks.load(weights=standin, runtime=liar()) as networks:
        assert networks.device.device == "cuda"
        assert networks.device.providers == ("CUDAExecutionProvider", "CPUExecutionProvider")
        assert "agrees" in networks.device.reason


@pytest.mark.proof
def test_asked_for_but_not_used_fails_when_strict(standin, liar):
    with pytest.raises(Unsupported, match=r"CUDA was asked for.*runs on CPU") as caught:
        Networks.load(weights=standin, device="cuda", runtime=liar(says="CPUExecutionProvider"))
    assert "flawmap[gpu]" in caught.value.hint


@pytest.mark.proof
def test_listed_but_not_used_is_shown_when_automatic(standin, liar):
    with Networks.load(weights=standin, runtime=liar(says="CPUExecutionProvider")) as networks:
        assert networks.device.device == "cpu"
        assert networks.device.requested == "auto"
        assert networks.device.providers == ("CPUExecutionProvider",)
        assert "CUDA is listed, but" in networks.device.reason


def _over_tolerance(severity):
    return np.clip(severity + 3.2 / 255, 0, 1)


@pytest.mark.proof
@pytest.mark.parametrize(
    "spoil",
    [_over_tolerance, np.zeros_like, lambda s: np.full_like(s, np.nan), lambda s: s[..., ::-1]],
    ids=["a little more", "zeros", "not a number", "mirrored"],
)
def test_a_device_that_answers_differently_is_not_used(standin, liar, spoil):
    with Networks.load(weights=standin, runtime=liar(spoil=spoil)) as networks:
        assert networks.device.device == "cpu"
        assert "answers differently from the CPU" in networks.device.reason
    with pytest.raises(Unsupported, match="answers differently"):
        Networks.load(weights=standin, device="cuda", runtime=liar(spoil=spoil))


def test_a_device_within_two_steps_of_the_cpu_is_used(standin, liar):
    with Networks.load(
        weights=standin, runtime=liar(spoil=lambda s: np.clip(s + 1.4 / 255, 0, 1))
    ) as networks:
        assert networks.device.device == "cuda"


def test_a_device_that_cannot_be_opened_is_told_in_one_line(standin, liar):
    with Networks.load(weights=standin, runtime=liar(refuses=True)) as networks:
        assert networks.device.device == "cpu"
        assert "libcublas" in networks.device.reason
        assert "\n" not in networks.device.reason


def test_a_device_that_is_not_offered_is_refused_by_name(standin):
    with pytest.raises(Unsupported, match="not offered"):
        Networks.load(weights=standin, device="directml")


def test_an_unknown_device_is_refused(standin):
    with pytest.raises(BadInput, match="no device 'gpu'"):
        Networks.load(weights=standin, device="gpu")


def test_a_device_that_fails_while_computing_hands_over_to_the_cpu_once(
    standin, liar, tile, thumbnail
):
    with Networks.load(weights=standin, device="cpu") as cpu:
        expected = cpu.dense(tile, thumbnail)
    runtime = liar(dies_after=3)  # the probe takes two runs
    with Networks.load(weights=standin, runtime=runtime) as networks:
        np.testing.assert_array_equal(networks.dense(tile, thumbnail), expected)
        assert networks.device.device == "cuda"
        futures = [networks.submit(lambda: networks.dense(tile, thumbnail)) for _ in range(6)]
        for future in futures:
            np.testing.assert_array_equal(future.result(), expected)
        assert networks.device.device == "cpu"
        assert "failed while computing: CUDA failure 700" in networks.device.reason
        cpu_sessions = runtime.opened.count("CPUExecutionProvider")
    # The stored answer is not there: two sessions for the probe's, and two to go on with.
    assert cpu_sessions == 4


def test_a_device_asked_for_by_name_is_not_replaced_when_it_fails(standin, liar, tile, thumbnail):
    with (
        Networks.load(weights=standin, device="cuda", runtime=liar(dies_after=2)) as networks,
        pytest.raises(Unsupported, match="has failed while computing"),
    ):
        networks.dense(tile, thumbnail)


def test_every_device_that_may_be_named_has_a_provider() -> None:
    from flawmap_api.words import DEVICES
    from flawmap_engine.inference import devices

    assert set(DEVICES) == {"auto", *devices._PROVIDERS}
