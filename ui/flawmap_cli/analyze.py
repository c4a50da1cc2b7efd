"""`flawmap analyze`: a folder a photo with report, overlay, severity, masks and unknown planes.

Ends with 0, or 2 if a photo could not be judged or its folder not written.
"""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flawmap_api.errors import BadInput, FlawmapError
from flawmap_api.inputs import Input, find_photos

from . import render
from .batch import Options, for_each
from .console import Console
from .layout import Span, clean

if TYPE_CHECKING:
    from flawmap_api import EngineClient

__all__ = ["run", "write_analysis"]


def run(arguments: Namespace, console: Console, options: Options) -> int:
    """Analyse the photos and write their folders; returns the exit code.

    Raises
    ------
    BadInput
        If `--out` is a file.
    """
    import flawmap_export

    if not arguments.out:
        raise BadInput("--out is empty.", "Name a folder; it is made if need be.")
    if os.path.exists(arguments.out) and not os.path.isdir(arguments.out):
        raise BadInput(f"{arguments.out} is a file.", "Name a folder; it is made if need be.")
    items = find_photos(arguments.photos)
    names = dict(
        zip(
            (item.path for item in items),
            flawmap_export.folder_names([Path(item.path) for item in items]),
            strict=True,
        )
    )

    def work(client: EngineClient, item: Input, on_progress: Callable[[Any], None]) -> Path:
        return write_analysis(client, item, names[item.path], arguments, on_progress)

    failed: list[tuple[str, FlawmapError]] = []
    written = 0
    for outcome in for_each(items, work, console, options):
        if outcome.error is not None:
            failed.append((outcome.item.name, outcome.error))
        else:
            written += 1
        if console.json_lines:
            folder = None if outcome.value is None else os.path.abspath(outcome.value)
            console.document(
                {"path": outcome.item.path, "folder": folder, "failure": outcome.failure}
            )
        elif outcome.value is not None:
            name = Span(clean(outcome.item.name), "name")
            console.line(name, f": {clean(str(outcome.value))}")
    if not console.json_lines:
        _print_summary(console, written, failed)
    return 2 if failed else 0


def write_analysis(
    client: EngineClient,
    item: Input,
    name: str,
    arguments: Namespace,
    on_progress: Callable[[Any], None],
) -> Path:
    """Analyse one photo and write its folder; returns the folder.

    Raises
    ------
    FlawmapError
        If the photo cannot be judged or the folder not be written; what was there before is
        then as it was.
    """
    import flawmap_export
    from flawmap_export import gather

    judgement = {"strictness": arguments.strictness}
    photo = client.open(item.path, allow_truncated=arguments.allow_truncated)
    try:
        report = client.analyze(photo, view=arguments.view, on_progress=on_progress, **judgement)
        findings = gather(client, photo, report, size=arguments.maps, judgement=judgement)
        return Path(flawmap_export.write_folder(findings, Path(arguments.out), name))
    finally:
        client.close_photo(photo)


def _print_summary(console: Console, written: int, failed: list[tuple[str, FlawmapError]]) -> None:
    total = render.counted(written + len(failed), "photo")
    if not failed:
        console.line(f"{total} analysed")
        return
    console.line(f"{total}: {written} analysed, {len(failed)} not:")
    for name, error in failed:
        console.line("  ", *render.failure_line(name, error))
