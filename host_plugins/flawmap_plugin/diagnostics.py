"""Diagnostics: what somebody who helps has to know, as one text; and the engine in one line."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterable
from dataclasses import asdict

from flawmap_api import __version__

from .home import Home
from .host import Host
from .link import EngineLink
from .settings import Settings
from .texts import Texts

__all__ = ["diagnostics_text", "engine_line"]

_LOG_LINES = 40


def engine_line(link: EngineLink, texts: Texts) -> str:
    """ "Engine 0.1.0 on CPU", "Starting the engine …", or why there is none."""
    hello = link.hello
    if link.phase == "ready" and hello is not None:
        return texts(
            "engine.ready", version=hello.engine_version, device=hello.device.device.upper()
        )
    return texts(f"engine.{link.phase}")


def diagnostics_text(
    host: Host, home: Home, link: EngineLink, settings: Settings, errors: Iterable[str]
) -> str:
    """Versions, engine, road, settings, the last errors and the log's last lines; in English."""
    installed, hello = home.installation, link.hello
    lines = [
        f"Flawmap plug-in {installed.version or __version__} (flawmap_api {__version__})",
        f"{host.can.name} {host.can.version}, Python {sys.version.split()[0]}, "
        f"{platform.system()} {platform.release()} {platform.machine()}",
        f"Road: {installed.road}; engine: {' '.join(installed.engine_command) or 'default'}",
        f"Runtime folder: {installed.runtime_dir or 'default'}; source: {installed.source or '?'}",
        f"Engine: {engine_line(link, Texts('en'))}",
    ]
    if hello is not None:
        lines += [
            f"  process {hello.pid}, protocol {hello.protocol}, "
            f"device {hello.device.device} ({hello.device.reason})",
            f"  features: {', '.join(hello.features)}",
            f"  log: {link.log_path}",
        ]
    if link.error is not None:
        lines.append(f"  could not be reached: {link.error}")
    lines += [f"Settings: {asdict(settings)}", f"Log: {home.log}", "Last errors:"]
    lines += [f"  {error}" for error in errors] or ["  none"]
    lines += ["The log's last lines:", *_tail(home)]
    return "\n".join(lines) + "\n"


def _tail(home: Home) -> list[str]:
    try:
        text = home.log.read_bytes()[-16384:].decode("utf-8", "replace")
    except OSError:
        return ["  (none)"]
    return [f"  {line}" for line in text.splitlines()[-_LOG_LINES:]]
