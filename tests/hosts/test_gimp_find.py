"""*Find flaws* in the real GIMP: layers that are the engine's planes, and a photo left alone."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from flawmap_api.messages import Close  # noqa: F401


@pytest.fixture(scope="session")
def tools(session) -> str:
    """The folder that scripts import `gimp_tools` from."""
    folder = session.folder / "tools"
    folder.mkdir()
    shutil.copy(Path(__file__).with_name("gimp_tools.py"), folder)
    return str(folder)


def test_each_flaw_is_a_layer_that_is_the_engines_plane(gimp, engine, photos, tools):
    def find(tools, photo, out):
        import sys

        sys.path.insert(0, tools)
        from gimp_tools import find, load, note, read, tints, tree

        image = load(photo)
        state = find(image)
        layers = {}
        for number, (region, layer) in enumerate(tints(image).items()):
            offsets = layer.get_offsets()
            with open(f"{out}/{number}", "wb") as file:
                file.write(read(layer, "R'G'B'A u8"))
            layers[region] = {
                "file": f"{out}/{number}",
                "name": layer.get_name(),
                "box": [
                    offsets.offset_x,
                    offsets.offset_y,
                    offsets.offset_x + layer.get_width(),
                    offsets.offset_y + layer.get_height(),
                ],
            }
        answer = {"state": state, "layers": layers, "tree": tree(image.get_layers())}
        answer["note"] = note(image)
        image.delete()
        return answer

    said = gimp.console(find, tools=tools, photo=str(photos / "damaged.png"), out=str(gimp.work))
    photo = engine.open(photos / "damaged.png")
    report = engine.analyze(photo)
    expected = engine.layers(photo, "tint", regions=[region.id for region in report.regions])
    assert expected, "the damaged photo has flaws"
    assert {layer.name for layer in expected} == set(said["layers"])
    for layer in expected:
        drawn = said["layers"][layer.name]
        assert drawn["box"] == layer.box.as_list()
        assert Path(drawn["file"]).read_bytes() == bytes(layer.data)
    print(json.dumps(said["tree"], indent=1), said["note"], file=sys.stderr)
