"""The wire: what goes in comes out, and nothing that is claimed is believed unchecked."""

from __future__ import annotations

import contextlib
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flawmap_api.errors import BadInput, FlawmapError, NoMemory
from flawmap_api.messages import DTYPES, REQUESTS, Analyze, Open, parse_request, to_body
from flawmap_api.wire import MAX_FRAME, MAX_FRAMES, Block, Message, WireError, decode, encode

names = st.text(min_size=1, max_size=64)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


@st.composite
def blocks(draw: st.DrawFn) -> Block:
    dtype = draw(st.sampled_from(sorted(DTYPES)))
    shape = tuple(draw(st.lists(st.integers(0, 5), max_size=4)))
    size = math.prod(shape) * DTYPES[dtype]
    return Block(dtype, shape, draw(st.binary(min_size=size, max_size=size)))


@given(
    id_=names,
    type_=names,
    body=st.dictionaries(st.text(max_size=10), json_values, max_size=5),
    parts=st.dictionaries(names, blocks(), max_size=4),
)
def test_a_message_comes_back_as_it_was_sent(
    id_: str, type_: str, body: dict[str, Any], parts: dict[str, Block]
) -> None:
    back = decode(encode(Message(id_, type_, body, parts)))
    assert (back.id, back.type, back.body) == (id_, type_, body)
    assert {k: (b.dtype, b.shape, b.tobytes()) for k, b in back.blocks.items()} == {
        k: (b.dtype, b.shape, b.tobytes()) for k, b in parts.items()
    }


def test_a_block_over_four_mebibytes_travels_in_parts() -> None:
    data = bytes(range(256)) * ((MAX_FRAME + 512) // 256)
    frames = encode(Message("1", "open", {}, {"pixels": Block("u8", (len(data),), data)}))
    assert [len(frame) for frame in frames[1:]] == [MAX_FRAME, len(data) - MAX_FRAME]
    assert decode(frames).blocks["pixels"].tobytes() == data


@given(frames=st.lists(st.binary(max_size=200), max_size=5))
def test_any_bytes_are_a_message_or_an_error_of_ours(frames: list[bytes]) -> None:
    with contextlib.suppress(FlawmapError):
        assert decode(frames).id


@given(
    header=st.dictionaries(
        st.sampled_from(["id", "type", "version", "body", "frames"]), json_values, max_size=5
    )
)
def test_any_json_header_is_a_message_or_an_error_of_ours(header: dict[str, Any]) -> None:
    with contextlib.suppress(FlawmapError):
        assert decode([json.dumps(header).encode()]).type == header["type"]


def header(**changes: Any) -> bytes:
    plain = {"id": "7", "type": "open", "version": 1, "body": {}, "frames": []}
    return json.dumps({**plain, **changes}).encode()


def described(**changes: Any) -> dict[str, Any]:
    return {"name": "mask", "dtype": "u8", "shape": [2, 3], "parts": 1, **changes}


@pytest.mark.parametrize(
    ("frames", "said"),
    [
        ([], "empty"),
        ([b"\xff\xfe"], "not JSON"),
        ([b"[" * 100_000], "not JSON"),
        ([b'{"id": NaN}'], "not JSON"),
        ([b"1" * 5000], "not JSON"),
        ([b"[]"], "has to be a JSON object"),
        ([header(id=7)], "id has to be a text"),
        ([header(id="x" * 65)], "id has to be a text"),
        ([header(type=None)], "type has to be"),
        ([header(version=True)], "version has to be"),
        ([header(body=[])], "body has to be"),
        ([header(frames={})], "frames have to be a list"),
        ([header(frames=["mask"])], "has to be an object"),
        ([header(frames=[described(name=1)]), b"123456"], "name has to be"),
        ([header(frames=[described(dtype="O")]), b"123456"], "has to be of"),
        ([header(frames=[described(shape=[2, -3])]), b"123456"], "shape of block"),
        ([header(frames=[described(shape=[True, 6])]), b"123456"], "shape of block"),
        ([header(frames=[described(shape=[1] * 5)]), b"1"], "shape of block"),
        ([header(frames=[described(parts=0)]), b"123456"], "parts of block"),
        ([header(frames=[described()])], "more binary frames than the 0 sent"),
        ([header(frames=[described()]), b"12345"], "should hold 6 bytes and holds 5"),
        ([header(frames=[described(shape=[1 << 32])]), b"12"], "should hold 4294967296 bytes"),
        ([header(), b"stray"], "describes 0 binary frames, 1 were sent"),
        ([header(frames=[described(), described()]), b"123456", b"123456"], "twice"),
        ([header(), *[b""] * (MAX_FRAMES + 1)], "512 is the most"),
    ],
)
def test_a_false_claim_is_refused_with_a_sentence(frames: list[bytes], said: str) -> None:
    with pytest.raises(WireError, match=said):
        decode(frames)


def test_a_refused_message_keeps_its_id_where_it_was_legible() -> None:
    with pytest.raises(WireError) as caught:
        decode([header(version="1")])
    assert caught.value.request_id == "7"


def test_frames_over_the_budget_are_refused_before_they_are_joined() -> None:
    with pytest.raises(NoMemory, match="1000 is the most"):
        decode([header(frames=[described(shape=[2000])]), b"0" * 2000], max_bytes=1000)


def test_a_block_that_lies_about_its_size_is_not_sent() -> None:
    with pytest.raises(BadInput, match="shape says otherwise"):
        encode(Message("1", "open", {}, {"mask": Block("u8", (3, 3), b"12")}))


def test_every_request_survives_the_way_to_json_and_back() -> None:
    request = Analyze(photo_id="ab", view="pixel", strictness=0.5, thresholds={"blur": 0.4})
    body = json.loads(json.dumps(to_body(request)))
    assert parse_request("analyze", body, REQUESTS) == request


@pytest.mark.parametrize(
    ("type_", "body", "said"),
    [
        ("open", {}, "either a path or pixels"),
        ("open", {"path": 3}, "open.path has to be a text"),
        ("open", {"pixels": {"width": 0, "height": 2}}, "width and height"),
        ("open", {"pixels": {"width": 2, "height": 2, "dtype": "f64"}}, "dtype has to be one of"),
        ("analyze", {}, "photo_id is missing"),
        ("analyze", {"photo_id": "a", "view": "big"}, "view has to be one of"),
        ("analyze", {"photo_id": "a", "strictness": 2}, "strictness goes from"),
        ("analyze", {"photo_id": "a", "strictness": True}, "has to be a number"),
        ("regions", {"photo_id": "a", "thresholds": {"fog": 0.5}}, "distortion has to be one of"),
        ("regions", {"photo_id": "a", "thresholds": {"blur": 0}}, "over 0 and at most 1"),
        ("roi.score", {"photo_id": "a"}, "one of box, point, region or mask"),
        ("roi.score", {"photo_id": "a", "box": [1, 2, 3]}, "list of four numbers"),
        ("roi.score", {"photo_id": "a", "box": [5, 5, 5, 9]}, "x0 < x1"),
        ("pixels", {"photo_id": "a", "scale": 0}, "scale has to be"),
        ("layers.render", {"photo_id": "a", "plane": "mask"}, "either distortions or regions"),
        (
            "layers.render",
            {"photo_id": "a", "plane": "tint", "size": "grid", "distortions": ["blur"]},
            "At the grid's size",
        ),
        ("hello", {"client": "x", "client_version": "1", "protocols": [2, 1]}, "oldest, newest"),
    ],
)
def test_a_request_outside_its_range_is_refused_by_name(
    type_: str, body: dict[str, Any], said: str
) -> None:
    with pytest.raises(BadInput, match=said):
        parse_request(type_, body, REQUESTS)


def test_an_unknown_request_is_unsupported() -> None:
    with pytest.raises(FlawmapError) as caught:
        parse_request("make.coffee", {}, REQUESTS)
    assert caught.value.code == "unsupported"


def test_unknown_fields_of_a_newer_client_are_passed_over() -> None:
    assert parse_request("open", {"path": "/a.jpg", "colour": "new"}, REQUESTS) == Open("/a.jpg")
