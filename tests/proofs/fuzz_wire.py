"""Proof 11, the wire: a living engine, a million mutated messages, and an honest client meanwhile.

    python tests/proofs/fuzz_wire.py [--messages 1000000] [--seed 0] [--clients 4]

Messages of every request are mutated (frames cut, dropped, doubled, reordered; bytes flipped; sizes
and versions that lie; wrong types, strange texts, deep JSON) and sent by several clients to both
sockets. Reported: answers by kind, what the engine's memory grew by, and how long an honest client
waited for its answers. Ends with 1 if the engine died, called anything an internal fault, answered
the honest client wrongly, or kept growing.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import zmq

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.engine.server.rawclient import RawClient, picture

STRANGE: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1,
    2**31,
    2**63,
    -(2**63),
    10**40,
    0.5,
    1e308,
    "",
    "a",
    "\x00",
    "\ud800",
    "﷽" * 500,
    "‮gpj.exe",
    "../../../../etc/passwd",
    "/dev/zero",
    "/proc/self/mem",
    "a" * 70_000,
    [],
    {},
    [[]],
    [0, 0, 1, 1],
    [1, 2, 3, 4, 5],
    {"a": {"b": {"c": []}}},
    ["blur"] * 300,
)
RAW = (b"", b"\x00", b"{}", b"[]", b"null", b"\xff\xfe\x00", b"[" * 5000, b'{"a":' * 5000, b'"')


def seeds(photo_id: str, path: str) -> list[tuple[str, list[Any]]]:
    """Honest messages, (socket, [header, frames…]); all but `shutdown`, which would be obeyed."""

    def head(type_: str, body: dict[str, Any], *frames: dict[str, Any]) -> dict[str, Any]:
        return {"id": "?", "type": type_, "version": 1, "body": body, "frames": list(frames)}

    photo = {"photo_id": photo_id}
    block = {"name": "pixels", "dtype": "u8", "shape": [8, 8, 3], "parts": 1}
    split = {"name": "pixels", "dtype": "f32", "shape": [2, 8, 8], "parts": 3}
    mask = {"name": "mask", "dtype": "u8", "shape": [48, 64], "parts": 1}
    flaws = ["blur", "noise"]
    layout = {"width": 8, "height": 8, "dtype": "u8", "channels": "RGB", "linear": False}
    repair = {
        "method": "denoise",
        "box": [2, 2, 6, 6],
        "around": [0, 0, 8, 8],
        "pixels": layout,
        "settings": {"sigma": 9.0},
        "via": "frames",
    }
    work: list[list[Any]] = [
        [head("hello", {"client": "fuzz", "client_version": "1", "protocols": [1, 1]})],
        [head("bye", {})],
        [head("models", {})],
        [head("open", {"path": path, "allow_truncated": True})],
        [head("open", {"pixels": layout})],
        [head("open", {"pixels": {**layout, "file": "0" * 32}})],
        [head("open", {"pixels": layout, "lineage": "x"}, block), bytes(192)],
        [head("open", {"pixels": layout}, split), bytes(200), bytes(200), bytes(112)],
        [head("analyze", {**photo, "view": "pixel", "strictness": 0.1, "planes": True})],
        [head("regions", {**photo, "thresholds": {"blur": 0.3, "noise": 0.9}})],
        [head("roi.score", {**photo, "box": [1, 2, 30, 40]})],
        [head("roi.score", {**photo, "point": [5, 5]})],
        [head("roi.score", {**photo, "mask": True}, mask), b"\xff" * 3072],
        [head("update", {**photo, "box": [0, 0, 8, 8], "pixels": layout}, block), bytes(192)],
        [head("pixels", {**photo, "box": [0, 0, 9, 9], "scale": 0.5, "via": "file"})],
        [head("layers.render", {**photo, "plane": "tint", "distortions": ["blur"]})],
        [head("layers.render", {**photo, "plane": "mask", "size": "grid", "distortions": flaws})],
        [head("layers.render", {**photo, "plane": "coverage", "regions": ["blur-00000000"]})],
        [head("marks.get", {**photo, "lineage": "/photos/a.jpg"})],
        [head("marks.set", {**photo, "region": "blur-00000000", "verdict": "ignored"})],
        [head("marks.set", {**photo, "lineage": "fuzz", "all": True})],
        [head("repair.plan", {**photo, "box": [1, 2, 30, 40], "distortion": "noise"})],
        [head("repair.render", repair, block), bytes(192)],
        [head("close", {"photo_id": "0" * 64})],
    ]
    control: list[list[Any]] = [
        [head("ping", {})],
        [head("cancel", {"request": "fuzz"})],
    ]
    return [("work", message) for message in work] + [("control", m) for m in control]


class Mutator:
    """Endless mutated messages, the same for the same seed."""

    def __init__(self, seed: int, photo_id: str, path: str) -> None:
        self.random = random.Random(seed)
        self.seeds = seeds(photo_id, path)

    def next(self) -> tuple[str, list[bytes]]:
        pick = self.random
        socket, message = pick.choice(self.seeds)
        head = json.loads(json.dumps(message[0]))
        head["id"] = uuid.UUID(int=pick.getrandbits(128)).hex
        for _ in range(pick.choice((0, 1, 1, 1, 2, 5))):
            self._change(head)
        frames = [json.dumps(head).encode(), *message[1:]]
        if pick.random() < 0.4:
            frames = self._shuffle(frames)
        return socket, frames

    def _change(self, value: Any) -> None:
        """Change something somewhere inside a JSON value."""
        pick = self.random
        while isinstance(value, (dict, list)) and value:
            keys = list(value) if isinstance(value, dict) else range(len(value))
            key = pick.choice(list(keys))
            inner = value[key]
            if isinstance(inner, (dict, list)) and inner and pick.random() < 0.7:
                value = inner
                continue
            action = pick.random()
            if action < 0.2:
                del value[key]
            elif action < 0.3 and isinstance(value, list):
                value.append(copy.deepcopy(inner))
            elif action < 0.4 and isinstance(value, dict):
                value[str(pick.choice(STRANGE))[:20]] = copy.deepcopy(inner)
            elif action < 0.5 and isinstance(inner, (int, float)):
                value[key] = inner * pick.choice((-1, 2, 1000, 2**32, 0.5))
            else:
                value[key] = copy.deepcopy(pick.choice(STRANGE))
            return

    def _shuffle(self, frames: list[bytes]) -> list[bytes]:
        pick = self.random
        action = pick.randrange(9)
        if action == 0:
            frames[0] = frames[0][: pick.randrange(len(frames[0]) + 1)]
        elif action == 1:
            head = bytearray(frames[0])
            for _ in range(pick.randrange(1, 8)):
                head[pick.randrange(len(head))] = pick.randrange(256)
            frames[0] = bytes(head)
        elif action == 2:
            pick.shuffle(frames)
        elif action == 3:
            frames = frames[: pick.randrange(len(frames)) + 1][:-1] or [b""]
        elif action == 4:
            frames.append(pick.choice(frames))
        elif action == 5:
            frames = [pick.choice(RAW), *frames[1:]]
        elif action == 6:
            frames += [pick.randbytes(pick.randrange(64))] * pick.choice((1, 3, 600))
        elif action == 7:
            frames = [b"", *frames]
        else:
            frames[-1] = frames[-1] + bytes(pick.choice((1, 4096, 300_000)))
        return frames


class Attacker(threading.Thread):
    """Sends mutated messages on both sockets and reads what comes back."""

    def __init__(self, connection: dict[str, Any], mutator: Mutator, messages: int) -> None:
        super().__init__(daemon=True)
        self.clients = {name: RawClient(connection, name) for name in ("work", "control")}
        self.mutator = mutator
        self.messages = messages
        self.sent = 0
        self.answers: Counter[str] = Counter()
        self.internal: list[str] = []

    def run(self) -> None:
        while self.sent < self.messages:
            socket, frames = self.mutator.next()
            if not self._sent(socket, frames):
                break
            self.sent += 1
            if self.sent % 50 == 0:
                self.drain(0)
        self.drain(500)
        for client in self.clients.values():
            client.close()

    def _sent(self, socket: str, frames: list[bytes]) -> bool:
        """Send; a flood has to wait until the engine has taken the last one in."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                self.clients[socket].socket.send_multipart(frames)
                return True
            except zmq.Again:
                self.drain(0)
        return False

    def drain(self, milliseconds: int) -> None:
        for client in self.clients.values():
            while client.socket.poll(milliseconds):
                head = json.loads(client.socket.recv_multipart()[0])
                kind = head["type"]
                if kind == "error":
                    kind += " " + head["body"]["code"]
                    if head["body"]["code"] == "internal":
                        self.internal.append(head["body"]["message"])
                self.answers[kind] += 1


class Honest(threading.Thread):
    """Asks the same things again and again, and expects the same answers."""

    def __init__(self, connection: dict[str, Any], photo_id: str) -> None:
        super().__init__(daemon=True)
        self.client = RawClient(connection)
        self.photo = {"photo_id": photo_id}
        self.stop = threading.Event()
        self.seconds: list[float] = []
        self.wrong: list[str] = []

    def run(self) -> None:
        expected: dict[int, Any] = {}
        for turn in self._turns():
            asked = (
                lambda: self.client.ask("regions", {**self.photo, "strictness": 0.2}).body,
                lambda: self.client.ask("roi.score", {**self.photo, "box": [3, 3, 30, 30]}).body,
                lambda: self.client.ask("pixels", {**self.photo, "scale": 0.5}).blocks,
            )
            number = turn % len(asked)
            began = time.monotonic()
            try:
                answer = asked[number]()
            except Exception as error:
                self.wrong.append(f"{type(error).__name__}: {error}")
                continue
            self.seconds.append(time.monotonic() - began)
            if expected.setdefault(number, answer) != answer:
                self.wrong.append(f"another answer to question {number}")
        self.client.close()

    def _turns(self) -> Iterator[int]:
        turn = 0
        while not self.stop.wait(0.02):
            yield turn
            turn += 1


def prepare(connection: dict[str, Any]) -> str:
    """A photo that the engine knows and has analysed; an honest client holds it."""
    with RawClient(connection) as client:
        client.hello()
        opened, _ = client.open_pixels(picture(64, 48, seed=5), 64, 48)
        photo_id = str(opened.body["photo_id"])
        client.ask("analyze", {"photo_id": photo_id})
    return photo_id


def resident(connection: dict[str, Any]) -> int:
    with RawClient(connection, "control") as client:
        return int(client.ask("ping").body["memory"]["rss"])


def attack(
    connection: dict[str, Any], path: str, *, messages: int, clients: int, seed: int
) -> dict[str, Any]:
    """Fuzz a living engine; gives what there is to report."""
    photo_id = prepare(connection)
    honest = Honest(connection, photo_id)
    honest.start()
    memory = [resident(connection)]
    answers: Counter[str] = Counter()
    internal: list[str] = []
    sent, began = 0, time.monotonic()
    # In ten rounds, so that growth shows as growth and not as a first allocation.
    for round_ in range(10):
        team = [
            Attacker(
                connection,
                Mutator(seed * 1_000_003 + round_ * 1009 + number, photo_id, path),
                -(-messages // (10 * clients)),
            )
            for number in range(clients)
        ]
        for attacker in team:
            attacker.start()
        for attacker in team:
            attacker.join()
            answers += attacker.answers
            internal += attacker.internal
            sent += attacker.sent
        memory.append(resident(connection))
    honest.stop.set()
    honest.join()
    return {
        "sent": sent,
        "seconds": time.monotonic() - began,
        "answers": answers,
        "internal": internal,
        "memory": memory,
        "honest": honest.seconds,
        "wrong": honest.wrong,
    }


def main() -> int:
    """Start a real engine, attack it, and report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fm-fuzz-") as name:
        folder = Path(name)
        engine = subprocess.Popen(
            [sys.executable, "-m", "flawmap_engine", "run", "--runtime-dir", name],
            # Nobody's real marks are to be played with.
            env={**os.environ, "FLAWMAP_STATE_DIR": os.fspath(folder / "marks")},
        )
        try:
            while not (folder / "engine.json").exists():
                if engine.poll() is not None:
                    return 1
                time.sleep(0.05)
            connection = json.loads((folder / "engine.json").read_text())
            found = attack(
                connection,
                os.fspath(Path(__file__).resolve()),
                messages=options.messages,
                clients=options.clients,
                seed=options.seed,
            )
            alive = engine.poll() is None
        finally:
            engine.terminate()
            engine.wait()
    return report(found, alive, options.messages)


def report(found: dict[str, Any], alive: bool, messages: int) -> int:
    """Print what was found; 0 if nothing was wrong."""
    memory = [value / (1 << 20) for value in found["memory"]]
    honest = sorted(found["honest"])
    print(f"messages sent          {found['sent']:,} in {found['seconds']:.0f} s")
    for kind, count in sorted(found["answers"].items()):
        print(f"  answers {kind:<20} {count:,}")
    print(f"engine alive           {'yes' if alive else 'NO'}")
    print(f"internal faults        {len(found['internal'])} {sorted(set(found['internal']))[:5]}")
    print(f"memory, MiB            {' '.join(f'{value:.0f}' for value in memory)}")
    print(f"grown in later half    {memory[-1] - memory[5]:+.1f} MiB")
    if honest:
        waits = (statistics.median(honest), honest[len(honest) * 99 // 100], honest[-1])
        median, most, longest = (f"{1000 * wait:.0f} ms" for wait in waits)
        print(f"honest client          {len(honest):,} answers, {len(found['wrong'])} wrong")
        print(f"  waited               median {median}, 99 % {most}, longest {longest}")
    for wrong in found["wrong"][:5]:
        print(f"  wrong: {wrong}")
    steady = memory[-1] - memory[5] < 32
    whole = found["sent"] >= messages
    good = alive and whole and not found["internal"] and not found["wrong"] and honest and steady
    print("PASSED" if good else "FAILED")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
