"""Failure is visible, and never the document's: proof 1 for the part that all editors share."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import sys
import threading
from dataclasses import replace

import numpy as np
import pytest
from tests.plugin.conftest import (
    RELAY,
    SCRIPTED,
    connector_to,
    document_of,
    engine_process,
    kill_engine,
)
from tests.plugin.memory_host import MemoryHost, tints_of

from flawmap_api.errors import EngineLost, FlawmapError
from flawmap_api.geometry import Box
from flawmap_cli.demo import demo_photo
from flawmap_plugin.host import Mask

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def big(host):
    """A photo of some tiles, open in front."""
    photo = np.ascontiguousarray(np.tile(demo_photo(), (1, 2, 1)))
    photo[200:500, 300:800] = 255
    dice = np.random.default_rng(3)
    part = photo[500:700, 1500:1800]
    photo[500:700, 1500:1800] = np.clip(part + dice.normal(0, 25, part.shape), 0, 255)
    document = document_of(photo)
    host.show(document)
    return document


@pytest.fixture
def own(host, make_desk, own_folder):
    """A desk whose engine may be harmed."""
    return make_desk(host, connector_to(own_folder))


@pytest.fixture
def scripted(monkeypatch):
    """Say how the next engine behaves (tests/engines/scripted.py)."""
    monkeypatch.setenv("FLAWMAP_ENGINE", f"{sys.executable} {SCRIPTED}")

    def script(**behaviour):
        monkeypatch.setenv("FLAWMAP_SCRIPT", json.dumps(behaviour))

    return script


def shown(document):
    return [(t.name, t.box, t.pixels) for t in tints_of(document.shown.group)]


# ---------------------------------------------------------------------------- the engine dies


def test_an_engine_killed_while_it_looks_is_replaced_and_nobody_is_told(own, own_folder, big):
    own.now("find")
    expected = shown(big)
    big.undo()
    kill_engine(own_folder)
    before = big.state()
    own.during("progress", lambda: kill_engine(own_folder))
    assert own.state.phase == "found" and own.state.message.kind == "info"
    assert shown(big) == expected
    big.undo()
    assert big.state() == before


def test_killed_twice_it_says_so_with_a_hint_and_the_next_press_works(own, own_folder, big):
    before = big.state()
    own.find()
    killed: set[int] = set()

    def kill_each_as_it_works():
        pid = engine_process(own_folder)
        if pid is not None and pid not in killed and own.state.progress is not None:
            killed.add(pid)
            os.kill(pid, signal.SIGKILL)
        return not own.busy

    own.wait(kill_each_as_it_works)
    if len(killed) < 2:
        pytest.skip("the engine was faster than two kills")
    message = own.state.message
    assert message.kind == "error" and message.hint and message.action == "copy_diagnostics"
    assert big.state() == before
    assert message.text.split(".")[0] in own.diagnostics()
    own.now("find")
    assert own.state.phase == "found"


@pytest.mark.proof
@pytest.mark.timeout(1800)
def test_killed_at_random_moments_the_document_is_byte_equal_and_every_press_ends(
    own, own_folder, big, long_form
):
    dice = random.Random(17)
    own.now("find")
    key = next(row.key for row in own.state.rows if row.distortion == "noise")
    big.undo()
    before = big.state()
    box = Box(100, 100, 400, 300)
    verbs = {
        "find": [],
        "select": [key],
        "score_selection": [],
        "keep_masks": [],
        "repair": [key],
        "mark": [key, "accepted"],
    }
    for _ in range(100 if long_form else 6):
        timer = threading.Timer(dice.uniform(0, 1.5), kill_engine, [own_folder])
        timer.start()
        verb = dice.choice(list(verbs))
        if verb == "score_selection":
            big.select(Mask(box, bytes([255]) * box.area))
        own.now(verb, *verbs[verb])
        timer.join()
        assert not own.state.message or own.state.message.kind == "info" or own.state.message.hint
        big.select(None)
        while big.undo_steps:
            big.undo()
        # Whatever the verb had done, an undo gives back every byte; what it had not, it never did.
        assert big.state() == before
        own.look_around()
        own.wait()
        assert own.state.phase == "found"


def test_an_idle_engine_that_ended_is_started_at_the_next_press(own, own_folder, host, document):
    own.now("find")
    first = engine_process(own_folder)
    os.kill(first, signal.SIGTERM)
    host.run(lambda: "has ended" in own.state.engine)
    own.now("select", own.state.rows[0].key)
    assert document.read_selection() is not None
    assert engine_process(own_folder) not in (None, first)


def test_a_lost_engine_is_given_the_repaired_picture_again(own, own_folder, document):
    own.now("find")
    key = next(row.key for row in own.state.rows if row.distortion == "noise")
    own.now("repair", key)
    layers = document.layers
    kill_engine(own_folder)
    own.now("select_next")
    assert own.state.message is None and document.read_selection() is not None
    assert document.layers == layers


@pytest.mark.parametrize("verb", ["repair", "undo_repair", "change_strength"])
def test_an_engine_killed_after_the_layer_was_touched_is_not_asked_for_it_twice(
    own, own_folder, document, verb
):
    own.now("find")
    key = next(row.key for row in own.state.rows if row.distortion == "noise")
    if verb != "repair":
        own.now("repair", key)
    left = [own_folder]

    def kill(state):
        if left and state.doing.startswith("Scoring"):
            kill_engine(left.pop())

    own.observe(kill)
    own.now(verb, *([key, 0.5] if verb == "change_strength" else [key]))
    assert not left and own.state.message.kind == "info"
    assert len(document.layers) == (1 if verb == "undo_repair" else 2)
    assert own.state.row(key).repaired == (verb != "undo_repair")


# ---------------------------------------------------------------------------- cancel


def test_cancel_ends_it_at_once_and_the_next_press_works(own, big):
    before = big.state()
    ended = []

    def cancel():
        own.cancel()
        ended.append(not own.busy)

    own.during("progress", cancel)
    assert ended == [True] and own.said == "Cancelled."
    assert big.state() == before
    own.now("find")
    assert own.state.phase == "found"


def test_cancel_while_the_engine_starts(host, make_desk, own_folder, scripted, document):
    scripted(never_ready=True)
    desk = make_desk(host, connector_to(own_folder))
    desk.find()
    desk.wait(lambda: desk.state.doing == "Starting the engine …")
    desk.cancel()
    assert not desk.busy and desk.said == "Cancelled."


# ---------------------------------------------------------------------------- no engine at all


def failing(desk, document):
    before = document.state()
    desk.now("find")
    assert document.state() == before
    assert not desk.busy and desk.state.rows == ()
    return desk.state.message


def test_an_engine_that_cannot_start_is_told_with_what_to_do(
    host, make_desk, own_folder, scripted, document
):
    scripted(die_at_start=3)
    desk = make_desk(host, connector_to(own_folder))
    message = failing(desk, document)
    assert message.kind == "error" and message.hint
    assert "could not be started" in desk.state.engine
    assert "graphics driver is missing" in desk.diagnostics()
    scripted()
    desk.now("find")
    assert "graphics driver" not in desk.said


def test_no_engine_installed(host, make_desk, own_folder, monkeypatch, document):
    monkeypatch.setenv("FLAWMAP_ENGINE", "/nowhere/flawmap-engine")
    desk = make_desk(host, connector_to(own_folder))
    assert "could not be started" in failing(desk, document).text


def test_an_engine_of_another_protocol_is_told_with_what_to_update(
    host, make_desk, own_folder, scripted, document
):
    scripted(protocols=[7, 9], version="9.0.0", installation="elsewhere")
    with contextlib.suppress(FlawmapError):
        connector_to(own_folder)().close()
    desk = make_desk(host, connector_to(own_folder))
    message = failing(desk, document)
    assert "protocol" in message.text and "pdate" in message.hint


def test_an_engine_that_talks_nonsense_is_lost(host, make_desk, own_folder, scripted, document):
    scripted(garbage=True)
    desk = make_desk(host, connector_to(own_folder))
    assert failing(desk, document).action == "copy_diagnostics"


@pytest.mark.parametrize("moment", ["before_accept", "accepted", "progress"])
def test_an_engine_that_always_dies_at_a_stage_ends_in_a_sentence(
    host, make_desk, own_folder, scripted, document, moment
):
    scripted(die_on={"open": moment})
    desk = make_desk(host, connector_to(own_folder))
    message = failing(desk, document)
    assert "lost twice" in message.text and message.hint


# ---------------------------------------------------------------------------- less than everything


def lacking(folder, *features):
    """A connection to an engine that does not have these."""

    def connect():
        session = connector_to(folder)()
        launched = session.launched
        left = tuple(f for f in launched.hello.features if f not in features)
        session.launched = replace(launched, hello=replace(launched.hello, features=left))
        return session

    return connect


def test_what_the_engine_does_not_have_is_not_offered(host, make_desk, shared_folder, document):
    features = ("repair.plan", "repair.render", "marks.get", "marks.set")
    desk = make_desk(host, lacking(shared_folder, *features))
    desk.now("find")
    assert all(row.actions == {"select", "eye"} for row in desk.state.rows)


def test_the_helper_process_road_finds_the_same(desk, document, make_desk, own_folder, marked):
    desk.now("find")
    host = MemoryHost()
    other = document_of(marked)
    host.show(other)
    relayed = make_desk(host, connector_to(own_folder, relay_command=RELAY), "relayed")
    relayed.now("find")
    assert shown(other) == shown(document)
    kill_engine(own_folder)
    relayed.now("select_next")
    assert other.read_selection() is not None


# ---------------------------------------------------------------------------- trouble of its own


def test_a_fault_in_the_host_is_a_sentence_and_a_traceback_in_the_log(desk, document, monkeypatch):
    def broken(group):
        raise RuntimeError("no such layer mode")

    monkeypatch.setattr(document, "show_overlay", broken)
    desk.now("find")
    assert desk.state.message.kind == "error" and "RuntimeError" in desk.said
    assert desk.state.message.action == "copy_diagnostics"
    assert "Traceback" in desk.diagnostics() and "no such layer mode" in desk.diagnostics()
    monkeypatch.undo()
    desk.now("find")
    assert document.shown is not None


def test_diagnostics_say_what_a_helper_needs(desk, document):
    before = desk.diagnostics()
    assert "Memory 1.0" in before and "Python" in before
    desk.now("find")
    text = desk.diagnostics()
    for word in ("Road: direct", "process", "features:", "layers.render", "Settings:", "Log: "):
        assert word in text
    assert str(desk._home.log) in desk.status()


def test_a_closed_desk_is_quiet(own, big):
    own.find()
    own.wait(lambda: own.state.doing.startswith("Looking") or not own.busy)
    own.close()
    assert not own.busy
    own.host.loop.skip(5)
    for _ in range(20):
        own.host.loop.turn()


def test_errors_of_the_engine_reach_a_person_as_sentences_with_what_to_do(desk):
    error = EngineLost("The engine was lost.", "", ("line one",))
    desk.report(error)
    assert desk.said == "The engine was lost." and desk.state.message.hint
