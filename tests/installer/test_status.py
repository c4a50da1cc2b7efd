"""What is said of an installed plug-in: what it is, whether it would load, and why not."""

from __future__ import annotations

import json

import pytest

from flawmap_hosts import install, status


@pytest.fixture
def place(machine):
    machine.krita()
    install(machine.place("krita"), machine.system)
    return machine.place("krita")


def rewrite(place, **changes):
    file = place.plugin / "installation.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


def test_a_fresh_one_is_current_and_enabled(machine, place):
    now = status(place, machine.system)
    assert (now.state, now.enabled, now.good, now.road) == ("current", True, True, "direct")


@pytest.mark.parametrize(("version", "state"), [("0.0.1", "older"), ("99.0", "newer")])
def test_versions_are_compared(machine, place, version, state):
    rewrite(place, version=version)
    now = status(place, machine.system)
    assert (now.state, now.good) == (state, True)


def test_one_that_was_switched_off_says_where_to_switch_it_on(machine, place):
    place.settings.write_text("[python]\nenable_flawmap=false\n")
    now = status(place, machine.system)
    assert not now.good
    assert "switched off" in now.told and "Python Plugin Manager" in now.hint


@pytest.mark.parametrize("name", ["installation.json", "__init__.py", "../flawmap.desktop"])
def test_one_that_lacks_a_file_is_broken(machine, place, name):
    (place.plugin / name).unlink()
    now = status(place, machine.system)
    assert now.state == "broken"
    assert name.rpartition("/")[2] in now.told and "plugins install krita" in now.hint


def test_one_whose_flawmap_was_uninstalled_is_broken(machine, place):
    rewrite(place, engine_command=["/nowhere/python", "-m", "flawmap_engine"])
    assert "is gone" in status(place, machine.system).told


def test_one_whose_editor_got_another_python_is_broken(machine, place):
    machine.python("python3.13", zmq=False)
    now = status(place, machine.system)
    assert now.state == "broken" and "no longer loads" in now.told


def test_an_editor_without_it_says_how_to_get_it(machine):
    machine.gimp()
    now = status(machine.place("gimp"), machine.system)
    assert (now.state, now.good) == ("absent", False)
    assert "flawmap plugins install gimp" in now.hint
