"""Notes: what a document keeps is read again as it was, and a damaged one harms nothing."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.plugin.conftest import document_of

from flawmap_plugin.findings import Findings
from flawmap_plugin.notes import NOTE, adopt, findings_of, keep, note_of


@pytest.fixture
def note(desk, document) -> dict[str, Any]:
    """The note of a document in which a flaw was found and repaired."""
    desk.now("find")
    key = next(row.key for row in desk.state.rows if row.distortion == "noise")
    desk.now("repair", key)
    return json.loads(document.read_note(NOTE))


def test_a_note_is_read_as_it_was_written(desk, document, note):
    found = desk._current()
    again = findings_of(json.dumps(note), document)
    assert again.items == found.items and again.report == found.report
    assert (again.lineage, again.photo_id, again.size) == (
        found.lineage,
        found.photo_id,
        found.size,
    )
    assert note_of(again) == note_of(found)


def test_it_is_small(note):
    assert len(json.dumps(note)) < 200_000


def test_a_note_is_written_only_when_there_is_something_new(desk, document, monkeypatch):
    desk.now("find")
    written = []
    monkeypatch.setattr(document, "write_note", lambda name, text: written.append(text))
    keep(desk._current())
    desk.now("select_next")
    assert written == []
    desk.set_visible(desk.state.rows[0].key, False)
    desk.now("select_next")
    assert len(written) == 1


def test_a_document_that_was_never_saved_gets_a_lineage_of_its_own():
    one, two = (adopt(document_of(np.zeros((9, 9, 3), np.uint8))) for _ in range(2))
    assert one.lineage and two.lineage and one.lineage != two.lineage


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    found = [path] if path else []
    if isinstance(value, (dict, list)):
        for key, part in inner:
            found += (
                places(part, (*path, key)) if isinstance(part, (dict, list)) else [(*path, key)]
            )
    return found


anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**12), 10**12),
    st.floats(),
    st.text(max_size=8),
    st.lists(st.integers(-5, 5), max_size=5),
    st.dictionaries(st.text(max_size=4), st.integers(), max_size=2),
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_is_changed_in_it_is_read_or_passed_over(document, note, data):
    changed = json.loads(json.dumps(note))
    *way, last = data.draw(st.sampled_from(places(changed)))
    place: Any = changed
    for step in way:
        place = place[step]
    if data.draw(st.booleans()):
        place[last] = data.draw(anything)
    else:
        del place[last]
    found = findings_of(json.dumps(changed), document)
    assert found is None or isinstance(found, Findings)


@given(text=st.text(max_size=60))
def test_any_text_is_read_or_passed_over(text):
    document = document_of(np.zeros((9, 9, 3), np.uint8), notes={NOTE: text})
    assert adopt(document).lineage
