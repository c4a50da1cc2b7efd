"""Repair: what could be done about a flaw, and doing it in the document's own numbers.

Pure functions over arrays: `propose` measures a part of a photo and says what would help, `render`
does it. No sockets, no files, no models.
"""

from .encoding import Encoding
from .planning import Part, Proposal, propose
from .rendering import MARGINS, render

__all__ = ["MARGINS", "Encoding", "Part", "Proposal", "propose", "render"]
