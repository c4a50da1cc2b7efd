"""Exactly one key gets in; everybody else gets not one byte of payload (proof 3)."""

from __future__ import annotations

import json
import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
import zmq

from .conftest import EngineProcess
from .rawclient import RawClient

SECONDS = 0.7


def hears_nothing(client: RawClient) -> bool:
    """Whether a stranger gets no answer to its knocking, on a socket that others are served on."""
    for type_ in ("ping", "hello"):
        client.send(type_, {"client": "x", "client_version": "", "protocols": [1, 1]})
    return client.receive(SECONDS) is None


@pytest.mark.parametrize("which", ["work", "control"])
def test_the_key_of_the_connection_file_gets_in(engine: EngineProcess, which: str) -> None:
    with RawClient(engine.connection, which) as client:
        client.ask("ping" if which == "control" else "models")


@pytest.mark.parametrize("which", ["work", "control"])
def test_another_valid_key_gets_nothing(engine: EngineProcess, which: str) -> None:
    public, secret = (key.decode() for key in zmq.curve_keypair())
    with RawClient(engine.connection, which, public=public, secret=secret) as client:
        assert hears_nothing(client)


@pytest.mark.parametrize("which", ["work", "control"])
def test_the_engines_public_key_is_no_way_in(engine: EngineProcess, which: str) -> None:
    # A stranger who has read the server's public key off somewhere has only that.
    public, secret = (key.decode() for key in zmq.curve_keypair())
    known = engine.connection["client_public"]
    with RawClient(engine.connection, which, public=known, secret=secret) as client:
        assert hears_nothing(client)
    del public


@pytest.mark.parametrize("which", ["work", "control"])
def test_no_key_gets_nothing(engine: EngineProcess, which: str) -> None:
    with RawClient(engine.connection, which, plain=True) as client:
        assert hears_nothing(client)


def test_plain_bytes_get_nothing_but_the_greeting(engine: EngineProcess) -> None:
    host, port = engine.connection["work"].removeprefix("tcp://").split(":")
    with socket.create_connection((host, int(port)), timeout=SECONDS) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\n\r\n" + b"\xff\x00" * 64)
        raw.settimeout(SECONDS)
        got = b""
        try:
            while part := raw.recv(4096):
                got += part
        except (TimeoutError, ConnectionResetError):
            pass
    # ZMTP's greeting (signature, version, mechanism) is all that a stranger is told.
    assert len(got) <= 64


def test_the_key_of_another_engine_gets_nothing(
    engine: EngineProcess, engines: Callable[..., EngineProcess]
) -> None:
    other = engines().start().connection
    mixed = {**engine.connection, **{k: other[k] for k in ("client_public", "client_secret")}}
    with RawClient(mixed) as client:
        assert hears_nothing(client)


def test_an_old_connection_file_opens_nothing_after_a_restart(
    engines: Callable[..., EngineProcess],
) -> None:
    first = engines().start()
    old = first.connection
    first.close()
    second = engines(folder=first.folder).start()
    new = second.connection
    assert {new[k] for k in ("server_public", "client_public", "client_secret")}.isdisjoint(
        {old[k] for k in ("server_public", "client_public", "client_secret")}
    )
    # Even at the new address and with the new server key, the old client key is worth nothing.
    for replayed in ({**old, "work": new["work"]}, {**new, **_client_keys(old)}):
        with RawClient(replayed) as client:
            assert hears_nothing(client)
    with RawClient(new) as client:
        client.hello()


def _client_keys(connection: dict[str, str]) -> dict[str, str]:
    return {key: connection[key] for key in ("client_public", "client_secret")}


def test_only_loopback_is_listened_to(engine: EngineProcess) -> None:
    connection = engine.connection
    assert connection["work"].startswith("tcp://127.0.0.1:")
    assert connection["control"].startswith("tcp://127.0.0.1:")


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_what_the_engine_writes_is_private(engine: EngineProcess) -> None:
    connection = engine.connection
    for path, mode in {
        engine.folder: 0o700,
        engine.file: 0o600,
        engine.folder / "engine.log": 0o600,
        Path(connection["folder"]): 0o700,
    }.items():
        assert stat.S_IMODE(path.stat().st_mode) == mode, path


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_an_engine_refuses_a_folder_that_others_can_enter(
    engines: Callable[..., EngineProcess],
) -> None:
    engine = engines()
    engine.folder.chmod(0o755)
    engine.launch()
    assert engine.ended() == 3
    said = engine.stderr()
    assert "Others can read the folder" in said
    assert "Traceback" not in said
    assert not engine.file.exists()


def test_keys_are_never_logged(engines: Callable[..., EngineProcess]) -> None:
    engine = engines("--log-level", "debug").start()
    connection = engine.connection
    public, secret = (key.decode() for key in zmq.curve_keypair())
    with RawClient(connection, public=public, secret=secret) as stranger:
        hears_nothing(stranger)
    with RawClient(connection) as client:
        client.send("no such thing")
        client.hello()
    engine.process.terminate()
    engine.ended()
    assert "refused" in engine.log
    for name in ("client_secret", "client_public", "server_public"):
        assert connection[name] not in engine.log
    assert json.dumps(connection["client_secret"]) not in engine.log
