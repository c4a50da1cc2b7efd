"""The editor in memory keeps what the host interface promises."""

from __future__ import annotations

import numpy as np
import pytest
from tests.plugin.conftest import document_of
from tests.plugin.contract import CHECKS
from tests.plugin.memory_host import MemoryHost

from flawmap_api.errors import NotFound


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", CHECKS)
def test_the_editor_in_memory(name, channels, dtype):
    dice = np.random.default_rng(5)
    pixels = dice.integers(0, 255, (70, 90, channels)).astype(dtype)
    if dtype is np.float32:
        pixels /= 255
    host = MemoryHost()
    host.show(document_of(pixels))
    CHECKS[name](host)


def test_a_closed_document_says_so():
    document = document_of(np.zeros((64, 64, 3), np.uint8))
    document.close()
    for ask in (lambda: document.title, document.read_visible, document.overlay):
        with pytest.raises(NotFound):
            ask()
