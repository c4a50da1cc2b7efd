"""`flawmap engine`: start, stop and look at the engine process.

Most people never need it: the other commands start an engine when there is none, and it ends itself
when nobody has asked it anything for a while.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from argparse import Namespace
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from flawmap_api.connection import (
    connection_path,
    process_is,
    read_connection,
    runtime_dir,
)
from flawmap_api.errors import EngineLost, NotFound

from .batch import Options, connected
from .console import Console
from .engine_log import engine_log, last_lines
from .layout import Span, clean

if TYPE_CHECKING:
    from flawmap_api.connection import ConnectionInfo

__all__ = ["run"]

#: Seconds that an engine may take to end after it was told to.
_STOP_SECONDS: Final = 10.0


def run(arguments: Namespace, console: Console, options: Options) -> int:
    """Do what `engine run|start|stop|status|logs` says; returns the exit code."""
    actions = {
        "run": _run,
        "start": _start,
        "stop": _stop,
        "status": _status,
        "logs": _logs,
    }
    return actions[arguments.action](arguments, console, options)


def _run(arguments: Namespace, console: Console, options: Options) -> int:
    """The engine in the foreground, until Ctrl-C or `engine stop`."""
    del arguments, console
    command = [sys.executable, "-P", "-m", "flawmap_engine", "run", "--device", options.device]
    process = subprocess.Popen(command)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            # The terminal has sent Ctrl-C to the engine too; it ends in good order.
            continue


def _start(arguments: Namespace, console: Console, options: Options) -> int:
    del arguments
    with connected(console, options) as client:
        _tell(console, client.hello, _with_state(client))
    return 0


def _status(arguments: Namespace, console: Console, options: Options) -> int:
    del arguments
    if _living() is None:
        if (silent := _silent()) is not None:
            raise EngineLost(
                f"The engine (process {silent.pid}) runs, but does not answer.",
                "`flawmap engine stop` ends it.",
            )
        return _none_runs(console)
    with connected(console, options, start=False) as client:
        _tell(console, client.hello, _with_state(client))
    return 0


def _stop(arguments: Namespace, console: Console, options: Options) -> int:
    info = _living()
    when = "idle" if arguments.when_idle else "now"
    if info is not None:
        with connected(console, options, start=False) as client:
            client.shutdown(when)
    elif (info := _silent()) is not None:
        # It does not hear, so there is no idle moment to wait for.
        when = "now"
        os.kill(info.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
    else:
        return _none_runs(console, code=0)
    if when == "idle":
        message = f"The engine (process {info.pid}) ends once nobody uses it."
    else:
        _wait_for_end(info)
        message = f"The engine (process {info.pid}) has ended."
    if console.json_lines:
        console.document({"running": when == "idle", "pid": info.pid, "message": message})
    else:
        console.line(message)
    return 0


def _logs(arguments: Namespace, console: Console, options: Options) -> int:
    del options
    path = engine_log()
    lines = last_lines(path, arguments.lines)
    if console.json_lines:
        console.document({"log": str(path), "lines": lines})
        return 0
    if not lines and not path.exists():
        raise NotFound(f"There is no log at {path}.", "No engine has run here yet.")
    console.say(Span(str(path), "dim"))
    for line in lines:
        console.line(clean(line))
    return 0


def _living() -> ConnectionInfo | None:
    from flawmap_api.launch import find_engine

    return find_engine()


def _silent() -> ConnectionInfo | None:
    """An engine that did not answer though its process lives: stopped, or hung."""
    info = read_connection(connection_path(runtime_dir()))
    return info if info is not None and process_is(info.pid, info.started) else None


def _none_runs(console: Console, *, code: int = 1) -> int:
    if console.json_lines:
        console.document({"running": False})
    else:
        console.line("No engine is running. The next command starts one.")
    return code


def _wait_for_end(info: ConnectionInfo) -> None:
    deadline = time.monotonic() + _STOP_SECONDS
    while process_is(info.pid, info.started):
        if time.monotonic() > deadline:
            raise EngineLost(
                f"The engine (process {info.pid}) was told to end and still runs after "
                f"{_STOP_SECONDS:.0f} s.",
                "End that process yourself; its log may say why.",
                tuple(last_lines(engine_log(), 8)),
            )
        time.sleep(0.02)


def _with_state(client: Any) -> dict[str, Any]:
    return dict(client.status())


def _tell(console: Console, hello: Any, state: dict[str, Any]) -> None:
    """What runs and on what: the providers of the created session, not what was wished for."""
    device = hello.device
    document = {
        "running": True,
        "pid": hello.pid,
        "version": hello.engine_version,
        "protocol": hello.protocol,
        "device": device.device,
        "providers": list(device.providers),
        "device_requested": device.requested,
        "device_reason": device.reason,
        "model": dict(hello.model),
        "distortions": list(hello.distortions),
        "features": list(hello.features),
        "state": state,
        "log": os.fspath(engine_log()),
    }
    if console.json_lines:
        console.document(document)
        return
    rows = {
        "engine": f"Flawmap {hello.engine_version}, process {hello.pid}",
        "protocol": str(hello.protocol),
        "device": f"{device.device} ({', '.join(device.providers)}): {device.reason}",
        "model": _model(hello.model),
        "judges": ", ".join(hello.distortions),
        "log": str(document["log"]),
    }
    for key, value in state.items():
        # `status` repeats some of what `hello` said; once is enough.
        name, text = _state(key, value)
        rows.setdefault(name, text)
    console.table([[Span(name, "dim"), Span(clean(value))] for name, value in rows.items()])


def _model(model: Mapping[str, Any]) -> str:
    # The first digits tell two models apart; `doctor` has them all.
    name = f"{model.get('name', 'unnamed')} {model.get('version', '')}".strip()
    return f"{name}, SHA-256 {str(model.get('sha256', 'unknown'))[:12]}"


def _state(key: str, value: Any) -> tuple[str, str]:
    """One line of `status` as people read it: seconds and bytes with their units."""
    if key == "memory" and isinstance(value, dict):
        return key, ", ".join(f"{k} {amount / (1 << 20):.0f} MiB" for k, amount in value.items())
    if key.endswith("_s") and isinstance(value, (int, float)):
        return key[:-2], f"{value:.0f} s"
    return key.replace("_", " "), _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plain(item)}" for key, item in value.items())
    if isinstance(value, float):
        return f"{value:.1f}"
    return str(value)
