"""Fixtures of the whole product: one real engine, and a photo with a flaw at a known place."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

import flawmap_api
from flawmap_cli.demo import demo_photo


@pytest.fixture(scope="session")
def engine() -> Iterator[flawmap_api.EngineClient]:
    """A real engine of the tests' own, for tests that only ask."""
    with flawmap_api.connect(private=True) as client:
        yield client


@pytest.fixture(scope="session")
def clean() -> NDArray[np.uint8]:
    """A sharp photo, 640 × 480."""
    return np.ascontiguousarray(demo_photo()[200:680, 400:1040])


@pytest.fixture(scope="session")
def marked(clean: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The same with strong noise in x 80–240, y 288–416."""
    photo = clean.copy()
    dice = np.random.default_rng(3)
    part = photo[288:416, 80:240]
    photo[288:416, 80:240] = np.clip(part + dice.normal(0, 70, part.shape), 0, 255)
    return photo
