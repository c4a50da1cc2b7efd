"""*Find flaws* in the real Krita: layers that are the engine's planes, and a photo left alone."""

from __future__ import annotations

from pathlib import Path


def test_each_flaw_is_a_layer_that_is_the_engines_plane(krita_window, engine, photos):
    def script(photo, out):
        from krita_tools import closed, find, opened, pixels, seen, tints, tree

        doc = yield from opened(photo)
        (layer,) = doc.topLevelNodes()
        before = pixels(layer)
        rows = yield from find()
        # Krita makes what was inserted the active layer, and the plug-in puts that right.
        yield lambda: doc.activeNode() is not None and doc.activeNode().name() == layer.name()
        layers = {}
        for number, (region, (was, node)) in enumerate(tints(doc).items()):
            x0, y0, x1, y1 = was["box"]
            with open(f"{out}/{number}", "wb") as file:
                file.write(bytes(node.pixelData(x0, y0, x1 - x0, y1 - y0)))
            layers[region] = {
                "file": f"{out}/{number}",
                "name": node.name(),
                "box": was["box"],
                "label": node.colorLabel(),
                "locked": node.locked(),
                "group": node.parentNode().name(),
            }
        note = bytes(doc.annotation("flawmap/notes/flawmap")).decode()
        answer = {
            "layers": layers,
            "top": tree(doc),
            "note": note,
            "rows": [row.title for row in rows],
            "photo untouched": pixels(layer) == before,
            "drawn": seen(doc) != before,
        }
        yield from closed(doc)
        return answer

    said = krita_window.run(
        script, photo=str(photos / "damaged.png"), out=str(krita_window.editor.work), timeout=120
    )
    photo = engine.open(photos / "damaged.png")
    report = engine.analyze(photo)
    regions = {region.id: region for region in report.regions}
    expected = engine.layers(photo, "tint", regions=list(regions), channels="BGRA")
    assert expected, "the damaged photo has flaws"
    assert {layer.name for layer in expected} == set(said["layers"])
    labels, groups = {}, {}
    for layer in expected:
        drawn = said["layers"][layer.name]
        assert drawn["box"] == layer.box.as_list()
        assert Path(drawn["file"]).read_bytes() == bytes(layer.data)
        assert drawn["locked"]
        assert f" · {regions[layer.name].severity_level} · " in drawn["name"]
        labels.setdefault(layer.distortion, set()).add(drawn["label"])
        groups.setdefault(layer.distortion, set()).add(drawn["group"])
    assert said["top"][-1] == "Flawmap"
    assert sorted(layer["name"] for layer in said["layers"].values()) == sorted(said["rows"])
    assert all(len(found) == 1 for found in [*labels.values(), *groups.values()])
    assert len(set.union(*groups.values())) == len(groups)
    assert said["photo untouched"]
    assert said["drawn"]
    same_report(said["note"], report)


def same_report(note, report):
    """CONTRACT: from `view` to `more` the same report as of the file, marks aside."""
    import json

    document = report.to_dict()
    document["regions"] = [{**region, "mark": None} for region in document["regions"]]
    of_editor = json.loads(json.loads(note)["text"])["report"]
    of_editor["regions"] = [{**region, "mark": None} for region in of_editor["regions"]]
    for part in ("view", "grid", "quality", "distortions", "regions", "more", "only_at_1_to_1"):
        assert of_editor[part] == document[part], part


def test_an_overlay_is_one_step_of_the_undo_history_and_an_undo_brings_the_photo_back(
    krita_window, photos
):
    def script(photo):
        from krita_tools import closed, desk, digest, find, history, opened, tree, undo

        doc = yield from opened(photo)
        fresh = [digest(doc), tree(doc), history()]
        yield from find()
        shown = [digest(doc), history()]
        yield from find()
        again = [digest(doc), history(), tree(doc)]
        yield from undo(doc)
        yield from undo(doc)
        first = [digest(doc), tree(doc), desk().state.overlay_present]
        yield from undo(doc)
        back = [digest(doc), tree(doc), desk().state.overlay_present]
        yield from closed(doc)
        return fresh, shown, again, first, back

    fresh, shown, again, first, back = krita_window.run(script, photo=str(photos / "damaged.png"))
    assert fresh[2] == []
    assert shown[0] != fresh[0]
    assert len(shown[1]) == 1
    # Krita has no way to put two of them into one: the docker says so.
    assert len(again[1]) == 3
    assert again[0] == shown[0]
    assert again[2] == [*fresh[1], "Flawmap"]
    assert first == [shown[0], again[2], True]
    assert back == [fresh[0], fresh[1], False]


def test_reading_leaves_no_trace(krita_window, photos):
    def script(photo):
        from krita_tools import app, closed, digest, find, history, krita, opened, tree

        doc = yield from opened(photo)
        second = doc.topLevelNodes()[0].duplicate()
        second.setOpacity(128)
        second.setName("second")
        doc.rootNode().addChildNode(second, None)
        doc.refreshProjection()
        doc.waitForDone()
        yield 0.3
        clean = digest(doc)
        yield from find()
        doc.setModified(False)
        doc.setActiveNode(doc.topLevelNodes()[0])
        yield 0.3
        before = [digest(doc), tree(doc), history(), doc.activeNode().name(), doc.modified()]
        document = app().host.active()
        import hashlib

        read = hashlib.sha256(document.read_visible().data).hexdigest()
        after = [digest(doc), tree(doc), history(), doc.activeNode().name(), doc.modified()]
        count = len(krita.documents())
        yield from closed(doc)
        return before, after, clean, read, count

    before, after, clean, read, count = krita_window.run(script, photo=str(photos / "damaged.png"))
    assert before[0] != clean
    assert read == clean
    assert after == before
    assert count == 1


def test_finding_again_keeps_what_a_person_made_of_the_layers(krita_window, photos):
    def script(photo):
        from krita_tools import QtCore, closed, desk, find, opened, tints, tree

        doc = yield from opened(photo)
        yield from find()
        (_, renamed), (_, painted) = list(tints(doc).values())[:2]
        names = ["mine", painted.name()]
        renamed.setName("mine")
        box = painted.bounds()
        dot = QtCore.QByteArray(bytes([0, 0, 255, 255]))
        painted.setPixelData(dot, box.x() + 5, box.y() + 5, 1, 1)
        yield from find()
        kept = doc.nodeByName("Flawmap (kept)")
        first = [tree(doc), [node.name() for node in kept.childNodes()], kept.visible()]
        count = len(tints(doc))
        yield from find()
        second = [tree(doc), [n.name() for n in doc.nodeByName("Flawmap (kept)").childNodes()]]
        shown = desk().state.rows
        yield from closed(doc)
        return names, first, second, count, len(shown)

    names, first, second, count, shown = krita_window.run(
        script, photo=str(photos / "damaged.png"), timeout=120
    )
    assert first[0] == ["Background", "Flawmap (kept)", "Flawmap"]
    assert sorted(first[1]) == sorted(names)
    assert first[2] is False
    assert second[0] == first[0]
    assert second[1] == first[1]
    assert count == shown


def test_a_selection_limits_what_is_shown(krita_window, photos):
    def script(photo):
        from krita_tools import Selection, closed, desk, find, opened, rows, tints

        doc = yield from opened(photo)
        everything = yield from find()
        x0, y0, x1, y1 = everything[0].box
        selection = Selection()
        selection.select((x0 + x1) // 2, (y0 + y1) // 2, 4, 4, 255)
        doc.setSelection(selection)
        yield from find(whole=False)
        some = [[row.key for row in rows()], list(tints(doc)), desk().state.limited]
        kept = doc.selection()
        bounds = [kept.x(), kept.y(), kept.width(), kept.height()]
        expected = [(x0 + x1) // 2, (y0 + y1) // 2, 4, 4]
        yield from closed(doc)
        return [row.key for row in everything], some, bounds, expected

    everything, (some, layers, limited), bounds, expected = krita_window.run(
        script, photo=str(photos / "damaged.png")
    )
    assert limited
    assert everything[0] in some
    assert len(some) < len(everything)
    assert sorted(layers) == sorted(some)
    assert bounds == expected


def test_eyes_overlay_and_opacity_change_what_is_seen_and_no_history(krita_window, photos):
    def script(photo):
        from krita_tools import closed, desk, digest, find, history, opened

        doc = yield from opened(photo)
        clean = digest(doc)
        rows = yield from find()
        full = digest(doc)

        def after(call, *given):
            call(*given)
            yield 0.3
            return digest(doc)

        one = yield from after(desk().set_visible, rows[0].key, False)
        back = yield from after(desk().set_visible, rows[0].key, True)
        none = yield from after(desk().toggle_overlay)
        again = yield from after(desk().toggle_overlay)
        faint = yield from after(desk().set_opacity, 0.4)
        solid = yield from after(desk().set_opacity, 1.0)
        steps = history()
        yield from closed(doc)
        return clean, full, one, back, none, again, faint, solid, steps

    clean, full, one, back, none, again, faint, solid, steps = krita_window.run(
        script, photo=str(photos / "damaged.png")
    )
    assert len({clean, full, one, faint}) == 4
    assert back == again == solid == full
    assert none == clean
    assert len(steps) == 1
