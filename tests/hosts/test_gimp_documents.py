"""Every kind of image that GIMP opens: the engine sees what is seen, and its answers lie there.

Proof 5 (the same pixel everywhere) and CONTRACT's equality for editors, in the real program: for
each kind the engine's own view of the photo is compared with GIMP's, pixel by pixel, and layers,
channels and selections with the engine's planes.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.hosts.editors import Gimp, GimpWindow

from flawmap_api.results import OpenedPhoto

pytestmark = pytest.mark.timeout(600)

_PRECISION = "image.convert_precision(Gimp.Precision.{})"
_ADOBE = (
    "image.convert_color_profile("
    "Gimp.ColorProfile.new_rgb_adobe(), Gimp.ColorRenderingIntent.RELATIVE_COLORIMETRIC, True)"
)
#: How each kind is made of the photo, which GIMP has opened as 8-bit sRGB.
KINDS = {
    "8 bit": "",
    "8 bit, Adobe RGB": _ADOBE,
    "8 bit linear": _PRECISION.format("U8_LINEAR"),
    "16 bit": _PRECISION.format("U16_NON_LINEAR"),
    "16 bit, Adobe RGB": f"{_PRECISION.format('U16_NON_LINEAR')}; {_ADOBE}",
    "16 bit linear": _PRECISION.format("U16_LINEAR"),
    "32 bit": _PRECISION.format("U32_NON_LINEAR"),
    "half float linear": _PRECISION.format("HALF_LINEAR"),
    "float": _PRECISION.format("FLOAT_NON_LINEAR"),
    "float linear, Adobe RGB": f"{_ADOBE}; {_PRECISION.format('FLOAT_LINEAR')}",
    "float perceptual, Adobe RGB": f"{_ADOBE}; {_PRECISION.format('FLOAT_PERCEPTUAL')}",
    "double linear": _PRECISION.format("DOUBLE_LINEAR"),
    "grey": "image.convert_grayscale()",
    "grey, 16 bit linear": f"image.convert_grayscale(); {_PRECISION.format('U16_LINEAR')}",
    "indexed": (
        "image.convert_indexed(Gimp.ConvertDitherType.FS, Gimp.ConvertPaletteType.GENERATE,"
        " 255, False, False, '')"
    ),
    "transparent": "layer.add_alpha(); half_erased(layer)",
    "offset on a larger canvas": "image.resize(1320, 900, 70, 40)",
    "cropped, with layers that reach over the canvas": "image.resize(900, 640, -130, -90)",
    "in a group, under a mask": "grouped(image, layer)",
    "with a filter": "filtered(layer)",
    "with a visible channel": "channelled(image)",
}
#: Opened as 8-bit sRGB and left so: not a single value may differ.
EXACT = {
    "8 bit",
    "transparent",
    "offset on a larger canvas",
    "cropped, with layers that reach over the canvas",
    "with a visible channel",
}


@pytest.fixture(scope="module")
def window(session, gimp_home, engine, runtime, screen) -> Iterator[GimpWindow]:
    """One GIMP for all kinds."""
    with tempfile.TemporaryDirectory(dir=session.folder) as folder:
        home = Path(folder) / "home"
        shutil.copytree(gimp_home, home, symlinks=True)
        variables = {
            "FLAWMAP_RUNTIME_DIR": str(runtime),
            "FLAWMAP_STATE_DIR": str(Path(folder) / "state"),
        }
        with Gimp(session, home, variables).window(screen) as window:
            yield window


def look(tools, photo, kind, out):
    """Make an image of a kind, find its flaws, and write down what is there."""
    import sys

    sys.path.insert(0, tools)
    from gimp_tools import Gimp, alpha, do, find, load, note, place, read, selection, tints

    def half_erased(layer):
        Gimp.context_set_feather(True)
        Gimp.context_set_feather_radius(30, 30)
        image.select_ellipse(Gimp.ChannelOps.REPLACE, 500, 300, 300, 250)
        Gimp.context_set_feather(False)
        layer.edit_clear()
        Gimp.Selection.none(image)

    def grouped(image, layer):
        group = Gimp.GroupLayer.new(image, "person's own")
        image.insert_layer(group, None, 0)
        image.reorder_item(layer, group, 0)
        image.select_rectangle(Gimp.ChannelOps.REPLACE, 100, 100, 900, 600)
        layer.add_mask(layer.create_mask(Gimp.AddMaskType.SELECTION))
        Gimp.Selection.none(image)

    def filtered(layer):
        made = Gimp.DrawableFilter.new(layer, "gegl:gaussian-blur", "")
        made.get_config().set_property("std-dev-x", 2.0)
        made.get_config().set_property("std-dev-y", 2.0)
        made.update()
        layer.append_filter(made)

    def channelled(image):
        from gi.repository import Gegl

        size = image.get_width(), image.get_height()
        made = Gimp.Channel.new(image, "red", *size, 50, Gegl.Color.new("red"))
        image.insert_channel(made, None, 0)

    image = load(photo)
    helpers = (half_erased, grouped, filtered, channelled)
    names = {helper.__name__: helper for helper in helpers}
    exec(kind, {"Gimp": Gimp, "image": image, "layer": image.get_layers()[0], **names})
    size = [image.get_width(), image.get_height()]
    hidden = [channel for channel in image.get_channels() if channel.get_visible()]
    for channel in hidden:
        channel.set_visible(False)
    seen = Gimp.Layer.new_from_visible(image, image, "seen")
    with open(f"{out}/seen", "wb") as file:
        file.write(read(seen, "R'G'B'A u8"))
    seen.delete()
    for channel in hidden:
        channel.set_visible(True)
    rows = find(image)["rows"]
    drawn = {}
    if image.get_base_type() == Gimp.ImageBaseType.INDEXED:
        import json

        for channel in image.get_channels():
            said = json.loads(bytes(channel.get_parasite("flawmap-layer").get_data()))
            region = said["data"]["region"]
            row = next(row for row in rows if row["key"] == region)
            data = read(channel, None, row["box"])
            drawn[region] = [row["box"], len(drawn)]
            with open(f"{out}/{drawn[region][1]}", "wb") as file:
                file.write(data)
    else:
        for region, tint in tints(image).items():
            drawn[region] = [place(tint), len(drawn)]
            with open(f"{out}/{drawn[region][1]}", "wb") as file:
                file.write(alpha(tint))
    said = {"size": size, "id": note(image)["photo_id"], "drawn": drawn}
    if rows:
        said["key"] = rows[0]["key"]
        do(image, "select", said["key"])
        said["selected"], data = selection(image)
        with open(f"{out}/selection", "wb") as file:
            file.write(data)
    said["visible channels"] = [channel.get_visible() for channel in hidden]
    return said


def close_all():
    for image in Gimp.get_images():
        image.delete()


@pytest.mark.parametrize("kind", KINDS)
def test_the_engine_sees_what_gimp_shows_and_its_planes_lie_where_they_belong(
    kind, window, engine, photos, tools
):
    out = window.gimp.work / "kind"
    out.mkdir(exist_ok=True)
    try:
        said = window.run(
            look,
            timeout=120,
            tools=tools,
            photo=str(photos / "damaged.png"),
            kind=KINDS[kind],
            out=str(out),
        )
        width, height = said["size"]
        photo = OpenedPhoto(said["id"], width, height, "")
        seen = np.frombuffer((out / "seen").read_bytes(), np.uint8).reshape(height, width, 4)
        engines = np.asarray(engine.pixels(photo)).astype(int)
        difference = np.abs(engines - _on_grey(seen)).max()
        assert difference <= (0 if kind in EXACT else 2)
        assert said["drawn"], "the flaws of the photo are found in every kind of it"
        for layer in engine.layers(photo, "tint", regions=list(said["drawn"])):
            box, number = said["drawn"][layer.name]
            assert box == layer.box.as_list()
            alpha = np.asarray(layer)[..., 3]
            assert (out / str(number)).read_bytes() == alpha.tobytes()
        (coverage,) = engine.layers(photo, "coverage", regions=[said["key"]])
        whole = np.zeros((height, width), np.uint8)
        box = coverage.box
        whole[box.y0 : box.y1, box.x0 : box.x1] = np.asarray(coverage)
        x0, y0, x1, y1 = said["selected"]
        assert (out / "selection").read_bytes() == whole[y0:y1, x0:x1].tobytes()
        assert all(said["visible channels"])
    finally:
        window.run(close_all)


def _on_grey(rgba):
    """CONTRACT: transparent photos are judged on mid-grey."""
    alpha = rgba[..., 3:].astype(int)
    return (rgba[..., :3] * alpha + 128 * (255 - alpha) + 127) // 255


def test_a_photo_that_was_turned_by_exif_is_upright_in_gimp_and_in_the_engine(
    window, engine, photos, tools, session
):
    from PIL import Image

    turned = session.folder / "turned.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6
    upright = Image.open(photos / "damaged.png")
    upright.transpose(Image.Transpose.ROTATE_90).save(turned, quality=97, exif=exif)

    def open_turned(tools, photo):
        import sys

        sys.path.insert(0, tools)
        from gimp_tools import Gimp, call, closed, note, until

        call("flawmap-open-photo", path=photo)
        until(lambda state: state.get("document") and state["phase"] == "found")
        closed()
        (image,) = Gimp.get_images()
        return {
            "size": [image.get_width(), image.get_height()],
            "id": note(image)["photo_id"],
            "lineage": note(image)["lineage"],
        }

    try:
        said = window.run(open_turned, timeout=120, tools=tools, photo=str(turned))
        assert said["size"] == [1200, 800]
        assert said["lineage"] == str(turned)
        engines = np.asarray(engine.pixels(OpenedPhoto(said["id"], 1200, 800, ""))).astype(int)
        # JPEG is no lossless road: its mean error is small, a turned photo's would be huge.
        assert np.abs(engines - np.asarray(upright).astype(int)).mean() < 4
    finally:
        window.run(close_all)
