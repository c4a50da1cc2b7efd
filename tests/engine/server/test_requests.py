"""What each request does, as the protocol document says it, seen from outside."""

from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import EngineProcess
from .rawclient import Dialogue, RawClient, Refused, bmp, picture

WIDTH, HEIGHT = 64, 48
_seeds = itertools.count(40_000)


@pytest.fixture
def photo(client: RawClient) -> dict[str, str]:
    """A photo that no analysis has seen."""
    opened, _ = client.open_pixels(picture(WIDTH, HEIGHT, next(_seeds)), WIDTH, HEIGHT)
    return {"photo_id": str(opened.body["photo_id"])}


@pytest.fixture
def analysed(client: RawClient, photo: dict[str, str]) -> dict[str, str]:
    client.ask("analyze", photo)
    return photo


def dialogue(client: RawClient, type_: str, body: dict[str, object]) -> Dialogue:
    return client.until_answered(client.send(type_, body))


def refused_code(client: RawClient, type_: str, body: dict[str, object]) -> str:
    with pytest.raises(Refused) as refused:
        client.ask(type_, body)
    return str(refused.value.code)


def test_planes_stream_only_where_they_are_asked_for(
    client: RawClient, photo: dict[str, str]
) -> None:
    plain = dialogue(client, "analyze", photo)
    assert plain.of("partial") == []
    assert {message.body["stage"] for message in plain.of("progress")} == {"screen", "tile"}


def test_the_screen_view_comes_first_then_tiles_then_the_report(
    client: RawClient, photo: dict[str, str]
) -> None:
    told = dialogue(client, "analyze", {**photo, "planes": True})
    stages = [message.body["stage"] for message in told.of("partial")]
    assert stages == ["screen", "tile", "tile", "tile", "tile"]
    assert told.types[0] == "accepted"
    assert told.types[-1] == "result"
    first = told.of("partial")[0]
    assert first.shapes == {"severity": (2, 6, 8), "unknown": (2, 6, 8)}
    assert first.body["box"] == [0, 0, WIDTH, HEIGHT]


def test_stored_planes_stream_again(client: RawClient, analysed: dict[str, str]) -> None:
    told = dialogue(client, "analyze", {**analysed, "planes": True})
    assert [message.body["view"] for message in told.of("partial")] == ["screen", "pixel"]
    assert told.of("partial")[0].shapes["severity"] == (2, 6, 8)


def test_strictness_and_thresholds_answer_from_stored_planes(
    engine: EngineProcess, client: RawClient, analysed: dict[str, str]
) -> None:
    def threshold(**options: object) -> float:
        report = client.ask("regions", {**analysed, **options}).body["report"]
        return float(report["distortions"]["blur"]["threshold"])

    began = len(engine.journal)
    assert threshold() == 102 / 255
    assert threshold(strictness=1) == 51 / 255
    assert threshold(strictness=-1) == 204 / 255
    assert threshold(strictness=1, thresholds={"blur": 0.9}) == round(0.9 * 255) / 255
    # A distortion that this engine does not have is no error: a policy may name all eight.
    assert threshold(thresholds={"contrast": 0.5}) == 102 / 255
    assert len(engine.journal) == began


@pytest.mark.parametrize(
    ("type_", "body"),
    [
        ("regions", {}),
        ("roi.score", {"box": [0, 0, 9, 9]}),
        ("layers.render", {"plane": "mask", "distortions": ["blur"]}),
    ],
)
def test_what_needs_planes_says_that_there_are_none(
    client: RawClient, photo: dict[str, str], type_: str, body: dict[str, object]
) -> None:
    assert refused_code(client, type_, {**photo, **body}) == "not_found"


def test_an_unknown_region_is_not_found(client: RawClient, analysed: dict[str, str]) -> None:
    body = {**analysed, "region": "blur-00000000"}
    assert refused_code(client, "roi.score", body) == "not_found"
    body = {**analysed, "plane": "mask", "regions": ["blur-00000000"]}
    assert refused_code(client, "layers.render", body) == "not_found"


def test_regions_of_the_report_can_be_scored_and_drawn(
    client: RawClient, analysed: dict[str, str]
) -> None:
    (region,) = client.ask("regions", analysed).body["report"]["regions"]
    roi = client.ask("roi.score", {**analysed, "region": region["id"]}).body["roi"]
    assert roi["box"] == region["box"]
    drawn = client.ask("layers.render", {**analysed, "plane": "tint", "regions": [region["id"]]})
    (layer,) = drawn.body["layers"]
    assert (layer["name"], layer["box"]) == (region["id"], region["box"])
    x0, y0, x1, y1 = region["box"]
    assert layer["shape"] == [y1 - y0, x1 - x0, 4]
    assert drawn.shapes[layer["block"]] == tuple(layer["shape"])


def test_layers_are_the_same_through_frames_and_through_a_file(
    client: RawClient, analysed: dict[str, str]
) -> None:
    asked = {**analysed, "plane": "severity", "distortions": ["noise", "blur"]}
    by_frames = client.ask("layers.render", asked)
    by_file = client.ask("layers.render", {**asked, "via": "file"}).body
    data = (client.folder / by_file["file"]).read_bytes()
    assert len(data) == by_file["bytes"]
    for framed, filed in zip(by_frames.body["layers"], by_file["layers"], strict=True):
        start = filed["offset"]
        block = by_frames.blocks[framed["block"]]
        assert data[start : start + len(block)] == block
        assert (framed["name"], framed["shape"]) == (filed["name"], filed["shape"])


def test_a_distortion_that_the_engine_does_not_have_is_unsupported(
    client: RawClient, analysed: dict[str, str]
) -> None:
    body = {**analysed, "plane": "mask", "distortions": ["contrast"]}
    assert refused_code(client, "layers.render", body) == "unsupported"


MASKS = {
    "too small": ("u8", [HEIGHT, WIDTH - 1]),
    "turned": ("u8", [WIDTH, HEIGHT]),
    "of other numbers": ("u16", [HEIGHT, WIDTH]),
    "flat": ("u8", [HEIGHT * WIDTH]),
}


@pytest.mark.parametrize("layout", MASKS.values(), ids=MASKS.keys())
def test_a_mask_of_another_size_is_refused(
    client: RawClient, analysed: dict[str, str], layout: tuple[str, list[int]]
) -> None:
    dtype, shape = layout
    size = {"u8": 1, "u16": 2}[dtype]
    for side in shape:
        size *= side
    with pytest.raises(Refused, match="mask") as refused:
        client.ask(
            "roi.score",
            {**analysed, "mask": True},
            blocks={"mask": (dtype, shape, b"\xff" * size)},
        )
    assert refused.value.code == "bad_input"


@pytest.mark.parametrize(
    "body",
    [{"box": [0, 0, WIDTH + 1, 5]}, {"point": [WIDTH, 0]}, {"point": [-1, 0]}],
    ids=["box", "point", "negative point"],
)
def test_an_roi_outside_the_photo_is_refused(
    client: RawClient, analysed: dict[str, str], body: dict[str, object]
) -> None:
    assert refused_code(client, "roi.score", {**analysed, **body}) == "bad_input"


def test_an_empty_mask_is_refused(client: RawClient, analysed: dict[str, str]) -> None:
    nothing = ("u8", [HEIGHT, WIDTH], bytes(WIDTH * HEIGHT))
    with pytest.raises(Refused, match="empty") as refused:
        client.ask("roi.score", {**analysed, "mask": True}, blocks={"mask": nothing})
    assert refused.value.code == "bad_input"


@pytest.mark.parametrize("known", [True, False], ids=["analysed", "not analysed"])
def test_an_update_gives_a_new_photo_and_leaves_the_old(
    engine: EngineProcess, client: RawClient, photo: dict[str, str], known: bool
) -> None:
    if known:
        client.ask("analyze", photo)
    before = client.ask("pixels", photo).blocks["pixels"]
    patch = bytes(range(192))
    change = {**photo, "box": [8, 16, 16, 24], "pixels": {"width": 8, "height": 8}}
    new = client.ask("update", change, blocks={"pixels": ("u8", [8, 8, 3], patch)}).body
    assert new["photo_id"] != photo["photo_id"]
    assert new["analysed"] is known
    expected = bytearray(before)
    for row in range(8):
        start = ((16 + row) * WIDTH + 8) * 3
        expected[start : start + 24] = patch[row * 24 : row * 24 + 24]
    after = client.ask("pixels", {"photo_id": new["photo_id"]}).blocks["pixels"]
    assert after == bytes(expected)
    assert client.ask("pixels", photo).blocks["pixels"] == before
    updates = [line for line in engine.journal if line.startswith(f"update {new['photo_id'][:8]}")]
    assert len(updates) == known


@pytest.mark.parametrize(
    "box",
    [[20, 20, 21, 21], [0, 0, 1, 1], [WIDTH - 1, HEIGHT - 1, WIDTH, HEIGHT], [0, 0, 1, HEIGHT],
     [0, HEIGHT - 1, WIDTH, HEIGHT], [9, 3, 12, 10]],
)  # fmt: skip
def test_a_dab_of_any_size_is_an_update(
    client: RawClient, analysed: dict[str, str], box: list[int]
) -> None:
    width, height = box[2] - box[0], box[3] - box[1]
    patch = bytes((7 * i + 3) % 256 for i in range(width * height * 3))
    change = {**analysed, "box": box, "pixels": {"width": width, "height": height}}
    new = client.ask("update", change, blocks={"pixels": ("u8", [height, width, 3], patch)}).body
    assert new["analysed"] is True
    shown = client.ask("pixels", {"photo_id": new["photo_id"], "box": box})
    assert shown.blocks["pixels"] == patch


def test_an_update_outside_the_photo_is_refused(client: RawClient, photo: dict[str, str]) -> None:
    change = {**photo, "box": [60, 0, 68, 8], "pixels": {"width": 8, "height": 8}}
    with pytest.raises(Refused, match="not inside the photo"):
        client.ask("update", change, blocks={"pixels": ("u8", [8, 8, 3], bytes(192))})


def test_an_update_keeps_the_lineage_of_the_file(engine: EngineProcess, tmp_path: Path) -> None:
    client = engine.client()
    path = bmp(tmp_path / "photo.bmp", WIDTH, HEIGHT, seed=next(_seeds))
    opened = client.ask("open", {"path": str(path)}).body
    change = {
        "photo_id": opened["photo_id"],
        "box": [0, 0, 8, 8],
        "pixels": {"width": 8, "height": 8},
    }
    new = client.ask("update", change, blocks={"pixels": ("u8", [8, 8, 3], bytes(192))}).body
    assert (new["lineage"], new["path"], new["file_sha256"]) == (str(path), None, None)


def test_a_part_of_the_photo_is_shown_smaller(client: RawClient, photo: dict[str, str]) -> None:
    answer = client.ask("pixels", {**photo, "box": [8, 8, 48, 40], "scale": 0.25})
    assert answer.shapes["pixels"] == (8, 10, 3)
    assert answer.body["box"] == [8, 8, 48, 40]
    assert refused_code(client, "pixels", {**photo, "box": [0, 0, 65, 8]}) == "bad_input"


def test_a_closed_photo_is_still_there_while_there_is_room(
    client: RawClient, analysed: dict[str, str]
) -> None:
    assert client.ask("close", analysed).body == {}
    client.ask("regions", analysed)
    # Closing what is not there is no error: the client wanted it gone.
    assert client.ask("close", {"photo_id": "0" * 64}).body == {}


def test_lineage_travels_with_pixels(client: RawClient) -> None:
    layout = {"width": 8, "height": 8}
    block = {"pixels": ("u8", [8, 8, 3], picture(8, 8, next(_seeds)))}
    opened = client.ask("open", {"pixels": layout, "lineage": "xmp.did:1"}, blocks=block).body
    assert opened["lineage"] == "xmp.did:1"
    client.ask("analyze", {"photo_id": opened["photo_id"]})
    report = client.ask("regions", {"photo_id": opened["photo_id"]}).body["report"]
    assert report["photo"]["lineage"] == "xmp.did:1"
    assert report["photo"]["path"] is None


def test_a_path_that_no_file_can_have_is_told_so(client: RawClient) -> None:
    for path, words in (("/a\0b.jpg", "zero character"), ("/\ud800.jpg", "half of a character")):
        with pytest.raises(Refused, match=words) as refused:
            client.ask("open", {"path": path})
        assert refused.value.code == "bad_input"


def test_a_python_without_sqlite_keeps_no_marks_and_says_so(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "sys.modules['sqlite3'] = None\n"
        "from flawmap_api.errors import Unsupported\n"
        "import flawmap_engine.application, flawmap_engine.handlers.marks\n"
        "from flawmap_engine.handlers import Engine\n"
        "engine = Engine(None, None, None, 'auto', 1, None)\n"
        "assert not engine.keeps_marks\n"
        "try:\n"
        "    engine.marks\n"
        "except Unsupported as error:\n"
        "    print(error.message)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout == "This Python has no SQLite, so no marks can be kept.\n"
