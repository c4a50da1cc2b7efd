"""The panel in GIMP's window, exporting, and the language of texts."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.timeout(400)


def _look(tools):
    import sys

    sys.path.insert(0, tools)
    from gimp_tools import Gimp, state, tree

    images = Gimp.get_images()
    return state(), [[image.get_name(), tree(image.get_layers())] for image in images]


def _until(window, tools, what, seconds=120):
    deadline = time.monotonic() + seconds
    while True:
        state, images = window.run(_look, tools=tools)
        if state and what(state):
            return state, images
        assert time.monotonic() < deadline, state
        time.sleep(0.3)


def test_the_panel_takes_no_focus_and_is_worked_by_keyboard(gimp, screen, photos, tools):
    def open_panel(tools):
        import sys

        sys.path.insert(0, tools)
        from gimp_tools import Gimp, call

        (image,) = Gimp.get_images()
        call("flawmap-panel", image, interactive=True)

    with gimp.window(screen, photos / "damaged.png") as window:
        (own,) = screen.windows("GIMP$")
        screen.tool("xdotool", "windowactivate", "--sync", own)
        window.run(open_panel, tools=tools)
        panel = screen.wait_for("Flawmap$")
        time.sleep(1)
        assert screen.tool("xdotool", "getactivewindow").strip() == own
        assert "_NET_WM_STATE_ABOVE" in screen.tool("xprop", "-id", panel, "_NET_WM_STATE")
        # Find flaws, by its letter.
        screen.key("alt+f", window=panel)
        state, _ = _until(window, tools, lambda each: each["rows"] and each["overlay_visible"])
        assert state["selected"] == ""
        # To the next flaw by the list: its first row lies open, Return makes it the selection.
        screen.key("alt+s", window=panel)
        state, _ = _until(window, tools, lambda each: each["message"] or each["selected"])
        # Escape closes the panel, and nothing else.
        screen.key("Escape", window=panel, pause=1)
        assert screen.windows("Flawmap$") == []
        window.run(open_panel, tools=tools)
        screen.wait_for("Flawmap$")


def test_export_without_overlay_writes_the_photo_and_refuses_in_words(gimp, photos, tools):
    def export(tools, photo, out):
        import sys

        sys.path.insert(0, tools)
        from gimp_tools import call, digest, do, find, load, state, until

        image = load(photo)
        find(image)
        before = digest(image)
        do(image, "export_without_overlay", f"{out}/written.png")
        said = {"same": digest(image) == before, "message": state()["message"]}
        call(
            "flawmap-do",
            image,
            verb="export_without_overlay",
            arguments=f'["{out}/written.nonsense"]',
        )
        said["refused"] = until(lambda each: each["message"]["kind"] != "info")["message"]
        image.delete()
        return said

    out = gimp.work / "export"
    out.mkdir()
    said = gimp.console(export, tools=tools, photo=str(photos / "damaged.png"), out=str(out))
    from PIL import Image

    with Image.open(out / "written.png") as written, Image.open(photos / "damaged.png") as photo:
        assert np.array_equal(np.asarray(written.convert("RGB")), np.asarray(photo))
    assert said["same"]
    assert "written.png" in said["message"]["text"]
    assert said["refused"]["hint"]
    assert [place.name for place in out.iterdir()] == ["written.png"]


def test_texts_follow_the_chosen_language(gimp, screen, photos, tools):
    def german(tools):
        import json
        import sys

        sys.path.insert(0, tools)
        from gimp_tools import Gimp, call, find, groups

        (image,) = Gimp.get_images()
        call("flawmap-panel", image, interactive=True)
        call("flawmap-do", image, verb="change_settings", arguments=json.dumps({"language": "de"}))
        rows = find(image)["rows"]
        return [row["title"] for row in rows], [each.get_name() for each in groups(image)[1]]

    with gimp.window(screen, photos / "damaged.png") as window:
        titles, names = window.run(german, timeout=120, tools=tools)
        assert any(title.startswith("Rauschen") for title in titles)
        assert any(name.startswith("Rauschen") for name in names)
        # Kept for the next start, in the person's own folder.
        assert '"de"' in Path(gimp.home, ".config/flawmap/plugins/gimp.json").read_text()
