"""Opening photos in GIMP and Krita: offered where the plug-in is, said where it is not."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.installer.conftest import Machine

from flawmap_hosts import install
from flawmap_panel.app import Panel

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the made-up programs are scripts")

Make = Callable[..., Panel]
Wait = Callable[[Callable[[], object]], None]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine with a Krita that has the plug-in, and a GIMP that has not."""
    made = Machine(tmp_path / "machine", variables={"FLAWMAP_RUNTIME_DIR": str(tmp_path / "run")})
    made.krita()
    made.gimp()
    install(made.place("krita"), made.system)
    return made


def test_an_editor_is_offered_where_the_plug_in_is_and_the_other_says_how_to_get_it(
    window_over: Make, wait: Wait, machine: Machine, photos: list[Path]
) -> None:
    panel = window_over(system=machine.system)
    panel.greet([str(photos[0])])
    krita, gimp = (panel.window.actions_by_name[f"open-in-{host}"] for host in ("krita", "gimp"))
    wait(lambda: len(panel.workspace.editors.ready) == 2)
    assert krita.isEnabled() and not gimp.isEnabled()
    assert "flawmap plugins install gimp" in gimp.toolTip()
    panel.workspace.photos.select(None)
    assert not krita.isEnabled(), "there is no photo to open"


def test_a_machine_without_editors_says_so(
    window_over: Make, wait: Wait, tmp_path: Path, photos: list[Path]
) -> None:
    panel = window_over(system=Machine(tmp_path / "bare").system)
    panel.greet([str(photos[0])])
    wait(lambda: len(panel.workspace.editors.ready) == 2)
    gimp = panel.window.actions_by_name["open-in-gimp"]
    assert not gimp.isEnabled() and "No GIMP was found" in gimp.toolTip()


def test_the_photo_is_handed_to_krita(
    window_over: Make,
    wait: Wait,
    machine: Machine,
    photos: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FLAWMAP_RUNTIME_DIR", str(tmp_path / "run"))
    panel = window_over(system=machine.system)
    panel.greet([str(photos[0])])
    action = panel.window.actions_by_name["open-in-krita"]
    wait(action.isEnabled)
    action.trigger()
    wait(lambda: "opens in Krita" in panel.window.banner.text.text())
    (wish,) = tmp_path.rglob("handoff.json")
    assert json.loads(wish.read_text())["path"] == str(photos[0])


def test_a_photo_that_went_meanwhile_is_a_sentence(
    window_over: Make, wait: Wait, machine: Machine, photos: list[Path]
) -> None:
    panel = window_over(system=machine.system, watch_folders=False)
    panel.greet([str(photos[0])])
    action = panel.window.actions_by_name["open-in-krita"]
    wait(action.isEnabled)
    photos[0].unlink()
    action.trigger()
    wait(lambda: "There is no photo" in panel.window.banner.text.text())
