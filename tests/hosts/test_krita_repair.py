"""Selecting and repairing in the real Krita: exactly the coverage, and not a pixel more."""

from __future__ import annotations

from pathlib import Path

import numpy as np

WIDTH, HEIGHT = 1200, 800  # of the photos


def test_a_flaw_becomes_the_selection_with_its_soft_values(krita_window, engine, photos):
    def script(photo, out):
        from krita_tools import closed, desk, done, find, opened

        doc = yield from opened(photo)
        rows = yield from find()
        keys, wholes = [row.key for row in rows[:2]], []
        for how, key in (("replace", keys[0]), ("add", keys[1]), ("subtract", keys[0])):
            desk().select(key, how)
            yield done
            selection = doc.selection()
            with open(f"{out}/{how}", "wb") as file:
                file.write(bytes(selection.pixelData(0, 0, doc.width(), doc.height())))
            wholes.append(f"{out}/{how}")
        selected = desk().state.selected
        modified = doc.modified()
        yield from closed(doc)
        return keys, wholes, selected, modified

    keys, wholes, selected, _ = krita_window.run(
        script, photo=str(photos / "damaged.png"), out=str(krita_window.editor.work)
    )
    photo = engine.open(photos / "damaged.png")
    engine.analyze(photo)
    planes = {layer.name: layer for layer in engine.layers(photo, "coverage", regions=keys)}
    first, second = (placed(planes[key]) for key in keys)
    replaced, added, subtracted = (
        np.frombuffer(Path(name).read_bytes(), np.uint8).reshape(HEIGHT, WIDTH) for name in wholes
    )
    assert len(np.unique(first)) > 50, "coverages are soft"
    assert (replaced == first).all()
    assert (added[first == 0] == second[first == 0]).all()
    assert (added[second == 0] == first[second == 0]).all()
    assert (subtracted[first == 0] == second[first == 0]).all()
    assert (subtracted[first == 255] == 0).all()
    assert selected == keys[0]


def placed(layer):
    """A region's coverage in a plane of the photo's size."""
    plane = np.zeros((HEIGHT, WIDTH), np.uint8)
    box = layer.box
    pixels = np.frombuffer(layer.data, np.uint8).reshape(box.height, box.width)
    plane[box.y0 : box.y1, box.x0 : box.x1] = pixels
    return plane


def test_a_repair_changes_nothing_outside_the_coverage_and_ctrl_z_takes_it_back(
    krita_window, engine, photos
):
    def repair(photo, out):
        from krita_tools import desk, done, find, history, krita, opened, seen, tree

        doc = yield from opened(photo)
        rows = yield from find()
        desk().toggle_overlay()
        yield 0.3
        before = seen(doc)
        row = next(row for row in rows if row.distortion == "noise")
        steps = len(history())
        desk().repair(row.key)
        yield done
        yield 1.2  # until the active layer is the person's again
        after = seen(doc)
        for name, data in (("before", before), ("after", after)):
            with open(f"{out}/{name}", "wb") as file:
                file.write(data)
        now = desk().state.row(row.key)
        # Keys go where a person's would: to the picture.
        window = krita.activeWindow().qwindow()
        window.activateWindow()
        window.centralWidget().setFocus()
        return {
            "key": row.key,
            "tree": tree(doc),
            "steps": len(history()) - steps,
            "scores": [now.before, now.after],
            "active": doc.activeNode().name(),
        }

    def look(out, closing):
        from krita_tools import closed, desk, krita, seen, tree

        doc = krita.activeDocument()
        desk().look_around()
        data, names = seen(doc), tree(doc)
        repaired = [row.key for row in desk().state.rows if row.repaired]
        with open(f"{out}/back", "wb") as file:
            file.write(data)
        if closing:
            yield from closed(doc)
        return names, repaired

    out = krita_window.editor.work
    said = krita_window.run(repair, photo=str(photos / "damaged.png"), out=str(out), timeout=120)
    before, after = (
        np.frombuffer((out / name).read_bytes(), np.uint8).reshape(HEIGHT, WIDTH, 4)
        for name in ("before", "after")
    )
    photo = engine.open(photos / "damaged.png")
    engine.analyze(photo)
    (layer,) = engine.layers(photo, "coverage", regions=[said["key"]])
    coverage = placed(layer)
    changed = (before != after).any(axis=2)
    assert changed.any()
    assert not changed[coverage == 0].any()
    assert said["steps"] == 1
    assert said["tree"][0] == "Background"
    assert said["tree"][1].startswith("Repair")
    assert said["tree"][2] == "Flawmap"
    assert said["active"] == "Background"
    assert said["scores"][1] < said["scores"][0]
    # In the window, with the keyboard, as a person does it.
    krita_window.screen.key("ctrl+z", pause=1.0)
    names, repaired = krita_window.run(look, out=str(out), closing=False)
    assert (out / "back").read_bytes() == (out / "before").read_bytes()
    assert names == ["Background", "Flawmap"]
    assert repaired == []
    krita_window.run(look, out=str(out), closing=True)


def test_the_strength_can_be_changed_and_the_repair_removed(krita_window, photos):
    def script(photo):
        from krita_tools import closed, desk, digest, done, find, opened, tree

        doc = yield from opened(photo)
        rows = yield from find()
        desk().toggle_overlay()
        yield 0.3
        clean = digest(doc)
        key = next(row.key for row in rows if row.distortion == "noise")
        desk().repair(key, 0.9)
        yield done
        strong, names = digest(doc), tree(doc)
        desk().change_strength(key, 0.2)
        yield done
        weak, same = digest(doc), tree(doc)
        strength = desk().state.row(key).strength
        desk().undo_repair(key)
        yield done
        yield 0.3
        gone, left = digest(doc), tree(doc)
        yield from closed(doc)
        return clean, strong, weak, gone, names, same, left, strength

    clean, strong, weak, gone, names, same, left, strength = krita_window.run(
        script, photo=str(photos / "damaged.png"), timeout=120
    )
    assert len({clean, strong, weak}) == 3
    assert gone == clean
    assert len(names) == 3
    assert same == names
    assert left == ["Background", "Flawmap"]
    assert strength == 0.2


def test_a_repair_of_a_half_transparent_photo_adds_no_opacity(krita_window):
    def script():
        from krita_tools import app, closed, made, seen

        from flawmap_api.geometry import Box
        from flawmap_api.sources import PixelData
        from flawmap_plugin.host import Mask

        width, height = 64, 48
        bgra = bytes(
            value
            for y in range(height)
            for x in range(width)
            for value in (x * 3, y * 4, 90, 100 + x)
        )
        doc = yield from made("RGBA", "U8", "", width, height, bgra)
        document = app().host.active()
        box = Box(8, 8, 56, 40)
        read = document.read_visible(box)
        turned = bytes(
            value if at % 4 == 3 else 255 - value for at, value in enumerate(bytes(read.data))
        )
        coverage = bytes(255 if x > 24 else 5 * x for y in range(32) for x in range(48))
        before = seen(doc)
        repaired = PixelData(read.layout, memoryview(turned))
        key = document.add_repair("Repair", repaired, Mask(box, coverage), {})
        yield 0.5
        after = seen(doc)
        document.remove_layer(key)
        yield 0.5
        gone = seen(doc)
        yield from closed(doc)
        return list(before), list(after), gone == before

    before, after, gone = krita_window.run(script)
    before, after = (np.array(data).reshape(48, 64, 4) for data in (before, after))
    assert (before[..., 3] == after[..., 3]).all()
    expected = before.copy()
    expected[8:40, 33:56, :3] = 255 - before[8:40, 33:56, :3]
    sure = np.zeros((48, 64), bool)
    sure[:8] = sure[40:] = sure[:, :8] = sure[:, 56:] = sure[8:40, 33:56] = True
    assert (abs(after - expected)[sure] <= 1).all()
    assert gone


def test_masks_can_be_kept_to_paint_on(krita_window, engine, photos):
    def script(photo, out):
        from krita_tools import closed, desk, digest, done, find, history, opened

        doc = yield from opened(photo)
        rows = yield from find()
        before, steps = digest(doc), len(history())
        desk().keep_masks()
        yield done
        yield 0.3
        group = doc.nodeByName("Flawmap masks")
        for number, mask in enumerate(group.childNodes()):
            with open(f"{out}/mask-{number}", "wb") as file:
                file.write(bytes(mask.selection().pixelData(0, 0, doc.width(), doc.height())))
        names = [mask.name() for mask in group.childNodes()]
        types = {mask.type() for mask in group.childNodes()}
        after, made = digest(doc), len(history()) - steps
        selection = doc.selection()
        yield from closed(doc)
        return {
            "titles": {row.title: row.key for row in rows},
            "names": names,
            "types": list(types),
            "same": before == after,
            "steps": made,
            "selection": selection is None,
        }

    out = krita_window.editor.work
    said = krita_window.run(script, photo=str(photos / "damaged.png"), out=str(out))
    assert said["types"] == ["selectionmask"]
    assert said["same"]
    assert said["steps"] == 1
    assert said["selection"]
    photo = engine.open(photos / "damaged.png")
    engine.analyze(photo)
    planes = {
        layer.name: layer
        for layer in engine.layers(photo, "coverage", regions=list(said["titles"].values()))
    }
    kept = 0
    for number, name in enumerate(said["names"]):
        if name in said["titles"]:
            data = np.frombuffer((out / f"mask-{number}").read_bytes(), np.uint8)
            assert (data.reshape(HEIGHT, WIDTH) == placed(planes[said["titles"][name]])).all()
            kept += 1
    assert kept > 3


def test_a_repair_by_kritas_own_filter_stays_within_the_coverage(krita_window, photos):
    def script(photo):
        from krita_tools import app, closed, history, opened, seen, tree

        from flawmap_api.geometry import Box
        from flawmap_plugin.host import Mask

        doc = yield from opened(photo)
        document = app().host.active()
        before = seen(doc)
        area = Mask(Box(300, 550, 500, 700), bytes([255]) * 200 * 150)
        key = document.add_filter(
            "gaussian blur", {"horizRadius": 4.0, "vertRadius": 4.0}, area, "Blur"
        )
        yield 0.5
        after, steps, names = seen(doc), len(history()), tree(doc)
        document.remove_layer(key)
        yield 0.5
        gone = seen(doc) == before
        try:
            document.add_filter("no such filter", {}, area, "x")
            refused = ""
        except Exception as error:
            refused = type(error).__name__
        differs = [
            at // 4 for at in range(0, len(before), 4) if before[at : at + 4] != after[at : at + 4]
        ]
        yield from closed(doc)
        return [min(differs), max(differs), len(differs)], steps, names, gone, refused

    (first, last, count), steps, names, gone, refused = krita_window.run(
        script, photo=str(photos / "damaged.png")
    )
    assert first >= 550 * WIDTH + 300
    assert last < 699 * WIDTH + 500
    assert 15_000 < count <= 30_000
    assert steps == 1
    assert names == ["Background", "Blur"]
    assert gone
    assert refused == "Unsupported"
