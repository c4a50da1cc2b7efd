"""A scriptable engine: real keys, real ZeroMQ, and as bad as the script in FLAWMAP_SCRIPT says.

Run like the real one (`scripted.py run --runtime-dir DIR …`). The script is a JSON object:

- `start_after` seconds before it binds; `die_at_start` exit code; `never_ready` true: never binds;
- `ignore_sigterm` true; `silent` true: binds, writes its file, never answers;
- `garbage` true: answers with bytes that are no message;
- `count_starts` and `log_requests`: files to which pids and request types are added;
- `protocols` [oldest, newest], `version` and `features`, as another release would have them;
- `answers` {type: body} for results, {type: {"error": {…}}} for errors;
- `die_on` {type: "before_accept" | "accepted" | "progress"}: killed with -9 at that moment, and
  only the first time, if `once` names a file (made then);
- `stop_on` {type: …}: frozen (SIGSTOP) instead.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import zmq

from flawmap_api import __version__
from flawmap_api.connection import ConnectionInfo, process_start, secure_folder, write_connection
from flawmap_api.launch import installation
from flawmap_api.messages import PROTOCOL_RANGE
from flawmap_api.wire import Message, decode, encode

HELLO: dict[str, Any] = {
    "engine_version": __version__,
    "protocol": 1,
    "protocols": list(PROTOCOL_RANGE),
    "features": ["hello", "bye", "open", "analyze", "regions"],
    "distortions": ["blur"],
    "views": ["screen", "pixel"],
    "device": {
        "device": "cpu",
        "providers": ["CPUExecutionProvider"],
        "requested": "auto",
        "reason": "Scripted.",
    },
    "model": {"name": "scripted", "version": "0", "sha256": "0" * 64, "thresholds": {"blur": 60}},
    "models": {},
}


class Scripted:
    """Binds both sockets and answers by the script."""

    def __init__(self, script: dict[str, Any], folder: Path) -> None:
        self.script = script
        self.folder = folder
        self.context = zmq.Context()
        public, secret = zmq.curve_keypair()
        client_public, client_secret = zmq.curve_keypair()
        self.work, self.control = self._bind(public, secret), self._bind(public, secret)
        protocols = script.get("protocols", list(PROTOCOL_RANGE))
        features = script.get("features", HELLO["features"])
        self.hello = {**HELLO, "protocols": protocols, "pid": os.getpid(), "features": features}
        self.info = ConnectionInfo(
            work=self.work.last_endpoint.decode(),
            control=self.control.last_endpoint.decode(),
            server_public=public.decode(),
            client_public=client_public.decode(),
            client_secret=client_secret.decode(),
            pid=os.getpid(),
            started=process_start(os.getpid()) or 0.0,
            protocols=protocols,
            version=script.get("version", __version__),
            installation=script.get("installation", installation()),
            device="auto",
            folder=str(folder),
            log=str(folder / "engine.log"),
        )

    def _bind(self, public: bytes, secret: bytes) -> Any:
        socket = self.context.socket(zmq.ROUTER)
        socket.linger = 0
        socket.curve_server = True
        socket.curve_publickey, socket.curve_secretkey = public, secret
        socket.setsockopt(zmq.HEARTBEAT_IVL, 300)
        socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, 1000)
        socket.bind("tcp://127.0.0.1:*")
        return socket

    def run(self) -> None:
        write_connection(self.info, self.folder / "engine.json")
        poller = zmq.Poller()
        poller.register(self.work, zmq.POLLIN)
        poller.register(self.control, zmq.POLLIN)
        while True:
            for socket, _ in poller.poll():
                identity, *frames = socket.recv_multipart()
                if not self.script.get("silent"):
                    self.answer(socket, identity, decode(frames))

    def answer(self, socket: Any, identity: bytes, message: Message) -> None:
        if self.script.get("garbage"):
            socket.send_multipart([identity, b"\xff\x00 this is no header", b"\x01"])
            return
        if message.type == "shutdown":
            self.reply(socket, identity, message.id, "result", {})
            socket.close(linger=1000)
            self.context.destroy()
            sys.exit(0)
        if log := self.script.get("log_requests"):
            with open(log, "a", encoding="utf-8") as file:
                file.write(f"{message.type}\n")
        self.moment("before_accept", message.type)
        self.reply(socket, identity, message.id, "accepted", {})
        self.moment("accepted", message.type)
        progress = {"stage": "tile", "done": 1, "total": 2}
        self.reply(socket, identity, message.id, "progress", progress)
        self.moment("progress", message.type)
        body = self.script.get("answers", {}).get(message.type)
        if body is None:
            body = self.hello if message.type == "hello" else {"pid": os.getpid()}
        if "error" in body:
            self.reply(socket, identity, message.id, "error", body["error"])
        else:
            self.reply(socket, identity, message.id, "result", body)

    def reply(self, socket: Any, identity: bytes, id_: str, type_: str, body: Any) -> None:
        socket.send_multipart([identity, *encode(Message(id_, type_, body))])

    def moment(self, now: str, type_: str) -> None:
        for key, fate in (("die_on", signal.SIGKILL), ("stop_on", signal.SIGSTOP)):
            if self.script.get(key, {}).get(type_) == now and self.first_time():
                # What was sent before has to leave the process first.
                time.sleep(0.1)
                os.kill(os.getpid(), fate)

    def first_time(self) -> bool:
        once = self.script.get("once")
        if once is None:
            return True
        try:
            os.close(os.open(once, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return False
        return True


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("command")
    parser.add_argument("--runtime-dir", type=Path)
    parser.add_argument("--device")
    parser.add_argument("--parent", type=int)
    options = parser.parse_args()
    script = json.loads(os.environ.get("FLAWMAP_SCRIPT", "{}"))
    if script.get("ignore_sigterm"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if counter := script.get("count_starts"):
        with open(counter, "a", encoding="utf-8") as file:
            file.write(f"{os.getpid()}\n")
    if code := script.get("die_at_start"):
        print("the graphics driver is missing", file=sys.stderr)
        sys.exit(code)
    time.sleep(script.get("start_after", 0))
    while script.get("never_ready"):
        time.sleep(1)
    Scripted(script, secure_folder(options.runtime_dir)).run()


if __name__ == "__main__":
    main()
