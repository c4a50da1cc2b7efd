"""The network: pretrained eyes as published, planes as promised, evidence that measures."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from tests.train.conftest import textured
from torch import nn

from flawmap_train.lite0 import CHANNELS, Lite0, PaddedConv, imagenet_lite0
from flawmap_train.losses import dense_loss
from flawmap_train.network import CONTEXT, EVIDENCE, Context, DenseNetwork, Evidence
from flawmap_train.words import IGNORE, LABEL_SCALE


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return DenseNetwork().eval()


def as_photo(x: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(x.astype(np.float32)).permute(2, 0, 1)[None]


def test_a_stride_of_two_pads_right_and_bottom_only():
    conv = PaddedConv(1, 1, 3, 2)
    nn.init.ones_(conv.weight)
    x = torch.zeros(1, 1, 4, 4)
    x[0, 0, 0, 0] = 1
    x[0, 0, 3, 3] = 10
    # The first window starts on the first pixel, the last one ends behind the last.
    assert conv(x)[0, 0].tolist() == [[1.0, 0.0], [0.0, 10.0]]


def test_the_stages_have_their_channels_and_strides():
    outputs = Lite0(7).eval()(torch.zeros(1, 3, 64, 96))
    assert tuple(o.shape[1] for o in outputs) == CHANNELS
    assert [64 // o.shape[2] for o in outputs] == [2, 4, 8, 16, 16, 32, 32]


def test_the_published_weights_see_structure():
    torch.manual_seed(0)
    eyes = imagenet_lite0(5)
    with torch.no_grad():
        busy = eyes(as_photo(textured(1)[:128, :128]))[-1]
        flat = eyes(torch.full((1, 3, 128, 128), 127.0))[-1]
    # How much each feature moves over the picture, its mean aside.
    assert float(busy.std((2, 3)).mean()) > 3 * float(flat[..., 2:-2, 2:-2].std((2, 3)).mean())


def test_presence_and_strength_come_at_stride_eight(network):
    with torch.no_grad():
        presence, strength = network(torch.zeros(2, 3, 64, 96), torch.zeros(2, CONTEXT))
        severity = DenseNetwork.severity(presence, strength)
    assert presence.shape == strength.shape == (2, 8, 8, 12)
    assert float(severity.min()) >= 0 and float(severity.max()) <= 1


def test_context_is_frozen_and_has_as_many_numbers_as_it_says():
    context = Context()
    context.train()
    assert not context.training and not any(p.requires_grad for p in context.parameters())
    with torch.no_grad():
        numbers = context(torch.rand(3, 3, 128, 128) * 255)
    assert numbers.shape == (3, CONTEXT)
    assert torch.isfinite(numbers).all()


def test_evidence_rises_with_noise_and_knows_what_is_clipped():
    evidence = Evidence()
    rng = np.random.default_rng(0)
    grey = np.full((64, 64, 3), 128.0)

    def planes(x):
        photo = as_photo(x)
        return evidence(photo, torch.nn.functional.avg_pool2d(photo, 2))[0]

    quiet, noisy = planes(grey), planes(grey + rng.normal(0, 8, grey.shape))
    assert quiet.shape == (EVIDENCE, 8, 8)
    assert (noisy[:8].mean((1, 2)) > quiet[:8].mean((1, 2)) + 0.3).all()
    white, black = planes(grey * 0 + 255), planes(grey * 0)
    clipped, one, crushed = 12, 13, 14
    assert white[clipped].min() == 1 and white[one].min() == 1 and white[crushed].max() == 0
    assert black[clipped].max() == 0 and black[crushed].min() == 1
    red = planes(np.array([255.0, 20, 20]) * np.ones((64, 64, 1)))
    assert red[clipped].max() == 0 and red[one].min() == 1


def test_evidence_tells_an_empty_octave_from_a_full_one():
    """A wide blur empties the octave at an eighth too, a narrow one only the finest."""
    evidence = Evidence()
    x = textured(4, 256, 256).astype(np.float32)

    def octaves(sigma):
        photo = as_photo(cv2.GaussianBlur(x, (0, 0), sigma) if sigma else x)
        planes = evidence(photo, torch.nn.functional.avg_pool2d(photo, 2))[0]
        return planes[-3:, 4:-4, 4:-4].mean((1, 2))

    sharp, narrow, wide = octaves(0), octaves(2), octaves(10)
    assert sharp[0] - narrow[0] > 2 * (sharp[2] - narrow[2])
    assert narrow[2] - wide[2] > 0.4


def test_context_hears_a_cast_and_a_fade():
    context = Context()
    photo = textured(5, 128, 128)

    def numbers(x):
        with torch.no_grad():
            return context(as_photo(np.clip(x, 0, 255)))[0, -20:]

    right = numbers(photo)
    warm = numbers(photo * np.array([1.2, 1.0, 0.75]))
    faded = numbers(photo * 0.5 + 60)
    assert (warm - right).abs().max() > 0.3
    assert (faded - right)[-2:].max() < -0.02


def test_ignored_cells_change_no_loss():
    torch.manual_seed(0)
    presence, strength = torch.randn(2, 8, 4, 4), torch.randn(2, 8, 4, 4)
    label = torch.full((2, 8, 4, 4), 100, dtype=torch.uint8)
    label[:, :, 2:] = IGNORE
    other = presence.clone()
    other[:, :, 2:] += 5
    assert dense_loss(presence, strength, label) == dense_loss(other, strength, label)


def test_the_truth_costs_less_than_its_opposite():
    label = torch.zeros(1, 8, 4, 4, dtype=torch.uint8)
    label[:, :, :2] = int(0.7 * LABEL_SCALE)
    right = torch.full((1, 8, 4, 4), -4.0)
    right[:, :, :2] = 4.0
    strength = torch.full((1, 8, 4, 4), float(np.log(0.7 / 0.3)))
    assert dense_loss(right, strength, label) < 0.5 * dense_loss(-right, strength, label)
