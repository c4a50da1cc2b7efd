"""Every kind of document that Krita opens: its pixels reach the engine as they look (proof 5)."""

from __future__ import annotations

import numpy as np
import pytest

from flawmap_api.results import OpenedPhoto

WIDTH, HEIGHT = 160, 112

#: Colour model, depth, and profile ("" is Krita's own default).
KINDS = [
    ("RGBA", "U8", ""),
    ("RGBA", "U16", ""),
    ("RGBA", "U16", "sRGB-elle-V2-srgbtrc.icc"),
    ("RGBA", "F16", ""),
    ("RGBA", "F32", ""),
    ("RGBA", "F32", "sRGB-elle-V2-srgbtrc.icc"),
    ("RGBA", "U8", "ClayRGB-elle-V2-g22.icc"),
    ("RGBA", "U16", "Rec2020-elle-V4-g10.icc"),
    ("GRAYA", "U8", ""),
    ("GRAYA", "U16", ""),
    ("GRAYA", "F32", ""),
    ("LABA", "U16", ""),
    ("XYZA", "F32", ""),
    ("YCbCrA", "U8", ""),
    ("CMYKA", "U8", ""),
    ("CMYKA", "U16", ""),
]


def picture() -> np.ndarray:
    """Dull colours that every model holds, smooth, with four single marker pixels: (H, W, 4)."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    rgb = np.stack([90 + x * 0.5, 100 + y * 0.5, 120 + (x + y) * 0.1], axis=2)
    for (row, col), colour in MARKERS.items():
        rgb[row, col] = colour
    alpha = np.full((HEIGHT, WIDTH, 1), 255.0)
    return np.concatenate([rgb, alpha], axis=2).round().astype(np.uint8)


MARKERS = {
    (0, 0): (180, 90, 90),
    (HEIGHT - 1, WIDTH - 1): (90, 110, 90),
    (37, 101): (100, 100, 190),
    (90, 5): (200, 200, 200),
}


def bgra(rgba: np.ndarray) -> str:
    """As a script takes it: hexadecimal."""
    return rgba[..., [2, 1, 0, 3]].tobytes().hex()


def seen_by(engine, said) -> np.ndarray:
    """What the engine has of the document, upright 8-bit sRGB."""
    photo = OpenedPhoto(said["photo_id"], *said["size"], lineage="", path=None)
    block = engine.pixels(photo)
    return np.frombuffer(block.data, np.uint8).reshape(block.height, block.width, 3).astype(int)


def look(model, depth, profile, width, height, colours, x, y, size):
    import json

    from krita_tools import QtGui, closed, desk, find, made, said

    data = bytes.fromhex(colours)
    doc = yield from made(model, depth, profile, width, height, data, x, y, size)
    # What Krita itself makes of it for a screen: 8-bit sRGB.
    image = doc.projection(0, 0, doc.width(), doc.height())
    image = image.convertToFormat(QtGui.QImage.Format.Format_RGBA8888)
    bits = image.constBits()
    bits.setsize(doc.width() * doc.height() * 4)
    shown = bytes(bits)
    yield from find()
    note = json.loads(bytes(doc.annotation("flawmap/notes/flawmap")).decode())
    report = json.loads(note["text"])
    answer = {
        "photo_id": report["photo_id"],
        "size": report["size"],
        "message": said(),
        "phase": desk().state.phase,
        "shown": shown.hex(),
    }
    yield from closed(doc)
    return answer


@pytest.mark.parametrize(("model", "depth", "profile"), KINDS)
def test_the_engine_sees_the_colours_that_krita_shows(krita_window, engine, model, depth, profile):
    said = krita_window.run(
        look,
        model=model,
        depth=depth,
        profile=profile,
        width=WIDTH,
        height=HEIGHT,
        colours=bgra(picture()),
        x=0,
        y=0,
        size=None,
    )
    assert said["phase"] == "found", said["message"]
    assert said["size"] == [WIDTH, HEIGHT]
    got = seen_by(engine, said)
    shown = np.frombuffer(bytes.fromhex(said["shown"]), np.uint8).reshape(HEIGHT, WIDTH, 4)
    assert abs(got - shown[..., :3].astype(int)).max() <= 2
    # The markers stand out from what is around them, in their places.
    for row, col in MARKERS:
        around = got[max(0, row - 1) : row + 2, max(0, col - 1) : col + 2].reshape(-1, 3)
        middle = np.median(around, axis=0)
        farthest = abs(around - middle).sum(axis=1).max()
        assert abs(got[row, col] - middle).sum() == farthest > 10


def test_a_layer_that_is_offset_and_larger_than_the_canvas_is_read_where_it_is_seen(
    krita_window, engine
):
    rgba = picture()
    given = {"model": "RGBA", "depth": "U8", "profile": "", "width": WIDTH, "height": HEIGHT}
    said = krita_window.run(look, **given, colours=bgra(rgba), x=-30, y=-20, size=[100, 60])
    assert (seen_by(engine, said) == rgba[20:80, 30:130, :3]).all()


def test_transparent_parts_are_seen_on_mid_grey(krita_window, engine):
    rgba = picture()
    rgba[20:60, 30:90, 3] = 0
    rgba[60:90, 30:90, 3] = 128
    given = {"model": "RGBA", "depth": "U8", "profile": "", "width": WIDTH, "height": HEIGHT}
    said = krita_window.run(look, **given, colours=bgra(rgba), x=0, y=0, size=None)
    alpha = rgba[..., 3:].astype(float) / 255
    expected = rgba[..., :3] * alpha + 128 * (1 - alpha)
    assert abs(seen_by(engine, said) - expected).max() <= 1


def test_masks_groups_and_filters_are_seen_as_krita_shows_them(krita_window, engine):
    def script(width, height, colours):
        import json

        from krita_tools import QtCore, Selection, closed, find, krita, made, seen

        doc = yield from made("RGBA", "U8", "", width, height, bytes.fromhex(colours))
        (photo,) = doc.topLevelNodes()
        group = doc.createGroupLayer("group")
        patch = doc.createNode("patch", "paintlayer")
        red = QtCore.QByteArray(bytes([60, 60, 200, 255]) * 40 * 30)
        patch.setPixelData(red, 50, 40, 40, 30)
        soft = Selection()
        soft.setPixelData(QtCore.QByteArray(bytes(range(40)) * 30), 50, 40, 40, 30)
        mask = doc.createTransparencyMask("mask")
        mask.setSelection(soft)
        patch.setChildNodes([mask])
        group.setChildNodes([patch])
        doc.rootNode().addChildNode(group, photo)
        invert = krita.filter("invert")
        part = Selection()
        part.select(100, 70, 30, 20, 255)
        layer = doc.createFilterLayer("invert", invert, part)
        doc.rootNode().addChildNode(layer, group)
        doc.refreshProjection()
        yield 0.3
        shown = seen(doc)
        yield from find()
        yield from find()
        note = json.loads(bytes(doc.annotation("flawmap/notes/flawmap")).decode())
        report = json.loads(note["text"])
        yield from closed(doc)
        return {"photo_id": report["photo_id"], "size": report["size"], "shown": shown.hex()}

    said = krita_window.run(script, width=WIDTH, height=HEIGHT, colours=bgra(picture()))
    shown = np.frombuffer(bytes.fromhex(said["shown"]), np.uint8).reshape(HEIGHT, WIDTH, 4)
    assert (seen_by(engine, said) == shown[..., [2, 1, 0]]).all()
    assert (shown[75, 110, :3] == 255 - picture()[75, 110, [2, 1, 0]]).all()


@pytest.mark.parametrize(
    ("model", "depth"), [("RGBA", "U8"), ("RGBA", "U16"), ("RGBA", "F32"), ("GRAYA", "U16")]
)
def test_marker_pixels_are_found_again_in_layer_selection_and_repair(krita_window, model, depth):
    def script(model, depth, width, height, colours):
        from krita_tools import app, closed, made, seen

        from flawmap_api.geometry import Box
        from flawmap_api.sources import PixelData
        from flawmap_plugin.host import Group, Mask, Tint

        doc = yield from made(model, depth, "", width, height, bytes.fromhex(colours))
        document = app().host.active()
        size = len(bytes(doc.pixelData(0, 0, 1, 1)))

        def changed(before, after):
            return [
                [at // size % width, at // size // width]
                for at in range(0, len(before), size)
                if before[at : at + size] != after[at : at + size]
            ]

        def dots(box, places, inside):
            data = bytearray(len(inside) * box.area)
            for x, y in places:
                at = (y - box.y0) * box.width + x - box.x0
                data[at * len(inside) : (at + 1) * len(inside)] = inside
            return bytes(data)

        places = [[20, 10], [59, 10], [33, 41], [20, 49]]
        box = Box(20, 10, 60, 50)
        clean = seen(doc)
        tint = Tint("tint", box, dots(box, places, bytes([0, 0, 255, 255])), "#ff0000")
        document.show_overlay(Group("Flawmap", (tint,)))
        layer = changed(clean, seen(doc))
        document.remove_overlay()
        document.select(Mask(box, dots(box, places, bytes([200]))))
        mask = document.read_selection()
        chosen = [
            [mask.box.x0 + at % mask.box.width, mask.box.y0 + at // mask.box.width]
            for at, value in enumerate(mask.data)
            if value
        ]
        strengths = sorted(set(mask.data))
        document.select(None)
        part = document.read_visible(box)
        data = bytearray(part.data)
        step = len(data) // box.area
        for at in range(0, len(data), step):
            data[at : at + step // 4] = bytes(step // 4)  # one channel of four, or half a grey
        repaired = PixelData(part.layout, memoryview(bytes(data)), part.icc)
        area = Mask(box, dots(box, places, bytes([255])))
        document.add_repair("Repair", repaired, area, {})
        yield 0.4
        repair = changed(clean, seen(doc))
        yield from closed(doc)
        return {"layer": layer, "selection": chosen, "repair": repair}, places, strengths

    found, places, strengths = krita_window.run(
        script, model=model, depth=depth, width=WIDTH, height=HEIGHT, colours=bgra(picture())
    )
    for where, marked in found.items():
        assert sorted(marked) == sorted(places), where
    assert strengths == [0, 200]
