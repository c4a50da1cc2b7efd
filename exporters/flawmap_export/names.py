"""Names: which folder each photo's analysis goes to.

A photo's folder is called like the file, without its ending. Where two photos of one call would
share a name, all of them get `-<first 8 hex digits of SHA-256 of the absolute path>`, so that a
name does not depend on the order of the photos. "Share" is meant as the least careful file system
means it: upper and lower case, and composed and decomposed accents, are one.
"""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

__all__ = ["folder_names", "safe_name"]

# What Windows forbids in a name; `/` and NUL are the ones that Linux and macOS forbid too.
_FORBIDDEN: Final = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
# Device names: Windows opens the printer, whatever follows the first dot.
_RESERVED: Final = re.compile(r"(?i)(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\.|$)")
# Bytes that a name may have nearly everywhere are 255.
_LONGEST: Final = 255


def safe_name(stem: str) -> str:
    """A folder name for `stem` that Linux, macOS and Windows all take; most stay as they are.

    Forbidden characters, and dots or spaces at the end, become `_`; a device name such as `con`
    gets a `_` before it.
    """
    name = _FORBIDDEN.sub("_", stem)
    bare = name.rstrip(" .")
    name = bare + "_" * (len(name) - len(bare)) or "_"
    return f"_{name}" if _RESERVED.match(name) else name


def folder_names(paths: Sequence[Path]) -> list[str]:
    """Name the folder of each photo of one call.

    Parameters
    ----------
    paths : sequence of Path
        Photos, absolute or relative to the working folder. A path that stands twice is one photo.

    Returns
    -------
    list of str, one for each path, in their order
        Different photos have different names on every file system.
    """
    absolute = [os.path.abspath(path) for path in paths]
    digits = dict.fromkeys(absolute, 0)
    while True:
        names = {path: _name(path, digits[path]) for path in digits}
        sharing = Counter(_key(name) for name in names.values())
        shared = [path for path in digits if sharing[_key(names[path])] > 1]
        if not shared:
            return [names[path] for path in absolute]
        # Eight digits are enough for all but made-up cases, e.g. a file called like another's name
        # with its digits; 64 always are.
        for path in shared:
            digits[path] = {0: 8, 8: 16}.get(digits[path], 64)


def _name(path: str, digits: int) -> str:
    stem = safe_name(Path(path).stem)
    if not digits:
        return stem
    ending = "-" + hashlib.sha256(os.fsencode(path)).hexdigest()[:digits]
    room = _LONGEST - len(ending)
    while len(os.fsencode(stem)) > room:
        stem = stem[:-1]
    return stem + ending


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
