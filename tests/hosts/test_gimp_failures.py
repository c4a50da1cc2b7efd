"""What goes wrong in the real GIMP is said, can be taken back, and leaves the image as it was."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest
from tests.hosts.editors import GimpWindow

pytestmark = pytest.mark.timeout(400)


def _begin(tools, photo, wait, view="screen"):
    """Open a photo, begin to look for flaws, and come back while that is under way."""
    import json
    import sys

    sys.path.insert(0, tools)
    from gimp_tools import call, digest, load, until

    image = load(photo)
    before = digest(image)
    call("flawmap-do", image, verb="set_view", arguments=json.dumps([view]))
    call("flawmap-find-flaws", image)
    until(lambda state: eval(wait, {"state": state}))
    return before


def _end(tools, verb=None):
    """What is there once nothing is under way, and how long that took."""
    import sys
    import time

    sys.path.insert(0, tools)
    from gimp_tools import Gimp, call, digest, tree, until

    (image,) = Gimp.get_images()
    if verb:
        call("flawmap-do", image, verb=verb)
    began = time.monotonic()
    now = until(lambda state: state.get("phase", "working") != "working", 120)
    return {
        "seconds": time.monotonic() - began,
        "state": now,
        "digest": digest(image),
        "layers": tree(image.get_layers()),
    }


_ANALYSING = "state.get('phase') == 'working' and state['progress'] is not None"


@pytest.fixture
def big_photo(photos) -> str:
    """Large enough that its analysis takes seconds."""
    from PIL import Image

    place = photos / "big.png"
    if not place.exists():
        with Image.open(photos / "damaged.png") as small:
            small.resize((4800, 3200), Image.Resampling.BICUBIC).save(place, compress_level=1)
    return str(place)


def test_a_cancelled_look_leaves_the_image_as_it_was(gimp, screen, big_photo, tools):
    with gimp.window(screen) as window:
        # At 1:1: the screen view might be there before anybody can cancel it.
        before = window.run(
            _begin, timeout=120, tools=tools, photo=big_photo, wait=_ANALYSING, view="pixel"
        )
        said = window.run(_end, timeout=120, tools=tools, verb="cancel")
        assert said["digest"] == before
        assert said["state"]["rows"] == []
        assert said["state"]["message"]["kind"] == "info"
        # And nothing is left that would stand in the way of the next one.
        window.run(_again, timeout=150, tools=tools)


def _again(tools):
    import json
    import sys

    sys.path.insert(0, tools)
    from gimp_tools import Gimp, call, find, tints

    (image,) = Gimp.get_images()
    call("flawmap-do", image, verb="set_view", arguments=json.dumps(["screen"]))
    find(image)
    assert tints(image)


def test_an_engine_that_is_killed_is_started_again_and_the_layers_come(
    gimp_in, session, screen, engine, photos, big_photo, tools
):
    runtime = session.folder / "run-killed"
    runtime.mkdir(mode=0o700)
    gimp = gimp_in(runtime)
    with gimp.window(screen) as window:
        window.run(_begin, timeout=120, tools=tools, photo=big_photo, wait=_ANALYSING)
        killed = _kill_engine(runtime)
        said = window.run(_end, timeout=240, tools=tools)
        assert said["state"]["phase"] == "found", said["state"]["message"]
        assert _engine(runtime) != killed
        regions = {region.id for region in engine.analyze(big_photo).regions}
        assert {row["key"] for row in said["state"]["rows"]} == regions


def test_an_engine_that_cannot_be_started_is_said_with_what_to_do(
    gimp_in, session, screen, photos, tools
):
    runtime = session.folder / "run-missing"
    runtime.mkdir(mode=0o700)
    gimp = gimp_in(runtime)
    installed = gimp.plug_ins / "flawmap/installation.json"
    facts = json.loads(installed.read_text())
    installed.write_text(json.dumps({**facts, "engine_command": ["/nowhere/python"]}))
    with gimp.window(screen) as window:
        wait = "state.get('message') is not None"
        before = window.run(
            _begin, timeout=120, tools=tools, photo=str(photos / "damaged.png"), wait=wait
        )
        said = window.run(_end, tools=tools)
        message = said["state"]["message"]
        assert message["kind"] == "error"
        assert message["text"]
        assert message["hint"]
        assert message["action"] == "copy_diagnostics"
        assert said["digest"] == before
        # The person mends it, and needs no restart of GIMP.
        installed.write_text(json.dumps(facts))
    log = gimp.home / ".local/state/flawmap/gimp.log"
    assert log.is_file()


def test_the_lasting_process_that_died_is_replaced_by_the_next_menu_entry(
    gimp, screen, photos, tools
):
    def entry(tools, name):
        import sys

        sys.path.insert(0, tools)
        from gimp_tools import Gimp, call

        (image,) = Gimp.get_images()
        call(name, image)
        return True

    with gimp.window(screen, photos / "damaged.png") as window:
        before = window.run(_again_state, timeout=150, tools=tools)
        os.kill(_lasting(window), signal.SIGKILL)
        (shown,) = screen.windows("GIMP$")
        # From the menu by the keyboard: that is the call which GIMP does not wait for.
        for _ in range(5):
            # A window that is busy loses keys; what is typed then would choose tools.
            screen.key("slash", window=shown, pause=2)
            if screen.windows("Search Actions"):
                break
        screen.tool("xdotool", "type", "Flawmap panel")
        time.sleep(2)
        screen.key("Down", "Return", pause=1)
        screen.wait_for("Flawmap$")
        after = window.run(_again_state, timeout=150, tools=tools)
        assert [row["key"] for row in after] == [row["key"] for row in before]


def _again_state(tools):
    import sys

    sys.path.insert(0, tools)
    from gimp_tools import Gimp, find

    (image,) = Gimp.get_images()
    return find(image)["rows"]


def test_nothing_is_left_when_gimp_ends_and_little_is_loaded_before_it_is_asked_for(
    gimp, session, screen, photos
):
    with gimp.window(screen, photos / "damaged.png") as window:
        lasting = _lasting(window)
        loaded = Path(f"/proc/{lasting}/maps").read_text()
        for library in ("libzmq", "libgtk-3", "sqlite"):
            assert library not in loaded, library
        mailboxes = Path(gimp.variables["XDG_RUNTIME_DIR"], "flawmap-gimp")
        assert [folder.name for folder in mailboxes.iterdir()] == [str(window.pid)]
    deadline = time.monotonic() + 10
    while Path(f"/proc/{lasting}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{lasting}").exists()
    assert list(mailboxes.iterdir()) == []


def _lasting(window: GimpWindow) -> int:
    """Process id of the plug-in's lasting process."""
    folder = Path(window.gimp.variables["XDG_RUNTIME_DIR"], "flawmap-gimp", str(window.pid))
    deadline = time.monotonic() + 30
    while not (folder / "reader.pid").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return int((folder / "reader.pid").read_text())


def _engine(runtime: Path) -> int:
    (file,) = runtime.glob("*.json")
    return int(json.loads(file.read_text())["pid"])


def _kill_engine(runtime: Path) -> int:
    process = _engine(runtime)
    os.kill(process, signal.SIGKILL)
    return process
