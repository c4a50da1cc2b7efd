"""Repair in the real GIMP: a layer that changes nothing but what it covers, and one undo step."""

from __future__ import annotations

import numpy as np
import pytest
from tests.hosts.editors import Gimp, Screen

pytestmark = pytest.mark.timeout(400)


def test_a_repair_changes_its_coverage_alone_and_its_strength_can_be_changed(
    gimp, engine, photos, tools
):
    def repair(tools, photo, out):
        import sys

        sys.path.insert(0, tools)
        from gimp_tools import do, find, key_of, load, photo_seen, tree

        image = load(photo)
        own = image.get_layers()[0]
        key = key_of(find(image)["rows"], "noise")
        said = {"key": key}

        def write(name):
            with open(f"{out}/{name}", "wb") as file:
                file.write(photo_seen(image, "R'G'B' u8"))

        write("before")
        state = do(image, "repair", key)
        write("repaired")
        said["row"] = next(row for row in state["rows"] if row["key"] == key)
        said["message"] = state["message"]
        said["layers"] = tree(image.get_layers())
        state = do(image, "change_strength", key, 0.2)
        write("weaker")
        said["weaker"] = next(row for row in state["rows"] if row["key"] == key)
        said["layers weaker"] = tree(image.get_layers())
        state = do(image, "undo_repair", key)
        write("removed")
        said["removed"] = next(row for row in state["rows"] if row["key"] == key)
        said["own layer kept"] = image.get_layers()[-1] == own
        image.delete()
        return said

    said = gimp.console(
        repair, timeout=240, tools=tools, photo=str(photos / "damaged.png"), out=str(gimp.work)
    )
    photo = engine.open(photos / "damaged.png")
    engine.analyze(photo)
    (coverage,) = engine.layers(photo, "coverage", regions=[said["key"]])
    inside = np.zeros((photo.height, photo.width), np.uint8)
    box = coverage.box
    inside[box.y0 : box.y1, box.x0 : box.x1] = np.asarray(coverage)
    shape = (photo.height, photo.width, 3)
    before, repaired, weaker, removed = (
        np.frombuffer((gimp.work / name).read_bytes(), np.uint8).reshape(shape).astype(int)
        for name in ("before", "repaired", "weaker", "removed")
    )
    for changed in (repaired, weaker):
        difference = np.abs(changed - before).max(axis=2)
        assert difference[inside == 0].max() == 0
        assert difference[inside == 255].max() > 0
    assert np.abs(weaker - before).sum() < np.abs(repaired - before).sum()
    assert np.array_equal(removed, before)
    # The planted noise is known: what is repaired is nearer to the photo as it was (proof 12).
    from PIL import Image

    clean = np.asarray(Image.open(photos / "clean.png")).astype(int)
    where = inside == 255
    error = ((before - clean)[where] ** 2).mean()
    assert ((repaired - clean)[where] ** 2).mean() < error / 1.26, "at least 1 dB better"
    assert said["row"]["repaired"]
    assert said["row"]["after"] < said["row"]["before"]
    assert "→" in said["row"]["score"]
    assert said["message"]["text"]
    assert said["layers"][0][0] == "Flawmap"
    assert isinstance(said["layers"][1], str)
    assert len(said["layers weaker"]) == len(said["layers"])
    assert said["weaker"]["strength"] == pytest.approx(0.2)
    assert not said["removed"]["repaired"]
    assert said["own layer kept"]


@pytest.mark.parametrize("precision", ["U16_NON_LINEAR", "FLOAT_LINEAR"])
def test_deep_images_are_repaired_in_their_own_numbers(precision, gimp, photos, tools):
    def repair(tools, photo, precision, out):
        import sys

        sys.path.insert(0, tools)
        from gimp_tools import Gimp, do, find, key_of, load, photo_seen, read

        image = load(photo)
        image.convert_precision(getattr(Gimp.Precision, precision))
        rows = find(image)["rows"]
        key = key_of(rows, "noise")
        before = photo_seen(image)
        do(image, "repair", key)
        layer = image.get_layers()[1]
        after = photo_seen(image)
        mask = read(layer.get_mask(), "Y u8")
        offsets = layer.get_offsets()
        box = [offsets.offset_x, offsets.offset_y, layer.get_width(), layer.get_height()]
        for name, data in (("before", before), ("after", after), ("mask", mask)):
            with open(f"{out}/{name}", "wb") as file:
                file.write(data)
        image.delete()
        return box

    x, y, width, height = gimp.console(
        repair,
        timeout=240,
        tools=tools,
        photo=str(photos / "damaged.png"),
        precision=precision,
        out=str(gimp.work),
    )
    kind = np.uint16 if precision.startswith("U16") else np.float32
    before, after = (
        np.frombuffer((gimp.work / name).read_bytes(), kind).reshape(800, 1200, 4)
        for name in ("before", "after")
    )
    mask = np.zeros((800, 1200), np.uint8)
    data = np.frombuffer((gimp.work / "mask").read_bytes(), np.uint8)
    mask[y : y + height, x : x + width] = data.reshape(height, width)
    assert np.array_equal(after[mask == 0], before[mask == 0])
    assert not np.array_equal(after[mask == 255], before[mask == 255])
    if kind is np.uint16:
        # Not 256 steps blown up: values between them are in use.
        assert len(np.unique(after[mask == 255][:, 0] % 257)) > 50


def test_one_undo_takes_back_each_step_in_the_window(gimp: Gimp, screen: Screen, photos, tools):
    def step(tools, verb, flaw=None):
        import sys

        sys.path.insert(0, tools)
        from gimp_tools import Gimp, digest, do, find, key_of, state, tree

        (image,) = Gimp.get_images()
        if verb == "find":
            find(image)
        elif verb != "look":
            do(image, verb, *([key_of(state()["rows"], flaw)] if flaw else []))
        return digest(image), tree(image.get_layers())

    with gimp.window(screen, photos / "damaged.png") as window:

        def press(keys):
            (shown,) = screen.windows("GIMP$")
            screen.key(keys, window=shown, pause=1.5)
            return window.run(step, tools=tools, verb="look")

        untouched = window.run(step, tools=tools, verb="look")
        found = window.run(step, tools=tools, verb="find", timeout=120)
        assert found[1] != untouched[1]
        assert press("ctrl+z") == untouched
        assert press("ctrl+y") == found
        again = window.run(step, tools=tools, verb="find", timeout=120)
        assert press("ctrl+z") == found, "the old overlay is there again"
        assert press("ctrl+y") == again
        for verb, flaw in (("select", "blur"), ("repair", "noise"), ("keep_masks", None)):
            before = window.run(step, tools=tools, verb="look")
            after = window.run(step, tools=tools, verb=verb, flaw=flaw, timeout=120)
            assert after != before
            assert press("ctrl+z")[1] == before[1], verb
            if verb != "repair":
                # After a repair its tint is hidden: that is no step, and stays.
                assert press("ctrl+y") == after
                assert press("ctrl+z") == before
