"""Whatever comes over the wire: a sentence goes back, the engine stays, others are served."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from .conftest import EngineProcess
from .rawclient import Answer, RawClient, Refused, bmp


def header(**changes: Any) -> dict[str, Any]:
    return {"id": "x1", "type": "models", "version": 1, "body": {}, "frames": [], **changes}


def say(client: RawClient, first: Any, *frames: bytes) -> Answer:
    """Send frames as they are, and give the error that comes back."""
    raw = first if isinstance(first, bytes) else json.dumps(first).encode()
    client.socket.send_multipart([raw, *frames])
    while (answer := client.receive(10)) is not None:
        if answer.type == "error":
            return answer
        assert answer.type == "accepted"
    raise AssertionError("no answer")


ILLEGIBLE = {
    "nothing": b"",
    "not JSON": b"hello?",
    "not UTF-8": b'{"id": "\xff\xfe"}',
    "UTF-16": '{"id": "x1"}'.encode("utf-16"),
    "a list": b"[1, 2]",
    "a number": b"42",
    "NaN": b'{"id": NaN}',
    "half of it": b'{"id": "x1", "type": "mod',
    "deep lists": b"[" * 200_000,
    "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "no id": b'{"type": "models", "version": 1}',
    "a number as id": b'{"id": 7, "type": "models", "version": 1}',
    "an empty id": b'{"id": "", "type": "models", "version": 1}',
    "a very long id": b'{"id": "' + b"a" * 65 + b'", "type": "models", "version": 1}',
    "huge": b'{"id": "x1", "body": "' + b"a" * (2 << 20) + b'"}',
}


@pytest.mark.parametrize("raw", ILLEGIBLE.values(), ids=ILLEGIBLE.keys())
@pytest.mark.parametrize("socket", ["work", "control"])
def test_an_illegible_header_gets_an_error_without_an_id(
    engine: EngineProcess, raw: bytes, socket: str
) -> None:
    client = engine.client(socket)
    answer = say(client, raw)
    assert (answer.id, answer.body["code"]) == ("", "bad_input")
    assert answer.body["message"].endswith((".", "…"))
    client.ask("ping" if socket == "control" else "models")


UNREADABLE: dict[str, tuple[dict[str, Any], list[bytes]]] = {
    "no type": ({"id": "x1", "version": 1}, []),
    "a number as type": (header(type=3), []),
    "no version": ({"id": "x1", "type": "models"}, []),
    "true as version": (header(version=True), []),
    "a list as body": (header(body=[]), []),
    "an object as frames": (header(frames={}), []),
    "a frame too many": (header(), [b"abc"]),
    "a frame missing": (header(frames=[{"name": "a", "dtype": "u8", "shape": [3]}]), []),
    "a size that lies": (header(frames=[{"name": "a", "dtype": "u8", "shape": [9]}]), [b"abc"]),
    "4 GiB claimed": (
        header(frames=[{"name": "a", "dtype": "f32", "shape": [32768, 32768], "parts": 1}]),
        [b"abc"],
    ),
    "more than can be counted": (
        header(frames=[{"name": "a", "dtype": "u8", "shape": [2**39, 2**39, 2**39]}]),
        [b"abc"],
    ),
    "a negative size": (header(frames=[{"name": "a", "dtype": "u8", "shape": [-3]}]), [b"abc"]),
    "five dimensions": (header(frames=[{"name": "a", "dtype": "u8", "shape": [1] * 5}]), [b"a"]),
    "objects as numbers": (header(frames=[{"name": "a", "dtype": "O", "shape": [1]}]), [b"a"]),
    "the same block twice": (
        header(frames=[{"name": "a", "dtype": "u8", "shape": [1]}] * 2),
        [b"a", b"b"],
    ),
    "no parts": (header(frames=[{"name": "a", "dtype": "u8", "shape": [0], "parts": 0}]), []),
    "a text among frames": (header(frames=["a"]), [b"a"]),
    "over 512 frames": (header(), [b""] * 513),
}


@pytest.mark.parametrize("case", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_an_unreadable_message_gets_an_error_with_its_id(
    client: RawClient, case: tuple[dict[str, Any], list[bytes]]
) -> None:
    answer = say(client, case[0], *case[1])
    assert (answer.id, answer.body["code"]) == ("x1", "bad_input")


def test_a_frame_over_the_limit_breaks_the_connection_of_its_sender_only(
    engine: EngineProcess,
) -> None:
    other = engine.client()
    sender = engine.client()
    sender.hello()
    sender.socket.send_multipart([json.dumps(header()).encode(), b"a" * ((4 << 20) + 100)])
    assert sender.receive(0.5) is None
    other.ask("models")
    # ZeroMQ connects the sender again by itself, and it is served as before.
    sender.ask("models")


WRONG_BODIES: dict[str, tuple[str, dict[str, Any], str]] = {
    "an unknown request": ("frobnicate", {}, "unsupported"),
    "a control request on the work socket": ("ping", {}, "unsupported"),
    "hello without protocols": ("hello", {"client": "a", "client_version": "1"}, "bad_input"),
    "open without anything": ("open", {}, "bad_input"),
    "open with both": (
        "open",
        {"path": "/a", "pixels": {"width": 8, "height": 8}},
        "bad_input",
    ),
    "a relative path": ("open", {"path": "photo.jpg"}, "bad_input"),
    "a path with a zero": ("open", {"path": "/a\0b"}, "bad_input"),
    "a lone surrogate in a path": ("open", {"path": "/\ud800"}, "bad_input"),
    "a path that is not there": ("open", {"path": "/no/such/photo.jpg"}, "bad_input"),
    "a number as path": ("open", {"path": 5}, "bad_input"),
    "a picture of no pixels": ("open", {"pixels": {"width": 0, "height": 5}}, "bad_input"),
    "a picture over all bounds": (
        "open",
        {"pixels": {"width": 1 << 20, "height": 1 << 20, "dtype": "f32"}},
        "no_memory",
    ),
    "an unknown photo": ("analyze", {"photo_id": "nothing"}, "not_found"),
    "a photo id with a path in it": ("pixels", {"photo_id": "../../etc/passwd"}, "not_found"),
    "strictness over 1": ("regions", {"photo_id": "a", "strictness": 1.5}, "bad_input"),
    "a threshold of nothing": (
        "regions",
        {"photo_id": "a", "thresholds": {"beauty": 0.5}},
        "bad_input",
    ),
    "true as strictness": ("regions", {"photo_id": "a", "strictness": True}, "bad_input"),
    "an inside-out box": ("pixels", {"photo_id": "a", "box": [5, 5, 1, 1]}, "bad_input"),
    "a box of fractions": ("pixels", {"photo_id": "a", "box": [0, 0, 1.5, 2]}, "bad_input"),
    "a point of three": ("roi.score", {"photo_id": "a", "point": [1, 2, 3]}, "bad_input"),
    "an ROI of nothing": ("roi.score", {"photo_id": "a"}, "bad_input"),
    "pixels unlike their box": (
        "update",
        {"photo_id": "a", "box": [0, 0, 8, 8], "pixels": {"width": 9, "height": 8}},
        "bad_input",
    ),
    "a plane of the sky": (
        "layers.render",
        {"photo_id": "a", "plane": "sky", "distortions": ["blur"]},
        "bad_input",
    ),
}


@pytest.mark.parametrize("case", WRONG_BODIES.values(), ids=WRONG_BODIES.keys())
def test_a_wrong_request_gets_a_sentence(
    client: RawClient, case: tuple[str, dict[str, Any], str]
) -> None:
    type_, body, code = case
    with pytest.raises(Refused) as refused:
        client.ask(type_, body)
    assert refused.value.code == code
    assert refused.value.message
    assert "Traceback" not in str(refused.value)


@pytest.mark.skipif(os.name != "posix", reason="pipes and devices are POSIX")
def test_what_is_no_plain_file_blocks_nothing(client: RawClient, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.jpg"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/zero"), Path("/dev/tty"), tmp_path):
        for _ in range(3):
            with pytest.raises(Refused) as refused:
                client.ask("open", {"path": str(path)})
            assert refused.value.code == "bad_input"
    photo = bmp(tmp_path / "photo.bmp", 64, 48, seed=30_000)
    expected = hashlib.sha256(photo.read_bytes()).hexdigest()
    assert client.ask("open", {"path": str(photo)}).body["file_sha256"] == expected


def test_a_number_too_large_for_a_float_is_no_number(client: RawClient) -> None:
    raw = json.dumps(header(type="regions", body={"photo_id": "a", "strictness": "?"}))
    answer = say(client, raw.replace('"?"', "1e999").encode())
    assert (answer.id, answer.body["code"]) == ("x1", "bad_input")
    assert "finite" in answer.body["message"]


def test_every_request_is_accepted_before_it_is_answered(client: RawClient) -> None:
    for type_ in ("models", "frobnicate", "open"):
        dialogue = client.until_answered(client.send(type_))
        assert dialogue.types[0] == "accepted"
        assert dialogue.messages[0].body == {}
        assert len(dialogue.of("result") + dialogue.of("error")) == 1


def test_the_messages_of_a_reordered_request_belong_to_nobody(client: RawClient) -> None:
    # Binary first, header last: the binary frame is read as a header, and refused as one.
    answer = say(client, b"\x00\x01\x02", json.dumps(header()).encode())
    assert answer.body["code"] == "bad_input"


def test_an_id_that_is_at_work_cannot_be_used_again(engine: EngineProcess) -> None:
    client = engine.client()
    opened, _ = client.open_pixels(bytes(range(192)), 8, 8)
    with engine.staged("hold"):
        client.send("analyze", {"photo_id": opened.body["photo_id"]}, request_id="same")
        client.wait_for("same", "progress")
        client.send("models", request_id="same")
        error = client.wait_for("same", "error")
    assert error.body["code"] == "bad_input"
    assert "used once" in error.body["message"]
    client.wait_for("same", "result")


def test_a_client_that_floods_is_told_busy_and_others_are_served(engine: EngineProcess) -> None:
    flooder, other = engine.client(), engine.client()
    opened, _ = flooder.open_pixels(bytes(reversed(range(192))), 8, 8)
    photo = {"photo_id": opened.body["photo_id"]}
    with engine.staged("hold"):
        ids = [flooder.send("analyze", photo) for _ in range(100)]
        refused: list[Answer] = []
        while len(refused) < 100 - 64:
            answer = flooder.receive(10)
            assert answer is not None
            refused += [answer] if answer.type == "error" else []
        assert {answer.body["code"] for answer in refused} == {"busy"}
        other.ask("models")
        assert engine.ping()["jobs"]["waiting"] + engine.ping()["jobs"]["running"] == 64
    served = set(ids) - {answer.id for answer in refused}
    while served:
        answer = flooder.receive(10)
        assert answer is not None
        if answer.type == "result":
            served.discard(answer.id)


def test_a_client_that_never_reads_is_dropped_and_others_are_served(engine: EngineProcess) -> None:
    deaf, other = engine.client(), engine.client()
    deaf.socket.rcvhwm = 1
    deaf.hello()
    before = engine.ping()["memory"]["rss"]
    for _ in range(20_000):
        deaf.socket.send(b"never mind the answer")
    other.ask("models")
    assert engine.ping()["memory"]["rss"] - before < 64 << 20
