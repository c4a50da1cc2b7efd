"""Marks: what people decided about regions, kept on disk and found again on other versions.

`MarkBook` is the file, `Cells` where on the photo a mark lies, `verdicts` what regions get from it.
Nothing here knows of requests; what goes wrong leaves as one of `flawmap_api.errors`.
"""

from __future__ import annotations

from .book import Found, MarkBook, state_dir
from .places import Cells, StoredMark, overlap, verdicts

__all__ = ["Cells", "Found", "MarkBook", "StoredMark", "overlap", "state_dir", "verdicts"]
