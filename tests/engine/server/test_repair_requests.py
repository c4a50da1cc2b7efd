"""`repair.plan` and `repair.render` as the protocol document says them, seen from outside."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from .conftest import EngineProcess
from .rawclient import RawClient, Refused, picture

WIDTH, HEIGHT = 64, 48
_seeds = itertools.count(70_000)


def render(**changes: Any) -> dict[str, Any]:
    """A request over a picture of 64 × 48, of which the inner 32 × 16 are repaired."""
    body = {
        "method": "lighten",
        "box": [16, 16, 48, 32],
        "around": [0, 0, WIDTH, HEIGHT],
        "pixels": {"width": WIDTH, "height": HEIGHT, "dtype": "u8", "channels": "RGB"},
        "settings": {"stops": 1.0},
    }
    return {**body, **changes}


def pixels() -> bytes:
    return picture(WIDTH, HEIGHT, next(_seeds))


def inner(data: bytes) -> bytes:
    return b"".join(data[(y * WIDTH + 16) * 3 : (y * WIDTH + 48) * 3] for y in range(16, 32))


def refused(client: RawClient, type_: str, body: dict[str, Any], **more: Any) -> Refused:
    with pytest.raises(Refused) as told:
        client.ask(type_, body, **more)
    return told.value


def test_pixels_go_and_come_as_frames(client: RawClient) -> None:
    data = pixels()
    block = {"pixels": ("u8", [HEIGHT, WIDTH, 3], data)}
    answer = client.ask("repair.render", render(), blocks=block)
    assert answer.shapes == {"pixels": (16, 32, 3)}
    assert answer.body == {"box": [16, 16, 48, 32], "unchanged": False}
    before = inner(data)
    assert all(a >= b for a, b in zip(answer.blocks["pixels"], before, strict=True))
    same = client.ask("repair.render", render(strength=0), blocks=block)
    assert same.body["unchanged"]
    assert same.blocks["pixels"] == before


def test_pixels_go_and_come_through_files(client: RawClient) -> None:
    data = pixels()
    write = client.ask("repair.render", render(via="file")).body["write"]
    assert write["bytes"] == len(data)
    with (client.folder / write["file"]).open("r+b") as file:
        file.write(data)
    source = {**render()["pixels"], "file": write["file"]}
    by_file = client.ask("repair.render", render(via="file", pixels=source))
    assert by_file.blocks == {}
    written = (client.folder / by_file.body["file"]).read_bytes()
    assert len(written) == by_file.body["bytes"] == 32 * 16 * 3
    block = {"pixels": ("u8", [HEIGHT, WIDTH, 3], data)}
    assert client.ask("repair.render", render(), blocks=block).blocks["pixels"] == written


def test_another_clients_file_is_refused(engine: EngineProcess, client: RawClient) -> None:
    write = client.ask("repair.render", render()).body["write"]
    source = {**render()["pixels"], "file": write["file"]}
    assert refused(engine.client(), "repair.render", render(pixels=source)).code == "bad_input"


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "magic"},
        {"strength": 1.5},
        {"strength": -0.1},
        {"via": "pigeon"},
        {"box": [16, 16, 70, 32]},
        {"around": [0, 0, 60, HEIGHT]},
        {"settings": {"stops": "many"}},
        {"settings": {"stops": None}},
        {"pixels": {"width": 0, "height": 4}},
        {"box": None},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_bad_input(client: RawClient, changes: dict[str, Any]) -> None:
    assert refused(client, "repair.render", render(**changes)).code == "bad_input"


def test_frames_of_another_size_are_refused(client: RawClient) -> None:
    block = {"pixels": ("u8", [5], b"\0" * 5)}
    told = refused(client, "repair.render", render(), blocks=block)
    assert (told.code, "5 came" in told.message) == ("bad_input", True)


def test_a_giant_is_refused_with_its_size(client: RawClient) -> None:
    side = 1 << 20
    source = {"width": side, "height": side, "dtype": "f32", "channels": "RGBA"}
    whole = [0, 0, side, side]
    told = refused(client, "repair.render", render(pixels=source, around=whole))
    assert told.code == "no_memory"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"region": "blur-0", "box": [0, 0, 9, 9]},
        {"region": "blur-0", "distortion": "blur"},
        {"box": [0, 0, 9, 9], "distortion": "ugliness"},
        {"box": [0, 0, 9000, 9]},
    ],
    ids=str,
)
def test_a_plan_is_of_one_region_or_of_one_box_inside(
    client: RawClient, body: dict[str, Any]
) -> None:
    opened, _ = client.open_pixels(pixels(), WIDTH, HEIGHT)
    photo = {"photo_id": opened.body["photo_id"]}
    assert refused(client, "repair.plan", {**photo, "box": [0, 0, 9, 9]}).code == "not_found"
    client.ask("analyze", photo)
    assert refused(client, "repair.plan", {**photo, **body}).code == "bad_input"


def test_a_plan_of_a_region_can_be_rendered_as_it_is(client: RawClient) -> None:
    data = pixels()
    opened, _ = client.open_pixels(data, WIDTH, HEIGHT)
    photo = {"photo_id": opened.body["photo_id"]}
    (region,) = client.ask("analyze", photo).body["report"]["regions"]
    plan = client.ask("repair.plan", {**photo, "region": region["id"]}).body["plan"]
    assert (plan["region"], plan["distortion"]) == (region["id"], region["distortion"])
    assert plan["box"] == region["box"]
    left, top, right, bottom = plan["around"]
    assert 0 <= left <= plan["box"][0] < plan["box"][2] <= right <= WIDTH
    seen = b"".join(
        data[(y * WIDTH + left) * 3 : (y * WIDTH + right) * 3] for y in range(top, bottom)
    )
    layout = {"width": right - left, "height": bottom - top, "dtype": "u8", "channels": "RGB"}
    keys = ("method", "box", "around", "strength", "settings")
    block = {"pixels": ("u8", [len(seen)], seen)}
    request = {**{key: plan[key] for key in keys}, "pixels": layout}
    assert client.ask("repair.render", request, blocks=block).body["box"] == plan["box"]


def test_a_region_of_another_view_or_threshold_is_not_found(client: RawClient) -> None:
    opened, _ = client.open_pixels(pixels(), WIDTH, HEIGHT)
    photo = {"photo_id": opened.body["photo_id"]}
    client.ask("analyze", photo)
    told = refused(client, "repair.plan", {**photo, "region": "blur-00000000"})
    assert told.code == "not_found"
