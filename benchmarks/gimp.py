"""GIMP at 24 megapixels: *Find flaws* to its layers, selection, repair, memory, and GIMP's start.

::

    python -m pytest -p tests.hosts.conftest benchmarks/gimp.py -s [--data DIR]

In the tree of `make test-hosts`, in a real window under Xvfb. "Again" is the same photo once more:
the engine answers from what it knows, so nearly all of that time is the plug-in's and GIMP's own
part. Beside it stand the CPU seconds of GIMP and the plug-in's process, which a busy machine does
not stretch. `FLAWMAP_DATA` names the folder of the research sets.
"""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from benchmarks.machine import print_head
from benchmarks.pictures import picture_of, sources_in

pytestmark = pytest.mark.timeout(1800)

_RUNS = 3
_STARTS = 5


@pytest.fixture(scope="module")
def big(session, research_data) -> Path:
    """24 megapixels of a real photo with flaws planted in three places."""
    photo = picture_of(sources_in(research_data / "large"), 24)
    height, width = photo.shape[:2]
    random = np.random.default_rng(17)
    soft = photo[: height // 3, : width // 4]
    soft[:] = cv2.GaussianBlur(soft, None, width / 500)
    # About one megapixel, which is then repaired.
    noisy = photo[height // 2 : height // 2 + 900, width // 2 : width // 2 + 1100]
    grain = random.normal(0, 40, noisy.shape)
    noisy[:] = np.clip(noisy + cv2.GaussianBlur(grain, None, 1.5) * 3, 0, 255)
    dark = photo[-height // 4 :, -width // 4 :]
    dark[:] = dark // 6
    place = session.folder / "24mp.png"
    cv2.imwrite(str(place), photo, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    return place


def measure(tools, photo, runs):
    import os
    import sys
    import time

    sys.path.insert(0, tools)
    from gimp_tools import Gimp, call, do, load, state, tints, until

    def memory(process):
        with open(f"/proc/{process}/status") as file:
            lines = dict(line.split(":", 1) for line in file if line.startswith("Vm"))
        return int(lines["VmHWM"].split()[0]) * 1024

    def worked(*processes):
        seconds = 0.0
        for process in processes:
            with open(f"/proc/{process}/stat") as file:
                fields = file.read().rpartition(")")[2].split()
            seconds += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return seconds

    def overlay(image):
        return any(layer.get_parasite("flawmap-overlay") for layer in image.get_layers())

    image = load(photo)
    Gimp.Display.new(image)
    time.sleep(5)
    gimp = os.getppid()
    folder = os.path.join(os.environ["XDG_RUNTIME_DIR"], "flawmap-gimp", str(gimp))
    with open(os.path.join(folder, "reader.pid")) as file:
        lasting = int(file.read())
    said = {"find": [], "select": [], "size": [image.get_width(), image.get_height()]}
    before = memory(gimp)
    for _ in range(runs):
        if overlay(image):
            do(image, "remove_overlay")
        began, used = time.monotonic(), worked(gimp, lasting)
        call("flawmap-find-flaws", image)
        while not overlay(image):
            time.sleep(0.01)
            if state().get("message"):
                break
        first = time.monotonic() - began
        now = until(lambda each: each.get("phase") == "found")
        took = time.monotonic() - began
        # What GIMP draws after the last layer is there counts too.
        time.sleep(3)
        said["find"].append([first, took, worked(gimp, lasting) - used])
        if "memory" not in said:
            said["memory"] = [memory(gimp) - before, memory(lasting)]
    said["layers"] = [[layer.get_width(), layer.get_height()] for layer in tints(image).values()]
    for row in now["rows"][:3]:
        began, used = time.monotonic(), worked(gimp, lasting)
        do(image, "select", row["key"])
        said["select"].append([time.monotonic() - began, worked(gimp, lasting) - used])
    noisy = [row for row in now["rows"] if row["distortion"] == "noise"]
    if noisy:
        began, used = time.monotonic(), worked(gimp, lasting)
        do(image, "repair", noisy[0]["key"])
        x0, y0, x1, y1 = noisy[0]["box"]
        took = time.monotonic() - began
        said["repair"] = [took, worked(gimp, lasting) - used, (x1 - x0) * (y1 - y0)]
    began = time.monotonic()
    call("flawmap-state")
    said["process"] = time.monotonic() - began
    return said


def test_24_megapixels(gimp, screen, big, tools):
    with gimp.window(screen) as window:
        said = window.run(measure, timeout=900, tools=tools, photo=str(big), runs=_RUNS)
    width, height = said["size"]
    print_head(f"GIMP 3, {width} x {height}")
    first, again = said["find"][0], said["find"][1:]
    layers = f"{len(said['layers'])} layers"
    print(f"{'':42s} wall      CPU of GIMP and plug-in")
    _row("Find flaws, to the first layer", first[0])
    _row(f"Find flaws, to the last of {layers}", first[1], first[2])
    _row("again: without the engine's part", *(_median(again, part) for part in (1, 2)))
    _row("region to selection", *(_median(said["select"], part) for part in (0, 1)))
    if "repair" in said:
        seconds, used, pixels = said["repair"]
        _row(f"repair of a box of {pixels / 1e6:.1f} MP", seconds, used)
    _row("of each: the menu entry's own process", said["process"])
    photo = width * height * 3
    names = ("GIMP", "the plug-in's process")
    for name, grown in zip(names, said["memory"], strict=True):
        print(f"  memory, {name:22s}           {grown / 1e6:6.0f} MB = {grown / photo:.1f} photos")


def _median(rows, part):
    return statistics.median(row[part] for row in rows)


def _row(name, wall, used=None):
    print(f"  {name:40s} {wall:6.2f} s" + (f"  {used:6.2f} s" if used is not None else ""))


def test_start(gimp):
    times: dict[bool, list[float]] = {True: [], False: []}
    plugin, aside = gimp.plug_ins / "flawmap", gimp.home / "aside"
    for turn in range(2 * _STARTS + 2):
        on = turn % 2 == 0
        if on != plugin.exists():
            (aside if on else plugin).rename(plugin if on else aside)
            # What is new or gone is asked for and noted at the next start.
            gimp.console("answer(1)")
        began = time.monotonic()
        gimp.console("answer(1)")
        if turn > 1:
            times[on].append(time.monotonic() - began)
    print_head("GIMP's start to the end of an empty script")
    for on, name in ((False, "without Flawmap"), (True, "with Flawmap")):
        values = times[on]
        print(f"  {name:16s} median {statistics.median(values):5.2f} s, least {min(values):5.2f} s")
