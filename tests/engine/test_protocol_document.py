"""`docs/protocol.md` suffices: a client written from it alone works, and its tables are true."""

from __future__ import annotations

import json
import os
import re
import struct
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import zmq
from tests.engine.server.conftest import EngineProcess

from flawmap_api.messages import CONTROL_REQUESTS, REQUESTS, parse_request

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "protocol.md"
_EXAMPLE = re.compile(r"<!-- example: ([^>]+) -->\n```json\n(.*?)```", re.DOTALL)

KEYS = {
    "connection": "work control server_public client_public client_secret pid started protocols "
    "version installation device folder log models",
    "result hello": "engine_version protocol protocols features distortions views device model "
    "models pid started installation memory threads extras",
    "result open": "photo_id width height lineage path file_sha256 notes analysed",
    "result ping": "pid uptime_s idle_s jobs photos memory device",
    "partial analyze": "stage view box grid row col distortions",
}


def examples(kind: str = "") -> list[tuple[str, Any]]:
    found = _EXAMPLE.findall(DOCUMENT.read_text("utf-8"))
    return [(name, json.loads(text)) for name, text in found if name.startswith(kind)]


# ------------------------------------------------------------------ a client from the page alone


class DocumentClient:
    """Sections 1 to 6 of the page, in the fewest lines."""

    def __init__(self, folder: Path) -> None:
        self.file = json.loads((folder / "engine.json").read_text("utf-8"))
        self.context = zmq.Context()
        self.sockets = {name: self._connected(self.file[name]) for name in ("work", "control")}
        self.partials: list[tuple[dict[str, Any], dict[str, bytes]]] = []

    def _connected(self, address: str) -> Any:
        socket = self.context.socket(zmq.DEALER)
        socket.setsockopt_string(zmq.CURVE_SERVERKEY, self.file["server_public"])
        socket.setsockopt_string(zmq.CURVE_PUBLICKEY, self.file["client_public"])
        socket.setsockopt_string(zmq.CURVE_SECRETKEY, self.file["client_secret"])
        socket.setsockopt(zmq.LINGER, 0)
        socket.setsockopt(zmq.MAXMSGSIZE, 4194368)
        socket.setsockopt(zmq.HEARTBEAT_IVL, 300)
        socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, 1000)
        socket.connect(address)
        return socket

    def ask(
        self, type_: str, body: dict[str, Any], blocks: Any = (), socket: str = "work"
    ) -> tuple[dict[str, Any], dict[str, bytes]]:
        request_id = uuid.uuid4().hex
        described, frames = [], []
        for name, dtype, shape, data in blocks:
            parts = [data[at : at + 4194304] for at in range(0, len(data), 4194304)]
            described.append({"name": name, "dtype": dtype, "shape": shape, "parts": len(parts)})
            frames += parts
        header = {"id": request_id, "type": type_, "version": 1, "body": body, "frames": described}
        wire = self.sockets[socket]
        wire.send_multipart([json.dumps(header).encode("utf-8"), *frames])
        types = []
        while wire.poll(20_000):
            header_frame, *frames = wire.recv_multipart()
            answer = json.loads(header_frame)
            arrays = {}
            for block in answer["frames"]:
                arrays[block["name"]] = b"".join(frames[: block["parts"]])
                del frames[: block["parts"]]
            assert not frames
            if answer["id"] != request_id:
                continue
            types.append(answer["type"])
            if answer["type"] == "partial":
                self.partials.append((answer["body"], arrays))
            if answer["type"] in ("result", "error"):
                assert types[0] == "accepted"
                if answer["type"] == "error":
                    raise LookupError(answer["body"]["code"], answer["body"]["message"])
                return answer["body"], arrays
        raise TimeoutError(type_)

    def filled(self, type_: str, body: dict[str, Any], data: bytes) -> str:
        write = self.ask(type_, body)[0]["write"]
        assert write["bytes"] == len(data)
        assert "/" not in write["file"]
        with open(os.path.join(self.file["folder"], write["file"]), "r+b") as file:
            file.write(data)
        return str(write["file"])

    def read(self, body: dict[str, Any]) -> bytes:
        data = Path(self.file["folder"], body["file"]).read_bytes()
        assert len(data) == body["bytes"]
        return data


@pytest.fixture(scope="module")
def real_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineProcess]:
    folder = tmp_path_factory.mktemp("protocol")
    folder.chmod(0o700)
    engine = EngineProcess(folder, real=True).start()
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def page_client(real_engine: EngineProcess) -> Iterator[DocumentClient]:
    client = DocumentClient(real_engine.folder)
    yield client
    client.context.destroy(linger=0)


WIDTH, HEIGHT = 2400, 1800


@pytest.fixture(scope="module")
def pixels() -> bytes:
    """A picture whose left half is finely grained and whose right half is flat white."""
    import random

    rows = random.Random(1)
    grain = [rows.randbytes(WIDTH // 2 * 3) for _ in range(16)]
    white = b"\xff" * (WIDTH // 2 * 3)
    return b"".join(grain[(y * 7) % 16] + white for y in range(HEIGHT))


def test_the_client_of_the_page_walks_the_whole_way(
    page_client: DocumentClient, pixels: bytes
) -> None:
    ask = page_client.ask
    hello, _ = ask("hello", {"client": "page", "client_version": "1", "protocols": [1, 1]})
    assert hello["protocol"] == 1
    layout = {"width": WIDTH, "height": HEIGHT, "dtype": "u8", "channels": "RGB"}
    name = page_client.filled("open", {"pixels": layout}, pixels)
    photo, _ = ask("open", {"pixels": {**layout, "file": name}})
    assert (photo["width"], photo["height"], photo["analysed"]) == (WIDTH, HEIGHT, False)
    photo_id = {"photo_id": photo["photo_id"]}

    analysis, _ = ask("analyze", {**photo_id, "planes": True})
    report = analysis["report"]
    assert report["view"] == "screen"
    assert list(report["distortions"]) == hello["distortions"]
    _check_partials(page_client, report["grid"])

    pixel_view, _ = ask("regions", {**photo_id, "view": "pixel"})
    assert pixel_view["report"]["grid"] == {"rows": 225, "cols": 300}

    shown, blocks = ask("pixels", {**photo_id, "box": [0, 0, 40, 30], "scale": 1.0})
    expected = b"".join(pixels[y * WIDTH * 3 :][: 40 * 3] for y in range(30))
    assert blocks["pixels"] == expected
    assert page_client.read(ask("pixels", {**photo_id, "via": "file"})[0]) == pixels
    assert (shown["width"], shown["height"]) == (40, 30)

    layers, _ = ask(
        "layers.render",
        {**photo_id, "plane": "tint", "distortions": ["noise", "blur"], "via": "file"},
    )
    data = page_client.read(layers)
    assert [layer["offset"] for layer in layers["layers"]] == [0, WIDTH * HEIGHT * 4]
    assert len(data) == 2 * WIDTH * HEIGHT * 4
    grid, blocks = ask(
        "layers.render",
        {**photo_id, "plane": "severity", "size": "grid", "distortions": ["noise"]},
    )
    (layer,) = grid["layers"]
    assert len(blocks[layer["block"]]) == report["grid"]["rows"] * report["grid"]["cols"]

    box, _ = ask("roi.score", {**photo_id, "box": [0, 0, WIDTH // 2, HEIGHT]})
    mask = (b"\xff" * (WIDTH // 2) + b"\0" * (WIDTH // 2)) * HEIGHT
    name = page_client.filled("roi.score", {**photo_id, "mask": True}, mask)
    by_file, _ = ask("roi.score", {**photo_id, "mask": True, "mask_file": name})
    block = ("mask", "u8", [HEIGHT, WIDTH], mask)
    by_frame, _ = ask("roi.score", {**photo_id, "mask": True}, [block])
    assert by_file == by_frame
    assert box["roi"]["distortions"] == by_file["roi"]["distortions"]

    patch = b"\x80" * (64 * 32 * 3)
    change = {
        **photo_id,
        "box": [10, 20, 74, 52],
        "pixels": {"width": 64, "height": 32, "dtype": "u8", "channels": "RGB"},
    }
    name = page_client.filled("update", change, patch)
    change["pixels"] = {**change["pixels"], "file": name}
    changed, _ = ask("update", change)
    assert changed["photo_id"] != photo["photo_id"]
    assert changed["analysed"] is True
    _, blocks = ask("pixels", {"photo_id": changed["photo_id"], "box": [10, 20, 74, 52]})
    assert blocks["pixels"] == patch

    plan, _ = ask("repair.plan", {**photo_id, "box": [64, 64, 320, 256], "distortion": "noise"})
    plan = plan["plan"]
    assert plan["around"] == [64 - plan["margin"], 64 - plan["margin"], 336, 272]
    repair = {key: plan[key] for key in ("method", "box", "around", "strength", "settings")}
    left, top, right, bottom = plan["around"]
    seen = b"".join(
        pixels[(y * WIDTH + left) * 3 : (y * WIDTH + right) * 3] for y in range(top, bottom)
    )
    layout = {"width": right - left, "height": bottom - top, "dtype": "u8", "channels": "RGB"}
    repair |= {"pixels": layout, "via": "file"}
    name = page_client.filled("repair.render", repair, seen)
    repair["pixels"] = {**layout, "file": name}
    repaired, _ = ask("repair.render", repair)
    assert (repaired["box"], repaired["unchanged"]) == (plan["box"], False)
    assert len(page_client.read(repaired)) == 256 * 192 * 3
    same, blocks = ask(
        "repair.render",
        {**repair, "pixels": layout, "strength": 0, "via": "frames"},
        [("pixels", "u8", [len(seen)], seen)],
    )
    expected = [pixels[(y * WIDTH + 64) * 3 : (y * WIDTH + 320) * 3] for y in range(64, 256)]
    assert same["unchanged"]
    assert blocks["pixels"] == b"".join(expected)

    assert ask("models", {})[0]["models"][0]["sha256"] == hello["model"]["sha256"]
    assert ask("ping", {}, socket="control")[0]["photos"] == 2
    assert ask("cancel", {"request": "none"}, socket="control")[0] == {"found": False}
    assert ask("close", photo_id)[0] == {}
    assert ask("bye", {})[0] == {}


def _check_partials(client: DocumentClient, grid: dict[str, int]) -> None:
    bodies = [body for body, _ in client.partials]
    assert bodies[0]["stage"] == "screen"
    assert bodies[0]["grid"] == grid
    assert {body["stage"] for body in bodies[1:]} == {"tile"}
    covered = set()
    for body, blocks in client.partials:
        rows, cols = body["grid"]["rows"], body["grid"]["cols"]
        assert set(body) == set(KEYS["partial analyze"].split())
        for plane in ("severity", "unknown"):
            assert len(blocks[plane]) == len(body["distortions"]) * rows * cols
        if body["view"] == "pixel":
            covered |= {
                (row, col)
                for row in range(body["row"], body["row"] + rows)
                for col in range(body["col"], body["col"] + cols)
            }
    assert len(covered) == 225 * 300


def test_pixels_of_every_kind_come_in(page_client: DocumentClient) -> None:
    grey = [0, 64, 128, 255]
    samples: dict[str, Callable[[int], bytes]] = {
        "u8": lambda v: struct.pack("<B", v),
        "u16": lambda v: struct.pack("<H", v * 257),
        "f16": lambda v: struct.pack("<e", v / 255),
        "f32": lambda v: struct.pack("<f", v / 255),
    }
    for dtype, pack in samples.items():
        for channels, count in {"Y": 1, "YA": 2, "RGB": 3, "BGR": 3, "RGBA": 4, "BGRA": 4}.items():
            pixel = [pack(v) * min(count, 3) for v in grey]
            if count in (2, 4):
                pixel = [pack(v) * (count - 1) + pack(255) for v in grey]
            data = b"".join(pixel[(x // 2) % 4] for _ in range(8) for x in range(8))
            layout = {"width": 8, "height": 8, "dtype": dtype, "channels": channels}
            block = ("pixels", dtype, [8, 8, count], data)
            photo, _ = page_client.ask("open", {"pixels": layout}, [block])
            _, blocks = page_client.ask("pixels", {"photo_id": photo["photo_id"]})
            assert list(blocks["pixels"][: 8 * 3 : 6]) == grey, (dtype, channels)


# ------------------------------------------------------------------ the page's own words are true


def test_every_request_has_its_section() -> None:
    text = DOCUMENT.read_text("utf-8")
    sections = set(re.findall(r"^### (\S+)$", text, re.MULTILINE))
    assert sections == set(REQUESTS) | set(CONTROL_REQUESTS)


@pytest.mark.parametrize(("name", "body"), examples("request "))
def test_the_examples_of_requests_are_requests(name: str, body: dict[str, Any]) -> None:
    type_ = name.split()[1]
    known = {**REQUESTS, **CONTROL_REQUESTS}
    parse_request(type_, body, known)
    fields = set(known[type_].__dataclass_fields__)
    assert set(body) <= fields


@pytest.mark.parametrize("kind", KEYS)
def test_the_examples_of_answers_have_every_field(kind: str) -> None:
    (body,) = [body for name, body in examples(kind) if name == kind]
    assert set(body) == set(KEYS[kind].split())


def test_real_answers_have_the_fields_of_the_page(
    page_client: DocumentClient, real_engine: EngineProcess
) -> None:
    assert set(real_engine.connection) == set(KEYS["connection"].split())
    # As `hello` tells them, before it is asked.
    models = real_engine.connection["models"]
    hello = {"client": "page", "client_version": "1", "protocols": [1, 1]}
    greeting = page_client.ask("hello", hello)[0]
    assert set(greeting) == set(KEYS["result hello"].split())
    assert greeting["models"] == models
    assert set(page_client.ask("ping", {}, socket="control")[0]) == set(KEYS["result ping"].split())
    layout = {"width": 8, "height": 8, "dtype": "u8", "channels": "Y"}
    block = ("pixels", "u8", [64], bytes(64))
    photo = page_client.ask("open", {"pixels": layout}, [block])[0]
    assert set(photo) == set(KEYS["result open"].split())
    (of_page,) = [body["models"][0] for _, body in examples("result models")]
    assert set(page_client.ask("models", {})[0]["models"][0]) == set(of_page)
    page_client.ask("analyze", {"photo_id": photo["photo_id"]})
    plan = page_client.ask("repair.plan", {"photo_id": photo["photo_id"], "box": [0, 0, 8, 8]})[0]
    (of_page,) = [body["plan"] for _, body in examples("result repair.plan")]
    assert set(of_page) == set(plan["plan"])
    roi = page_client.ask("roi.score", {"photo_id": photo["photo_id"], "box": [0, 0, 8, 8]})[0]
    (of_page,) = [body["roi"] for _, body in examples("result roi.score")]
    assert set(of_page) - {"box"} <= set(roi["roi"])


def test_the_table_of_codes_is_complete() -> None:
    from flawmap_api import errors

    kinds = [getattr(errors, name) for name in errors.__all__ if name != "error_from_code"]
    text = DOCUMENT.read_text("utf-8")
    table = text[text.index("## 9. Errors") : text.index("## 10. Limits")]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) - {"code"} == {
        kind.code for kind in kinds
    }


def test_the_limits_of_the_page_are_the_limits_of_the_code() -> None:
    from flawmap_api.wire import MAX_FRAME, MAX_FRAMES, SOCKET_LIMIT
    from flawmap_engine.jobs import MOST_JOBS, MOST_PER_CLIENT
    from flawmap_engine.server import MAX_HEADER

    text = DOCUMENT.read_text("utf-8")
    assert f"| `MAXMSGSIZE` | {SOCKET_LIMIT} " in text
    assert f"| a frame | {MAX_FRAME >> 20} MiB |" in text
    assert f"| the header frame | {MAX_HEADER >> 20} MiB |" in text
    assert f"| binary frames of a message | {MAX_FRAMES} |" in text
    assert f"| {MOST_PER_CLIENT}, {MOST_JOBS} | `busy` |" in text
