"""Settings, home and log: small files that are never half there, and never stop the work."""

from __future__ import annotations

import errno
import json
import os
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flawmap_plugin import settings as module
from flawmap_plugin.home import Home, Installation
from flawmap_plugin.log import open_log
from flawmap_plugin.settings import LANGUAGES, Settings, load_settings, save_settings

some = st.builds(
    Settings,
    strictness=st.floats(-1, 1),
    view=st.sampled_from(["screen", "pixel"]),
    opacity=st.floats(0, 1),
    language=st.sampled_from(LANGUAGES),
    keep_masks=st.booleans(),
    host_filters=st.booleans(),
)


@given(settings=some)
def test_what_was_saved_is_read_again(settings, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "settings.json"
    save_settings(settings, path)
    assert load_settings(path) == (settings, False)


def test_without_a_file_there_are_defaults(tmp_path):
    assert load_settings(tmp_path / "none.json") == (Settings(), False)


@given(text=st.one_of(st.binary(max_size=80), st.text(max_size=80).map(str.encode)))
def test_a_damaged_file_is_the_defaults_and_is_told(text, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "damaged.json"
    path.write_bytes(text)
    settings, damaged = load_settings(path)
    assert isinstance(settings, Settings)
    assert damaged or settings == Settings()


@pytest.mark.parametrize(
    "wrong",
    [{"strictness": 7}, {"view": "x"}, {"opacity": "1"}, {"keep_masks": 1}, {"strictness": None}],
)
def test_one_bad_entry_does_not_take_the_others_with_it(tmp_path, wrong):
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"language": "de", "unknown": 1, **wrong}))
    assert load_settings(path) == (Settings(language="de"), True)


def test_the_desk_tells_of_a_damaged_file(make_desk, host, shared_folder, tmp_path):
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "memory.json").write_text("{")
    desk = make_desk(host, lambda: None)
    assert desk.state.message.kind == "warning" and desk.settings == Settings()


# ---------------------------------------------------------------------------- proof 9


class Refusing:
    """`os`, of which the n-th step that writes fails."""

    def __init__(self, at: int) -> None:
        self.left = at

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        if name not in ("fsync", "replace"):
            return real

        def step(*args: Any) -> Any:
            self.left -= 1
            if self.left == 0:
                raise OSError(errno.ENOSPC, "No space left on device")
            return real(*args)

        return step


@pytest.mark.proof
@pytest.mark.parametrize("at", [1, 2])
def test_when_the_nth_step_fails_the_old_file_is_intact_and_it_is_told_once(
    make_desk, host, tmp_path, monkeypatch, at
):
    desk = make_desk(host, lambda: None)
    desk.change_settings(opacity=0.25)
    path = tmp_path / "config" / "memory.json"
    old = path.read_bytes()
    monkeypatch.setattr(module, "os", Refusing(at))
    seen = []
    desk.observe(lambda state: seen.append(state.message))
    desk.change_settings(opacity=0.75)
    monkeypatch.undo()
    assert path.read_bytes() == old and os.listdir(path.parent) == [path.name]
    assert desk.said == "The settings could not be saved."
    assert len({id(message) for message in seen if message}) == 1
    assert desk.settings.opacity == 0.75


def test_when_writing_itself_fails_nothing_half_is_left(tmp_path, monkeypatch):
    path = tmp_path / "settings.json"
    save_settings(Settings(), path)
    old = path.read_bytes()

    def full(place, mode):
        real = open(place, mode)  # noqa: SIM115
        real.write(b"{")

        class Full:
            def __enter__(self):
                return self

            def __exit__(self, *_):
                real.close()

            def write(self, data):
                raise OSError(errno.ENOSPC, "No space left on device")

        return Full()

    monkeypatch.setattr(module, "open", full, raising=False)
    with pytest.raises(OSError):
        save_settings(Settings(opacity=0.5), path)
    assert path.read_bytes() == old and os.listdir(tmp_path) == [path.name]


# ---------------------------------------------------------------------------- home and log


def test_the_installers_file_is_read(tmp_path):
    written = {
        "version": "1.2",
        "engine_command": ["/a/python", "-m", "flawmap_engine"],
        "relay_command": ["/a/python", "-m", "flawmap_api.relay"],
        "road": "relay",
        "runtime_dir": "/run/x",
        "source": "/a",
    }
    (tmp_path / "installation.json").write_text(json.dumps(written))
    installed = Home.of("gimp", tmp_path).installation
    assert installed.engine_command == tuple(written["engine_command"])
    assert installed.relay_command == tuple(written["relay_command"])
    assert (installed.version, installed.runtime_dir) == ("1.2", "/run/x")


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"version": 3, "engine_command": "sh", "relay_command": [1]}']
)
def test_a_damaged_installers_file_means_the_usual(tmp_path, text):
    (tmp_path / "installation.json").write_text(text)
    assert Installation.read(tmp_path / "installation.json") == Installation()


def test_settings_and_logs_lie_outside_the_plug_in(tmp_path):
    home = Home.of("krita", tmp_path)
    assert tmp_path not in home.settings.parents and tmp_path not in home.log.parents
    assert home.settings.name == "krita.json" and home.log.name == "krita.log"


def test_the_log_is_bounded(tmp_path):
    log = open_log(tmp_path / "plug-in.log")
    for _ in range(40):
        log.error("x" * 50_000)
    total = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert total < 1_300_000 and len(list(tmp_path.iterdir())) == 2
    open_log(tmp_path / "other.log")


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    open_log(tmp_path / "file" / "plug-in.log").error("lost")
    (tmp_path / "folder.log").mkdir()
    open_log(tmp_path / "folder.log").error("lost")
    assert capsys.readouterr().err == ""
    open_log(tmp_path / "other.log")
