"""Protocol n serves clients of n - 1 and n + 1, or says exactly what to update (proof 2)."""

from __future__ import annotations

import pytest

from .rawclient import RawClient, Refused


def test_the_highest_common_protocol_is_agreed_on(client: RawClient) -> None:
    for theirs in ([1, 1], [0, 1], [1, 2], [0, 7]):
        assert client.hello(theirs).body["protocol"] == 1


@pytest.mark.parametrize("version", [0, 1, 2, 10**9])
def test_hello_is_answered_whatever_the_version_of_its_header(
    client: RawClient, version: int
) -> None:
    answer = client.hello([1, 2], version=version).body
    assert answer["protocols"] == [1, 1]


def test_a_newer_client_with_nothing_in_common_is_told_to_update_flawmap(client: RawClient) -> None:
    with pytest.raises(Refused, match=r"raw 1 speaks protocol 2 to 3, the engine .* 1 to 1") as e:
        client.hello([2, 3], version=2)
    assert e.value.code == "version"
    assert e.value.hint == "Update Flawmap, whose engine is older."


def test_an_older_client_with_nothing_in_common_is_told_to_update_itself(client: RawClient) -> None:
    with pytest.raises(Refused, match="speaks protocol 0 to 0") as e:
        client.hello([0, 0], version=0)
    assert e.value.code == "version"
    assert e.value.hint == "Update raw 1."


@pytest.mark.parametrize(
    ("version", "hint"),
    [
        (0, "Update this program or plug-in."),
        (2, "Update Flawmap, whose engine is older."),
        (-5, "Update this program or plug-in."),
    ],
)
@pytest.mark.parametrize("type_", ["models", "no such request in protocol 1"])
def test_a_request_of_another_protocol_is_told_what_to_update(
    client: RawClient, version: int, hint: str, type_: str
) -> None:
    with pytest.raises(Refused, match=f"of protocol {version}, this engine speaks 1 to 1") as e:
        client.ask(type_, version=version)
    assert (e.value.code, e.value.hint) == ("version", hint)


def test_fields_that_a_newer_client_adds_are_passed_over(client: RawClient) -> None:
    body = {"client": "raw", "client_version": "9", "protocols": [1, 2], "mood": {"fine": True}}
    assert client.ask("hello", body).body["protocol"] == 1
    client.ask("models", {"colour": "blue"})


def test_hello_lists_what_the_engine_has(client: RawClient) -> None:
    from flawmap_api.messages import REQUESTS
    from flawmap_engine.handlers import HANDLERS

    body = client.hello().body
    assert set(body["features"]) == set(REQUESTS) == set(HANDLERS)
    assert body["device"]["providers"] == ["Fake"]
    assert body["models"] == {"stand-in": "0" * 64}
    assert set(body["extras"]) == {"raw", "heif"}
    assert body["views"] == ["screen", "pixel"]
    assert body["memory"]["budget"] > 0
    assert body["threads"] >= 1
