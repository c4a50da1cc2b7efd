"""`flawmap plugins` and `flawmap open` with the real editors: they load it, and it goes again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.hosts.editors import EditorFailed, Gimp, Krita, Screen


def listed(editor) -> dict:
    """What `flawmap plugins list` says of the one place of this editor."""
    (line,) = editor.flawmap("plugins", "list", editor.name, "--json").stdout.splitlines()
    return json.loads(line)


def ours(home: Path) -> list[str]:
    """Files of a home whose path or text speaks of Flawmap, but what tests have put there.

    Not looked at: `xdg`, which stands for the folder that a system empties at the end of a session.
    """
    found = []
    for file in sorted(home.rglob("*")):
        name = str(file.relative_to(home))
        if "driver" in name or name.startswith(("work", "mailbox", "xdg")) or name.endswith(".log"):
            continue
        if "flawmap" in name.lower():
            found.append(name)
        elif file.is_file() and not file.is_symlink():
            lines = file.read_bytes().lower().splitlines()
            if any(b"flawmap" in line and b"flawmap_driver" not in line for line in lines):
                found.append(name)
    return found


# ---------------------------------------------------------------------------- GIMP


def test_gimp_is_found_with_its_version_and_loads_the_plugin_directly(gimp: Gimp):
    found = listed(gimp)
    assert found["name"] == gimp.console("answer('GIMP ' + Gimp.version())")
    assert found["folder"] == str(gimp.plug_ins)
    assert (found["state"], found["road"], found["enabled"]) == ("current", "direct", True)
    # The very Python that the installer looked at.
    entry = gimp.plug_ins / "flawmap/flawmap.py"
    assert entry.read_text().startswith("#!/usr/bin/python3\n")


def test_gimp_offers_the_procedures_and_after_a_removal_nothing_is_left(gimp: Gimp):
    def procedures():
        from gi.repository import Gimp

        yield lambda: Gimp.get_pdb().procedure_exists("flawmap-find-flaws")
        return Gimp.get_pdb().query_procedures("flawmap-.*", *[".*"] * 7)

    assert "flawmap-open-photo" in gimp.console(procedures)
    gimp.flawmap("plugins", "remove", "gimp")
    assert listed(gimp)["state"] == "absent"
    # GIMP's own list of plug-ins is its own affair: it drops what is gone at its next start.
    assert gimp.console("answer(Gimp.get_pdb().procedure_exists('flawmap-extension'))") is False
    assert ours(gimp.home) == []


def test_gimp_without_a_usable_pyzmq_reaches_the_engine_through_the_helper_process(
    gimp: Gimp, photos, tools
):
    gimp.flawmap("plugins", "install", "gimp", "--relay")
    assert listed(gimp)["road"] == "relay"
    assert not list((gimp.plug_ins / "flawmap/vendor").glob("*zmq*"))

    def find(tools, photo):
        import sys

        sys.path.insert(0, tools)
        from gimp_tools import find, load, tints

        image = load(photo)
        rows = find(image)["rows"]
        layers = len(tints(image))
        image.delete()
        return [len(rows), layers]

    rows, layers = gimp.console(find, tools=tools, photo=str(photos / "damaged.png"))
    assert rows == layers > 0


def test_flawmap_open_shows_a_photo_with_its_flaws_in_the_gimp_that_runs(
    gimp: Gimp, screen: Screen, photos
):
    with gimp.window(screen) as window:
        gimp.session.run(
            *("/opt/flawmap/bin/flawmap", "open", photos / "damaged.png", "--in", "gimp"),
            environment=window.environment,
        )
        found = window.run(layers_of_flaws, timeout=150)
    assert any(name.startswith("Flawmap") for name in found)


def test_flawmap_open_starts_gimp_where_none_runs(gimp: Gimp, screen: Screen, photos):
    with gimp.started_by_others(screen) as started:
        gimp.session.run(
            *("/opt/flawmap/bin/flawmap", "open", photos / "damaged.png", "--in", "gimp"),
            environment=started.environment,
        )
        started.ready(1, 90)
        found = started.run(layers_of_flaws, timeout=150)
    assert any(name.startswith("Flawmap") for name in found)


def layers_of_flaws():
    from gi.repository import Gimp

    def names():
        return [layer.get_name() for image in Gimp.get_images() for layer in image.get_layers()]

    yield lambda: any(name.startswith("Flawmap") for name in names())
    return names()


# ---------------------------------------------------------------------------- Krita


def test_krita_has_the_docker_and_after_a_removal_nothing_is_left(
    krita: Krita, screen: Screen, photos
):
    found = listed(krita)
    assert (found["state"], found["road"], found["enabled"]) == ("current", "direct", True)
    with krita.window(screen, photos / "clean.png") as window:
        assert "Krita " + window.run("answer(krita.version())") == found["name"]
        dockers = window.run("answer([docker.objectName() for docker in krita.dockers()])")
        assert "flawmap_docker" in dockers
    krita.flawmap("plugins", "remove", "krita")
    assert listed(krita)["state"] == "absent"
    assert b"enable_flawmap=" not in krita.kritarc.read_bytes()
    assert b"enable_flawmap_driver=true" in krita.kritarc.read_bytes()
    left = [name for name in ours(krita.home) if Path(name).name != "kritarc"]
    assert left == []
    # Where its docker stood is Krita's own memory; the plug-in is gone all the same.
    with krita.window(screen, photos / "clean.png") as window:
        dockers = window.run("answer([docker.objectName() for docker in krita.dockers()])")
        assert "flawmap_docker" not in dockers


def test_flawmap_open_shows_a_photo_with_its_flaws_in_the_krita_that_runs(
    krita: Krita, screen: Screen, photos
):
    def groups():
        from krita import Krita

        def names():
            documents = Krita.instance().documents()
            return [n.name() for d in documents for n in d.rootNode().childNodes()]

        yield lambda: any(name.startswith("Flawmap") for name in names())
        return names()

    with krita.window(screen) as window:
        krita.session.run(
            *("/opt/flawmap/bin/flawmap", "open", photos / "damaged.png", "--in", "krita"),
            environment={**krita.variables, "DISPLAY": screen.display},
        )
        assert any(name.startswith("Flawmap") for name in window.run(groups, timeout=150))


# ---------------------------------------------------------------------------- what can be wrong


def test_an_editor_that_lacks_what_the_plugin_needs_is_told_apart(session, krita: Krita, tmp_path):
    # The same program, on a search path whose Python has no PyQt.
    blind = session.folder / "blind"
    (blind / "lib/x/kritaplugins").mkdir(parents=True, exist_ok=True)
    (blind / "bin").mkdir(exist_ok=True)
    (blind / "lib/x/kritaplugins/kritapykrita.so").write_bytes(b"libpython3.13.so.1.0")
    for name, text in (
        ("krita", "exit 1"),
        ("kritarunner", "echo kritarunner 5.2.9"),
        ("python3.13", 'exec /usr/bin/python3.13 -I -S "$@"'),
    ):
        (blind / "bin" / name).write_text(f"#!/bin/sh\n{text}\n")
        (blind / "bin" / name).chmod(0o755)
    path = f"{blind}/bin:/usr/bin:/bin"
    done = session.run(
        *("/opt/flawmap/bin/flawmap", "plugins", "install", "krita"),
        environment={**krita.variables, "PATH": path},
        check=False,
    )
    assert done.returncode == 2
    assert "PyQt" in done.stderr and "python3-pyqt5" in done.stderr
    # What was there before is there now.
    assert listed(krita)["state"] == "current"


def test_doctor_says_for_each_editor_whether_the_plugin_would_load(gimp: Gimp):
    said = json.loads(gimp.flawmap("doctor", "--json", "--no-start", check=False).stdout)
    rows = {row["what"]: row for row in said["findings"]}
    assert rows["plug-in gimp"]["state"] == "ok"
    assert rows["plug-in krita"]["state"] == "note"
    (gimp.plug_ins / "flawmap/flawmap.py").unlink()
    said = json.loads(gimp.flawmap("doctor", "--json", "--no-start", check=False).stdout)
    rows = {row["what"]: row for row in said["findings"]}
    assert rows["plug-in gimp"]["state"] == "problem"
    with pytest.raises(EditorFailed):
        gimp.console("pdb('flawmap-engine-status')")
