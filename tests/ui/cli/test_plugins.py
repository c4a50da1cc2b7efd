"""`flawmap plugins`, `flawmap open` and doctor's part of them, on made-up machines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.installer.conftest import Machine

import flawmap_api
import flawmap_hosts

from .conftest import Flawmap


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """What the commands take for this machine."""
    made = Machine(tmp_path / "machine")
    for module in ("flawmap_cli.plugins", "flawmap_hosts.opening"):
        monkeypatch.setattr(f"{module}.System", lambda: made.system)
    monkeypatch.setattr(flawmap_hosts, "System", lambda: made.system)
    return made


def test_a_machine_without_editors_says_so(flawmap: Flawmap, machine: Machine):
    said = flawmap("plugins", "list")
    assert (said.code, said.lines) == (0, ["Neither GIMP nor Krita was found on this machine."])
    said = flawmap("plugins", "install")
    assert said.code == 2
    assert "No GIMP or Krita" in said.err and "flawmap plugins list" in said.err
    # Nothing to renew or to remove is no failure of removing.
    assert flawmap("plugins", "update").code == 2
    assert flawmap("plugins", "remove").code == 0


def test_install_list_update_remove(flawmap: Flawmap, machine: Machine):
    machine.gimp()
    machine.krita()
    said = flawmap("plugins", "install")
    assert said.code == 0
    assert "GIMP 3.0.4: plug-in" in said.out and "Krita 5.2.9: plug-in" in said.out
    assert "Restart GIMP" in said.out
    rows = flawmap("plugins", "list").lines
    assert [row.split()[0] for row in rows] == ["current", "current"]
    assert flawmap("plugins", "update").out == ""
    facts = machine.place("krita").plugin / "installation.json"
    facts.write_text(facts.read_text().replace(flawmap_api.__version__, "0.0.1"))
    assert flawmap("plugins", "update").lines[0].startswith("Krita 5.2.9: plug-in")
    said = flawmap("plugins", "remove", "gimp")
    assert said.lines == ["GIMP 3.0.4: the plug-in is gone."]
    documents = flawmap("plugins", "list", "--json").documents
    assert {d["host"]: d["state"] for d in documents} == {"gimp": "absent", "krita": "current"}


def test_one_that_cannot_be_served_does_not_stop_the_other(flawmap: Flawmap, machine: Machine):
    machine.gimp()
    machine.krita()
    machine.python("python3", toolkit="ModuleNotFoundError: No module named 'gi'")
    said = flawmap("plugins", "install", "--json")
    assert said.code == 2
    gimp, krita = said.documents
    assert gimp["failure"]["code"] == "unsupported" and "gi" in gimp["failure"]["message"]
    assert (krita["failure"], krita["road"]) == (None, "direct")


def test_an_editor_that_is_too_old_is_listed_with_the_reason(flawmap: Flawmap, machine: Machine):
    machine.gimp("2.10.38")
    assert "GIMP 3.0 or newer" in flawmap("plugins", "list").out
    said = flawmap("plugins", "install", "gimp")
    assert said.code == 2 and "No GIMP" in said.err


def test_a_switched_off_plugin_is_not_called_current(flawmap: Flawmap, machine: Machine):
    machine.krita()
    flawmap("plugins", "install")
    machine.place("krita").settings.write_text("[python]\nenable_flawmap=false\n")
    assert flawmap("plugins", "list").out.startswith("switched off")


def test_doctor_has_a_row_for_each_editor(flawmap: Flawmap, machine: Machine):
    machine.gimp()
    machine.krita()
    flawmap("plugins", "install", "krita")
    (machine.place("krita").folder / "flawmap.desktop").unlink()
    (document,) = flawmap("doctor", "--json").documents
    rows = {row["what"]: row for row in document["findings"]}
    assert rows["plug-in gimp"]["state"] == "note"
    assert rows["plug-in krita"]["state"] == "problem"
    assert "flawmap.desktop is missing" in rows["plug-in krita"]["found"]


def test_open_needs_a_photo_an_editor_and_the_plugin(
    flawmap: Flawmap, machine: Machine, tmp_path: Path
):
    photo = tmp_path / "a b.png"
    said = flawmap("open", photo, "--in", "gimp")
    assert said.code == 2 and "There is no photo" in said.err
    photo.write_bytes(b"pixels")
    assert "No GIMP was found" in flawmap("open", photo, "--in", "gimp").err
    machine.gimp()
    said = flawmap("open", photo, "--in", "gimp")
    assert said.code == 2 and "flawmap plugins install gimp" in said.err


def test_open_names_the_photo_to_gimp_and_calls_the_plugin(
    flawmap: Flawmap, machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    machine.gimp()
    flawmap("plugins", "install")
    started: list[list[str]] = []
    monkeypatch.setattr("flawmap_hosts.opening._start", lambda words, _: started.append(words))
    photo = tmp_path / 'it\'s "mine".png'
    photo.write_bytes(b"pixels")
    assert flawmap("open", photo, "--in", "gimp").code == 0
    (words,) = started
    assert words[0] == str(machine.bin / "gimp") and str(photo) in words
    call = words[words.index("--batch") + 1]
    assert "\n" not in call
    compile(call, "batch", "exec")
    assert "flawmap-open-photo" in call


def test_open_leaves_a_wish_where_krita_looks(
    flawmap: Flawmap, machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    machine.krita()
    flawmap("plugins", "install")
    run = tmp_path / "run"
    monkeypatch.setenv("FLAWMAP_RUNTIME_DIR", str(run))
    monkeypatch.setattr("flawmap_hosts.opening._start", lambda words, _: None)
    photo = tmp_path / "a.png"
    photo.write_bytes(b"pixels")
    (document,) = flawmap("open", photo, "--in", "krita", "--json").documents
    assert document == {"path": str(photo), "host": "krita", "name": "Krita 5.2.9"}
    assert json.loads((run / "handoff.json").read_text())["path"] == str(photo)
