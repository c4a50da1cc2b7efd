"""Pictures of the panel's main states, for the documents and for eyes that look for what is wrong.

    python benchmarks/screens.py OUT [PHOTO …] [--scale 2] [--size 1920x1080] [--theme dark]

The first photo is the demo's, damaged in six places. Drawn without a screen.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path


def main() -> int:
    """Draw every state into the folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("photos", nargs="*")
    parser.add_argument("--scale", default="1")
    parser.add_argument("--size", default="1280x860")
    parser.add_argument("--theme", choices=("light", "dark"), default="light")
    parser.add_argument("--language", default="en")
    arguments = parser.parse_args()
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    os.environ["QT_SCALE_FACTOR"] = arguments.scale
    arguments.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        runtime = folder / "run"
        runtime.mkdir(mode=0o700)
        os.environ["FLAWMAP_RUNTIME_DIR"] = str(runtime)
        os.environ["FLAWMAP_STATE_DIR"] = str(folder / "state")
        draw(folder, arguments)
    return 0


def draw(folder: Path, arguments: argparse.Namespace) -> None:
    """Walk through the window and keep a picture of each state."""
    from PIL import Image
    from PySide6.QtCore import QEventLoop
    from PySide6.QtWidgets import QApplication, QDialog

    from flawmap_api import connect
    from flawmap_cli import demo
    from flawmap_panel.app import Panel
    from flawmap_panel.model.selection import Stroke
    from flawmap_panel.model.settings import PanelSettings, save

    first = folder / "coast.png"
    Image.fromarray(demo.plant(demo.demo_photo())[0]).save(first)
    app = QApplication([])
    settings = PanelSettings(
        theme=arguments.theme, language=arguments.language, watch_folders=False, seen_help=True
    )
    save(settings, folder / "panel.json")
    panel = Panel(folder / "panel.json")
    window, work = panel.window, panel.workspace
    window.resize(*(int(side) for side in arguments.size.split("x")))
    window.show()

    def spin(until: Callable[[], object] = lambda: False, limit: float = 60) -> None:
        end = time.monotonic() + limit
        while time.monotonic() < end and not until():
            app.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)

    def keep(name: str) -> None:
        spin(limit=0.4)
        window.grab().save(str(arguments.out / f"{name}.png"))

    keep("empty")
    window.open_paths([str(first), *arguments.photos])
    spin(lambda: work.planes is not None)
    spin(lambda: work.progress[0] == work.progress[1])
    work.step_region(1)
    work.step_region(1)
    keep("findings")
    grain = next((row for row in work.listing.rows if row.distortion == "noise"), None)
    if grain is not None:
        work.select_region(grain.id)
    work.consider_repair()
    spin(lambda: work.repair.preview is not None)
    keep("repair")
    work.repair.drop()
    work.select_region(None)
    width, height = window.canvas.sight.photo
    box = ((0.1 * width, 0.25 * height), (0.6 * width, 0.8 * height))
    work.roi.draw(Stroke("box", box))
    spin(lambda: work.roi_score is not None)
    keep("part")
    work.roi.clear()
    work.view.set(comparison="split")
    keep("split")
    work.view.set(comparison="off", style="contour")
    keep("outlines")
    work.view.set(style="fill")
    if len(work.photos) > 1:
        window.strip.selectAll()
        window.show_page("compare")
        spin(limit=1)
        keep("compare")
        window.show_page("sheet")
        keep("sheet")
        window.show_page("photo")
    for name, show in (
        ("settings", panel.show_settings),
        ("send", window.send),
        ("keys", window.actions_by_name["keys"].trigger),
        ("flaws", window.actions_by_name["flaws"].trigger),
    ):
        show()
        spin(limit=0.3)
        for dialog in window.findChildren(QDialog):
            if dialog.isVisible():
                dialog.grab().save(str(arguments.out / f"{name}.png"))
                dialog.close()
    panel.close()
    with connect(start=False) as engine:
        engine.shutdown()


if __name__ == "__main__":
    sys.exit(main())
