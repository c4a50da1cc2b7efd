"""A seeded sample of the wire fuzzer (proof 11); the long form is `tests/proofs/fuzz_wire.py`."""

from __future__ import annotations

import pytest
from tests.proofs.fuzz_wire import attack

from .conftest import EngineProcess


def test_mutated_messages_harm_nobody(
    engine: EngineProcess, request: pytest.FixtureRequest
) -> None:
    path = str(request.path)
    found = attack(engine.connection, path, messages=8000, clients=2, seed=1)
    assert found["sent"] == 8000
    assert found["internal"] == []
    assert found["wrong"] == []
    assert len(found["honest"]) > 20
    assert found["answers"]["error bad_input"] > 1000
    assert found["answers"]["result"] > 200
    assert found["memory"][-1] - found["memory"][5] < 32 << 20
