"""One known flaw in a whole photo: as severe as asked, inside its mask, the same each time."""

from __future__ import annotations

import numpy as np
import pytest

from flawmap_train.photos import load_photos, load_shapes
from flawmap_train.planting import spoil_photo
from flawmap_train.words import DISTORTIONS


@pytest.mark.parametrize("name", DISTORTIONS)
def test_a_planted_flaw_is_in_its_mask_alone_and_one_seeds(data, name):
    photos, shapes = load_photos(data, "dev"), load_shapes(data, "dev")
    once, again = (
        spoil_photo(np.random.default_rng(4), photos, shapes, name, 0.6, 0.9) for _ in range(2)
    )
    spoilt, mask, severity = once
    assert np.array_equal(spoilt.pixels, again[0].pixels) and severity == again[2]
    assert 0.6 <= severity <= 0.9
    clean = spoilt.photo.pixels
    assert mask.shape == clean.shape[:2] and set(np.unique(mask)) == {0, 1}
    changed = (spoilt.pixels != clean).any(-1)
    assert not changed[mask == 0].any()
    assert changed[mask == 1].mean() > 0.5


def test_a_stronger_flaw_changes_more(data):
    photos, shapes = load_photos(data, "dev"), load_shapes(data, "dev")
    for name in DISTORTIONS:
        change = []
        for severity in (0.3, 0.8):
            spoilt, mask, _ = spoil_photo(
                np.random.default_rng(4), photos, shapes, name, severity, severity
            )
            difference = np.abs(spoilt.pixels.astype(int) - spoilt.photo.pixels)
            change.append(difference[mask == 1].mean())
        assert change[1] > change[0]
