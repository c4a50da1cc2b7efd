"""*Find flaws* in the real GIMP: layers that are the engine's planes, and a photo left alone."""

from __future__ import annotations

from pathlib import Path


def test_each_flaw_is_a_layer_that_is_the_engines_plane(gimp, engine, photos, tools):
    def find(tools, photo, out):
        import sys

        sys.path.insert(0, tools)
        from gimp_tools import find, groups, load, note, place, read, tints

        image = load(photo)
        photo_before = read(image.get_layers()[0])
        chosen = image.get_selected_layers()
        find(image)
        layers = {}
        for number, (region, layer) in enumerate(tints(image).items()):
            with open(f"{out}/{number}", "wb") as file:
                file.write(read(layer, "R'G'B'A u8"))
            layers[region] = {
                "file": f"{out}/{number}",
                "name": layer.get_name(),
                "box": place(layer),
                "tag": layer.get_color_tag().value_nick,
                "locked": layer.get_lock_content() and layer.get_lock_position(),
            }
        top, subgroups = groups(image)
        said = {
            "layers": layers,
            "top": [top.get_name(), image.get_item_position(top)],
            "groups": [group.get_name() for group in subgroups],
            "report": note(image)["report"],
            "photo untouched": read(image.get_layers()[-1]) == photo_before,
            "same layers chosen": image.get_selected_layers() == chosen,
        }
        image.delete()
        return said

    said = gimp.console(find, tools=tools, photo=str(photos / "damaged.png"), out=str(gimp.work))
    photo = engine.open(photos / "damaged.png")
    report = engine.analyze(photo)
    regions = {region.id: region for region in report.regions}
    expected = engine.layers(photo, "tint", regions=list(regions))
    assert expected, "the damaged photo has flaws"
    assert {layer.name for layer in expected} == set(said["layers"])
    tags = {}
    for layer in expected:
        drawn = said["layers"][layer.name]
        assert drawn["box"] == layer.box.as_list()
        assert Path(drawn["file"]).read_bytes() == bytes(layer.data)
        assert drawn["locked"]
        assert f" · {regions[layer.name].severity_level} · " in drawn["name"]
        tags.setdefault(layer.distortion, set()).add(drawn["tag"])
    assert said["top"] == ["Flawmap", 0]
    assert len(said["groups"]) == len(tags)
    assert all(len(found) == 1 for found in tags.values())
    assert len(set.union(*tags.values())) == len(tags)
    assert said["photo untouched"]
    assert said["same layers chosen"]
    # CONTRACT: from `view` to `more` the same report as of the file, marks aside.
    document = report.to_dict()
    document["regions"] = [{**region, "mark": None} for region in document["regions"]]
    for part in ("view", "grid", "quality", "distortions", "regions", "more", "only_at_1_to_1"):
        assert said["report"][part] == document[part], part


def test_finding_again_replaces_the_group_and_keeps_what_a_person_made_of_it(gimp, photos, tools):
    def again(tools, photo):
        import sys

        sys.path.insert(0, tools)
        from gimp_tools import find, load, read, tints, write

        image = load(photo)
        find(image)
        first = list(tints(image).values())
        renamed, painted, unlocked = first[:3]
        names = [layer.get_name() for layer in first[:3]]
        renamed.set_name("mine")
        painted.set_lock_content(False)
        write(painted, "R'G'B'A u8", bytes(4 * painted.get_width() * painted.get_height()))
        painted.set_lock_content(True)
        unlocked.set_lock_content(False)
        pixels = read(renamed)
        find(image)
        top, kept, photo_layer = image.get_layers()
        said = {
            "top": [top.get_name(), kept.get_name(), photo_layer.get_name()],
            "kept": [layer.get_name() for layer in kept.get_children()],
            "expected": ["mine", *names[1:3]],
            "tints": len(tints(image)) == len(first),
            "pixels": read(kept.get_children()[0]) == pixels,
        }
        find(image)
        said["kept again"] = [layer.get_name() for layer in image.get_layers()[1].get_children()]
        image.delete()
        return said

    said = gimp.console(again, tools=tools, photo=str(photos / "damaged.png"))
    assert said["top"] == ["Flawmap", "Flawmap (kept)", "Background"]
    assert said["kept"] == said["expected"]
    assert said["kept again"] == said["kept"]
    assert said["tints"]
    assert said["pixels"]


def test_a_selection_limits_what_is_shown(gimp, engine, photos, tools):
    def limited(tools, photo, box):
        import sys

        sys.path.insert(0, tools)
        from gimp_tools import Gimp, find, load, selection, tints

        image = load(photo)
        x0, y0, x1, y1 = box
        image.select_rectangle(Gimp.ChannelOps.REPLACE, x0, y0, x1 - x0, y1 - y0)
        before = selection(image)
        find(image)
        said = [sorted(tints(image)), selection(image) == before]
        image.delete()
        return said

    photo = engine.open(photos / "damaged.png")
    report = engine.analyze(photo)
    chosen = report.regions[1]
    box = chosen.box.as_list()
    shown, untouched = gimp.console(
        limited, tools=tools, photo=str(photos / "damaged.png"), box=box
    )
    tints = engine.layers(photo, "tint", regions=[region.id for region in report.regions])
    inside = {layer.name for layer in tints if _touches(layer, box)}
    assert chosen.id in inside
    assert set(shown) == inside
    assert len(inside) < len(tints)
    assert untouched


def _touches(layer, box):
    import numpy as np

    alpha = np.asarray(layer)[..., 3]
    x0, y0, x1, y1 = box
    left, top = layer.box.x0, layer.box.y0
    rows, columns = (
        slice(max(0, y0 - top), max(0, y1 - top)),
        slice(max(0, x0 - left), max(0, x1 - left)),
    )
    return bool(alpha[rows, columns].any())


def test_a_flaw_becomes_exactly_its_coverage_as_a_selection(gimp, engine, photos, tools):
    def select(tools, photo, out):
        import sys

        sys.path.insert(0, tools)
        from gimp_tools import channels, do, find, load, selection

        image = load(photo)
        first, second = [row["key"] for row in find(image)["rows"]][:2]
        chosen = image.get_selected_layers()
        said = {"keys": [first, second]}
        for step, (key, how) in enumerate(
            ((first, "replace"), (second, "add"), (first, "subtract"), (second, "intersect"))
        ):
            do(image, "select", key, how)
            box, data = selection(image)
            with open(f"{out}/{step}", "wb") as file:
                file.write(data)
            said[how] = box
        said["left over"] = channels(image)
        said["same layers chosen"] = image.get_selected_layers() == chosen
        image.delete()
        return said

    import numpy as np

    said = gimp.console(select, tools=tools, photo=str(photos / "damaged.png"), out=str(gimp.work))
    photo = engine.open(photos / "damaged.png")
    engine.analyze(photo)

    def plane(key):
        (layer,) = engine.layers(photo, "coverage", regions=[key])
        whole = np.zeros((photo.height, photo.width), np.int32)
        box = layer.box
        whole[box.y0 : box.y1, box.x0 : box.x1] = np.asarray(layer)
        return whole

    first, second = map(plane, said["keys"])
    assert set(np.unique(first)) - {0, 255}, "the coverage has soft edges"
    now = first
    for step, (how, combined) in enumerate(
        (
            ("replace", lambda _: first),
            ("add", lambda now: np.minimum(now + second, 255)),
            ("subtract", lambda now: np.maximum(now - first, 0)),
            ("intersect", lambda now: np.minimum(now, second)),
        )
    ):
        now = combined(now)
        x0, y0, x1, y1 = said[how]
        drawn = np.frombuffer((gimp.work / str(step)).read_bytes(), np.uint8)
        assert np.array_equal(drawn.reshape(y1 - y0, x1 - x0), now[y0:y1, x0:x1]), how
        assert now[y0:y1, x0:x1].sum() == now.sum(), how
    assert said["left over"] == []
    assert said["same layers chosen"]


def test_masks_are_kept_as_invisible_channels(gimp, engine, photos, tools):
    def keep(tools, photo, out):
        import sys

        sys.path.insert(0, tools)
        from gimp_tools import do, find, load, read

        image = load(photo)
        rows = find(image)["rows"]
        do(image, "keep_masks")
        said = []
        for number, channel in enumerate(image.get_channels()):
            with open(f"{out}/{number}", "wb") as file:
                file.write(read(channel))
            said.append([channel.get_name(), channel.get_visible()])
        image.delete()
        return [row["key"] for row in rows], [row["title"] for row in rows], said

    import numpy as np

    keys, titles, said = gimp.console(
        keep, tools=tools, photo=str(photos / "damaged.png"), out=str(gimp.work)
    )
    photo = engine.open(photos / "damaged.png")
    engine.analyze(photo)
    planes = {layer.name: layer for layer in engine.layers(photo, "coverage", regions=keys)}
    assert [name for name, _ in said] == titles
    assert not any(visible for _, visible in said)
    for number, key in enumerate(keys):
        box = planes[key].box
        whole = np.zeros((photo.height, photo.width), np.uint8)
        whole[box.y0 : box.y1, box.x0 : box.x1] = np.asarray(planes[key])
        assert (gimp.work / str(number)).read_bytes() == whole.tobytes()


def test_what_was_found_is_there_again_after_saving_and_opening(gimp, photos, tools):
    def save(tools, photo, xcf):
        import sys

        sys.path.insert(0, tools)
        from gimp_tools import Gimp, Gio, digest, do, find, key_of, load, state, tree

        image = load(photo)
        rows = find(image)["rows"]
        do(image, "keep_masks")
        do(image, "repair", key_of(rows, "noise"))
        do(image, "mark", rows[0]["key"], "accepted")
        file = Gio.File.new_for_path(xcf)
        Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, file, None)
        said = {"rows": state()["rows"], "digest": digest(image), "tree": tree(image.get_layers())}
        image.delete()
        return said

    def reopen(tools, xcf):
        import sys

        sys.path.insert(0, tools)
        from gimp_tools import call, digest, do, load, selection, state, tree

        image = load(xcf)
        call("flawmap-do", image, verb="look_around")
        said = {"rows": state()["rows"], "digest": digest(image), "tree": tree(image.get_layers())}
        do(image, "select", said["rows"][0]["key"])
        said["selected"] = selection(image) is not None
        image.delete()
        return said

    xcf = str(gimp.work / "kept.xcf")
    before = gimp.console(save, tools=tools, photo=str(photos / "damaged.png"), xcf=xcf)
    after = gimp.console(reopen, tools=tools, xcf=xcf)
    assert after["tree"] == before["tree"]
    assert after["digest"] == before["digest"]
    assert [(row["key"], row["title"], row["mark"], row["repaired"]) for row in after["rows"]] == [
        (row["key"], row["title"], row["mark"], row["repaired"]) for row in before["rows"]
    ]
    assert any(row["repaired"] for row in after["rows"])
    assert after["selected"]
