"""A plug-in gets there as a whole, or not at all; and when it goes, it is gone."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.installer.conftest import Machine, everything, facts

import flawmap_api
from flawmap_api.connection import process_start
from flawmap_api.errors import BadInput, Busy, FlawmapError, Unsupported
from flawmap_hosts import install, remove, status
from flawmap_hosts import installing as module
from flawmap_hosts.looking import Look
from flawmap_hosts.payload import plugin_files, zmq_files

KRITARC = b"[theme]\nTheme=Krita dark\n\n[python]\nenable_comics=true\n"


@pytest.fixture
def both(machine: Machine) -> Machine:
    machine.gimp()
    machine.krita()
    settings = machine.home / ".config/kritarc"
    settings.parent.mkdir()
    settings.write_bytes(KRITARC)
    return machine


# ---------------------------------------------------------------------------- what gets there


def test_gimp_gets_a_program_with_what_it_needs_beside_it(both):
    place = both.place("gimp")
    outcome = install(place, both.system)
    assert (outcome.version, outcome.road) == (flawmap_api.__version__, "direct")
    plugin = place.folder / "flawmap"
    entry = plugin / "flawmap.py"
    assert os.access(entry, os.X_OK)
    assert entry.read_text().splitlines()[0] == f"#!{both.bin}/python3"
    vendor = plugin / "vendor"
    for package in ("flawmap_api", "flawmap_plugin", "flawmap_gimp", "zmq"):
        assert (vendor / package / "__init__.py").is_file()
    assert not (vendor / "flawmap_krita").exists()
    assert list(vendor.glob("pyzmq-*/licenses/**/*LICENSE*")), "pyzmq travels with its licences"
    assert any("zmq" in path.name and path.suffix == ".so" for path in vendor.rglob("*.so"))


def test_the_plugin_is_told_how_to_start_the_engine(both):
    install(both.place("gimp"), both.system)
    said = facts(both.place("gimp"))
    assert said["engine_command"] == [sys.executable, "-P", "-m", "flawmap_engine"]
    assert said["relay_command"] is None
    assert said["version"] == flawmap_api.__version__
    assert said["source"] == str(Path(flawmap_api.__file__).parent.parent)


def test_krita_gets_a_module_and_is_told_to_load_it(both):
    place = both.place("krita")
    install(place, both.system)
    assert (place.folder / "flawmap/__init__.py").is_file()
    assert b"X-KDE-Library=flawmap" in (place.folder / "flawmap.desktop").read_bytes()
    assert place.settings.read_bytes() == KRITARC.replace(
        b"[python]\n", b"[python]\nenable_flawmap=true\n"
    )
    assert status(place, both.system).good


def test_nothing_is_left_of_the_work_itself(both):
    for place in both.places():
        install(place, both.system)
        hidden = [path.name for path in place.folder.iterdir() if path.name.startswith(".")]
        assert hidden == []
        assert not list(place.settings.parent.glob(".*flawmap*"))


def test_a_python_that_does_not_load_pyzmq_gets_the_helper_process_and_no_pyzmq(both):
    both.python("python3", zmq=False)
    place = both.place("gimp")
    assert install(place, both.system).road == "relay"
    assert facts(place)["relay_command"] == [sys.executable, "-P", "-m", "flawmap_api.relay"]
    assert not [p for p in (place.plugin / "vendor").iterdir() if "zmq" in p.name]
    assert (place.plugin / "vendor/flawmap_api/pipes.py").is_file()


def test_a_pyzmq_of_the_system_does_not_count(both, monkeypatch):
    monkeypatch.setattr(module, "zmq_files", dict)
    assert install(both.place("gimp"), both.system).road == "relay"


def test_the_helper_process_can_be_asked_for(both):
    assert install(both.place("gimp"), both.system, road="relay").road == "relay"


def test_where_nobody_can_ask_the_hosts_python_the_helper_process_serves(machine):
    machine.program("krita-5.2.9.AppImage", folder=machine.home / "Applications")
    outcome = install(machine.place("krita"), machine.system)
    assert (outcome.road, outcome.look.python) == ("relay", "")
    assert status(machine.place("krita"), machine.system).good


def test_a_sandbox_gets_a_folder_that_both_sides_see_and_is_told_what_it_lacks(machine):
    (machine.home / ".local/share/flatpak/app/org.gimp.GIMP/current/active").mkdir(parents=True)
    place = machine.place("gimp")
    outcome = install(place, machine.system)
    said = facts(place)
    assert said["relay_command"][:2] == ["flatpak-spawn", "--host"]
    assert said["runtime_dir"] == str(machine.home / ".var/app/org.gimp.GIMP/cache/flawmap/run")
    told = " ".join(outcome.advice)
    assert "flatpak override --user --talk-name=org.freedesktop.Flatpak org.gimp.GIMP" in told
    assert said["runtime_dir"] in told


# ---------------------------------------------------------------------------- what is refused


def test_a_host_that_would_not_load_it_is_told_why_and_left_as_it_was(both):
    both.python("python3.13", toolkit="ModuleNotFoundError: No module named 'PyQt5'")
    before = everything(both.home)
    with pytest.raises(Unsupported, match="lacks PyQt") as refused:
        install(both.place("krita"), both.system)
    assert "python3-pyqt5" in refused.value.hint
    assert everything(both.home) == before


def test_of_several_pythons_the_one_that_knows_gimp_is_taken(machine):
    # A GIMP that a person has built lies beside a Python that they have built.
    local = machine.root / "usr/local/bin"
    machine.variables["PATH"] = f"{local}"
    machine.program("gimp", "GNU Image Manipulation Program version 3.0.4", folder=local)
    machine.python("python3", toolkit="ModuleNotFoundError: No module named 'gi'", folder=local)
    machine.python("python3")
    place = machine.place("gimp")
    install(place, machine.system)
    entry = (place.plugin / "flawmap.py").read_text()
    assert entry.startswith(f"#!{machine.bin}/python3\n")


def test_a_host_whose_python_is_too_old_is_refused(both):
    both.python("python3", old=True)
    with pytest.raises(Unsupported, match=r"3\.9 is too old"):
        install(both.place("gimp"), both.system)


def test_an_editor_that_is_too_old_is_refused(machine):
    machine.gimp("2.10.38")
    with pytest.raises(Unsupported, match="is too old"):
        install(machine.place("gimp"), machine.system)
    assert everything(machine.home) == {}


# ---------------------------------------------------------------------------- again, and away


def test_installing_again_replaces_the_whole_folder(both):
    place = both.place("gimp")
    install(place, both.system)
    (place.plugin / "vendor/flawmap_api/gone.py").write_text("old")
    install(place, both.system)
    assert not (place.plugin / "vendor/flawmap_api/gone.py").exists()


@pytest.mark.parametrize("host", ["gimp", "krita"])
@pytest.mark.parametrize("times", [1, 3])
def test_after_a_removal_the_home_is_as_it_was(both, host, times):
    before = everything(both.home)
    for _ in range(times):
        install(both.place(host), both.system)
    remove(both.place(host), both.system)
    assert everything(both.home) == before


def test_a_removal_takes_what_the_plugin_wrote_and_leaves_what_is_the_persons(both):
    place = both.place("gimp")
    install(place, both.system)
    (place.folder / "mine").mkdir()
    kept = place.settings / "plug-in-settings"
    kept.mkdir()
    for name in ("flawmap-find-flaws.settings", "file-png.settings"):
        (kept / name).write_text("x")
    settings = both.home / ".config/flawmap/plugins"
    settings.mkdir(parents=True)
    for name in ("gimp.json", "krita.json"):
        (settings / name).write_text("{}")
    remove(place, both.system)
    left = set(everything(place.settings))
    assert left == {
        "plug-ins",
        "plug-ins/mine",
        "plug-in-settings",
        "plug-in-settings/file-png.settings",
    }
    assert [path.name for path in settings.iterdir()] == ["krita.json"]


def test_shared_settings_stay_while_another_place_has_the_plugin(both):
    both.program("gimp-3.2", "GNU Image Manipulation Program version 3.2.6")
    settings = both.home / ".config/flawmap/plugins/gimp.json"
    settings.parent.mkdir(parents=True)
    settings.write_text("{}")
    newer, older = both.places("gimp")
    for place in (newer, older):
        install(place, both.system)
    remove(newer, both.system, last=False)
    assert settings.exists()
    remove(older, both.system)
    assert not settings.exists()


def test_a_plugin_whose_editor_was_uninstalled_can_still_be_removed(both):
    install(both.place("gimp"), both.system)
    (both.bin / "gimp").unlink()
    place = both.place("gimp")
    assert "no program" in status(place, both.system).told
    remove(place, both.system)
    assert both.places("gimp") == []


def test_a_link_to_a_checkout_is_replaced_and_what_it_leads_to_is_left_alone(both, tmp_path):
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    (checkout / "precious.py").write_text("mine")
    place = both.place("gimp")
    place.folder.mkdir(parents=True)
    place.plugin.symlink_to(checkout)
    install(place, both.system)
    assert (checkout / "precious.py").read_text() == "mine"
    assert not place.plugin.is_symlink()


def test_a_kritarc_that_is_a_link_stays_one_and_keeps_its_mode(both, tmp_path):
    place = both.place("krita")
    real = tmp_path / "dotfiles-kritarc"
    real.write_bytes(KRITARC)
    real.chmod(0o600)
    place.settings.unlink()
    place.settings.symlink_to(real)
    install(place, both.system)
    assert place.settings.is_symlink()
    assert b"enable_flawmap=true" in real.read_bytes()
    assert real.stat().st_mode & 0o777 == 0o600
    remove(place, both.system)
    assert place.settings.is_symlink() and real.read_bytes() == KRITARC


# ---------------------------------------------------------------------------- interrupted


class Failing:
    """Lets the n-th call that writes fail; with `lasting`, all that need room from then on."""

    NAMES = ("open", "write", "fsync", "rename", "replace", "mkdir", "unlink", "link", "chmod")
    NEED_ROOM = ("open", "write", "fsync", "mkdir", "link")

    def __init__(self, patch: pytest.MonkeyPatch, n: int, *, lasting: bool) -> None:
        self.left, self.failed, self.lasting = n, "", lasting
        for name in self.NAMES:
            patch.setattr(os, name, self._watched(name, getattr(os, name)))

    def _watched(self, name: str, real: Any) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            writes = name != "open" or (len(arguments) > 1 and arguments[1] & os.O_CREAT)
            if writes:
                self.left -= 1
                over = self.lasting and self.failed and name in self.NEED_ROOM
                if self.left == 0 or over:
                    self.failed = self.failed or name
                    raise OSError(28, "No space left on device")
            return real(*arguments, **named)

        return call


@pytest.fixture
def little(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plug-in of four files: as many kinds of steps, but soon tried one by one."""
    whole = plugin_files

    def few(host: str) -> dict:
        files = whole(host)
        kept = [name for name in files if len(name.parts) == 1 or name.parts[-1] == "words.py"]
        return {name: files[name] for name in kept}

    monkeypatch.setattr(module, "plugin_files", few)
    monkeypatch.setattr(module, "look", lambda *_: Look("3.13", direct=True))
    native = {
        name: file for name, file in zmq_files().items() if name.parts[2:] == ("__init__.py",)
    }
    monkeypatch.setattr(module, "zmq_files", lambda: native)


@pytest.mark.proof
@pytest.mark.usefixtures("little")
@pytest.mark.parametrize("lasting", [False, True], ids=["one_step", "disk_full"])
@pytest.mark.parametrize("host", ["gimp", "krita"])
@pytest.mark.parametrize(
    ("action", "before"),
    [(install, "nothing"), (install, "an older one"), (remove, "an older one")],
    ids=["install", "replace", "remove"],
)
def test_whichever_step_fails_everything_is_as_it_was(both, host, before, action, lasting):
    """Proof 9: the n-th write, sync or rename fails, for every n."""
    if before == "an older one":
        install(both.place(host), both.system)
        (both.place(host).plugin / "older.py").write_text("older")
    state, failed = everything(both.home), set()
    place = both.place(host)
    kept = shutil.copytree(both.home, both.root / "kept", symlinks=True)
    for n in range(1, 300):
        refused = ""
        with pytest.MonkeyPatch.context() as patch:
            failing = Failing(patch, n, lasting=lasting)
            try:
                action(place, both.system)
            except FlawmapError as told:
                refused = told.message
        if not failing.failed:
            break
        if refused:
            assert "No space left" in refused
            assert everything(both.home) == state, f"step {n}, {failing.failed}"
            failed.add(failing.failed)
        else:
            # A step of clearing up: it was done at the second try, or the next run does it.
            assert not (both.place(host).plugin / "older.py").exists()
            shutil.rmtree(both.home)
            shutil.copytree(kept, both.home, symlinks=True)
    else:
        pytest.fail("no end of steps")
    assert {"open", "write", "fsync", "rename", "unlink"} <= failed
    assert status(both.place(host), both.system).good is (action is install)
    assert not list(both.home.rglob(".*flawmap*"))


@pytest.mark.usefixtures("little")
@pytest.mark.parametrize("before", ["nothing", "an older one"])
def test_a_plug_that_is_pulled_leaves_a_mark_and_the_next_run_puts_it_right(both, before):
    class Pulled(BaseException):
        pass

    place = both.place("krita")
    if before == "an older one":
        install(place, both.system)
    for n in range(1, 200):
        with pytest.MonkeyPatch.context() as patch:
            # Nothing gets a chance to clean up: as if the power had gone.
            patch.setattr(module._Work, "undo", lambda self: [])
            calls = iter(range(n - 1, -1, -1))
            for name in ("rename", "replace", "unlink", "mkdir"):
                patch.setattr(os, name, _pulling(getattr(os, name), calls, Pulled))
            try:
                install(place, both.system)
            except Pulled:
                patch.undo()
                if (place.folder / ".flawmap-incomplete").exists():
                    assert status(place, both.system).state == "incomplete"
                install(place, both.system)
                assert status(place, both.system).good
                assert not [p.name for p in place.folder.iterdir() if p.name.startswith(".")]
                if before == "nothing":
                    remove(place, both.system)
                continue
        break


def test_two_at_once_do_not_disturb_each_other(both):
    place = both.place("krita")
    place.folder.mkdir(parents=True)
    mark = place.folder / ".flawmap-incomplete"
    parent = os.getppid()
    mark.write_text(json.dumps({"pid": parent, "started": process_start(parent)}))
    before = everything(both.home)
    for action in (install, remove):
        with pytest.raises(Busy, match="is at work there"):
            action(place, both.system)
    assert everything(both.home) == before
    assert "just now" in status(place, both.system).told
    # The same number, another process: that one is long gone.
    mark.write_text(json.dumps({"pid": parent, "started": 1.0}))
    install(place, both.system)
    assert status(place, both.system).good


def _pulling(real, calls, error):
    def call(*arguments, **named):
        if next(calls, 0) == 0:
            raise error
        return real(*arguments, **named)

    return call


def test_a_folder_that_may_not_be_written_is_a_sentence(both, plain_user):
    import shutil

    place = both.place("gimp")
    with plain_user() as home:
        if os.geteuid() == 0:
            pytest.skip("root may write everywhere")
        closed = home / "closed"
        closed.mkdir()
        closed.chmod(0o500)
        import dataclasses

        place = dataclasses.replace(place, folder=closed / "plug-ins")
        with pytest.raises(BadInput, match="Permission denied"):
            install(place, both.system)
        shutil.rmtree(closed)
