"""`open`, `update`, `pixels` and `close`: photos come in, change, are shown and may go."""

from __future__ import annotations

import hashlib
import os
import stat
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

from flawmap_api.errors import BadInput, NoMemory, NotFound
from flawmap_api.geometry import Box
from flawmap_api.messages import Close, Open, Pixels, PixelSource, Update
from flawmap_api.wire import MAX_FRAME, Block

from ..jobs import Reply
from ..memory import more_memory
from ..store import Entry, FileStamp, Source
from .context import Context, Engine

if TYPE_CHECKING:
    from ..imaging import Photo

__all__ = ["close", "open_", "pixels", "pixels_of", "update", "update_is_quick"]

_hashing = ThreadPoolExecutor(2, thread_name_prefix="hash")
_HASH_PART: Final = 1 << 20
_NONBLOCK: Final = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def open_(request: Open, context: Context) -> Reply:
    """Take a photo in: by path, or as pixels in two steps."""
    if request.path is not None:
        return _opened(*_from_path(request.path, request.allow_truncated, context))
    if request.pixels is None:
        raise BadInput("open takes either a path or pixels.")
    if _needs_file(request.pixels, context):
        return _write_here(request.pixels, context)
    from ..imaging import settled_lineage

    lineage = settled_lineage(request.lineage)
    photo = _from_pixels(request.pixels, lineage, context)
    source = Source(None, None, lineage, photo.notes)
    return _opened(context.store.add(photo, source, context.client), source)


def update(request: Update, context: Context) -> Reply:
    """Put new pixels into a rectangle of the photo, and look again at the tiles that it touches."""
    from .. import analysis
    from ..patching import patched

    if _needs_file(request.pixels, context):
        return _write_here(request.pixels, context)
    with context.store.use(request.photo_id) as before:
        patch = _from_pixels(request.pixels, "", context, patch=True)
        photo = patched(pixels_of(before, context), request.box, patch)
        lineage = context.lineage(request.lineage, before)
        source = Source(None, None, lineage, photo.notes)
        entry = context.store.add(photo, source, context.client)
        enough = context.store.has_analysis(entry.photo_id, early=request.early)
        if before.analysis is not None and not enough:
            seen = analysis.update(
                before.analysis,
                photo,
                request.box,
                context.engine.networks,
                early=request.early,
                on_stage=lambda stage: context.progress(stage.name, stage.done, stage.total),
                check_cancelled=context.between_tiles,
            )
            context.store.keep_analysis(entry, seen)
    return _opened(entry, source)


def update_is_quick(request: Update, blocks: Mapping[str, Block], engine: Engine) -> bool:
    """Whether the update only asks for a file to write its pixels to."""
    del engine
    return request.pixels.file is None and "pixels" not in blocks


def pixels(request: Pixels, context: Context) -> Reply:
    """Show a box of the photo as the engine sees it."""
    from ..rendering import scaled

    with context.store.use(request.photo_id) as entry:
        box = request.box or Box(0, 0, entry.width, entry.height)
        if not box.within(entry.width, entry.height):
            raise BadInput(
                f"The box {box.as_list()} is not inside the photo "
                f"({entry.width}×{entry.height} pixels)."
            )
        data = scaled(pixels_of(entry, context).rgb, box, request.scale)
    height, width = data.shape[:2]
    body: dict[str, Any] = {
        "box": box.as_list(),
        "width": width,
        "height": height,
        "channels": "RGB",
    }
    if request.via == "frames":
        return Reply(body, {"pixels": Block("u8", data.shape, data.data)})
    name, nbytes = context.files.give(context.client, [data.data])
    return Reply({**body, "file": name, "bytes": nbytes})


def close(request: Close, context: Context) -> Reply:
    """The client needs the photo no more."""
    context.store.close(request.photo_id, context.client)
    return Reply()


def pixels_of(entry: Entry, context: Context) -> Photo:
    """The photo's pixels; decoded again if they had to go and the file is unchanged.

    Raises
    ------
    NotFound
        If they cannot be had again.
    """
    from ..imaging import open_photo

    if (photo := entry.photo) is not None:
        return photo
    for source in reversed(list(entry.sources.values())):
        if source.path and source.stamp and FileStamp.of(source.path) == source.stamp:
            photo = open_photo(
                source.path,
                allow_truncated=source.allow_truncated,
                memory_limit=context.store.budget,
            )
            if photo.photo_id == entry.photo_id:
                context.store.keep_pixels(entry, photo)
                return photo
    if any(source.path for source in entry.sources.values()):
        gone = "The photo's pixels had to make room, and its file has changed."
        raise NotFound(gone, "Open it again.")
    raise NotFound("The photo's pixels had to make room.", "Send them again.")


def _opened(entry: Entry, source: Source) -> Reply:
    return Reply(
        {
            "photo_id": entry.photo_id,
            "width": entry.width,
            "height": entry.height,
            "lineage": source.lineage,
            "path": source.path,
            "file_sha256": source.file_sha256,
            "notes": list(source.notes),
            "analysed": entry.analysis is not None and entry.analysis.complete,
        }
    )


def _from_path(path: str, allow_truncated: bool, context: Context) -> tuple[Entry, Source]:
    from ..imaging import open_photo

    if "\0" in path:
        raise BadInput(
            f"No file is named {path[:200]!r}: a name cannot hold a zero character.",
            "Check the path.",
        )
    if not os.path.isabs(path):
        raise BadInput(
            f"The path {path[:200]!r} is not absolute; the engine does not know your folder.",
            "Send the absolute path.",
        )
    known = context.store.find(path, allow_truncated, context.client)
    if known is not None:
        return known
    context.progress("decode", 0, 1)
    stamp = FileStamp.of(path)
    # Beside the decoding, not after it.
    enough = threading.Event()
    hashed = _hashing.submit(_sha256, path, enough)
    try:
        photo = open_photo(path, allow_truncated=allow_truncated, memory_limit=context.store.budget)
        photo.photo_id  # noqa: B018 - computed here, before the store's lock is taken
        digest = hashed.result()
    finally:
        enough.set()
    unchanged = stamp is not None and FileStamp.of(path) == stamp
    source = Source(
        path,
        digest if unchanged else None,
        photo.lineage,
        photo.notes,
        allow_truncated,
        stamp if unchanged else None,
    )
    return context.store.add(photo, source, context.client), source


def _sha256(path: str, enough: threading.Event) -> str | None:
    """SHA-256 of a plain file; None if it is none, cannot be read, or nobody wants it any more."""
    try:
        # O_NONBLOCK: opening a pipe would wait for somebody to write into it.
        descriptor = os.open(path, os.O_RDONLY | _NONBLOCK)
    except (OSError, ValueError):
        # The decoder says what is wrong with the file.
        return None
    digest = hashlib.sha256()
    with open(descriptor, "rb", buffering=0) as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        while not enough.is_set():
            try:
                part = file.read(_HASH_PART)
            except OSError:
                return None
            if not part:
                return digest.hexdigest()
            digest.update(part)
    return None


def _needs_file(source: PixelSource, context: Context) -> bool:
    return source.file is None and "pixels" not in context.blocks


def _write_here(source: PixelSource, context: Context) -> Reply:
    needed = 3 * source.width * source.height
    if needed > context.store.budget:
        raise NoMemory(
            f"{source.width}×{source.height} pixels need {needed >> 20} MiB; the engine may use "
            f"{context.store.budget >> 20} MiB.",
            more_memory(needed),
        )
    name = context.files.hand_out(context.client, source.nbytes)
    return Reply({"write": {"file": name, "bytes": source.nbytes}})


def _from_pixels(
    source: PixelSource, lineage: str, context: Context, *, patch: bool = False
) -> Photo:
    from ..imaging import photo_from_pixels

    if source.file is not None:
        data: Any = context.files.take(context.client, source.file, source.nbytes)
    else:
        block = context.blocks["pixels"]
        # A lone frame may lie at any address; larger blocks were joined and are aligned.
        data = block.tobytes() if len(block.data) <= MAX_FRAME else block.data
    icc = context.blocks.get("icc")
    context.raise_if_cancelled()
    return photo_from_pixels(
        data,
        width=source.width,
        height=source.height,
        dtype=source.dtype,
        channels=source.channels,
        icc=icc.tobytes() if icc else None,
        linear=source.linear,
        lineage=lineage,
        memory_limit=context.store.budget,
        own=True,
        patch=patch,
    )
